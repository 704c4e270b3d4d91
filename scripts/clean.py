"""Turn a JSON-lines snapshot into papers.parquet, sorted by id, with a ledger of every line.

Blocks of lines are parsed in threads, which leave their papers in Arrow files beside the
output. Only ids, dates and verdicts of all records are held in memory; when the file has been
read, duplicates and `limit` are settled on these, and the papers are gathered group by group in
order of id. Memory is therefore bounded by some 50 bytes a paper (more with `limit`, which hashes the
ids), whatever the order of the lines.
"""

import hashlib
import json
import tempfile
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lib.cli import UserError, boolean, optional, parser, progress, run, say, written
from lib.draw import draw, hash_ids
from lib.records import (
    DUPLICATE,
    KEPT,
    LIMIT,
    PAPERS,
    SOURCES,
    VERDICTS,
    Filters,
    Ledger,
    Parsed,
    parse_block,
    with_text,
)
from lib.snapshot import Block, blocks, open_snapshot

GROUP_ROWS = 8192  # papers in a row group: some 30 MB a thread while it is gathered
SETTLED = 1 << 17  # ids compared at a time


@dataclass
class Records:
    """The complete records of a snapshot, in line order: all that outlives the reading of it.

    Attributes
    ----------
    ids : pa.StringArray (n,)
    lines : int32 (n,)
    updated : int32 (n,), days
    verdicts : int8 (n,), indices into VERDICTS
    place : int32 (n,), where a kept paper stands in the Arrow files laid end to end
    runs : int64 (number of files + 1,), where each Arrow file begins and ends in these
    """

    ids: pa.StringArray
    lines: np.ndarray
    updated: np.ndarray
    verdicts: np.ndarray
    place: np.ndarray
    runs: np.ndarray

    @classmethod
    def join(cls, parsed: list[Parsed]) -> "Records":
        verdicts = np.concatenate([part.verdicts for part in parsed])
        return cls(
            ids=pa.concat_arrays([part.ids for part in parsed]),
            lines=np.concatenate([part.lines for part in parsed]),
            updated=np.concatenate([part.updated for part in parsed]),
            verdicts=verdicts,
            place=np.cumsum(verdicts == KEPT, dtype=np.int32) - 1,
            runs=np.cumsum([0, *(np.count_nonzero(part.verdicts == KEPT) for part in parsed)]),
        )


def settle(records: Records, limit: int | None) -> np.ndarray:
    """Settle duplicates and `limit`, in place in `records.verdicts`.

    Of the records with one id the latest `updated` stays, then the latest line; the others become
    duplicates, whatever their verdict was. Then `limit` kept papers are drawn by hash of the id.

    Returns
    -------
    int32 (n_kept,): the kept records, sorted by id.
    """
    # stable: equal ids stay in line order
    order = pc.sort_indices(records.ids).to_numpy().astype(np.int32)
    same = np.zeros(max(len(order) - 1, 0), bool)
    for start in range(0, len(same), SETTLED):  # the ids of all records once more would be the peak
        ids = records.ids.take(pa.array(order[start : start + SETTLED + 1]))
        same[start : start + SETTLED] = pc.equal(ids[1:], ids[:-1]).to_numpy(zero_copy_only=False)
    if same.any():
        # Sorting the few records of repeated ids by (id, date, line) puts the one that stays last.
        repeated = np.r_[same, False] | np.r_[False, same]
        at = np.flatnonzero(repeated)
        group = np.cumsum(~np.r_[False, same])[at]
        rank = np.lexsort((records.lines[order[at]], records.updated[order[at]], group))
        loses = group[rank] == np.r_[group[rank][1:], -1]
        records.verdicts[order[at[rank[loses]]]] = DUPLICATE
    kept = order[records.verdicts[order] == KEPT]
    if limit is not None and limit < len(kept):
        drawn = draw(hash_ids(records.ids.take(pa.array(kept)).to_pylist()), limit)
        cut = np.ones(len(kept), bool)
        cut[drawn] = False
        records.verdicts[kept[cut]] = LIMIT
        kept = kept[drawn]
    return kept


