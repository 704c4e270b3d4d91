"""The map as a figure: papers in the colors of their topics, over soft clouds, with labels that do not overlap."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text

from lib.cli import say
from lib.figures.density import View, clouds, shaded_points
from lib.figures.label_layout import densest_points, place_boxes
from lib.figures.palette import from_hex, oklab, with_lightness
from lib.figures.style import cut, use_style
from lib.naming.names import SEPARATOR
from lib.rows import label_sizes

WIDTH = 14.0  # inches
HEIGHTS = (8.5, 14.0)  # the least and the greatest, in inches; between them that of the points
SIDE, TOP, BOTTOM = 0.2, 0.85, 0.5  # margins in inches
CIRCLES = 30_000  # with more papers, the points are an image
NO_TOPIC = "#969696"  # color of the unassigned papers, as in map.html
COLUMNS = 2600  # of that image: a pixel each at 200 dpi

# In points. A map 14 inches wide that is printed on A4 paper in landscape, 10.6 inches wide within
# its margins, is scaled by 0.76: 8 points become 6, the least that is read with ease.
LEAST = 8.0
GREATEST = 14.5
GROUP = 17.0
KEYWORDS = 60  # with more topics, only their names are written
LABELS = 100  # at most: more would hide the map
WIDE = 34  # characters in a line of keywords
GROUP_WIDE = 40  # and of the name of a group


@dataclass
class Group:
    """A group of similar topics: its name, and the numbers of its topics."""

    name: str
    topics: list[int]


@dataclass
class Label:
    """The texts of a label, from top to bottom, their widths and heights in pixels, and where it belongs."""

    texts: list[Text]
    extents: list[tuple[float, float]]
    home: np.ndarray

    def size(self, lines: int, margin: float) -> tuple[float, float]:
        """Width and height of the first lines with a margin."""
        shown = self.extents[:lines]
        return max(w for w, _ in shown) + 2 * margin, sum(h for _, h in shown) + 2 * margin


def draw_labels(
    axis: Axes,
    names: list[str],
    anchors: np.ndarray,
    sizes: np.ndarray,
    colors: np.ndarray,
    groups: Sequence[Group] = (),
    dark: bool = False,
) -> None:
    """Write the names of groups and topics where there is room, those of larger topics first.

    Parameters
    ----------
    names : of the topics, keywords with SEPARATOR between them
    anchors : float64 (k, 2), where each topic is densest
    sizes : int (k,), papers of each topic
    colors : (k, 3), sRGB
    """
    pixel = axis.figure.dpi / 72  # pixels in a point
    home = axis.transData.transform(anchors)
    shades = with_lightness(colors, 0.85 if dark else 0.40, 0.9)
    shown = [topic for topic in np.argsort(-sizes, kind="stable")[:LABELS] if sizes[topic]]
    labels = [_group_label(axis, group, home, sizes, shades) for group in groups]
    labels += [
        _topic_label(axis, names[i], shades[i], sizes[i] / sizes.max(), home[i], len(shown)) for i in shown
    ]
    view = axis.get_window_extent()
    bounds = np.array([[view.x0, view.y0], [view.x1, view.y1]])
    room = [[label.size(n, 2 * pixel) for n in range(len(label.texts), 0, -1)] for label in labels]
    reach = 0.11 * view.width if len(labels) <= KEYWORDS else 0.05 * view.width
    centers, chosen = place_boxes(np.array([label.home for label in labels]), room, bounds, reach)
    to_map = axis.transData.inverted().transform
    for label, center, option, boxes in zip(labels, centers, chosen, room, strict=True):
        lines = len(label.texts) - option if option >= 0 else 0
        for text in label.texts[lines:]:
            text.remove()
        if not lines:
            continue
        top = center[1] + boxes[option][1] / 2 - 2 * pixel
        for text, (_, height) in zip(label.texts[:lines], label.extents, strict=False):
            text.set_position(tuple(to_map((center[0], top - height / 2))))
            top -= height
        _connect(axis, label, center, np.array(boxes[option]), 9 * pixel)
    if omitted := len(names) - (chosen[len(groups) :] >= 0).sum():
        say(
            f"{omitted} of {len(names)} topics have no label on the map for lack of room; topics.csv lists all"
        )


def _write(axis: Axes, text: str, home: np.ndarray, **look: Any) -> tuple[Text, tuple[float, float]]:
    """A text with a halo in the color of the ground, and its width and height in pixels."""
    ground = plt.rcParams["figure.facecolor"]
    x, y = axis.transData.inverted().transform(home)
    written = axis.text(x, y, text, ha="center", va="center", **look)
    written.set_path_effects([effects.withStroke(linewidth=2.8, foreground=ground, alpha=0.88)])
    extent = written.get_window_extent()
    return written, (extent.width, extent.height)


def _topic_label(axis: Axes, name: str, shade: np.ndarray, share: float, home: np.ndarray, k: int) -> Label:
    """The label of a topic; `share` is its size divided by that of the largest topic."""
    first, _, others = name.partition(SEPARATOR)
    largest = GREATEST if k <= KEYWORDS else 11.0
    size = LEAST + 1 + (largest - LEAST - 1) * np.sqrt(share)
    written = [_write(axis, wrap(first, WIDE), home, fontsize=size, weight="bold", color=shade, zorder=5)]
    if others and k <= KEYWORDS:
        ink = plt.rcParams["text.color"]
        written.append(_write(axis, wrap(others, WIDE), home, fontsize=LEAST, color=ink, zorder=5))
    texts, extents = zip(*written, strict=True)
    return Label(list(texts), list(extents), home)


def _group_label(axis: Axes, group: Group, home: np.ndarray, sizes: np.ndarray, shades: np.ndarray) -> Label:
    """The label of a group, in the mean color of its topics, in the middle of their papers."""
    weights = sizes[group.topics] + 1e-9
    middle = np.average(home[group.topics], axis=0, weights=weights)
    shade = np.average(shades[group.topics], axis=0, weights=weights)
    ink = np.array(to_rgb(plt.rcParams["text.color"]))
    text, extent = _write(
        axis,
        "\n".join(cut(part, GROUP_WIDE) for part in group.name.split(SEPARATOR)),
        middle,
        fontsize=GROUP,
        color=0.6 * ink + 0.4 * shade,
        alpha=0.8,
        zorder=6,
    )
    return Label([text], [extent], middle)


def _connect(axis: Axes, label: Label, center: np.ndarray, box: np.ndarray, far: float) -> None:
    """A line from the edge of a label to where it belongs, if that is far (pixels) away."""
    way = label.home - center
    inside = np.min(box / 2 / np.maximum(np.abs(way), 1e-9))  # the share of the way within the box
    if inside >= 1 or (1 - inside) * np.linalg.norm(way) < far:
        return
    ends = axis.transData.inverted().transform([center + inside * way, label.home])
    axis.plot(*ends.T, color=plt.rcParams["text.color"], lw=0.7, alpha=0.6, zorder=4, solid_capstyle="round")


# Chinese and Japanese have no spaces: a line may end behind each character.
UNSPACED = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
WORD = re.compile(rf"\s*(?:[{UNSPACED}]|[^\s{UNSPACED}]+)")


def wrap(text: str, width: int) -> str:
    """Break a text into at most two lines of about `width` characters; a wide character counts as two."""
    lines, line = [], ""
    for word in WORD.findall(" ".join(text.split())):
        if line and columns(line + word) > width:
            lines.append(line)
            line = word.strip()
        else:
            line = (line + word).strip()
    lines.append(line)
    if len(lines) > 2:
        lines = [lines[0], lines[1].rstrip(" ,;:…") + "…"]
    return "\n".join(lines)


def columns(text: str) -> int:
    """The width of a text in characters, where those as wide as two Latin letters count as two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


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
    topics : int (n,), 0 to k - 1; -1 for unassigned papers, which are gray, without a cloud or a name
    colors : of each topic, as #rrggbb
    groups : of similar topics, with a name of their own
    dark : light on dark
    families : fonts for what the font of the figures lacks
    """
    use_style(families, dark=dark)
    top = TOP if texts.title else SIDE
    view, height = frame(points, top)
    figure = plt.figure(figsize=(WIDTH, height))
    axis = figure.add_axes(
        (SIDE / WIDTH, BOTTOM / height, 1 - 2 * SIDE / WIDTH, 1 - (top + BOTTOM) / height), frame_on=False
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
    figure.text(left, low, texts.left, fontsize=8.5, linespacing=1.1, color=ink, alpha=0.8, va="bottom")
    figure.text(right, low, texts.right, fontsize=8.5, color=faint, va="bottom", ha="right")
    return figure


def frame(points: np.ndarray, top: float = TOP) -> tuple[View, float]:
    """The part of the plane that is drawn, at the same scale in both directions, and the height in inches.

    A few far-off papers must not shrink the map. The view holds all papers if that makes it at most a fifth
    larger in a direction, else all but one in two thousand at each side.

    Parameters
    ----------
    points : float32 (n, 2)
    top : inches above the map
    """
    most = np.quantile(points, [0.0005, 0.9995], axis=0).astype(np.float64)
    extent = np.maximum(most[1] - most[0], 1e-9)
    all_of_them = np.stack([points.min(0), points.max(0)]).astype(np.float64)
    low, high = np.where(np.abs(all_of_them - most) <= 0.1 * extent, all_of_them, most)
    # a scale for the direction in which all papers are equal
    extent = np.maximum(high - low, max((high - low).max(), 1e-3) / 4) * 1.14
    width = WIDTH - 2 * SIDE
    least, most_high = (height - top - BOTTOM for height in HEIGHTS)
    height = min(max(float(width * extent[1] / extent[0]), least), most_high)
    scale = max(extent[0] / width, extent[1] / height)
    half = scale * np.array([width, height]) / 2
    middle = (low + high) / 2
    return View(middle - half, middle + half), height + top + BOTTOM


def _brightened(colors: np.ndarray) -> np.ndarray:
    """The lightness that colors (n, 3) get on a dark ground."""
    return 0.62 + 0.8 * (oklab(colors)[:, 0] - 0.49)


def _draw_papers(
    axis: Axes, view: View, points: np.ndarray, topics: np.ndarray, colors: np.ndarray, dark: bool
) -> None:
    """Draw clouds and papers in colors (k + 1, 3), of which the last is that of the unassigned papers, -1."""
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
