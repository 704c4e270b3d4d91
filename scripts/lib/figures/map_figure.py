"""The map as a figure: papers in the colors of their topics, over soft clouds, with labels that do not overlap."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.figures.density import View, clouds, shaded_points
from lib.figures.label_layout import densest_points
from lib.figures.map_labels import Group, draw_labels
from lib.figures.palette import from_hex, oklab, with_lightness
from lib.figures.style import use_style
from lib.rows import label_sizes

WIDTH = 14.0  # inches
HEIGHTS = (8.5, 14.0)  # the least and the greatest, in inches; between them that of the points
SIDE, TOP, BOTTOM = 0.2, 0.85, 0.5  # margins in inches
CIRCLES = 30_000  # with more papers, the points are an image
NO_TOPIC = "#969696"  # color of the papers of no topic, as in map.html
COLUMNS = 2600  # of that image: a pixel each at 200 dpi


@dataclass
class Texts:
    """What is written on a map.

    `names` are those of the topics: keywords with SEPARATOR between them. `left` and `right` are the lines below.
    """

    names: list[str]
    title: str
    left: str
    right: str


def draw_map(
    points: np.ndarray,
    topics: np.ndarray,
    colors: list[str],
    texts: Texts,
    *,
    groups: Sequence[Group] = (),
    dark: bool = False,
    families: Sequence[str] = (),
) -> Figure:
    """A figure of all points with the labels of the topics.

    Parameters
    ----------
    points : float32 (n, 2)
    topics : int (n,), 0 to k - 1; -1 for papers of none, which are gray, without a cloud or a name
    colors : of each topic, as #rrggbb
    groups : of similar topics, with a name of their own
    dark : light on dark
    families : fonts for what the font of the figures lacks
    """
    use_style(families, dark=dark)
    view, height = frame(points)
    figure = plt.figure(figsize=(WIDTH, height))
    axis = figure.add_axes(
        (SIDE / WIDTH, BOTTOM / height, 1 - 2 * SIDE / WIDTH, 1 - (TOP + BOTTOM) / height), frame_on=False
    )
    axis.set(xlim=(view.low[0], view.high[0]), ylim=(view.low[1], view.high[1]), xticks=[], yticks=[])
    inside = view.inside(points)
    if not inside.all():
        points, topics = points[inside], topics[inside]
    rgb = from_hex(colors)
    shades = with_lightness(rgb, _brightened(rgb)) if dark else rgb
    _draw_papers(axis, view, points, topics, np.vstack([shades, from_hex([NO_TOPIC])]), dark)
    sizes = label_sizes(topics, len(colors))
    draw_labels(axis, texts.names, densest_points(points, topics, len(colors)), sizes, rgb, groups, dark)

    ink, faint = plt.rcParams["text.color"], plt.rcParams["xtick.color"]
    left, right, low = 0.3 / WIDTH, 1 - 0.3 / WIDTH, 0.2 / height
    figure.text(left, 1 - 0.28 / height, texts.title, fontsize=22, weight="bold", va="top", color=ink)
    figure.text(left, low, texts.left, fontsize=8.5, color=ink, alpha=0.8, va="bottom")
    figure.text(right, low, texts.right, fontsize=8.5, color=faint, va="bottom", ha="right")
    return figure


def frame(points: np.ndarray) -> tuple[View, float]:
    """The part of the plane that is drawn, at the same scale in both directions, and the height in inches.

    A few far-off papers must not shrink the map. The view holds all papers if that makes it at most a fifth
    larger in a direction, else all but one in two thousand at each side.

    Parameters
    ----------
    points : float32 (n, 2)
    """
    most = np.quantile(points, [0.0005, 0.9995], axis=0).astype(np.float64)
    extent = np.maximum(most[1] - most[0], 1e-9)
    all_of_them = np.stack([points.min(0), points.max(0)]).astype(np.float64)
    low, high = np.where(np.abs(all_of_them - most) <= 0.1 * extent, all_of_them, most)
    # a scale for the direction in which all papers are equal
    extent = np.maximum(high - low, max((high - low).max(), 1e-3) / 4) * 1.14
    width = WIDTH - 2 * SIDE
    least, most_high = (height - TOP - BOTTOM for height in HEIGHTS)
    height = min(max(float(width * extent[1] / extent[0]), least), most_high)
    scale = max(extent[0] / width, extent[1] / height)
    half = scale * np.array([width, height]) / 2
    middle = (low + high) / 2
    return View(middle - half, middle + half), height + TOP + BOTTOM


def _brightened(colors: np.ndarray) -> np.ndarray:
    """The lightness that colors (n, 3) get on a dark ground."""
    return 0.62 + 0.8 * (oklab(colors)[:, 0] - 0.49)


def _draw_papers(
    axis: Axes, view: View, points: np.ndarray, topics: np.ndarray, colors: np.ndarray, dark: bool
) -> None:
    """Draw clouds and papers in colors (k + 1, 3), of which the last is that of the papers of no topic, -1."""
    extent = (view.low[0], view.high[0], view.low[1], view.high[1])

    def show(image: np.ndarray, order: int, smooth: bool) -> None:
        way = "bicubic" if smooth else "antialiased"
        axis.imshow(image, extent=extent, origin="lower", aspect="auto", interpolation=way, zorder=order)

    n = len(points)
    show(clouds(view, points, topics, colors, 0.34 if dark else 0.30), 0, True)
    if n > CIRCLES:
        # the area of all points together stays the same until a point is smaller than a pixel
        radius = float(np.clip(1.1 * np.sqrt(CIRCLES / n), 0.45, 1.1))
        show(shaded_points(view, points, topics, colors, COLUMNS, radius), 1, False)
        return
    order = np.random.default_rng(0).permutation(n)  # no topic covers the others
    size = float(np.clip(42_000 / n, 1.6, 36.0))
    x, y = points[order].T
    axis.scatter(x, y, s=size, c=colors[topics[order]], alpha=0.8, lw=0, zorder=1, rasterized=True)
