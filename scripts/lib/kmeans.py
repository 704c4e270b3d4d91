"""K-means (Lloyd's algorithm) on unit vectors in bounded memory, with the same bits on any cores.

Products are float32, chunk by chunk; sums are float64, in the order of the chunks. Given the same
start it takes the steps of scikit-learn's KMeans(algorithm="lloyd"): the same labels, the same
rule for a cluster that falls empty, the same stopping rule.
"""

from dataclasses import dataclass

import numpy as np

from lib.cli import UserError
from lib.vectors import chunks, unit


@dataclass
class Clustering:
    """A finished K-means.

    Attributes
    ----------
    centroids : float32 (k, dim), the mean of each cluster's rows
    labels : int32 (n,)
    inertia : sum of squared distances of the rows to their centroids
    iterations : steps taken
    """

    centroids: np.ndarray
    labels: np.ndarray
    inertia: float
    iterations: int


def lloyd(
    vectors: np.ndarray, start: np.ndarray, *, tol: float = 1e-4, max_iter: int = 300, threads: int = 1
) -> Clustering:
    """Move centroids to the means of their rows until the labels stay, or the moves are below `tol`.

    Parameters
    ----------
    vectors : (n, dim), float16 (memory-mapped, perhaps) or float32 unit rows
    start : (k, dim), the first centroids
    tol : relative to the mean variance of the columns, as in scikit-learn
    """
    n, k = len(vectors), len(start)
    centroids = np.asarray(start, np.float32)
    labels = np.full(n, -1, np.int32)
    scores = np.empty(n, np.float32)
    sums = np.zeros(start.shape, np.float64)
    counts = np.zeros(k, np.int64)
    threshold = None
    iteration = 0
    while iteration < max_iter:
        iteration += 1
        changed = _assign(vectors, centroids, labels, scores, sums, counts, threads)
        if threshold is None:
            # the mean variance of the columns of unit rows: E|x|² - |E x|², over dim
            threshold = tol * (1.0 - np.sum((sums.sum(0) / n) ** 2)) / vectors.shape[1]
        if not changed:
            break
        moved = _means(vectors, sums, counts, labels, scores)
        shift = float(np.sum((moved - centroids) ** 2, dtype=np.float64))
        centroids = moved
        if shift <= threshold:
            _assign(vectors, centroids, labels, scores, sums, counts, threads)
            break
    sums, counts = cluster_sums(vectors, labels, k, threads)
    with np.errstate(invalid="ignore"):
        means = np.where(counts[:, None] > 0, sums / counts[:, None], centroids)
    # within a cluster of unit rows: sum |x - c|² = n - n |c|²
    inertia = float(n - np.sum(counts * np.sum(means**2, axis=1)))
    return Clustering(means.astype(np.float32), labels, inertia, iteration)


def _assign(vectors, centroids, labels, scores, sums, counts, threads) -> int:
    """Give each row its nearest centroid, in place, and keep the clusters' sums in step.

    `scores` gets x·c - |c|²/2, which is largest where |x - c|² is smallest. Only the rows that
    change hands are added and taken away: after the first few steps these are few.
    """
    half = (np.einsum("ij,ij->i", centroids, centroids, dtype=np.float64) / 2).astype(np.float32)
    across = np.ascontiguousarray(centroids.T)
    k = len(centroids)

    def work(a: int, b: int):
        rows = unit(vectors[a:b])
        product = rows @ across
        product -= half
        new = product.argmax(1).astype(np.int32)
        scores[a:b] = product[np.arange(b - a), new]
        at = np.flatnonzero(new != labels[a:b])
        if not len(at):
            return None
        gains = np.zeros((k, len(at)), np.float32)
        old = labels[a:b][at]
        held = np.flatnonzero(old >= 0)
        gains[new[at], np.arange(len(at))] = 1.0
        gains[old[held], held] -= 1.0
        delta = gains @ rows[at]
        joined = np.bincount(new[at], minlength=k) - np.bincount(old[held], minlength=k)
        labels[a:b] = new
        return len(at), delta, joined

    changed = 0
    for result in chunks(len(vectors), threads, work):
        if result:
            changed += result[0]
            sums += result[1]
            counts += result[2]
    return changed


def _means(vectors, sums, counts, labels, scores) -> np.ndarray:
    """The means of the clusters; one that fell empty takes the row farthest from its centroid."""
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        sums, counts = sums.copy(), counts.copy()
        far = np.argpartition(scores, len(empty) - 1)[: len(empty)]
        far = far[np.argsort(scores[far], kind="stable")]  # the smallest score is the farthest
        for cluster, row in zip(empty, far, strict=True):
            vector = unit(vectors[row : row + 1])[0].astype(np.float64)
            sums[labels[row]] -= vector
            counts[labels[row]] -= 1
            sums[cluster], counts[cluster] = vector, 1
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)


def cluster_sums(
    vectors: np.ndarray, labels: np.ndarray, k: int, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of each cluster's rows, float64 (k, dim), and their count, int64 (k,)."""

    def work(a: int, b: int) -> np.ndarray:
        member = np.zeros((k, b - a), np.float32)
        member[labels[a:b], np.arange(b - a)] = 1.0
        return member @ unit(vectors[a:b])

    sums = np.zeros((k, vectors.shape[1]), np.float64)
    for part in chunks(len(vectors), threads, work):
        sums += part
    return sums, np.bincount(labels, minlength=k)


def plus_plus(sample: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Draw k rows as first centroids, each far from those before it: greedy k-means++.

    Of 2 + log k candidates a step, drawn with probability by squared distance to the nearest
    centroid so far, the one that lowers the sum of these distances most is taken.
    Arthur & Vassilvitskii (2007), k-means++: the advantages of careful seeding.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows

    Returns
    -------
    float32 (k, dim)

    Raises
    ------
    UserError
        The sample has fewer than k distinct rows.
    """
    rng = np.random.default_rng(seed)
    trials = 2 + int(np.log(k))
    chosen = [int(rng.integers(len(sample)))]
    nearest = np.maximum(2.0 - 2.0 * (sample @ sample[chosen[0]]), 0.0)
    for _ in range(1, k):
        cumulative = np.cumsum(nearest, dtype=np.float64)
        # below this only rounding tells rows apart
        if cumulative[-1] <= 1e-6 * len(sample):
            raise UserError(
                f"K-means: K = {k}, but only {len(chosen)} of the {len(sample):,} vectors are distinct; "
                "set a smaller K"
            )
        drawn = np.searchsorted(cumulative, rng.random(trials) * cumulative[-1], "right")
        drawn = np.minimum(drawn, len(sample) - 1)
        distances = np.minimum(np.maximum(2.0 - 2.0 * (sample[drawn] @ sample.T), 0.0), nearest)
        best = int(distances.sum(1, dtype=np.float64).argmin())
        chosen.append(int(drawn[best]))
        nearest = distances[best]
    return sample[chosen]


def kmeans(sample: np.ndarray, k: int, *, seeds: list[int], threads: int = 1) -> Clustering:
    """K-means on rows held in memory from several starts; the one of the lowest inertia."""
    runs = (lloyd(sample, plus_plus(sample, k, seed), threads=threads) for seed in seeds)
    return min(runs, key=lambda run: run.inertia)
