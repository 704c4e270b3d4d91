"""Schemas of the files of this stage: the keywords of topics.

docs/files.md is written from them (`make docs`).
"""

import pyarrow as pa

from lib.columns import column

KEYWORDS = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column("rank", pa.int32(), "1 for the keyword with the largest weight"),
        column(
            "keyword", pa.string(), "`term`, with the words beside at least half of its uses in the topic"
        ),
        column(
            "weight",
            pa.float64(),
            "by class-based TF-IDF, title rate and term vectors (docs/measurements/keywords.md)",
        ),
        column("papers", pa.int64(), "papers of the topic with the term"),
        column("share", pa.float64(), "share of all papers with the term that are in the topic"),
        column(
            "title_rate",
            pa.float64(),
            "share of the papers with the term that have it in the title, as a multiple of the mean",
        ),
        column("term", pa.string(), "the word or bigram of the vocabulary that was counted"),
    ]
)
