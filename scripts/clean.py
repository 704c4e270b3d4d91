"""Turn a JSON-lines snapshot into papers.parquet, sorted by id, with a ledger of every line.

Processes parse blocks of lines and write their papers to Arrow files next to the output. Memory holds
only the ids, dates and verdicts of the records. When the whole file has been read, these decide which
duplicates are kept and which papers `limit` keeps. The kept papers are then collected group by group in
order of id. Memory is therefore about 50 bytes per paper (more with `limit`, which hashes the ids),
independent of the order of the lines.
"""

import argparse
import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lib.cli import Parser, UserError, boolean, optional, progress, run, say, warn
from lib.files import atomic_outputs, scratch_folder, write_json
from lib.pools import in_processes
from lib.records.dates import latest_year
from lib.records.fields import Fields, paths_of
from lib.records.ledger import LedgerCounts
from lib.records.records import OPTIONAL, PARSED_PAPERS, Filters, Parsed, parse_block, read_leniently
from lib.records.schema import PAPERS, Ledger
from lib.records.selection import Records, collect, enter, settle
from lib.records.snapshot import Block, Readable, blocks, open_snapshot
from lib.tables import table_writer


def parse_snapshot(
    path: Path, scratch: Path, filters: Filters, fields: Fields, threads: int
) -> tuple[list[Parsed], list[Path]]:
    """Parse the snapshot in `threads` processes; the papers of block i are in the i-th file."""
    parsed: list[Parsed] = []
    files: list[Path] = []
    sizes: list[int] = []

    def tasks(stream: Readable) -> Iterator[tuple[Path, Block]]:
        for number, block in enumerate(blocks(stream, path)):
            files.append(scratch / f"{number}.arrow")
            sizes.append(len(block.data))
            yield files[-1], block

    # processes, since half of the work is done in Python and would wait for its global lock
    work = partial(parse_into, filters=filters, fields=fields)
    with progress(unit="B", unit_scale=True, desc="clean") as bar, open_snapshot(path) as stream:
        for part in in_processes(work, tasks(stream), threads):
            bar.update(sizes[len(parsed)])
            parsed.append(part)
            if len(parsed) == 1:
                check_first_block(path, part)
    if not parsed:
        raise UserError(f"{path}: the file is empty; download it again")
    return parsed, files


def parse_into(task: tuple[Path, Block], filters: Filters, fields: Fields) -> Parsed:
    """Parse a block, write its papers to an Arrow file, and return the rest."""
    file, block = task
    parsed = parse_block(block, filters, fields)
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, PARSED_PAPERS) as writer:
        writer.write_batch(parsed.papers)
    parsed.papers = pa.RecordBatch.from_pylist([], PARSED_PAPERS)  # a slice would keep it in memory
    return parsed


def check_first_block(path: Path, parsed: Parsed) -> None:
    """Raise a UserError if no line of the first block is a record: the file has another format."""
    if not len(parsed.ids) and parsed.ledger.counts["malformed_json"]:
        line, reason = parsed.ledger.first["malformed_json"][0]
        raise UserError(
            f"{path}, line {line}: {reason}; no line of the first block is a paper. "
            "Expected JSON lines: one object per line (`jq -c .` writes them)"
        )


def check_corpus(
    path: Path, ledger: LedgerCounts, kept: int, filters: Filters, matched: set[str], share: float
) -> None:
    """Raise a UserError for a damaged snapshot, a pattern without a paper, or an empty corpus."""
    malformed = ledger.counts["malformed_json"] + ledger.counts["not_an_object"]
    if malformed > share * ledger.lines:
        first = sorted(ledger.first["malformed_json"] + ledger.first["not_an_object"])[:3]
        examples = "; ".join(f"line {line}: {reason}" for line, reason in first)
        raise UserError(
            f"{path}: {malformed:,} of {ledger.lines:,} lines are malformed, more than "
            f"clean.max_malformed_share allows ({share:.2%}); {examples}"
        )
    if unmatched := [glob for glob in filters.categories if glob not in matched]:
        raise UserError(
            f"config key clean.categories: {', '.join(map(repr, unmatched))} matches no paper of {path}; "
            "patterns are like 'cs.*', 'math.AG' or 'hep-*'"
        )
    if ledger.counts["blank"] == ledger.lines:
        raise UserError(
            f"{path}: no paper is left, since all {ledger.lines:,} lines are blank; download it again"
        )
    if not kept:
        for bucket in ("no_id", "no_title", "no_abstract"):
            if 2 * ledger.counts[bucket] > ledger.lines:
                line, reason = ledger.first[bucket][0]
                raise UserError(
                    f"{path}: no paper is left ({ledger}); line {line}: {reason}. The first record has {first_paths(path)}. "
                    f"Set clean.fields.{bucket.removeprefix('no_')} to the path in this file, or use a preset of "
                    "its kind (presets/)"
                )
        raise UserError(f"{path}: no paper is left ({ledger}); loosen the filters of `clean` in the config")


def first_paths(path: Path) -> str:
    """The paths of the values in the first record of a snapshot, as `clean.fields` takes them, for messages."""
    with open_snapshot(path) as stream:
        for line in next(blocks(stream, path)).data.split(b"\n"):
            record, fault, _ = read_leniently(line)
            if not fault:
                several = several_papers(record)
                names = list(record)[:10] if several else list(paths_of(record))[:60]
                return ", ".join(f"`{name}`" for name in names) + several
    return "no keys"


