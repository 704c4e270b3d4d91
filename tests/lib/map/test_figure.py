"""The lines of a label."""

import numpy as np
import pytest

from lib.map.figure import columns, draw_map, wrap


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


@pytest.mark.parametrize("text", ["$x^2$", "$$", r"\$5 and \$7", "a $ b", r"$\frac{", "$\\undefined$"])
def test_no_text_is_read_as_a_formula(text):
    points = np.random.default_rng(0).normal(size=(20, 2)).astype(np.float32)
    figure = draw_map(points, np.zeros(20, int), [f"{text} · {text}"], text, text, text)
    drawn = [*figure.axes[0].texts, *figure.texts]
    assert [one.get_text() for one in drawn] == [text] * 5
    assert all(one._preprocess_math(one.get_text()) == (text, False) for one in drawn)
    figure.canvas.draw()
