"""Where topics and their labels lie on the map."""

import numpy as np
from scipy.ndimage import gaussian_filter


def anchors(points: np.ndarray, topics: np.ndarray, k: int) -> np.ndarray:
    """Where each topic is densest on the map: float64 (k, 2).

    The mean of a topic that lies in two places falls between them, on other topics' papers.
    """
    low, high = points.min(0), points.max(0)
    cells = 96
    places = np.zeros((k, 2))
    for topic in range(k):
        own = points[topics == topic]
        if not len(own):
            places[topic] = (low + high) / 2
            continue
        counts, xs, ys = np.histogram2d(
            own[:, 0], own[:, 1], bins=cells, range=[(low[0], high[0]), (low[1], high[1])]
        )
        # beyond the rim there is nothing: mirrored, as by default, a few papers there would count twice
        density = gaussian_filter(counts, 3.0, mode="constant")
        x, y = np.unravel_index(density.argmax(), counts.shape)
        places[topic] = (xs[x] + xs[x + 1]) / 2, (ys[y] + ys[y + 1]) / 2
    return places


def spread(centres: np.ndarray, sizes: np.ndarray, bounds: np.ndarray, steps: int = 600) -> np.ndarray:
    """Move boxes apart until none overlap, each as near to its place as that allows.

    Parameters
    ----------
    centres, sizes : float64 (k, 2), of the boxes
    bounds : float64 (2, 2), the lowest and highest corner of the canvas
    """
    home, at = centres, centres.copy()
    for step in range(steps):
        gap = at[:, None] - at[None]
        room = (sizes[:, None] + sizes[None]) / 2
        overlap = room - np.abs(gap)
        hit = (overlap > 0).all(-1)
        np.fill_diagonal(hit, False)
        if not hit.any() and step > steps // 2:
            break
        # apart along the axis that takes the shorter way; the other direction for the other box
        flat = overlap[..., 1] <= overlap[..., 0]
        sign = np.where(
            gap == 0, np.sign(np.arange(len(at))[:, None] - np.arange(len(at)))[..., None], np.sign(gap)
        )
        push = np.stack([np.where(flat, 0, overlap[..., 0]), np.where(flat, overlap[..., 1], 0)], -1)
        at = at + 0.35 * (sign * push * hit[..., None]).sum(1)
        pull = 0.03 if step < steps // 2 else 0.0
        at = at + pull * (home - at)
        at = np.clip(at, bounds[0] + sizes / 2, bounds[1] - sizes / 2)
    return at
