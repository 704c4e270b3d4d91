"""Parse the lines of a snapshot into papers; every line gets a bucket of the ledger or a verdict."""

import re
from codecs import BOM_UTF8
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records import boilerplate, withdrawal
from lib.records.arxiv import bare_ids, fill_from_ids
from lib.records.boilerplate import Shapes
from lib.records.dates import (
    EARLIEST_YEAR,
    days_since_1970,
    is_undated,
    parse_date,
    parse_dates,
)
from lib.records.dois import bare_dois
from lib.records.facets import with_facets
from lib.records.fields import (
    PLACEHOLDERS,
    FieldPaths,
    category_column,
    is_empty,
    is_true,
    text_column,
)
from lib.records.ledger import CATEGORY, DELETED, KEPT, NOTE, SHORT, SINCE, UNTIL, WITHDRAWN, LedgerCounts
from lib.records.lenient import read_leniently
from lib.records.notes import is_note
from lib.records.placeholders import without_abstract, without_title
from lib.records.schema import PAPERS
from lib.records.snapshot import Block
from lib.records.text import CHANGES, normalise_strings, without_invisible

# A paper without the columns that follow from its title and abstract, and with the sentences that may be removed.
PARSED_PAPERS = pa.schema([column for column in PAPERS if column.name not in ("text", "text_hash")]).append(
    pa.field("notices", boilerplate.NOTICES)
)
NOTHING = f"^(?i:{'|'.join(map(re.escape, PLACEHOLDERS))})$"
# "Abstract: We study", "Abstract We study", but not "Abstract interpretation is"
HEADING = (
    r"^(?:(?i:abstract|summary)\s*(?:[:.—–]|-\s)\s*|(?:Abstract|ABSTRACT|Summary|SUMMARY)\s+"
    r"((?:We|The|In|This|These|A|An|Here|Our|It|Let|For|Background|Objectives?|Purpose|Introduction|Aims?|Motivation)\b))"
)
# One pass over the abstracts for two searches
HINTS = f"{boilerplate.ANYWHERE}|{withdrawal.ANYWHERE}"
WITHOUT = {"title": without_title, "abstract": without_abstract}
OPTIONAL = ("categories", "published", "updated")


@dataclass(frozen=True)
class Filters:
    """Which papers to keep: the section `clean` of the config without `limit`.

    `latest_year` is the last year of which a date is understood.
    """

    min_abstract_chars: int
    categories: tuple[str, ...]
    since: date | None
    until: date | None
    keep_withdrawn: bool
    keep_notes: bool
    latest_year: int


@dataclass
class Parsed:
    """The complete records of a block, and the ledger of its other lines.

    Attributes
    ----------
    papers : pa.RecordBatch of PARSED_PAPERS and LISTS for each facet, the records with the verdict KEPT, in line order
    ids : pa.Array of string, (n,), of every complete record
    lines : int32 (n,), their line numbers
    updated : int32 (n,), days since 1970, the smallest int32 if unknown
    versions : int16 (n,), the version in an id of arXiv, 0 if there is none
    verdicts : int8 (n,), indices into VERDICTS
    matched : the category patterns that match at least one complete record
    ledger : the lines that are not complete records
    normalised : for each of CHANGES the number of complete records that needed it
    filled : for each of OPTIONAL the number of complete records that have a value; for each facet that of kept ones
    not_understood : values of complete records that were not understood, by name
    shapes : of sentences of `papers` that may be boilerplate
    doubtful : int64 (m,), rows of `papers` that are too short without such sentences
    titles : uint64 (n,), hashes of the titles of the kept papers, 0 for others; empty if the ids hold for all files
    """

    papers: pa.RecordBatch
    ids: pa.Array
    lines: np.ndarray
    updated: np.ndarray
    versions: np.ndarray
    verdicts: np.ndarray
    matched: set[str]
    ledger: LedgerCounts
    normalised: dict[str, int]
    filled: dict[str, int]
    not_understood: LedgerCounts
    shapes: Shapes
    doubtful: np.ndarray
    titles: np.ndarray = field(default_factory=lambda: np.zeros(0, np.uint64))


