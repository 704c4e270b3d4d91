"""The initial centroids of K-means."""

import numpy as np
import pytest
from sklearn.cluster import KMeans, kmeans_plusplus

from conftest import blobs
from lib.clusters.seeding import TooFewDistinctRows, distant_rows, initial_centroids
from lib.lloyd import lloyd


def test_rows_are_distinct_rows_of_the_sample():
    rows = blobs(800, 10, noise=0.5)
    rows = np.concatenate([rows, rows[:300], rows[:300]])
    picked = distant_rows(rows, 40, seed=0)
    assert len(picked) == len(np.unique(picked, axis=0)) == 40
    assert all((rows == row).all(1).any() for row in picked)


def test_all_distinct_rows_if_there_are_no_more():
    rows = np.repeat(blobs(7, 3), 50, axis=0)
    assert len(np.unique(distant_rows(rows, 12, seed=1), axis=0)) == len(distant_rows(rows, 12, seed=1)) == 7
    assert len(initial_centroids(rows, 7, seed=1)) == 7
    with pytest.raises(TooFewDistinctRows, match="only 7 of the 350"):
        initial_centroids(rows, 8, seed=1)


def test_rows_are_as_far_from_the_others_as_those_of_k_means_plus_plus():
    rows = blobs(2000, 30, noise=0.7)

    def cost(seeds: np.ndarray) -> float:
        return float((2 - 2 * (rows @ seeds.T).max(1)).mean())

    ours = np.mean([cost(distant_rows(rows, 30, seed)) for seed in range(20)])
    theirs = np.mean(
        [cost(kmeans_plusplus(rows, 30, random_state=seed, n_local_trials=1)[0]) for seed in range(20)]
    )
    assert ours <= 1.05 * theirs


def test_starts_are_at_least_as_good_as_those_of_scikit_learn():
    rows = blobs(2000, 25, noise=0.7)
    ours = np.mean([lloyd(rows, initial_centroids(rows, 25, seed)).inertia for seed in range(10)])
    theirs = np.mean([KMeans(25, n_init=1, random_state=seed).fit(rows).inertia_ for seed in range(10)])
    assert ours <= 1.002 * theirs
