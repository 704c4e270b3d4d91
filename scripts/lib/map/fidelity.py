"""Fidelity of a map: neighbors kept, trustworthiness, categories of neighbors, and fragmentation of topics."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import KDTree

from lib.map.tears import nearest_on_map

BLOCK = 1 << 25  # cosines that are held at a time: 128 MB
REACH = 15  # a paper is connected to those that are nearer than the 15th neighbor of a typical paper
LINKS = 8  # nearest papers of its topic that a paper is connected to


@dataclass
class Fidelity:
    """Measures of a map, from 0 to 1. The accuracies are None if no paper has a category."""

    neighbors_kept: float
    trustworthiness: float
    category_accuracy: float | None
    category_accuracy_on_map: float | None


def fidelity(
    vectors: np.ndarray, plane: np.ndarray, checked: np.ndarray, n: int, categories: np.ndarray
) -> Fidelity:
    """Compare the n nearest neighbors of some papers on the map with their exact nearest neighbors.

    Parameters
    ----------
    vectors : float32 (m, dim), unit rows
    plane : float32 (m, 2), their positions on the map
    checked : int (c,), the rows to check, each against all others
    n : fewer than m / 2
    categories : int (m,), -1 for papers without one

    Returns
    -------
    `neighbors_kept` is the mean share of the n nearest that are among the n nearest on the map. Trustworthiness
    is that of Venna & Kaski (2001): 1 if all neighbors on the map are true neighbors, and lower the farther away they
    are.
    `category_accuracy` is the share of papers that have the category of most of their n neighbors.
    """
    kept, excess = 0, 0
    near = np.empty((len(checked), n), np.int64)
    on_map = nearest_on_map(plane, checked, n)
    step = max(BLOCK // len(vectors), 1)
    for start in range(0, len(checked), step):
        rows = checked[start : start + step]
        cosines = vectors[rows] @ vectors.T
        cosines[np.arange(len(rows)), rows] = -np.inf  # a paper is not its own neighbor
        for i, row in enumerate(cosines, start):
            first = np.argpartition(-row, n - 1)[:n]
            near[i] = first[np.argsort(-row[first], kind="stable")]
            kept += len(np.intersect1d(near[i], on_map[i]))
            # the rank of each neighbor on the map among all papers, 1 for the nearest
            rank = 1 + (row > row[on_map[i], None]).sum(1)
            excess += int(np.maximum(rank - n, 0).sum())
    total = len(checked) * n
    worst = total * (2 * len(vectors) - 3 * n - 1) / 2
    return Fidelity(
        neighbors_kept=kept / total,
        trustworthiness=1 - excess / worst,
        category_accuracy=category_accuracy(near, categories[checked], categories),
        category_accuracy_on_map=category_accuracy(on_map, categories[checked], categories),
    )


def category_accuracy(near: np.ndarray, actual: np.ndarray, categories: np.ndarray) -> float | None:
    """The share of papers whose category is that of most of their neighbors; of equal ones, the nearest's.

    Parameters
    ----------
    near : int (c, n), the neighbors of each paper, nearest first
    actual : int (c,), the categories of the papers; those with -1 are left out
    categories : int (m,), of all papers; neighbors with -1 have no vote
    """
    hits, known = 0, 0
    for row, category in zip(near, actual, strict=True):
        votes = categories[row]
        votes = votes[votes >= 0]
        if category < 0 or not len(votes):
            continue
        names, first, count = np.unique(votes, return_index=True, return_counts=True)
        hits += names[np.lexsort((first, -count))[0]] == category
        known += 1
    return float(hits / known) if known else None


def largest_pieces(points: np.ndarray, topics: np.ndarray, k: int) -> list[float | None]:
    """The share of each topic's papers that lie in its largest piece on the map; None if it has no papers.

    Two papers of a topic are in the same piece if a chain of its papers connects them in steps no longer than the
    distance from a typical paper to its 15th neighbor of any topic.

    Parameters
    ----------
    points : float32 (n, 2)
    topics : int (n,), 0 to k - 1; papers with -1 are in no piece
    """
    from scipy.sparse.csgraph import connected_components  # `project` does without it

    neighbor = min(REACH, len(points) - 1)
    reach = float(np.median(KDTree(points).query(points, [neighbor + 1])[0]))
    shares: list[float | None] = []
    for topic in range(k):
        places, papers = np.unique(points[topics == topic], axis=0, return_counts=True)
        if not len(places):
            shares.append(None)
            continue
        distance, near = KDTree(places).query(places, min(LINKS + 1, len(places)))
        distance, near = distance.reshape(len(places), -1), near.reshape(len(places), -1)
        row, column = np.nonzero(distance <= reach)
        size = (len(places), len(places))
        links = sparse.coo_array((np.ones(len(row)), (row, near[row, column])), shape=size)
        _, piece = connected_components(links, directed=False)
        shares.append(float(np.bincount(piece, weights=papers).max() / papers.sum()))
    return shares
