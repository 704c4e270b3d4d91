"""Rows by label against a simple search."""

import numpy as np
import pytest

from lib.grouping import rows_by_label


@pytest.mark.parametrize("k", [0, 1, 2, 7])
def test_rows_of_each_label_are_those_that_have_it(k):
    """Labels outside 0 to k - 1, such as -1 for papers without one, are left out."""
    labels = np.random.default_rng(k).integers(-1, k + 1, size=50).astype(np.int32)
    labels[labels == 1] = 0  # a label without rows
    found = rows_by_label(labels, k)
    assert [rows.tolist() for rows in found] == [
        [row for row in range(50) if labels[row] == label] for label in range(k)
    ]
