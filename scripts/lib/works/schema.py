"""Schemas of the files of this step: which records are one work.

docs/files.md is written from them (`make docs`).
"""

from typing import TypedDict

import pyarrow as pa

from lib.columns import column

ROLES = ("article", "preprint", "version", "part", "correction")

WORKS = pa.schema(
    [
        column("id", pa.string(), "id of the record; the rows are those of papers.parquet"),
        column(
            "work",
            pa.string(),
            "id of the record that stands for the work; that of the record itself if it does",
        ),
        column(
            "role",
            pa.string(),
            "preprint, by its id or DOI; part, by a number in the title (Part II): a work of its own; correction, if "
            "clean.keep_notes keeps such records: a work of its own; version: another record of the work of the same "
            "kind as the one that stands for it; else article",
        ),
        column(
            "counted",
            pa.bool_(),
            "the record counts in keywords, sizes and trends: those that stand for a work, or all with works.count: "
            "records",
        ),
    ]
)


class JoinedRecord(TypedDict):
    """One record of a work."""

    id: str
    role: str
    title: str


class WorksSummary(TypedDict):
    """How many works the records are. `joined` is the number of records that another one stands for.

    `by_doi`, `by_text` and `by_neighbors` count them by what joined them; `roles` counts all records. `examples` has
    the records of the first works with several, the one that stands for the work first.
    """

    records: int
    works: int
    joined: int
    by_doi: int
    by_text: int
    by_neighbors: int
    roles: dict[str, int]
    count: str
    examples: list[list[JoinedRecord]]
    seconds: float
