"""Initial centroids for K-means."""

import numpy as np

from lib.cli import UserError
from lib.clusters.ward import ward_merge
from lib.lloyd import lloyd
from lib.parallel import one_blas_thread

SEEDS_PER_CENTROID = 3  # more gave no better start on planted topics, fewer gave a worse one
ROWS_PER_SEED = 100  # rows to choose each seed from; more cost time and gained nothing
LEAST_ROWS = 20_000
MOST_SEEDS = 3000  # their distances are held as a square matrix


class TooFewDistinctRows(UserError):
    """There are fewer distinct rows than topics."""

    def __init__(self, k: int, distinct: int, rows: int):
        super().__init__(
            f"K-means: K = {k}, but only {distinct} of the {rows:,} vectors to start from are distinct; "
            "set a smaller `cluster.k`"
        )
        self.distinct, self.rows = distinct, rows


def initial_centroids(sample: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Three times k seeds by k-means++, merged to k by Ward's method.

    K-means cannot correct a bad start: two seeds in one large topic split it for good, while two
    small topics share one seed. With more seeds than topics, every topic has a seed. The mergers
    that add least to the inertia then join the seeds of one topic. On planted topics of unequal
    size this finds them where the best of four k-means++ starts does not (docs/choosing-k.md).

    Parameters
    ----------
    sample : float32 (n, dim), unit rows

    Returns
    -------
    float32 (k, dim), means of rows

    Raises
    ------
    TooFewDistinctRows
        The sample has fewer than k distinct rows.
    """
    seeds_wanted = min(SEEDS_PER_CENTROID * k, MOST_SEEDS, len(sample))
    most_rows = max(ROWS_PER_SEED * seeds_wanted, LEAST_ROWS)
    rows = np.random.default_rng(seed).permutation(len(sample))[:most_rows]
    subset = sample if len(rows) == len(sample) else sample[np.sort(rows)]
    with one_blas_thread():
        seeds = kmeans_plus_plus(subset, max(seeds_wanted, k), seed)
        if len(seeds) < k:
            raise TooFewDistinctRows(k, len(seeds), len(sample))
        if len(seeds) == k:
            return seeds
        settled = lloyd(subset, seeds, max_iter=3)
        counts = np.bincount(settled.labels, minlength=len(seeds))
        return ward_merge(settled.centroids[counts > 0], counts[counts > 0], k)


def kmeans_plus_plus(sample: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Choose k rows, each far from those before it: greedy k-means++.

    Each step samples 2 + log k candidates with probability proportional to the squared distance to
    the nearest chosen row. It takes the one that most reduces the sum of these distances.
    Arthur & Vassilvitskii (2007), k-means++: the advantages of careful seeding.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows

    Returns
    -------
    float32 (k, dim); fewer rows if the sample has fewer distinct ones
    """
    rng = np.random.default_rng(seed)
    trials = 2 + int(np.log(k))
    chosen = [int(rng.integers(len(sample)))]
    nearest = np.maximum(2.0 - 2.0 * (sample @ sample[chosen[0]]), 0.0)
    while len(chosen) < k:
        nearest[nearest < 1e-6] = 0.0  # below that, only rounding tells rows apart
        cumulative = np.cumsum(nearest, dtype=np.float64)
        if cumulative[-1] == 0:
            break
        candidates = np.searchsorted(cumulative, rng.random(trials) * cumulative[-1], "right")
        candidates = np.minimum(candidates, len(sample) - 1)
        distances = np.maximum(2.0 - 2.0 * (sample @ sample[candidates].T), 0.0)
        np.minimum(distances, nearest[:, None], out=distances)
        best = int(distances.sum(0, dtype=np.float64).argmin())
        chosen.append(int(candidates[best]))
        nearest = distances[:, best].copy()
    return sample[chosen]
