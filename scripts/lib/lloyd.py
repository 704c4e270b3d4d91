"""Lloyd's algorithm (K-means) on unit vectors, in bounded memory and with the same bits on any number of cores.

Products are float32, chunk by chunk. Sums are float64, in the order of the chunks. From the same
initial centroids it takes the steps of scikit-learn's KMeans(algorithm="lloyd"): the same labels,
the same rule for a cluster that becomes empty and the same stopping rule.
"""

from dataclasses import dataclass
from math import ceil

import numpy as np

from lib.arrays import CHUNK
from lib.parallel import map_chunks
from lib.rows import label_sizes
from lib.vectors import check_unit, unit_rows

SLACK = 1e-5  # of a distance: well above float32's rounding, well below any margin that matters


@dataclass
class Clustering:
    """A finished K-means.

    Attributes
    ----------
    centroids : float32 (k, dim), the mean of the rows of each cluster
    labels : int32 (n,)
    inertia : sum of the squared distances of the rows to their centroids
    iterations : number of steps taken
    assigned_by : float32 (k, dim), the centroids that the labels are nearest to; they differ from the means a little
        if the algorithm stopped because the centroids hardly moved
    """

    centroids: np.ndarray
    labels: np.ndarray
    inertia: float
    iterations: int
    assigned_by: np.ndarray


@dataclass
class Bounds:
    """Bounds on the distances of each row. Hamerly (2010), Making k-means even faster.

    Attributes
    ----------
    upper : float32 (n,), at least the distance to the centroid of the row
    lower : float32 (n,), at most the distance to any other centroid
    """

    upper: np.ndarray
    lower: np.ndarray

    def widen(self, labels: np.ndarray, shifts: np.ndarray) -> None:
        """Widen the bounds by the distances that the centroids moved: float64 (k,)."""
        shifts = shifts.astype(np.float32)
        self.upper += shifts[labels]
        farthest = int(shifts.argmax())
        others = np.full(len(shifts), shifts[farthest])
        shifts[farthest] = 0.0
        others[farthest] = shifts.max()
        self.lower -= others[labels]


@dataclass
class Stay:
    """Rows that leave their home for another cluster only if that is clearly nearer.

    Attributes
    ----------
    home : int32 (n,), the cluster where a row belongs; -1: none
    margin : by how much the squared distance to another cluster must be smaller than that to the home
    """

    home: np.ndarray
    margin: float


@dataclass
class State:
    """What one step of Lloyd's algorithm updates.

    Attributes
    ----------
    labels : int32 (n,), -1 before the first step
    bounds : of each row
    stay : rows that prefer a cluster, if any
    sums : float64 (k, dim), the sum of the rows of each cluster
    counts : int64 (k,), their number
    """

    labels: np.ndarray
    bounds: Bounds
    stay: Stay | None
    sums: np.ndarray
    counts: np.ndarray

    def unsure(self, a: int, b: int) -> np.ndarray:
        """Which of the rows from a to b may change their cluster: int (m,), from 0."""
        upper, lower = self.bounds.upper[a:b], self.bounds.lower[a:b]
        if self.stay:
            home, labels = self.stay.home[a:b], self.labels[a:b]
            margin = np.where(home >= 0, np.float32(self.stay.margin), np.float32(0))
            at_home = home == labels
            # distances as if the one to the home were smaller, or all others larger
            upper = np.sqrt(np.maximum(upper**2 - margin * at_home, 0))
            lower = np.sqrt(np.maximum(np.maximum(lower, 0) ** 2 - margin * ~at_home, 0))
        return np.flatnonzero(upper + SLACK >= lower)


