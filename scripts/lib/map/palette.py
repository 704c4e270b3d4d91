"""Colours that tell neighboring topics apart."""

import numpy as np
from scipy.spatial.distance import cdist


def oklch(lightness: np.ndarray, chroma: np.ndarray, hue: np.ndarray) -> np.ndarray:
    """OKLCH (hue in turns) to sRGB (n, 3) in 0 to 1. Ottosson (2020), a perceptual colour space."""
    a, b = chroma * np.cos(2 * np.pi * hue), chroma * np.sin(2 * np.pi * hue)
    to_cone = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728]])
    to_cone = np.vstack([to_cone, [1, -0.0894841775, -1.2914855480]])
    cone = (np.stack([lightness, a, b], 1) @ to_cone.T) ** 3
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(cone @ to_linear.T, 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def topic_colours(anchors: np.ndarray) -> np.ndarray:
    """A colour per topic; topics that are close on the map get colours that are far apart.

    Parameters
    ----------
    anchors : (k, 2), where each topic lies on the map

    Returns
    -------
    float64 (k, 3), sRGB
    """
    k = len(anchors)
    i = np.arange(k)
    # three rings of lightness, so that forty topics do not need forty hues
    hues = (i / max(k, 1) + 0.08) % 1.0
    lightness = np.array([0.62, 0.74, 0.50])[i % 3]
    palette = oklch(lightness, np.array([0.145, 0.12, 0.125])[i % 3], hues)
    if k < 3:
        return palette
    lab = np.stack([lightness, 0.3 * np.cos(2 * np.pi * hues), 0.3 * np.sin(2 * np.pi * hues)], 1)
    unlike = cdist(lab, lab)
    distance = cdist(anchors, anchors)
    close = np.exp(-((distance / (np.median(distance) * 0.5)) ** 2))
    np.fill_diagonal(close, 0.0)
    # Swap colours while that puts like colours further apart: sum of closeness / unlikeness.
    np.fill_diagonal(unlike, np.inf)
    given = np.random.default_rng(0).permutation(k)
    for _ in range(20 if k <= 200 else 0):  # beyond that no palette tells topics apart anyway
        swapped = False
        for a in range(k):
            for b in range(a + 1, k):
                rest = np.ones(k, bool)
                rest[[a, b]] = False
                others, change = given[rest], close[a, rest] - close[b, rest]
                # the pair itself is as close and as unlike after the swap as before
                gain = change @ (1.0 / unlike[given[a], others] - 1.0 / unlike[given[b], others])
                if gain > 1e-12:
                    given[[a, b]] = given[[b, a]]
                    swapped = True
        if not swapped:
            break
    return palette[given]
