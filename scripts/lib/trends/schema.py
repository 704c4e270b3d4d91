"""Schemas of the files of this stage: counts per period and trends.

docs/files.md is written from them (`make docs`).
"""

from typing import TypedDict

import pyarrow as pa

from lib.columns import column

PERIODS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column("unit", pa.string(), "year or month"),
        column("period", pa.date32(), "its first day"),
        column("papers", pa.int64(), "papers of the topic whose first version is of this period"),
        column("share", pa.float64(), "share of all papers of the period"),
        column("partial", pa.bool_(), "the period is not over; it is left out of the tests"),
    ]
)


TRENDS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column("name", pa.string(), "its name"),
        column("dated_papers", pa.int64(), "its papers with a date"),
        column("first_year", pa.int32(), "year of its first paper"),
        column("median_year", pa.int32(), "year by which half of its papers had appeared"),
        column(
            "peak_year", pa.int32(), "year of its largest share of the corpus, among years with 30 papers"
        ),
        column("change_per_year", pa.float64(), "change of its share per year: 0.1 for 10 % more"),
        column("low", pa.float64(), "lower end of the 95 % interval"),
        column("high", pa.float64(), "upper end of the 95 % interval"),
        column("q_value", pa.float64(), "p-value after Benjamini and Hochberg; null if not tested"),
        column(
            "trend",
            pa.string(),
            "rising or fading where q_value is at most 0.05; `too young to test` if it has papers of the last four years "
            "only, and cannot be tested; else empty",
        ),
    ]
)


_OF_SUBTOPIC = column("subtopic", pa.int32(), "number of the subtopic")


SUBTOPIC_PERIODS = pa.schema([_OF_SUBTOPIC, *list(PERIODS)[1:]])


SUBTOPIC_TRENDS = pa.schema([_OF_SUBTOPIC, *TRENDS])


CHANGES = pa.schema(
    [
        column(
            "kind",
            pa.string(),
            "born, split (off another topic), ended, merged (into another topic), grew or shrank (in its share of the new "
            "papers), renamed, or announced (a group of new papers inside a topic)",
        ),
        column(
            "topic",
            pa.int32(),
            "lasting number of the topic; of an announced group the topic that holds most of it",
        ),
        column("key", pa.string(), "its key"),
        column("name", pa.string(), "its name, of an ended topic the last one"),
        column("was", pa.string(), "of a renamed topic its former name"),
        column(
            "before",
            pa.int64(),
            "papers in the earlier run, of a group those that were there; 0 for a new topic",
        ),
        column("after", pa.int64(), "papers now"),
        column("new", pa.int64(), "of these, papers that the earlier run did not have"),
        column("stayed", pa.int64(), "of these, papers that were in the topic before"),
        column("other", pa.int32(), "topic that it was split off, or that it was merged into"),
        column("other_name", pa.string(), "its name"),
        column(
            "factor",
            pa.float64(),
            "of grew and shrank: share of the new papers, divided by share of the others",
        ),
        column("q_value", pa.float64(), "p-value of it (binomial test) after Benjamini and Hochberg"),
        column("announced", pa.int32(), "of a group: run of the chain that announced it first"),
        column("by_edit", pa.bool_(), "of born, split, ended and merged: an edit did it"),
        column("papers", pa.list_(pa.string()), "ids of up to three papers that show it"),
    ]
)

HISTORY = pa.schema(
    [
        column("run", pa.int32(), "number of the run in the chain, from 0"),
        column(
            "newest",
            pa.date32(),
            "day of the newest paper of the run; null if no paper has a date, and for the first run of a chain",
        ),
        column("papers", pa.int64(), "number of papers of the run"),
        column("topic", pa.int32(), "lasting number of the topic"),
        column("key", pa.string(), "its key"),
        column("name", pa.string(), "its name in this run"),
        column("size", pa.int64(), "its papers; 0 in the run in which it ended"),
        column("new", pa.int64(), "of these, papers that the run before did not have"),
        column("event", pa.string(), "born, split, ended, merged or renamed; null for none"),
    ]
)


class News(TypedDict):
    """What changed since the earlier run; the tables are in changes.csv.

    `kept` is the share of the papers of both runs that stay in their topic, `moves` the largest streams between topics:
    from, to, papers. `gap` and `moved` are those of cluster.json. `names_kept` of `names` topics that go on kept their name.
    """

    run: int
    history: str
    papers: int
    new: int
    removed: int
    kept: float
    topics_before: int
    topics: int
    names: int
    names_kept: int
    gap: float | None
    moved: float | None
    moves: list[list]
    changes: list[dict]
