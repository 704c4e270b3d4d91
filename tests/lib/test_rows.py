"""Rows by label and ranges, against simple loops; samples by hash of the id."""

import numpy as np
import pytest

from lib.rows import hash_ids, ranges, rows_by_label, sample_rows


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


def test_sample_is_nested_even_and_independent_of_order():
    ids = [f"{i:04d}.{i:05d}" for i in range(3000)]
    hashes = hash_ids(ids)
    small, large = sample_rows(hashes, 300), sample_rows(hashes, 900)
    assert len(small) == 300 and set(small) < set(large)
    assert (np.diff(small) > 0).all()
    assert 100 < (small < 1500).sum() < 200
    reversed_order = sample_rows(hash_ids(ids[::-1]), 300)
    assert {ids[::-1][i] for i in reversed_order} == {ids[i] for i in small}
    part = sample_rows(hash_ids(ids[:1500]), 300)
    assert {i for i in small if i < 1500} <= set(part)
    other = sample_rows(hash_ids(ids, seed=1), 300)
    assert len(set(other) & set(small)) < 80
    np.testing.assert_array_equal(sample_rows(hashes, None), np.arange(3000))
    np.testing.assert_array_equal(sample_rows(hashes, 5000), np.arange(3000))
