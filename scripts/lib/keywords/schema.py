"""Schemas of the files of this stage: the keywords of topics, groups and subtopics.

docs/files.md is written from them (`make docs`).
"""

from typing import TypedDict

import pyarrow as pa

from lib.columns import column

MIXED = (
    0.1  # a topic whose keywords have a smaller NPMI mixes several subjects (docs/measurements/keywords.md)
)

KEYWORDS = pa.schema(
    [
        column("level", pa.string(), "group, topic or subtopic"),
        column("node", pa.int32(), "number of the group, topic or subtopic"),
        column("rank", pa.int32(), "1 for the keyword with the largest weight"),
        column(
            "keyword", pa.string(), "`term`, with the words beside at least half of its uses in these papers"
        ),
        column(
            "weight",
            pa.float64(),
            "by class-based TF-IDF and term vectors (docs/measurements/keywords.md)",
        ),
        column("papers", pa.int64(), "papers of the node with the term"),
        column(
            "share",
            pa.float64(),
            "share of the papers with the term that are in the node: of all papers, for a subtopic of those of its topic",
        ),
        column(
            "title_rate",
            pa.float64(),
            "share of the papers with the term that have it in the title, as a multiple of the mean",
        ),
        column("term", pa.string(), "the word or bigram of the vocabulary that was counted"),
    ]
)


class MeanCoherence(TypedDict):
    """The coherence of the keywords of the topics as `cluster` found them, if edits changed which papers they have."""

    npmi: float | None
    c_v: float | None


class Coherence(TypedDict):
    """How coherent and distinct the keywords of the topics are.

    `npmi` counts papers, `npmi_near` windows of ten words, and `c_v` windows of 110 words. A floor has the same
    keywords, dealt to the topics at random. Lists have one entry per topic, by number.
    """

    npmi: float | None
    npmi_floor: float | None
    npmi_near: float | None
    c_v: float | None
    c_v_floor: float | None
    diversity: float
    inverted_rbo: float
    npmi_by_topic: list[float | None]
    c_v_by_topic: list[float | None]
    before_edits: MeanCoherence | None
