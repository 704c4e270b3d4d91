"""The type of all cluster methods, the fit of each paper to its topic, outliers, and the numbering of topics."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from lib.parallel import for_chunks
from lib.rows import rows_by_label
from lib.vectors import unit_rows

# Seeds of a clustering that is only compared, and thus the distance between the seeds of two runs of a method.
# 20 starts of K-means lower the inertia by 0.04 %, but the topics are not more stable.
SEEDS = 12


# The rows of the nearest papers of each row, int32 (n, m), nearest first, and their cosines, (n, m)
Graph = tuple[np.ndarray, np.ndarray]


class ClusterMethod(Protocol):
    """A method that divides papers into topics, such as `lib.clusters.kmeans.KMeans`.

    `scan_k`, `cluster` and `hierarchy` construct the method that they use. All else calls it by this type, and
    reads its labels: centroids are the means of the original vectors of a topic's papers, whatever the method.

    Parameters
    ----------
    vectors : (n, dim), smoothed unit rows, float16 (may be memory-mapped) or float32
    graph : of the nearest papers; None if these rows have none, such as a half of a sample
    k : number of topics; None: the method chooses it. A method may reject a number, or None, with a UserError
    seed : first seed of the random choices; the method may use SEEDS consecutive seeds

    Returns
    -------
    int (n,), the topic of each row, 0 to k - 1 in any order, each with rows; -1 for an unassigned row
    """

    def __call__(
        self,
        vectors: np.ndarray,
        graph: Graph | None,
        k: int | None,
        *,
        seed: int,
        threads: int = 1,
    ) -> np.ndarray: ...


@dataclass
class Membership:
    """How each paper fits its topic.

    Attributes
    ----------
    similarity : float32 (n,), cosine to the centroid of its topic; nan for an unassigned paper
    margin : float32 (n,), `similarity` minus the largest cosine to another centroid; nan for an unassigned paper
    second_topic : int32 (n,), the topic of that other centroid; for an unassigned paper the nearest topic
    """

    similarity: np.ndarray
    margin: np.ndarray
    second_topic: np.ndarray


def measure_membership(
    vectors: np.ndarray, labels: np.ndarray, centroids: np.ndarray, threads: int = 1
) -> Membership:
    """Compare each paper with the centroid of its topic and with the second-best centroid.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    labels : int (n,), 0 to k - 1; -1 for unassigned papers
    centroids : float32 (k, dim)
    """
    lengths = np.linalg.norm(centroids, axis=1, keepdims=True)
    transposed = np.ascontiguousarray((centroids / np.maximum(lengths, 1e-12)).T)
    n = len(vectors)
    membership = Membership(np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.int32))

    def work(a: int, b: int) -> None:
        line, topics = np.arange(b - a), labels[a:b]
        in_topic = np.flatnonzero(topics >= 0)
        cosine = unit_rows(vectors, a, b) @ transposed
        membership.similarity[a:b] = np.where(topics >= 0, cosine[line, topics], np.float32(np.nan))
        cosine[in_topic, topics[in_topic]] = -np.inf
        membership.second_topic[a:b] = cosine.argmax(1)
        membership.margin[a:b] = membership.similarity[a:b] - cosine[line, membership.second_topic[a:b]]

    for_chunks(n, threads, work)
    return membership


def find_outliers(similarity: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """The papers that are much less similar to their centroid than the other papers of the topic.

    An outlier lies below the lower fence of its topic, see `lower_fences`. An unassigned paper is an outlier.

    Parameters
    ----------
    similarity : float32 (n,)
    labels : int (n,), 0 to k - 1; -1 for unassigned papers

    Returns
    -------
    bool (n,)
    """
    return (labels < 0) | (similarity < lower_fences(similarity, labels, k)[labels])


def lower_fences(similarity: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """The first quartile of the similarity in each topic minus 1.5 times the interquartile range: float32 (k,).

    Tukey (1977), Exploratory data analysis. The parameters are those of `find_outliers`.
    """
    fence = np.zeros(k, np.float32)
    for topic, rows in enumerate(rows_by_label(labels, k)):
        if len(rows):
            low, high = np.quantile(similarity[rows], [0.25, 0.75])
            fence[topic] = low - 1.5 * (high - low)
    return fence
