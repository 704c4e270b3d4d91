"""Schemas of the files of this stage: counts per period and trends.

docs/files.md is written from them (`make docs`).
"""

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
