"""Turn the lines of a snapshot into papers, and give every line its bucket of the ledger."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from lib.snapshot import Block

# What is read of a record; the other keys (authors, journal-ref, …) are skipped.
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

PAPERS = pa.schema(
    [
        ("id", pa.string()),
        ("title", pa.string()),
        ("abstract", pa.string()),
        ("text", pa.string()),
        ("categories", pa.list_(pa.string())),
        ("primary_category", pa.string()),
        ("published", pa.date32()),
        ("updated", pa.date32()),
        ("text_hash", pa.binary(16)),
    ]
)
# A paper without what follows from its title and abstract.
SOURCES = pa.schema([column for column in PAPERS if column.name not in ("text", "text_hash")])

BUCKETS = (
    "kept",
    "blank",
    "malformed_json",
    "not_an_object",
    "no_id",
    "no_title",
    "no_abstract",
    "short_abstract",
    "duplicate",
    "withdrawn",
    "filtered",
)
FIRST = 20  # line numbers and reasons kept for each bucket

# What became of a complete record (one with id, title and abstract): its bucket and the reason.
VERDICTS = (
    ("kept", "kept"),
    ("withdrawn", "the abstract is a withdrawal note"),
    ("short_abstract", "the abstract is shorter than min_abstract_chars"),
    ("filtered", "no category matches the patterns"),
    ("filtered", "first version before `since`, or of unknown date"),
    ("filtered", "first version after `until`, or of unknown date"),
    ("duplicate", "another line with this id has a later update_date, or comes later"),
    ("filtered", "not in the subset drawn by `limit`"),
)
KEPT, WITHDRAWN, SHORT, CATEGORY, SINCE, UNTIL, DUPLICATE, LIMIT = range(len(VERDICTS))

# The abstract as a whole is the note: it opens with it. A paper *about* withdrawal does not match.
WITHDRAWAL = (
    r"^(?:(?:this|the)\s+)?(?:arxiv\s+)?"
    r"(?:(?:paper|article|manuscript|submission|preprint|work|version|note|letter|draft|abstract|entry)\b"
    r"(?:\s+and\s+abstract)?\s+)?"
    r"(?:(?:has|have|had|is|was|were)\s+)?(?:(?:now|been|being|temporarily|hereby)\s+)*withdrawn\b"
)
MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
ID_MONTH = re.compile(r"(?:.*/)?(\d\d)(\d\d)(?:\d{3}|\.\d{4,5})")


@dataclass(frozen=True)
class Filters:
    """Which papers to keep; the `clean` section of config.yaml without `limit`."""

    min_abstract_chars: int = 50
    categories: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    keep_withdrawn: bool = False


@dataclass
class Ledger:
    """How many lines fell into each bucket, and the first few of each with their reasons."""

    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(BUCKETS, 0))
    first: dict[str, list[tuple[int, str]]] = field(default_factory=lambda: {b: [] for b in BUCKETS})

    def add(self, bucket: str, line: int, reason: str) -> None:
        self.counts[bucket] += 1
        if len(self.first[bucket]) < FIRST:
            self.first[bucket].append((line, reason))

    def merge(self, later: "Ledger") -> None:
        for bucket in BUCKETS:
            self.counts[bucket] += later.counts[bucket]
            room = FIRST - len(self.first[bucket])
            self.first[bucket] += later.first[bucket][:room]

    @property
    def lines(self) -> int:
        return sum(self.counts.values())


@dataclass
class Parsed:
    """A block's complete records, with the ledger of its other lines.

    Attributes
    ----------
    papers : pa.RecordBatch of SOURCES, the records whose verdict is KEPT, in line order
    ids : pa.Array of string, (n,), of every complete record
    lines : int32 (n,), their line numbers
    updated : int32 (n,), days since 1970, the smallest int32 where unknown
    verdicts : int8 (n,), indices into VERDICTS
    matched : the category patterns that matched at least one complete record
    """

    papers: pa.RecordBatch
    ids: pa.Array
    lines: np.ndarray
    updated: np.ndarray
    verdicts: np.ndarray
    matched: set[str]
    ledger: Ledger


def parse_block(block: Block, filters: Filters) -> Parsed:
    """Parse whole JSON lines into papers; each line gets one bucket or one verdict.

    A block of nothing but sound lines, as nearly all are, is parsed and folded column by column
    in C++ with the interpreter's lock released, so threads suffice to use every core.
    """
    faults: list[tuple[int, str, str]] = []
    records, lines = _read_sound(block), None
    if records is None:
        records, lines = _read_any(block, faults)
    else:
        lines = np.arange(block.first_line, block.first_line + len(records), dtype=np.int32)
    records = _folded(records)
    complete = _complete(records, lines, faults)
    if not complete.all():
        records, lines = records.filter(pa.array(complete)), lines[complete]
    ledger = Ledger()
    for line, bucket, reason in sorted(faults):
        ledger.add(bucket, line, reason)

    ids, title, abstract = (records[key] for key in ("id", "title", "abstract"))
    categories, matches = _categories(records["categories"], filters.categories)
    published = _published(records["versions"], ids)
    updated = _each(records["update_date"], _iso_date, pa.date32())

    verdicts = np.full(len(ids), KEPT, np.int8)
    if filters.since or filters.until:
        days = published.cast(pa.int32()).to_numpy(zero_copy_only=False)  # NaN where unknown
        if filters.until:
            verdicts[~(days <= _days(filters.until))] = UNTIL
        if filters.since:
            verdicts[~(days >= _days(filters.since))] = SINCE
    if filters.categories:
        verdicts[~np.any(matches, axis=0)] = CATEGORY
    verdicts[pc.utf8_length(abstract).to_numpy() < filters.min_abstract_chars] = SHORT
    if not filters.keep_withdrawn:
        notes = pc.match_substring_regex(abstract, WITHDRAWAL, ignore_case=True)
        verdicts[notes.to_numpy(zero_copy_only=False)] = WITHDRAWN

    columns = [ids, title, abstract, categories, pc.list_element(categories, 0), published, updated]
    papers = pa.RecordBatch.from_arrays(columns, schema=SOURCES)
    return Parsed(
        papers=papers if (verdicts == KEPT).all() else papers.filter(pa.array(verdicts == KEPT)),
        ids=ids,
        lines=lines,
        updated=pc.fill_null(updated.cast(pa.int32()), -(2**31)).to_numpy(),
        verdicts=verdicts,
        matched={glob for glob, hits in zip(filters.categories, matches, strict=True) if hits.any()},
        ledger=ledger,
    )


def _read_sound(block: Block) -> pa.Table | None:
    """The block as a table of RECORD if each of its lines is an object of the right types."""
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


def _read_any(block: Block, faults: list) -> tuple[pa.Table, np.ndarray]:
    """The block line by line; what is no object of the right types is a fault."""
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
            rows.append(_plain(record))
            numbers.append(number)
    return pa.Table.from_pylist(rows, schema=RECORD), np.array(numbers, np.int32)


def _wrong_type(record: dict) -> str | None:
    for key in ("id", "title", "abstract"):
        if not isinstance(record.get(key), str | None):
            return key
    return None


def _plain(record: dict) -> dict:
    """The keys of RECORD; what is optional and of another type than expected is left out."""
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


def _folded(records: pa.Table) -> pa.RecordBatch:
    """The records with the whitespace of id, title and abstract folded; what is null stays null."""
    batches = records.combine_chunks().to_batches()
    batch = batches[0] if batches else pa.RecordBatch.from_pylist([], RECORD)
    for column, key in enumerate(("id", "title", "abstract")):
        batch = batch.set_column(column, key, fold(batch[key]))
    return batch


def _complete(records: pa.RecordBatch, lines: np.ndarray, faults: list) -> np.ndarray:
    """Which records have id, title and abstract, bool (n,); the others are faults, by what lacks first."""
    complete = np.ones(len(records), bool)
    for key in ("id", "title", "abstract"):
        filled = pc.greater(pc.fill_null(pc.binary_length(records[key]), 0), 0)
        lacks = complete & ~filled.to_numpy(zero_copy_only=False)
        for row in np.flatnonzero(lacks):
            missing = "blank" if records[key][row].is_valid else "missing or null"
            faults.append((int(lines[row]), f"no_{key}", f"`{key}` is {missing}"))
        complete &= ~lacks
    return complete


def fold(strings: pa.StringArray) -> pa.StringArray:
    """Fold each run of whitespace to one space and trim the ends, as `" ".join(s.split())` does.

    What is null stays null.
    """
    # Nearly all whitespace is single spaces and newlines: turning the newlines to spaces in one
    # pass over the bytes settles nine rows in ten, and the others are folded one by one.
    data, ends = _octets(strings)
    spaced = pa.py_buffer(np.where(data == ord("\n"), np.uint8(ord(" ")), data))
    valid = None if not strings.null_count else pc.is_valid(strings).buffers()[1]
    folded = pa.StringArray.from_buffers(len(strings), pa.py_buffer(ends), spaced, valid)
    folded = pc.ascii_trim_whitespace(folded)
    data, ends = _octets(folded)
    space = data == ord(" ")
    double = np.flatnonzero(space[1:] & space[:-1])
    # control characters, and what is not ASCII, may be whitespace too
    other = np.flatnonzero((data - np.uint8(32)) > 94)
    odd = np.zeros(len(folded), bool)
    odd[np.searchsorted(ends, np.concatenate([double, other]), "right") - 1] = True
    if not odd.any():
        return folded
    rest = [s and " ".join(s.split()) for s in folded.filter(pa.array(odd)).to_pylist()]
    return pc.replace_with_mask(folded, pa.array(odd), pa.array(rest, pa.string()))


def _octets(strings: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of the strings end to end, uint8, and where each begins and ends, int32 (n + 1,)."""
    _, offsets, data = strings.buffers()
    ends = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    first, last = (ends[0], ends[-1]) if len(strings) else (0, 0)
    return np.frombuffer(data or b"", np.uint8)[first:last], ends - first


