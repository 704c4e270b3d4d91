"""Rows of a table: by their label, in ranges, and sampled by a hash of their ids.

A sample by hash depends neither on the order of the papers nor on the size of the corpus.
"""

from collections.abc import Iterable
from hashlib import blake2b
from itertools import pairwise

import numpy as np
import pyarrow as pa


def rows_by_label(labels: np.ndarray, k: int) -> list[np.ndarray]:
    """The rows of each label, ascending: k arrays int64, empty for a label without rows.

    Parameters
    ----------
    labels : int (n,), 0 to k - 1; rows of any other label, such as -1, are left out
    """
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(k + 1))
    return [order[start:end] for start, end in pairwise(bounds)]


def label_sizes(labels: np.ndarray, k: int) -> np.ndarray:
    """The number of rows of each label: int64 (k,).

    Parameters
    ----------
    labels : int (n,), 0 to k - 1; rows with -1 are in no class and are not counted
    """
    return np.bincount(labels[labels >= 0], minlength=k)


def ranges(starts: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """The numbers of ranges, end to end: int64 (sum of the lengths,).

    Parameters
    ----------
    starts, lengths : int (m,), the first number of each range and how many it has
    """
    ends = np.cumsum(lengths)
    return np.arange(lengths.sum()) + np.repeat(starts - ends + lengths, lengths)


def hash_ids(ids: Iterable[str], seed: int = 0) -> np.ndarray:
    """A uniform 64-bit hash of each id.

    Returns
    -------
    uint64 (n,). An id has the same hash in every corpus. Another `seed` gives an independent sample.
    """
    salt = seed.to_bytes(8, "little")
    digests = b"".join(blake2b(i.encode(), digest_size=8, salt=salt).digest() for i in ids)
    return np.frombuffer(digests, np.uint64)


def sample_rows(hashes: np.ndarray, size: int | None) -> np.ndarray:
    """The rows of the `size` smallest hashes, in ascending order; all rows if there are fewer.

    A paper sampled from a corpus is also sampled from every subset of the corpus that holds it.
    """
    if size is None or size >= len(hashes):
        return np.arange(len(hashes))
    return np.sort(np.argsort(hashes, kind="stable")[:size])


def nearest_by_label(labels: np.ndarray, k: int, similarity: np.ndarray) -> list[np.ndarray]:
    """The rows of each label as `rows_by_label` returns them, but the most similar first.

    Parameters
    ----------
    similarity : float (n,), cosine to the centroid of the own label
    """
    nearest = np.argsort(-similarity, kind="stable")
    return [nearest[rows] for rows in rows_by_label(labels[nearest], k)]


def positions(ids: pa.ChunkedArray, wanted: pa.ChunkedArray) -> np.ndarray:
    """Where each wanted id is in `ids`: int64 (m,), -1 if it is not there."""
    import pyarrow.compute as pc  # it takes a tenth of a second

    return pc.index_in(wanted, value_set=ids).fill_null(-1).to_numpy().astype(np.int64)
