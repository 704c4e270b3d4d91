"""Tables: CSV and TSV of Scopus, Web of Science, Dimensions, Lens, Zotero, … by the names of their columns; Parquet."""

import csv
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from lib.cli import UserError
from lib.formats.lines import (
    DERIVED_ID,
    Record,
    Table,
    Unreadable,
    derived_id,
    drop_unclear_dates,
    text_lines,
)
from lib.records.dois import bare_doi
from lib.records.fields import NAMES, is_empty
from lib.records.snapshot import MAX_LINE_BYTES, Readable

# Columns whose ids stand for the same paper in all files; those of `id`, `key` and others may be numbers of rows
GLOBAL_IDS = (
    *("eid", "ut", "ut (unique wos id)", "publication id", "lens id", "pmid", "accession number"),
    *("paperid", "corpusid"),
)
# The names of columns in small letters, in the order in which they are tried.
HEADINGS = {
    "id": (*GLOBAL_IDS, "key", "id"),
    "title": ("title", "article title", "document title", "ti", "primary_title", "display_name"),
    "abstract": ("abstract", "abstract note", "ab", "abstract text", "abstract_text", "notes_abstract"),
    "categories": (
        *("wos categories", "web of science categories", "wc", "fields of research (anzsrc 2020)"),
        *("fields of study", "primary_topic.field.display_name", "categories", "source title"),
        *("publication name", "so", "journal/book", "journal", "publication title", "secondary_title"),
    ),
    "published": (
        *("published", "publication_date", "date published", "date", "publication year", "publication date"),
        *("pubyear", "publication_year", "py", "year"),
    ),
    "updated": ("updated", "update_date", "updated_date"),
    "authors": ("author full names", "authors", "author", "author/s", "authors list", "af", "au"),
    "cited_by": (
        *("cited by", "times cited, wos core", "times cited, all databases", "times cited", "tc", "z9"),
        *("citing works count", "cited_by_count", "citation_count", "citations"),
    ),
    "countries": (
        *("countries", "country of standardized research organization", "country of research organization"),
        "authorships.countries",
    ),
    "doi": ("doi", "di", "doi link"),
    "funder": ("funding orgs", "funder", "funding sponsor", "funding details", "fu", "funding"),
    "institutions": (
        *("research organizations - standardized", "affiliations", "c3", "institutions", "addresses", "c1"),
        "authors with affiliations",
    ),
    "issn": ("issn", "issns", "sn", "eissn"),
    "journal": (
        *(
            "source title",
            "publication name",
            "so",
            "journal/book",
            "journal",
            "journal-ref",
            "publication title",
        ),
        *("source title/anthology title", "secondary_title", "host_venue"),
    ),
    "language": ("language of original document", "language", "la", "languages"),
    "references": ("cited references", "references", "cr"),
}
# Authors in exports: "Doe, John; Roe, R." Where the heading has small letters alone, arXiv's "J. Doe, R. Roe" is possible
PEOPLE = ("Author Full Names", "Author full names", "Authors", "Author", "AF", "AU")
JOURNALS = HEADINGS["categories"][HEADINGS["categories"].index("source title") :]
DOIS = ("doi", "di", "doi link")
DELIMITERS = ",;\t|"
HEAD_ROWS = 5  # Dimensions writes a sentence above the headings
WIDE = 8  # columns, of which a line of an abstract does not have as many by chance
MAX_ROW_LINES = 2000  # the longest abstracts have some dozens


def heading_row(lines: Iterable[str], keys: Collection[str]) -> tuple[int, str] | None:
    """Where the headings of a table are and what separates them: (line counted from 0, delimiter).

    A line is one if it names a column of titles or abstracts, as exports call them or `clean.fields` does. The
    delimiter is the one that gives most names that are known, then most cells: names may have commas in them.

    Parameters
    ----------
    keys : the keys of `clean.fields`
    """
    texts = {*HEADINGS["title"], *HEADINGS["abstract"], *(key.lower() for key in keys)}
    known = texts.union(*HEADINGS.values())
    head = list(islice(lines, HEAD_ROWS))
    for number, line in enumerate(head):
        if any(each.lstrip().startswith('{"') for each in head[number : number + 2]):
            return None  # JSON lines below a line of something else
        rows = [(_cells(line, delimiter), delimiter) for delimiter in DELIMITERS]
        cells, delimiter = max(rows, key=lambda row: (len(known & set(row[0])), len(row[0])))
        if len(cells) > 1 and texts & set(cells):
            return number, delimiter
    return None


