"""K-means from the consensus of many starts."""

import numpy as np

from lib.clusters.seeding import initial_centroids
from lib.clusters.ward import ward_merge
from lib.lloyd import Clustering, lloyd
from lib.parallel import map_tasks

START_ROWS = 10_000  # rows of a start
ROWS_PER_CENTROID = 100  # more rows for many centroids
START_TOL = 1e-3  # of a start: ten times that of the result
MOST_CENTROIDS = 6000  # of all starts: their distances are held as a square matrix


def kmeans(sample: np.ndarray, k: int, *, seeds: list[int], threads: int = 1) -> Clustering:
    """Cluster rows held in memory by the consensus of one start per seed.

    K-means has many local optima that are equally good, so the best of some starts is another one
    after a small change of the rows. Each start clusters random rows. Ward's method then merges the
    centroids of all starts to k, and Lloyd's algorithm continues from these on all rows. Leisch
    (1999), Bagged clustering. Where the starts agree, their centroids lie side by side; where they
    do not, the merger is a compromise that hardly depends on one start.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows
    seeds : with many centroids fewer starts are made, so that Ward's method takes at most MOST_CENTROIDS
    """
    seeds = seeds[: max(1, MOST_CENTROIDS // k)]
    row_count = max(START_ROWS, ROWS_PER_CENTROID * k)

    def start(seed: int) -> tuple[np.ndarray, np.ndarray]:
        rows = np.random.default_rng([seed, 1]).permutation(len(sample))[:row_count]
        subset = sample if len(rows) == len(sample) else sample[np.sort(rows)]
        run = lloyd(subset, initial_centroids(subset, k, seed), tol=START_TOL)
        return run.centroids, np.maximum(np.bincount(run.labels, minlength=k), 1)

    means, counts = map(np.concatenate, zip(*map_tasks(seeds, threads, start), strict=True))
    return lloyd(sample, ward_merge(means, counts, k), threads=threads)
