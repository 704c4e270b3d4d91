"""Print the results folder that `make update` follows: the newest finished run in runs/, or else `results`."""

import argparse
import re
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from lib.cli import UserError, run, say
from lib.workflow.chains import follows, missing_files, summary_of

LAST = "report.html"  # the last file of a run


def missing(folder: Path) -> list[str]:
    """The files that a finished run would have in its folder, and this one has not."""
    return [*missing_files(folder), *([] if (folder / LAST).is_file() else [LAST])]


def newest(runs: Path, results: Path, name: str) -> Path | None:
    """The folder of the finished run in `runs` whose report was written last, or else `results` if it is finished.

    A run that another one follows is left out: if an old month is made again, its report is the newest.

    Parameters
    ----------
    name : of the new run in `runs`, which does not follow itself
    """
    folders = sorted(runs.glob("*/")) if runs.is_dir() else []
    finished = [folder for folder in folders if folder.name != name and not missing(folder)]
    summaries = {folder: summary_of(folder) for folder in finished}
    ends = [f for f in finished if not any(follows(later, summaries[f]) for later in summaries.values())]
    if ends:
        return max(ends, key=lambda folder: (folder / LAST).stat().st_mtime_ns)
    return None if missing(results) else results


def main(argv: list[str] | None = None) -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--name", required=True, help="name of the new run")
    cli.add_argument("--runs", type=Path, default=Path("runs"), help="folder of the runs")
    cli.add_argument("--results", type=Path, default=Path("results"), help="results outside of it")
    args = cli.parse_args(argv)
    if not re.fullmatch(r"\w[\w.-]*", args.name):
        raise UserError(
            f"NAME: {args.name!r} is no name of a folder in {args.runs}/; use letters, digits, dots, dashes and "
            "underscores: make update INPUT=new.zip NAME=2026-09"
        )
    own = args.runs / args.name
    if not missing(own):
        raise UserError(
            f"NAME: {own} is finished; choose another name for a new run. To make this one again, say which run it "
            f'follows: make run INPUT=... RESULTS={own} CONFIG="previous={args.runs}/EARLIER"'
        )
    folder = newest(args.runs, args.results, args.name)
    say("" if folder is None else str(folder))


if __name__ == "__main__":
    run(main)
