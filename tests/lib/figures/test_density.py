"""The images of a map: clouds and shaded points."""

import numpy as np
import pytest

from lib.figures.density import View, clouds, shaded_points

VIEW = View(np.array([0.0, 0.0]), np.array([2.0, 1.0]))
COLORS = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])


def test_cells_are_those_of_a_histogram():
    points = np.random.default_rng(0).random((500, 2)).astype(np.float32) * [2, 1]
    shape = VIEW.grid(40)
    assert shape == (20, 40)
    counts = np.bincount(VIEW.cells(points, shape), minlength=800).reshape(shape)
    expected, _, _ = np.histogram2d(points[:, 1], points[:, 0], bins=shape, range=[[0, 1], [0, 2]])
    np.testing.assert_array_equal(counts, expected)


@pytest.fixture
def two_topics() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    points = np.concatenate([rng.normal((0.5, 0.5), 0.08, (300, 2)), rng.normal((1.5, 0.5), 0.08, (100, 2))])
    return points.astype(np.float32), np.repeat([0, 1], [300, 100])


def test_clouds_have_the_colors_of_their_topics_and_fade_away(two_topics):
    image = clouds(VIEW, *two_topics, COLORS, 0.3)
    rows, columns = image.shape[:2]
    here, there = image[rows // 2, columns // 4], image[rows // 2, 3 * columns // 4]
    np.testing.assert_allclose(here[:3], [1, 0, 0], atol=0.01)
    np.testing.assert_allclose(there[:3], [0, 0, 1], atol=0.01)
    assert 0.3 >= here[3] > there[3] > 0.1
    assert image[0, columns // 2, 3] < 0.01 and np.isfinite(image).all()


def test_shaded_points_are_mixed_in_their_pixel_and_denser_ones_more_opaque(two_topics):
    points, topics = two_topics
    image = shaded_points(VIEW, points, topics, COLORS, 200, 1.0)
    opacity, red, blue = image[..., 3], image[..., 0], image[..., 2]
    seen = opacity > 0.05
    assert opacity.max() == 1 and opacity[:, :100].sum() > opacity[:, 100:].sum()
    np.testing.assert_allclose((red + blue)[seen], 1, atol=1e-3)
    same = np.full((2, 2), 1.0, np.float32)
    both = shaded_points(VIEW, same, np.array([0, 1]), COLORS, 200, 1.0)
    np.testing.assert_allclose(
        both[both[..., 3] > 0.5][:, :3], [[0.5, 0, 0.5]] * (both[..., 3] > 0.5).sum(), atol=1e-3
    )
