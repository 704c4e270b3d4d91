"""Snapshots of a corpus that grows: what it held at the end of each month, with all that a run computes."""

from dataclasses import dataclass

import numpy as np

NEIGHBORS = 20  # averaged


@dataclass
class Snapshot:
    """The papers of one run.

    Attributes
    ----------
    rows : int (n,), rows of the whole corpus, ascending
    near : int32 (n, NEIGHBORS), nearest papers of this snapshot
    smoothed : float32 (n, dim), unit rows
    order : int (n,), a random order
    """

    rows: np.ndarray
    near: np.ndarray
    smoothed: np.ndarray
    order: np.ndarray


def snapshot(vectors: np.ndarray, rows: np.ndarray, threads: int = 2) -> Snapshot:
    """The run on these rows, ascending, of float32 unit vectors (n, dim)."""
    from lib.clusters.smoothing import smooth, usable_neighbors
    from lib.embeddings.nearest import exact_neighbors

    own = vectors[rows]
    near, _ = exact_neighbors(own, own, NEIGHBORS, threads, exclude_self=True)
    smoothed = np.empty(own.shape, np.float32)
    n = usable_neighbors(NEIGHBORS, len(rows))
    smooth(own, np.arange(len(rows)), near[:, :n], smoothed, threads)
    return Snapshot(rows, near, smoothed, np.random.default_rng(0).permutation(len(rows)))


def monthly(published: np.ndarray, updates: int = 13) -> list[np.ndarray]:
    """The rows of `updates` + 1 snapshots: papers submitted before each of the last months, and all.

    Parameters
    ----------
    published : datetime64 (n,), first submission
    """
    months = published.astype("datetime64[M]")
    ends = np.sort(np.unique(months))[-updates:]
    return [*(np.flatnonzero(months < end) for end in ends), np.arange(len(published))]


def grown(published: np.ndarray, share: float, draw: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a corpus before and after it grows by a share: by date, or at random with a seed `draw`."""
    n = len(published)
    order = np.argsort(published, kind="stable")
    if draw is not None:
        order = np.random.default_rng(100 + draw).permutation(n)
    return np.sort(order[: round(n / (1 + share))]), np.arange(n)
