"""Most steps of K-means on a GPU: the vectors stay there if they fit, only centroids come back.

`lib.kmeans.lloyd` takes the last steps from these centroids on the CPU, so that labels, empty
clusters and unsound rows are settled in one place, whatever made the start.
"""

import numpy as np
import torch

from lib.files import give_back
from lib.kmeans import column_variance

BLOCK = 2**26  # numbers in a block of rows, or of its products: 256 MB of float32
WORKING = 8 * 4 * BLOCK  # bytes: a block, its products and what comes between, beside the vectors held


def approach(
    vectors: np.ndarray,
    first: np.ndarray,
    *,
    device: torch.device,
    tol: float = 1e-4,
    max_iter: int = 300,
    hold: bool | None = None,
) -> tuple[np.ndarray, int]:
    """Lloyd's algorithm with float32 products on the device; an empty cluster stays where it is.

    Parameters
    ----------
    vectors : (n, dim), float16 (memory-mapped, perhaps) or float32 unit rows
    first : (k, dim), the first centroids
    tol : as in `lib.kmeans.lloyd`
    hold : keep the vectors on the device; None does so if its free memory has room for them

    Returns
    -------
    centroids : float32 (k, dim)
    iterations : steps taken
    """
    if hold is None:
        hold = device.type != "cuda" or vectors.nbytes + WORKING < torch.cuda.mem_get_info(device)[0]
    torch.backends.cuda.matmul.allow_tf32 = False  # some images turn it on
    n, dim = vectors.shape
    k = len(first)
    step = max(1, BLOCK // max(k, dim))

    def read(a: int) -> torch.Tensor:
        rows = torch.from_numpy(np.array(vectors[a : a + step])).to(device)
        give_back(vectors, a, min(a + step, n))
        return rows

    held = {a: read(a) for a in range(0, n, step)} if hold else {}
    centroids = torch.from_numpy(np.array(first, np.float32)).to(device)
    labels = torch.full((n,), -1, device=device)
    threshold = None
    iterations = 0
    while iterations < max_iter:
        iterations += 1
        half = centroids.square().sum(1) / 2
        sums = torch.zeros(k, dim, dtype=torch.float64, device=device)
        counts = torch.zeros(k, dtype=torch.float64, device=device)
        changed = torch.zeros((), dtype=torch.int64, device=device)
        for a in range(0, n, step):
            rows = _unit(held[a] if hold else read(a))
            new = (rows @ centroids.T - half).argmax(1)
            changed += (new != labels[a : a + step]).sum()
            labels[a : a + step] = new
            # a product, since adding rows by index sums in an order of its own each time
            member = torch.zeros(len(new), k, device=device).scatter_(1, new[:, None], 1.0)
            sums += member.T @ rows
            counts += member.sum(0)
        if threshold is None:
            threshold = tol * column_variance(sums.sum(0).cpu().numpy(), n)
        moved = torch.where(counts[:, None] > 0, sums / counts.clamp(min=1)[:, None], centroids).float()
        shift = (moved - centroids).double().square().sum()
        centroids = moved
        # not finite where a row is not: the CPU's steps name that row
        if not changed or shift <= threshold or not torch.isfinite(shift):
            break
    return centroids.cpu().numpy(), iterations


def _unit(rows: torch.Tensor) -> torch.Tensor:
    """What `lib.vectors.unit` does, on the device."""
    if rows.dtype == torch.float32:
        return rows
    rows = rows.float()
    return rows / rows.square().sum(1, keepdim=True).sqrt()
