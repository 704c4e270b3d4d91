"""Delete the arrays of a finished run that have a row per paper: embeddings, nearest papers, terms and samples.

Tables, figures and pages stay, and so does all that a later run reads of an earlier one. The cache keeps the vectors:
if the run is made again, nothing is encoded.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from lib.cli import UserError, run, say
from lib.workflow.checks import lock_folder
from newest_run import missing

FOLDERS = ("corpus", "embeddings", "clusters/sample")  # those of clusters/ have a row per topic


def arrays(folder: Path) -> list[Path]:
    """The files to delete."""
    return sorted(file for name in FOLDERS for file in (folder / name).rglob("*.npy"))


def main(argv: list[str] | None = None) -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--run", type=Path, required=True, help="results folder of the run")
    cli.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
    args = cli.parse_args(argv)
    if not args.run.is_dir():
        raise UserError(f"RUN: {args.run}: no such folder")
    if lacks := missing(args.run):
        raise UserError(
            f"RUN: {args.run} holds no finished run: {lacks[0]} is missing. Finish the run first, or delete the folder"
        )
    try:
        descriptor = lock_folder(args.run)
    except BlockingIOError:
        raise UserError(f"RUN: a run is writing to {args.run}; wait until it ends") from None
    files = arrays(args.run)
    size = sum(file.stat().st_size for file in files)
    for file in files:
        say(f"{file}  {file.stat().st_size / 1e6:,.1f} MB")
        if not args.dry_run:
            file.unlink()
    verb = "would delete" if args.dry_run else "deleted"
    say(f"{args.run}: {verb} {len(files)} arrays, {size / 1e6:,.1f} MB")
    if descriptor is not None:
        os.close(descriptor)


if __name__ == "__main__":
    run(main)
