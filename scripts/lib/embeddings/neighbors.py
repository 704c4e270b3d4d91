"""Nearest neighbors by cosine, a block of rows at a time: exact, or most of them much faster."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from lib.lloyd import lloyd
from lib.parallel import for_chunks
from lib.vectors import unit_rows

PROBES = 16  # cells searched per query: with 50,000 points in 223 cells, one cell in fourteen
PRODUCTS = 8_000_000  # at a time per thread: 32 MB of products and 64 MB of their order


def exact_neighbors(
    queries: np.ndarray, points: np.ndarray, n: int, threads: int = 1, exclude_self: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The n points nearest to each query, nearest first; equally near ones by row.

    Parameters
    ----------
    queries : (q, dim), float16 (may be memory-mapped) or float32 unit rows
    points : float32 (p, dim), unit rows
    exclude_self : the queries are the points, and a row is not its own neighbor

    Returns
    -------
    rows int32 (q, n), cosines float32 (q, n)
    """
    rows = np.empty((len(queries), n), np.int32)
    cosines = np.empty((len(queries), n), np.float32)
    transposed = points.T
    numbers = np.arange(len(points), dtype=np.int32)

    def work(a: int, b: int) -> None:
        similar = unit_rows(queries, a, b) @ transposed
        if exclude_self:
            similar[np.arange(b - a), np.arange(a, b)] = -np.inf
        rows[a:b], cosines[a:b] = _largest(similar, numbers, n)

    step = max(1, PRODUCTS // max(len(points), 1))
    for_chunks(len(queries), threads, work, step=min(step, 2048))
    return rows, cosines


@dataclass
class InvertedFile:
    """Points sorted into about √p cells, so that a query is compared with the points of a few cells.

    The inverted file of Jégou, Douze & Schmid (2011), Product quantization for nearest neighbor
    search, without the quantization. A query searches the cells nearest to its own.

    Attributes
    ----------
    centroids : float32 (cells, dim)
    points : float32 (p, dim), unit rows, those of a cell side by side
    rows : int32 (p,), the original row number of each point
    bounds : int (cells + 1,), where each cell begins and ends in `points`
    nearest_cells : int (cells, cells), the cells by distance from each cell, itself first
    """

    centroids: np.ndarray
    points: np.ndarray
    rows: np.ndarray
    bounds: np.ndarray
    nearest_cells: np.ndarray

    @classmethod
    def build(cls, points: np.ndarray, threads: int = 1) -> "InvertedFile":
        """Sort unit rows, float32 (p, dim), into cells: a few iterations of K-means from evenly spaced rows."""
        count = max(1, int(np.sqrt(len(points))))
        initial = points[np.linspace(0, len(points) - 1, count).astype(int)]
        cells = lloyd(points, initial, max_iter=5, threads=threads)
        order = np.argsort(cells.labels, kind="stable").astype(np.int32)
        bounds = np.searchsorted(cells.labels[order], np.arange(count + 1))
        distances = np.stack([np.square(cells.centroids - c).sum(1) for c in cells.centroids])
        np.fill_diagonal(distances, -1.0)
        nearest_cells = np.argsort(distances, axis=1, kind="stable")
        return cls(cells.centroids, points[order], order, bounds, nearest_cells)

    def search(self, queries: np.ndarray, n: int, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """As `exact_neighbors`, on float32 unit rows; a few neighbors are missed."""
        rows = np.empty((len(queries), n), np.int32)
        cosines = np.empty((len(queries), n), np.float32)
        cell_of = self._cells(queries, threads)
        order = np.argsort(cell_of, kind="stable")
        queries_of = np.searchsorted(cell_of[order], np.arange(len(self.centroids) + 1))
        sizes = np.diff(self.bounds)

        def search_cell(cell: int, _: int) -> None:
            enough = int(np.searchsorted(np.cumsum(sizes[self.nearest_cells[cell]]), n)) + 1
            probed = self.nearest_cells[cell][: max(PROBES, enough)]
            spans = [slice(self.bounds[c], self.bounds[c + 1]) for c in probed]
            numbers = np.concatenate([self.rows[span] for span in spans])
            ends = np.cumsum([0, *sizes[probed]])
            step = max(1, PRODUCTS // len(numbers))
            for start in range(queries_of[cell], queries_of[cell + 1], step):
                at = order[start : min(start + step, queries_of[cell + 1])]
                similar = np.empty((len(at), len(numbers)), np.float32)
                for span, (a, b) in zip(spans, pairwise(ends), strict=True):
                    similar[:, a:b] = queries[at] @ self.points[span].T
                rows[at], cosines[at] = _largest(similar, numbers, n)

        for_chunks(len(self.centroids), threads, search_cell, step=1)
        return rows, cosines

    def _cells(self, queries: np.ndarray, threads: int) -> np.ndarray:
        """The cell of each query: int32 (q,)."""
        cell_of = np.empty(len(queries), np.int32)
        half_squares = np.einsum("ij,ij->i", self.centroids, self.centroids) / 2

        def work(a: int, b: int) -> None:
            cell_of[a:b] = (queries[a:b] @ self.centroids.T - half_squares).argmax(1)

        for_chunks(len(queries), threads, work)
        return cell_of


def _largest(similar: np.ndarray, numbers: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers (q, n) and values (q, n) of the n largest in each row: by value, then by number."""
    at = np.argpartition(similar, -n, axis=1)[:, -n:]
    value = np.take_along_axis(similar, at, 1)
    number = numbers[at]
    order = np.lexsort((number, -value), axis=1)
    return np.take_along_axis(number, order, 1), np.take_along_axis(value, order, 1)
