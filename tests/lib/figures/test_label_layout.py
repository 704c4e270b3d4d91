"""Where labels stand on the map."""

import numpy as np
import pytest

from lib.figures.label_layout import densest_points, place_boxes


def test_anchor_lies_where_the_topic_is_densest():
    rng = np.random.default_rng(0)
    here, there = rng.normal((-5, 0), 0.3, (300, 2)), rng.normal((5, 0), 0.3, (100, 2))
    points = np.concatenate([here, there, rng.normal((0, 4), 0.3, (50, 2))])
    topics = np.repeat([0, 1], [400, 50])
    found = densest_points(points, topics, 3)
    np.testing.assert_allclose(found[:2], [(-5, 0), (0, 4)], atol=0.5)
    assert np.isfinite(found).all()  # also for a topic without papers


def test_anchor_of_a_subtopic_ignores_the_papers_without_one():
    points = np.float32([[0, 0], [0, 0], [0, 0], [10, 10]])
    np.testing.assert_allclose(densest_points(points, np.array([-1, -1, -1, 0]), 1), [(10, 10)], atol=0.2)
    assert densest_points(points, np.full(4, -1), 0).shape == (0, 2)


def test_anchor_is_not_at_a_clump_on_the_rim():
    rng = np.random.default_rng(0)
    inside = rng.normal((0, 0), 0.3, (100, 2))
    rim = np.c_[np.full(70, 5.0), rng.normal(0, 0.3, 70)]
    points = np.concatenate([inside, rim, [(-5, -5), (5, 5)]])
    found = densest_points(points, np.repeat([0, 1], [170, 2]), 2)
    np.testing.assert_allclose(found[0], (0, 0), atol=0.5)


def test_papers_without_a_topic_count_for_none():
    here, there = np.full((5, 2), -5.0), np.full((50, 2), 5.0)
    points = np.concatenate([here, there])
    found = densest_points(points, np.repeat([0, -1], [5, 50]), 1)
    np.testing.assert_allclose(found, [(-5, -5)], atol=0.5)
    assert densest_points(points, np.full(55, -1), 0).shape == (0, 2)


def assert_apart(centers: np.ndarray, sizes: np.ndarray, bounds: np.ndarray) -> None:
    assert (centers - sizes / 2 >= bounds[0] - 1e-6).all() and (centers + sizes / 2 <= bounds[1] + 1e-6).all()
    for i in range(len(centers)):
        for j in range(i):
            gap, room = np.abs(centers[i] - centers[j]), (sizes[i] + sizes[j]) / 2
            assert (gap >= room - 1e-6).any(), (i, j)


BOUNDS = np.array([[0.0, 0.0], [1400.0, 1000.0]])


@pytest.mark.parametrize("seed", range(5))
def test_placed_boxes_do_not_overlap_and_stay_inside(seed):
    rng = np.random.default_rng(seed)
    sizes = np.stack([rng.uniform(80, 260, 25), np.full(25, 40.0)], 1)
    homes = rng.normal((700, 500), 180, (25, 2))
    homes[1] = homes[0]
    homes[2] = (1400, 0)
    centers, chosen = place_boxes(homes, [[tuple(size)] for size in sizes], BOUNDS, reach=400)
    assert (chosen == 0).all()
    assert_apart(centers, sizes, BOUNDS)
    assert (np.linalg.norm(centers - homes, axis=1) < 401 + sizes.max()).all()


def test_boxes_with_room_stay_where_they_are():
    homes = np.array([[100.0, 100.0], [600.0, 400.0]])
    centers, _ = place_boxes(homes, [[(50, 50)], [(50, 50)]], BOUNDS, reach=100)
    np.testing.assert_allclose(centers, homes)


def test_of_too_many_boxes_the_first_are_placed_and_the_next_are_smaller():
    homes = np.full((40, 2), 500.0)
    options = [(120.0, 60.0), (30.0, 15.0)]
    centers, chosen = place_boxes(homes, [options] * 40, BOUNDS, reach=80)
    assert chosen[0] == 0 and set(chosen) == {-1, 0, 1}
    assert np.isnan(centers[chosen < 0]).all()
    placed = chosen >= 0
    assert_apart(centers[placed], np.array(options)[chosen[placed]], BOUNDS)


def test_a_box_larger_than_the_canvas_is_left_out():
    _, chosen = place_boxes(np.array([[5.0, 5.0]]), [[(2000.0, 10.0)]], BOUNDS, reach=10)
    assert chosen.tolist() == [-1]
