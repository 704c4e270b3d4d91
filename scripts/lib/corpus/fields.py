"""The columns of papers.parquet from the fields of the records."""

import re
from collections.abc import Callable
from datetime import date
from fnmatch import fnmatchcase
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.tables import PAPERS

MONTHS = {
    name: number
    for number, name in enumerate(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1
    )
}
ID_MONTH = re.compile(r"(?:.*/)?(\d\d)(\d\d)(?:\d{3}|\.\d{4,5})")


def fold_whitespace(strings: pa.StringArray) -> pa.StringArray:
    """Fold each run of whitespace to one space and trim the ends, as `" ".join(s.split())` does.

    Null values stay null.
    """
    # Nearly all whitespace is single spaces and newlines. One pass over the bytes turns newlines
    # into spaces, which is all that nine rows in ten need; the others are folded one by one.
    data, ends = _octets(strings)
    spaced = pa.py_buffer(np.where(data == ord("\n"), np.uint8(ord(" ")), data))
    valid = None if not strings.null_count else pc.is_valid(strings).buffers()[1]
    folded = pa.StringArray.from_buffers(len(strings), pa.py_buffer(ends), spaced, valid)
    folded = pc.ascii_trim_whitespace(folded)
    data, ends = _octets(folded)
    space = data == ord(" ")
    double = np.flatnonzero(space[1:] & space[:-1])
    # control characters and characters outside ASCII may be whitespace too
    other = np.flatnonzero((data - np.uint8(32)) > 94)
    odd = np.zeros(len(folded), bool)
    odd[np.searchsorted(ends, np.concatenate([double, other]), "right") - 1] = True
    if not odd.any():
        return folded
    rest = [s and " ".join(s.split()) for s in folded.filter(pa.array(odd)).to_pylist()]
    return pc.replace_with_mask(folded, pa.array(odd), pa.array(rest, pa.string()))


def _octets(strings: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """The bytes of all strings end to end, uint8, and where each begins and ends, int32 (n + 1,)."""
    _, offsets, data = strings.buffers()
    ends = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    first, last = (ends[0], ends[-1]) if len(strings) else (0, 0)
    return np.frombuffer(data or b"", np.uint8)[first:last], ends - first


def add_text(papers: pa.RecordBatch) -> pa.RecordBatch:
    """Add the columns `text` and `text_hash` to papers that have the other columns of PAPERS.

    `text` is `"{title}. {abstract}"` in lower case: what is embedded and counted.
    """
    text = pc.utf8_lower(pc.binary_join_element_wise(papers["title"], papers["abstract"], ". "))
    added = {"text": text, "text_hash": _hash_texts(text)}
    columns = [added[key] if key in added else papers[key] for key in PAPERS.names]
    return pa.RecordBatch.from_arrays(columns, schema=PAPERS)


def _hash_texts(texts: pa.StringArray) -> pa.Array:
    """The 128-bit BLAKE2b hash of each text, as fixed-size binary."""
    data, ends = _octets(texts)
    view = data.data
    hashes = [blake2b(view[a:b], digest_size=16).digest() for a, b in pairwise(ends.tolist())]
    return pa.array(hashes, pa.binary(16))


def parse_categories(strings: pa.Array, globs: tuple[str, ...]) -> tuple[pa.Array, list[np.ndarray]]:
    """The categories as lists (null if there are none), and for each glob which rows match it."""
    lists = _map_distinct(strings, lambda s: s.split() or None, pa.list_(pa.string()))
    hits = [
        _map_distinct(strings, lambda s, glob=glob: any(fnmatchcase(c, glob) for c in s.split()), pa.bool_())
        for glob in globs
    ]
    return lists, [pc.fill_null(hit, False).to_numpy(zero_copy_only=False) for hit in hits]


def _map_distinct(strings: pa.Array, function: Callable, kind: pa.DataType) -> pa.Array:
    """Apply a function to each distinct string; for columns with few distinct values."""
    encoded = strings.dictionary_encode()
    return pa.array(map(function, encoded.dictionary.to_pylist()), kind).take(encoded.indices)


def days_since_1970(day: date) -> int:
    """The number by which Arrow stores a date."""
    return (day - date(1970, 1, 1)).days


def parse_iso_dates(strings: pa.Array) -> pa.Array:
    """Dates as `2010-04-12`; null if a string is not one."""
    return _map_distinct(strings, _iso_date, pa.date32())


def _iso_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None


def parse_published(versions: pa.ListArray, ids: pa.Array) -> pa.Array:
    """The day of the first version; without `versions`, the first day of the month in the id."""
    first = pc.list_slice(versions, 0, 1, return_fixed_size_list=True)
    created = pc.struct_field(pc.list_element(first, 0), "created")
    # "Mon, 2 Apr 2007 19:18:42 GMT": without the time of day, few strings are distinct
    days = _map_distinct(pc.utf8_slice_codeunits(created, 0, len("Mon, 12 Apr 2007")), _rfc_date, pa.date32())
    unknown = days.is_null()
    if not unknown.true_count:
        return days
    months = pa.array(map(_month_of_id, ids.filter(unknown).to_pylist()), pa.date32())
    return pc.replace_with_mask(days, unknown, months)


def _rfc_date(text: str) -> date | None:
    """The date in `"Mon, 2 Apr 2007"`."""
    try:
        _, day, month, year = text.split()
        if len(year) != 4:  # cut off in a date that has other spaces
            return None
        return date(int(year), MONTHS[month], int(day))
    except (KeyError, ValueError):
        return None


def _month_of_id(identifier: str) -> date | None:
    """The first day of the month in `0704.0001` or `hep-th/9901001`."""
    match = ID_MONTH.fullmatch(identifier)
    if not match or not 1 <= int(match[2]) <= 12:
        return None
    year = int(match[1])
    return date(year + (1900 if year >= 91 else 2000), int(match[2]), 1)
