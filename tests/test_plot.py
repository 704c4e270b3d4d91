"""plot: the layout of labels, the colours, and a PNG that is the same from run to run."""

import json

import numpy as np
import pytest
from matplotlib.image import imread

from conftest import EVIL, pq_write, script
from lib.map.figure import wrap
from lib.map.label_layout import densest_points, separate_boxes
from lib.map.palette import oklch, topic_colours
from summaries import CLUSTER, PROJECT


def test_anchor_lies_where_the_topic_is_densest():
    rng = np.random.default_rng(0)
    here, there = rng.normal((-5, 0), 0.3, (300, 2)), rng.normal((5, 0), 0.3, (100, 2))
    points = np.concatenate([here, there, rng.normal((0, 4), 0.3, (50, 2))])
    topics = np.repeat([0, 1], [400, 50])
    places = densest_points(points, topics, 3)
    np.testing.assert_allclose(places[:2], [(-5, 0), (0, 4)], atol=0.5)
    assert np.isfinite(places).all()  # a topic without papers too


def test_anchor_is_not_drawn_to_a_clump_on_the_rim():
    rng = np.random.default_rng(0)
    inside = rng.normal((0, 0), 0.3, (100, 2))
    rim = np.c_[np.full(70, 5.0), rng.normal(0, 0.3, 70)]
    points = np.concatenate([inside, rim, [(-5, -5), (5, 5)]])
    places = densest_points(points, np.repeat([0, 1], [170, 2]), 2)
    np.testing.assert_allclose(places[0], (0, 0), atol=0.5)


@pytest.mark.parametrize("seed", range(5))
def test_spread_boxes_do_not_overlap_and_stay_inside(seed):
    rng = np.random.default_rng(seed)
    bounds = np.array([[0.0, 0.0], [1400.0, 1000.0]])
    sizes = np.stack([rng.uniform(80, 260, 25), np.full(25, 40.0)], 1)
    centres = rng.normal((700, 500), 120, (25, 2))
    centres[1] = centres[0]
    at = separate_boxes(centres, sizes, bounds)
    assert (at - sizes / 2 >= -1e-6).all() and (at + sizes / 2 <= bounds[1] + 1e-6).all()
    for i in range(25):
        for j in range(i):
            gap, room = np.abs(at[i] - at[j]), (sizes[i] + sizes[j]) / 2
            # each box has a margin of three pixels around its text
            assert (gap >= room - 6).any(), (i, j)


def test_boxes_with_room_stay_where_they_are():
    centres = np.array([[100.0, 100.0], [600.0, 400.0]])
    at = separate_boxes(centres, np.full((2, 2), 50.0), np.array([[0.0, 0.0], [900.0, 900.0]]))
    np.testing.assert_allclose(at, centres)


@pytest.mark.parametrize("k", [1, 2, 3, 25, 60])
def test_colours_are_distinct_and_real(k):
    colours = topic_colours(np.random.default_rng(k).normal(size=(k, 2)))
    assert colours.shape == (k, 3) and (colours >= 0).all() and (colours <= 1).all()
    assert len(np.unique(colours.round(4), axis=0)) == k


def test_oklch_knows_the_primaries():
    """White and sRGB red, whose OKLCH coordinates are published."""
    found = oklch(np.array([1.0, 0.627955]), np.array([0.0, 0.257683]), np.array([0.0, 29.2339 / 360]))
    np.testing.assert_allclose(found, [[1, 1, 1], [1, 0, 0]], atol=2e-3)


def test_wrap():
    assert wrap("one two three", 9) == "one two\nthree"
    assert wrap("one two three four", 9) == "one two\nthree…"
    assert wrap("short", 34) == "short"
    assert all(len(line) <= 35 for line in wrap("a word or two " * 20, 34).split("\n"))


@pytest.fixture
def inputs(tmp_path) -> dict:
    rng = np.random.default_rng(2)
    (tmp_path / "cluster.json").write_text(json.dumps(CLUSTER | {"k": 3, "silhouette": 0.1}))
    (tmp_path / "project.json").write_text(json.dumps(PROJECT))
    x, y = rng.normal(size=(2, 90)).astype(np.float32)
    topic = np.repeat(np.arange(3, dtype=np.int32), 30)
    labels = [f"word | {EVIL}", "alpha $x | An unbalanced $ and \\frac{", "bêta | 東京 % # & _"]
    return {
        "coordinates": pq_write(tmp_path / "c.parquet", id=[str(i) for i in range(90)], x=x, y=y),
        "assignments": pq_write(tmp_path / "a.parquet", topic=topic),
        "topics": pq_write(tmp_path / "t.parquet", label=labels),
        "cluster": tmp_path / "cluster.json",
        "project": tmp_path / "project.json",
    }


def test_map_with_any_label_is_the_same_from_run_to_run(inputs, out):
    """Dollars, backslashes and markup in titles are no formulae to the figure."""
    for name in ("one.png", "two.png"):
        result = script("plot", **inputs, dpi=50, title="A map for $5 & \\more", map=out / name)
        assert result.returncode == 0, result.stderr
    assert (out / "one.png").read_bytes() == (out / "two.png").read_bytes()
    picture = imread(out / "one.png")
    assert picture.shape[:2] == (525, 700)
    assert picture[..., :3].std() > 0.02
