"""JSON that is not one paper per line: an array, pages of an API, objects over several lines."""

import codecs
import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from lib.cli import UserError
from lib.formats.lines import Table, Unreadable, chunks
from lib.formats.sources import all_fields
from lib.records.lenient import read_leniently
from lib.records.snapshot import MAX_LINE_BYTES, Readable, damage_named

# Where the answers of APIs hold their papers: Crossref, Europe PMC, OpenAlex, Semantic Scholar, Zotero
PAGES = ("message.items", "resultList.result", "results", "data", "items")
READ_BYTES = 1 << 20
BETWEEN = re.compile(r"[\s,\[\]]*")


def papers_of_page(value: Any, page: str | None = None, keys: Collection[str] = ()) -> list[Any] | None:
    """The papers of a page of an API; None if the value is something else.

    Parameters
    ----------
    page : the path of the list, as `clean.fields` gives it; None for those of PAGES
    keys : the keys of titles and abstracts in a record: what has one of them is a paper
    """
    if not isinstance(value, dict) or (page is None and value.keys() & {"title", *keys}):
        return None
    for path in [page] if page else PAGES:
        items: Any = value
        for key in path.split("."):
            items = items.get(key) if isinstance(items, dict) else None
        if isinstance(items, list) and all(isinstance(item, dict) for item in items):
            titled = any("title" in key.lower() for item in items[:10] for key in item)
            if page or titled or (not items and len(value) > 1):
                return items
    return None


def _papers(value: Any, page: str | None, keys: Collection[str]) -> Iterator[Any]:
    papers = papers_of_page(value, page, keys)
    if papers is None:
        yield value
    else:
        yield from papers


def read_pages(stream: Readable, path: Path, page: str | None, keys: Collection[str]) -> Table:
    """The papers of pages that stand one per line."""

    def records() -> Iterator[Any]:
        for data in chunks(stream, path):
            for line in data.removesuffix(b"\n").split(b"\n"):
                value, bucket, reason = read_leniently(line)
                if bucket == "blank":
                    continue
                if bucket:
                    yield Unreadable(reason)
                else:
                    yield from _papers(value, page, keys)

    return Table(all_fields(), records())


def read_documents(stream: Readable, path: Path, page: str | None, keys: Collection[str]) -> Table:
    """The items of JSON arrays, and objects one after another over any number of lines; pages are opened."""
    values = _values(_texts(stream, path), path)
    return Table(all_fields(), (paper for value in values for paper in _papers(value, page, keys)))


def _texts(stream: Readable, path: Path) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while True:
            with damage_named(path):
                data = stream.read(READ_BYTES)
            yield decoder.decode(data, final=not data)
            if not data:
                return
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: not UTF-8 ({error.reason}); `iconv -t UTF-8 -f CODING` converts it"
        ) from error


def _values(texts: Iterator[str], path: Path) -> Iterator[Any]:
    """The values in a text, whatever brackets and commas are between them."""
    decoder = json.JSONDecoder(strict=False)
    text, at, depth, number = next(texts, ""), 0, 0, 0
    while True:
        gap = BETWEEN.match(text, at)
        between = gap[0] if gap else ""
        at += len(between)
        depth += between.count("[") - between.count("]")
        if at < len(text):
            try:
                value, at = decoder.raw_decode(text, at)
                number += 1
                yield value
                continue
            except (json.JSONDecodeError, RecursionError) as fault:
                error: Exception = fault
        more, missing = "", len(text) - at
        while len(more) <= missing and (piece := next(texts, None)) is not None:
            more += piece
        if more and missing < MAX_LINE_BYTES:
            text, at = text[at:] + more, 0
            continue
        if at < len(text):
            # the reader stops at the end of a file that was cut off
            raise UserError(
                f"{path}, record {number + 1}: {error}; if the file is cut off, download it again"
            )
        if depth:
            raise UserError(f"{path}: the JSON array is cut off behind record {number}; download it again")
        return
