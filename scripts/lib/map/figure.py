"""The map as a figure: points in the colours of their topics, with labels that do not overlap."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

from lib.map.label_layout import densest_points, separate_boxes
from lib.map.palette import topic_colours
from lib.style import FAINT, INK, PAPER, use_style
from lib.topics.labels import SEPARATOR

FIGURE_INCHES = (14.0, 10.5)
MANY_TOPICS = 25  # with more, keywords are smaller
ONE_KEYWORD = 45  # with more topics, only the first keyword is written


@dataclass
class Label:
    """The texts of a topic's name: the first keyword, and the others below it if there is room."""

    keyword: Text
    others: Text | None

    @property
    def texts(self) -> list[Text]:
        """The texts that are drawn."""
        return [self.keyword, self.others] if self.others else [self.keyword]

    def size(self) -> tuple[float, float]:
        """Width and height in pixels, with a margin."""
        extents = [text.get_window_extent() for text in self.texts]
        return max(e.width for e in extents) + 8, sum(e.height for e in extents) + 6


def draw_map(
    points: np.ndarray,
    topics: np.ndarray,
    names: list[str],
    title: str,
    left: str,
    right: str,
    families: Sequence[str] = (),
) -> Figure:
    """A figure of all points with the labels of the topics.

    Parameters
    ----------
    points : float32 (n, 2)
    topics : int (n,), 0 to k - 1
    names : of each topic, its keywords with SEPARATOR between them
    left, right : the lines below the map
    families : fonts for what the font of the figures lacks
    """
    use_style(families)
    figure, axis = plt.subplots(figsize=FIGURE_INCHES)
    figure.subplots_adjust(0.015, 0.055, 0.985, 0.925)
    axis.set_axis_off()
    anchors = densest_points(points, topics, len(names))
    colours = topic_colours(anchors)
    _draw_points(axis, points, colours[topics])
    drawn = [_draw_label(axis, *row, len(names)) for row in zip(names, anchors, colours, strict=True)]
    figure.canvas.draw()  # texts have a size only then
    _arrange_labels(axis, drawn, anchors)

    figure.text(0.02, 0.975, title, fontsize=21, weight="bold", va="top", color=INK)
    figure.text(0.02, 0.022, left, fontsize=9.5, color=INK, alpha=0.75, va="bottom")
    figure.text(0.98, 0.022, right, fontsize=9.5, color=FAINT, va="bottom", ha="right")
    return figure


def _draw_points(axis: Axes, points: np.ndarray, colours: np.ndarray) -> None:
    # A few far-off papers must not shrink the map: the view holds all but one in a thousand.
    low, high = np.quantile(points, [0.0005, 0.9995], axis=0)
    margin = 0.06 * (high - low)
    low, high = low - margin, high + margin
    axis.set_xlim(low[0], high[0])
    axis.set_ylim(low[1], high[1])
    order = np.random.default_rng(0).permutation(len(points))  # no topic covers the others
    inside = np.clip(points[order], low, high)
    size = float(np.clip(60_000 / len(points), 0.15, 9.0))
    alpha = float(np.clip(30_000 / len(points), 0.12, 0.72))
    axis.scatter(inside[:, 0], inside[:, 1], s=size, c=colours[order], alpha=alpha, lw=0, rasterized=True)


def _draw_label(axis: Axes, name: str, anchor: np.ndarray, colour: np.ndarray, k: int) -> Label:
    keyword, _, others = name.partition(SEPARATOR)
    size = 12.5 if k <= MANY_TOPICS else 10.5
    x, y = anchor
    centred: dict[str, Any] = {"ha": "center", "va": "center", "zorder": 5}
    halo: list[Any] = [effects.withStroke(linewidth=3.2, foreground=PAPER, alpha=0.92)]
    head = axis.text(x, y, keyword, fontsize=size, weight="bold", color=colour * 0.55, **centred)
    body = None
    if k <= ONE_KEYWORD and others:
        body = axis.text(x, y, wrap(others, 34), fontsize=0.65 * size, color=INK, **centred)
    drawn = Label(head, body)
    for text in drawn.texts:
        text.set_path_effects(halo)
    return drawn


def _arrange_labels(axis: Axes, labels: list[Label], anchors: np.ndarray) -> None:
    """Move labels apart, in pixels, and connect those that moved far with their anchors."""
    to_pixels, to_map = axis.transData, axis.transData.inverted()
    boxes = np.array([label.size() for label in labels])
    home = to_pixels.transform(anchors)
    view = axis.get_window_extent()
    centres = separate_boxes(home, boxes, np.array([[view.x0, view.y0], [view.x1, view.y1]]))
    for label, centre, box, start in zip(labels, centres, boxes, home, strict=True):
        height = label.keyword.get_window_extent().height
        top = centre[1] + box[1] / 2
        label.keyword.set_position(tuple(to_map.transform((centre[0], top - 2 - height / 2))))
        if label.others:
            below = top - 3 - height - label.others.get_window_extent().height / 2
            label.others.set_position(tuple(to_map.transform((centre[0], below))))
        if (np.abs(centre - start) > box / 2).any():
            line = to_map.transform([start, centre])
            axis.plot(*line.T, color=INK, lw=0.7, alpha=0.55, zorder=4)


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
