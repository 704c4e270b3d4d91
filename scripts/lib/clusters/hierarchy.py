"""Groups of topics, and the division of topics into subtopics."""

from math import ceil, floor, sqrt

import numpy as np

from lib.arrays import CHUNK
from lib.clusters.assignment import ClusterMethod
from lib.clusters.kmeans import COMPONENTS, KMeans
from lib.clusters.partitions import number_by_size, renumbered
from lib.clusters.seeding import TooFewDistinctRows
from lib.clusters.stability import jaccard_by_topic
from lib.clusters.ward import ward_linkage
from lib.projection import axes_rows, principal_axes, unit_projection
from lib.rows import rows_by_label
from lib.vectors import take

LEAST_TOPICS = 5  # fewer topics are not grouped
HALVED = 0.65  # two halves of a single cloud reach this index at most
SPLITS = 6  # random splits of the papers into two halves
N_INIT = 4  # initializations of each K-means: one consensus
PATIENCE = 2  # more than 1: three equal subtopics are stable as three, but not as two
ROWS = 5000  # papers of a topic on which subtopics are compared
Divided = tuple[np.ndarray, np.ndarray]  # labels of the papers of a topic, stability of its subtopics


def number_of_groups(tree: np.ndarray) -> int:
    """The number of groups at the largest jump in height of the topic tree, near the square root of k.

    The ratio for g is the height of the merger from g to g - 1 groups over the height of the merger before it. The g
    from 0.8 to 2 √k with the largest ratio is chosen: there the groups are much farther apart than the topics within
    them. Fewer than LEAST_TOPICS topics are not grouped.

    Parameters
    ----------
    tree : float64 (k - 1, 4), of `ward_linkage`
    """
    k = len(tree) + 1
    if k < LEAST_TOPICS:
        return k
    heights = np.maximum(tree[:, 2], 1e-12)
    counts = np.arange(ceil(0.8 * sqrt(k)), min(floor(2.0 * sqrt(k)), k - 1) + 1)
    steps = heights[k - counts] / heights[k - counts - 1]
    return int(counts[steps.argmax()])


def cut(tree: np.ndarray, groups: int, sizes: np.ndarray) -> np.ndarray:
    """The group of each topic, int32 (k,), numbered by descending size; a tree of one topic is one group.

    Parameters
    ----------
    tree : float64 (k - 1, 4), of `ward_linkage`
    groups : at most k
    sizes : int (k,), papers of each topic
    """
    if len(tree) == 0:
        return np.zeros(1, np.int32)
    from scipy.cluster.hierarchy import fcluster  # `edit` divides topics, and cuts no tree

    labels = fcluster(tree, groups, "maxclust") - 1
    return renumbered(labels, number_by_size(labels, int(labels.max()) + 1, sizes))


