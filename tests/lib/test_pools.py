"""Tasks in processes: order, how many are taken ahead, and what happens when one is killed."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from lib.cli import UserError
from lib.pools import in_order, in_processes

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