def enter(ledger: Ledger, records: Records) -> None:
    """Enter every complete record into the ledger by its verdict."""
    for verdict, (bucket, reason) in enumerate(VERDICTS):
        at = np.flatnonzero(records.verdicts == verdict)
        ledger.counts[bucket] += len(at)
        first = at[:20]
        names = records.ids.take(pa.array(first)).to_pylist()
        entries = [(int(records.lines[i]), f"{name}: {reason}") for i, name in zip(first, names, strict=True)]
        ledger.first[bucket] = sorted(ledger.first[bucket] + entries)[:20]


def gather(records: Records, kept: np.ndarray, runs: list[Path], threads: int) -> Iterator[pa.RecordBatch]:
    """Yield the kept papers in order of id, GROUP_ROWS at a time, from the Arrow files."""

    def group(rows: np.ndarray) -> pa.RecordBatch:
        place = records.place[rows]
        run_of = np.searchsorted(records.runs, place, "right") - 1
        parts = []
        for r in np.unique(run_of):
            with pa.memory_map(str(runs[r])) as file:
                papers = pa.ipc.open_file(file).get_batch(0)
                parts.append(papers.take(pa.array(place[run_of == r] - records.runs[r])))
        papers = pa.concat_batches(parts)
        if len(parts) > 1:
            papers = papers.take(pa.array(np.argsort(np.argsort(run_of, kind="stable"))))
        return with_text(papers)

    with ThreadPoolExecutor(threads) as ahead:
        pending = deque()
        for start in range(0, len(kept), GROUP_ROWS):
            pending.append(ahead.submit(group, kept[start : start + GROUP_ROWS]))
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def read(path: Path, scratch: Path, filters: Filters, threads: int) -> tuple[list[Parsed], list[Path]]:
    """Parse the snapshot in `threads` threads; the papers of block i end in the i-th file."""
    parsed: list[Parsed] = []
    runs: list[Path] = []
    pending: deque[tuple[Future, int]] = deque()
    bar = progress(unit="B", unit_scale=True, desc="clean")

    def collect() -> None:
        job, size = pending.popleft()
        part = job.result()
        parsed.append(part)
        bar.update(size)
        if len(parsed) == 1 and not len(part.ids) and part.ledger.counts["malformed_json"]:
            line, reason = part.ledger.first["malformed_json"][0]
            raise UserError(
                f"{path}, line {line}: {reason}; no line of the first block is a paper. "
                "Expected JSON lines: one object with id, title and abstract a line"
            )

    with bar, ThreadPoolExecutor(threads) as pool, open_snapshot(path) as stream:
        for number, block in enumerate(blocks(stream, path)):
            runs.append(scratch / f"{number}.arrow")
            pending.append((pool.submit(parse_into, runs[-1], block, filters), len(block.data)))
            if len(pending) > threads + 1:
                collect()
        while pending:
            collect()
    if not parsed:
        raise UserError(f"{path}: the file holds no line; download it again")
    return parsed, runs


def parse_into(run: Path, block: Block, filters: Filters) -> Parsed:
    """Parse a block, leave its papers in the Arrow file `run`, and return the rest."""
    parsed = parse_block(block, filters)
    with pa.OSFile(str(run), "wb") as file, pa.ipc.new_file(file, SOURCES) as writer:
        writer.write_batch(parsed.papers)
    parsed.papers = pa.RecordBatch.from_pylist([], SOURCES)  # a slice would keep all of it in memory
    return parsed