def _cells(line: str, delimiter: str) -> list[str]:
    """The cells of a line in lower case."""
    try:
        cells = next(csv.reader([line.strip("\r\n")], delimiter=delimiter), [])
    except csv.Error:
        return []
    return [cell.strip().lower() for cell in cells]


def read_csv(stream: Readable, path: Path, keys: Collection[str]) -> Table:
    """The rows of a CSV or TSV.

    Raises
    ------
    UserError
        No column holds abstracts, or the headings cannot be read.
    """
    csv.field_size_limit(MAX_LINE_BYTES)
    lines = text_lines(stream, path)
    head = list(islice(lines, HEAD_ROWS))
    where = heading_row(head, keys)
    if where is None:
        raise UserError(
            f"{path}: this is a table without a column `title` or `abstract`: {head[0].strip()[:200]}\n"
            "name its columns: CONFIG=\"clean='{fields: {id: NAME, title: NAME, abstract: NAME}}'\""
        )
    at, delimiter = where
    # Web of Science writes quotation marks as they are
    raw = delimiter == "\t" and head[at].startswith("PT\t")
    row_lines = RowLines(chain(head[at:], lines))
    reader = csv.reader(
        row_lines,
        delimiter=delimiter,
        quoting=csv.QUOTE_NONE if raw else csv.QUOTE_MINIMAL,
        strict=not raw,
    )
    try:
        names = _distinct([name.strip() for name in next(reader)])
    except csv.Error as error:
        raise UserError(
            f"{path}: the headings of this table have a quotation mark that is not closed ({error}); "
            f"correct this line: {head[at].strip()[:200]}"
        ) from error
    row_lines.take()
    fields = known_fields(names)
    _require_abstracts(path, names, fields, keys)
    return Table(fields, _identified(_rows(reader, row_lines, names), names, fields), tuple(names))


def _require_abstracts(
    path: Path, names: list[str], fields: dict[str, tuple[str, ...]], keys: Collection[str]
) -> None:
    if fields.get("abstract") or set(names) & set(keys) - {"id", "title", "categories"}:
        return
    columns = ", ".join(names[:20])
    if "PMID" in names and "Citation" in names:
        raise UserError(
            f"{path}: PubMed's CSV has no abstracts. Save the search in the format PubMed, which is read as it is"
        )
    raise UserError(
        f"{path}: no column of this table holds abstracts ({columns}).\n"
        "Export it again with abstracts, or set clean.fields.abstract to the name of their column"
    )


def has_local_ids(columns: Collection[str], paths: Collection[str]) -> bool:
    """Whether the ids of a table, in the first of these paths that it has, may stand for other papers elsewhere."""
    column = next((path.lower() for path in paths if path in columns), DERIVED_ID)
    return column not in (*GLOBAL_IDS, *DOIS, DERIVED_ID)


def _distinct(names: list[str]) -> list[str]:
    """The names of columns; the second of one name gets a number."""
    seen: dict[str, int] = {}
    distinct = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        distinct.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return distinct


def known_fields(names: list[str]) -> dict[str, tuple[str, ...]]:
    """The columns of each field, in the order of HEADINGS."""
    lower = {name.lower(): name for name in reversed(names)}
    fields = {
        field: tuple(lower[known] for known in headings if known in lower)
        for field, headings in HEADINGS.items()
    }
    fields = {field: columns for field, columns in fields.items() if columns or field in NAMES}
    return {**fields, "id": (*fields["id"], DERIVED_ID)}


class RowLines:
    """The lines of a table, of which those of the present row are kept, so that they can be read again."""

    def __init__(self, lines: Iterator[str]):
        self.lines, self.row, self.again = lines, list[str](), deque[str]()

    def __iter__(self) -> "RowLines":
        return self

    def __next__(self) -> str:
        if len(self.row) == MAX_ROW_LINES:
            raise csv.Error("a quotation mark is not closed")
        self.row.append(self.again.popleft() if self.again else next(self.lines))
        return self.row[-1]

    def take(self) -> list[str]:
        """The lines that were read since the last call."""
        row, self.row = self.row, []
        return row


