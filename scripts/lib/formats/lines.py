"""Text files as lines, and records as blocks of JSON lines."""

import hashlib
import json
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from lib.cli import UserError, warn
from lib.records.dates import parse_date
from lib.records.dois import bare_doi
from lib.records.fields import is_empty
from lib.records.lenient import COMMON_CHINESE
from lib.records.snapshot import BLOCK_BYTES, MAX_LINE_BYTES, Block, Readable, damage_named

READ_BYTES = 1 << 20
ABSTRACTS = ("abstract", "abstract note", "ab", "n2")
HASH = "hash:"  # before a hash that is an id
# A word of another script. Of Windows-1252 few words have more than two letters outside ASCII side by side
NOT_ASCII = re.compile(rb"[\x80-\xff]{6,}")
DERIVED_ID = "derived_id"  # the key of an id that is made here, for records that have none


@dataclass(frozen=True)
class Unreadable:
    """A record that cannot be read, and why."""

    reason: str


Record = dict[str, Any]


@dataclass(frozen=True)
class Table:
    """What a file of another format holds.

    Attributes
    ----------
    fields : for id, title, … the paths to try after those of `clean.fields`
    records : one item per record, in order
    columns : the names of the columns of a table
    local_ids : whether the ids may stand for other papers in another file
    """

    fields: dict[str, tuple[str, ...]]
    records: Iterator[Any]
    columns: tuple[str, ...] = ()
    local_ids: bool = False


def chunks(stream: Readable, path: Path) -> Iterator[bytes]:
    """Whole lines of a stream, about a MiB at a time, without a byte order mark."""
    rest, first = b"", True
    while True:
        with damage_named(path):
            data = stream.read(READ_BYTES)
        if first:
            data, first = data.removeprefix(BOM_UTF8), False
        cut = data.rfind(b"\n") + 1
        if data and not cut:
            rest += data
            if len(rest) > MAX_LINE_BYTES:
                raise UserError(f"{path}: a line is longer than 64 MiB")
            continue
        if whole := rest + data[:cut]:
            yield whole
        rest = data[cut:]
        if not data:
            return


def text_chunks(stream: Readable, path: Path) -> Iterator[str]:
    """Whole lines as text, in UTF-8. Lines that are not are read as Windows-1252, with a warning.

    Raises
    ------
    UserError
        A line is in neither of the two, or has words in another script.
    """
    others, example = 0, ""
    for data in chunks(stream, path):
        try:
            text = data.decode()
        except UnicodeDecodeError:
            lines = []
            for line in data.split(b"\n"):
                try:
                    lines.append(line.decode())
                except UnicodeDecodeError:
                    lines.append(_in_windows_1252(line, path))
                    others += 1
                    example = example or _odd_word(lines[-1])
            text = "\n".join(lines)
        yield text.replace("\r\n", "\n")
    if others:
        warn(
            f"{path}: {others:,} lines are not UTF-8 and were read as Windows-1252. If {example!r} is spelt wrong, "
            "convert the file: `iconv -f CODING -t UTF-8`"
        )


def _in_windows_1252(line: bytes, path: Path) -> str:
    try:
        if COMMON_CHINESE.search(line.decode("gb18030", "ignore")):
            coding = "GB18030"
        elif any(len(set(run)) > 2 for run in NOT_ASCII.findall(line)):
            coding = ""
        else:
            return line.decode("cp1252")
    except UnicodeDecodeError:
        coding = ""
    raise UserError(
        f"{path}: the text is neither UTF-8 nor Windows-1252; `iconv -f {coding or 'CODING'} -t UTF-8` converts it"
        + ", where CODING is that of the program, such as WINDOWS-1251, SHIFT_JIS, BIG5 or MACINTOSH"
        * (not coding)
    )


def _odd_word(line: str) -> str:
    """The first word with a letter outside ASCII, for messages."""
    odd = (word for word in line.split() if not word.isascii())
    return next(odd, "")[:30]


def text_lines(stream: Readable, path: Path) -> Iterator[str]:
    """The lines of a text, each with its end."""
    for text in text_chunks(stream, path):
        lines = text.split("\n")
        last = lines.pop()
        yield from (line + "\n" for line in lines)
        if last:
            yield last


def derived_id(record: Record, doi: str, title: str, year: str) -> str:
    """The DOI of a record, else a hash of its title, year and abstract (of all that it holds if it has no title).

    Parameters
    ----------
    doi, title, year : the keys of these values
    """
    if name := bare_doi(record.get(doi)):
        return name
    text = " ".join(str(record.get(title) or "").lower().split())
    days = re.search(r"\d{4}", str(record.get(year) or ""))
    if text:
        abstract = next((str(value) for key, value in record.items() if key.lower() in ABSTRACTS), "")
        content = f"{text} {days[0] if days else ''} {' '.join(abstract.lower().split())}"
    else:
        content = json.dumps(record, sort_keys=True, default=str)
    return HASH + hashlib.blake2b(content.encode("utf-8", "replace"), digest_size=8).hexdigest()


def without_full_stop(title: str) -> str:
    """A title of PubMed, which puts a full stop behind each, as other sources have it."""
    return title[:-1] if title.endswith(".") and not title.endswith("..") else title


def drop_unclear_dates(record: Record, names: Collection[str]) -> None:
    """Drop the dates that are not understood where another one of the record is: "in press" beside a year.

    Parameters
    ----------
    names : the keys of the dates, in the order in which they are tried
    """
    given = [name for name in names if not is_empty(record.get(name))]
    unclear = [isinstance(record[name], str) and not parse_date(record[name]) for name in given]
    if not all(unclear):
        for name in given[: unclear.index(False)]:
            del record[name]


def as_blocks(
    records: Iterator[Any], keys: Collection[str] | None = None, size: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Records as blocks of JSON lines, one per record; the numbers of the lines are those of the records.

    Parameters
    ----------
    keys : what is written of a record; None for all
    """
    encode = msgspec.json.Encoder(decimal_format="number").encode
    lines: list[bytes] = []
    faults: dict[int, str] = {}
    first, length = 1, 0
    for record in records:
        if isinstance(record, Unreadable):
            faults[len(lines)] = record.reason
            line = b"!"
        else:
            value = record
            if keys is not None and isinstance(record, dict):
                value = {key: record[key] for key in keys if key in record}
            try:
                line = encode(value)
            except (TypeError, UnicodeError, ValueError):  # lone surrogates, types that JSON lacks
                line = json.dumps(value, default=str).encode()
        lines.append(line)
        length += len(line)
        if length >= size:
            yield Block(first, b"\n".join(lines) + b"\n", faults)
            first, length, lines, faults = first + len(lines), 0, [], {}
    if lines:
        yield Block(first, b"\n".join(lines) + b"\n", faults)
