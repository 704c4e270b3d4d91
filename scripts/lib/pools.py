"""Run tasks in a pool and take their results in order."""

import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TypeVar

from lib.cli import UserError

S = TypeVar("S")
T = TypeVar("T")


def in_order(pool: Executor, work: Callable[[S], T], tasks: Iterable[S], most: int) -> Iterator[T]:
    """The results of `work(task)` in the order of the tasks, of which at most `most` + 1 are pending."""
    for future in ahead((pool.submit(work, task) for task in tasks), most):
        yield future.result()


def ahead(items: Iterable[T], count: int = 1) -> Iterator[T]:
    """Yield each item only after the next `count` have been made, so that what it started can proceed."""
    held: deque[T] = deque()
    for item in items:
        held.append(item)
        if len(held) > count:
            yield held.popleft()
    yield from held


def in_threads(
    work: Callable[[S], T],
    tasks: Iterable[S],
    threads: int,
    begin: Callable[[], None] | None = None,
    wait: bool = True,
) -> Iterator[T]:
    """The results of `work(task)` in order, computed in `threads` threads, each of which first calls `begin`.

    The calling thread computes instead of a single one, without `begin`.

    Parameters
    ----------
    wait : whether an error, or a caller who takes no more results, waits for the tasks that run
    """
    if threads == 1:
        yield from map(work, tasks)
        return
    pool = ThreadPoolExecutor(threads, initializer=begin)
    try:
        yield from in_order(pool, work, tasks, 2 * threads)
    finally:  # tasks that have not begun are dropped
        pool.shutdown(wait=wait, cancel_futures=True)


def in_processes(
    work: Callable[[S], T], tasks: Iterable[S], threads: int, begin: Callable[[], None] | None = None
) -> Iterator[T]:
    """The results of `work(task)` in order, computed in `threads` processes.

    Each process first calls `begin`.

    Raises
    ------
    UserError
        A process was killed.
    """
    # most steps have threads alone, and start sooner without
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    with ProcessPoolExecutor(threads, initializer=_begin, initargs=(begin,)) as pool:
        try:
            yield from in_order(pool, work, tasks, threads + 1)
        except BrokenProcessPool:
            raise UserError(
                "a process of this step was killed, most likely for lack of memory; give the step fewer threads "
                "(--set-threads STEP=1) or more memory"
            ) from None


def _begin(begin: Callable[[], None] | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the main process
    if begin:
        begin()
