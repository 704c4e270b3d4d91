"""Lloyd's algorithm on a GPU. Vectors stay in its memory if they fit; only centroids are returned.

`lib.lloyd` takes the last steps from these centroids on the CPU. Labels, empty clusters and invalid
rows are therefore handled in one place.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from lib.arrays import release_pages
from lib.embeddings.device import unit_tensor
from lib.lloyd import column_variance

BLOCK = 2**26  # numbers in a block of rows or of its products: 256 MB of float32
WORKING_BYTES = 8 * 4 * BLOCK  # a block, its products and intermediate results

Blocks = Callable[[], Iterator[tuple[slice, torch.Tensor]]]


def lloyd_cuda(
    vectors: np.ndarray,
    initial: np.ndarray,
    *,
    device: torch.device,
    tol: float = 1e-4,
    max_iter: int = 300,
    keep: bool | None = None,
) -> tuple[np.ndarray, int]:
    """Lloyd's algorithm with float32 products on the device; an empty cluster keeps its centroid.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    initial : (k, dim), initial centroids
    tol : as in `lib.lloyd.lloyd`
    keep : keep the vectors on the device; None keeps them if they fit into its free memory

    Returns
    -------
    centroids : float32 (k, dim)
    iterations : number of steps taken
    """
    torch.backends.cuda.matmul.allow_tf32 = False  # some images turn it on
    n = len(vectors)
    blocks = _blocks(vectors, max(1, BLOCK // max(len(initial), vectors.shape[1])), device, keep)
    centroids = torch.from_numpy(np.array(initial, np.float32)).to(device)
    labels = torch.full((n,), -1, device=device)
    threshold = None
    iterations = 0
    while iterations < max_iter:
        iterations += 1
        sums, counts, changed = _step(blocks, centroids, labels)
        if threshold is None:
            threshold = tol * column_variance(sums.sum(0).cpu().numpy(), n)
        moved = torch.where(counts[:, None] > 0, sums / counts.clamp(min=1)[:, None], centroids).float()
        shift = (moved - centroids).double().square().sum()
        centroids = moved
        # The shift is not finite if a row is not. The iterations on the CPU name that row.
        if not changed or shift <= threshold or not torch.isfinite(shift):
            break
    return centroids.cpu().numpy(), iterations


def _blocks(vectors: np.ndarray, step: int, device: torch.device, keep: bool | None) -> Blocks:
    """A function that yields (slice of rows, rows on the device), read once if they are kept."""
    n = len(vectors)
    if keep is None:
        keep = device.type != "cuda" or vectors.nbytes + WORKING_BYTES < torch.cuda.mem_get_info(device)[0]

    def read(start: int) -> torch.Tensor:
        rows = torch.from_numpy(np.array(vectors[start : start + step])).to(device)
        release_pages(vectors, start, min(start + step, n))
        return rows

    starts = range(0, n, step)
    kept = {start: read(start) for start in starts} if keep else {}

    def blocks() -> Iterator[tuple[slice, torch.Tensor]]:
        for start in starts:
            rows = kept[start] if keep else read(start)
            yield slice(start, start + step), unit_tensor(rows)

    return blocks


def _step(
    blocks: Blocks, centroids: torch.Tensor, labels: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Assign all rows, in place in `labels`: sums (k, dim), counts (k,) and the number of changes."""
    k, dim = centroids.shape
    device = centroids.device
    half = centroids.square().sum(1) / 2
    sums = torch.zeros(k, dim, dtype=torch.float64, device=device)
    counts = torch.zeros(k, dtype=torch.float64, device=device)
    changed = torch.zeros((), dtype=torch.int64, device=device)
    for where, rows in blocks():
        new = (rows @ centroids.T - half).argmax(1)
        changed += (new != labels[where]).sum()
        labels[where] = new
        # a product, since adding rows by index sums in a different order each time
        member = torch.zeros(len(new), k, device=device).scatter_(1, new[:, None], 1.0)
        sums += member.T @ rows
        counts += member.sum(0)
    return sums, counts, changed
