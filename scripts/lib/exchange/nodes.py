"""Topics and subtopics as nodes of a network."""

from dataclasses import dataclass

import numpy as np

from lib.exchange.paper_rows import Names
from lib.figures.label_layout import densest_points
from lib.rows import label_sizes, rows_by_label


@dataclass
class Nodes:
    """The topics, or the parts that they are divided into.

    Attributes
    ----------
    of_papers : int32 (n,), the node of each paper; -1 for none
    labels : name of each node; parts of two topics may have the same
    topics : int (k,), code of the topic of each
    sizes : int64 (k,), papers that count
    years : float (k,), mean year of its papers that count; NaN if none has a year
    points : float64 (k, 2), where it is densest on the map
    """

    of_papers: np.ndarray
    labels: list[str]
    topics: np.ndarray
    sizes: np.ndarray
    years: np.ndarray
    points: np.ndarray


def nodes_of_topics(
    topic: np.ndarray, names: Names, years: np.ndarray, points: np.ndarray, counted: np.ndarray
) -> Nodes:
    """The topics as nodes.

    Parameters
    ----------
    topic : int32 (n,), code of the topic of each paper; -1 for none
    years : float (n,), NaN for papers without a date
    points : float32 (n, 2)
    counted : bool (n,)
    """
    return _measured(topic, list(names.topics), np.arange(len(names.topics)), years, points, counted)


def nodes_of_parts(
    topic: np.ndarray,
    subtopic: np.ndarray,
    parents: np.ndarray,
    names: Names,
    years: np.ndarray,
    points: np.ndarray,
    counted: np.ndarray,
) -> Nodes:
    """The subtopics as nodes, and the topics that are not divided.

    Parameters
    ----------
    topic, subtopic : int32 (n,), of each paper; -1 for none
    parents : int (s,), code of the topic of each subtopic
    years, points, counted : as in `nodes_of_topics`
    """
    whole = np.setdiff1d(np.arange(len(names.topics)), parents)
    code = np.full(len(names.topics) + 1, -1)
    code[whole] = len(parents) + np.arange(len(whole))
    of_papers = np.where((subtopic >= 0) & (topic >= 0), subtopic, code[topic])
    labels = [*names.subtopics, *(names.topics[t] for t in whole.tolist())]
    return _measured(of_papers, labels, np.r_[parents, whole].astype(int), years, points, counted)


def _measured(
    of_papers: np.ndarray,
    labels: list[str],
    topics: np.ndarray,
    years: np.ndarray,
    points: np.ndarray,
    counted: np.ndarray,
) -> Nodes:
    k = len(labels)
    dated = np.where(counted & ~np.isnan(years), of_papers, -1)
    means = [float(years[rows].mean()) if len(rows) else np.nan for rows in rows_by_label(dated, k)]
    sizes = label_sizes(np.where(counted, of_papers, -1), k)
    return Nodes(of_papers, labels, topics, sizes, np.array(means), densest_points(points, of_papers, k))
