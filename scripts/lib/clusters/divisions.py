"""Divide one topic in two, or join two topics: the smallest steps from one number of topics to the next."""

from dataclasses import dataclass

import numpy as np

from lib.clusters.kmeans import kmeans
from lib.clusters.seeding import TooFewDistinctRows
from lib.lloyd import inertia_of_labels
from lib.parallel import map_tasks
from lib.rows import rows_by_label

STARTS = 4  # of a division: two clusters have few local optima


@dataclass
class Division:
    """The division of one topic that lowers the inertia most.

    Attributes
    ----------
    topic : the topic that is divided
    gain : by how much the inertia falls, per row of all topics
    rows : int (m,), rows of the smaller part
    """

    topic: int
    gain: float
    rows: np.ndarray


def best_division(rows: np.ndarray, labels: np.ndarray, k: int, *, seed: int, threads: int = 1) -> Division:
    """Divide each topic by K-means, and return the division that lowers the inertia most.

    Parameters
    ----------
    rows : float32 (n, dim), unit rows in random order
    labels : int (n,), 0 to k - 1; -1 for unassigned rows
    """

    def divide(members: np.ndarray) -> tuple[float, np.ndarray]:
        if len(members) < 2:
            return 0.0, members[:0]
        of_topic = rows[members]
        try:
            parts = kmeans(of_topic, 2, seeds=list(range(seed, seed + STARTS)))
        except TooFewDistinctRows:
            return 0.0, members[:0]
        whole = inertia_of_labels(of_topic, np.zeros(len(members), np.int32), 1)
        smaller = int(np.bincount(parts.labels, minlength=2).argmin())
        return max(whole - parts.inertia, 0.0), members[parts.labels == smaller]

    divisions = list(map_tasks(rows_by_label(labels, k), threads, divide))
    topic = int(np.argmax([gain for gain, _ in divisions]))
    gain, smaller = divisions[topic]
    return Division(topic, gain / len(rows), smaller)


def cheapest_merger(means: np.ndarray, counts: np.ndarray) -> tuple[int, int]:
    """The two topics whose merger raises the inertia least, the larger one first.

    It rises by n m / (n + m) |c - d|². Ward (1963), Hierarchical grouping to optimize an objective function.

    Parameters
    ----------
    means : float (k, dim), of the rows of each topic
    counts : int (k,), their number
    """
    means, sizes = means.astype(np.float64), counts.astype(np.float64)
    norms = (means**2).sum(1)
    squares = norms[:, None] + norms - 2.0 * means @ means.T
    costs = squares * sizes[:, None] * sizes / np.maximum(sizes[:, None] + sizes, 1.0)
    np.fill_diagonal(costs, np.inf)
    i, j = divmod(int(costs.argmin()), len(costs))
    return (i, j) if counts[i] >= counts[j] else (j, i)
