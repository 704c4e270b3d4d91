"""Lasting numbers and keys of topics."""

import hashlib

import numpy as np
import pyarrow as pa
import pytest

from conftest import pq_write
from lib.cli import UserError
from lib.clusters.partitions import renumbered
from lib.clusters.schema import MEMBERSHIPS
from lib.clusters.topic_numbers import birth_key, dense, read_assignments, read_memberships, to_codes
from lib.tables import write_table


def test_codes_count_the_numbers_that_occur():
    topics = np.array([12, -1, 3, 7, 3, 12], np.int32)
    codes, numbers = dense(topics)
    assert codes.tolist() == [2, -1, 0, 1, 0, 2] and codes.dtype == np.int32
    assert numbers.tolist() == [3, 7, 12] and numbers.dtype == np.int32
    assert renumbered(codes, numbers).tolist() == topics.tolist()


def test_numbers_may_be_in_any_order():
    numbers = np.array([7, 12, 3])
    assert to_codes(np.array([3, -1, 12, 7]), numbers).tolist() == [2, -1, 1, 0]


@pytest.mark.parametrize("topic", [4, 13, 0, -2])
def test_a_topic_that_is_not_among_the_numbers_is_refused(topic):
    with pytest.raises(UserError, match=f"not among the 3 of this run: {topic};"):
        to_codes(np.array([3, topic]), np.array([3, 7, 12]))


def test_assignments_are_read_with_codes(tmp_path):
    path = pq_write(
        tmp_path / "a.parquet",
        id=["a", "b", "c"],
        topic=np.array([9, 2, 9], np.int32),
        second_topic=np.array([2, 9, 2], np.int32),
    )
    table, numbers = read_assignments(path, ["id", "topic", "second_topic"])
    assert table.to_pydict() == {"id": ["a", "b", "c"], "topic": [1, 0, 1], "second_topic": [0, 1, 0]}
    assert numbers.tolist() == [2, 9]
    table, _ = read_assignments(path, ["topic"], np.array([9, 5, 2]))
    assert table["topic"].to_pylist() == [0, 2, 0]
    with pytest.raises(UserError, match="run: 9;"):
        read_assignments(path, ["topic"], np.array([2]))


def key_of(ids: bytes, digits: int) -> str:
    return "t" + hashlib.blake2b(ids).hexdigest()[:digits]


def test_a_key_is_the_hash_of_the_papers_at_birth():
    assert birth_key(["b", "ä", "a"]) == birth_key(["ä", "a", "b"]) == key_of("a\0b\0ä".encode(), 4)
    assert birth_key(["a", "bä"]) != birth_key(["a", "b", "ä"])


def test_a_key_that_was_given_before_gets_more_digits():
    given = [key_of(b"c", 4), key_of(b"a", 4)]
    assert birth_key(["a"], given) == key_of(b"a", 5)
    given.append(key_of(b"a", 5))
    assert birth_key(["a"], given) == key_of(b"a", 6)


def write_memberships(file, topics: list[list[int]], shares: list[list[float]]):
    write_table(file, pa.table({"topics": topics, "shares": shares}, MEMBERSHIPS), MEMBERSHIPS)
    return file


def test_memberships_are_read_as_codes_with_gaps_filled(tmp_path):
    file = write_memberships(tmp_path / "m.parquet", [[9], [], [4, 9, 7]], [[0.9], [], [0.5, 0.3, 0.1]])
    topics, shares = read_memberships(file, np.array([4, 7, 9]))
    assert topics.tolist() == [[2, -1, -1], [-1, -1, -1], [0, 2, 1]]
    np.testing.assert_allclose(shares, [[0.9, 0, 0], [0, 0, 0], [0.5, 0.3, 0.1]])
    with pytest.raises(UserError, match="not among the 2 of this run: 9"):
        read_memberships(file, np.array([4, 7]))


@pytest.mark.parametrize("papers", [0, 3])
def test_memberships_may_be_empty(tmp_path, papers):
    file = write_memberships(tmp_path / "m.parquet", [[]] * papers, [[]] * papers)
    topics, shares = read_memberships(file, np.array([4]))
    assert topics.shape == shares.shape == (papers, 0)
