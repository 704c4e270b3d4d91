"""Nearest neighbors by cosine, a block of rows at a time: exact, or most of them much faster."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from lib.arrays import release_pages
from lib.cli import progress
from lib.lloyd import lloyd
from lib.parallel import for_chunks, map_chunks, map_tasks
from lib.projection import axes_rows, principal_axes
from lib.vectors import check_unit, take, unit, unit_rows, widen

EXACT_UP_TO = 40_000  # points; an exact search of more takes longer than half a minute
COMPONENTS = 128  # dimensions in which candidates are found
CELL = 400  # points in a cell
PROBED_POINTS = 4_000  # points whose projections are compared with that of a query
GRAPH_PROBED_POINTS = (
    32_000  # the same for the graph, which is used for more than the place of a point on the map
)
RERANKED = 8  # candidates compared in all dimensions, per neighbor
GROUP = 16  # columns per group; the maxima of the groups are compared first
TRAINING_ROWS = 200_000
FEW_QUERIES = 1_000  # for which an exact search costs no more than building the inverted file
CHECKED = 300  # rows whose neighbors are compared with the exact ones
COMPARED = 32_768  # pairs of query and candidate at a time per thread: at most 192 MB of candidates at 1024 dimensions
PRODUCTS = 8_000_000  # at a time per thread: 32 MB of products and up to 64 MB of their order


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
    """Points sorted into small cells, so that a query is compared with the points of the nearest cells.

    The inverted file of Jégou, Douze & Schmid (2011), Product quantization for nearest neighbor
    search. Instead of codes it keeps a projection of each point, its largest principal components. The
    best candidates by the projection are compared again in all dimensions.

    Attributes
    ----------
    points : (p, dim), float16 (may be memory-mapped) or float32 unit rows
    axes : float32 (dim, s), from a row to its projection
    centroids : float32 (cells, s), of the projections
    projections : float16 (p, s), those of a cell side by side
    rows : int32 (p,), the row number of each projection
    bounds : int (cells + 1,), where each cell begins and ends in `projections`
    """

    points: np.ndarray
    axes: np.ndarray
    centroids: np.ndarray
    projections: np.ndarray
    rows: np.ndarray
    bounds: np.ndarray

    @classmethod
    def build(cls, points: np.ndarray, threads: int = 1) -> "InvertedFile":
        """Sort rows into cells of about CELL points, by a few iterations of K-means on their projections."""
        n = len(points)
        at = np.unique(np.linspace(0, n - 1, min(n, TRAINING_ROWS)).astype(np.int64))
        axes = principal_axes(take(points, at[axes_rows(len(at))]), COMPONENTS)
        # by chunks, since all these rows in float32 would take more memory than the rest of the step
        parts = map_chunks(len(at), threads, lambda a, b: _scaled(_rows(points, at[a:b]) @ axes))
        training = np.concatenate(list(parts))
        initial = training[np.linspace(0, len(training) - 1, max(1, n // CELL)).astype(int)]
        centroids = lloyd(training, initial, max_iter=5, threads=threads).centroids
        projections, cell_of = np.empty((n, axes.shape[1]), np.float16), np.empty(n, np.int32)

        def work(a: int, b: int) -> None:
            rows = unit_rows(points, a, b)
            check_unit(rows, np.arange(a, b))
            projection = rows @ axes
            projections[a:b], cell_of[a:b] = projection, _nearest(_scaled(projection), centroids)

        for_chunks(n, threads, work)
        order = np.argsort(cell_of, kind="stable").astype(np.int32)
        bounds = np.searchsorted(cell_of[order], np.arange(len(centroids) + 1))
        return cls(points, axes, centroids, projections[order], order, bounds)

    def search(
        self, queries: np.ndarray, n: int, threads: int = 1, probed: int = PROBED_POINTS
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `exact_neighbors`, on float32 unit rows; a few neighbors are missed, fewer if more points are probed."""
        projections = np.empty((len(queries), self.axes.shape[1]), np.float32)
        cell_of = np.empty(len(queries), np.int32)

        def work(a: int, b: int) -> None:
            projections[a:b] = queries[a:b] @ self.axes
            cell_of[a:b] = _nearest(_scaled(projections[a:b]), self.centroids)

        for_chunks(len(queries), threads, work)
        order = np.argsort(cell_of, kind="stable")
        bounds = np.searchsorted(cell_of[order], np.arange(len(self.centroids) + 1))
        cells = range(len(self.centroids))
        return self._search_cells(cells, queries, projections[order], order, bounds, n, probed, threads)

    def graph(self, n: int, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The n nearest other points of each point: rows int32 (p, n), cosines float32 (p, n)."""
        cells = progress(range(len(self.centroids)), desc="neighbors", unit="cell")
        graph = self._search_cells(
            cells, self.points, self.projections, self.rows, self.bounds, n + 1, GRAPH_PROBED_POINTS, threads
        )
        release_pages(self.points, 0, len(self.points))  # before the copies
        return _without_self(*graph)

    def _search_cells(
        self,
        cells: Iterable[int],
        queries: np.ndarray,
        projections: np.ndarray,
        order: np.ndarray,
        bounds: np.ndarray,
        n: int,
        probed: int,
        threads: int,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The n nearest points of each query; `projections`, `order` and `bounds` sort the queries by cell."""
        rows = np.empty((len(queries), n), np.int32)
        cosines = np.empty((len(queries), n), np.float32)

        def search_cell(cell: int) -> None:
            span = slice(bounds[cell], bounds[cell + 1])
            queries_of_cell = order[span]
            for part, candidates in self._candidates(
                cell, projections[span].astype(np.float32, copy=False), n, probed
            ):
                at = queries_of_cell[part]
                rows[at], cosines[at] = self._rerank(_rows(queries, at), candidates, n)

        for _ in map_tasks(cells, threads, search_cell):
            pass
        return rows, cosines

    def _candidates(
        self, cell: int, projections: np.ndarray, n: int, probed: int
    ) -> Iterator[tuple[slice, np.ndarray]]:
        """For some queries of a cell at a time: where they stand, and the rows of their candidates int32 (q, m)."""
        if not len(projections):
            return
        sizes = np.diff(self.bounds)
        near = np.argsort(-(self.centroids @ self.centroids[cell]), kind="stable")
        last = int(np.searchsorted(np.cumsum(sizes[near]), min(max(probed, n), len(self.rows)))) + 1
        spans = [slice(self.bounds[c], self.bounds[c + 1]) for c in near[:last] if sizes[c]]
        numbers = np.concatenate([self.rows[span] for span in spans])
        transposed = widen(np.concatenate([self.projections[span] for span in spans])).T
        wanted = min(RERANKED * n, len(numbers))
        step = max(1, PRODUCTS // len(numbers))
        for start in range(0, len(projections), step):
            part = slice(start, min(start + step, len(projections)))
            products = projections[part] @ transposed
            yield part, numbers[_columns_of_largest(products, wanted)]

    def _rerank(self, queries: np.ndarray, rows: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """The n nearest of the candidates, compared in all dimensions.

        The queries of a cell share many candidates. Each candidate is converted to float32 once per COMPARED pairs.

        Parameters
        ----------
        queries : float32 (q, dim), unit rows
        rows : int32 (q, m), the candidates of each
        """
        similar = np.empty(rows.shape, np.float32)
        step = max(1, COMPARED // rows.shape[1])
        for start in range(0, len(rows), step):
            part = slice(start, start + step)
            distinct, at = np.unique(rows[part], return_inverse=True)
            candidates = _rows(self.points, distinct)
            for query, own, out in zip(
                queries[part], at.reshape(rows[part].shape), similar[part], strict=True
            ):
                np.matmul(candidates[own], query, out=out)
        order = np.lexsort((rows, -similar), axis=1)[:, :n]
        return np.take_along_axis(rows, order, 1), np.take_along_axis(similar, order, 1)


def nearest_rows(vectors: np.ndarray, n: int, threads: int = 1) -> tuple[np.ndarray, np.ndarray, float]:
    """The n nearest other rows of each row, nearest first: exact for few rows, most of them for many.

    Parameters
    ----------
    vectors : (p, dim), float16 (may be memory-mapped) or float32 unit rows
    n : at most p - 1

    Returns
    -------
    rows int32 (p, n), cosines float16 (p, n), and the share of the exact ones that were found
    """
    if len(vectors) <= EXACT_UP_TO:
        points = take(vectors, np.arange(len(vectors)))
        rows, cosines = exact_neighbors(points, points, n, threads, exclude_self=True)
        return rows, cosines.astype(np.float16), 1.0
    rows, cosines = InvertedFile.build(vectors, threads).graph(n, threads)
    return rows, cosines.astype(np.float16), recall(vectors, rows, threads)


def recall(vectors: np.ndarray, rows: np.ndarray, threads: int = 1) -> float:
    """The share of the exact nearest rows that are in `rows`, over CHECKED evenly spaced rows."""
    n = rows.shape[1]
    checked = np.unique(np.linspace(0, len(vectors) - 1, CHECKED).astype(np.int64))
    exact, _ = scan(_rows(vectors, checked), vectors, n, threads, checked)
    kept = [len(np.intersect1d(a, b)) for a, b in zip(rows[checked], exact, strict=True)]
    return float(np.mean(kept)) / n


def scan(
    queries: np.ndarray, vectors: np.ndarray, n: int, threads: int = 1, own: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """As `exact_neighbors`, for few queries, among points of which only a chunk is in memory.

    Parameters
    ----------
    queries : float32 (q, dim), unit rows
    vectors : (p, dim), float16 (may be memory-mapped) or float32 unit rows
    own : int (q,), the row of each query, which is not its own neighbor; None: the queries are other papers
    """

    def work(a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
        similar = queries @ unit_rows(vectors, a, b).T
        if own is not None:
            inside = np.flatnonzero((own >= a) & (own < b))
            similar[inside, own[inside] - a] = -np.inf
        return _largest(similar, np.arange(a, b, dtype=np.int32), min(n, b - a))

    best = np.empty((len(queries), 0), np.int32), np.empty((len(queries), 0), np.float32)
    for part in map_chunks(len(vectors), threads, work):
        numbers, values = (np.concatenate(pair, axis=1) for pair in zip(best, part, strict=True))
        order = np.lexsort((numbers, -values), axis=1)[:, :n]
        best = np.take_along_axis(numbers, order, 1), np.take_along_axis(values, order, 1)
    return best


def nearest_points(
    queries: np.ndarray, vectors: np.ndarray, n: int, threads: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """The n rows nearest to each of some other papers, searched as thoroughly as in `nearest_rows`.

    Parameters
    ----------
    queries : float32 (q, dim), unit rows
    vectors : (p, dim), float16 (may be memory-mapped) or float32 unit rows

    Returns
    -------
    rows int32 (q, n), cosines float32 (q, n)
    """
    if len(queries) <= FEW_QUERIES:
        return scan(queries, vectors, n, threads)
    if len(vectors) <= EXACT_UP_TO:
        return exact_neighbors(queries, take(vectors, np.arange(len(vectors))), n, threads)
    return InvertedFile.build(vectors, threads).search(queries, n, threads, GRAPH_PROBED_POINTS)


def _without_self(rows: np.ndarray, cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One neighbor fewer for each row: itself if it is there, else the farthest."""
    itself = rows == np.arange(len(rows), dtype=np.int32)[:, None]
    itself[~itself.any(1), -1] = True
    shape = len(rows), rows.shape[1] - 1
    return rows[~itself].reshape(shape), cosines[~itself].reshape(shape)


def _rows(vectors: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Some rows in float32, of unit length."""
    return unit(vectors[at])


def _scaled(projections: np.ndarray) -> np.ndarray:
    """Sketches of unit length; those of length 0 become the first axis."""
    lengths = np.linalg.norm(projections, axis=1, keepdims=True)
    scaled = projections / np.maximum(lengths, 1e-12)
    scaled[lengths[:, 0] < 1e-6] = np.eye(1, projections.shape[1], dtype=np.float32)
    return scaled


def _nearest(rows: np.ndarray, centroids: np.ndarray) -> np.ndarray:
    """The nearest centroid of each row: int (n,)."""
    return (rows @ centroids.T - np.einsum("ij,ij->i", centroids, centroids) / 2).argmax(1)


def _columns_of_largest(values: np.ndarray, n: int) -> np.ndarray:
    """The columns of the n largest values of each row, in no order: int (q, n).

    The n largest lie in the n groups of columns with the largest maxima, so that `argpartition` sees few of them.
    """
    groups = values.shape[1] // GROUP
    if groups < 4 * n:
        return np.argpartition(values, -n, axis=1)[:, -n:]
    grouped = values[:, : groups * GROUP].reshape(len(values), GROUP, groups)
    best = np.argpartition(grouped.max(1), -n, axis=1)[:, -n:]
    columns = (best[:, None, :] + groups * np.arange(GROUP)[:, None]).reshape(len(values), -1)
    rest = np.broadcast_to(np.arange(groups * GROUP, values.shape[1]), (len(values), values.shape[1] % GROUP))
    columns = np.concatenate([columns, rest], axis=1)
    at = np.argpartition(np.take_along_axis(values, columns, 1), -n, axis=1)[:, -n:]
    return np.take_along_axis(columns, at, 1)


def _largest(similar: np.ndarray, numbers: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers (q, n) and values (q, n) of the n largest in each row: by value, then by number."""
    at = _columns_of_largest(similar, n)
    value = np.take_along_axis(similar, at, 1)
    number = numbers[at]
    order = np.lexsort((number, -value), axis=1)
    return np.take_along_axis(number, order, 1), np.take_along_axis(value, order, 1)