def lloyd(
    vectors: np.ndarray,
    initial: np.ndarray,
    *,
    stay: Stay | None = None,
    tol: float = 1e-4,
    max_iter: int = 300,
    threads: int = 1,
) -> Clustering:
    """Move centroids to the means of their rows until no label changes or they move less than `tol`.

    A row is compared with the centroids again only if their moves since the last comparison could
    have changed its cluster. Sums are updated by the rows that change cluster only. The labels are
    those of the plain algorithm, for a fraction of its products after the first few steps.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    initial : (k, dim), initial centroids
    stay : rows that leave their home only for a clearly nearer cluster
    tol : relative to the mean variance of the columns, as in scikit-learn
    """
    n, k = len(vectors), len(initial)
    centroids = assigned_by = np.asarray(initial, np.float32)
    bounds = Bounds(np.full(n, np.inf, np.float32), np.zeros(n, np.float32))
    state = State(np.full(n, -1, np.int32), bounds, stay, np.zeros(initial.shape), np.zeros(k, np.int64))
    threshold = None
    iteration = 0
    while iteration < max_iter:
        iteration += 1
        changed = _assign(vectors, centroids, state, threads)
        assigned_by = centroids
        if threshold is None:
            threshold = tol * column_variance(state.sums.sum(0), n)
        if not changed:
            break
        if (state.counts == 0).any():
            bounds.upper[:] = np.inf  # the farthest rows are needed: compute all distances again
            _assign(vectors, centroids, state, threads)
        moved = _means(vectors, state)
        shifts = np.sqrt(np.sum((moved - centroids) ** 2, axis=1, dtype=np.float64))
        bounds.widen(state.labels, shifts)
        centroids = moved
        if np.sum(shifts**2) <= threshold:
            _assign(vectors, centroids, state, threads)
            assigned_by = centroids
            break
    sums, counts = cluster_sums(vectors, state.labels, k, threads)
    means = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], centroids)
    inertia = inertia_of(means, counts)
    return Clustering(means.astype(np.float32), state.labels, inertia, iteration, assigned_by)


def inertia_of(means: np.ndarray, counts: np.ndarray) -> float:
    """The inertia of clusters of unit rows: within a cluster, sum |x - c|² = n - n |c|².

    Parameters
    ----------
    means : float64 (k, dim), of the rows of each cluster
    counts : int (k,), their number
    """
    return float(counts.sum() - np.sum(counts * np.sum(means**2, axis=1)))


def inertia_of_labels(vectors: np.ndarray, labels: np.ndarray, k: int, threads: int = 1) -> float:
    """The inertia of a partition of unit rows.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32
    labels : int (n,), 0 to k - 1; -1 for unassigned rows
    """
    sums, counts = cluster_sums(vectors, labels, k, threads)
    return inertia_of(sums / np.maximum(counts, 1)[:, None], counts)


def column_variance(total: np.ndarray, n: int) -> float:
    """The mean variance of the columns of n unit rows with the given sum: (E|x|² - |E x|²) / dim."""
    return float(1.0 - np.sum((total / n) ** 2)) / len(total)


def _assign(vectors: np.ndarray, centroids: np.ndarray, state: State, threads: int) -> int:
    """Assign each row to its nearest centroid and update `state`; returns the number of changes.

    |x - c|² is 1 - 2 (x·c - |c|²/2), so the nearest centroid has the largest x·c - |c|²/2.
    """
    half = (np.einsum("ij,ij->i", centroids, centroids, dtype=np.float64) / 2).astype(np.float32)
    transposed = np.ascontiguousarray(centroids.T)
    k = len(centroids)
    first_step = not state.counts.any()

    def work(a: int, b: int) -> tuple[int, np.ndarray, np.ndarray] | None:
        upper, lower = state.bounds.upper[a:b], state.bounds.lower[a:b]
        unsure = state.unsure(a, b)
        if not len(unsure):
            return None
        # reading half of the rows or more costs as much as reading all of them
        at = unsure if 2 * len(unsure) < b - a else np.arange(b - a)
        rows = unit_rows(vectors, a, b, None if len(at) == b - a else at)
        if first_step:
            check_unit(rows, np.arange(a, b))
        product = np.ascontiguousarray((rows @ transposed).T)
        product -= half[:, None]
        if state.stay:
            home = state.stay.home[a:b][at]
            new, largest, second = two_largest_from_home(product, home, state.stay.margin / 2)
        else:
            new, largest, second = two_largest(product)
        upper[at] = np.sqrt(np.maximum(1.0 - 2.0 * largest, 0.0))
        lower[at] = np.sqrt(np.maximum(1.0 - 2.0 * second, 0.0))

        old = state.labels[a:b][at]
        moved = np.flatnonzero(new != old)
        if not len(moved):
            return None
        new, old = new[moved], old[moved]
        labeled = np.flatnonzero(old >= 0)
        gains = np.zeros((k, len(moved)), np.float32)
        gains[new, np.arange(len(moved))] = 1.0
        gains[old[labeled], labeled] -= 1.0
        state.labels[a:b][at[moved]] = new
        joined = np.bincount(new, minlength=k) - np.bincount(old[labeled], minlength=k)
        return len(moved), gains @ rows[moved], joined

    changed = 0
    # chunks of equal size, since a small one costs as much as some hundred rows
    step = ceil(len(vectors) / max(1, round(len(vectors) / CHUNK)))
    for result in map_chunks(len(vectors), threads, work, step):
        if result:
            changed += result[0]
            state.sums += result[1]
            state.counts += result[2]
    return changed