def with_text(papers: pa.RecordBatch) -> pa.RecordBatch:
    """Papers of SOURCES with all columns of PAPERS.

    `text` is `"{title}. {abstract}"` in lower case, what is embedded and counted; `text_hash` is its hash.
    """
    text = pc.utf8_lower(pc.binary_join_element_wise(papers["title"], papers["abstract"], ". "))
    made = {"text": text, "text_hash": _hash_texts(text)}
    columns = [made[key] if key in made else papers[key] for key in PAPERS.names]
    return pa.RecordBatch.from_arrays(columns, schema=PAPERS)


def _hash_texts(texts: pa.StringArray) -> pa.Array:
    """The 128-bit BLAKE2b hash of each text, as fixed-size binary."""
    data, ends = _octets(texts)
    view, ends = memoryview(data), ends.tolist()
    hashes = [blake2b(view[a:b], digest_size=16).digest() for a, b in pairwise(ends)]
    return pa.array(hashes, pa.binary(16))


def _each(strings: pa.Array, function: Callable, kind: pa.DataType) -> pa.Array:
    """Apply a function to each distinct string, where few are distinct."""
    encoded = strings.dictionary_encode()
    return pa.array(map(function, encoded.dictionary.to_pylist()), kind).take(encoded.indices)


def _categories(strings: pa.Array, globs: tuple[str, ...]) -> tuple[pa.Array, list[np.ndarray]]:
    """The categories as lists (null where there is none), and for each glob which rows match it."""
    lists = _each(strings, lambda s: s.split() or None, pa.list_(pa.string()))
    hits = [
        _each(strings, lambda s, glob=glob: any(fnmatchcase(c, glob) for c in s.split()), pa.bool_())
        for glob in globs
    ]
    return lists, [pc.fill_null(hit, False).to_numpy(zero_copy_only=False) for hit in hits]