def several_papers(record: dict[str, Any]) -> str:
    """A hint if a record seems to hold several papers, as the answers of web services do; else an empty text."""

    def has_title(value: Any) -> bool:
        return isinstance(value, dict) and any("title" in str(key).lower() for key in value)

    values = list(record.values())
    if len(values) > 1 and all(map(has_title, values)):
        return " (each seems to hold a paper; write one per line: `jq -c '.[]'`)"
    if len(values) > 1 and all(
        isinstance(value, list | dict) and len(value) == len(values[0]) > 1 for value in values
    ):
        return " (each seems to be a column of a table; pandas writes rows by `to_json(orient='records', lines=True)`)"
    if has_title(record) or any(map(has_title, values)):
        return ""
    lists = [key for key, value in record.items() if isinstance(value, list) and any(map(has_title, value))]
    return (
        f" (`{lists[0]}` seems to hold the papers; write one per line: `jq -c '.{lists[0]}[]'`)"
        if lists
        else ""
    )


def missing_fields(path: Path, filled: Counter[str], fields: Fields, records: int) -> list[str]:
    """A warning for each optional path that is in no record."""
    missing = [name for name in OPTIONAL if records and fields.paths[name] and not filled[name]]
    keys = first_paths(path) if missing else ""
    return [
        f"{fields.describe(name)} is missing or empty in all records, so {name} is "
        f"{'known from the ids of arXiv only' if name == 'published' else 'empty'}; the first record has {keys}; "
        f"set clean.fields.{name} to its path, or to null"
        for name in missing
    ]


def write_papers(path: Path, records: Records, kept: np.ndarray, files: list[Path], threads: int) -> str:
    """Write papers.parquet; returns the SHA-256 digest of the ids and texts."""
    digest = hashlib.sha256()
    # long strings share no values worth a dictionary; only the categories repeat
    dictionary = ["primary_category", "categories.list.element"]
    with table_writer(path, PAPERS, use_dictionary=dictionary) as writer:
        for batch in collect(records, kept, files, threads):
            writer.write_batch(batch)
            for key, text in zip(batch["id"].to_pylist(), batch["text_hash"].to_pylist(), strict=True):
                digest.update(key.encode() + b"\0" + text)
    return digest.hexdigest()


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(snapshot="JSON lines, plain or .gz .zst .bz2 .xz .tar .zip")
    cli.flag("--fields", json.loads, "JSON object: for each of our names the path in a record")
    cli.flag("--min-abstract-chars", int, "shorter abstracts are dropped")
    cli.flag("--categories", str, "keep papers with a category like these globs; none: all", nargs="*")
    cli.flag("--since", optional(date.fromisoformat), "first version on this day or later")
    cli.flag("--until", optional(date.fromisoformat), "first version on this day or before")
    cli.flag("--limit", optional(int), "papers to sample by hash of the id")
    cli.flag(
        "--keep-withdrawn",
        boolean,
        "keep papers whose abstract is only a note on a withdrawal or a correction",
    )
    cli.flag("--keep-notes", boolean, "keep errata, retraction notices, front matter and tables of contents")
    cli.flag("--max-malformed-share", float, "fail if more of the lines are malformed")
    cli.threads()
    cli.outputs(papers="papers.parquet", ledger="ledger.json", digest="papers.digest")
    return cli.parse_args(argv)


def settings(args: argparse.Namespace) -> dict[str, Any]:
    """The section `clean` of the config, as the ledger records it."""
    others = ("snapshot", "papers", "ledger", "digest", "threads")
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in vars(args).items()
        if name not in others
    }


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    filters = Filters(
        min_abstract_chars=args.min_abstract_chars,
        categories=tuple(args.categories),
        since=args.since,
        until=args.until,
        keep_withdrawn=args.keep_withdrawn,
        keep_notes=args.keep_notes,
        latest_year=latest_year(date.today()),
    )
    fields = Fields.parse(args.fields)
    with (
        atomic_outputs(args.papers, args.ledger, args.digest) as (papers, ledger_file, digest_file),
        scratch_folder(".clean-", papers.parent) as scratch,
    ):
        parsed, files = parse_snapshot(args.snapshot, scratch, filters, fields, args.threads)
        ledger, not_understood = LedgerCounts(), LedgerCounts(OPTIONAL)
        normalised, filled = Counter[str](), Counter[str]()
        matched: set[str] = set()
        for part in parsed:
            ledger.add_all(part.ledger)
            not_understood.add_all(part.not_understood)
            normalised.update(part.normalised)
            filled.update(part.filled)
            matched |= part.matched
        records = Records.join(parsed)
        del parsed, part
        pa.default_memory_pool().release_unused()  # free what parsing needed before sorting needs more
        kept = settle(records, args.limit)
        enter(ledger, records)
        check_corpus(args.snapshot, ledger, len(kept), filters, matched, args.max_malformed_share)
        digest = write_papers(papers, records, kept, files, args.threads)
        digest_file.write_text(f"{digest}  {len(kept)} papers\n")
        content = Ledger(
            input=args.snapshot.name,
            settings=settings(args),
            lines=ledger.lines,
            buckets=ledger.buckets(),
            normalised=dict(normalised),
            filled=dict(filled),
            not_understood=not_understood.buckets(),
        )
        write_json(ledger_file, content)
    say(f"{ledger.lines:,} lines: {ledger}")
    for warning in missing_fields(args.snapshot, filled, fields, len(records.ids)):
        warn(warning)
    for name, count in not_understood.counts.items():
        if count:
            say(f"{name} of {count:,} records not understood, such as {not_understood.first[name][0][1]}")


if __name__ == "__main__":
    run(main)
