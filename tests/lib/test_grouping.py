"""Rows by label against a simple search."""

import numpy as np
import pytest

from lib.grouping import rows_by_label


@pytest.mark.parametrize("k", [1, 2, 7])
def test_rows_of_each_label_are_those_that_have_it(k):
    labels = np.random.default_rng(k).integers(k, size=50).astype(np.int32)
    labels[labels == 1] = 0  # a label without rows
    found = rows_by_label(labels, k)
    assert [rows.tolist() for rows in found] == [
        [row for row in range(50) if labels[row] == label] for label in range(k)
    ]
