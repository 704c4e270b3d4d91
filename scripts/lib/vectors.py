"""Read embeddings larger than memory, a chunk of unit rows at a time, on all cores."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from lib.cli import UserError
from lib.files import give_back, read_array

S = TypeVar("S")
T = TypeVar("T")

# Rows to a chunk: 8 MB at 1024 float32. It is the unit of summation too, so it must not depend on
# the number of threads: the same chunks summed in the same order give the same bits.
CHUNK = 2048


def open_embeddings(path: Path, rows: int | None = None) -> np.ndarray:
    """Memory-map embeddings.npy: (n_papers, dim), float16 or float32, rows of unit length.

    Raises
    ------
    UserError
        The file is no such array, or has another number of rows than there are papers.
    """
    vectors = read_array(path, mapped=True)
    if vectors.ndim != 2 or vectors.dtype not in (np.float16, np.float32):
        raise UserError(
            f"{path}: expected float16 or float32 (n, dim), found {vectors.dtype} {vectors.shape}"
        )
    if rows is not None and len(vectors) != rows:
        raise UserError(f"{path}: {len(vectors)} vectors for {rows} papers; run `gather` again")
    return vectors


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows as float32 of unit length; float32 rows are taken to be of unit length already.

    Rounding to float16 leaves a row's length off by up to 1e-4, which would show in a silhouette.
    """
    if rows.dtype == np.float32:
        return rows
    rows = rows.astype(np.float32)
    rows /= np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    return rows


def unit_rows(vectors: np.ndarray, start: int, stop: int, at: np.ndarray | None = None) -> np.ndarray:
    """Rows start to stop, or those `at` among them, as `unit` gives them; their pages are given back."""
    rows = vectors[start:stop] if at is None else vectors[start:stop][at]
    rows = unit(rows)
    give_back(vectors, start, stop)
    return rows


def take(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some rows, held in memory: float32 (len(rows), dim), unit length.

    Raises
    ------
    UserError
        A row is not finite.
    """
    taken = np.empty((len(rows), vectors.shape[1]), np.float32)
    for start in range(0, len(rows), CHUNK):
        some = rows[start : start + CHUNK]
        taken[start : start + CHUNK] = unit(vectors[some])
        give_back(vectors, int(some.min()), int(some.max()) + 1)
        check_unit(taken[start : start + CHUNK], rows[start : start + CHUNK])
    return taken


def check_unit(read: np.ndarray, rows: np.ndarray) -> None:
    """Stop at a row read, of those numbered `rows`, that is not finite or not of unit length."""
    squares = np.einsum("ij,ij->i", read, read)
    sound = np.abs(squares - 1.0) < 0.01  # false for NaN
    if not sound.all():
        raise UserError(
            f"embeddings: row {rows[int(sound.argmin())]} is not finite or not of unit length; delete "
            "results/embeddings.npy and run again"
        )


def chunks(n: int, threads: int, work: Callable[[int, int], T], step: int = CHUNK) -> Iterator[T]:
    """Call `work(start, stop)` on each chunk of n rows in a pool of threads; yield results in order."""
    return side_by_side(range(0, n, step), threads, lambda start: work(start, min(start + step, n)))


def side_by_side(tasks: Iterable[S], threads: int, work: Callable[[S], T]) -> Iterator[T]:
    """Call `work` on each task in a pool of threads; yield results in order.

    Each call has one BLAS thread: a product then does not depend on the number of cores, and many
    small products beside each other are faster than one after the other on all cores.
    """
    with threadpool_limits(1, "blas"):
        if threads == 1:
            yield from map(work, tasks)
            return
        pool = ThreadPoolExecutor(threads)
        pending = deque()
        try:
            for task in tasks:
                pending.append(pool.submit(work, task))
                if len(pending) > 2 * threads:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:  # after an error, what has not begun need not
            pool.shutdown(cancel_futures=True)
