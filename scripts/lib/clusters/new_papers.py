"""The topics of papers that were not in a run, found as `cluster` finds those of its papers."""

from dataclasses import dataclass

import numpy as np

from lib.clusters.assignment import Membership, measure_membership
from lib.clusters.smoothing import smooth
from lib.parallel import map_chunks
from lib.vectors import unit_rows


@dataclass
class TopicSpace:
    """The topics of a finished run.

    Attributes
    ----------
    search : float32 (k, dim), search.npy: the means of the smoothed vectors, to which papers were assigned
    centroids : float32 (k, dim), centroids.npy: the means of the original vectors
    fences : float32 (k,), the similarity below which a paper is an outlier of its topic
    """

    search: np.ndarray
    centroids: np.ndarray
    fences: np.ndarray


@dataclass
class Assigned:
    """The topics of new papers: `labels` int32 (m,), how each fits, and which are outliers, bool (m,)."""

    labels: np.ndarray
    membership: Membership
    outlier: np.ndarray


def assign(
    own: np.ndarray, vectors: np.ndarray, near: np.ndarray, topics: TopicSpace, threads: int = 1
) -> Assigned:
    """Assign new papers to the topics of a finished run.

    A paper is averaged with its nearest papers of the run, rounded to float16 and assigned to the nearest row of
    `search`. Its fit is that of its original vector. No paper depends on the other new ones.

    Parameters
    ----------
    own : (m, dim), vectors of the new papers in the type of `vectors`
    vectors : (n, dim), those of the run, float16 (may be memory-mapped) or float32 unit rows
    near : int32 (m, s), the rows of `vectors` that the run would average each paper with
    """
    rows = own
    if near.shape[1]:
        rows = np.empty(own.shape, np.float16)
        smooth(vectors, np.arange(len(own)), near, rows, threads, own)
    labels = nearest_topics(rows, topics.search, threads)
    membership = measure_membership(own, labels, topics.centroids, threads)
    return Assigned(labels, membership, membership.similarity < topics.fences[labels])


def nearest_topics(rows: np.ndarray, means: np.ndarray, threads: int = 1) -> np.ndarray:
    """The nearest of the means, float32 (k, dim), by Euclidean distance to each unit row: int32 (m,)."""
    transposed, half = np.ascontiguousarray(means.T), np.einsum("ij,ij->i", means, means) / 2
    parts = map_chunks(len(rows), threads, lambda a, b: (unit_rows(rows, a, b) @ transposed - half).argmax(1))
    return np.concatenate([np.empty(0, int), *parts]).astype(np.int32)
