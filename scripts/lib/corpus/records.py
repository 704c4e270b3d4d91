"""Parse the lines of a snapshot into papers; every line gets a bucket of the ledger or a verdict."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from lib.corpus.fields import (
    days_since_1970,
    fold_whitespace,
    parse_categories,
    parse_iso_dates,
    parse_published,
)
from lib.corpus.ledger import CATEGORY, KEPT, SHORT, SINCE, UNTIL, WITHDRAWN, LedgerCounts
from lib.corpus.snapshot import Block
from lib.tables import PAPERS

# The keys that are read of a record; the others (authors, journal-ref, …) are skipped.
RECORD = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("abstract", pa.string()),
        ("categories", pa.string()),
        ("update_date", pa.string()),
        ("versions", pa.list_(pa.struct([("created", pa.string())]))),
    ]
)
# A paper without the columns that follow from its title and abstract.
PARSED_PAPERS = pa.schema([column for column in PAPERS if column.name not in ("text", "text_hash")])

# The abstract begins with the note. A paper *about* withdrawal does not match.
WITHDRAWAL = (
    r"^(?:(?:this|the)\s+)?(?:arxiv\s+)?"
    r"(?:(?:paper|article|manuscript|submission|preprint|work|version|note|letter|draft|abstract|entry)\b"
    r"(?:\s+and\s+abstract)?\s+)?"
    r"(?:(?:has|have|had|is|was|were)\s+)?(?:(?:now|been|being|temporarily|hereby)\s+)*withdrawn\b"
)


@dataclass(frozen=True)
class Filters:
    """Which papers to keep: the section `clean` of the config without `limit`."""

    min_abstract_chars: int
    categories: tuple[str, ...]
    since: date | None
    until: date | None
    keep_withdrawn: bool


@dataclass
class Parsed:
    """The complete records of a block, and the ledger of its other lines.

    Attributes
    ----------
    papers : pa.RecordBatch of PARSED_PAPERS, the records with the verdict KEPT, in line order
    ids : pa.Array of string, (n,), of every complete record
    lines : int32 (n,), their line numbers
    updated : int32 (n,), days since 1970, the smallest int32 if unknown
    verdicts : int8 (n,), indices into VERDICTS
    matched : the category patterns that match at least one complete record
    ledger : the lines that are not complete records
    """

    papers: pa.RecordBatch
    ids: pa.Array
    lines: np.ndarray
    updated: np.ndarray
    verdicts: np.ndarray
    matched: set[str]
    ledger: LedgerCounts


def parse_block(block: Block, filters: Filters) -> Parsed:
    """Parse whole JSON lines into papers; each line gets one bucket or one verdict.

    A block with sound lines only, as nearly all are, is parsed and folded column by column in C++
    without Python's global lock, so that threads use every core.
    """
    faults: list[tuple[int, str, str]] = []
    sound = _read_sound(block)
    if sound is None:
        records, lines = _read_any(block, faults)
    else:
        records = sound
        lines = np.arange(block.first_line, block.first_line + len(records), dtype=np.int32)
    batch = _fold(records)
    complete = _complete(batch, lines, faults)
    if not complete.all():
        batch, lines = batch.filter(pa.array(complete)), lines[complete]
    ledger = LedgerCounts()
    for line, bucket, reason in sorted(faults):
        ledger.add(bucket, line, reason)

    ids, title, abstract = (batch[key] for key in ("id", "title", "abstract"))
    categories, matches = parse_categories(batch["categories"], filters.categories)
    published = parse_published(batch["versions"], ids)
    updated = parse_iso_dates(batch["update_date"])
    verdicts = _judge(abstract, published, matches, filters)

    columns = [ids, title, abstract, categories, pc.list_element(categories, 0), published, updated]
    papers = pa.RecordBatch.from_arrays(columns, schema=PARSED_PAPERS)
    return Parsed(
        papers=papers if (verdicts == KEPT).all() else papers.filter(pa.array(verdicts == KEPT)),
        ids=ids,
        lines=lines,
        updated=pc.fill_null(updated.cast(pa.int32()), -(2**31)).to_numpy(),
        verdicts=verdicts,
        matched={glob for glob, hits in zip(filters.categories, matches, strict=True) if hits.any()},
        ledger=ledger,
    )


def _judge(
    abstract: pa.Array, published: pa.Array, matches: list[np.ndarray], filters: Filters
) -> np.ndarray:
    """The verdict of each complete record: int8 (n,). Of several reasons the last one here counts."""
    verdicts = np.full(len(abstract), KEPT, np.int8)
    if filters.since or filters.until:
        days = published.cast(pa.int32()).to_numpy(zero_copy_only=False)  # NaN if unknown
        if filters.until:
            verdicts[~(days <= days_since_1970(filters.until))] = UNTIL
        if filters.since:
            verdicts[~(days >= days_since_1970(filters.since))] = SINCE
    if filters.categories:
        verdicts[~np.any(matches, axis=0)] = CATEGORY
    verdicts[pc.utf8_length(abstract).to_numpy() < filters.min_abstract_chars] = SHORT
    if not filters.keep_withdrawn:
        notes = pc.match_substring_regex(abstract, WITHDRAWAL, ignore_case=True)
        verdicts[notes.to_numpy(zero_copy_only=False)] = WITHDRAWN
    return verdicts


def _read_sound(block: Block) -> pa.Table | None:
    """The block as a table of RECORD, if each of its lines is an object of the right types."""
    data = block.data
    if not (data.startswith(b"{") and data.endswith((b"}", b"}\n"))):
        return None
    octets = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(octets[:-1] == ord("\n"))
    if not ((octets[ends - 1] == ord("}")) & (octets[ends + 1] == ord("{"))).all():
        return None
    try:
        table = pj.read_json(
            pa.BufferReader(data),
            pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
            pj.ParseOptions(explicit_schema=RECORD, unexpected_field_behavior="ignore"),
        )
        table.validate(full=True)  # the JSON reader does not check the encoding
    except pa.ArrowInvalid:
        return None
    lines = len(ends) + 1
    return table.combine_chunks() if len(table) == lines else None


def _read_any(block: Block, faults: list[tuple[int, str, str]]) -> tuple[pa.Table, np.ndarray]:
    """The block line by line; a line that is not an object of the right types is a fault."""
    rows, numbers = [], []
    for number, line in enumerate(block.data.removesuffix(b"\n").split(b"\n"), block.first_line):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            if line.strip():
                faults.append((number, "malformed_json", str(error)))
            else:
                faults.append((number, "blank", "the line is blank"))
            continue
        if not isinstance(record, dict):
            faults.append((number, "not_an_object", f"the line is a JSON {type(record).__name__}"))
        elif wrong := _wrong_type(record):
            kind = type(record[wrong]).__name__
            faults.append((number, f"no_{wrong}", f"`{wrong}` is a JSON {kind}, not a string"))
        else:
            rows.append(_select_keys(record))
            numbers.append(number)
    return pa.Table.from_pylist(rows, schema=RECORD), np.array(numbers, np.int32)


def _wrong_type(record: dict) -> str | None:
    for key in ("id", "title", "abstract"):
        if not isinstance(record.get(key), str | None):
            return key
    return None


def _select_keys(record: dict) -> dict:
    """The keys of RECORD; an optional value of another type than expected becomes null."""
    categories = record.get("categories")
    if isinstance(categories, list):  # as in the first Kaggle snapshots
        categories = " ".join(name for name in categories if isinstance(name, str))
    versions = record.get("versions")
    versions = [v for v in versions if isinstance(v, dict)] if isinstance(versions, list) else []
    created = versions[0].get("created") if versions else None
    updated = record.get("update_date")
    return {
        "id": record.get("id"),
        "title": record.get("title"),
        "abstract": record.get("abstract"),
        "categories": categories if isinstance(categories, str) else None,
        "update_date": updated if isinstance(updated, str) else None,
        "versions": [{"created": created}] if isinstance(created, str) else None,
    }


def _fold(records: pa.Table) -> pa.RecordBatch:
    """The records with the whitespace of id, title and abstract folded."""
    batches = records.combine_chunks().to_batches()
    batch = batches[0] if batches else pa.RecordBatch.from_pylist([], RECORD)
    for column, key in enumerate(("id", "title", "abstract")):
        batch = batch.set_column(column, key, fold_whitespace(batch[key]))
    return batch


def _complete(records: pa.RecordBatch, lines: np.ndarray, faults: list[tuple[int, str, str]]) -> np.ndarray:
    """Which records have id, title and abstract: bool (n,). The first key that is missing is the fault."""
    complete = np.ones(len(records), bool)
    for key in ("id", "title", "abstract"):
        filled = pc.greater(pc.fill_null(pc.binary_length(records[key]), 0), 0)
        lacking = complete & ~filled.to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(lacking):
            fault = "blank" if records[key][row].is_valid else "missing or null"
            faults.append((int(lines[row]), f"no_{key}", f"`{key}` is {fault}"))
        complete &= ~lacking
    return complete
