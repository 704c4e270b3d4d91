"""Where topics and their labels lie on the map."""

import numpy as np

from lib.rows import rows_by_label

CELLS = 96  # of the density grid, in each direction
SIGMA = 3.0  # of the blur of this grid, in cells
ROUNDS = 4  # in which each label may move again, once all are placed


def densest_points(points: np.ndarray, topics: np.ndarray, k: int) -> np.ndarray:
    """The point of the map where each topic is densest: float64 (k, 2).

    The mean of a topic that lies in two regions falls between them, on papers of other topics.

    Parameters
    ----------
    points : float32 (n, 2)
    topics : int (n,), 0 to k - 1, or -1 for papers without
    """
    from scipy.ndimage import gaussian_filter  # most that read this module draw no density

    low, high = points.min(0), points.max(0)
    high = np.maximum(high, low + 1e-6)
    densest = np.empty((k, 2))
    for topic, rows in enumerate(rows_by_label(topics, k)):
        of_topic = points[rows]
        if not len(of_topic):
            densest[topic] = (low + high) / 2
            continue
        counts, xs, ys = np.histogram2d(
            of_topic[:, 0], of_topic[:, 1], bins=CELLS, range=[(low[0], high[0]), (low[1], high[1])]
        )
        # Nothing lies beyond the rim. The default mirrors the map there, which counts papers twice.
        density = gaussian_filter(counts, SIGMA, mode="constant")
        x, y = np.unravel_index(density.argmax(), counts.shape)
        densest[topic] = (xs[x] + xs[x + 1]) / 2, (ys[y] + ys[y + 1]) / 2
    return densest


def group_middles(anchors: np.ndarray, sizes: np.ndarray, group_of: np.ndarray, groups: int) -> np.ndarray:
    """The mean of the topics' points in each group, weighted by size: float64 (groups, 2).

    Parameters
    ----------
    anchors : float64 (k, 2), a point of each topic
    sizes : float64 (k,), papers of each topic
    group_of : int (k,), 0 to groups - 1
    """
    members = (group_of == np.arange(groups)[:, None]) * sizes
    return members @ anchors / members.sum(1, keepdims=True)


def spiral(reach: float) -> np.ndarray:
    """Offsets around the origin in rings, the nearest first: float64 (m, 2).

    Parameters
    ----------
    reach : radius of the last ring
    """
    rings = [np.zeros((1, 2))]
    for radius in np.linspace(0, reach, 25)[1:]:
        turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
        rings.append(radius * np.stack([np.cos(turn), np.sin(turn)], 1))
    return np.concatenate(rings)


def place_boxes(
    homes: np.ndarray, sizes: list[list[tuple[float, float]]], bounds: np.ndarray, reach: float
) -> tuple[np.ndarray, np.ndarray]:
    """Place boxes near their homes so that none overlap, the most important ones first.

    A box that finds no room is tried in its next smaller size, and is left out if it has none. Then each box in turn
    moves to the free place nearest to its home.

    Parameters
    ----------
    homes : float64 (k, 2), the most important first
    sizes : for each box its widths and heights, the preferred first
    bounds : float64 (2, 2), the lowest and the highest corner of the canvas
    reach : how far a box may lie from its home

    Returns
    -------
    centers : float64 (k, 2), NaN for boxes that were left out
    chosen : int (k,), the number of the size that each has, -1 for boxes that were left out
    """
    k = len(homes)
    centers, chosen = np.full((k, 2), np.nan), np.full(k, -1)
    extents = np.zeros((k, 2))
    offsets = spiral(reach)
    for turn in range(1 + ROUNDS):
        before = centers.copy()
        for i in range(k):
            others = np.flatnonzero((chosen >= 0) & (np.arange(k) != i))
            # later a box may only move, not grow: room that it takes could be that of a box left out
            for option, size in enumerate(sizes[i]):
                if turn and option != chosen[i]:
                    continue
                extent = np.array(size)
                place = _free_place(
                    homes[i] + offsets, homes[i], extent, centers[others], extents[others], bounds
                )
                if place is not None:
                    centers[i], chosen[i], extents[i] = place, option, extent
                    break
        if np.array_equal(before, centers, equal_nan=True):
            break
    return centers, chosen


def _free_place(
    places: np.ndarray,
    home: np.ndarray,
    size: np.ndarray,
    others: np.ndarray,
    extents: np.ndarray,
    bounds: np.ndarray,
) -> np.ndarray | None:
    """Of the places (m, 2) the one nearest to home where a box of this size fits, or None."""
    low, high = bounds[0] + size / 2, bounds[1] - size / 2
    if (low > high).any():
        return None
    places = np.clip(places, low, high)
    overlaps = (np.abs(places[:, None] - others) < (size + extents) / 2).all(-1).any(1)
    if overlaps.all():
        return None
    # to move up or down costs more for a wide box: it then leaves its topic sooner
    distance = np.linalg.norm((places - home) / np.maximum(size, 1e-9) ** 0.5, axis=1)
    return places[np.where(overlaps, np.inf, distance).argmin()]
