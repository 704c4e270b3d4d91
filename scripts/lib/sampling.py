"""Sample papers by a hash of their ids, so that a sample depends neither on order nor on corpus size."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np


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
