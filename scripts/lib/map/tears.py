"""The true neighbors of the papers on a page, and how many of them the map kept near."""

import numpy as np
from scipy.spatial import KDTree

SHOWN = 10  # nearest papers that the page holds
ABSENT = 0xFFFFFFFF  # in the place of a neighbor that is not on the page
UNKNOWN = 255  # share of a paper without neighbors


def neighbors_on_page(near: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The neighbors of the papers on a page, as their places on it.

    Parameters
    ----------
    near : int32 (n, k), rows of the nearest papers of each paper, nearest first
    rows : int64 (m,), the papers of the page in its order

    Returns
    -------
    uint32 (m, SHOWN); ABSENT, last, for those that the page lacks
    """
    place = np.full(len(near), ABSENT, np.uint32)
    place[rows] = np.arange(len(rows), dtype=np.uint32)
    found = np.full((len(rows), SHOWN), ABSENT, np.uint32)
    known = near[rows, :SHOWN]
    found[:, : known.shape[1]] = place[known]
    order = np.argsort(found == ABSENT, axis=1, kind="stable")
    return np.take_along_axis(found, order, axis=1)


def kept_shares(near: np.ndarray, points: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The share of the SHOWN nearest papers that are among as many nearest on the map, in percent.

    Parameters
    ----------
    near : int32 (n, k)
    points : float32 (n, 2)
    rows : int64 (m,), the papers that are asked for

    Returns
    -------
    uint8 (m,); UNKNOWN if there are no neighbors
    """
    known = near[rows, :SHOWN]
    k = min(known.shape[1], len(points) - 1)
    if not k:
        return np.full(len(rows), UNKNOWN, np.uint8)
    on_map = nearest_on_map(points, rows, k)
    kept = (known[:, :k, None] == on_map[:, None, :]).any(2).mean(1)
    return np.rint(100 * kept).astype(np.uint8)


def nearest_on_map(plane: np.ndarray, checked: np.ndarray, n: int) -> np.ndarray:
    """The n nearest neighbors on the map of each checked row, itself excluded: int64 (c, n)."""
    _, nearest = KDTree(plane).query(plane[checked], n + 1)
    # itself last, also where papers at the same place come before it
    order = np.argsort(nearest == checked[:, None], axis=1, kind="stable")
    return np.take_along_axis(nearest, order, axis=1)[:, :n]
