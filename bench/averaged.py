"""Vectors averaged with their nearest papers, all of them and random halves, as the step `smooth` does it."""

from dataclasses import dataclass

import numpy as np


@dataclass
class Averaged:
    """All papers and halves of them.

    Attributes
    ----------
    rows : float32 (n, dim)
    half_rows : int (2 splits, n // 2), the rows of each half; each half of a split has the papers that the
        other one lacks
    halves : float32 (2 splits, n // 2, dim), averaged within the half
    """

    rows: np.ndarray
    half_rows: np.ndarray
    halves: np.ndarray


def average_rows(vectors: np.ndarray, n: int, threads: int = 1, power: float = 0.0) -> np.ndarray:
    """The unit mean of each row and its n nearest ones: float32 (n_rows, dim).

    Parameters
    ----------
    power : neighbors are weighted by their cosine to this power
    """
    from lib.embeddings.nearest import exact_neighbors

    if n == 0:
        return vectors
    near, cosines = exact_neighbors(vectors, vectors, n, threads, exclude_self=True)
    total = vectors.copy()
    for column, cosine in zip(near.T, cosines.T, strict=True):
        total += np.maximum(cosine, 0.0)[:, None] ** power * vectors[column]
    return total / np.linalg.norm(total, axis=1, keepdims=True)


def average(
    vectors: np.ndarray, neighbors: int, *, splits: int, threads: int = 1, power: float = 0.0, seed: int = 0
) -> Averaged:
    """Average all rows, and both halves of some random splits within themselves."""
    from lib.clusters.smoothing import usable_neighbors

    n = usable_neighbors(neighbors, len(vectors))
    rng = np.random.default_rng(seed)
    half = len(vectors) // 2
    half_rows = np.array(
        [
            np.sort(part)
            for _ in range(splits)
            for part in np.split(rng.permutation(len(vectors))[: 2 * half], 2)
        ]
    )
    halves = [average_rows(vectors[at], n, threads, power) for at in half_rows]
    return Averaged(average_rows(vectors, n, threads, power), half_rows, np.array(halves))
