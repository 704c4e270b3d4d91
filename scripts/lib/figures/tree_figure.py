"""The figure of the hierarchy: the tree of topics with their groups, sizes and subtopics."""

import textwrap
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy.cluster.hierarchy import dendrogram

from lib.figures.style import FAINT, INK, cut, use_style, whole_parts
from lib.naming.names import SEPARATOR

ROW = 0.27  # inches per topic
WIDTH = 14.0  # inches
NAME_WIDTH = 30  # characters of the name of a group in a line
NAME_CHARS = 38  # of a topic
LINES = 1.5  # of the name of a group, beside the line of a topic
FEW_PARTS = 3  # subtopics, of whose names two parts are shown, else one
PART_CHARS = 34  # of the name of a subtopic
LINE_CHARS = 88  # of all subtopics of a topic
PALE = "#5c6470"  # dark enough to be read


def draw_tree(
    table: pd.DataFrame, tree: np.ndarray, colors: list[str], families: Sequence[str] = ()
) -> Figure:
    """Groups at the left, the tree of mergers, and one line per topic: name, papers, subtopics.

    Parameters
    ----------
    table : columns of HIERARCHY, names as they can be drawn
    colors : of the topics
    tree : float64 (k - 1, 4), as `scipy.cluster.hierarchy.linkage`
    families : fonts for what the font of the figures lacks
    """
    use_style(families)
    levels = {level: nodes.reset_index(drop=True) for level, nodes in table.groupby("level")}
    topics, groups = levels["topic"], levels["group"]
    k = len(topics)
    layout = dendrogram(tree, no_plot=True) if k > 1 else {"leaves": [0], "icoord": [], "dcoord": []}
    leaves = np.array(layout["leaves"])
    group_of = topics["parent"].to_numpy(int)
    figure = plt.figure(figsize=(WIDTH, ROW * k + 1.1))
    axes = figure.subplots(1, 2, width_ratios=(0.22, 0.78), sharey=True)
    figure.subplots_adjust(
        left=0.19, right=0.99, top=1 - 0.55 / (ROW * k + 1.1), bottom=0.3 / (ROW * k + 1.1), wspace=0.0
    )
    _draw_mergers(axes[0], layout, leaves, group_of)
    _draw_groups(axes[0], groups, leaves, group_of)
    _draw_topics(axes[1], topics, levels.get("subtopic"), leaves, colors)
    axes[0].set_ylim(k, 0)
    return figure


def _draw_mergers(axis: Axes, layout: dict, leaves: np.ndarray, group_of: np.ndarray) -> None:
    """The lines of the tree; those between groups are faint. Leaf i is at the height i + 0.5."""
    highest = max((max(d) for d in layout["dcoord"]), default=1.0)
    lines, inks = [], []
    for across, up in zip(layout["icoord"], layout["dcoord"], strict=True):
        y = np.array(across) / 10.0
        lines.append(np.c_[np.sqrt(np.array(up) / highest), y])
        below = group_of[leaves[int(np.floor(y.min())) : int(np.ceil(y.max()))]]
        inks.append(INK if (below == below[0]).all() else FAINT)
    axis.add_collection(LineCollection(lines, colors=inks, linewidths=1.3))
    axis.set_xlim(1.05, 0.0)
    axis.set_axis_off()


def _draw_groups(axis: Axes, groups: pd.DataFrame, leaves: np.ndarray, group_of: np.ndarray) -> None:
    """The name and size of each group, beside the middle of its topics."""
    for group, row in enumerate(groups.itertuples()):
        places = np.flatnonzero(group_of[leaves] == group)
        name = "\n".join(group_lines(row.name, int(LINES * len(places)) - 1))
        axis.text(
            1.08,
            places.mean() + 0.5,
            f"{name}\n{row.size:,} papers" if len(places) > 1 else name,
            ha="right",
            va="center",
            fontsize=9,
            color=INK,
            fontweight="bold",
        )


def group_lines(name: str, most: int) -> list[str]:
    """The name of a group in at most `most` lines, but at least its first part; later parts that do not fit are left out."""
    lines: list[str] = []
    for part in name.split(SEPARATOR):
        wrapped = textwrap.wrap(part, NAME_WIDTH)
        if lines and len(lines) + len(wrapped) > most:
            break
        lines += wrapped
    return lines


def parts_in_line(names: list[str], sizes: list[int]) -> str:
    """The first parts of the names of subtopics with their sizes, as many as fit in a line, and how many are left."""
    parts = 2 if len(names) <= FEW_PARTS else 1
    line = ""
    for shown, (name, size) in enumerate(zip(names, sizes, strict=True)):
        part = f"{cut(', '.join(name.split(SEPARATOR)[:parts]), PART_CHARS)} {size:,}"
        if line and len(line) + len(part) > LINE_CHARS:
            return f"{line};   and {len(names) - shown} more"
        line = f"{line};   {part}" if line else part
    return line


def _draw_topics(
    axis: Axes, topics: pd.DataFrame, subtopics: pd.DataFrame | None, leaves: np.ndarray, colors: list[str]
) -> None:
    """One line per topic: a bar of its size, its name, and the names of its subtopics."""
    largest = topics["size"].max()
    inside = {} if subtopics is None else {int(t): nodes for t, nodes in subtopics.groupby("parent")}
    for place, topic in enumerate(leaves):
        y = place + 0.5
        name, size = topics["name"][topic], int(topics["size"][topic])
        axis.barh(y, 0.09 * size / largest, 0.62, color=colors[topic], lw=0)
        axis.text(0.095, y, f"{size:,}", ha="left", va="center", fontsize=7.5, color=FAINT)
        axis.text(0.135, y, whole_parts(name, NAME_CHARS), ha="left", va="center", fontsize=9, color=INK)
        if topic in inside:
            below = inside[topic]
            line = parts_in_line(below["name"].tolist(), below["size"].tolist())
            axis.text(0.44, y, line, ha="left", va="center", fontsize=7.5, color=PALE)
    axis.set_xlim(0, 1)
    axis.set_axis_off()
    for x, text in ((0.0, "papers"), (0.135, "topic"), (0.44, "subtopics")):
        axis.text(x, -0.25, text, ha="left", va="bottom", fontsize=8, color=FAINT)