def check(path: Path, ledger: Ledger, kept: int, filters: Filters, matched: set[str], share: float) -> None:
    """Stop on a snapshot that is damaged, on a pattern without a paper, and on an empty corpus."""
    malformed = ledger.counts["malformed_json"] + ledger.counts["not_an_object"]
    if malformed > share * ledger.lines:
        first = sorted(ledger.first["malformed_json"] + ledger.first["not_an_object"])[:3]
        places = "; ".join(f"line {line}: {reason}" for line, reason in first)
        raise UserError(
            f"{path}: {malformed:,} of {ledger.lines:,} lines are malformed, more than "
            f"clean.max_malformed_share allows ({share:.2%}); {places}"
        )
    if unmatched := [glob for glob in filters.categories if glob not in matched]:
        raise UserError(
            f"config key clean.categories: {', '.join(map(repr, unmatched))} matches no paper of {path}; "
            "patterns are like 'cs.*', 'math.AG' or 'hep-*'"
        )
    if not kept:
        counts = ", ".join(f"{count:,} {bucket}" for bucket, count in ledger.counts.items() if count)
        raise UserError(f"{path}: no paper is left ({counts}); loosen the filters of `clean` in config.yaml")


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--input", type=Path, required=True, help="snapshot: JSON lines, plain or .gz .zst .zip")
    cli.add_argument("--min-abstract-chars", type=int, default=50)
    cli.add_argument(
        "--categories", nargs="*", default=[], help="keep papers with a category like these globs"
    )
    cli.add_argument("--since", type=optional(date.fromisoformat), help="first version on this day or later")
    cli.add_argument("--until", type=optional(date.fromisoformat), help="first version on this day or before")
    cli.add_argument("--limit", type=optional(int), help="papers to draw at random, by hash of the id")
    cli.add_argument("--keep-withdrawn", type=boolean, default=False)
    cli.add_argument("--max-malformed-share", type=float, default=0.01)
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--papers", type=Path, required=True, help="output: papers.parquet")
    cli.add_argument("--ledger", type=Path, required=True, help="output: clean.json")
    cli.add_argument("--digest", type=Path, required=True, help="output: papers.digest")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    filters = Filters(
        args.min_abstract_chars, tuple(args.categories), args.since, args.until, args.keep_withdrawn
    )
    with (
        written(args.papers, args.ledger, args.digest) as (papers, ledger_file, digest_file),
        tempfile.TemporaryDirectory(prefix=".clean-", dir=papers.parent) as scratch,
    ):
        parsed, runs = read(args.input, Path(scratch), filters, args.threads)
        ledger, matched = Ledger(), set()
        for part in parsed:
            ledger.merge(part.ledger)
            matched |= part.matched
        records = Records.join(parsed)
        del parsed
        pa.default_memory_pool().release_unused()  # what parsing needed, before sorting needs more
        kept = settle(records, args.limit)
        enter(ledger, records)
        check(args.input, ledger, len(kept), filters, matched, args.max_malformed_share)

        digest = hashlib.sha256()
        # long strings share no prefixes worth a dictionary; only the categories repeat
        with pq.ParquetWriter(
            papers, PAPERS, compression="zstd", use_dictionary=["primary_category", "categories.list.element"]
        ) as writer:
            for batch in gather(records, kept, runs, args.threads):
                writer.write_batch(batch)
                for key, text in zip(batch["id"].to_pylist(), batch["text_hash"].to_pylist(), strict=True):
                    digest.update(key.encode() + b"\0" + text)
        digest_file.write_text(f"{digest.hexdigest()}  {len(kept)} papers\n")
        ledger_file.write_text(
            json.dumps(
                {
                    "input": args.input.name,
                    "lines": ledger.lines,
                    "buckets": {
                        bucket: {
                            "count": ledger.counts[bucket],
                            "first": [{"line": line, "reason": why} for line, why in ledger.first[bucket]],
                        }
                        for bucket in ledger.counts
                    },
                },
                indent=1,
            )
            + "\n"
        )
    counts = ", ".join(f"{count:,} {bucket}" for bucket, count in ledger.counts.items() if count)
    say(f"{ledger.lines:,} lines: {counts}")


if __name__ == "__main__":
    run(main)