def parse_block(block: Block, filters: Filters, fields: FieldPaths) -> Parsed:
    """Parse whole JSON lines into papers; each line gets one bucket or one verdict.

    Each line is read alone, so that its bucket does not depend on the lines beside it.
    """
    faults: list[tuple[int, str, str]] = []
    records, lines = read_lines(block, fields, faults)
    deleted = np.array(list(map(is_true, fields.column(records, "deleted"))), bool)
    texts, changes, complete = _read_texts(records, lines, deleted, fields, faults)
    if not complete.all():
        kept = np.flatnonzero(complete)
        records, lines, deleted = [records[i] for i in kept], lines[kept], deleted[kept]
        texts = {name: column.take(pa.array(kept)) for name, column in texts.items()}
    ids, versions = bare_ids(texts["id"])
    ids = bare_dois(ids)
    values = {name: fields.column(records, name) for name in OPTIONAL}
    categories, matches = category_column(values["categories"], filters.categories)
    published, updated = (parse_dates(values[name], filters.latest_year) for name in ("published", "updated"))
    parsed = {"categories": categories, "published": published, "updated": updated}
    filled, not_understood = _compare(values, parsed, ids, lines, fields, filters.latest_year)
    published = fill_from_ids(published, ids)
    hinted = pc.match_substring_regex(texts["abstract"], HINTS)
    verdicts = _judge(texts, hinted, published, matches, filters)
    verdicts[deleted] = DELETED
    columns = [ids, texts["title"], texts["abstract"], categories, pc.list_element(categories, 0)]
    columns += [published, updated, hinted]
    if not (verdicts == KEPT).all():
        kept = np.flatnonzero(verdicts == KEPT)
        records, columns = [records[i] for i in kept], [column.take(pa.array(kept)) for column in columns]
    notices, shapes = boilerplate.find_notices(columns[2], columns.pop())
    papers = pa.RecordBatch.from_arrays([*columns, notices], schema=PARSED_PAPERS)
    lengths = boilerplate.lengths_without(papers["abstract"], notices)
    papers = with_facets(papers, records, lines[verdicts == KEPT], fields, filled, not_understood)
    ledger = LedgerCounts()
    for line, bucket, reason in sorted(faults):
        ledger.add(bucket, line, reason)
    return Parsed(
        papers=papers,
        ids=ids,
        lines=lines,
        updated=pc.fill_null(updated.cast(pa.int32()), -(2**31)).to_numpy(),
        versions=versions,
        verdicts=verdicts,
        matched={glob for glob, hits in zip(filters.categories, matches, strict=True) if hits.any()},
        ledger=ledger,
        normalised={change: int(rows[complete].sum()) for change, rows in changes.items()},
        filled=filled,
        not_understood=not_understood,
        shapes=shapes,
        doubtful=np.flatnonzero(lengths < filters.min_abstract_chars),
    )


def _read_texts(
    records: list[Any],
    lines: np.ndarray,
    deleted: np.ndarray,
    fields: FieldPaths,
    faults: list[tuple[int, str, str]],
) -> tuple[dict[str, pa.StringArray], dict[str, np.ndarray], np.ndarray]:
    """Ids, titles and abstracts, the rows that each of CHANGES changed, and which rows have all three.

    Of a deleted paper the id is enough.
    """
    texts, changes = {}, {name: np.zeros(len(records), bool) for name in CHANGES}
    complete = np.ones(len(records), bool)
    for name in ("id", "title", "abstract"):
        column, wrong = text_column(fields.column(records, name), numbers=name == "id")
        if name == "id":
            column = pc.utf8_trim_whitespace(without_invisible(column))
        else:
            column, changed = normalise_strings(column)
            if name == "abstract":
                headed = pc.match_substring_regex(column, "^(?i:abstract|summary)")
                column = _replaced(column, headed, HEADING, r"\1")
            for change, rows in changed.items():
                changes[change][rows] = True
        column = _replaced(column, pc.less(pc.binary_length(column), 5), NOTHING, "")
        reasons = {row: f"is a JSON {kind}" + ", not a string" * (" " not in kind) for row, kind in wrong}
        if name in WITHOUT:
            column, absent = _emptied(column, WITHOUT[name](column))
            reasons |= absent
        excused = deleted & (name != "id")
        texts[name] = pc.fill_null(column, "") if excused.any() else column
        wanted = complete & ~excused
        complete &= _filled(fields.describe(name), name, column, reasons, wanted, lines, faults) | excused
    return texts, changes, complete


def _replaced(texts: pa.StringArray, rows: pa.BooleanArray, pattern: str, by: str) -> pa.StringArray:
    """The texts with a pattern replaced in some rows, which are few: the others cost nothing."""
    rows = pc.fill_null(rows, False)
    if not pc.any(rows).as_py():
        return texts
    return pc.replace_with_mask(texts, rows, pc.replace_substring_regex(texts.filter(rows), pattern, by))


