"""Where topics and their labels lie on the map."""

import numpy as np
from scipy.ndimage import gaussian_filter

CELLS = 96  # of the density grid, in each direction


def densest_points(points: np.ndarray, topics: np.ndarray, k: int) -> np.ndarray:
    """The point of the map where each topic is densest: float64 (k, 2).

    The mean of a topic that lies in two regions falls between them, on papers of other topics.

    Parameters
    ----------
    points : float32 (n, 2)
    topics : int (n,), 0 to k - 1
    """
    low, high = points.min(0), points.max(0)
    densest = np.zeros((k, 2))
    for topic in range(k):
        own = points[topics == topic]
        if not len(own):
            densest[topic] = (low + high) / 2
            continue
        counts, xs, ys = np.histogram2d(
            own[:, 0], own[:, 1], bins=CELLS, range=[(low[0], high[0]), (low[1], high[1])]
        )
        # Nothing lies beyond the rim. The default mirrors the map there, which counts papers twice.
        density = gaussian_filter(counts, 3.0, mode="constant")
        x, y = np.unravel_index(density.argmax(), counts.shape)
        densest[topic] = (xs[x] + xs[x + 1]) / 2, (ys[y] + ys[y + 1]) / 2
    return densest


def separate_boxes(
    centres: np.ndarray, sizes: np.ndarray, bounds: np.ndarray, steps: int = 600
) -> np.ndarray:
    """Move boxes until none overlap, each as little as possible: float64 (k, 2), the new centres.

    Parameters
    ----------
    centres, sizes : float64 (k, 2), of the boxes
    bounds : float64 (2, 2), the lowest and the highest corner of the canvas
    """
    at = centres.copy()
    for step in range(steps):
        gap = at[:, None] - at[None]
        overlap = (sizes[:, None] + sizes[None]) / 2 - np.abs(gap)
        hit = (overlap > 0).all(-1)
        np.fill_diagonal(hit, False)
        if not hit.any() and step > steps // 2:
            break
        # apart along the axis with the smaller overlap; the two boxes move in opposite directions
        flat = overlap[..., 1] <= overlap[..., 0]
        sign = np.where(
            gap == 0, np.sign(np.arange(len(at))[:, None] - np.arange(len(at)))[..., None], np.sign(gap)
        )
        push = np.stack([np.where(flat, 0, overlap[..., 0]), np.where(flat, overlap[..., 1], 0)], -1)
        at = at + 0.35 * (sign * push * hit[..., None]).sum(1)
        pull = 0.03 if step < steps // 2 else 0.0
        at = at + pull * (centres - at)
        at = np.clip(at, bounds[0] + sizes / 2, bounds[1] - sizes / 2)
    return at