def two_largest(values: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each column is largest, int32 (n,), and its two largest values, (n,) each; overwrites `values`.

    Of equal values the first counts. With one row, the second largest value is -inf. numpy reduces the columns of
    a (k, n) array many times as fast as the short rows of an (n, k) one, but not in `argmax`.

    Parameters
    ----------
    values : float (k, n)
    """
    at, largest = _largest(values)
    values[at, np.arange(len(at))] = -np.inf
    return at, largest, values.max(0)


def two_largest_from_home(
    values: np.ndarray, home: np.ndarray, bonus: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Where each column is largest if `bonus` is added at its home: int32 (n,); overwrites `values`.

    Further the value there and the largest other value, both without the bonus, (n,) each.

    Parameters
    ----------
    values : float32 (k, n)
    home : int (n,), a row of `values`; -1: none
    """
    columns = np.flatnonzero(home >= 0)
    at_home = home[columns], columns
    without_bonus = values[at_home]
    values[at_home] += np.float32(bonus)
    at, _ = _largest(values)
    values[at_home] = without_bonus
    chosen = at, np.arange(len(at))
    largest = values[chosen]
    values[chosen] = -np.inf
    return at, largest, values.max(0)


def _largest(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where each column is largest, int32 (n,), the first of equal values, and its value, (n,)."""
    k = len(values)
    largest = values.max(0)
    backwards = np.arange(k, 0, -1, dtype=np.int32)[:, None]
    return k - np.multiply(values == largest, backwards).max(0), largest


def _means(vectors: np.ndarray, state: State) -> np.ndarray:
    """The means of the clusters; an empty cluster gets the row that is farthest from its centroid."""
    sums, counts = state.sums, state.counts
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        sums, counts = sums.copy(), counts.copy()
        farthest = np.argsort(-state.bounds.upper, kind="stable")[: len(empty)]
        for cluster, row in zip(empty, farthest, strict=True):
            vector = unit_rows(vectors, row, row + 1)[0].astype(np.float64)
            sums[state.labels[row]] -= vector
            counts[state.labels[row]] -= 1
            sums[cluster], counts[cluster] = vector, 1
    return (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)


def cluster_sums(
    vectors: np.ndarray, labels: np.ndarray, k: int, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The sum of the rows of each cluster, float64 (k, dim), and their number, int64 (k,).

    Parameters
    ----------
    labels : int (n,), 0 to k - 1; -1 for unassigned rows
    """

    def work(a: int, b: int) -> np.ndarray:
        member = np.zeros((k, b - a), np.float32)
        labeled = np.flatnonzero(labels[a:b] >= 0)
        member[labels[a:b][labeled], labeled] = 1.0
        return member @ unit_rows(vectors, a, b)

    sums = np.zeros((k, vectors.shape[1]), np.float64)
    for part in map_chunks(len(vectors), threads, work):
        sums += part
    return sums, label_sizes(labels, k)
