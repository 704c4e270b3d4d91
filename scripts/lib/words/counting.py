"""Pass over the words of all papers in chunks, and count codes once per paper."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import numpy as np

from lib.arrays import release_pages
from lib.pools import in_threads

CHUNK = 2 << 20  # words that are held at a time
Counts = tuple[np.ndarray, np.ndarray]  # distinct codes in order, and how often each occurs
T = TypeVar("T")


def chunks(offsets: np.ndarray, size: int = CHUNK) -> Iterator[tuple[int, int]]:
    """Ranges of papers that have about `size` words, at least one paper each."""
    start, n = 0, len(offsets) - 1
    while start < n:
        stop = int(np.searchsorted(offsets, offsets[start] + size, "right")) - 1
        stop = min(max(stop, start + 1), n)
        yield start, stop
        start = stop


def over_papers(
    offsets: np.ndarray, threads: int, work: Callable[[int, int], T], *files: np.ndarray
) -> Iterator[T]:
    """Call `work(start, stop)` for chunks of papers in threads; yield results in order.

    Parameters
    ----------
    files : arrays with the words of all papers that `work` reads; the pages of memory-mapped ones are released
    """

    def task(span: tuple[int, int]) -> T:
        result = work(*span)
        for file in files:
            release_pages(file, *offsets[list(span)].tolist())
        return result

    return in_threads(task, chunks(offsets), threads)


def papers_of(offsets: np.ndarray, start: int, stop: int) -> np.ndarray:
    """For each word of the papers from start to stop the paper, counted from `start`: int64."""
    return np.repeat(np.arange(stop - start), np.diff(offsets[start : stop + 1]))


def once_per_paper(codes: np.ndarray, papers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct (paper, code) pairs, by paper and code; codes and papers are int64 (n,)."""
    size = int(codes.max(initial=0)) + 1
    if size > (1 << 62) // (int(papers.max(initial=0)) + 1):
        order = np.lexsort((codes, papers))
        papers, codes = papers[order], codes[order]
        new = np.ones(len(codes), bool)
        new[1:] = (codes[1:] != codes[:-1]) | (papers[1:] != papers[:-1])
        return papers[new], codes[new]
    return np.divmod(distinct(papers * size + codes)[0], size)


def distinct(codes: np.ndarray) -> Counts:
    """Distinct codes in order, and how often each occurs. The array itself is sorted."""
    codes.sort()
    first = np.flatnonzero(np.r_[True, codes[1:] != codes[:-1]][: len(codes)])
    return codes[first], np.diff(np.r_[first, len(codes)])


def merge_counts(parts: list[Counts]) -> Counts:
    """Sum the counts of several parts."""
    codes = np.concatenate([codes for codes, _ in parts])
    counts = np.concatenate([counts for _, counts in parts])
    distinct_codes, at = np.unique(codes, return_inverse=True)
    return distinct_codes, np.bincount(at, counts, len(distinct_codes)).astype(np.int64)


def neighbors(words: np.ndarray) -> np.ndarray:
    """Where a word and the next one are neighbors: int64 (m,); 0 is not a word."""
    return np.flatnonzero((words[:-1] > 0) & (words[1:] > 0))


def find_codes(codes: np.ndarray, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where codes stand among known ones.

    Parameters
    ----------
    codes, known : int64; `known` ascending

    Returns
    -------
    is_known : bool (n,), whether a code is known
    index : int64 (m,), where the codes that were found stand in `known`
    """
    if not len(known):
        return np.zeros(len(codes), bool), np.zeros(0, np.int64)
    index = np.minimum(np.searchsorted(known, codes), len(known) - 1)
    is_known = known[index] == codes
    return is_known, index[is_known]
