"""K-means that hardly depends on its seeds: many starts, their consensuses, and crossings of these."""

from dataclasses import dataclass

import numpy as np

from lib.cli import UserError
from lib.clusters.assignment import SEEDS, Graph
from lib.clusters.seeding import initial_centroids
from lib.clusters.ward import ward_merge
from lib.lloyd import Clustering, cluster_sums, lloyd
from lib.parallel import map_tasks
from lib.projection import principal_axes, unit_projection

STARTS_PER_CONSENSUS = 4
START_ROWS = 10_000  # rows of a start
SEARCH_ROWS = 20_000  # rows on which consensuses are found and crossed
ROWS_PER_CENTROID = 100  # least rows of a start per centroid; the search has twice as many
CROSSINGS = 2.5  # per consensus
COMPONENTS = 64  # dimensions in which clusterings are searched
SEARCH_TOL = 1e-3  # tolerance on projections: ten times that of the result
SAME = 1e-6  # relative difference of the inertia of equal clusterings


@dataclass(frozen=True)
class KMeans:
    """K-means as a `ClusterMethod`: every row is in a topic, and the number of topics is given.

    Attributes
    ----------
    n_init : initializations, one seed each
    axes : axes of the projections, see `kmeans`
    """

    n_init: int
    axes: np.ndarray | None = None

    @classmethod
    def of_sample(cls, sample: np.ndarray, n_init: int = SEEDS) -> "KMeans":
        """For float32 rows (n, dim) and subsets of them: all are projected on the principal axes of these rows."""
        return cls(n_init, principal_axes(sample, COMPONENTS))

    def __call__(
        self,
        vectors: np.ndarray,
        graph: Graph | None,
        k: int | None,
        *,
        seed: int,
        threads: int = 1,
    ) -> np.ndarray:
        """The labels of float32 rows in random order, int32 (n,); the graph is not used."""
        seeds = list(range(seed, seed + self.n_init))
        return kmeans(vectors, given(k), seeds=seeds, axes=self.axes, threads=threads).labels


def given(k: int | None) -> int:
    """Return k; raise a UserError if it is None, since K-means cannot choose it."""
    if k is None:
        raise UserError("K-means needs a number of topics: set `cluster.k`")
    return k


def kmeans(
    sample: np.ndarray, k: int, *, seeds: list[int], axes: np.ndarray | None = None, threads: int = 1
) -> Clustering:
    """Cluster rows held in memory, from one start per seed.

    K-means has many local optima of nearly equal inertia, so the best of a few starts differs after a
    small change of the rows. The search therefore has three parts:

    1. Every STARTS_PER_CONSENSUS starts, each on random rows, become one consensus: Ward's method merges
       their centroids to k, and Lloyd's algorithm continues on all rows. Leisch (1999), Bagged clustering.
    2. Pairs of consensuses are crossed: each centroid is that of one parent or its partner in the
       other, and Lloyd's algorithm continues. The best ones are kept. Gribel & Vidal (2019), HG-means.
    3. The best one continues on the rows themselves. Parts 1 and 2 use projections of the first
       SEARCH_ROWS rows.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows in random order
    axes : axes of the projections, by default the COMPONENTS principal axes of the sample
    """
    if axes is None:
        axes = principal_axes(sample, COMPONENTS)
    projections = unit_projection(sample[: max(SEARCH_ROWS, 2 * ROWS_PER_CENTROID * k)], axes)
    consensuses = _consensuses(projections, k, seeds, threads)
    best = _cross(projections, consensuses, seeds[0], threads) if len(consensuses) > 1 else consensuses[0]
    sums, counts = cluster_sums(sample[: len(projections)], best.labels, k, threads)
    return lloyd(sample, sums / np.maximum(counts, 1)[:, None], threads=threads)


def _consensuses(rows: np.ndarray, k: int, seeds: list[int], threads: int) -> list[Clustering]:
    """The consensus of every STARTS_PER_CONSENSUS starts."""
    row_count = max(START_ROWS, ROWS_PER_CENTROID * k)

    def start(seed: int) -> tuple[np.ndarray, np.ndarray]:
        drawn = np.random.default_rng([seed, 1]).permutation(len(rows))[:row_count]
        subset = rows if len(drawn) == len(rows) else rows[np.sort(drawn)]
        run = lloyd(subset, initial_centroids(subset, k, seed), tol=SEARCH_TOL)
        return run.centroids, np.maximum(np.bincount(run.labels, minlength=k), 1)

    def consensus(group: list[tuple[np.ndarray, np.ndarray]]) -> Clustering:
        means, counts = map(np.concatenate, zip(*group, strict=True))
        return lloyd(rows, ward_merge(means, counts, k), tol=SEARCH_TOL)

    starts = list(map_tasks(seeds, threads, start))
    groups = [starts[i : i + STARTS_PER_CONSENSUS] for i in range(0, len(starts), STARTS_PER_CONSENSUS)]
    return list(map_tasks(groups, threads, consensus))


def _cross(rows: np.ndarray, clusterings: list[Clustering], seed: int, threads: int) -> Clustering:
    """The best clustering after some crossings of the given ones."""
    rng = np.random.default_rng([seed, 2])
    best = sorted(clusterings, key=lambda run: run.inertia)
    for _ in range(round(CROSSINGS * len(clusterings))):
        one, other = (best[i].centroids for i in rng.choice(len(best), 2, replace=False))
        matched = other[_partners(one, other)]
        inherited = rng.random(len(one)) < 0.5
        child = lloyd(rows, np.where(inherited[:, None], one, matched), tol=SEARCH_TOL, threads=threads)
        if all(abs(child.inertia - run.inertia) > SAME * run.inertia for run in best):
            best = sorted([*best, child], key=lambda run: run.inertia)[: len(clusterings)]
    return best[0]


def _partners(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Match each row of `one` to a different row of `other`, nearest pairs first: int64 (k,).

    An optimal assignment led to the same inertia, and scipy.optimize takes half a second to import.
    """
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1) - 2.0 * one @ other.T
    partners = np.empty(len(one), np.int64)
    for _ in range(len(one)):
        i, j = divmod(int(squares.argmin()), len(one))
        partners[i] = j
        squares[i] = squares[:, j] = np.inf
    return partners
