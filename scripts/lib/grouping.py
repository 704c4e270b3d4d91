"""Rows by their label."""

import numpy as np


def rows_by_label(labels: np.ndarray, k: int) -> list[np.ndarray]:
    """The rows of each label, ascending: k arrays int64, empty for a label without rows.

    Parameters
    ----------
    labels : int (n,), 0 to k - 1
    """
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.searchsorted(labels[order], np.arange(1, k)))
