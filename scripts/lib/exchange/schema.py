"""Schemas of the files of this stage: one row per paper.

docs/files.md is written from them (`make docs`).
"""

import pyarrow as pa

from lib.columns import column

PAPER_ROWS = pa.schema(
    [
        column(
            "id",
            pa.string(),
            "id of the paper; row i is row i of the papers. In papers.csv with an apostrophe in front where a reader "
            "would take it for a number ('0704.0010)",
        ),
        column("title", pa.string(), "its title, TeX converted to Unicode"),
        column("year", pa.int32(), "year of its first version"),
        column(
            "topic",
            pa.int32(),
            "lasting number of its topic. This and all other columns about topics are null for a paper without one, "
            "such as those of a hidden topic",
        ),
        column("topic_key", pa.string(), "key of the topic"),
        column("topic_name", pa.string(), "name of the topic"),
        column("topic_group", pa.string(), "name of the group of the topic"),
        column("subtopic", pa.string(), "name of its subtopic; null if the topic is not divided"),
        column(
            "fields",
            pa.list_(pa.string()),
            "its own categories, in words by label.category_names; those of its topic are in topics.csv",
        ),
        column("similarity", pa.float32(), "cosine to the centroid of its topic"),
        column(
            "fit",
            pa.string(),
            "the similarity in words, among the papers of the topic: central (the nearest quarter), typical (the middle half), "
            "marginal (the farthest quarter), or unusual (below Tukey's lower fence)",
        ),
        column(
            "topic_share",
            pa.float32(),
            "how often clusterings of other papers would put it into this topic (0.7: seven of ten)",
        ),
        column("second_topic_key", pa.string(), "key of the other topic whose centroid is nearest"),
        column("second_topic_name", pa.string(), "name of that topic"),
        column(
            "margin",
            pa.float32(),
            "`similarity` minus the cosine to that centroid; near 0, or negative: between the two",
        ),
        column("x", pa.float32(), "position on the map"),
        column("y", pa.float32(), "position on the map"),
        column("journal", pa.string(), "its journal, as far as the source has it"),
        column("doi", pa.string(), "its first DOI, in lower case"),
        column("work", pa.string(), "id of the record that stands for the work; its own id if it does"),
        column(
            "counted",
            pa.bool_(),
            "the paper counts in the sizes of topics and in trends: with it alone, the counts are those of topics.csv",
        ),
        column("near_ids", pa.list_(pa.string()), "ids of its five nearest papers, nearest first"),
    ]
)
