"""Pairs of records that can be one work, from arrays: equal texts, equal DOIs, near neighbors with similar titles."""

from pathlib import Path
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.tables import read_batches

# Cosine of two versions of one text, at least, and the least share of the words of the shorter title that the other
# has, about. Nearer ones may have another title.
NEAR, WORDS_OF_NEAR = 0.85, 0.6
NEARER, WORDS_OF_NEARER = 0.93, 0.3
SHORT = 4  # letters; shorter words say little
BATCH = 1 << 17  # titles at a time
BLOCK = 1 << 18  # papers whose neighbors are compared at a time


def title_signatures(papers: Path, rows: int) -> np.ndarray:
    """A bit for each word of a title: uint64 (n,). Titles with common words have common bits."""
    signatures = np.zeros(rows, np.uint64)
    start = 0
    for batch in read_batches(papers, ["title"], BATCH):
        bare = pc.replace_substring_regex(pc.utf8_lower(batch["title"]), r"[^\p{L}\p{N}]+", " ")
        words = pc.split_pattern(bare, " ")
        flat = pc.list_flatten(words).dictionary_encode()
        names = flat.dictionary.to_pylist()
        bits = np.array(
            [1 << (crc32(name.encode()) & 63) if len(name) >= SHORT else 0 for name in names] or [0],
            np.uint64,
        )
        offsets = words.offsets.to_numpy()
        if len(flat):
            of_words = bits[flat.indices.to_numpy()]
            signatures[start : start + len(batch)] = np.bitwise_or.reduceat(of_words, offsets[:-1])
        start += len(batch)
    return signatures


def near_pairs(
    neighbors: np.ndarray, cosines: np.ndarray, signatures: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The near neighbors whose titles have words in common, nearest first.

    Parameters
    ----------
    neighbors, cosines : int32 and float16 (n, k), may be memory-mapped
    signatures : uint64 (n,), `title_signatures`

    Returns
    -------
    pairs int64 (m, 2), the smaller row first; cosines float32 (m,)
    """
    n, keys, values = len(neighbors), [], []
    bits = np.bitwise_count(signatures)
    for start in range(0, n, BLOCK):
        similar = cosines[start : start + BLOCK]
        row, column = np.nonzero(similar >= np.float16(NEAR))
        if not len(row):
            continue
        cosine = similar[row, column]
        other = neighbors[start : start + BLOCK][row, column].astype(np.int64)
        row = row + start
        common = np.bitwise_count(signatures[row] & signatures[other])
        least = np.where(cosine >= np.float16(NEARER), np.float32(WORDS_OF_NEARER), np.float32(WORDS_OF_NEAR))
        kept = common >= least * np.minimum(bits[row], bits[other])
        row, other, cosine = row[kept], other[kept], cosine[kept]
        keys.append(np.minimum(row, other) * n + np.maximum(row, other))
        values.append(cosine.astype(np.float32))
    if not keys:
        return np.empty((0, 2), np.int64), np.empty(0, np.float32)
    key, first = np.unique(np.concatenate(keys), return_index=True)
    cosine = np.concatenate(values)[first]
    order = np.argsort(-cosine, kind="stable")
    return np.column_stack(np.divmod(key[order], n)), cosine[order]


def same_texts(hashes: pa.Array) -> list[np.ndarray]:
    """The rows of each text that several records have: int64 (m,) each, ascending.

    Parameters
    ----------
    hashes : binary(16) (n,)
    """
    halves = np.frombuffer(hashes.buffers()[1], np.uint64)[2 * hashes.offset :][: 2 * len(hashes)]
    halves = halves.reshape(-1, 2)
    order = np.argsort(halves[:, 0], kind="stable")
    sorted_halves = halves[order]
    return _runs(order, (sorted_halves[1:] == sorted_halves[:-1]).all(1))


def same_dois(keys: pa.Array, rows: np.ndarray) -> list[np.ndarray]:
    """The rows of each DOI that several records have: int64 (m,) each, ascending.

    Parameters
    ----------
    keys, rows : a DOI and its record each (m,)
    """
    codes = keys.dictionary_encode().indices.to_numpy()
    order = np.lexsort((rows, codes))
    groups = _runs(rows[order], codes[order][1:] == codes[order][:-1])
    return [group for group in map(np.unique, groups) if len(group) > 1]


def _runs(rows: np.ndarray, same_as_next: np.ndarray) -> list[np.ndarray]:
    """The runs of at least two rows that are the same."""
    bounds = np.flatnonzero(np.r_[True, ~same_as_next, True]) if len(rows) else np.zeros(1, int)
    long = np.flatnonzero(np.diff(bounds) > 1)
    return [rows[bounds[i] : bounds[i + 1]] for i in long]
