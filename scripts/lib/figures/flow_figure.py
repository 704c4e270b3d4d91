"""The figure of papers that go from the topics of an earlier run to those of this one."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from lib.figures.style import FAINT, INK, cut, use_style

NEW = -1  # the source of papers that are new
LEAST = 0.002  # share of all papers, below which a stream is not drawn
BAR, GAP = 0.02, 0.006  # width of a bar, and room between bars as a share of the height
NAME_CHARS = 44


def plot_flows(
    sources: list[int],
    targets: list[int],
    papers: list[int],
    names: tuple[dict[int, str], dict[int, str]],
    colors: dict[int, str],
    families: tuple[str, ...] = (),
    heads: tuple[str, str] = ("earlier map", "this map"),
) -> Figure:
    """Bars of the former topics on the left and of today's on the right, with streams of papers between them.

    Parameters
    ----------
    sources, targets : topic numbers before and now, of each stream; the source NEW is for papers that are new
    papers : of each stream
    names : of the topics before and now, by number, in the order of the bars
    colors : of all topics, as #rrggbb
    families : fonts for what the font of the figures lacks
    heads : what stands above the bars
    """
    use_style(families)
    total, rows = sum(papers), max(len(names[0]) + 1, len(names[1]))
    figure, axes = plt.subplots(figsize=(11, 1.5 + 0.26 * rows), layout="constrained")
    axes.set_axis_off()
    axes.set_xlim(-0.62, 1.62)
    before = [*names[0], NEW] if NEW in sources else list(names[0])
    left = _bars(axes, 0.0, before, names[0] | {NEW: "new papers"}, sources, papers, colors)
    right = _bars(axes, 1.0, list(names[1]), names[1], targets, papers, colors)
    order = sorted(range(len(papers)), key=lambda i: (-right[1][targets[i]], -left[1][sources[i]]))
    out_at, in_at = dict(left[1]), dict(right[1])
    for i in order:
        height = papers[i] / total * left[0], papers[i] / total * right[0]
        y0, y1 = out_at[sources[i]], in_at[targets[i]]
        out_at[sources[i]] -= height[0]
        in_at[targets[i]] -= height[1]
        if papers[i] >= LEAST * total:
            color = FAINT if sources[i] == NEW else colors[sources[i]]
            same = sources[i] == targets[i]
            _stream(axes, y0, y1, *height, color, 0.28 if same or sources[i] == NEW else 0.6)
    axes.text(0, 1.01, heads[0], ha="center", va="bottom", fontsize=10, color=INK)
    axes.text(1, 1.01, heads[1], ha="center", va="bottom", fontsize=10, color=INK)
    axes.set_ylim(-0.01, 1.03)
    return figure


def _bars(
    axes: Axes,
    x: float,
    order: list[int],
    names: dict[int, str],
    ends: list[int],
    papers: list[int],
    colors: dict[int, str],
) -> tuple[float, dict[int, float]]:
    """Draw the bars of one side; returns the height of all papers, and the top of each bar."""
    sizes = {topic: sum(n for end, n in zip(ends, papers, strict=True) if end == topic) for topic in order}
    gap = min(GAP, 0.4 / max(len(order), 1))
    height = 1.0 - gap * (len(order) - 1)
    tops, y = {}, 1.0
    for topic in order:
        part = height * sizes[topic] / max(sum(sizes.values()), 1)
        tops[topic] = y
        color = FAINT if topic == NEW else colors[topic]
        axes.add_patch(plt.Rectangle((x - BAR / 2, y - part), BAR, part, color=color, linewidth=0))
        side = "right" if x == 0 else "left"
        text = f"{cut(names[topic], NAME_CHARS)}  {sizes[topic]:,}"
        at = x - 0.02 if x == 0 else x + 0.02
        axes.text(at, y - part / 2, text, ha=side, va="center", fontsize=7.5, color=INK)
        y -= part + gap
    return height, tops


def _stream(axes: Axes, y0: float, y1: float, left: float, right: float, color: str, alpha: float) -> None:
    """A stream from the left bar to the right one, from its upper edge down."""
    a, b = BAR / 2, 1 - BAR / 2
    points = [(a, y0), (0.5, y0), (0.5, y1), (b, y1), (b, y1 - right), (0.5, y1 - right), (0.5, y0 - left)]
    points += [(a, y0 - left), (a, y0)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(np.array(points), codes), facecolor=color, alpha=alpha, linewidth=0))
