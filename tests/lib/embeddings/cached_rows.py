"""Made-up rows of the cache of vectors, by number."""

import numpy as np

from lib.embeddings.cache import HASH, Cache

SETTINGS = {"files": "abc", "prefix": "", "max_tokens": 256, "pooling": "mean", "precision": "float32"}


def hashes(*numbers: int) -> np.ndarray:
    """Distinct 16-byte hashes. Every seventh ends in NULs, which numpy's strings do not show."""
    rng = np.random.default_rng(0)
    table = rng.integers(0, 256, (1000, 16), np.uint8)
    table[::7, -3:] = 0
    return np.frombuffer(table[list(numbers)].tobytes(), HASH)


def vectors(*numbers: int) -> np.ndarray:
    table = np.random.default_rng(1).standard_normal((1000, 8)).astype(np.float16)
    return table[list(numbers)]


def lookup(cache: Cache, *numbers: int) -> list[int]:
    """The numbers that are found. Checks that each has its own vector."""
    wanted = hashes(*numbers)
    order = np.argsort(wanted)
    found, rows, _ = cache.fill(wanted[order], None)
    numbers = np.array(numbers)[order]
    if not found.any():
        assert rows is None
        return []
    assert rows.dtype == np.float16
    assert np.array_equal(rows[found], vectors(*numbers[found]))
    return sorted(numbers[found].tolist())
