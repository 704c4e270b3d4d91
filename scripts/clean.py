"""Turn files of records into papers.parquet and facets.parquet, sorted by id, with a ledger of every record.

Records of other formats first become JSON lines. Processes parse blocks of these, and write their papers to
Arrow files next to the output. Memory holds only the ids, dates and verdicts of the records. When all files
have been read, these decide which duplicates are kept and which papers `limit` keeps. The kept papers are
then collected group by group in order of id. Memory is therefore about 50 bytes per paper (more with
`limit`, which hashes the ids), independent of the order of the lines.
"""

import argparse
import gc
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lib.cli import Parser, UserError, boolean, optional, progress, run, say, warn
from lib.files import atomic_outputs, scratch_folder, write_json
from lib.formats.advice import missing_fields
from lib.formats.content import content
from lib.formats.input_files import (
    File,
    check_block,
    check_corpus,
    check_unchanged,
    entry,
    fields_of,
    state,
    unit_of,
    warn_of_local_ids,
)
from lib.pools import in_processes
from lib.records.counts import Counts
from lib.records.dates import latest_year
from lib.records.digests import Digests
from lib.records.facet_paths import FACETS
from lib.records.facets import WRITTEN
from lib.records.fields import FieldPaths
from lib.records.inputs import names_of, packed_copies, part_local_ids, short_names, title_hashes
from lib.records.ledger import KEPT
from lib.records.records import Filters, Parsed, parse_block
from lib.records.schema import PAPERS, Ledger, Sentence
from lib.records.selection import Records, collect, enter, settle, settle_boilerplate
from lib.records.snapshot import Block, blocks, open_snapshot
from lib.tables import table_writer
from lib.words.languages import SAMPLE, frequent_languages

Task = tuple[Path, Block, FieldPaths, bool]
OUTPUTS = ("papers", "facets_table", "ledger", "digest", "metadata", "facets_digest")


def files_to_read(paths: list[Path]) -> list[File]:
    """The files of the input without packed copies of others, of which a warning tells."""
    copies = packed_copies(paths)
    for copy, other in copies.items():
        warn(f"{copy} holds the same as {other}, and is not read")
    return [File(*file) for file in zip(paths, short_names(paths), strict=True) if file[0] not in copies]


def parse_files(
    files: list[File], scratch: Path, filters: Filters, fields: FieldPaths, threads: int
) -> tuple[list[Parsed], list[Path]]:
    """Parse the files in `threads` processes; the papers of block i are in the i-th Arrow file."""
    parsed: list[Parsed] = []
    arrow: list[Path] = []
    sizes: list[int] = []

    def tasks() -> Iterator[Task]:
        line = 0
        for file in files:
            with open_snapshot(file.path) as stream:
                file.state = state(file.path)
                holds = content(stream, file.path, fields)
                file.before, file.unit, file.fields = line, holds.unit, holds.fields
                last = None
                for block in holds.blocks or blocks(stream, file.path):
                    arrow.append(scratch / f"{len(arrow)}.arrow")
                    sizes.append(len(block.data))
                    last = replace(block, first_line=block.first_line + file.before)
                    file.blocks += 1
                    yield arrow[-1], last, holds.fields, holds.local_ids and len(files) > 1
                if last:
                    line = last.first_line - 1 + last.data.count(b"\n") + (not last.data.endswith(b"\n"))

    # processes, since half of the work is done in Python and would wait for its global lock
    work = partial(parse_into, filters=filters)
    with progress(unit="B", unit_scale=True, desc="clean") as bar:
        for part in in_processes(work, tasks(), threads):
            bar.update(sizes[len(parsed)])
            check_block(files, len(parsed), part)
            parsed.append(part)
    check_unchanged(files)
    if not parsed:
        raise UserError(f"{files[0].path}: the file is empty: no record in it; download it again")
    return parsed, arrow


def parse_into(task: Task, filters: Filters) -> Parsed:
    """Parse a block, write its papers to an Arrow file, and return the rest."""
    file, block, fields, local_ids = task
    gc.disable()  # decoded JSON has no cycles, and looking for them in its lists takes a tenth of the time
    parsed = parse_block(block, filters, fields)
    gc.enable()
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, parsed.papers.schema) as writer:
        writer.write_batch(parsed.papers)
    if local_ids:
        parsed.titles = np.zeros(len(parsed.ids), np.uint64)
        parsed.titles[parsed.verdicts == KEPT] = title_hashes(parsed.papers["title"])
    parsed.papers = pa.RecordBatch.from_pylist([], parsed.papers.schema)  # a slice would keep it in memory
    return parsed


