"""Schemas of the files of this stage: assignments, the hierarchy's nodes, and the choice of K.

docs/files.md is written from them (`make docs`).
"""

from typing import TypedDict

import pyarrow as pa

from lib.columns import column

ASSIGNMENTS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        column(
            "topic",
            pa.int32(),
            "lasting number of its topic; -1: unassigned, which does not occur with K-means",
        ),
        column(
            "similarity",
            pa.float32(),
            "cosine to the centroid of its topic; NaN for unassigned papers, as are margin and silhouette",
        ),
        column(
            "margin",
            pa.float32(),
            "`similarity` minus the largest cosine to another centroid; negative if smoothing put it in this topic",
        ),
        column("second_topic", pa.int32(), "the topic of that centroid"),
        column("silhouette", pa.float32(), "exact cosine silhouette, -1 to 1"),
        column(
            "outlier",
            pa.bool_(),
            "`similarity` is below Tukey's lower fence of its topic, or the paper is unassigned",
        ),
        column(
            "age",
            pa.int32(),
            "runs of the chain that the paper was in before; 0: it is new; null: it was in the first run",
        ),
    ]
)


MEMBERSHIPS = pa.schema(
    [
        column(
            "topics",
            pa.list_(pa.int32()),
            "lasting numbers of its best topics, at most five, largest share first; none of an unassigned paper; row i is row i "
            "of the papers",
        ),
        column(
            "shares",
            pa.list_(pa.float32()),
            "of each of them: how often clusterings of other papers would put the paper there (0.7: seven of ten), rounded down "
            "to thousandths; those of 0 are left out",
        ),
    ]
)


NODES = pa.schema(
    [
        column("level", pa.string(), "group, topic or subtopic"),
        column(
            "node",
            pa.int32(),
            "number of the node in its level, of a topic its lasting number; groups and the subtopics of a topic by "
            "descending size",
        ),
        column("parent", pa.int32(), "group of a topic, or topic of a subtopic; null for groups"),
        column("size", pa.int64(), "number of papers; in hierarchy.parquet of works"),
        column(
            "stability",
            pa.float64(),
            "for subtopics: mean Jaccard index with the best match on random halves of the topic",
        ),
    ]
)


SUBTOPICS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        column("subtopic", pa.int32(), "number of its subtopic; null if its topic is not divided"),
    ]
)


NEW_PAPERS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; the rows are sorted by it"),
        column("title", pa.string(), "its title"),
        column("topic", pa.int32(), "number of its topic in the run"),
        column("key", pa.string(), "key of the topic"),
        column("name", pa.string(), "name of the topic"),
        column("similarity", pa.float32(), "cosine to the centroid of the topic"),
        column("margin", pa.float32(), "`similarity` minus the largest cosine to another centroid"),
        column("second_topic", pa.int32(), "number of the topic of that centroid"),
        column("x", pa.float32(), "position on the map, among the nearest papers of the run"),
        column("y", pa.float32(), "the same"),
        column("near_ids", pa.list_(pa.string()), "ids of the five nearest papers of the run, nearest first"),
        column("near_titles", pa.list_(pa.string()), "their titles"),
        column("known", pa.bool_(), "the run has this text; what it says of that paper is repeated"),
        column("outlier", pa.bool_(), "`similarity` is below Tukey's lower fence of the topic in the run"),
    ]
)


class Scan(TypedDict):
    """One candidate for K, measured on the sample; one entry per clustering or pair; sizes per topic.

    `stable_share` is the share of papers in stable topics: topics whose mean Jaccard index on random halves is at least 0.6.
    """

    k: int
    papers: int
    sample: int
    skipped: str | None
    inertia: list[float]
    silhouette: list[float]
    stable_share: list[float]
    sizes: list[int]
    stability_seeds: list[float]
    stability_halves: list[float]
    ami_primary: float | None
    seconds: float


class KSelection(TypedDict):
    """The chosen K, the rule that chose it, and the reason in one sentence."""

    k: int
    rule: str
    proposed: int | None
    plateau: list[int]
    sentence: str
    sample: int
    papers: int
    seconds: dict[str, float]
    skipped: list[str]


class NewGroup(TypedDict):
    """A group of young papers whose nearest papers are young; `topic` holds most of it, and `papers` are its most typical.

    `new` counts the papers that the run before did not have, and `run` is the run of the chain that first found the group.
    """

    size: int
    new: int
    run: int
    topic: int
    opened: bool
    papers: list[str]


class Fit(TypedDict):
    """How the papers fit their topics; lists have one entry per topic, in the order of `numbers`.

    Silhouette and inertia are measured on the original vectors. `stability_by_topic` is the mean Jaccard index of a
    topic with its best match when random halves of the papers are clustered.
    """

    silhouette: float
    silhouette_by_topic: list[float]
    stability_by_topic: list[float | None]
    inertia: float
    sizes: list[int]
    outliers: int


class Health(TypedDict):
    """How topics that follow those of an earlier run compare with a cold start, on the smoothed vectors of the sample.

    `gain` is the inertia per paper that the best division of a topic gained in the first run of the chain. A cold start
    with as many topics would lower the inertia by the share `gap`, and would move the share `moved` of the papers; both
    are null after a cold start.
    """

    gain: float
    gap: float | None
    moved: float | None


class Calibration(TypedDict):
    """How sure topics are, by clusterings of random halves of the sample that the papers are not in.

    `agreement` is the share of papers that these put into their topic. memberships.parquet is made with the `temperature` of
    the scores. `calibration_error` is the mean difference of the largest share of a paper and what other clusterings do, from
    0 to 1; 1 - `agreement` would be that of topics taken for certain. All are null, and there are no memberships, if a half
    has fewer distinct texts than topics.
    """

    agreement: float | None
    temperature: float | None
    calibration_error: float | None


class ClusterSummary(Fit, Health, Calibration):
    """The clustering in a few figures. Vectors were averaged with their `smooth` nearest papers to find the topics.

    A run with `previous` continues a chain: `numbers` are the lasting numbers of the topics, ascending, and `keys` their
    keys. `given` are the keys of every number of the chain, and the next number is how many there are. `since` counts the runs since
    each topic opened, and `ended` lists the numbers that end with this run. `run` counts from 0. `lineage` holds a digest of
    the assignments of each run of the chain, this one last, and `announced` lists the groups of new papers.
    """

    k: int
    papers: int
    smooth: int
    iterations: int
    numbers: list[int]
    keys: list[str]
    given: list[str]
    since: list[int]
    ended: list[int]
    run: int
    lineage: list[str]
    history: str
    announced: list[NewGroup]
