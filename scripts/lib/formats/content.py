"""What a file holds, by its content: JSON lines, or records of another format as blocks of JSON lines."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from lib.cli import UserError
from lib.formats.bibtex import read_bibtex
from lib.formats.documents import papers_of_page, read_documents, read_pages
from lib.formats.lines import Table, as_blocks
from lib.formats.pubmed import read_pubmed_xml
from lib.formats.tables import has_local_ids, heading_row, read_csv, read_parquet
from lib.formats.tagged import read_tagged
from lib.records.fields import FieldPaths
from lib.records.lenient import read_leniently
from lib.records.snapshot import (
    BLOCK_BYTES,
    HEAD_BYTES,
    MAX_LINE_BYTES,
    TABLE_HEAD,
    Block,
    Pieces,
    damage_named,
)

TEXTS = {
    "RIS": re.compile(rb"^TY {1,2}- ?[A-Z]", re.MULTILINE),
    "Web of Science text": re.compile(
        rb"\A(?:FN .*\r?\n(?:VR .*\r?\n)?|VR .*\r?\n)?PT [A-Z]\s*$", re.MULTILINE
    ),
    "MEDLINE text": re.compile(rb"^PMID- ?\S", re.MULTILINE),
    "BibTeX": re.compile(rb"^[ \t]*@[A-Za-z]+\s*[{(]", re.MULTILINE),
}
# CSL-JSON, whose ids may be citation keys
CSL = re.compile(
    rb'"type"\s*:\s*"(?:article(?:-journal)?|paper-conference|chapter|book|thesis|report|webpage)"'
)
PUBMED_XML = re.compile(rb"<(?:!DOCTYPE\s+)?Pubmed(?:Article|Book)")
# Known formats that are not read, by their first bytes, and what to do
OTHERS = {
    b"%0 ": "an EndNote export; export it as RIS",
    b"%PDF": "a PDF",
    b"\xd0\xcf\x11\xe0": "a workbook of Excel; save it as CSV (UTF-8)",
    b"7z\xbc\xaf": "a 7z archive; unpack it",
    b"Rar!": "a RAR archive; unpack it",
    b"\x04\x22\x4d\x18": "an lz4 file; unpack it",
    b"\x1f\x9d": "a .Z file; unpack it with `gunzip`",
    b"SQLite format 3": "an SQLite database",
}

# The same for files that begin with <, by an element near the beginning; any other is XML
MARKUP = {
    re.compile(rb"<xml>\s*<records>"): "an EndNote XML file; export it as RIS",
    re.compile(rb"<rdf:RDF"): "RDF; export the records as RIS",
    re.compile(rb"<mods(?:Collection)?[\s>]"): "MODS; export the records as RIS",
    re.compile(
        rb"<(?:!doctype\s+html|html|head|body|title|meta|script|div|p)\b", re.IGNORECASE
    ): "an HTML page (an error page saved by a download, perhaps)",
    re.compile(rb"<"): "XML, but not PubMed's; export the records as RIS, CSV or JSON",
}


@dataclass(frozen=True)
class Content:
    """The records of a file.

    Attributes
    ----------
    unit : "line" or "record": what the numbers of the blocks count
    fields : the paths of `clean.fields`, and after them those of the format
    blocks : None for JSON lines, which are read as they are
    local_ids : whether the ids may stand for other papers in another file
    """

    unit: str
    fields: FieldPaths
    blocks: Iterator[Block] | None
    local_ids: bool = False


def content(stream: Pieces, path: Path, fields: FieldPaths, whole: bool = False) -> Content:
    """Recognize what a stream holds.

    Parameters
    ----------
    whole : keep all keys of a record, not only those that are read

    Raises
    ------
    UserError
        The format is none that is read.
    """
    with damage_named(path):
        table = _table(stream, path, fields, whole)
    if table is None:
        return Content("line", fields, None)
    fields = fields.with_fallbacks(table.fields)
    local = table.local_ids or has_local_ids(table.columns, fields.paths["id"])
    return Content("record", fields, as_blocks(table.records, None if whole else fields.keys), local)


def _table(stream: Pieces, path: Path, fields: FieldPaths, whole: bool) -> Table | None:
    head = stream.look(HEAD_BYTES).removeprefix(b"\xef\xbb\xbf")
    start = head.lstrip()
    if start.startswith(b"{"):
        return _json(stream, path, fields)
    if start.startswith(b"["):
        table = read_documents(stream, path, fields.page, fields.text_keys)
        return replace(table, local_ids=bool(CSL.search(head)))
    if head.startswith(b"PAR1"):
        with path.open("rb") as file:
            if file.read(4) != b"PAR1":
                raise UserError(f"{path}: this is a packed Parquet file; unpack it")
        return read_parquet(path, None if whole else fields.keys)
    if PUBMED_XML.search(head):
        return read_pubmed_xml(stream, path)
    for magic, what in OTHERS.items():
        if start.startswith(magic):
            raise UserError(f"{path}: this is {what}")
    if start.startswith(b"<"):
        what = next(what for pattern, what in MARKUP.items() if pattern.search(head))
        raise UserError(f"{path}: this is {what}")
    for kind, pattern in TEXTS.items():
        if pattern.search(head):
            return read_bibtex(stream, path) if kind == "BibTeX" else read_tagged(kind, stream, path)
    lines = head.decode("utf-8", "replace").split("\n")
    if heading_row(lines, fields.paper_keys) or TABLE_HEAD.match(start):
        return read_csv(stream, path, fields.paper_keys)
    return None


def _json(stream: Pieces, path: Path, fields: FieldPaths) -> Table | None:
    """Pages of an API or objects over several lines; None for JSON lines."""
    size = BLOCK_BYTES
    data = stream.look(size)
    while b"\n" not in data.strip() and len(data) >= size and size < MAX_LINE_BYTES:
        size *= 4
        data = stream.look(size)
    line, _, rest = data.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    value, bucket, _ = read_leniently(line)
    if not bucket:
        return (
            read_pages(stream, path, fields.page, fields.text_keys)
            if papers_of_page(value, fields.page, fields.text_keys) is not None
            else None
        )
    try:
        json.loads(line.decode("utf-8", "replace"))
    except (ValueError, RecursionError) as error:
        at = getattr(error, "pos", 0)
        # the object goes on in the next line, which does not begin another one
        if at >= len(line.decode("utf-8", "replace").rstrip()) and rest.lstrip()[:1] not in (b"{", b""):
            return read_documents(stream, path, fields.page, fields.text_keys)
    return None
