"""How similar a paper is to its topic, in words."""

import numpy as np

from lib.rows import rows_by_label

FITS = ("central", "typical", "marginal", "unusual")


def fits(topic: np.ndarray, similarity: np.ndarray, outlier: np.ndarray, k: int) -> np.ndarray:
    """How similar each paper is to its topic, as a place in FITS: int8 (n,); -1 for a paper without a topic.

    Parameters
    ----------
    topic : int (n,), codes; -1 for none
    similarity, outlier : float and bool (n,), as in assignments.parquet
    """
    found = np.full(len(topic), -1, np.int8)
    for rows in rows_by_label(topic, k):
        if len(rows):
            low, high = np.quantile(similarity[rows], [0.25, 0.75])
            found[rows] = np.where(similarity[rows] >= high, 0, np.where(similarity[rows] >= low, 1, 2))
            found[rows[outlier[rows]]] = 3
    return found
