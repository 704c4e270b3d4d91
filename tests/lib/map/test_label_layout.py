"""Where labels stand on the map."""

import numpy as np
import pytest

from lib.map.label_layout import densest_points, separate_boxes


def test_anchor_lies_where_the_topic_is_densest():
    rng = np.random.default_rng(0)
    here, there = rng.normal((-5, 0), 0.3, (300, 2)), rng.normal((5, 0), 0.3, (100, 2))
    points = np.concatenate([here, there, rng.normal((0, 4), 0.3, (50, 2))])
    topics = np.repeat([0, 1], [400, 50])
    found = densest_points(points, topics, 3)
    np.testing.assert_allclose(found[:2], [(-5, 0), (0, 4)], atol=0.5)
    assert np.isfinite(found).all()  # also for a topic without papers


def test_anchor_is_not_at_a_clump_on_the_rim():
    rng = np.random.default_rng(0)
    inside = rng.normal((0, 0), 0.3, (100, 2))
    rim = np.c_[np.full(70, 5.0), rng.normal(0, 0.3, 70)]
    points = np.concatenate([inside, rim, [(-5, -5), (5, 5)]])
    found = densest_points(points, np.repeat([0, 1], [170, 2]), 2)
    np.testing.assert_allclose(found[0], (0, 0), atol=0.5)


@pytest.mark.parametrize("seed", range(5))
def test_separated_boxes_do_not_overlap_and_stay_inside(seed):
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
