"""Exact neighbors against scikit-learn, approximate ones against exact ones."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from conftest import random_rows
from lib.embeddings.neighbors import PROBES, InvertedFile, exact_neighbors


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return random_rows(500, 8)


def test_neighbors_are_those_of_scikit_learn(rows):
    found, cosines = exact_neighbors(rows[:300], rows, 7, threads=2)
    distances, theirs = (
        NearestNeighbors(n_neighbors=7, metric="cosine", algorithm="brute").fit(rows).kneighbors(rows[:300])
    )
    np.testing.assert_array_equal(found, theirs)
    np.testing.assert_allclose(1 - cosines, distances, atol=1e-6)
    others, _ = exact_neighbors(rows, rows, 6, exclude_self=True)
    np.testing.assert_array_equal(others[:300], theirs[:, 1:])


@pytest.fixture(scope="module")
def subjects() -> np.ndarray:
    """6,000 unit rows around 30 centres, of unequal number, in 40 dimensions."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(30, 40)) * 1.5
    rows = centres[rng.choice(30, 6000, p=rng.dirichlet(np.ones(30)))] + rng.normal(size=(6000, 40))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_cells_of_few_points_are_exact(rows):
    cells = InvertedFile.build(rows[: PROBES**2 - 1])
    near, cosines = cells.search(rows[300:], 7, threads=2)
    exact, values = exact_neighbors(rows[300:], rows[: PROBES**2 - 1], 7)
    np.testing.assert_array_equal(near, exact)
    np.testing.assert_allclose(cosines, values, atol=1e-6)


def test_cells_miss_few_neighbors(subjects):
    points, queries = subjects[:5000], subjects[5000:]
    cells = InvertedFile.build(points)
    assert sorted(cells.rows) == list(range(5000))
    near, cosines = cells.search(queries, 10)
    exact, _ = exact_neighbors(queries, points, 10)
    found = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(near, exact, strict=True)])
    assert 0.9 < found < 1.0  # at most 16 of 70 cells were searched
    np.testing.assert_allclose(cosines, np.einsum("qnd,qd->qn", points[near], queries), atol=1e-6)
    assert (np.diff(cosines, axis=1) <= 0).all()
    assert all(len(set(row)) == 10 for row in near)
    again = InvertedFile.build(points, threads=2).search(queries, 10, threads=2)
    np.testing.assert_array_equal(again[0], near)
    np.testing.assert_array_equal(again[1], cosines)


@pytest.mark.parametrize("distinct", [1, 3])
def test_cells_of_equal_points(subjects, distinct):
    """Most cells are empty: more of them are searched until there are enough neighbors."""
    points = np.repeat(subjects[:distinct], 400, axis=0)
    near, cosines = InvertedFile.build(points).search(points[::100], 9)
    assert near.shape == (4 * distinct, 9)
    np.testing.assert_allclose(cosines, 1.0, atol=1e-6)
