"""Exact neighbors against scikit-learn, approximate ones against exact ones."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from conftest import random_rows
from lib.embeddings import nearest
from lib.embeddings.nearest import InvertedFile, exact_neighbors, nearest_rows, recall


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
    """6,000 unit rows around 30 centers, of unequal number, in 40 dimensions."""
    rng = np.random.default_rng(3)
    centers = rng.normal(size=(30, 40)) * 1.5
    rows = centers[rng.choice(30, 6000, p=rng.dirichlet(np.ones(30)))] + rng.normal(size=(6000, 40))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_cells_of_few_points_are_exact(rows):
    points = rows[:300]
    near, cosines = InvertedFile.build(points).search(rows[300:], 7, threads=2)
    exact, values = exact_neighbors(rows[300:], points, 7)
    np.testing.assert_array_equal(near, exact)
    np.testing.assert_allclose(cosines, values, atol=1e-6)


@pytest.fixture
def small_cells(monkeypatch):
    """100 cells of 60 points; a query is compared with 10 of them, in 32 of 40 dimensions."""
    for name, value in {
        "CELL": 60,
        "PROBED_POINTS": 600,
        "GRAPH_PROBED_POINTS": 600,
        "COMPONENTS": 32,
        "EXACT_UP_TO": 100,
    }.items():
        monkeypatch.setattr(nearest, name, value)


def test_cells_miss_few_neighbors(subjects, small_cells):
    points, queries = subjects[:5000], subjects[5000:]
    cells = InvertedFile.build(points)
    assert sorted(cells.rows) == list(range(5000))
    near, cosines = cells.search(queries, 10)
    exact, _ = exact_neighbors(queries, points, 10)
    found = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(near, exact, strict=True)])
    assert 0.85 < found < 1.0
    np.testing.assert_allclose(cosines, np.einsum("qnd,qd->qn", points[near], queries), atol=1e-6)
    assert (np.diff(cosines, axis=1) <= 0).all()
    assert all(len(set(row)) == 10 for row in near)
    again = InvertedFile.build(points, threads=2).search(queries, 10, threads=2)
    np.testing.assert_array_equal(again[0], near)
    np.testing.assert_array_equal(again[1], cosines)


def test_graph_of_cells(subjects, small_cells):
    """No row is its own neighbor, most are right, and the recall on a sample says how many."""
    near, cosines, share = nearest_rows(subjects, 10)
    assert (near != np.arange(len(subjects))[:, None]).all()
    assert (np.diff(cosines, axis=1) <= 0).all()
    exact, _ = exact_neighbors(subjects, subjects, 10, exclude_self=True)
    found = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(near, exact, strict=True)])
    assert 0.85 < found < 1.0
    assert share == pytest.approx(found, abs=0.03)
    assert recall(subjects, exact) == 1.0
    again, same, _ = nearest_rows(subjects.astype(np.float16), 10, threads=2)
    assert np.mean(again == near) > 0.95 and same.dtype == np.float16
    np.testing.assert_array_equal(nearest_rows(subjects, 10, threads=2)[0], near)


def test_copies_are_neighbors(small_cells):
    rows = np.repeat(random_rows(60, 20), 5, axis=0)
    near, cosines, _ = nearest_rows(rows, 4)
    assert all(set(found) == set(range(i // 5 * 5, i // 5 * 5 + 5)) - {i} for i, found in enumerate(near))
    np.testing.assert_allclose(cosines, 1.0, atol=1e-3)


@pytest.mark.parametrize("distinct", [1, 3])
def test_cells_of_equal_points(subjects, distinct):
    """Most cells are empty: more of them are searched until there are enough neighbors."""
    points = np.repeat(subjects[:distinct], 400, axis=0)
    near, cosines = InvertedFile.build(points).search(points[::100], 9)
    assert near.shape == (4 * distinct, 9)
    np.testing.assert_allclose(cosines, 1.0, atol=1e-6)


@pytest.mark.parametrize("columns", [30, 31 * nearest.GROUP, 31 * nearest.GROUP + 5])
def test_columns_of_the_largest_values(columns):
    """Those of a full sort, with and without columns that fill no group, and with ties."""
    values = np.random.default_rng(3).standard_normal((40, columns)).astype(np.float32)
    found = np.sort(nearest._columns_of_largest(values, 7), axis=1)
    np.testing.assert_array_equal(found, np.sort(np.argsort(-values, axis=1)[:, :7], axis=1))
    ties = np.round(values)
    largest = np.take_along_axis(ties, nearest._columns_of_largest(ties, 7), 1)
    np.testing.assert_array_equal(np.sort(largest, axis=1), np.sort(ties, axis=1)[:, -7:])


def test_other_papers_are_searched_as_the_graph_is(rows, subjects, monkeypatch):
    expected, cosines = exact_neighbors(rows[300:], rows[:300], 7)
    for threads in (1, 2):
        found, similar = nearest.nearest_points(rows[300:], rows[:300], 7, threads)
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_allclose(similar, cosines, atol=1e-6)
    monkeypatch.setattr(nearest, "FEW_QUERIES", 100)
    np.testing.assert_array_equal(nearest.nearest_points(rows[300:], rows[:300], 7)[0], expected)
    # in the inverted file, as many points are probed as for the graph
    monkeypatch.setattr(nearest, "EXACT_UP_TO", 4000)
    monkeypatch.setattr(nearest, "PROBED_POINTS", 400)
    queries, points = subjects[5000:], subjects[:5000]
    exact = exact_neighbors(queries, points, 7)[0]

    def found_share() -> float:
        rows = nearest.nearest_points(queries, points, 7)[0]
        return np.mean([len(np.intersect1d(a, b)) / 7 for a, b in zip(rows, exact, strict=True)])

    monkeypatch.setattr(nearest, "GRAPH_PROBED_POINTS", 3000)
    thorough = found_share()
    monkeypatch.setattr(nearest, "GRAPH_PROBED_POINTS", 400)
    assert thorough > 0.99 and thorough > found_share()
