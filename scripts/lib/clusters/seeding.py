"""Initial centroids for K-means."""

import numpy as np

from lib.cli import UserError
from lib.clusters.ward import ward_merge
from lib.lloyd import lloyd
from lib.parallel import one_blas_thread

SEEDS_PER_CENTROID = 3  # more gave no better start on planted topics, fewer gave a worse one
# Rounds of drawing seeds. Drawing them one by one took ten times as long, and improved the starts by 0.1 %.
ROUNDS = 6
AT_ONCE = 64  # seeds whose distances are held at once
ROWS_PER_SEED = 100  # rows to choose each seed from; more cost time and gained nothing
LEAST_ROWS = 20_000
SAME = 1e-6  # squared distance below which only rounding tells rows apart
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
    """Draw SEEDS_PER_CENTROID times k seeds by k-means||, and merge them to k by Ward's method.

    K-means cannot correct a bad start: two seeds in one large topic split it, while two small topics
    share one seed. With more seeds than topics, every topic has a seed. The mergers that increase the
    inertia least then join the seeds of one topic. This finds planted topics of unequal size where the
    best of four k-means++ starts does not (docs/measurements/choosing-k.md).

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
        seeds = distant_rows(subset, max(seeds_wanted, k), seed)
        if len(seeds) < k:
            raise TooFewDistinctRows(k, len(seeds), len(sample))
        if len(seeds) == k:
            return seeds
        settled = lloyd(subset, seeds, max_iter=3)
        counts = np.bincount(settled.labels, minlength=len(seeds))
        return ward_merge(settled.centroids[counts > 0], counts[counts > 0], k)


def distant_rows(sample: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Choose rows that are far from each other, in about ROUNDS rounds.

    A round draws rows with probability proportional to the squared distance to the nearest row drawn in
    earlier rounds. Bahmani et al. (2012), Scalable k-means++.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows of up to a hundred columns; with more, rounding can separate equal rows

    Returns
    -------
    float32 (count, dim), distinct; fewer rows if the sample has fewer distinct ones
    """
    rng = np.random.default_rng(seed)
    at_once = max(1, count // ROUNDS)
    new = sample[rng.integers(len(sample), size=1)]
    chosen = new
    largest = np.full(len(sample), -1.0, np.float32)  # cosine to a chosen row
    while len(chosen) < count:
        for start in range(0, len(new), AT_ONCE):
            cosines = np.ascontiguousarray((sample @ new[start : start + AT_ONCE].T).T)
            np.maximum(largest, cosines.max(0), out=largest)
        nearest = np.maximum(2.0 - 2.0 * largest, 0.0)
        nearest[nearest < SAME] = 0.0
        cumulative = np.cumsum(nearest, dtype=np.float64)
        if cumulative[-1] == 0:
            break
        drawn = rng.random(min(at_once, count - len(chosen))) * cumulative[-1]
        rows = np.searchsorted(cumulative, drawn, "right")
        new = sample[np.minimum(rows, len(sample) - 1)]
        twins = np.triu(2.0 - 2.0 * new @ new.T < SAME, 1)
        new = new[~twins.any(0)]
        chosen = np.concatenate([chosen, new])
    return chosen
