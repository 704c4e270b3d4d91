"""K-means (Lloyd's algorithm) on unit vectors in bounded memory, with the same bits on any cores.

Products are float32, chunk by chunk; sums are float64, in the order of the chunks. Given the same
start it takes the steps of scikit-learn's KMeans(algorithm="lloyd"): the same labels, the same
rule for a cluster that falls empty, the same stopping rule.
"""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from lib.cli import UserError
from lib.vectors import check_unit, chunks, side_by_side, unit_rows


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


SLACK = 1e-5  # of a distance: well above float32's rounding, well below any margin that matters


@dataclass
class Bounds:
    """What is known of each row's distances without computing them again. Hamerly (2010).

    Attributes
    ----------
    upper : float32 (n,), at least the distance to the row's own centroid
    lower : float32 (n,), at most the distance to any other centroid
    """

    upper: np.ndarray
    lower: np.ndarray

    def move(self, labels: np.ndarray, shifts: np.ndarray) -> None:
        """Widen the bounds by what the centroids moved: float64 (k,), lengths."""
        self.upper += shifts.astype(np.float32)[labels]
        far = int(shifts.argmax())
        others = np.full(len(shifts), shifts[far], np.float32)
        others[far] = np.delete(shifts, far).max(initial=0.0)
        self.lower -= others[labels]


def lloyd(
    vectors: np.ndarray, first: np.ndarray, *, tol: float = 1e-4, max_iter: int = 300, threads: int = 1
) -> Clustering:
    """Move centroids to the means of their rows until the labels stay, or the moves are below `tol`.

    A row is compared with the centroids again only when the moves since the last time could have
    changed its cluster, and only the rows that change hands are added and taken away: the labels
    are those of the plain algorithm, for a fraction of its products after the first few steps.

    Parameters
    ----------
    vectors : (n, dim), float16 (memory-mapped, perhaps) or float32 unit rows
    first : (k, dim), the first centroids
    tol : relative to the mean variance of the columns, as in scikit-learn
    """
    n, k = len(vectors), len(first)
    centroids = np.asarray(first, np.float32)
    labels = np.full(n, -1, np.int32)
    bounds = Bounds(np.full(n, np.inf, np.float32), np.zeros(n, np.float32))
    sums = np.zeros(first.shape, np.float64)
    counts = np.zeros(k, np.int64)
    threshold = None
    iteration = 0
    while iteration < max_iter:
        iteration += 1
        changed = _assign(vectors, centroids, labels, bounds, sums, counts, threads)
        if threshold is None:
            threshold = tol * column_variance(sums.sum(0), n)
        if not changed:
            break
        if (counts == 0).any():
            bounds.upper[:] = np.inf  # the farthest rows are wanted: all distances anew
            _assign(vectors, centroids, labels, bounds, sums, counts, threads)
        moved = _means(vectors, sums, counts, labels, bounds.upper)
        shifts = np.sqrt(np.sum((moved - centroids) ** 2, axis=1, dtype=np.float64))
        bounds.move(labels, shifts)
        centroids = moved
        if np.sum(shifts**2) <= threshold:
            _assign(vectors, centroids, labels, bounds, sums, counts, threads)
            break
    sums, counts = cluster_sums(vectors, labels, k, threads)
    means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centroids)
    # within a cluster of unit rows: sum |x - c|² = n - n |c|²
    inertia = float(n - np.sum(counts * np.sum(means**2, axis=1)))
    return Clustering(means.astype(np.float32), labels, inertia, iteration)


def column_variance(total: np.ndarray, n: int) -> float:
    """The mean variance of the columns of n unit rows of this sum: E|x|² - |E x|², over dim."""
    return float(1.0 - np.sum((total / n) ** 2)) / len(total)


def _assign(vectors, centroids, labels, bounds, sums, counts, threads) -> int:
    """Give each row its nearest centroid, in place, and keep bounds and sums in step.

    |x - c|² is 1 - 2 (x·c - |c|²/2), so the nearest centroid has the largest x·c - |c|²/2.
    """
    half = (np.einsum("ij,ij->i", centroids, centroids, dtype=np.float64) / 2).astype(np.float32)
    across = np.ascontiguousarray(centroids.T)
    k = len(centroids)
    first_time = not counts.any()

    def work(a: int, b: int):
        upper, lower = bounds.upper[a:b], bounds.lower[a:b]
        unsure = np.flatnonzero(upper + SLACK >= lower)
        if not len(unsure):
            return None
        # reading every second row or more costs as much as reading all of them
        at = unsure if 2 * len(unsure) < b - a else np.arange(b - a)
        rows = unit_rows(vectors, a, b, None if len(at) == b - a else at)
        if first_time:
            check_unit(rows, np.arange(a, b))
        product = rows @ across
        product -= half
        line = np.arange(len(at))
        new = product.argmax(1).astype(np.int32)
        upper[at] = np.sqrt(np.maximum(1.0 - 2.0 * product[line, new], 0.0))
        product[line, new] = -np.inf
        lower[at] = np.sqrt(np.maximum(1.0 - 2.0 * product.max(1), 0.0))

        old = labels[a:b][at]
        moved = np.flatnonzero(new != old)
        if not len(moved):
            return None
        new, old = new[moved], old[moved]
        held = np.flatnonzero(old >= 0)
        gains = np.zeros((k, len(moved)), np.float32)
        gains[new, np.arange(len(moved))] = 1.0
        gains[old[held], held] -= 1.0
        labels[a:b][at[moved]] = new
        joined = np.bincount(new, minlength=k) - np.bincount(old[held], minlength=k)
        return len(moved), gains @ rows[moved], joined

    changed = 0
    for result in chunks(len(vectors), threads, work):
        if result:
            changed += result[0]
            sums += result[1]
            counts += result[2]
    return changed


