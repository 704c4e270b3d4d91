"""The figure of one explanation: its most influential words, and the attention that they get in each layer."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure

from lib.explain.influence import WordScores
from lib.figures.fonts import drawable
from lib.figures.style import ACCENT, BLUE, FAINT, INK, cut, use_style
from lib.naming.titles import piece_to_text

SHOWN = 20  # words
LONGEST = 28  # characters of a word
ESTIMATED = 0.45  # opacity of bars that are not measured


def plot_first_explanation(rows: pd.DataFrame, papers: pd.DataFrame, names: dict[int, str]) -> Figure:
    """Bars of influence beside a heat map of words by layers, of the first paper; a sentence if there is none.

    Parameters
    ----------
    rows, papers : columns of EXPLANATIONS and EXPLAINED
    names : of the topics, by the number that `papers` gives them
    """
    if papers.empty:
        figure = Figure(figsize=(8, 1))
        figure.text(0.01, 0.5, "No explanations: explain.papers_per_topic is 0.", va="center")
        return figure
    paper = papers.iloc[0]
    scores = WordScores.of(rows[rows["id"] == paper["id"]])
    special = paper["special_attention_by_layer"]
    special = None if special is None else np.append(special, paper["special_attention"])
    title = f"{paper['id']} in “{names[paper['topic']]}”, not in “{names[paper['second_topic']]}”"
    families, shown = drawable([title, *map(piece_to_text, scores.words)])
    return _plot(scores, special, shown[1:], shown[0], tuple(families))


def _plot(
    scores: WordScores, special: np.ndarray | None, words: list[str], title: str, families: tuple[str, ...]
) -> Figure:
    """The figure of one paper.

    Parameters
    ----------
    special : float (layers + 1,), the attention that special tokens get; None if the encoder gives no attention
    words : those of the scores, as they can be drawn
    families : fonts for what the font of the figures lacks
    """
    use_style(families)
    order = scores.order[:SHOWN]
    order = order[scores.influence[order] > 0]
    layers = 0 if special is None else len(special)
    size = 7 + max(0.42 * layers, 2.5), 1.9 + 0.24 * max(len(order), 4)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, 2, sharey=True, width_ratios=[4, max(0.42 * layers, 2.5)])
    figure.suptitle(title, fontsize=11, ha="left", x=0.01, color=INK)
    _draw_bars(axes[0], scores, order)
    labels = [cut(words[i], LONGEST) for i in order]
    axes[0].set_yticks(np.arange(len(order)), labels, fontsize=9)
    if scores.attention is None or special is None or not len(order):
        reason = "This encoder gives no attention." if len(order) else "No word speaks for the topic."
        axes[1].set_axis_off()
        axes[1].text(0, 0.5, reason, transform=axes[1].transAxes, color=INK)
    else:
        _draw_heat_map(axes[1], scores.attention[:, order].T, special)
    axes[0].set_ylim(max(len(order), 1) - 0.5, -0.5)
    return figure


def _draw_bars(axis: Axes, scores: WordScores, order: np.ndarray) -> None:
    rows = np.arange(len(order))
    measured = scores.measured[order]
    kinds = (
        (-0.2, scores.influence, BLUE, "similarity to its topic"),
        (0.2, scores.margin_influence, ACCENT, "margin to the second-best"),
    )
    for shift, values, color, label in kinds:
        axis.barh(rows[measured] + shift, values[order][measured], 0.38, color=color, label=label)
        axis.barh(rows[~measured] + shift, values[order][~measured], 0.38, color=color, alpha=ESTIMATED)
    axis.axvline(0, color=FAINT, lw=0.8)
    pale = "" if measured.all() else " (pale: estimated)"
    axis.set_xlabel(f"loss when the word is left out{pale}", fontsize=9)
    axis.tick_params(labelsize=8)
    axis.legend(fontsize=8, frameon=False, loc="lower right")


def _draw_heat_map(axis: Axes, attention: np.ndarray, special: np.ndarray) -> None:
    """Words by layers, the rollout last; the share of the special tokens stands under each layer."""
    count = attention.shape[1]
    image = axis.imshow(
        100 * attention, aspect="auto", cmap="cividis", norm=PowerNorm(0.5, vmin=0), interpolation="nearest"
    )
    axis.axvline(count - 1.5, color="white", lw=2)
    names = [*map(str, range(1, count)), "rollout"]
    size = 8 if count < 16 else 5
    labels = [f"{name}\n{share:.0%}" for name, share in zip(names, special, strict=True)]
    axis.set_xticks(np.arange(count), labels, fontsize=size)
    axis.tick_params(left=False)
    axis.set_xlabel("layer, and the share of attention that special tokens get there", fontsize=9)
    bar = axis.figure.colorbar(image, ax=axis, fraction=0.05, pad=0.02)
    bar.set_label("attention, % of all", fontsize=9)
    bar.ax.tick_params(labelsize=8)
