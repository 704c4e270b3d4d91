"""Exact nearest neighbors on a GPU: all products, a block at a time."""

import numpy as np
import torch

from lib.arrays import release_pages
from lib.cli import progress
from lib.embeddings.device import unit_tensor
from lib.vectors import check_unit, unit_rows

QUERIES = 4096  # rows whose products are held at a time
POINTS = 2**26 // QUERIES  # rows compared with them at a time: 256 MB of products in float32
READ = 65536  # rows copied to the device at a time


def nearest_rows_cuda(
    vectors: np.ndarray, n: int, *, device: torch.device
) -> tuple[np.ndarray, np.ndarray, float]:
    """As `nearest_rows`, with float32 products on the device. All rows must fit into its memory.

    Of points that are equally near, the ones in earlier rows stand first. If not all of them fit among
    the n nearest, any of them may be left out.

    Raises
    ------
    UserError
        A row is not finite.
    torch.OutOfMemoryError
        The device has too little memory.
    """
    torch.backends.cuda.matmul.allow_tf32 = False  # some images turn it on
    count = len(vectors)
    points = torch.empty(vectors.shape, dtype=torch.from_numpy(vectors[:0].copy()).dtype, device=device)
    for a in range(0, count, READ):
        check_unit(unit_rows(vectors, a, min(a + READ, count)), np.arange(a, min(a + READ, count)))
        points[a : a + READ] = torch.from_numpy(np.array(vectors[a : a + READ])).to(device)
        release_pages(vectors, a, min(a + READ, count))
    rows, cosines = np.empty((count, n), np.int32), np.empty((count, n), np.float16)
    for a in progress(range(0, count, QUERIES), desc="neighbors", unit="block"):
        nearest, similar = _nearest(points, a, n)
        rows[a : a + QUERIES], cosines[a : a + QUERIES] = (
            nearest.int().cpu().numpy(),
            similar.half().cpu().numpy(),
        )
    return rows, cosines, 1.0


def _nearest(points: torch.Tensor, start: int, n: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The n nearest points of QUERIES rows from `start`: rows int64 (q, n) and cosines float32 (q, n)."""
    queries = unit_tensor(points[start : start + QUERIES])
    best_rows = torch.empty(len(queries), 0, dtype=torch.int64, device=points.device)
    best = torch.empty(len(queries), 0, device=points.device)
    for a in range(0, len(points), POINTS):
        block = unit_tensor(points[a : a + POINTS])
        similar = queries @ block.T
        first, last = max(a, start), min(a + len(block), start + len(queries))
        itself = torch.arange(first, max(first, last), device=points.device)
        similar[itself - start, itself - a] = -torch.inf
        values, rows = similar.topk(min(n, len(block)), sorted=False)
        best, best_rows = torch.cat([best, values], 1), torch.cat([best_rows, rows + a], 1)
        # by row, then by cosine: of equally near points the first ones stay
        best_rows, order = best_rows.sort(1)
        best, order = best.gather(1, order).sort(dim=1, descending=True, stable=True)
        best, best_rows = best[:, :n], best_rows.gather(1, order)[:, :n]
    return best_rows, best
