"""Divide a topic into parts, as a user asks."""

import numpy as np

from lib.clusters.following import ANY_DISTANCE
from lib.clusters.hierarchy import N_INIT
from lib.clusters.kmeans import KMeans
from lib.clusters.partitions import count_pairs, number_by_size, renumbered
from lib.clusters.seeding import TooFewDistinctRows
from lib.lloyd import Stay, cluster_sums, inertia_of, lloyd


def divide(rows: np.ndarray, into: int, seed: int) -> np.ndarray:
    """The part of each paper of a topic, 0 for the largest: int32 (m,); all 0 if it cannot be divided.

    Parameters
    ----------
    rows : float32 (m, dim), smoothed vectors
    into : number of parts
    """
    labels = np.zeros(len(rows), np.int32)
    order = np.random.default_rng(seed).permutation(len(rows))
    try:
        if len(rows) >= into:
            labels[order] = KMeans(N_INIT)(rows[order], None, into, seed=seed)
    except TooFewDistinctRows:
        return np.zeros(len(rows), np.int32)
    return renumbered(labels, number_by_size(labels, int(labels.max(initial=0)) + 1))


def followed(rows: np.ndarray, before: np.ndarray, stay: float, threads: int = 1) -> np.ndarray:
    """The parts that a topic had, with its papers of today: int32 (m,), the numbers as before.

    A person divided it, so that it stays divided. A paper leaves its part only if another is clearly nearer, as papers
    leave topics (`lib.lloyd.Stay`).

    Parameters
    ----------
    rows : float32 (m, dim), smoothed vectors
    before : int32 (m,), the part of each paper in the earlier run, two at least; -1: it was not in the topic
    stay : share of the mean squared distance by which another part must be nearer
    """
    parts = np.unique(before[before >= 0])
    home = np.where(before >= 0, np.searchsorted(parts, before), -1).astype(np.int32)
    sums, counts = cluster_sums(rows, home, len(parts), threads)
    means = sums / counts[:, None]
    square = inertia_of(means, counts) / int(counts.sum())
    run = lloyd(rows, means.astype(np.float32), stay=Stay(home, margin_of(stay, square)), threads=threads)
    return parts[run.labels].astype(np.int32)


def margin_of(stay: float, square: float) -> float:
    """By how much another topic must be nearer: a share of the mean squared distance; `inf` is above any distance."""
    return min(stay * square, ANY_DISTANCE) if stay else 0.0


def as_before(labels: np.ndarray, before: np.ndarray) -> np.ndarray:
    """The parts with the numbers that they had before, by the papers that both share: int32 (m,).

    Parameters
    ----------
    labels : int32 (m,), the part of each paper, from 0 on
    before : int32 (m,), the part of each paper in the earlier run; -1: none
    """
    from scipy.optimize import linear_sum_assignment

    both, k = before >= 0, int(labels.max(initial=0)) + 1
    if k < 2 or not both.any():
        return labels
    shared = count_pairs(labels[both], before[both], k, max(k, int(before.max()) + 1))
    number = linear_sum_assignment(-shared)[1].astype(np.int32)
    if 0 not in number:  # a part has the key of the topic
        number[0] = 0
    return renumbered(labels, number)
