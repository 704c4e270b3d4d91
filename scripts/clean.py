"""Turn files of records into papers.parquet, sorted by id, with a ledger of every record.

Records of other formats first become JSON lines. Processes parse blocks of these, and write their papers to
Arrow files next to the output. Memory holds only the ids, dates and verdicts of the records. When all files
have been read, these decide which duplicates are kept and which papers `limit` keeps. The kept papers are
then collected group by group in order of id. Memory is therefore about 50 bytes per paper (more with
`limit`, which hashes the ids), independent of the order of the lines.
"""

import argparse
import hashlib
import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lib.cli import Parser, UserError, boolean, optional, progress, run, say, warn
from lib.files import atomic_outputs, scratch_folder, write_json
from lib.formats.advice import missing_fields, remedy
from lib.formats.content import content
from lib.pools import in_processes
from lib.records.boilerplate import Shapes
from lib.records.dates import latest_year
from lib.records.fields import Fields
from lib.records.ledger import LedgerCounts
from lib.records.records import OPTIONAL, PARSED_PAPERS, Filters, Parsed, parse_block
from lib.records.schema import PAPERS, Ledger, LedgerEntry, Sentence
from lib.records.selection import Records, collect, enter, settle, settle_boilerplate
from lib.records.snapshot import Block, blocks, open_snapshot
from lib.tables import table_writer
from lib.words.languages import SAMPLE, frequent_languages


@dataclass
class File:
    """A file of the input.

    Attributes
    ----------
    path : of the file
    before : the records of the files before it; `lines` count on from file to file
    unit : what is counted, "line" or "record"
    fields : the paths of the values
    blocks : the number of its blocks
    """

    path: Path
    before: int = 0
    unit: str = "line"
    fields: Fields | None = None
    blocks: int = 0


Task = tuple[Path, Block, Fields]


@dataclass
class Counts:
    """The counts of all blocks; the attributes are those of `Parsed`."""

    ledger: LedgerCounts = field(default_factory=LedgerCounts)
    not_understood: LedgerCounts = field(default_factory=partial(LedgerCounts, OPTIONAL))
    normalised: Counter[str] = field(default_factory=Counter)
    filled: Counter[str] = field(default_factory=Counter)
    matched: set[str] = field(default_factory=set)
    shapes: Shapes = field(default_factory=Shapes)

    @classmethod
    def of(cls, parsed: list[Parsed]) -> "Counts":
        """The sums over all blocks."""
        counts = cls()
        for part in parsed:
            counts.ledger.add_all(part.ledger)
            counts.not_understood.add_all(part.not_understood)
            counts.normalised.update(part.normalised)
            counts.filled.update(part.filled)
            counts.matched |= part.matched
            counts.shapes.add_all(part.shapes)
        return counts


def parse_files(
    files: list[File], scratch: Path, filters: Filters, fields: Fields, threads: int
) -> tuple[list[Parsed], list[Path]]:
    """Parse the files in `threads` processes; the papers of block i are in the i-th Arrow file."""
    parsed: list[Parsed] = []
    arrow: list[Path] = []
    sizes: list[int] = []

    def tasks() -> Iterator[Task]:
        line = 0
        for file in files:
            with open_snapshot(file.path) as stream:
                holds = content(stream, file.path, fields)
                file.before, file.unit, file.fields = line, holds.unit, holds.fields
                last = None
                for block in holds.blocks or blocks(stream, file.path):
                    arrow.append(scratch / f"{len(arrow)}.arrow")
                    sizes.append(len(block.data))
                    last = replace(block, first_line=block.first_line + file.before)
                    file.blocks += 1
                    yield arrow[-1], last, holds.fields
                if last:
                    line = last.first_line - 1 + last.data.count(b"\n") + (not last.data.endswith(b"\n"))

    # processes, since half of the work is done in Python and would wait for its global lock
    work = partial(parse_into, filters=filters)
    with progress(unit="B", unit_scale=True, desc="clean") as bar:
        for part in in_processes(work, tasks(), threads):
            bar.update(sizes[len(parsed)])
            check_block(files, len(parsed), part)
            parsed.append(part)
    if not parsed:
        raise UserError(f"{files[0].path}: the file is empty; download it again")
    return parsed, arrow


def parse_into(task: Task, filters: Filters) -> Parsed:
    """Parse a block, write its papers to an Arrow file, and return the rest."""
    file, block, fields = task
    parsed = parse_block(block, filters, fields)
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, PARSED_PAPERS) as writer:
        writer.write_batch(parsed.papers)
    parsed.papers = pa.RecordBatch.from_pylist([], PARSED_PAPERS)  # a slice would keep it in memory
    return parsed


def located(files: list[File], line: int) -> tuple[File, str]:
    """The file of a line that is counted from file to file, and what the line is called in it."""
    file = files[bisect_left([file.before for file in files], line) - 1]
    return file, f"{file.unit} {line - file.before}"


def check_block(files: list[File], number: int, parsed: Parsed) -> None:
    """Raise a UserError if no record of the first block of a file can be read: it has another format."""
    firsts = np.cumsum([0, *(file.blocks for file in files)])
    if number not in firsts or len(parsed.ids) or not parsed.ledger.counts["malformed_json"]:
        return
    line, reason = parsed.ledger.first["malformed_json"][0]
    file, place = located(files[: int(np.searchsorted(firsts, number, "right"))], line)
    expected = "Expected JSON lines: one object per line (`jq -c .` writes them)"
    raise UserError(
        f"{file.path}, {place}: {reason}; no {file.unit} of the first block is a paper"
        + (f". {expected}" if file.unit == "line" else "")
    )


