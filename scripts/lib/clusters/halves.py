"""Clusterings of random halves of the sample: what topics do when other papers are clustered."""

from dataclasses import dataclass

import numpy as np

from lib.clusters.assignment import SEEDS, ClusterMethod
from lib.clusters.new_papers import nearest_topics
from lib.clusters.partitions import count_pairs
from lib.clusters.seeding import TooFewDistinctRows
from lib.clusters.smoothing import Sample, unit_half
from lib.clusters.stability import jaccard_by_topic
from lib.lloyd import cluster_sums
from lib.parallel import map_tasks


@dataclass
class Half:
    """The clustering of a half.

    Attributes
    ----------
    rows : int32 (m,), positions in the sample
    labels : int32 (m,), their clusters from 0 on; -1 for unassigned papers
    means : float32 (c, dim), of the vectors of each cluster, smoothed within the half
    """

    rows: np.ndarray
    labels: np.ndarray
    means: np.ndarray


def cluster_halves(
    sample: Sample, k: int, method: ClusterMethod, *, seed: int = 0, threads: int = 1
) -> list[Half]:
    """Cluster each half; no halves if one has fewer distinct texts than topics.

    Parameters
    ----------
    method : divides a half
    """

    def cluster(number: int) -> Half:
        vectors = unit_half(sample.half_vectors, number)
        labels = method(vectors, None, k, seed=seed + number * SEEDS)
        sums, counts = cluster_sums(vectors, labels, int(labels.max()) + 1)
        means = sums / np.maximum(counts, 1)[:, None]
        return Half(sample.half_rows[number], labels, means.astype(np.float32))

    try:
        return list(map_tasks(range(len(sample.half_rows)), threads, cluster))
    except TooFewDistinctRows:
        return []


def topic_stability(halves: list[Half], labels: np.ndarray, k: int) -> np.ndarray:
    """How stable each topic is: float64 (k,), see `jaccard_by_topic`; nan without halves.

    Parameters
    ----------
    labels : int (m,), topics of the sample, 0 to k - 1; -1 for unassigned papers
    """
    if not halves:
        return np.full(k, np.nan)
    rows, clusters = ([getattr(half, name) for half in halves] for name in ("rows", "labels"))
    return jaccard_by_topic(labels, np.array(rows), np.array(clusters), k)


def votes_of(
    halves: list[Half], vectors: np.ndarray, labels: np.ndarray, k: int, threads: int = 1
) -> np.ndarray:
    """The topic that the clustering of each half gives to the papers that are not in it: int32 (h, m).

    A paper goes to the nearest cluster. Clusters are matched with topics one to one, so that as many papers of the half
    as possible are in matched ones. -1: the paper is in the half, or its cluster has no match.

    Parameters
    ----------
    vectors : float16 (m, dim), the sample, smoothed; may be memory-mapped
    labels : int (m,), its topics, 0 to k - 1; -1 for unassigned papers
    """
    from scipy.optimize import linear_sum_assignment  # importing it takes as long as a small clustering

    votes = np.empty((len(halves), len(labels)), np.int32)
    for half, row in zip(halves, votes, strict=True):
        known = np.flatnonzero((labels[half.rows] >= 0) & (half.labels >= 0))
        table = count_pairs(labels[half.rows[known]], half.labels[known], k, len(half.means))
        topics, clusters = linear_sum_assignment(-table)
        topic_of = np.full(len(half.means), -1, np.int32)
        topic_of[clusters] = topics
        row[:] = topic_of[nearest_topics(vectors, half.means, threads)]
        row[half.rows] = -1
    return votes