def _rows(reader: Any, lines: RowLines, names: list[str]) -> Iterator[Record | Unreadable]:
    """The rows of a table, as objects. A row with more cells than there are columns is a fault.

    A quotation mark that is not closed makes a fault of its own line alone: the lines behind it are read again.
    """
    width, delimiter = len(names), reader.dialect.delimiter
    while True:
        fault, row = "", None
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            fault = str(error)
        inside = lines.take()
        if row == []:
            continue
        if width >= WIDE and any(len(_cells(line, delimiter)) == width for line in inside[1:-1]):
            row, fault = None, "a quotation mark is not closed"  # there are whole rows in it
        if row is None:
            lines.again.extendleft(reversed(inside[1:]))
            yield Unreadable(f"not a row of a table: {fault}")
        elif len(row) > width and any(row[width:]):
            yield Unreadable(f"the row has {len(row)} cells, and the table {width} columns")
        else:
            yield dict(zip(names, row, strict=False))


def _identified(
    rows: Iterable[Record | Unreadable], names: list[str], fields: dict[str, tuple[str, ...]]
) -> Iterator[Record | Unreadable]:
    """Rows with an id, their categories as lists, and columns with dots in their names as nested objects."""
    ids = fields["id"][:-1]
    doi = next((name for name in names if name.lower() in DOIS), "")
    title = next(iter(fields["title"]), "")
    year = next(iter(fields["published"]), "")
    people = [name for name in names if name in PEOPLE]
    dates = fields["published"]
    dotted = [name for name in names if "." in name]
    for row in rows:
        if not isinstance(row, dict):
            yield row
            continue
        for name in fields["categories"]:
            if isinstance(value := row.get(name), str) and value.strip():
                journal = name.lower() in JOURNALS
                row[name] = [value] if journal else [part.strip() for part in re.split("[;|]", value)]
        for name in people:
            if isinstance(value := row.get(name), str) and ";" in value:  # else commas may separate them
                row[name] = [part.strip() for part in value.split(";")]
        if all(is_empty(row.get(name)) for name in ids):
            row[DERIVED_ID] = derived_id(row, doi, title, year)
        elif (value := row.get("id")) and bare_doi(value):
            row["id"] = bare_doi(value)
        if len(dates) > 1:
            drop_unclear_dates(row, dates)
        for name in dotted:
            _nest(row, name)
        yield row


def _nest(row: Record, name: str) -> None:
    """Put a value under `a.b` where the path a.b finds it."""
    *folders, last = name.split(".")
    value = row.get(name)
    inner: Any = row
    for folder in folders:
        inner = inner.setdefault(folder, {})
        if not isinstance(inner, dict):
            return
    inner.setdefault(last, value)


@contextmanager
def _parquet_damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError) as error:
        raise UserError(f"{path}: truncated or damaged Parquet file ({error}); download it again") from error


def _with_texts(batch: pa.RecordBatch) -> pa.RecordBatch:
    """A batch whose binary columns, which some programs write for texts, are texts."""
    columns = [
        column.cast(pa.string()) if pa.types.is_binary(column.type) else column for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def read_parquet(path: Path, keys: Collection[str] | None) -> Table:
    """The rows of a Parquet file; only the columns that are read.

    Raises
    ------
    UserError
        The file is damaged.
    """
    with _parquet_damage_named(path):
        file = pq.ParquetFile(path)
        names = file.schema_arrow.names
    fields = known_fields(names)
    wanted = [
        *(name for known in fields.values() for name in known),
        *(name for name in names if name.lower() in DOIS or keys is None or name in keys),
    ]
    columns = [name for name in names if name in wanted]

    def rows() -> Iterator[Record]:
        batches = file.iter_batches(batch_size=4096, columns=columns)
        while True:
            with _parquet_damage_named(path):
                batch = next(batches, None)
                papers = _with_texts(batch).to_pylist() if batch is not None else []
            if batch is None:
                return
            yield from papers

    return Table(fields, _identified(rows(), columns, fields), tuple(columns))
