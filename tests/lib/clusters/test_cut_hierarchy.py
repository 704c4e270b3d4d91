"""Groups and subtopics on a planted hierarchy, and where there is none."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from lib.clusters.hierarchy import N_INIT, cut, number_of_groups, subtopics
from lib.clusters.kmeans import KMeans
from lib.clusters.ward import ward_linkage

METHOD = KMeans(N_INIT)


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def planted(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """5 groups x 4 topics x 3 subtopics on the sphere: vectors (n, 48) and the subtopic of each, 0 to 59."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(rng.normal(size=(5, 48)), 12, axis=0)
    topics = np.repeat(rng.normal(size=(20, 48)), 3, axis=0)
    centers = groups + 0.7 * topics + 0.6 * rng.normal(size=(60, 48))
    truth = rng.permutation(np.repeat(np.arange(60), rng.integers(30, 70, size=60)))
    return unit(centers[truth] + 0.6 * rng.normal(size=(len(truth), 48))), truth


@pytest.mark.parametrize("seed", range(3))
def test_planted_hierarchy_is_found(seed):
    vectors, truth = planted(seed)
    topics = truth // 3
    means = np.array([vectors[topics == topic].mean(0) for topic in range(20)])
    sizes = np.bincount(topics)
    tree = ward_linkage(means, sizes)
    groups = cut(tree, number_of_groups(tree), sizes)
    assert adjusted_rand_score(groups, np.arange(20) // 4) >= 0.95
    assert (np.diff(np.bincount(groups, sizes)) <= 0).all()
    for topic in range(20):
        labels, stability = subtopics(vectors[topics == topic], 8, seed, METHOD)
        assert adjusted_rand_score(labels, truth[topics == topic]) >= 0.95
        assert len(stability) == 3 and (stability > 0.8).all()


def test_papers_without_subtopics_stay_together():
    rng = np.random.default_rng(0)
    whole = 0
    for seed in range(5):
        labels, stability = subtopics(unit(1.0 + rng.normal(size=(200, 48))), 8, seed, METHOD)
        whole += len(stability) == 0 and not labels.any()
    assert whole == 5


def test_identical_papers_stay_together():
    labels, stability = subtopics(unit(np.ones((120, 8))), 8, 0, METHOD)
    assert not labels.any() and len(stability) == 0


@pytest.mark.parametrize("k", [1, 2, 3, 4])
def test_few_topics_are_groups_of_their_own(k):
    points, sizes = np.random.default_rng(k).normal(size=(k, 3)), np.arange(k, 0, -1)
    tree = ward_linkage(points, sizes)
    assert number_of_groups(tree) == k
    assert cut(tree, k, sizes).tolist() == list(range(k))
