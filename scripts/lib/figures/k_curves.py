"""The figure of the signals over all candidates for K."""

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, ScalarFormatter

from lib.clusters.k_selection import ENOUGH, Choice
from lib.figures.style import ACCENT, BLUE, FAINT, INK, use_style


class Percent(LogFormatter):
    """Shares in percent on a logarithmic axis; matplotlib's own labels are formulas, to be parsed."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return f"{100 * x:g} %" if super().__call__(x, pos) else ""


def plot_curves(table: pd.DataFrame, choice: Choice, used: int, caption: str) -> Figure:
    """A figure of four panels, with the plateau shaded and the K that is used marked.

    Without a scan it holds the caption alone.
    """
    use_style()
    if table.empty:
        figure = plt.figure(figsize=(10, 1))
        figure.text(0.01, 0.5, caption, fontsize=11, va="center", wrap=True)
        return figure
    figure, axes = plt.subplots(2, 2, figsize=(10, 7), sharex=True, layout="constrained")
    _curve(axes[0, 0], table, "silhouette", BLUE)
    axes[0, 0].set_title("Silhouette (cosine, higher is better)", loc="left")
    axes[0, 0].yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    _inertia(axes[0, 1], table)
    _stability(axes[1, 0], table)
    _sizes(axes[1, 1], table)
    for axis in axes.flat:
        axis.set_xticks(table["k"], table["k"].astype(str))
        axis.axvspan(min(choice.plateau), max(choice.plateau), color=ACCENT, alpha=0.07, lw=0)
        axis.axvline(used, color=ACCENT, lw=1.5)
    axes[0, 0].annotate(
        f"K = {used}",
        (used, 1),
        (4, -4),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        va="top",
        color=ACCENT,
    )
    for axis in axes[1]:
        axis.set_xlabel("K, number of topics")
    figure.suptitle(caption, x=0.01, ha="left", fontsize=11, wrap=True)
    return figure


def _curve(axis: Axes, table: pd.DataFrame, name: str, color: str, label: str | None = None) -> None:
    """A mean over the runs with a band of one standard deviation."""
    mean, sd = table[name], table[f"{name}_sd"]
    axis.plot(table["k"], mean, "o-", color=color, lw=1.8, ms=4, label=label)
    axis.fill_between(table["k"], mean - sd, mean + sd, color=color, alpha=0.18, lw=0)


def _inertia(axis: Axes, table: pd.DataFrame) -> None:
    _curve(axis, table, "inertia", BLUE)
    axis.set_title("Inertia per paper", loc="left")


def _stability(axis: Axes, table: pd.DataFrame) -> None:
    _curve(axis, table, "stable_share", BLUE, "papers in stable topics")
    axis.axhline(ENOUGH, ls="--", color=FAINT, lw=1)
    _curve(axis, table, "stability_halves", INK, "adjusted Rand index, random halves")
    _curve(axis, table, "stability_seeds", FAINT, "adjusted Rand index, seeds")
    if not table["ami_primary"].isna().all():
        label = "agreement with categories (AMI), for reading"
        axis.plot(table["k"], table["ami_primary"], ":", color=INK, lw=1, label=label)
    axis.set_title("Stability", loc="left")
    axis.set_ylim(0, 1.02)
    axis.legend(frameon=False, loc="lower left", fontsize=8)


def _sizes(axis: Axes, table: pd.DataFrame) -> None:
    axis.fill_between(table["k"], table["smallest"], table["largest"], color=BLUE, alpha=0.15, lw=0)
    axis.plot(table["k"], table["largest"], "o-", color=BLUE, ms=4, label="largest topic")
    axis.plot(table["k"], table["smallest"], "o-", color=FAINT, ms=4, label="smallest topic")
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(Percent())
    axis.yaxis.set_minor_formatter(Percent(labelOnlyBase=False, minor_thresholds=(1, 0.4)))
    axis.set_title("Share of the papers", loc="left")
    axis.legend(frameon=False, loc="upper right")
