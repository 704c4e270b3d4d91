"""Tasks in threads and processes: order, how many are taken ahead, and what happens when one is killed."""

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from lib.cli import UserError
from lib.pools import ahead, in_order, in_processes, in_threads

begun: list[str] = []


def work(number: int) -> tuple[int, list[str]]:
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number, begun


def test_results_come_in_order_from_processes_that_have_begun():
    found = list(in_processes(work, [3, 1, 2], 2, partial(begun.append, "yes")))
    assert found == [(9, ["yes"]), (1, ["yes"]), (4, ["yes"])] and not begun
    assert list(in_processes(work, [], 2)) == []


@pytest.mark.parametrize("before", [0, 20])
def test_a_killed_process_is_named(before):
    """Also if it dies while tasks are still handed out."""
    with pytest.raises(UserError, match="was killed, most likely for lack of memory"):
        list(in_processes(work, [1] * before + [7] + [1] * 50, 2))


def test_tasks_are_not_all_taken_at_once():
    taken: list[int] = []

    def tasks():
        for number in range(20):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(1) as pool:
        results = in_order(pool, abs, tasks(), 3)
        assert next(results) == 0 and len(taken) == 4


def test_an_item_is_made_before_the_one_before_it_is_given():
    made: list[int] = []
    given = ahead(made.append(number) or number for number in range(3))
    assert [(next(given), len(made)) for _ in range(3)] == [(0, 2), (1, 3), (2, 3)]


def test_an_error_does_not_wait_for_tasks_in_other_threads():
    go_on, ended = threading.Event(), []

    def task(number: int) -> int:
        if number == 0:
            raise UserError("no")
        go_on.wait(60)
        ended.append(number)
        return number

    others = set(threading.enumerate())
    try:
        with pytest.raises(UserError, match="no"):
            list(in_threads(task, range(50), 2, wait=False))
        assert not ended
    finally:
        go_on.set()
    for thread in set(threading.enumerate()) - others:
        thread.join(60)
    assert len(ended) <= 2  # those that had not begun are dropped


def test_an_error_waits_for_tasks_in_other_threads():
    both, ended = threading.Barrier(2, timeout=60), []

    def task(number: int) -> None:
        both.wait()
        if number == 0:
            raise UserError("no")
        time.sleep(0.1)
        ended.append(number)

    with pytest.raises(UserError, match="no"):
        list(in_threads(task, range(2), 2))
    assert ended == [1]
