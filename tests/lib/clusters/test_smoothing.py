"""Smoothed vectors against plain means."""

import numpy as np
import pytest

from conftest import random_rows
from lib.clusters.smoothing import nearest_inside, smooth, smoothed, usable_neighbors


def test_smoothed_vectors_are_unit_means(tmp_path):
    vectors, rng = random_rows(3000, 8).astype(np.float16), np.random.default_rng(1)
    near = np.array([rng.choice(3000, 4, replace=False) for _ in range(3000)], np.int32)
    near[::3, 2:] = -1
    near[7] = -1
    expected = np.array([vectors[[i, *row[row >= 0]]].astype(float).mean(0) for i, row in enumerate(near)])
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    out = np.empty((3000, 8), np.float32)
    smooth(vectors, np.arange(3000), near, out, threads=2)
    np.testing.assert_allclose(out, expected, atol=1e-3)
    one = np.empty_like(out)
    smooth(vectors, np.arange(3000), near, one)
    np.testing.assert_array_equal(out, one)
    with smoothed(vectors, near, tmp_path) as found:
        np.testing.assert_allclose(found, expected, atol=2e-3)
    assert not list(tmp_path.iterdir())
    with smoothed(vectors, near[:, :0], tmp_path) as found:
        assert found is vectors


def test_neighbors_of_a_half_are_the_nearest_inside_it():
    rng = np.random.default_rng(0)
    near = np.array([rng.permutation(30)[:6] for _ in range(30)], np.int32)
    inside = rng.random(30) < 0.5
    for row, found in zip(near, nearest_inside(near, inside, 3), strict=True):
        there = [j for j in row if inside[j]][:3]
        assert found.tolist() == there + [-1] * (3 - len(there))


@pytest.mark.parametrize(("papers", "used"), [(60, 0), (120, 1), (999, 9), (4464, 10)])
def test_a_small_corpus_is_smoothed_less(papers, used):
    assert usable_neighbors(10, papers) == used
