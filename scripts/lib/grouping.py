"""Rows grouped by their label, and ranges of rows."""

from itertools import pairwise

import numpy as np


def rows_by_label(labels: np.ndarray, k: int) -> list[np.ndarray]:
    """The rows of each label, ascending: k arrays int64, empty for a label without rows.

    Parameters
    ----------
    labels : int (n,), 0 to k - 1; rows of any other label are left out
    """
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(k + 1))
    return [order[start:end] for start, end in pairwise(bounds)]


def nearest_by_label(labels: np.ndarray, k: int, similarity: np.ndarray) -> list[np.ndarray]:
    """The rows of each label as `rows_by_label` returns them, but the most similar first.

    Parameters
    ----------
    similarity : float (n,), cosine to the centroid of the own label
    """
    nearest = np.argsort(-similarity, kind="stable")
    return [nearest[rows] for rows in rows_by_label(labels[nearest], k)]


def ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The numbers of ranges, end to end: int64 (sum of the lengths,).

    Parameters
    ----------
    starts, lengths : int (m,), the first number of each range and how many it has
    """
    ends = np.cumsum(lengths)
    return np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)
