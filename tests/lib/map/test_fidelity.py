"""Measures of the map, against scikit-learn and by hand."""

import numpy as np
import pytest
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from conftest import blobs
from lib.map import fidelity as module
from lib.map.fidelity import category_accuracy, fidelity, largest_pieces


@pytest.fixture(scope="module")
def mapped() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit rows, their map and categories that follow the rows."""
    rows = blobs(400, 5)
    categories = rows[:, :5].argmax(1)
    categories[::17] = -1
    return rows, PCA(2).fit_transform(rows).astype(np.float32), categories


@pytest.mark.parametrize("n", [5, 15])
@pytest.mark.parametrize("block", [1, 1000, 1 << 25])
def test_trustworthiness_is_that_of_scikit_learn(mapped, n, block, monkeypatch):
    rows, plane, categories = mapped
    monkeypatch.setattr(module, "BLOCK", block)
    found = fidelity(rows, plane, np.arange(400), n, categories).trustworthiness
    assert found == pytest.approx(trustworthiness(rows, plane, n_neighbors=n), abs=1e-6)
    assert fidelity(plane / np.linalg.norm(plane, axis=1, keepdims=True), plane, np.arange(9), n, categories)


def test_neighbors_kept_by_hand(mapped):
    rows, plane, categories = mapped
    checked = np.arange(0, 400, 7)
    kept = []
    for i in checked:
        near, on_map = -rows @ rows[i], np.linalg.norm(plane - plane[i], axis=1)
        near[i] = on_map[i] = np.inf
        kept.append(len(set(near.argsort()[:6]) & set(on_map.argsort()[:6])) / 6)
    assert fidelity(rows, plane, checked, 6, categories).neighbors_kept == pytest.approx(np.mean(kept))


def test_a_map_that_keeps_all_neighbors_is_perfect():
    turn = np.sort(np.random.default_rng(0).random(200)) * 3
    circle = np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32)
    found = fidelity(circle, circle, np.arange(200), 5, (turn > 1.5).astype(int))
    assert found.neighbors_kept > 0.999 and found.trustworthiness == pytest.approx(1, abs=1e-4)
    assert found.category_accuracy > 0.98 and found.category_accuracy_on_map > 0.98


def test_papers_at_the_same_place_have_neighbors():
    rows = blobs(60, 3)
    found = fidelity(rows, np.zeros((60, 2), np.float32), np.arange(60), 5, np.zeros(60, int))
    assert 0 <= found.neighbors_kept < 0.5 and found.category_accuracy_on_map == 1


def test_accuracy_of_categories_is_that_of_scikit_learn(mapped):
    """An odd number of votes on two categories has no ties, which scikit-learn breaks in another way."""
    rows, _, categories = mapped
    two = (categories >= 2).astype(int)
    near = NearestNeighbors(n_neighbors=6).fit(rows).kneighbors(rows)[1][:, 1:]
    # without queries scikit-learn predicts each row from the others
    expected = KNeighborsClassifier(5).fit(rows, two).score(None, two)
    assert category_accuracy(near, two, two) == pytest.approx(expected)


def test_papers_without_a_category_are_left_out():
    near = np.array([[1, 2, 3], [0, 2, 3], [3, 1, 0], [2, 1, 0]])
    categories = np.array([7, 7, 8, -1])
    # paper 0: 7 and 8 are equal, and that of the nearest is 7; paper 1: 7 before 8; paper 2: 7
    assert category_accuracy(near, categories, categories) == pytest.approx(2 / 3)
    assert category_accuracy(near, np.full(4, -1), np.full(4, -1)) is None


def test_pieces_of_topics_by_hand():
    rng = np.random.default_rng(0)
    whole = rng.random((900, 2))
    two = np.concatenate([rng.random((225, 2)) / 2 + [3, 0], rng.random((75, 2)) / 3.5 + [6, 3]])
    points = np.concatenate([whole, two]).astype(np.float32)
    shares = largest_pieces(points, np.repeat([0, 2], [900, 300]), 4)
    assert shares[1] is None and shares[3] is None
    assert shares[0] > 0.99 and shares[2] == pytest.approx(0.75, abs=0.01)


def test_pieces_are_those_of_dbscan():
    rng = np.random.default_rng(3)
    points = rng.normal(size=(800, 2)).astype(np.float32)
    topics = (points[:, 0] > 0.4).astype(int) + 2 * (rng.random(800) < 0.3)
    reach = np.median(np.sort(np.linalg.norm(points[:, None] - points, axis=-1), axis=1)[:, 15])
    expected = []
    for topic in range(4):
        own = points[topics == topic]
        expected.append(np.bincount(DBSCAN(eps=reach, min_samples=1).fit(own).labels_).max() / len(own))
    np.testing.assert_allclose(largest_pieces(points, topics, 4), expected, atol=0.02)


def test_all_points_equal_are_one_piece():
    assert largest_pieces(np.zeros((40, 2), np.float32), np.arange(40) % 2, 2) == [1, 1]
