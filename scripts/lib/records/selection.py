"""Settle duplicates and the sample over all records, and collect the kept papers in order of id."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records.boilerplate import without_notices
from lib.records.facets import facet_rows
from lib.records.fields import add_text
from lib.records.ledger import BOILERPLATE, DELETED, DUPLICATE, FIRST, KEPT, LIMIT, VERDICTS, LedgerCounts
from lib.records.records import Parsed
from lib.rows import hash_ids, sample_rows

GROUP_ROWS = 8192  # papers in a row group: some 30 MB per thread while it is collected
COMPARED_IDS = 1 << 17  # at a time
NO_DATE = -(2**31)  # `updated` of a record without one


@dataclass
class Records:
    """All complete records of a snapshot in line order, without their texts.

    Attributes
    ----------
    ids : pa.StringArray (n,)
    lines : int32 (n,)
    updated : int32 (n,), days
    versions : int16 (n,), of the id
    verdicts : int8 (n,), indices into VERDICTS
    titles : uint64 (n,), hashes of the titles of kept papers whose ids may hold for one file only, else 0
    position : int32 (n,), of a kept paper in the Arrow files laid end to end
    bounds : int64 (number of files + 1,), where each Arrow file begins and ends among these positions
    """

    ids: pa.StringArray
    lines: np.ndarray
    updated: np.ndarray
    versions: np.ndarray
    verdicts: np.ndarray
    titles: np.ndarray
    position: np.ndarray
    bounds: np.ndarray

    @classmethod
    def join(cls, parsed: list[Parsed]) -> "Records":
        """Join the records of all blocks."""
        verdicts = np.concatenate([part.verdicts for part in parsed])
        return cls(
            ids=pa.concat_arrays([part.ids for part in parsed]),
            lines=np.concatenate([part.lines for part in parsed]),
            updated=np.concatenate([part.updated for part in parsed]),
            versions=np.concatenate([part.versions for part in parsed]),
            verdicts=verdicts,
            titles=_titles(parsed),
            position=np.cumsum(verdicts == KEPT, dtype=np.int32) - 1,
            bounds=np.cumsum([0, *(np.count_nonzero(part.verdicts == KEPT) for part in parsed)]),
        )


def _titles(parsed: list[Parsed]) -> np.ndarray:
    """The hashes of the titles of all blocks, uint64 (n,), 0 in blocks without them; empty if none has them."""
    if not any(len(part.titles) for part in parsed):
        return np.zeros(0, np.uint64)
    return np.concatenate(
        [part.titles if len(part.titles) else np.zeros(len(part.ids), np.uint64) for part in parsed]
    )


def settle_boilerplate(
    records: Records, doubtful: list[np.ndarray], files: list[Path], shapes: frozenset[int], min_chars: int
) -> None:
    """Settle which papers are too short without their boilerplate, in place in `records.verdicts`.

    Parameters
    ----------
    doubtful : for each Arrow file the rows, int64, that may be
    shapes : of the sentences that are removed
    """
    kept = np.flatnonzero(records.verdicts == KEPT)
    for file, rows, first in zip(files, doubtful, records.bounds.tolist(), strict=False):
        if len(rows) and shapes:
            with pa.memory_map(str(file)) as source:
                papers = pa.ipc.open_file(source).get_batch(0).take(pa.array(rows))
            left = pc.utf8_length(without_notices(papers["abstract"], papers["notices"], shapes)).to_numpy()
            records.verdicts[kept[first + rows[left < min_chars]]] = BOILERPLATE


def settle(records: Records, limit: int | None) -> np.ndarray:
    """Settle duplicates and `limit`, in place in `records.verdicts`.

    If several records share an id, the one with the latest `updated` stays, then the one with the
    highest version, then the latest line. The others become duplicates, whatever their verdict was. A record
    whose abstract is only boilerplate replaces none and is not a duplicate.
    Then `limit` kept papers are sampled by hash of the id.

    Returns
    -------
    int32 (n_kept,): the kept records, sorted by id
    """
    order = pc.sort_indices(records.ids).to_numpy().astype(np.int32)  # stable: equal ids by line
    same = _equals_next(records.ids, order)
    if same.any():
        # Sorting the few records of repeated ids by (id, date, version, line) puts the one that stays last.
        repeated = np.r_[same, False] | np.r_[False, same]
        at = np.flatnonzero(repeated)
        group = np.cumsum(~np.r_[False, same])[at]
        row = order[at]
        _date_deletions(records, row, group)
        stands = records.verdicts[row] != BOILERPLATE
        rank = np.lexsort((records.lines[row], records.versions[row], records.updated[row], stands, group))
        loses = (group[rank] == np.r_[group[rank][1:], -1]) & stands[rank]
        records.verdicts[order[at[rank[loses]]]] = DUPLICATE
    kept = order[records.verdicts[order] == KEPT]
    if limit is not None and limit < len(kept):
        sampled = sample_rows(hash_ids(records.ids.take(pa.array(kept)).to_pylist()), limit)
        left_out = np.ones(len(kept), bool)
        left_out[sampled] = False
        records.verdicts[kept[left_out]] = LIMIT
        kept = kept[sampled]
    return kept


def _date_deletions(records: Records, rows: np.ndarray, group: np.ndarray) -> None:
    """Give deletions without a date the latest date of the earlier records with their id, so that the line decides.

    Parameters
    ----------
    rows : int (m,), records of repeated ids, in order of id and line
    group : int (m,), the number of the id
    """
    undated = (records.verdicts[rows] == DELETED) & (records.updated[rows] == NO_DATE)
    for i in np.flatnonzero(undated):
        earlier = rows[np.searchsorted(group, group[i]) : i]
        if len(earlier):
            records.updated[rows[i]] = records.updated[earlier].max()
            records.versions[rows[i]] = records.versions[earlier].max()


def _equals_next(ids: pa.StringArray, order: np.ndarray) -> np.ndarray:
    """Whether each id, in the given order, is the next one too: bool (n - 1,).

    A sorted copy of all ids would be the peak of memory, so they are compared some at a time.
    """
    same = np.zeros(max(len(order) - 1, 0), bool)
    for start in range(0, len(same), COMPARED_IDS):
        block = ids.take(pa.array(order[start : start + COMPARED_IDS + 1]))
        same[start : start + COMPARED_IDS] = pc.equal(block[1:], block[:-1]).to_numpy(zero_copy_only=False)
    return same


def enter(ledger: LedgerCounts, records: Records) -> None:
    """Enter every complete record into the ledger by its verdict."""
    for verdict, (bucket, reason) in enumerate(VERDICTS):
        at = np.flatnonzero(records.verdicts == verdict)
        first = at[:FIRST]
        names = records.ids.take(pa.array(first)).to_pylist()
        entries = [(int(records.lines[i]), f"{name}: {reason}") for i, name in zip(first, names, strict=True)]
        ledger.add_many(bucket, len(at), entries)


def collect(
    records: Records,
    kept: np.ndarray,
    files: list[Path],
    shapes: frozenset[int],
    facets: tuple[str, ...],
    threads: int,
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Yield the kept papers in order of id, GROUP_ROWS at a time, from the Arrow files, and the rows of their facets.

    Their abstracts come without the sentences whose shape is in `shapes`.
    """

    def group(rows: np.ndarray) -> tuple[pa.RecordBatch, pa.RecordBatch]:
        position = records.position[rows]
        file_of = np.searchsorted(records.bounds, position, "right") - 1
        parts = []
        for i in np.unique(file_of):
            with pa.memory_map(str(files[i])) as file:
                papers = pa.ipc.open_file(file).get_batch(0)
                parts.append(papers.take(pa.array(position[file_of == i] - records.bounds[i])))
        papers = pa.concat_batches(parts)
        if len(parts) > 1:
            papers = papers.take(pa.array(np.argsort(np.argsort(file_of, kind="stable"))))
        abstracts = without_notices(papers["abstract"], papers["notices"], shapes)
        papers = papers.set_column(papers.schema.get_field_index("abstract"), "abstract", abstracts)
        papers = papers.set_column(0, "id", records.ids.take(pa.array(rows)))
        return add_text(papers), facet_rows(papers, facets)

    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[tuple[pa.RecordBatch, pa.RecordBatch]]] = deque()
        for start in range(0, len(kept), GROUP_ROWS):
            pending.append(pool.submit(group, kept[start : start + GROUP_ROWS]))
            if len(pending) > threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
