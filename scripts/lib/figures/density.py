"""The papers of a map as an image: soft clouds in the colors of the topics, and points where there are many."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from lib.rows import rows_by_label

CLOUD_CELLS = 560  # of the grid of the clouds, along the width: 5 pixels each at 200 dpi
# The bandwidth of the clouds as a share of the width, times n ** (-1 / 6) as in Scott's rule.
BANDWIDTH = 0.055
WIDEST = 0.02  # bandwidth of a few papers, as a share of the width


@dataclass
class View:
    """The part of the plane that a map shows."""

    low: np.ndarray
    high: np.ndarray

    def inside(self, points: np.ndarray) -> np.ndarray:
        """Which points (n, 2) it shows: bool (n,)."""
        return np.all((points >= self.low) & (points <= self.high), axis=1)

    def cells(self, points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
        """The cell of each point in a grid (rows, columns) in C order, the lowest row first: int64 (n,)."""
        rows, columns = shape
        share = (points - self.low) / (self.high - self.low)
        x = np.clip((share[:, 0] * columns).astype(np.int64), 0, columns - 1)
        y = np.clip((share[:, 1] * rows).astype(np.int64), 0, rows - 1)
        return y * columns + x

    def grid(self, columns: int) -> tuple[int, int]:
        """The shape (rows, columns) of a grid of square cells."""
        width, height = self.high - self.low
        return max(round(columns * height / width), 1), columns


def clouds(
    view: View, points: np.ndarray, topics: np.ndarray, colors: np.ndarray, opacity: float
) -> np.ndarray:
    """A soft cloud around the papers of each topic: float32 RGBA (rows, columns, 4), the lowest row first.

    Where topics overlap, the colors are mixed in proportion to the square of their densities, so that the
    denser one prevails and no mixture turns grey.

    Parameters
    ----------
    points : float32 (n, 2)
    topics : int (n,), 0 to k - 1; papers with -1 have no cloud
    colors : (k, 3), sRGB
    opacity : of the densest parts, 0 to 1
    """
    shape = view.grid(CLOUD_CELLS)
    cells = view.cells(points, shape)
    sigma = max(min(BANDWIDTH * len(points) ** (-1 / 6), WIDEST) * CLOUD_CELLS, 1.5)
    total, weight = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    mixed = np.zeros((*shape, 3), np.float32)
    for rows, color in zip(rows_by_label(topics, len(colors)), colors, strict=True):
        of_topic = cells[rows]
        if not len(of_topic):
            continue
        box = _box(of_topic, shape, int(4 * sigma) + 1)
        counts = np.bincount(of_topic, minlength=shape[0] * shape[1]).reshape(shape)[box].astype(np.float32)
        density = gaussian_filter(counts, sigma, mode="constant")
        total[box] += density
        weight[box] += density**2
        mixed[box] += density[..., None] ** 2 * color.astype(np.float32)
    typical = np.median(total.ravel()[cells[topics >= 0]])  # the density around a typical paper
    image = np.empty((*shape, 4), np.float32)
    image[..., :3] = mixed / np.maximum(weight, 1e-30)[..., None]
    image[..., 3] = opacity * (1 - np.exp(-1.4 * total / typical))
    return image


def _box(cells: np.ndarray, shape: tuple[int, int], margin: int) -> tuple[slice, slice]:
    """The part of a grid that holds these cells, with a margin."""
    y, x = np.divmod(cells, shape[1])
    return (
        slice(max(int(y.min()) - margin, 0), int(y.max()) + margin + 1),
        slice(max(int(x.min()) - margin, 0), int(x.max()) + margin + 1),
    )


def shaded_points(
    view: View, points: np.ndarray, topics: np.ndarray, colors: np.ndarray, columns: int, radius: float
) -> np.ndarray:
    """The papers as an image in which denser places are more opaque: float32 RGBA, the lowest row first.

    A pixel has the colors of the papers in it, mixed. Its opacity grows with the square root of their number
    and is full at the densest tenth of the papers: a linear scale would show the densest spots only.

    Parameters
    ----------
    points, colors : as for `clouds`
    topics : int (n,), the row of `colors` of each paper; -1 is the last one
    columns : width of the image in pixels
    radius : of a point, in pixels
    """
    shape = view.grid(columns)
    cells = view.cells(points, shape)
    size = shape[0] * shape[1]
    blur = {"sigma": radius, "mode": "constant", "truncate": 3.0}
    count = gaussian_filter(np.bincount(cells, minlength=size).reshape(shape).astype(np.float32), **blur)
    image = np.empty((*shape, 4), np.float32)
    for channel in range(3):
        values = np.bincount(cells, weights=colors[topics, channel], minlength=size)
        image[..., channel] = gaussian_filter(values.reshape(shape).astype(np.float32), **blur)
    image[..., :3] /= np.maximum(count, 1e-12)[..., None]
    image[..., :3] = np.clip(image[..., :3], 0, 1)
    dense = np.quantile(count.ravel()[cells], 0.9)
    image[..., 3] = np.minimum(np.sqrt(count / dense), 1.0)
    return image
