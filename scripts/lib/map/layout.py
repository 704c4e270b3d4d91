"""The layout of the map: UMAP or t-SNE from a PCA start."""

import numpy as np
from threadpoolctl import threadpool_limits

from lib.map.forces import fuzzy_graph, move_papers
from lib.parallel import map_chunks, one_blas_thread
from lib.vectors import unit_rows

SPREAD = 4.0  # of the start; that of the finished map is about as large


def principal_plane(vectors: np.ndarray, sample: np.ndarray, threads: int = 1) -> np.ndarray:
    """The first two principal components of each row, scaled so that the first has spread 1 in the sample.

    As the start of a layout they preserve the large-scale order of the data, and make the layout the
    same in every run. Kobak & Linderman (2021), Initialization is critical for preserving
    global data structure in both t-SNE and UMAP.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    sample : float32 (m, dim), rows in which the components are found

    Returns
    -------
    float32 (n, 2)
    """
    middle = sample.mean(0, dtype=np.float64).astype(np.float32)
    centred = sample - middle
    with one_blas_thread():
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, [-1, -2]]
    axes *= np.sign(axes[np.abs(axes).argmax(0), [0, 1]])  # the sign of an eigenvector is arbitrary
    axes = axes.astype(np.float32)
    axes /= (centred @ axes[:, 0]).std() or 1.0  # 0 if all rows are equal
    parts = map_chunks(len(vectors), threads, lambda a, b: (unit_rows(vectors, a, b) - middle) @ axes)
    return np.concatenate(list(parts))


def fit_tsne(sample: np.ndarray, *, perplexity: float, seed: int, threads: int) -> np.ndarray:
    """t-SNE of float32 unit rows (n, dim): float32 (n, 2)."""
    from sklearn.manifold import TSNE

    perplexity = min(perplexity, (len(sample) - 1) / 3)
    initial = principal_plane(sample, sample) * 1e-4
    model = TSNE(perplexity=perplexity, init=initial, random_state=seed, n_jobs=threads)
    with threadpool_limits(threads):  # otherwise its gradient uses every core
        return model.fit_transform(sample).astype(np.float32)


def fit_umap(
    start: np.ndarray, rows: np.ndarray, cosines: np.ndarray, *, min_dist: float, seed: int, threads: int
) -> np.ndarray:
    """UMAP by forces on all papers at once: float32 (n, 2).

    Parameters
    ----------
    start : float32 (n, 2), principal components with a spread of 1
    rows, cosines : (n, n_neighbors), the nearest neighbors of each row, itself excluded
    """
    graph = fuzzy_graph(rows, cosines, threads)
    return move_papers(graph, SPREAD * start, min_dist=min_dist, seed=seed, threads=threads)


def interpolate(rows: np.ndarray, cosines: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Position papers among their nearest fitted papers: float32 (m, 2).

    The position is the mean of the neighbors' positions, weighted by how much more similar each is
    than the farthest of them. It does not depend on the other papers that are positioned.

    Parameters
    ----------
    rows, cosines : (m, n_neighbors), the nearest fitted papers of each paper, nearest first
    fitted : float32 (n, 2), the positions of the fitted papers
    """
    weight = cosines - cosines[:, -1:] + 1e-3
    weight /= weight.sum(1, keepdims=True)
    return np.einsum("ij,ijk->ik", weight, fitted[rows]).astype(np.float32)
