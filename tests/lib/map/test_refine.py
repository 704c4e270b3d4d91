"""The finishing pass by t-SNE, against scikit-learn and sums over all pairs."""

import numpy as np
import pytest
from sklearn.manifold._utils import _binary_search_perplexity

from lib.embeddings.nearest import exact_neighbors
from lib.map.fidelity import fidelity
from lib.map.layout import fit_umap, principal_plane
from lib.map.refine import EXAGGERATION, Repulsion, affinities, joint_affinities, refine

RNG = np.random.default_rng(5)


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    """Five subjects of eight dimensions each, more than a plane can show."""
    rows = np.zeros((600, 40))
    subject = np.arange(600) % 5
    rows[:, :8] = RNG.normal(size=(600, 8))
    rows[np.arange(600), 8 + subject] = 4
    rows += 0.1 * RNG.normal(size=rows.shape)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def graph(rows):
    return exact_neighbors(rows, rows, 20, exclude_self=True)


@pytest.fixture(scope="module")
def start(rows, graph):
    return fit_umap(principal_plane(rows, rows), *graph, min_dist=0.1, seed=0, threads=1)


@pytest.mark.parametrize("perplexity", [3.0, 10.0])
def test_affinities_are_those_of_scikit_learn(graph, perplexity):
    square = np.ascontiguousarray((2 - 2 * graph[1]).astype(np.float32))
    expected = _binary_search_perplexity(square, perplexity, 0)
    assert affinities(graph[1], perplexity) == pytest.approx(expected, abs=2e-4)
    entropy = -(expected * np.log(expected)).sum(1)
    assert np.exp(entropy) == pytest.approx(perplexity, rel=0.01)


def test_copies_have_equal_affinities():
    assert affinities(np.ones((2, 4)), 2.0).tolist() == [[0.25] * 4] * 2


def test_joint_affinities_are_symmetric_and_sum_to_one(graph):
    joint = joint_affinities(*graph, threads=2)
    assert abs(joint - joint.T).max() == 0 and joint.sum() == pytest.approx(1, rel=1e-5)


@pytest.mark.parametrize(("size", "error"), [(3.0, 1e-3), (40.0, 0.05), (120.0, 0.08)])
def test_repulsion_is_the_sum_over_all_pairs(size, error):
    """Exact on a small map, and as near as the paper's on those whose boxes have the side 1."""
    place = RNG.normal(size=(500, 2)) * size / 4
    found, total = Repulsion(2)(place)
    apart = place[:, None] - place
    near = 1 / (1 + (apart**2).sum(2))
    assert total == pytest.approx(near.sum() - 500, rel=error)
    expected = (near[..., None] ** 2 * apart).sum(1)
    wrong = place * found[:, [0]] - found[:, 1:] - expected
    assert np.sqrt((wrong**2).mean()) < error * np.sqrt((expected**2).mean())


def divergence(place: np.ndarray, joint) -> float:
    """What t-SNE with exaggeration makes small, up to a constant, by all pairs."""
    near = 1 / (1 + ((place[:, None] - place) ** 2).sum(2))
    np.fill_diagonal(near, 0)
    pairs = joint.toarray()
    return float(np.log(near.sum()) - EXAGGERATION * (pairs * np.log(np.maximum(near, 1e-12))).sum())


def test_the_pass_makes_the_divergence_smaller_and_keeps_more_neighbors(rows, graph, start):
    place = refine(start, *graph, iterations=200, threads=2)
    joint = joint_affinities(*graph, threads=1)
    assert divergence(place, joint) < divergence(start, joint)
    every, none = np.arange(len(rows)), np.full(len(rows), -1)
    before, after = (fidelity(rows, plane, every, 15, none) for plane in (start, place))
    assert after.neighbors_kept > before.neighbors_kept
    assert after.trustworthiness > before.trustworthiness - 0.005


def test_the_same_bits_on_any_number_of_threads(graph, start, monkeypatch):
    monkeypatch.setattr("lib.map.refine.CHUNK", 64)
    one = refine(start, *graph, iterations=20, threads=1)
    assert all((refine(start, *graph, iterations=20, threads=n) == one).all() for n in (2, 3))
    assert one.dtype == np.float32


def test_papers_at_one_place_stay_finite(graph):
    assert np.isfinite(refine(np.zeros((600, 2), np.float32), *graph, iterations=5, threads=1)).all()
