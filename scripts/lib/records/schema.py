"""Schemas of the files of this stage: papers and the ledger of their lines.

docs/files.md is written from them (`make docs`).
"""

from typing import Any, NotRequired, TypedDict

import pyarrow as pa

from lib.columns import column

LEAST_PAPERS = 10  # of a map: fewer have no neighborhoods to lay out

PAPERS = pa.schema(
    [
        column(
            "id",
            pa.string(),
            "id of the record, without the address and the version of arXiv; a DOI in lower case without its address. In RIS "
            "and BibTeX a DOI comes first. A record without an id is called by its DOI, else by a hash "
            "of title, year and abstract. The rows are sorted by it",
        ),
        column(
            "title", pa.string(), "without markup; TeX letters and accents as Unicode (NFC), single spaces"
        ),
        column("abstract", pa.string(), "the same"),
        column("text", pa.string(), '"{title}. {abstract}" in lower case: what is encoded and counted'),
        column(
            "categories",
            pa.list_(pa.string()),
            "null if the record has none; the journal where a format has no categories (RIS, BibTeX, PubMed)",
        ),
        column("primary_category", pa.string(), "the first category"),
        column("published", pa.date32(), "day of the first version, else the first day of the id's month"),
        column("updated", pa.date32(), "`update_date` of the record"),
        column("text_hash", pa.binary(16), "BLAKE2b of `text`: the key of the embedding cache"),
    ]
)

FACET_ROWS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; the rows are sorted by it"),
        column(
            "facet",
            pa.string(),
            "`authors`, `journal`, `doi`, …: those of `clean.facets`, in alphabetical order within a paper",
        ),
        column("position", pa.int32(), "place among the values of this facet of the paper, from 0"),
        column(
            "value",
            pa.string(),
            'authors as "Given Family"; DOIs in lower case; `cited_by` a number; the others as in the source. '
            "In the same normal form as titles",
        ),
        column(
            "key",
            pa.string(),
            "ORCID, ROR, ISSN, id of OpenAlex, … without its address; null if the source has none",
        ),
    ]
)


class LedgerEntry(TypedDict):
    """One line of JSON lines, or one record of another format. `file` is its file if there are several."""

    file: NotRequired[str]
    line: int
    reason: str


class Bucket(TypedDict):
    """The lines with one outcome: their number and the first of them."""

    count: int
    first: list[LedgerEntry]


class Sentence(TypedDict):
    """A sentence that many abstracts share, apart from names and numbers: how many, and an example."""

    papers: int
    example: str


class Ledger(TypedDict):
    """What became of each line of the snapshot; the counts of the buckets add up to `lines`.

    `normalised` counts the records whose title or abstract had markup, TeX letters or unusual
    Unicode. `filled` counts the records that have categories and dates, and of those that pass the filters
    those that have each facet; `not_understood` those whose value could not be read. `boilerplate` lists the sentences
    of publishers that were removed from abstracts, the most frequent first; duplicates and papers that `limit` leaves
    out count, too. `languages` are the codes (ISO 639-1) of those that at least 3 % of about 1,000 kept papers have,
    with their shares. `input` is the name of the file, or the names of several. `unit` is what is counted: "line" if
    all files are JSON lines, else "record".
    """

    input: str | list[str]
    unit: str
    settings: dict[str, Any]
    lines: int
    buckets: dict[str, Bucket]
    normalised: dict[str, int]
    filled: dict[str, int]
    not_understood: dict[str, Bucket]
    boilerplate: list[Sentence]
    languages: dict[str, float]
