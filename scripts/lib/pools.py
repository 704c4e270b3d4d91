"""Run tasks in a pool and take their results in order."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def in_order(pool: Executor, work: Callable[[S], T], tasks: Iterable[S], ahead: int) -> Iterator[T]:
    """The results of `work(task)` in the order of the tasks, of which at most `ahead` + 1 are pending."""
    pending: deque[Future[T]] = deque()
    for task in tasks:
        pending.append(pool.submit(work, task))
        if len(pending) > ahead:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
