"""The rows of papers.parquet and papers.csv: what the other files say of each paper, in one place."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.clusters.fit import FITS
from lib.exchange.schema import PAPER_ROWS
from lib.map.page_data import nodes_of, one_line
from lib.naming.titles import latex_to_text

NEAR = 5  # ids of nearest papers, as in assign/NAME.csv


@dataclass
class Names:
    """What topics and subtopics are called, by code.

    Attributes
    ----------
    keys, topics, groups : of each topic its key, its name and the name of its group
    subtopics : of each subtopic
    numbers : int32 (k,), lasting numbers of the topics
    """

    keys: list[str]
    topics: list[str]
    groups: list[str]
    subtopics: list[str]
    numbers: np.ndarray

    @classmethod
    def of(cls, topics: list[dict], hierarchy: list[dict]) -> "Names":
        """Those of the rows of topics.parquet and of hierarchy.parquet; there with codes for topics."""
        groups = [one_line(node["name"]) for node in nodes_of(hierarchy, "group")]
        return cls(
            keys=[topic["key"] for topic in topics],
            topics=[one_line(topic["name"]) for topic in topics],
            groups=[groups[node["parent"]] for node in nodes_of(hierarchy, "topic")],
            subtopics=[one_line(node["name"]) for node in nodes_of(hierarchy, "subtopic")],
            numbers=np.array([topic["topic"] for topic in topics], np.int32),
        )


@dataclass
class Measures:
    """The numbers of all papers; texts are read a block at a time.

    Attributes
    ----------
    topic, second, subtopic : int32 (n,), codes; -1 for none
    similarity, margin, share : float32 (n,), as in the columns of PAPER_ROWS; NaN where unknown
    fit : int8 (n,), place in FITS; -1 for a paper without a topic
    points : float32 (n, 2)
    counted : bool (n,)
    """

    topic: np.ndarray
    second: np.ndarray
    subtopic: np.ndarray
    similarity: np.ndarray
    margin: np.ndarray
    share: np.ndarray
    fit: np.ndarray
    points: np.ndarray
    counted: np.ndarray

    def part(self, rows: slice) -> "Measures":
        """Those of some papers."""
        return Measures(**{name: values[rows] for name, values in vars(self).items()})


def own_shares(topic: np.ndarray, best: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The share of each paper in its own topic: float32 (n,); 0 if it is not among its best topics, NaN without one.

    Parameters
    ----------
    topic : int (n,), codes; -1 for none
    best, shares : int32 and float32 (n, b), as `read_memberships` returns them
    """
    own = np.where((best == topic[:, None]) & (topic[:, None] >= 0), shares, 0).max(1, initial=0)
    return np.where(topic < 0, np.float32(np.nan), own).astype(np.float32)


def fields_of(categories: pa.ListArray, names: dict[str, str]) -> pa.ListArray:
    """The categories of each paper in words: list of string (n,), each name once; empty without categories."""
    filled = pc.fill_null(categories, pa.scalar([], categories.type)) if categories.null_count else categories
    encoded = filled.flatten().dictionary_encode()
    shown = pa.array([names.get(each, each) for each in encoded.dictionary.to_pylist()], pa.string())
    values = shown.take(encoded.indices).to_pylist()
    ends = np.r_[0, np.cumsum(filled.value_lengths().to_numpy())].tolist()
    lists = [list(dict.fromkeys(values[a:b])) for a, b in pairwise(ends)]
    return pa.array(lists, pa.list_(pa.string()))


def named(names: list[str], codes: np.ndarray) -> pa.Array:
    """The name of each code: string (n,), null for -1."""
    return pa.array(names, pa.string()).take(pa.array(codes, mask=codes < 0))


def paper_rows(
    texts: pa.Table,
    measures: Measures,
    names: Names,
    category_names: dict[str, str],
    facets: dict[str, pa.Array],
    near: pa.ListArray,
) -> pa.Table:
    """The rows of some papers, with the columns of PAPER_ROWS.

    Parameters
    ----------
    texts : columns id, title, categories, published and work
    measures : of the same papers
    facets : journal and doi, string (n,) each
    near : ids of the nearest papers of each
    """
    year = pc.year(texts["published"])
    none = measures.topic < 0
    second = np.where(none, -1, measures.second)

    def known(values: np.ndarray) -> pa.Array:
        return pa.array(values, mask=none | np.isnan(values))

    columns = {
        "id": texts["id"],
        "title": [one_line(latex_to_text(title)) for title in texts["title"].to_pylist()],
        "year": year.cast(pa.int32()),
        "topic": pa.array(names.numbers).take(pa.array(measures.topic, mask=none)),
        "topic_key": named(names.keys, measures.topic),
        "topic_name": named(names.topics, measures.topic),
        "topic_group": named(names.groups, measures.topic),
        "subtopic": named(names.subtopics, np.where(none, -1, measures.subtopic)),
        "fields": fields_of(texts["categories"].combine_chunks(), category_names),
        "similarity": known(measures.similarity),
        "fit": named(list(FITS), measures.fit.astype(np.int32)),
        "topic_share": known(measures.share),
        "second_topic_key": named(names.keys, second),
        "second_topic_name": named(names.topics, second),
        "margin": known(measures.margin),
        "x": measures.points[:, 0],
        "y": measures.points[:, 1],
        **facets,
        "work": texts["work"],
        "counted": measures.counted,
        "near_ids": near,
    }
    return pa.table(columns).select(PAPER_ROWS.names).cast(PAPER_ROWS)


def near_lists(ids: pa.Array, near: np.ndarray) -> pa.ListArray:
    """The ids of the nearest papers of each paper: list of string (n,).

    Parameters
    ----------
    ids : of all papers
    near : int (n, k), rows of nearest papers, nearest first; at most NEAR of them are taken
    """
    taken = np.asarray(near[:, :NEAR])
    offsets = np.arange(len(taken) + 1, dtype=np.int32) * taken.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), ids.take(pa.array(taken.ravel())))
