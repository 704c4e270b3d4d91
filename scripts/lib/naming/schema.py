"""Schemas of the files of this stage: topics, their representative papers, and the nodes of the hierarchy.

docs/files.md is written from them (`make docs`).
"""

import pyarrow as pa

from lib.clusters.schema import NODES
from lib.columns import column
from lib.keywords.schema import MIXED

FIELDS = (
    "at most three categories, in words, that are at least twice as frequent here as in the other papers (for a "
    "subtopic: of its topic)"
)

TOPICS = pa.schema(
    [
        column("topic", pa.int32(), "lasting number of the topic, ascending; topics.csv is sorted by `size`"),
        column("key", pa.string(), "its key, in the address of map.html; it is the same in all later runs"),
        column("label", pa.string(), '"{primary keyword} | {representative title}"'),
        column("size", pa.int64(), "number of works; of records with works.count: records"),
        column("share", pa.float64(), "share of all works"),
        column(
            "name",
            pa.string(),
            "its best keywords, at most three; of a mixed topic its fields, or the first keywords of its subtopics; no "
            "two topics have the same name",
        ),
        column("by_hand", pa.bool_(), "a person gave the name (config key `edits`)"),
        column("description", pa.string(), "what a person wrote about it"),
        column("was", pa.string(), "its former name, if the name changed since the earlier run"),
        column("primary_keyword", pa.string(), "the best keyword; no two topics have the same one"),
        column("keywords", pa.list_(pa.string()), "highest-weighted first"),
        column("fields", pa.list_(pa.string()), FIELDS),
        column("npmi", pa.float64(), "coherence of its keywords: mean NPMI of their pairs in whole papers"),
        column("c_v", pa.float64(), "coherence of its keywords: C_v"),
        column(
            "mixed",
            pa.bool_(),
            f"its keywords seldom stand in the same papers (`npmi` below {MIXED}): several subjects",
        ),
        column(
            "representative_id",
            pa.string(),
            "id of the paper whose title describes the topic best, among its 50 nearest papers; in topics.csv with an "
            "apostrophe in front where a reader would take it for a number ('0704.0010)",
        ),
        column("representative_title", pa.string(), "its title, TeX converted to Unicode"),
        column("silhouette", pa.float64(), "mean silhouette of its papers, without copies"),
        column(
            "stability",
            pa.float64(),
            "mean Jaccard index with its best match when random halves are clustered; a topic below 0.6 is loose",
        ),
        column("since", pa.int32(), "runs since the topic was opened; 0: in this one"),
        column("main_category", pa.string(), "the most frequent primary category"),
        column("main_category_share", pa.float64(), "its share of the papers that have a category"),
        column(
            "color", pa.string(), "its color in all figures, as #rrggbb; similar topics have similar hues"
        ),
    ]
)


REPRESENTATIVES = pa.schema(
    [
        column("topic", pa.int32(), "number of the topic"),
        column(
            "role",
            pa.string(),
            "nearest: to the centroid; descriptive: the title describes the topic; diverse: unlike each other; "
            "latest: newest of the nearer half; borderline: smallest margin to another topic",
        ),
        column("rank", pa.int32(), "1 for the first of its role"),
        column("id", pa.string(), "id of the paper"),
        column("title", pa.string(), "its title, TeX converted to Unicode"),
        column("similarity", pa.float32(), "cosine to the centroid"),
        column(
            "score",
            pa.float64(),
            "by role: similarity; how well the title describes the topic (F2 of its keywords, minus the largest coverage of "
            "another topic); largest cosine to an earlier paper; days since 1970; margin",
        ),
    ]
)


HIERARCHY = pa.schema(
    [
        *NODES,
        column("share", pa.float64(), "share of all works"),
        column(
            "name",
            pa.string(),
            "its best keywords, at most three; that of a group is its fields, or broad fields or keywords that cover "
            "it better",
        ),
        column(
            "mixed",
            pa.bool_(),
            "a topic of several subjects; a group whose fields cover less than half of its papers",
        ),
        column("tentative", pa.bool_(), "a subtopic with a stability below 0.75"),
        column(
            "keywords", pa.list_(pa.string()), "highest-weighted first, against the other nodes of its parent"
        ),
        column("fields", pa.list_(pa.string()), FIELDS),
    ]
)
