"""How well each paper fits its topic, and how topics are numbered."""

from dataclasses import dataclass

import numpy as np

from lib.grouping import rows_by_label
from lib.lloyd import Clustering
from lib.parallel import for_chunks
from lib.vectors import unit_rows


@dataclass
class Membership:
    """How each paper fits its topic.

    Attributes
    ----------
    similarity : float32 (n,), cosine to the centroid of its topic
    margin : float32 (n,), `similarity` minus the largest cosine to another centroid
    second_topic : int32 (n,), the topic of that other centroid
    """

    similarity: np.ndarray
    margin: np.ndarray
    second_topic: np.ndarray


def number_by_size(clustering: Clustering) -> Clustering:
    """Number the topics by descending size. Of two equal topics the one with the earlier row is first."""
    k = len(clustering.centroids)
    sizes = np.bincount(clustering.labels, minlength=k)
    first_row = np.full(k, len(clustering.labels))
    np.minimum.at(first_row, clustering.labels, np.arange(len(clustering.labels)))
    order = np.lexsort((first_row, -sizes))
    rank = np.empty(k, np.int32)
    rank[order] = np.arange(k, dtype=np.int32)
    return Clustering(
        clustering.centroids[order], rank[clustering.labels], clustering.inertia, clustering.iterations
    )


def measure_membership(vectors: np.ndarray, clustering: Clustering, threads: int = 1) -> Membership:
    """Compare each paper with the centroid of its topic and with the second-best centroid.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    """
    lengths = np.linalg.norm(clustering.centroids, axis=1, keepdims=True)
    transposed = np.ascontiguousarray((clustering.centroids / np.maximum(lengths, 1e-12)).T)
    n = len(vectors)
    membership = Membership(np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.int32))

    def work(a: int, b: int) -> None:
        line, own = np.arange(b - a), clustering.labels[a:b]
        cosine = unit_rows(vectors, a, b) @ transposed
        membership.similarity[a:b] = cosine[line, own]
        cosine[line, own] = -np.inf
        membership.second_topic[a:b] = cosine.argmax(1)
        membership.margin[a:b] = membership.similarity[a:b] - cosine[line, membership.second_topic[a:b]]

    for_chunks(n, threads, work)
    return membership


def find_outliers(similarity: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """The papers that are much less similar to their centroid than the other papers of the topic.

    An outlier lies below the lower fence of its topic: the first quartile minus 1.5 times the
    interquartile range. Tukey (1977), Exploratory data analysis.

    Parameters
    ----------
    similarity : float32 (n,)
    labels : int (n,), 0 to k - 1

    Returns
    -------
    bool (n,)
    """
    fence = np.zeros(k, np.float32)
    for topic, rows in enumerate(rows_by_label(labels, k)):
        if len(rows):
            low, high = np.quantile(similarity[rows], [0.25, 0.75])
            fence[topic] = low - 1.5 * (high - low)
    return similarity < fence[labels]