def tree_of_groups(centroids: np.ndarray, sizes: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """The tree in which each group is merged before others, float64 (k - 1, 4), as `ward_linkage` returns it.

    Parameters
    ----------
    centroids : float32 (k, dim)
    sizes : int (k,), papers of each topic
    groups : int32 (k,), the group of each topic
    """
    k = len(groups)
    rows: list[np.ndarray] = []

    def merge(roots: np.ndarray, means: np.ndarray, weights: np.ndarray, lowest: float) -> int:
        tree = ward_linkage(means, weights)
        ends, first = tree[:, :2].astype(int), k + len(rows)
        tree[:, :2] = np.where(
            ends < len(roots), np.append(roots, 0)[np.minimum(ends, len(roots))], first + ends - len(roots)
        )
        tree[:, 2] = np.maximum(tree[:, 2], lowest)
        rows.extend(tree)
        return first + len(tree) - 1

    roots, means, weights = [], [], []
    for members in rows_by_label(groups, int(groups.max()) + 1):
        roots.append(
            merge(members, centroids[members], sizes[members], 0.0) if len(members) > 1 else members[0]
        )
        means.append(np.average(centroids[members], axis=0, weights=sizes[members]))
        weights.append(sizes[members].sum())
    if len(roots) > 1:
        highest = max((row[2] for row in rows), default=0.0)
        merge(np.array(roots), np.array(means), np.array(weights), highest)
    tree = np.array(rows).reshape(-1, 4)
    leaves = np.ones(k + len(tree))
    for step, (one, other) in enumerate(tree[:, :2].astype(int), k):
        leaves[step] = leaves[one] + leaves[other]
    tree[:, 3] = leaves[k:]
    return tree


def divide_topic(vectors: np.ndarray, rows: np.ndarray, *, min_papers: int, most: int, seed: int) -> Divided:
    """Divide a topic of at least `min_papers` papers into subtopics, or leave it whole; see `subtopics`.

    There are at most `most` subtopics, and their mean size is at least half of `min_papers`.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    rows : int (m,), ascending, of the topic
    """
    n = min(most, 2 * len(rows) // min_papers)
    if n < 2:
        return np.zeros(len(rows), np.int32), np.empty(0)
    axes = principal_axes(take(vectors, rows[axes_rows(len(rows))]), COMPONENTS)
    parts = [unit_projection(take(vectors, rows[a : a + CHUNK]), axes) for a in range(0, len(rows), CHUNK)]
    projections = np.concatenate(parts)
    return subtopics(projections, n, seed, KMeans(N_INIT, np.eye(projections.shape[1], dtype=np.float32)))


def subtopics(projections: np.ndarray, most: int, seed: int, method: ClusterMethod) -> Divided:
    """Divide the papers of one topic, or leave it whole.

    The number of subtopics is the largest at which each appears again on random halves of the topic: its mean Jaccard
    index with its best match is above HALVED. The index is measured on ROWS papers. The search for a larger number ends
    after PATIENCE failures in a row. A topic that no number divides so stays whole. Subtopics below STABLE_SUBTOPIC are
    tentative. Hennig (2007), Cluster-wise assessment of cluster stability.

    Parameters
    ----------
    projections : float32 (n, dim), unit rows, of `unit_projection`
    most : largest number of subtopics
    method : clusters rows into a given number of clusters

    Returns
    -------
    labels : int32 (n,), numbered by descending size; all 0 if the topic stays whole
    stability : float64 (number of subtopics,), the mean Jaccard index of each on the halves; empty if whole
    """
    n = len(projections)
    order = np.random.default_rng(seed).permutation(n)
    rows = projections[order]
    sample = rows[:ROWS]
    halves = _halves(len(sample), seed)
    chosen, failures = None, 0
    for k in range(2, most + 1):
        try:
            labels = method(sample, None, k, seed=seed)
            half_labels = _cluster_halves(sample, halves, k, seed, method)
        except TooFewDistinctRows:
            break
        jaccard = jaccard_by_topic(labels, halves, half_labels, k)
        if jaccard.min() > HALVED:
            chosen, failures = (k, half_labels), 0
        else:
            failures += 1
        if failures == PATIENCE:
            break
    if chosen is None:
        return np.zeros(n, np.int32), np.empty(0)
    k, half_labels = chosen
    labels = method(rows, None, k, seed=seed)
    labels = renumbered(labels, number_by_size(labels, k))
    stability = jaccard_by_topic(labels[: len(sample)], halves, half_labels, k)
    in_order = np.empty(n, np.int32)
    in_order[order] = labels
    return in_order, stability


def _halves(n: int, seed: int) -> np.ndarray:
    """Rows of both halves of random splits: int (2 SPLITS, n // 2); the halves of a split follow each other."""
    rng = np.random.default_rng([seed, 1])
    splits = np.array([rng.permutation(n)[: n // 2 * 2] for _ in range(SPLITS)])
    return splits.reshape(2 * SPLITS, n // 2)


def _cluster_halves(
    rows: np.ndarray, halves: np.ndarray, k: int, seed: int, method: ClusterMethod
) -> np.ndarray:
    """The clusters of each half, with different seeds: int32 (2 SPLITS, n // 2)."""
    seeds = [seed + (1 + i) * N_INIT for i in range(len(halves))]
    return np.array(
        [method(rows[half], None, k, seed=first) for half, first in zip(halves, seeds, strict=True)]
    )
