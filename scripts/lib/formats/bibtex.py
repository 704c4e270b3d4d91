"""Entries of BibTeX, by bibtexparser."""

import logging
import re
from collections.abc import Iterator
from pathlib import Path

import bibtexparser
from bibtexparser.model import (
    Block,
    DuplicateBlockKeyBlock,
    DuplicateFieldKeyBlock,
    Entry,
    ParsingFailedBlock,
)

from lib.formats.lines import DERIVED_ID, HASH, Record, Table, Unreadable, derived_id, text_chunks
from lib.records.snapshot import Readable

FIELDS = {
    "id": (DERIVED_ID,),
    "title": ("title",),
    "abstract": ("abstract",),
    "categories": ("journal", "journaltitle", "booktitle"),
    "published": ("date", "year"),
    "authors": ("author",),
    "doi": ("doi",),
    "institutions": ("affiliation", "institution"),
    "issn": ("issn",),
    "journal": ("journal", "journaltitle", "booktitle"),
    "language": ("language", "langid"),
}
logging.getLogger("bibtexparser").setLevel(logging.ERROR)  # the ledger names what cannot be read
# An entry begins so; a line of an abstract may begin with @, too
BEGIN = re.compile(r"\n(?=[ \t]*@[A-Za-z]+\s*[{(])")
MACRO = re.compile(r"^[ \t]*@string\s*[{(].*$", re.IGNORECASE | re.MULTILINE)
FORMULA = re.compile(r"(?<!\\)(\$[^$]*\$)")
# Braces that keep a capital; those behind a command, an accent, ^ or _ belong to it
BRACES = re.compile(r"(\\[A-Za-z]+\*?\s*|\\[^A-Za-z\s]|[\^_])?\{((?!\\)(?:[^{}]|\{[^{}]*\})*)\}")
STYLE = re.compile(r"\\(?:textit|textbf|textsc|textrm|textsf|texttt|emph|mathrm)\s*\{([^{}]*)\}")
SCRIPT = re.compile(r"\\text(sub|super)script\s*\{([^{}]*)\}")
AND = re.compile(r" and (?![^{]*\})")  # outside braces, which keep "{Smith and Sons}" together
# Characters that programs escape. Zotero does so in TeX, too: `\$x{\textasciicircum}2\$`, `{\textbackslash}alpha\{1\}`
NAMED = {
    "textbackslash": "\\", "textless": "<", "textgreater": ">", "textasciitilde": "~", "textasciicircum": "^",
    "textbar": "|", "textdollar": "$", "textunderscore": "_", "textbraceleft": "{", "textbraceright": "}",
    "~{}": "~", "^{}": "^",
}  # fmt: skip
_CHARACTER = rf"\\({'|'.join(map(re.escape, NAMED))}|[&%#_${{}}])"
ESCAPED = re.compile(rf"\{{{_CHARACTER}\}}|{_CHARACTER}(?:(?<=[a-z])(?:\{{\}}|\s+|(?![A-Za-z]))|(?<![a-z]))")
# In private use until all braces that are for BibTeX are dropped
LITERAL = str.maketrans("\\{}", "\ue000\ue001\ue002")
WRITTEN = str.maketrans("\ue000\ue001\ue002", "\\{}")


def read_bibtex(stream: Readable, path: Path) -> Table:
    """The entries of a BibTeX file. One that cannot be read is a fault, and the next is read."""
    return Table(FIELDS, _entries(stream, path))


def _entries(stream: Readable, path: Path) -> Iterator[Record | Unreadable]:
    macros = ""
    for text in _whole_entries(stream, path):
        library = bibtexparser.parse_string(macros + text)
        macros += "".join(f"{line}\n" for line in MACRO.findall(text))
        for each in library.blocks:
            block: Block = each
            if isinstance(each, DuplicateBlockKeyBlock | DuplicateFieldKeyBlock):
                block = each.ignore_error_block or each
            if isinstance(block, Entry):
                yield _record(block, enclosed=block is not each)
            elif isinstance(block, ParsingFailedBlock) and not MACRO.match(block.raw or ""):
                reason = str(getattr(block.error, "abort_reason", block.error))
                raw = (block.raw or "").split("\n")[0]
                yield Unreadable(f"{raw[:60]!r} is not an entry of BibTeX: {reason.splitlines()[0]}")


def _whole_entries(stream: Readable, path: Path) -> Iterator[str]:
    """The text in pieces that end before an entry, so that memory holds few entries."""
    rest = ""
    for text in text_chunks(stream, path):
        rest += text
        cut = max((match.end() for match in BEGIN.finditer(rest)), default=0)
        if cut:
            yield rest[:cut]
            rest = rest[cut:]
    if rest:
        yield rest


def _record(entry: Entry, enclosed: bool) -> Record:
    """An entry as an object; `enclosed` values still have their braces or quotation marks."""
    record: Record = {"ENTRYKEY": entry.key, "ENTRYTYPE": entry.entry_type}
    for field in reversed(entry.fields):  # of a field that stands twice the first counts
        value = str(field.value)
        if enclosed and value[:1] + value[-1:] in ("{}", '""'):
            value = value[1:-1]
        record[field.key.lower()] = value
    for name in ("title", "abstract", "doi", "journal", "journaltitle", "booktitle"):
        if name in record:
            record[name] = without_braces(record[name])
    for name in ("journal", "journaltitle", "booktitle"):
        if name in record:
            record[name] = [record[name]]
    if "author" in record:
        names = AND.split(" ".join(record["author"].split()))
        record["author"] = [without_braces(name) for name in names]
    month = record.get("month", "")[:3]
    if re.fullmatch(r"\d{4}", record.get("year", "")) and month.isalpha():
        record["year"] += f" {month}"
    name = derived_id(record, "doi", "title", "year" if "year" in record else "date")
    if entry.key and name.startswith(HASH):
        name = f"{entry.key}:{name.removeprefix(HASH)[:8]}"  # another file may have the key for another paper
    record[DERIVED_ID] = name
    return record


def without_braces(text: str) -> str:
    """A text without the braces and escapes that are for BibTeX alone. Formulas and letters in TeX stay."""
    parts = FORMULA.split(text)
    for i in range(0, len(parts), 2):
        part = parts[i]
        if "\\" in part:
            part = SCRIPT.sub(_as_tags, STYLE.sub(r"\1", ESCAPED.sub(_literal, part)))
        if "{" in part:
            for _ in range(3):  # as deep as braces are written in practice
                part = BRACES.sub(lambda match: match[0] if match[1] else match[2], part)
        parts[i] = part.translate(WRITTEN) if "\\" in parts[i] else part
    return "".join(parts)


def _as_tags(match: re.Match) -> str:
    """A subscript or superscript in tags, as other formats have it."""
    tag = match[1][:3]  # sub, sup
    return f"<{tag}>{match[2]}</{tag}>"


def _literal(match: re.Match) -> str:
    """The character that is escaped; a backslash or a brace in private use."""
    name = match[1] or match[2]
    return NAMED.get(name, name).translate(LITERAL)
