"""Divide a topic into parts, as a user asks."""

import numpy as np

from lib.clusters.hierarchy import N_INIT, subtopics
from lib.clusters.kmeans import COMPONENTS, KMeans
from lib.clusters.partitions import count_pairs, number_by_size, renumbered
from lib.clusters.seeding import TooFewDistinctRows
from lib.projection import axes_rows, principal_axes, unit_projection


def divide(rows: np.ndarray, into: int | None, most: int, start: np.ndarray, seed: int) -> np.ndarray:
    """The part of each paper of a topic: int32 (m,), 0 for the largest; all 0 if it cannot be divided.

    Parameters
    ----------
    rows : float32 (m, dim), smoothed vectors
    into : number of parts; None: its stable subtopics, at most `most`
    start : int32 (m,), part of each paper in an earlier run, which keeps its number if it goes on; -1: none
    """
    whole = np.zeros(len(rows), np.int32)
    if len(rows) < (into or 2):
        return whole
    axes = principal_axes(rows[axes_rows(len(rows))], COMPONENTS)
    projections = unit_projection(rows, axes)
    method = KMeans(N_INIT, np.eye(projections.shape[1], dtype=np.float32))
    if into is None:
        labels = subtopics(projections, most, seed, method)[0]
    else:
        order = np.random.default_rng(seed).permutation(len(rows))
        labels = np.empty(len(rows), np.int32)
        try:
            labels[order] = method(projections[order], None, into, seed=seed)
        except TooFewDistinctRows:
            return whole
    k = int(labels.max()) + 1
    labels = renumbered(labels, number_by_size(labels, k))
    return as_before(labels, start, k)


def as_before(labels: np.ndarray, start: np.ndarray, k: int) -> np.ndarray:
    """The parts with the numbers that they had before, by the papers that both share: int32 (m,).

    Parameters
    ----------
    labels : int32 (m,), 0 to k - 1
    start : int32 (m,), the part of each paper before; -1: none
    """
    from scipy.optimize import linear_sum_assignment

    both = start >= 0
    if k < 2 or not both.any():
        return labels
    old = max(k, int(start.max()) + 1)
    shared = count_pairs(labels[both], start[both], k, old)
    number = linear_sum_assignment(-shared)[1].astype(np.int32)
    if 0 not in number:  # a part has the key of the topic
        number[0] = 0
    return renumbered(labels, number)
