"""Put new papers into the topics and onto the map of a finished run, without running it again."""

import argparse
import re
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

import clean
from encode_as_run import command_line, encode, warn_of_languages
from finished_run import FinishedRun, describe
from lib.cli import UserError, run, say
from lib.clusters.schema import NEW_PAPERS
from lib.embeddings.cache import text_hashes
from lib.files import atomic_outputs, read_json, scratch_folder, write_json
from lib.records.boilerplate import shapes_of
from lib.records.schema import PAPERS, Ledger
from lib.tables import read_table, write_csv, write_table
from lib.workflow.named_files import named_inputs

# Which papers a corpus is made of says nothing of new ones. A broken line is told, and hinders no other.
NO_SELECTION: dict[str, Any] = {"categories": [], "since": None, "until": None, "limit": None, "facets": []}
ANY_SHARE = {"max_malformed_share": 1.0}


def name_of(source: str) -> str:
    """The name of the output: that of the input without the endings of its format."""
    return re.sub(r"(\.[A-Za-z]\w*)+$", "", Path(source).name) or "new"


def read_new(files: list[str], ledger: Ledger, threads: int, folder: Path) -> tuple[pa.Table, Ledger]:
    """The new papers as `clean` reads them with the settings of the run: columns of PAPERS, and the ledger.

    Parameters
    ----------
    ledger : of the run
    folder : for files that are no longer needed afterwards
    """
    outputs: dict[str, Any] = {name: folder / name for name in clean.OUTPUTS}
    settings = ledger["settings"] | NO_SELECTION | ANY_SHARE | {"threads": threads, "snapshot": files}
    removed = shapes_of(sentence["example"] for sentence in ledger["boilerplate"])
    clean.clean(clean.arguments(command_line(settings | outputs)), removed)
    columns = ["id", "title", "text", "text_hash"]
    return read_table(outputs["papers"], PAPERS, columns), read_json(outputs["ledger"], Ledger)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--input", required=True, help="file, folder or pattern of new papers, as for a run")
    cli.add_argument("--results", type=Path, required=True, help="results folder of a finished run")
    cli.add_argument("--cache", type=Path, required=True, help="folder of the embedding cache")
    cli.add_argument("--threads", type=int, required=True, help="number of cores to use")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    files, faults = named_inputs(args.input, "", ROOT)
    if faults:
        raise UserError(faults[0])
    finished = FinishedRun.read(args.results)
    folder = args.results / "assign"
    folder.mkdir(exist_ok=True)
    named = folder / name_of(args.input)
    paths = [named.with_name(f"{named.name}.{kind}") for kind in ("parquet", "csv", "json")]
    with atomic_outputs(*paths) as outputs, scratch_folder(".assign-", folder) as scratch:
        papers, ledger = read_new(files, finished.ledger, args.threads, scratch)
        warn_of_languages(papers["text"].to_pylist(), finished.encoder["model"])
        described = describe(
            finished,
            text_hashes(scratch / "papers"),
            lambda rows: encode(papers.take(rows), finished.encoder, args.cache, args.threads, scratch),
            args.threads,
        )
        titles = {name: papers[name].to_pylist() for name in ("id", "title")}
        table = pd.DataFrame(titles).join(described)[NEW_PAPERS.names]
        write_table(outputs[0], table, NEW_PAPERS)
        write_csv(outputs[1], table)
        write_json(outputs[2], ledger)
    tell(table, ledger, paths)


def tell(table: pd.DataFrame, ledger: Ledger, paths: list[Path]) -> None:
    """Print what became of the lines."""
    by_topic = table["name"].value_counts(sort=True).head(3)
    largest = ", ".join(f"{name} {n:,}" for name, n in by_topic.items())
    say(
        f"{len(table):,} papers, {table['known'].sum():,} known, {table['outlier'].sum():,} outliers: {largest}"
    )
    if left := ledger["lines"] - len(table):
        say(f"{left:,} lines are not among them; {paths[2]} says why")
    say(f"Result: {paths[1]}, {paths[0]}")


if __name__ == "__main__":
    run(main)