def check_corpus(
    files: list[File], ledger: LedgerCounts, kept: int, filters: Filters, matched: set[str], share: float
) -> None:
    """Raise a UserError for a damaged snapshot, a pattern without a paper, or an empty corpus."""
    malformed = ledger.counts["malformed_json"] + ledger.counts["not_an_object"]
    unit = files[0].unit
    path = f"{files[0].path}" + (f" and {len(files) - 1:,} other files" if len(files) > 1 else "")
    if malformed > share * ledger.lines:
        first = sorted(ledger.first["malformed_json"] + ledger.first["not_an_object"])[:3]
        examples = "; ".join(f"{place_of(files, line)}: {reason}" for line, reason in first)
        raise UserError(
            f"{path}: {malformed:,} of {ledger.lines:,} {unit}s are malformed, more than "
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
                file, place = located(files, line)
                advice = remedy(file.path, fields_of(file), bucket.removeprefix("no_"))
                raise UserError(f"{file.path}: no paper is left ({ledger}); {place}: {reason}.{advice}")
        raise UserError(f"{path}: no paper is left ({ledger}); loosen the filters of `clean` in the config")


def place_of(files: list[File], line: int) -> str:
    """A line as messages call it; with its file if there are several."""
    file, place = located(files, line)
    return f"{file.path.name}, {place}" if len(files) > 1 else place


def entry(files: list[File], line: int, reason: str) -> LedgerEntry:
    """A line in the ledger."""
    file, _ = located(files, line)
    located_entry = LedgerEntry(line=line - file.before, reason=reason)
    if len(files) > 1:
        located_entry["file"] = file.path.name
    return located_entry


def fields_of(file: File) -> Fields:
    """The fields of a file that has been read."""
    assert file.fields is not None
    return file.fields


def write_papers(
    path: Path, records: Records, kept: np.ndarray, files: list[Path], shapes: frozenset[int], threads: int
) -> tuple[str, list[str]]:
    """Write papers.parquet; returns the SHA-256 digest of the ids and texts, and a sample of the texts."""
    digest = hashlib.sha256()
    sample: list[str] = []
    # the hashes of the sample are smaller, whatever the order of the papers
    highest = b"\xff" * 16 if len(kept) <= SAMPLE else (SAMPLE * 2**64 // len(kept)).to_bytes(8)
    # long strings share no values worth a dictionary; only the categories repeat
    dictionary = ["primary_category", "categories.list.element"]
    with table_writer(path, PAPERS, use_dictionary=dictionary) as writer:
        for batch in collect(records, kept, files, shapes, threads):
            writer.write_batch(batch)
            hashes = batch["text_hash"].to_pylist()
            for key, text in zip(batch["id"].to_pylist(), hashes, strict=True):
                digest.update(key.encode() + b"\0" + text)
            sampled = [i for i, text in enumerate(hashes) if text < highest]
            sample += batch["text"].take(pa.array(sampled, pa.int32())).to_pylist()
    return digest.hexdigest(), sample


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    about = "input: JSON lines, CSV, RIS, BibTeX, …, plain or .gz .zst .bz2 .xz .tar .zip"
    cli.flag("--snapshot", Path, about, nargs="+")
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
        files = [File(path) for path in args.snapshot]
        parsed, arrow = parse_files(files, scratch, filters, fields, args.threads)
        counts, doubtful = Counts.of(parsed), [part.doubtful for part in parsed]
        ledger, not_understood, shapes = counts.ledger, counts.not_understood, counts.shapes
        records = Records.join(parsed)
        del parsed
        pa.default_memory_pool().release_unused()  # free what parsing needed before sorting needs more
        recurring = shapes.recurring(int(records.bounds[-1]))
        removed = frozenset(recurring)
        settle_boilerplate(records, doubtful, arrow, removed, filters.min_abstract_chars)
        kept = settle(records, args.limit)
        enter(ledger, records)
        check_corpus(files, ledger, len(kept), filters, counts.matched, args.max_malformed_share)
        digest, sample = write_papers(papers, records, kept, arrow, removed, args.threads)
        digest_file.write_text(f"{digest}  {len(kept)} papers\n")
        entry_of = partial(entry, files)
        summary = Ledger(
            input=files[0].path.name if len(files) == 1 else [file.path.name for file in files],
            settings=settings(args),
            lines=ledger.lines,
            buckets=ledger.buckets(entry_of),
            normalised=dict(counts.normalised),
            filled=dict(counts.filled),
            not_understood=not_understood.buckets(entry_of),
            boilerplate=[
                Sentence(papers=shapes.papers[shape], example=shapes.examples[shape]) for shape in recurring
            ],
            languages=frequent_languages(sample),
        )
        write_json(ledger_file, summary)
    say(f"{ledger.lines:,} {files[0].unit}s: {ledger}")
    # exports lack the day of the last change, so that nothing can be set
    known = counts.filled if files[0].unit == "line" else counts.filled | Counter(updated=1)
    for warning in missing_fields(files[0].path, known, fields_of(files[0]), len(records.ids)):
        warn(warning)
    for sentence in summary["boilerplate"][:3]:
        say(f"removed from {sentence['papers']:,} abstracts: {sentence['example']!r} and its like")
    for name, count in not_understood.counts.items():
        if count:
            say(f"{name} of {count:,} records not understood, such as {not_understood.first[name][0][1]}")


if __name__ == "__main__":
    run(main)
