"""The labels on the map: their lines, sizes and contrast, and that none overlap."""

from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from lib.figures.map_figure import LEAST, Group, Texts, columns, draw_map, wrap
from lib.figures.palette import hex_colors, topic_colors


def test_wrap():
    assert wrap("one two three", 9) == "one two\nthree"
    assert wrap("one two three four", 9) == "one two\nthree…"
    assert wrap("short", 34) == "short"
    assert all(len(line) <= 35 for line in wrap("a word or two " * 20, 34).split("\n"))


def test_wrap_of_a_text_without_spaces():
    """Chinese breaks anywhere, Latin words among it do not; a Chinese character is as wide as two letters."""
    text = "深度学习方法综述 (a survey of deep learning)"
    assert wrap(text, 34) == "深度学习方法综述 (a survey of deep\nlearning)"
    assert wrap(text, 12) == "深度学习方法\n综述 (a…"
    assert wrap("深度学习方法综述", 8) == "深度学习\n方法综述"
    assert wrap("deep深度 learning学习", 34) == "deep深度 learning学习"
    assert wrap("한국어 논문 목록", 8) == "한국어\n논문…"
    assert max(map(columns, wrap("量子誤り訂正の基礎" * 5, 34).split("\n"))) <= 35


def crowd(k: int, n: int = 3000) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Points around k places, their topics and the colors of the topics."""
    rng = np.random.default_rng(k)
    places = rng.normal(size=(k, 2))
    topics = rng.integers(k, size=n)
    points = (places[topics] + 0.1 * rng.normal(size=(n, 2))).astype(np.float32)
    return points, topics, hex_colors(topic_colors(places))


@pytest.mark.parametrize(("k", "grouped"), [(1, False), (20, True), (60, True), (300, True)])
def test_no_label_is_small_or_overlaps_another(k, grouped):
    points, topics, colors = crowd(k)
    names = [f"a name {i} · some keyword · another" for i in range(k)]
    groups = [Group(f"Group {i}", list(range(i, k, 5))) for i in range(5)] if grouped else []
    figure = draw_map(points, topics, colors, Texts(names, "title", "left", "right"), groups=groups)
    figure.canvas.draw()
    texts = figure.axes[0].texts
    boxes = [text.get_window_extent().padded(-0.01) for text in texts]  # lines of a label touch
    assert not [(a, b) for a, b in combinations(boxes, 2) if a.overlaps(b)]
    # printed on A4 in landscape, 10.6 inches wide within its margins, nothing is below 6 points
    assert min(text.get_fontsize() for text in texts) * 10.6 / figure.get_size_inches()[0] > 6
    written = [text.get_text() for text in texts]
    assert len(set(written)) >= min(k, 50)
    largest = int(np.bincount(topics).argmax())
    assert f"a name {largest}" in written
    assert {"Group 0", "Group 4"} <= set(written) or not grouped
    plt.close(figure)


@pytest.mark.parametrize("dark", [False, True])
def test_labels_have_contrast(dark):
    """A ratio of 4.5 is that of WCAG 2 level AA."""
    points, topics, colors = crowd(20)
    names = [f"name {i} · some keyword" for i in range(20)]
    figure = draw_map(points, topics, colors, Texts(names, "title", "left", "right"), dark=dark)

    def luminance(color) -> float:
        rgb = np.array(to_rgb(color))
        return float(
            np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]
        )

    ground = luminance(figure.get_facecolor())
    for text in figure.axes[0].texts:
        low, high = sorted([ground, luminance(text.get_color())])
        assert (high + 0.05) / (low + 0.05) > 4.5 and text.get_fontsize() >= LEAST
    plt.close(figure)


@pytest.mark.parametrize("text", ["$x^2$", "$$", r"\$5 and \$7", "a $ b", r"$\frac{", "$\\undefined$"])
def test_no_text_is_read_as_a_formula(text):
    points, topics, colors = crowd(1, 20)
    figure = draw_map(points, topics, colors, Texts([f"{text} · {text}"], text, text, text))
    drawn = [*figure.axes[0].texts, *figure.texts]
    assert [one.get_text() for one in drawn] == [text] * 5
    assert all(one._preprocess_math(one.get_text()) == (text, False) for one in drawn)
    figure.canvas.draw()
    plt.close(figure)
