"""Records of tagged lines: RIS, Web of Science plain text, and MEDLINE (PubMed).

Own code, since rispy joins records without an end tag and loses the last one, both without a word, and
knows no MEDLINE. See docs/measurements/reading.md.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import Any

from lib.formats.lines import (
    DERIVED_ID,
    Record,
    Table,
    derived_id,
    drop_unclear_dates,
    text_lines,
    without_full_stop,
)
from lib.records.dois import bare_doi
from lib.records.snapshot import Readable

RIS_TAG = re.compile(r"([A-Z][A-Z0-9])  -(?:\s(.*)|\s*$)")
RIS_TAG_OF_ONE_SPACE = re.compile(r"([A-Z][A-Z0-9])\s-(?:\s(.*)|\s*$)")  # some programs write it so
WOS_TAG = re.compile(r"([A-Z][A-Z0-9])(?:\s(.*)|\s*$)")
MEDLINE_TAG = re.compile(r"([A-Z]{2,4}) {0,3}-(?:\s(.*)|\s*$)")
NOT_RECORDS = {"FN", "VR", "EF"}  # head and end of a file of Web of Science
WOS_LISTS = ("AU", "AF", "C1", "CR")  # tags with a value on each line
RIS_DATES = ("DA", "PY", "Y1")
HEAD_LINES = 200  # in which a file of RIS has its first record


def tagged(
    lines: Iterable[str], tag: re.Pattern[str], start: str, one_per_line: Collection[str] = ()
) -> Iterator[dict[str, list[str]]]:
    """The values of each tag, record by record.

    A record begins with its start tag or behind the end of another, and ends with ER or the next start.

    A line without a tag continues the one above, or is one more value of the tags in `one_per_line`.
    """
    record: dict[str, list[str]] = {}
    values: list[str] = []
    name = ""
    for line in lines:
        match = tag.match(line)
        if not match:
            if record and values and (more := line.strip()):
                if name in one_per_line:
                    values.append(more)
                else:
                    values[-1] = f"{values[-1]} {more}".strip()
            continue
        name, value = match[1], (match[2] or "").strip()
        if name in (start, "ER"):
            if record:
                yield record
            record, values = {}, []
        if name not in NOT_RECORDS and name != "ER":
            values = record.setdefault(name, [])
            values.append(value)
    if record:
        yield record


def _plain(record: dict[str, list[str]]) -> Record:
    """Lists of one value as the value; empty values dropped."""
    filled = {name: [value for value in values if value] for name, values in record.items()}
    return {name: values if len(values) > 1 else values[0] for name, values in filled.items() if values}


def _ris(lines: Iterable[str]) -> Iterator[Record]:
    lines = iter(lines)
    head = list(islice(lines, HEAD_LINES))
    first = next((line for line in head if line.startswith("TY")), "")
    tag = RIS_TAG_OF_ONE_SPACE if RIS_TAG_OF_ONE_SPACE.match(first) else RIS_TAG
    for values in tagged(chain(head, lines), tag, "TY"):
        record = _plain(values)
        for name in RIS_DATES:
            if date := _ris_date(record.get(name)):
                record[name] = date
            else:
                record.pop(name, None)  # "Mar 15": the year is under another tag
        drop_unclear_dates(record, RIS_DATES)
        title = next((name for name in ("TI", "T1", "CT") if name in record), "TI")
        year = next((name for name in reversed(RIS_DATES) if name in record), "PY")
        for name in ("AU", "A1", "AD", "JO", "JF", "T2"):
            _listed(record, name)
        # ID is for one file only
        if bare_doi(record.get("DO")) or not isinstance(record.get("AN"), str):
            record[DERIVED_ID] = derived_id(record, "DO", title, year)
        yield record


def _ris_date(value: Any) -> str:
    """A date of RIS (`2020/03/15/spring`) without its empty parts and its note; "" if it has no year."""
    value = value[0] if isinstance(value, list) else value
    if not value or not re.search(r"\d{4}", value):
        return ""
    parts = value.split("/")
    return "/".join(part for part in parts[:3] if part.strip()) if len(parts) > 1 else value


def _listed(record: Record, name: str, separator: str | None = None) -> None:
    """Make a list of a value, so that the commas in a name do not divide it."""
    if isinstance(value := record.get(name), str):
        record[name] = [part.strip() for part in value.split(separator)] if separator else [value]


def _wos(lines: Iterable[str]) -> Iterator[Record]:
    for values in tagged(lines, WOS_TAG, "PT", WOS_LISTS):
        record = _plain(values)
        _listed(record, "WC", ";")
        for name in ("SO", *WOS_LISTS):
            _listed(record, name)
        if isinstance(addresses := record.get("C1"), list):
            # "[Doe, J] Univ X, City, Country."
            record["C1"] = [re.sub(r"\[[^\]]*\]|\.$", "", address).strip() for address in addresses]
        if not isinstance(record.get("UT"), str):
            record[DERIVED_ID] = derived_id(record, "DI", "TI", "PY")
        yield record


def _medline(lines: Iterable[str]) -> Iterator[Record]:
    for values in tagged(lines, MEDLINE_TAG, "PMID"):
        record = _plain(values)
        for name in ("FAU", "AU", "AD", "TA", "JT"):
            _listed(record, name)
        for name in ("LID", "AID"):
            ids = record.get(name, [])
            record[name] = [
                each for each in ([ids] if isinstance(ids, str) else ids) if each.endswith("[doi]")
            ]
        if isinstance(authors := record.get("AU"), list):  # "Doe JA": family name and initials
            record["AU"] = [", ".join(author.rsplit(" ", 1)) for author in authors]
        for name in ("TI", "TT", "BTI"):
            if isinstance(title := record.get(name), str):
                record[name] = without_full_stop(title)
        if "IS" in record:
            record["IS"] = re.sub(
                r"\s*\(.*", "", record["IS"] if isinstance(record["IS"], str) else record["IS"][0]
            )
        yield record


READERS: dict[str, tuple[Callable[[Iterable[str]], Iterator[Record]], dict[str, tuple[str, ...]]]] = {
    "RIS": (
        _ris,
        {
            "id": (DERIVED_ID, "AN"),
            "title": ("TI", "T1", "CT"),
            "abstract": ("AB", "N2"),
            "categories": ("JO", "JF", "T2"),
            "published": RIS_DATES,
            "authors": ("AU", "A1"),
            "doi": ("DO",),
            "institutions": ("AD",),
            "issn": ("SN",),
            "journal": ("JO", "JF", "T2"),
            "language": ("LA",),
        },
    ),
    "Web of Science text": (
        _wos,
        {
            "id": ("UT", DERIVED_ID),
            "title": ("TI",),
            "abstract": ("AB",),
            "categories": ("WC", "SO"),
            "published": ("PY",),
            "authors": ("AF", "AU"),
            "cited_by": ("TC", "Z9"),
            "doi": ("DI",),
            "funder": ("FU",),
            "institutions": ("C3", "C1"),
            "issn": ("SN", "EI"),
            "journal": ("SO",),
            "language": ("LA",),
            "references": ("CR",),
        },
    ),
    "MEDLINE text": (
        _medline,
        {
            "id": ("PMID",),
            "title": ("TI", "TT", "BTI"),
            "abstract": ("AB",),
            "categories": ("TA", "JT"),
            "published": ("DP",),
            "updated": ("LR",),
            "authors": ("FAU", "AU"),
            "doi": ("LID", "AID"),
            "funder": ("GR",),
            "institutions": ("AD",),
            "issn": ("IS",),
            "journal": ("JT", "TA"),
            "language": ("LA",),
        },
    ),
}


def read_tagged(kind: str, stream: Readable, path: Path) -> Table:
    """The records of a file of tagged lines; `kind` is a key of READERS."""
    reader, fields = READERS[kind]
    return Table(fields, reader(text_lines(stream, path)))
