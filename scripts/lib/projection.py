"""Projections of unit rows to their largest principal components, in which distances are cheap."""

import numpy as np

from lib.parallel import one_blas_thread

AXES_ROWS = 20_000  # rows from which the axes are computed


def principal_axes(rows: np.ndarray, count: int) -> np.ndarray:
    """The axes that preserve the products of rows best.

    They are the largest eigenvectors of the second moments. The rows are not centered, since
    their products are to be preserved.

    Parameters
    ----------
    rows : float32 (n, dim)

    Returns
    -------
    float32 (dim, min(count, dim)); the product of rows with it is their projection
    """
    dim = rows.shape[1]
    if count >= dim:
        return np.eye(dim, dtype=np.float32)
    sample = rows[axes_rows(len(rows))]
    with one_blas_thread():
        _, axes = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    return np.ascontiguousarray(axes[:, : -count - 1 : -1], np.float32)


def axes_rows(n: int) -> slice:
    """Those of n rows from which the axes are computed; the others need not be read for them."""
    return slice(None, None, -(-n // AXES_ROWS))


def unit_projection(rows: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """The projections of unit rows, with the length of what they leave out as one more column.

    The rows therefore stay of unit length, and distances between them are close to the true ones.

    Returns
    -------
    float32 (n, number of axes + 1)
    """
    projections = np.empty((len(rows), axes.shape[1] + 1), np.float32)
    with one_blas_thread():
        np.matmul(rows, axes, out=projections[:, :-1])
    squares = np.einsum("ij,ij->i", projections[:, :-1], projections[:, :-1])
    projections[:, -1] = np.sqrt(np.maximum(1.0 - squares, 0.0))
    return projections
