"""Draw subsets by hash, so that a draw never depends on the order of the file or on its length."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np


def hash_ids(ids: Iterable[str], seed: int = 0) -> np.ndarray:
    """A uniform 64-bit hash of each id.

    Returns
    -------
    uint64 (n,): the same for an id in every corpus; another `seed` gives an independent draw.
    """
    salt = seed.to_bytes(8, "little")
    digests = b"".join(blake2b(i.encode(), digest_size=8, salt=salt).digest() for i in ids)
    return np.frombuffer(digests, np.uint64)


def draw(hashes: np.ndarray, size: int | None) -> np.ndarray:
    """The rows of the `size` smallest hashes, in rising order of row; all rows if there are fewer.

    A paper drawn from a corpus is also drawn from each of its subsets that holds the paper.
    """
    if size is None or size >= len(hashes):
        return np.arange(len(hashes))
    return np.sort(np.argsort(hashes, kind="stable")[:size])
