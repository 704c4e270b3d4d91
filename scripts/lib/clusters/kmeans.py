"""K-means from several starts."""

import numpy as np

from lib.clusters.seeding import initial_centroids
from lib.lloyd import Clustering, lloyd
from lib.parallel import map_tasks


def kmeans(sample: np.ndarray, k: int, *, seeds: list[int], threads: int = 1) -> Clustering:
    """Cluster rows held in memory from one start per seed; returns the run with the lowest inertia.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows
    """
    threads_per_run = max(1, threads // len(seeds))

    def cluster(seed: int) -> Clustering:
        return lloyd(sample, initial_centroids(sample, k, seed), threads=threads_per_run)

    return min(map_tasks(seeds, threads, cluster), key=lambda run: run.inertia)
