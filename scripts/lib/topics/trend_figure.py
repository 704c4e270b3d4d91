"""The figure of all topics over the years."""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from lib.style import ACCENT, BLUE, FAINT, INK, use_style

COLUMNS = 5
MOST = 120  # topics in one figure; beyond, those with the strongest trends at both ends
COLOURS = {"rising": ACCENT, "fading": BLUE, "": FAINT}


def plot_trends(
    names: list[str],
    shares: np.ndarray,
    years: np.ndarray,
    trends: list[str],
    changes: np.ndarray,
    families: tuple[str, ...] = (),
) -> Figure:
    """Small multiples: the share of the corpus that each topic has in each year, rising topics first.

    Parameters
    ----------
    names : of the topics
    shares, years : float (k, m) and int (m,), as `shares_by_year` returns them
    trends : "rising", "fading" or "" of each topic
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
    rows = ceil(len(order) / COLUMNS)
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
    for axis, topic in zip(axes.flat, order, strict=False):
        axis.set_axis_on()
        colour = COLOURS[trends[topic]]
        axis.plot(years, 100 * shares[topic], color=colour, lw=1.6, marker=".", ms=3)
        axis.fill_between(years, 100 * shares[topic], color=colour, alpha=0.15, lw=0)
        axis.set_ylim(0)
        change = "" if np.isnan(changes[topic]) else f"   {changes[topic]:+.1%} per year"
        name = names[topic] if len(names[topic]) < 34 else f"{names[topic][:33]}…"
        axis.set_title(f"{name}\n{trends[topic] or 'no trend'}{change}", fontsize=7.5, loc="left", color=INK)
        axis.tick_params(labelsize=7)
    figure.supylabel("% of the papers of the year", fontsize=9)
    return figure
