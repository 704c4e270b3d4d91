"""Exact nearest neighbours by cosine, a block of rows at a time."""

import numpy as np

from lib.vectors import chunks, unit_rows


def nearest_rows(
    queries: np.ndarray, points: np.ndarray, n: int, threads: int = 1, skip_self: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """The n points nearest to each query, nearest first; of equal ones the first.

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

    def work(a: int, b: int) -> None:
        similar = unit_rows(queries, a, b) @ across
        if skip_self:
            similar[np.arange(b - a), np.arange(a, b)] = -np.inf
        near = np.argpartition(similar, -n, axis=1)[:, -n:]
        value = np.take_along_axis(similar, near, 1)
        order = np.lexsort((near, -value), axis=1)
        rows[a:b] = np.take_along_axis(near, order, 1)
        cosines[a:b] = np.take_along_axis(value, order, 1)

    # 32 MB of products and 64 MB of their order a thread; the same for any number of threads
    step = max(1, 8_000_000 // max(len(points), 1))
    for _ in chunks(len(queries), threads, work, step=min(step, 2048)):
        pass
    return rows, cosines
