"""Weigh the scans of all candidates, propose a K and say why."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import ScalarFormatter

from lib.cli import UserError, optional, parser, run, say, written
from lib.files import read_json
from lib.sizes import effective_topics
from lib.style import ACCENT, BLUE, FAINT, INK, save, use_style

COLUMNS = (
    "k",
    "silhouette",
    "silhouette_sd",
    "inertia",
    "inertia_sd",
    "stability_halves",
    "stability_halves_sd",
    "stability_seeds",
    "stability_seeds_sd",
    "largest",
    "smallest",
    "effective_topics",
    "ami_primary",
)


@dataclass
class Choice:
    """The proposed K: the rule that decided, the Ks as good within the noise, and the reason."""

    k: int
    rule: str
    plateau: list[int]
    sentence: str


def tabulate(scans: list[dict]) -> dict[str, np.ndarray]:
    """One row a candidate, by rising K: means over the runs and their standard deviations."""
    scans = sorted(scans, key=lambda scan: scan["k"])
    table = {"k": [s["k"] for s in scans]}
    for name in ("silhouette", "inertia", "stability_halves", "stability_seeds"):
        table[name] = [np.mean(s[name]) for s in scans]
        table[name + "_sd"] = [np.std(s[name], ddof=1) if len(s[name]) > 1 else 0.0 for s in scans]
    table["largest"] = [s["sizes"][0] / s["sample"] for s in scans]
    table["smallest"] = [s["sizes"][-1] / s["sample"] for s in scans]
    table["effective_topics"] = [effective_topics(np.array(s["sizes"])) for s in scans]
    table["ami_primary"] = [np.nan if s["ami_primary"] is None else s["ami_primary"] for s in scans]
    return {name: np.array(table[name]) for name in COLUMNS}


def choose(table: dict[str, np.ndarray]) -> Choice:
    """Propose a K from the table of `tabulate`.

    1. Where the silhouette peaks between the first and the last candidate, and the peak stands
       above both ends by more than twice the spread over seeds, the data have a scale of their own
       and K is the peak (Rousseeuw, 1987). On planted topics it is the planted K. The plateau is
       what the spread over seeds cannot tell from it.
    2. Otherwise the highest silhouette is only the edge of the grid, and no K stands out. The knee
       of the inertia then says where more topics begin to pay less: the point farthest below the
       chord of its curve (Satopää et al., 2011, Finding a "kneedle" in a haystack). It is flat, so
       the plateau is all candidates that reach nine tenths of its depth, and of these K is the one
       that repeats best on random halves of the papers (Ben-Hur, Elisseeff & Guyon, 2002, A
       stability based method; von Luxburg, 2010, Clustering stability: an overview, on why
       stability alone must not choose: it favours few clusters).

    Agreement with arXiv's categories stands in the table for reading and never decides.
    """
    k, silhouette, spread = table["k"], table["silhouette"], table["silhouette_sd"]
    if len(k) == 1:
        return Choice(int(k[0]), "only candidate", [int(k[0])], f"{k[0]} was the only candidate.")
    peak = int(silhouette.argmax())
    clear = silhouette[peak] - silhouette[[0, -1]] > 2 * np.hypot(spread[peak], spread[[0, -1]])
    if 0 < peak < len(k) - 1 and clear.all():
        good = silhouette >= silhouette[peak] - np.hypot(spread[peak], spread)
        plateau = [int(n) for n in k[good]]
        sentence = (
            f"The silhouette peaks at K = {k[peak]} ({silhouette[peak]:.3f}), inside the grid and above "
            f"both of its ends by more than the spread over seeds."
        )
        return Choice(int(k[peak]), "silhouette peak", plateau, sentence)
    knee = knee_height(k, table["inertia"])
    good = np.flatnonzero(knee >= 0.9 * knee.max())
    at = int(good[table["stability_halves"][good].argmax()])
    plateau = [int(n) for n in k[good]]
    sentence = (
        f"No K stands out: the silhouette has no peak inside the grid "
        f"({silhouette[0]:.3f} at K = {k[0]}, {silhouette[-1]:.3f} at K = {k[-1]}). "
        f"K = {k[at]} is proposed: the inertia bends most about there"
        + (
            f", and of {', '.join(map(str, plateau))} it repeats best on random halves."
            if len(plateau) > 1
            else "."
        )
    )
    if peak == len(k) - 1 and silhouette[-1] - silhouette[-2] > 2 * np.hypot(spread[-1], spread[-2]):
        sentence += " The silhouette still rises at the last candidate: larger ones are worth a look."
    return Choice(int(k[at]), "inertia knee", plateau, sentence)


def knee_height(k: np.ndarray, inertia: np.ndarray) -> np.ndarray:
    """How far the inertia lies below the chord from its first to its last point, both axes 0 to 1."""
    if len(k) < 3 or inertia[0] <= inertia[-1]:
        return np.zeros(len(k))
    x = (k - k[0]) / (k[-1] - k[0])
    y = (inertia - inertia[-1]) / (inertia[0] - inertia[-1])
    return (1 - x) - y


def draw_curves(table: dict[str, np.ndarray], choice: Choice, used: int, caption: str):
    """A figure of the signals over K, with the chosen K and the plateau marked."""
    use_style()
    figure, axes = plt.subplots(2, 2, figsize=(10, 7), sharex=True, layout="constrained")
    k = table["k"]

    def curve(axis, name: str, colour: str, label: str | None = None) -> None:
        mean, sd = table[name], table.get(name + "_sd")
        axis.plot(k, mean, "o-", color=colour, lw=1.8, ms=4, label=label)
        if sd is not None:
            axis.fill_between(k, mean - sd, mean + sd, color=colour, alpha=0.18, lw=0)

    curve(axes[0, 0], "silhouette", BLUE)
    axes[0, 0].set_title("Silhouette (cosine, higher is better)", loc="left")
    curve(axes[0, 1], "inertia", BLUE)
    if len(k) > 1:
        axes[0, 1].plot(k[[0, -1]], table["inertia"][[0, -1]], "--", color=FAINT, lw=1)
    axes[0, 1].set_title("Inertia a paper (the bend matters, not the height)", loc="left")
    curve(axes[1, 0], "stability_halves", BLUE, "between random halves")
    curve(axes[1, 0], "stability_seeds", FAINT, "between seeds")
    if not np.isnan(table["ami_primary"]).all():
        axes[1, 0].plot(
            k,
            table["ami_primary"],
            ":",
            color=INK,
            lw=1,
            label="agreement with categories (AMI), for reading",
        )
    axes[1, 0].set_title("Stability (adjusted Rand index of repeats)", loc="left")
    axes[1, 0].set_ylim(0, 1.02)
    axes[1, 0].legend(frameon=False, loc="upper right")
    axes[1, 1].fill_between(k, table["smallest"], table["largest"], color=BLUE, alpha=0.15, lw=0)
    axes[1, 1].plot(k, table["largest"], "o-", color=BLUE, ms=4, label="largest topic")
    axes[1, 1].plot(k, table["smallest"], "o-", color=FAINT, ms=4, label="smallest topic")
    axes[1, 1].set_yscale("log")
    axes[1, 1].yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes[1, 1].set_title("Share of the papers", loc="left")
    axes[1, 1].legend(frameon=False, loc="upper right")
    for axis in axes.flat:
        axis.set_xticks(k, [str(n) for n in k])
        axis.axvspan(min(choice.plateau), max(choice.plateau), color=ACCENT, alpha=0.07, lw=0)
        axis.axvline(used, color=ACCENT, lw=1.5)
    for axis in axes[1]:
        axis.set_xlabel("K, number of topics")
    axes[0, 0].yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    figure.suptitle(caption, x=0.01, ha="left", fontsize=11, wrap=True)
    return figure


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--scans", type=Path, nargs="+", required=True, help="inputs: the .json of every K")
    cli.add_argument("--override", type=optional(int), help="the K to use whatever the scans say")
    cli.add_argument("--k", type=Path, required=True, help="output: k.json")
    cli.add_argument("--chosen", type=Path, required=True, help="output: k.txt, the number alone")
    cli.add_argument("--table", type=Path, required=True, help="output: k_selection.csv")
    cli.add_argument("--figure", type=Path, required=True, help="output: k_selection.png")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    scans = [read_json(path) for path in args.scans]
    usable = [scan for scan in scans if "skipped" not in scan]
    if not usable:
        smallest = min(scan["k"] for scan in scans)
        raise UserError(
            f"config key select_k.candidates: {scans[0]['sample']} papers are too few even for the smallest "
            f"candidate, {smallest}; take more papers or smaller candidates"
        )
    table = tabulate(usable)
    choice = choose(table)
    used = args.override or choice.k
    result = {"k": used, "rule": choice.rule, "proposed": choice.k, "plateau": choice.plateau}
    result |= {"sentence": choice.sentence, "sample": usable[0]["sample"], "papers": usable[0]["papers"]}
    if args.override:
        result |= {"rule": "config"}
        result["sentence"] = (
            f"K = {used} is set in the config (cluster.k). What the scans say: {choice.sentence}"
        )
    result["seconds"] = {scan["k"]: scan["seconds"] for scan in usable}
    result["skipped"] = [scan["skipped"] for scan in scans if "skipped" in scan]
    with written(args.k, args.chosen, args.table, args.figure) as (
        k_file,
        chosen_file,
        table_file,
        figure_file,
    ):
        chosen_file.write_text(f"{used}\n")
        k_file.write_text(json.dumps(result, indent=1) + "\n")
        with table_file.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(COLUMNS)
            rows = zip(*(table[name].round(6).tolist() for name in COLUMNS), strict=True)
            writer.writerows([["" if np.isnan(value) else value for value in row] for row in rows])
        save(draw_curves(table, choice, used, result["sentence"]), figure_file, dpi=130)
    say(result["sentence"])


if __name__ == "__main__":
    run(main)
