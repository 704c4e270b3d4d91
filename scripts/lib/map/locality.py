"""Sort papers by their places, so that papers that are near each other on the map are so in memory.

Forces then read what a processor's cache holds. Otherwise the processor waits for memory at each neighbor.
"""

import numpy as np
from scipy import sparse

SIDE = 65_535  # cells per direction, less one
SPREADS = ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555))


def z_order(places: np.ndarray) -> np.ndarray:
    """The rows along the curve of Morton (1966), which fills the plane: int64 (n,).

    Parameters
    ----------
    places : (n, 2), finite
    """
    low = places.min(0)
    side = float((places.max(0) - low).max()) or 1.0
    cells = ((places - low) * (SIDE / side)).astype(np.uint32)
    for shift, mask in SPREADS:  # a 0 before each bit
        cells = (cells | cells << np.uint32(shift)) & np.uint32(mask)
    return np.argsort(cells[:, 0] | cells[:, 1] << np.uint32(1), kind="stable")


def reordered(graph: sparse.csr_matrix, order: np.ndarray) -> sparse.csr_matrix:
    """The graph (n, n) with row and column order[i] at i; the entries of a row keep their order."""
    at = np.empty(len(order), np.int32)
    at[order] = np.arange(len(order), dtype=np.int32)
    rows = graph[order]
    return sparse.csr_matrix((rows.data, at[rows.indices], rows.indptr), graph.shape)
