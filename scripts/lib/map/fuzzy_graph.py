"""UMAP's weights of nearest neighbors: how strongly each pair of papers attracts.

McInnes, Healy & Melville (2018), UMAP: Uniform manifold approximation and projection, section 3.1.
"""

import numpy as np
from scipy import sparse

from lib.parallel import map_chunks

HALVINGS = 40  # of the interval of the scale of a paper
LEAST_SCALE = 1e-3  # of the mean distance; copies of a paper would have a scale of 0


def memberships(cosines: np.ndarray) -> np.ndarray:
    """How much each neighbor belongs to its paper: 1 for the nearest, and log2(k + 1) in all: float32 (n, k).

    The scale of each paper is found by bisection.

    Parameters
    ----------
    cosines : (n, k), to the nearest neighbors of each paper
    """
    distances = np.maximum(1.0 - cosines.astype(np.float64), 0.0)
    nearest = np.where(distances > 0, distances, np.inf).min(1)
    beyond = np.maximum(distances - np.where(np.isfinite(nearest), nearest, 0.0)[:, None], 0.0)
    total = np.log2(cosines.shape[1] + 1)
    low, high, scale = np.zeros(len(beyond)), np.full(len(beyond), np.inf), np.ones(len(beyond))
    for _ in range(HALVINGS):
        large = np.exp(-beyond / scale[:, None]).sum(1) > total
        high, low = np.where(large, scale, high), np.where(large, low, scale)
        scale = np.where(np.isinf(high), 2 * scale, (low + high) / 2)
    scale = np.maximum(scale, LEAST_SCALE * np.maximum(distances.mean(1), 1e-12))
    return np.exp(-beyond / scale[:, None]).astype(np.float32)


def fuzzy_graph(rows: np.ndarray, cosines: np.ndarray, threads: int) -> sparse.csr_matrix:
    """The probability that one of two papers is a neighbor of the other: symmetric, float32 (n, n).

    Parameters
    ----------
    rows, cosines : (n, k), the nearest neighbors of each row, itself excluded; may be memory-mapped
    """
    n, k = rows.shape
    parts = map_chunks(n, threads, lambda start, stop: memberships(cosines[start:stop]))
    one_way = sparse.csr_matrix(
        (np.concatenate(list(parts)).ravel(), np.asarray(rows).ravel(), np.arange(n + 1) * k), shape=(n, n)
    )
    other_way = one_way.T.tocsr()
    graph = sparse.csr_matrix(one_way + other_way - one_way.multiply(other_way))
    graph.sort_indices()
    return graph
