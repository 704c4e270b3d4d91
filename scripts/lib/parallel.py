"""Run work on all cores with results that do not depend on the number of cores."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from lib.arrays import CHUNK
from lib.pools import in_threads

S = TypeVar("S")
T = TypeVar("T")


@cache
def _blas() -> ThreadpoolController:
    # looking for the libraries takes 3 ms, more than many of the products
    return ThreadpoolController()


def one_blas_thread() -> AbstractContextManager:
    """A context in which a matrix product has the same bits on any number of cores."""
    return _blas().limit(limits=1, user_api="blas")


def map_chunks(n: int, threads: int, work: Callable[[int, int], T], step: int = CHUNK) -> Iterator[T]:
    """Call `work(start, stop)` for each chunk of n rows in a thread pool; yield results in order."""
    return map_tasks(range(0, n, step), threads, lambda start: work(start, min(start + step, n)))


def for_chunks(n: int, threads: int, work: Callable[[int, int], None], step: int = CHUNK) -> None:
    """Call `work(start, stop)` for each chunk of n rows in a thread pool, and wait for all of them."""
    for _ in map_chunks(n, threads, work, step):
        pass


def map_tasks(tasks: Iterable[S], threads: int, work: Callable[[S], T]) -> Iterator[T]:
    """Call `work(task)` for each task in a thread pool; yield results in order.

    Each call has one BLAS thread. A matrix product then does not depend on the number of cores, and
    many small products side by side are faster than one after the other on all cores.
    """
    with one_blas_thread():
        yield from in_threads(work, tasks, threads)
