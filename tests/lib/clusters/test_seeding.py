"""The initial centroids of K-means."""

import numpy as np

from conftest import blobs
from lib.clusters.seeding import kmeans_plus_plus


def test_kmeans_plus_plus_picks_distinct_rows():
    rows = blobs(800, 10, noise=0.5)
    picked = kmeans_plus_plus(rows, 10, seed=0)
    assert len(np.unique(picked, axis=0)) == 10
    assert all((rows == row).all(1).any() for row in picked)
