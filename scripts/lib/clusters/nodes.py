"""The nodes of the hierarchy: which topic is in which group, which subtopics are siblings, and how large they are.

Files hold the lasting numbers of topics; scripts compute with their codes (`topic_numbers`).
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.clusters.partitions import renumbered
from lib.clusters.topic_numbers import to_codes
from lib.rows import label_sizes
from lib.tables import read_table

LEVELS = ("group", "topic", "subtopic")


def read_nodes(
    path: Path, schema: pa.Schema, numbers: np.ndarray | None = None
) -> tuple[pa.Table, np.ndarray]:
    """A table of nodes, or of their keywords, with codes in place of the numbers of topics; and the numbers.

    Parameters
    ----------
    numbers : int (k,), all topics of the run, in the order of the codes; None: those of the table

    Raises
    ------
    UserError
        A topic of the table is not among the numbers.
    """
    table = read_table(path, schema)
    level, node = np.array(table["level"].to_pylist(), object), table["node"].to_numpy()
    topic = level == "topic"
    if numbers is None:
        numbers = node[topic]
    codes = np.where(topic, to_codes(np.where(topic, node, -1), numbers), node)
    table = table.set_column(table.column_names.index("node"), "node", pa.array(codes, pa.int32()))
    if "parent" in table.column_names:
        parent, below = table["parent"].fill_null(-1).to_numpy(), level == "subtopic"
        codes = np.where(below, to_codes(np.where(below, parent, -1), numbers), parent)
        parents = pa.array(codes, pa.int32(), mask=parent < 0)
        table = table.set_column(table.column_names.index("parent"), "parent", parents)
    return table, numbers


def with_numbers(nodes: pd.DataFrame, numbers: np.ndarray) -> pd.DataFrame:
    """A table of nodes, or of their keywords, with the lasting numbers of topics in place of their codes.

    Parameters
    ----------
    nodes : columns `level` and `node`, and maybe `parent`
    numbers : int32 (k,)
    """
    nodes, level = nodes.copy(), nodes["level"]
    for column, holding in (("node", "topic"), ("parent", "subtopic")):
        if column in nodes:
            codes = nodes.loc[level == holding, column].to_numpy(int)
            nodes.loc[level == holding, column] = renumbered(codes, numbers)
    return nodes


def as_listed(table: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """The rows of a table of nodes as people read them: by level, topics and those of their parts by descending size.

    Parameters
    ----------
    table : columns `level` and `node`; the rows of a node keep their order
    nodes : columns of NODES
    """
    topics = nodes[nodes["level"] == "topic"].sort_values("size", ascending=False, kind="stable")
    rank = {topic: place for place, topic in enumerate(topics["node"])}
    place = {
        (level, node): (LEVELS.index(level), rank[node if level == "topic" else parent], node)
        if level != "group"
        else (0, 0, node)
        for level, node, parent in zip(nodes["level"], nodes["node"], nodes["parent"], strict=True)
    }
    places = [place[of_row] for of_row in zip(table["level"], table["node"], strict=True)]
    return table.iloc[sorted(range(len(table)), key=places.__getitem__)]


def parents_of(nodes: pd.DataFrame, level: str) -> np.ndarray:
    """The group of each topic, or the topic of each subtopic: int (m,).

    Parameters
    ----------
    nodes : columns of NODES
    level : topic or subtopic
    """
    return nodes.loc[nodes["level"] == level, "parent"].to_numpy(int)


def siblings(parents: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The subtopics of each divided topic: their numbers, ascending; and the place of each subtopic among them.

    Parameters
    ----------
    parents : int (m,), the topic of each subtopic

    Yields
    ------
    Numbers, int64 (n,), and places, int64 (m,), 0 to n - 1; -1 for the subtopics of other topics.
    """
    for parent in np.unique(parents):
        numbers = np.flatnonzero(parents == parent)
        places = np.full(len(parents), -1)
        places[numbers] = np.arange(len(numbers))
        yield numbers, places


def node_sizes(nodes: pd.DataFrame, topics: np.ndarray, subtopics: np.ndarray) -> np.ndarray:
    """The papers in each node: int64 (number of nodes,).

    Parameters
    ----------
    nodes : columns of NODES
    topics, subtopics : int (n,), of each paper; -1 for papers that are not counted
    """
    level, sizes = nodes["level"].to_numpy(), np.zeros(len(nodes), np.int64)
    of_topics = label_sizes(topics, int((level == "topic").sum()))
    sizes[level == "topic"] = of_topics
    sizes[level == "group"] = np.bincount(
        parents_of(nodes, "topic"), of_topics, int((level == "group").sum())
    )
    sizes[level == "subtopic"] = label_sizes(subtopics, int((level == "subtopic").sum()))
    return sizes
