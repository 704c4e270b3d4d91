"""Compare the scans of all candidates, propose a K and give the reason."""

import argparse
from pathlib import Path

from lib.cli import Parser, UserError, optional, run, say
from lib.clusters.k_selection import ONLY, Choice, choose, tabulate
from lib.clusters.schema import KSelection, Scan
from lib.figures.k_curves import plot_curves
from lib.figures.style import save
from lib.files import atomic_outputs, read_json, write_json
from lib.tables import write_csv


def summarize(scans: list[Scan], choice: Choice, override: int | None, previous: str | None) -> KSelection:
    """The chosen K and why; a K that the config sets overrides that of an earlier run, and both the proposed one.

    Parameters
    ----------
    previous : folder of the earlier run, whose K was scanned
    """
    used, rule, sentence = choice.k, choice.rule, choice.sentence
    if previous and not override:
        used, rule = scans[0]["k"], "previous"
        sentence = f"K = {used} is that of {previous}: topics open and end one by one."
    if override:
        used, rule, sentence = override, "config", f"K = {override} is set in the config (cluster.k)"
        alone = choice.k == override and choice.rule == ONLY
        sentence += ", and no other was scanned." if alone else f". What the scans say: {choice.sentence}"
    assert used is not None  # without a scan, the config sets it
    return KSelection(
        k=used,
        rule=rule,
        proposed=choice.k,
        plateau=choice.plateau,
        sentence=sentence,
        sample=scans[0]["sample"],
        papers=scans[0]["papers"],
        seconds={str(scan["k"]): scan["seconds"] for scan in scans if not scan["skipped"]},
        skipped=[scan["skipped"] for scan in scans if scan["skipped"]],
    )


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.flag("--scans", Path, "inputs: the .json of every candidate", nargs="+")
    cli.flag("--k", optional(int), "use this K whatever the scans say; None: the proposed K")
    cli.flag("--previous", optional(str), "folder of the earlier run that the K is from; None: there is none")
    cli.outputs(
        selection="k.json",
        chosen="k.txt, the number alone",
        table="k_selection.csv",
        figure="k_selection.png",
    )
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    scans = [read_json(path, Scan) for path in args.scans]
    usable = [scan for scan in scans if not scan["skipped"]]
    if not usable and not args.k and not args.previous:
        smallest = min(scans, key=lambda scan: scan["k"])
        raise UserError(
            f"config key select_k.candidates: no candidate can be tried, not even the smallest, "
            f"{smallest['k']}: {smallest['skipped']}; use more papers or smaller candidates, or set cluster.k"
        )
    table = tabulate(usable)
    choice = choose(table)
    selection = summarize(scans, choice, args.k, args.previous)
    with atomic_outputs(args.selection, args.chosen, args.table, args.figure) as outputs:
        selection_file, chosen_file, table_file, figure_file = outputs
        chosen_file.write_text(f"{selection['k']}\n")
        write_json(selection_file, selection)
        write_csv(table_file, table)
        save(plot_curves(table, choice, selection["k"], selection["sentence"]), figure_file, dpi=130)
    say(selection["sentence"])


if __name__ == "__main__":
    run(main)
