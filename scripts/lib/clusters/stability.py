"""How stable topics are when random halves of the papers are clustered.

Hennig (2007), Cluster-wise assessment of cluster stability.
"""

import numpy as np

from lib.clusters.partitions import count_pairs

STABLE_SUBTOPIC = 0.75  # Hennig's "valid, stable cluster"; a subtopic below it is tentative
STABLE = 0.6  # a topic is stable if its mean Jaccard index is at least this; Hennig's "pattern in the data"


def jaccard_by_topic(labels: np.ndarray, rows: np.ndarray, half_labels: np.ndarray, k: int) -> np.ndarray:
    """The mean Jaccard index of each topic with its best match among the clusters of each half.

    Only the papers of a half are compared.

    Parameters
    ----------
    labels : int (n,), topics 0 to k - 1; -1 for unassigned papers
    rows : int (h, m), the rows of each half
    half_labels : int (h, m), their clusters from 0 on; -1 for unassigned papers, which match nothing

    Returns
    -------
    float64 (k,), 0 to 1; nan for a topic without a paper in any half
    """
    best = np.full((len(rows), k), np.nan)
    for half, (at, clusters) in enumerate(zip(rows, half_labels, strict=True)):
        # the first row and column are those of the unassigned papers
        counts = count_pairs(labels[at] + 1, clusters + 1, k + 1, max(int(clusters.max()), 0) + 2)
        shared, sizes = counts[1:, 1:], counts.sum(1)[1:]
        either = sizes[:, None] + counts.sum(0)[1:] - shared
        present = sizes > 0
        best[half, present] = (shared[present] / either[present]).max(1)
    known = ~np.isnan(best)
    total = np.where(known, best, 0.0).sum(0)
    return np.divide(total, known.sum(0), out=np.full(k, np.nan), where=known.any(0))


def stable_share(jaccard: np.ndarray, sizes: np.ndarray, papers: int) -> float:
    """The share of the papers that lie in stable topics; unassigned papers do not.

    Parameters
    ----------
    jaccard : float64 (k,), the mean Jaccard index of each topic; nan if unknown
    sizes : int (k,), papers of each topic
    papers : number of all papers
    """
    return float(sizes[jaccard >= STABLE].sum() / papers)
