"""K-means by the consensus of many starts."""

from itertools import combinations

import numpy as np
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from conftest import blobs, random_rows
from lib.clusters.kmeans import kmeans


def test_the_inertia_is_that_of_scikit_learn():
    rows = blobs(800, 10, noise=0.5)
    theirs = min(KMeans(10, n_init=1, random_state=seed).fit(rows).inertia_ for seed in range(10))
    assert kmeans(rows, 10, seeds=list(range(10))).inertia <= 1.005 * theirs


def test_the_consensus_of_starts_repeats_better_than_the_best_of_them():
    """Uniform rows have no clusters, so that every start ends somewhere else."""
    rows = random_rows(1500, 6)
    sets = [list(range(first, first + 20)) for first in range(0, 1000, 100)]
    consensus = [kmeans(rows, 8, seeds=seeds).labels for seeds in sets]
    best = [
        min((kmeans(rows, 8, seeds=[seed]) for seed in seeds), key=lambda run: run.inertia).labels
        for seeds in sets
    ]
    agreement = [
        np.mean([adjusted_rand_score(a, b) for a, b in combinations(runs, 2)]) for runs in (consensus, best)
    ]
    assert agreement[0] > agreement[1]


def test_threads_change_no_bit():
    rows = blobs(800, 10, noise=0.5)
    one, two = (kmeans(rows, 10, seeds=[0, 1, 2], threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.centroids, two.centroids)
    np.testing.assert_array_equal(one.labels, two.labels)


def test_few_rows_and_one_start():
    rows = random_rows(5, 3)
    assert sorted(kmeans(rows, 5, seeds=[0]).labels) == [0, 1, 2, 3, 4]