def _means(vectors, sums, counts, labels, distances) -> np.ndarray:
    """The means of the clusters; one that fell empty takes the row farthest from its centroid."""
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        sums, counts = sums.copy(), counts.copy()
        far = np.argsort(-distances, kind="stable")[: len(empty)]
        for cluster, row in zip(empty, far, strict=True):
            vector = unit_rows(vectors, row, row + 1)[0].astype(np.float64)
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
        return member @ unit_rows(vectors, a, b)

    sums = np.zeros((k, vectors.shape[1]), np.float64)
    for part in chunks(len(vectors), threads, work):
        sums += part
    return sums, np.bincount(labels, minlength=k)


OVER = 3  # centroids drawn for each one wanted: more find no better starts, fewer do worse
DRAW = 100  # rows to draw them from, for each: the rest of the sample would add only time
MOST = 3000  # centroids to merge: their distances are held as a square matrix


def start(sample: np.ndarray, k: int, seed: int) -> np.ndarray:
    """First centroids: three times as many by k-means++, merged two by two to k as Ward does.

    K-means keeps what its start gets wrong: two seeds in one large topic split it for good, while
    two small topics share a seed. Among more centroids than topics every topic has one, and the
    merges that add least to the inertia join those of one topic. On planted topics of unequal size
    this finds the planted ones where the best of four k-means++ starts does not (docs/choosing-k.md).

    Parameters
    ----------
    sample : float32 (n, dim), unit rows

    Returns
    -------
    float32 (k, dim), means of rows

    Raises
    ------
    UserError
        The sample has fewer than k distinct rows.
    """
    drawn = min(OVER * k, MOST, len(sample))
    rows = np.random.default_rng(seed).permutation(len(sample))[: max(DRAW * drawn, 20_000)]
    some = sample if len(rows) == len(sample) else sample[np.sort(rows)]
    with threadpool_limits(1, "blas"):  # on any number of cores the same bits
        seeds = plus_plus(some, max(drawn, k), seed)
        if len(seeds) < k:
            raise UserError(
                f"K-means: K = {k}, but only {len(seeds)} of the {len(sample):,} vectors to start from are distinct; "
                "set a smaller K"
            )
        if len(seeds) == k:
            return seeds
        settled = lloyd(some, seeds, max_iter=3)
        counts = np.bincount(settled.labels, minlength=len(seeds))
        return merge(settled.centroids[counts > 0], counts[counts > 0], k)


def plus_plus(sample: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Draw k rows, each far from those before it: greedy k-means++.

    Of 2 + log k candidates a step, drawn with probability by squared distance to the nearest row
    drawn so far, the one that lowers the sum of these distances most is taken.
    Arthur & Vassilvitskii (2007), k-means++: the advantages of careful seeding.

    Returns
    -------
    float32 (k, dim); fewer rows if the sample has fewer distinct ones
    """
    rng = np.random.default_rng(seed)
    trials = 2 + int(np.log(k))
    chosen = [int(rng.integers(len(sample)))]
    nearest = np.maximum(2.0 - 2.0 * (sample @ sample[chosen[0]]), 0.0)
    while len(chosen) < k:
        nearest[nearest < 1e-6] = 0.0  # nearer than that, only rounding tells rows apart
        cumulative = np.cumsum(nearest, dtype=np.float64)
        if cumulative[-1] == 0:
            break
        drawn = np.searchsorted(cumulative, rng.random(trials) * cumulative[-1], "right")
        drawn = np.minimum(drawn, len(sample) - 1)
        distances = np.maximum(2.0 - 2.0 * (sample @ sample[drawn].T), 0.0)
        np.minimum(distances, nearest[:, None], out=distances)
        best = int(distances.sum(0, dtype=np.float64).argmin())
        chosen.append(int(drawn[best]))
        nearest = distances[:, best].copy()
    return sample[chosen]


def merge(means: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """Merge clusters until k are left, each time the two whose merger adds least to the inertia.

    That is |m1 - m2|² n1 n2 / (n1 + n2). Ward (1963), Hierarchical grouping to optimize an
    objective function; here on clusters of different weights.

    Parameters
    ----------
    means : (m, dim)
    counts : int (m,), positive

    Returns
    -------
    float32 (min(k, m), dim)
    """
    means, counts = means.astype(np.float64), counts.astype(np.float64)
    squares = np.einsum("ij,ij->i", means, means)
    cost = squares[:, None] + squares - 2.0 * means @ means.T
    cost *= counts[:, None] * counts / (counts[:, None] + counts)
    np.fill_diagonal(cost, np.inf)
    for _ in range(len(means) - k):
        i, j = np.unravel_index(cost.argmin(), cost.shape)
        both = counts[i] + counts[j]
        means[i] = (means[i] * counts[i] + means[j] * counts[j]) / both
        counts[i], counts[j] = both, 0.0
        cost[j] = cost[:, j] = np.inf
        distance = np.sum((means - means[i]) ** 2, axis=1) * counts * both / (counts + both)
        distance[counts == 0] = np.inf
        distance[i] = np.inf
        cost[i] = cost[:, i] = distance
    return means[counts > 0].astype(np.float32)


def kmeans(sample: np.ndarray, k: int, *, seeds: list[int], threads: int = 1) -> Clustering:
    """K-means on rows held in memory from several starts; the one of the lowest inertia."""
    each = max(1, threads // len(seeds))
    runs = side_by_side(seeds, threads, lambda seed: lloyd(sample, start(sample, k, seed), threads=each))
    return min(runs, key=lambda run: run.inertia)