def _emptied(texts: pa.StringArray, reasons: dict[int, str]) -> tuple[pa.StringArray, dict[int, str]]:
    """The texts with the rows emptied that say that there is no text, and the same reasons."""
    if not reasons:
        return texts, reasons
    rows = np.zeros(len(texts), bool)
    rows[list(reasons)] = True
    return pc.if_else(pa.array(rows), "", texts), reasons


def _compare(
    values: dict[str, list[Any]],
    parsed: dict[str, pa.Array],
    ids: pa.StringArray,
    lines: np.ndarray,
    fields: FieldPaths,
    latest_year: int,
) -> tuple[dict[str, int], LedgerCounts]:
    """For each of OPTIONAL: how many records have a value, and the values that were not understood."""
    filled, not_understood = dict.fromkeys(OPTIONAL, len(ids)), LedgerCounts((*OPTIONAL, *fields.facets))
    for name, column in parsed.items():
        for row in np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False)):
            if is_empty(value := values[name][row]) or (name != "categories" and is_undated(value)):
                filled[name] -= 1
            else:
                reason = f"{fields.describe(name)} of {ids[row]}: {str(value)[:60]!r}"
                if name != "categories" and parse_date(value):
                    reason += f", not between {EARLIEST_YEAR} and {latest_year}"
                not_understood.add(name, int(lines[row]), reason)
    return filled, not_understood


def read_lines(
    block: Block, fields: FieldPaths, faults: list[tuple[int, str, str]]
) -> tuple[list[Any], np.ndarray]:
    """The records of the lines that hold a JSON object, and their line numbers; the others are faults.

    A strict reader takes nearly all lines. A lenient one takes the lines that it refuses: NaN and
    Infinity, as pandas writes them, and control characters in strings.
    """
    decode: Callable[[bytes], Any] = msgspec.json.Decoder(fields.record_type).decode
    records, numbers = [], []
    lines = block.data.split(b"\n")
    if not lines[-1]:
        lines.pop()  # behind the last line end
    if BOM_UTF8 in block.data:  # it begins each of several files that were joined
        lines = [line.removeprefix(BOM_UTF8) for line in lines]
    for number, line in enumerate(lines, block.first_line):
        try:
            records.append(decode(line))
        except (msgspec.MsgspecError, UnicodeError, RecursionError):
            record, bucket, reason = read_leniently(line)
            if bucket:
                reason = block.faults.get(number - block.first_line, reason)
                faults.append((number, bucket, reason))
                continue
            values = {attribute: record.get(key) for key, attribute in fields.keys.items()}
            records.append(fields.record_type(**values))
        numbers.append(number)
    return records, np.array(numbers, np.int32)


def _filled(
    path: str,
    name: str,
    texts: pa.StringArray,
    reasons: dict[int, str],
    wanted: np.ndarray,
    lines: np.ndarray,
    faults: list[tuple[int, str, str]],
) -> np.ndarray:
    """Which records have this text: bool (n,). A record of `wanted`, bool (n,), that lacks it is at fault."""
    filled = pc.greater(pc.fill_null(pc.binary_length(texts), 0), 0).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(wanted & ~filled).tolist():
        reason = reasons.get(row) or f"is {'blank' if texts[row].is_valid else 'missing or null'}"
        faults.append((int(lines[row]), f"no_{name}", f"{path} {reason}"))
    return filled


def _judge(
    texts: dict[str, pa.Array],
    hinted: pa.Array,
    published: pa.Array,
    matches: list[np.ndarray],
    filters: Filters,
) -> np.ndarray:
    """The verdict of each complete record: int8 (n,). Of several reasons the last one here counts."""
    title, abstract = texts["title"], texts["abstract"]
    verdicts = np.full(len(abstract), KEPT, np.int8)
    if filters.since or filters.until:
        days = published.cast(pa.int32()).to_numpy(zero_copy_only=False)  # nan if unknown
        if filters.until:
            verdicts[~(days <= days_since_1970(filters.until))] = UNTIL
        if filters.since:
            verdicts[~(days >= days_since_1970(filters.since))] = SINCE
    if filters.categories:
        verdicts[~np.any(matches, axis=0)] = CATEGORY
    verdicts[pc.utf8_length(abstract).to_numpy() < filters.min_abstract_chars] = SHORT
    note = is_note(title, abstract).to_numpy(zero_copy_only=False)
    if not filters.keep_withdrawn:
        verdicts[withdrawal.is_withdrawal_note(abstract, hinted).to_numpy(zero_copy_only=False) & ~note] = (
            WITHDRAWN
        )
    if not filters.keep_notes:
        verdicts[note] = NOTE
    return verdicts
