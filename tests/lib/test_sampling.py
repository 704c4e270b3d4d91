"""Samples by hash of the id."""

import numpy as np

from lib.sampling import hash_ids, sample_rows


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
