"""The figure of all topics over the years."""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from lib.figures.style import ACCENT, BLUE, FAINT, INK, use_style, whole_parts
from lib.trends.periods import IN_SAMPLE, SURE, uneven

COLUMNS = 5
MOST = 120  # topics in one figure; beyond, those with the strongest trends at both ends
COLORS = {"rising": ACCENT, "fading": BLUE}


def plot_trends(
    names: list[str],
    shares: np.ndarray,
    years: np.ndarray,
    papers: np.ndarray,
    trends: list[str],
    changes: np.ndarray,
    families: tuple[str, ...] = (),
) -> Figure:
    """Small multiples: the papers of the corpus by year, then the share of each topic, rising topics first.

    Where years with few papers lie between the others, each year is a bar, since lines would show what is not known.

    Parameters
    ----------
    names : of the topics
    shares, years : float (k, m) and int (m,), as `shares_by_year` returns them
    papers : int (m,), of the corpus in these years
    trends : of each topic: "rising", "fading", why it was not tested, or ""
    changes : float (k,), change per year, nan if not tested
    families : fonts for what the font of the figures lacks
    """
    use_style(families)
    if len(years) < 2:
        figure = plt.figure(figsize=(10, 1))
        figure.text(
            0.01,
            0.5,
            "No trends: fewer than two whole years have 30 papers with a date.",
            fontsize=11,
            va="center",
        )
        return figure
    order = np.argsort(-np.nan_to_num(changes), kind="stable")
    if len(order) > MOST:
        order = np.r_[order[: MOST // 2], order[-MOST // 2 :]]
    rows = ceil((1 + len(order)) / COLUMNS)
    figure, axes = plt.subplots(
        rows,
        COLUMNS,
        figsize=(2.7 * COLUMNS, 1.5 * rows + 0.5),
        sharex=True,
        layout="constrained",
        squeeze=False,
    )
    for axis in axes.flat:
        axis.set_axis_off()
    first, *others = axes.flat
    first.set_axis_on()
    first.bar(years, papers, color=FAINT, width=0.9)
    first.set_title("all papers\nnumber per year", fontsize=7.5, loc="left", color=INK)
    first.tick_params(labelsize=7)
    for axis, topic in zip(others, order, strict=False):
        _draw_topic(axis, names[topic], years, 100 * shares[topic], papers, trends[topic], changes[topic])
    figure.supylabel("% of the papers of the year", fontsize=9)
    return figure


def _draw_topic(
    axis: Axes,
    name: str,
    years: np.ndarray,
    percent: np.ndarray,
    papers: np.ndarray,
    trend: str,
    change: float,
) -> None:
    color = COLORS.get(trend, FAINT)
    axis.set_axis_on()
    if uneven(years):
        bars = axis.bar(years, percent, color=color, width=0.9)
        for bar, number in zip(bars, papers, strict=True):
            bar.set_alpha(1.0 if number >= SURE else 0.35)
    else:
        axis.plot(years, percent, color=color, lw=1.6, marker=".", ms=3)
        axis.fill_between(years, percent, color=color, alpha=0.15, lw=0)
    axis.set_ylim(0)
    said = trend or "no trend"
    if trend in COLORS:
        said += f"{IN_SAMPLE if uneven(years) else ''}, {change:+.1%} per year"
    axis.set_title(f"{whole_parts(name, 41)}\n{said}", fontsize=7.5, loc="left", color=INK)
    axis.tick_params(labelsize=7)