def _days(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _iso_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def _published(versions: pa.ListArray, ids: pa.Array) -> pa.Array:
    """The day of the first version; where `versions` lacks it, the first day of the id's month."""
    first = pc.list_slice(versions, 0, 1, return_fixed_size_list=True)
    created = pc.struct_field(pc.list_element(first, 0), "created")
    # "Mon, 2 Apr 2007 19:18:42 GMT": the time of day is cut off so that few are distinct
    days = _each(pc.utf8_slice_codeunits(created, 0, len("Mon, 12 Apr 2007")), _day, pa.date32())
    unknown = days.is_null()
    if not unknown.true_count:
        return days
    months = pa.array(map(_id_month, ids.filter(unknown).to_pylist()), pa.date32())
    return pc.replace_with_mask(days, unknown, months)


def _day(text: str) -> date | None:
    """The date in `"Mon, 2 Apr 2007"`."""
    try:
        _, day, month, year = text.split()
        if len(year) != 4:  # cut off in a date that is spaced otherwise
            return None
        return date(int(year), MONTHS[month], int(day))
    except (KeyError, ValueError):
        return None


def _id_month(identifier: str) -> date | None:
    """The first day of the month in `0704.0001` or `hep-th/9901001`."""
    match = ID_MONTH.fullmatch(identifier)
    if not match or not 1 <= int(match[2]) <= 12:
        return None
    year = int(match[1])
    return date(year + (1900 if year >= 91 else 2000), int(match[2]), 1)
