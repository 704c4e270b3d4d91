"""Moving papers by UMAP's forces: against the loss that they are derived from, and on planted subjects."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.manifold import trustworthiness

from conftest import assert_subjects_lie_apart, random_rows
from lib.embeddings.nearest import exact_neighbors
from lib.map import forces
from lib.map.forces import REPULSION, curve, force_tables, fuzzy_graph, move_papers
from lib.map.layout import SPREAD, fit_umap, principal_plane


@pytest.mark.parametrize("min_dist", [0.0, 0.1, 0.5])
def test_curve_is_the_nearest_one(min_dist):
    distance = np.linspace(0, 3, 300)
    wanted = np.minimum(1, np.exp(min_dist - distance))

    def error(a: float, b: float) -> float:
        return float(((1 / (1 + a * distance ** (2 * b)) - wanted) ** 2).sum())

    a, b = curve(min_dist)
    assert error(a, b) <= min(error(a * x, b * y) for x in (0.97, 1, 1.03) for y in (0.97, 1, 1.03)) + 1e-12


def entry(distance: float) -> int:
    return int(np.float32(distance**2).view(np.int32)) >> 16


@pytest.mark.parametrize("distance", [0.05, 0.3, 1.0, 4.0, 20.0])
def test_forces_are_the_slope_of_the_cross_entropy(distance):
    a, b = curve(0.1)
    attraction, repulsion = force_tables(a, b)

    def log_linked(d: float) -> float:
        return -np.log1p(a * d ** (2 * b))

    def log_apart(d: float) -> float:
        return np.log(a * d ** (2 * b)) - np.log1p(a * d ** (2 * b))

    step = 1e-5 * distance
    slopes = [(f(distance + step) - f(distance - step)) / (2 * step) for f in (log_linked, log_apart)]
    # both ends of a linked pair draw, hence twice; 0.001 keeps the repulsion of near pairs finite
    assert 2 * slopes[0] == pytest.approx(-attraction[entry(distance)] * distance, rel=0.01)
    pushed = REPULSION * min(slopes[1] / (1 + 0.001 / distance**2), forces.LIMIT)
    assert pushed == pytest.approx(repulsion[entry(distance)] * distance, rel=0.01)


def test_forces_are_finite_at_all_distances():
    for table in force_tables(*curve(0.1)):
        assert np.isfinite(table).all() and (table >= 0).all()


@pytest.fixture(scope="module")
def blobs() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Twelve clouds of 50 unit rows, and their 10 nearest neighbors."""
    rng = np.random.default_rng(0)
    rows = np.repeat(random_rows(12, 16), 50, axis=0) + 0.25 * rng.normal(size=(600, 16)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows, *exact_neighbors(rows, rows, 10, exclude_self=True)


def test_same_bits_on_any_number_of_threads_and_another_map_by_another_seed(blobs, monkeypatch):
    rows, near, cosines = blobs
    monkeypatch.setattr(forces, "CHUNK", 64)
    start = principal_plane(rows, rows)
    first, second, other = (
        fit_umap(start, near, cosines, min_dist=0.1, seed=seed, threads=threads)
        for seed, threads in ((0, 1), (0, 3), (1, 1))
    )
    assert first.dtype == np.float32 and first.tobytes() == second.tobytes()
    assert np.abs(first - other).max() > 0.01


def test_map_is_more_trustworthy_than_its_start(blobs):
    rows, near, cosines = blobs
    start = principal_plane(rows, rows)
    plane = fit_umap(start, near, cosines, min_dist=0.1, seed=0, threads=2)
    before, after = (trustworthiness(rows, p, n_neighbors=10, metric="cosine") for p in (start, plane))
    assert after > before + 0.1 and after > 0.95


def test_linked_papers_end_near_each_other_and_others_do_not():
    """Two cliques whose papers begin at random places."""
    clique = np.kron(np.eye(2), np.ones((40, 40))) - np.eye(80)
    start = np.random.default_rng(0).normal(size=(80, 2)).astype(np.float32)
    graph = sparse.csr_matrix(clique.astype(np.float32))
    plane = move_papers(graph, SPREAD * start, min_dist=0.1, seed=0, threads=1)
    middles = plane.reshape(2, 40, 2).mean(1)
    within = np.linalg.norm(plane.reshape(2, 40, 2) - middles[:, None], axis=2).mean()
    assert np.linalg.norm(middles[0] - middles[1]) > 4 * within


def test_planted_subjects_lie_apart(planted):
    rows = planted.vectors.astype(np.float32)
    near, cosines = exact_neighbors(planted.vectors, planted.vectors, 15, exclude_self=True)
    plane = fit_umap(principal_plane(rows, rows), near, cosines, min_dist=0.1, seed=0, threads=1)
    assert_subjects_lie_apart(planted, plane)


@pytest.mark.parametrize("n", [10, 50])  # fewer papers than repel each, and more
def test_equal_papers_are_spread_and_stay_finite(n):
    rows = np.tile(random_rows(1, 8), (n, 1))
    near, cosines = exact_neighbors(rows, rows, 5, exclude_self=True)
    start = principal_plane(rows, rows)
    plane = move_papers(fuzzy_graph(near, cosines, 1), start, min_dist=0.1, seed=0, threads=1)
    assert np.isfinite(plane).all()
