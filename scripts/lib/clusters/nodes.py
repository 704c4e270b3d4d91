"""The nodes of the hierarchy: which topic is in which group, which subtopics are siblings, and how large they are."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from lib.rows import label_sizes


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
