"""Nearest neighbours by cosine, a block of rows at a time: all of them exactly, or most of them fast."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lib.kmeans import lloyd
from lib.vectors import chunks, unit_rows

PROBES = 16  # cells looked into for a query: of 50,000 points in 223 cells, one in fourteen
PRODUCTS = 8_000_000  # at once in a thread: 32 MB of them and 64 MB of their order


def nearest_rows(
    queries: np.ndarray, points: np.ndarray, n: int, threads: int = 1, skip_self: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The n points nearest to each query, nearest first, equal ones by row.

    Parameters
    ----------
    queries : (q, dim), float16 (memory-mapped, perhaps) or float32 unit rows
    points : float32 (p, dim), unit rows
    skip_self : the queries are the points, and a row is no neighbour of itself

    Returns
    -------
    rows int32 (q, n), cosines float32 (q, n)
    """
    rows = np.empty((len(queries), n), np.int32)
    cosines = np.empty((len(queries), n), np.float32)
    across = points.T
    names = np.arange(len(points), dtype=np.int32)

    def work(a: int, b: int) -> None:
        similar = unit_rows(queries, a, b) @ across
        if skip_self:
            similar[np.arange(b - a), np.arange(a, b)] = -np.inf
        rows[a:b], cosines[a:b] = _largest(similar, names, n)

    step = max(1, PRODUCTS // max(len(points), 1))
    for _ in chunks(len(queries), threads, work, step=min(step, 2048)):
        pass
    return rows, cosines


@dataclass
class Cells:
    """Points sorted into about √p cells, so that a query is compared with those of a few cells only.

    The inverted file of Jégou, Douze & Schmid (2011), Product quantization for nearest neighbor
    search, without the quantization; the cells looked into are those nearest to the query's own.

    Attributes
    ----------
    centroids : float32 (cells, dim)
    points : float32 (p, dim), unit rows, those of a cell side by side
    rows : int32 (p,), where each point stood before
    bounds : int (cells + 1,), where each cell begins and ends in `points`
    near : int (cells, cells), the cells by distance from each, itself first
    """

    centroids: np.ndarray
    points: np.ndarray
    rows: np.ndarray
    bounds: np.ndarray
    near: np.ndarray

    @classmethod
    def sort(cls, points: np.ndarray, threads: int = 1) -> "Cells":
        """Sort unit rows, float32 (p, dim), into cells: a few steps of K-means from evenly spaced rows."""
        count = max(1, int(np.sqrt(len(points))))
        first = points[np.linspace(0, len(points) - 1, count).astype(int)]
        found = lloyd(points, first, max_iter=5, threads=threads)
        order = np.argsort(found.labels, kind="stable").astype(np.int32)
        bounds = np.searchsorted(found.labels[order], np.arange(count + 1))
        apart = np.stack([np.square(found.centroids - centroid).sum(1) for centroid in found.centroids])
        np.fill_diagonal(apart, -1.0)
        return cls(found.centroids, points[order], order, bounds, np.argsort(apart, axis=1, kind="stable"))

    def nearest(self, queries: np.ndarray, n: int, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """Like `nearest_rows` on the points, in float32 unit rows; some neighbours are missed."""
        rows = np.empty((len(queries), n), np.int32)
        cosines = np.empty((len(queries), n), np.float32)
        own = np.empty(len(queries), np.int32)
        half_squares = np.einsum("ij,ij->i", self.centroids, self.centroids) / 2

        def locate(a: int, b: int) -> None:
            own[a:b] = (queries[a:b] @ self.centroids.T - half_squares).argmax(1)

        for _ in chunks(len(queries), threads, locate):
            pass
        order = np.argsort(own, kind="stable")
        mine = np.searchsorted(own[order], np.arange(len(self.centroids) + 1))
        sizes = np.diff(self.bounds)

        def look(cell: int, _: int) -> None:
            enough = int(np.searchsorted(np.cumsum(sizes[self.near[cell]]), n)) + 1
            probed = self.near[cell][: max(PROBES, enough)]
            spans = [slice(self.bounds[c], self.bounds[c + 1]) for c in probed]
            names = np.concatenate([self.rows[span] for span in spans])
            ends = np.cumsum([0, *sizes[probed]])
            step = max(1, PRODUCTS // len(names))
            for start in range(mine[cell], mine[cell + 1], step):
                some = order[start : min(start + step, mine[cell + 1])]
                asked = queries[some]
                similar = np.empty((len(some), len(names)), np.float32)
                for span, (a, b) in zip(spans, pairwise(ends), strict=True):
                    similar[:, a:b] = asked @ self.points[span].T
                rows[some], cosines[some] = _largest(similar, names, n)

        for _ in chunks(len(self.centroids), threads, look, step=1):
            pass
        return rows, cosines


def _largest(similar: np.ndarray, names: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The names (q, n) and values (q, n) of the n largest in each row, by falling value, then by name."""
    near = np.argpartition(similar, -n, axis=1)[:, -n:]
    value = np.take_along_axis(similar, near, 1)
    named = names[near]
    order = np.lexsort((named, -value), axis=1)
    return np.take_along_axis(named, order, 1), np.take_along_axis(value, order, 1)
