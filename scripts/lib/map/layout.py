"""The layout of the map: UMAP or t-SNE from a PCA start."""

import warnings

import numpy as np
from threadpoolctl import threadpool_limits

from lib.parallel import one_blas_thread


def principal_plane(sample: np.ndarray) -> np.ndarray:
    """The first two principal components of each row, scaled so that the first has spread 1.

    As the start of a layout they make its large-scale order that of the data, and the layout the
    same from run to run. Kobak & Linderman (2021), Initialization is critical for preserving
    global data structure in both t-SNE and UMAP.

    Parameters
    ----------
    sample : float32 (n, dim)

    Returns
    -------
    float32 (n, 2)
    """
    centred = sample - sample.mean(0, dtype=np.float64).astype(np.float32)
    with one_blas_thread():
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, [-1, -2]]
    axes *= np.sign(axes[np.abs(axes).argmax(0), [0, 1]])  # the sign of an eigenvector is arbitrary
    plane = centred @ axes.astype(np.float32)
    return plane / plane[:, 0].std()


def fit_tsne(sample: np.ndarray, *, perplexity: float, seed: int, threads: int) -> np.ndarray:
    """t-SNE of float32 unit rows (n, dim): float32 (n, 2)."""
    from sklearn.manifold import TSNE

    perplexity = min(perplexity, (len(sample) - 1) / 3)
    initial = principal_plane(sample) * 1e-4
    model = TSNE(perplexity=perplexity, init=initial, random_state=seed, n_jobs=threads)
    with threadpool_limits(threads):  # otherwise its gradient uses every core
        return model.fit_transform(sample).astype(np.float32)


def fit_umap(
    sample: np.ndarray, rows: np.ndarray, cosines: np.ndarray, *, min_dist: float, seed: int
) -> np.ndarray:
    """UMAP of float32 unit rows (n, dim): float32 (n, 2). With a seed UMAP uses one core.

    Parameters
    ----------
    rows, cosines : (n, n_neighbors), the exact nearest neighbors of each row, itself excluded
    """
    import umap

    # UMAP counts a row as its own first neighbor
    n = len(sample)
    indices = np.concatenate([np.arange(n, dtype=np.int32)[:, None], rows], 1)
    distances = np.concatenate([np.zeros((n, 1), np.float32), np.maximum(1.0 - cosines, 0.0)], 1)
    with warnings.catch_warnings():
        # it warns that it cannot place new rows without a search index; `interpolate` does that
        warnings.filterwarnings("ignore", message="precomputed_knn")
        warnings.filterwarnings("ignore", message="n_jobs value")
        model = umap.UMAP(
            n_neighbors=indices.shape[1],
            min_dist=min_dist,
            metric="cosine",
            precomputed_knn=(indices, distances),
            init=10.0 * principal_plane(sample),
            random_state=seed,
            n_jobs=1,
        )
        return model.fit_transform(sample).astype(np.float32)


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
