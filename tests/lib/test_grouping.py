"""Rows by label, and ranges, against simple loops."""

import numpy as np
import pytest

from lib.grouping import nearest_by_label, ranges, rows_by_label


@pytest.mark.parametrize("k", [0, 1, 2, 7])
def test_rows_of_each_label_are_those_that_have_it(k):
    """Labels outside 0 to k - 1, such as -1 for papers without one, are left out."""
    labels = np.random.default_rng(k).integers(-1, k + 1, size=50).astype(np.int32)
    labels[labels == 1] = 0  # a label without rows
    found = rows_by_label(labels, k)
    assert [rows.tolist() for rows in found] == [
        [row for row in range(50) if labels[row] == label] for label in range(k)
    ]


def test_ranges_are_those_of_simple_loops():
    starts, lengths = np.array([7, 0, 100, 3]), np.array([2, 0, 3, 1])
    assert ranges(starts, lengths).tolist() == [7, 8, 100, 101, 102, 3]
    assert ranges(starts[:0], lengths[:0]).tolist() == []


def test_rows_by_label_come_nearest_first():
    rng = np.random.default_rng(0)
    topics, similarity = rng.integers(4, size=500), rng.random(500).astype(np.float32)
    topics[topics == 2] = 1
    for topic, rows in enumerate(nearest_by_label(topics, 4, similarity)):
        rows_of_topic = np.flatnonzero(topics == topic)
        assert rows.tolist() == rows_of_topic[np.argsort(-similarity[rows_of_topic])].tolist()