def write_papers(
    path: Path,
    facets_path: Path,
    records: Records,
    kept: np.ndarray,
    files: list[Path],
    shapes: frozenset[int],
    facets: tuple[str, ...],
    threads: int,
) -> tuple[Digests, list[str]]:
    """Write papers.parquet and facets.parquet; returns their digests, and a sample of the texts."""
    digests = Digests()
    sample: list[str] = []
    # the hashes of the sample are smaller, whatever the order of the papers
    bound = min(SAMPLE * 2**64 // max(len(kept), 1), 2**64 - 1)
    # long strings share no values worth a dictionary; only the categories repeat
    dictionary = ["primary_category", "categories.list.element"]
    with (
        table_writer(path, PAPERS, use_dictionary=dictionary) as writer,
        table_writer(
            facets_path,
            WRITTEN,
            use_dictionary=["id", "facet", "position"],
            store_schema=False,
            write_statistics=["id"],
        ) as more,
    ):
        for papers, rows in collect(records, kept, files, shapes, facets, threads):
            writer.write_batch(papers)
            more.write_batch(rows)
            digests.add(papers, rows)
            hashes = np.frombuffer(papers["text_hash"].buffers()[1], ">u8")[::2]
            sample += papers["text"].take(pa.array(np.flatnonzero(hashes < bound))).to_pylist()
    return digests, sample


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    about = "input: JSON lines, CSV, RIS, BibTeX, …, plain or .gz .zst .bz2 .xz .tar .zip"
    cli.flag("--snapshot", Path, about, nargs="+")
    cli.flag("--fields", json.loads, "JSON object: for each of our names the path in a record")
    cli.flag("--min-abstract-chars", int, "shorter abstracts are dropped")
    cli.flag("--categories", str, "keep papers with a category like these globs; none: all", nargs="*")
    cli.flag("--since", optional(date.fromisoformat), "first version on this day or later")
    cli.flag("--until", optional(date.fromisoformat), "first version on this day or before")
    cli.flag("--facets", str, "facets to write, as far as records have them", nargs="*", choices=FACETS)
    cli.flag("--limit", optional(int), "papers to sample by hash of the id")
    cli.flag(
        "--keep-withdrawn",
        boolean,
        "keep papers whose abstract is only a note on a withdrawal or a correction",
    )
    cli.flag("--keep-notes", boolean, "keep errata, retraction notices, front matter and tables of contents")
    cli.flag("--max-malformed-share", float, "fail if more of the lines are malformed")
    cli.threads()
    cli.outputs(
        papers="papers.parquet",
        facets_table="facets.parquet",
        ledger="ledger.json",
        digest="papers.digest",
        metadata="metadata.digest",
        facets_digest="facets.digest",
    )
    return cli.parse_args(argv)


def settings(args: argparse.Namespace) -> dict[str, Any]:
    """The section `clean` of the config, as the ledger records it."""
    others = ("snapshot", "threads", *OUTPUTS)
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in vars(args).items()
        if name not in others
    }


def filters_of(args: argparse.Namespace) -> Filters:
    """What decides which records are papers."""
    return Filters(
        min_abstract_chars=args.min_abstract_chars,
        categories=tuple(args.categories),
        since=args.since,
        until=args.until,
        keep_withdrawn=args.keep_withdrawn,
        keep_notes=args.keep_notes,
        latest_year=latest_year(date.today()),
    )


def clean(args: argparse.Namespace, removed_before: frozenset[int] = frozenset()) -> None:
    """Read the snapshot and write the papers; `removed_before`: shapes that were boilerplate in a larger corpus."""
    filters = filters_of(args)
    fields = FieldPaths.parse(args.fields, args.facets)
    with (
        atomic_outputs(*(getattr(args, name) for name in OUTPUTS)) as (
            papers,
            facets,
            ledger_file,
            *digest_files,
        ),
        scratch_folder(".clean-", papers.parent) as scratch,
    ):
        files = files_to_read(args.snapshot)
        parsed, arrow = parse_files(files, scratch, filters, fields, args.threads)
        counts, doubtful = Counts.of(parsed, fields.facets), [part.doubtful for part in parsed]
        ledger, not_understood, shapes = counts.ledger, counts.not_understood, counts.shapes
        records = Records.join(parsed)
        del parsed
        pa.default_memory_pool().release_unused()  # free what parsing needed before sorting needs more
        warn_of_local_ids(files, part_local_ids(records, [file.before for file in files]))
        recurring = shapes.recurring(int(records.bounds[-1]), removed_before)
        removed = frozenset(recurring)
        settle_boilerplate(records, doubtful, arrow, removed, filters.min_abstract_chars)
        kept = settle(records, args.limit)
        enter(ledger, records)
        check_corpus(files, ledger, len(kept), filters, counts.matched, args.max_malformed_share)
        digests, sample = write_papers(
            papers, facets, records, kept, arrow, removed, fields.facets, args.threads
        )
        digests.write(digest_files)
        entry_of = partial(entry, files)
        summary = Ledger(
            input=names_of(args.snapshot),
            unit=unit_of(files),
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
    say(f"{ledger.lines:,} {summary['unit']}s: {ledger}")
    # exports lack the day of the last change, so that nothing can be set
    known = counts.filled if files[0].unit == "line" else counts.filled | Counter(updated=1)
    for warning in missing_fields(files[0].path, known, fields_of(files[0]), len(records.ids)):
        warn(warning)
    for sentence in summary["boilerplate"][:3]:
        say(f"removed from {sentence['papers']:,} abstracts: {sentence['example']!r} and its like")
    for name, count in not_understood.counts.items():
        if count:
            say(f"{name} of {count:,} records not understood, such as {not_understood.first[name][0][1]}")


def main(argv: list[str] | None = None) -> None:
    clean(arguments(argv))


if __name__ == "__main__":
    run(main)
