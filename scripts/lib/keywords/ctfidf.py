"""Class-based TF-IDF of words and bigrams: which terms are characteristic of a topic.

The weight of term t in topic c is

    w(t, c) = n(t, c) / n(c) * log(1 + A / n(t))

n(t, c) is the number of papers of the topic with the term, n(t) the number of all papers with the term, n(c)
the sum of n(t, c) over all terms, and A the mean of n(c) over the topics. It is the weight of Grootendorst (2022),
BERTopic: Neural topic modeling with a class-based TF-IDF procedure, with papers in place of occurrences.
"""

import numpy as np
from scipy import sparse

from lib.arrays import release_pages
from lib.words.counting import CHUNK, chunks

AT_ONCE = 8 * CHUNK  # terms (summed over papers) that are counted at a time


def count_in_topics(
    terms: np.ndarray, offsets: np.ndarray, topics: np.ndarray, k: int, n_terms: int
) -> sparse.csr_matrix:
    """The number of papers of each topic with each term: int32 csr (k, n_terms).

    Parameters
    ----------
    terms, offsets : the terms of each paper, as the step `terms` writes them (may be memory-mapped)
    topics : int (n_papers,), the group of each paper, 0 to k - 1; -1 for unassigned papers
    """
    counts = sparse.csr_matrix((k, n_terms), dtype=np.int32)
    for start, stop in chunks(offsets, AT_ONCE):
        part = terms[offsets[start] : offsets[stop]]
        ends = (offsets[start : stop + 1] - offsets[start]).astype(np.int32)
        in_papers = sparse.csr_matrix((np.ones(len(part), np.int32), part, ends), (stop - start, n_terms))
        known = np.flatnonzero(topics[start:stop] >= 0)
        of_topics = (np.ones(len(known), np.int32), (topics[start:stop][known], known))
        part_counts = sparse.csr_matrix(of_topics, (k, stop - start)) @ in_papers
        part_counts.sort_indices()
        counts += part_counts
        release_pages(terms, int(offsets[start]), int(offsets[stop]))
    return counts


def rarity(counts: sparse.csr_matrix) -> np.ndarray:
    """The second factor of the weights, log(1 + A / n(t)): float64 (n_terms,).

    Parameters
    ----------
    counts : (k, n_terms), number of papers of each topic with each term
    """
    in_topic, in_all = (np.asarray(counts.sum(axis)).ravel() for axis in (1, 0))
    return np.log1p(in_topic.mean() / np.maximum(in_all, 1))


def ctfidf(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """The weights w(t, c) of counts (k, n_terms): float64 csr of the same shape."""
    weights = counts.astype(np.float64).tocoo()
    frequency = weights.data / np.asarray(counts.sum(1)).ravel()[weights.row]
    return sparse.csr_matrix(
        (frequency * rarity(counts)[weights.col], (weights.row, weights.col)), counts.shape
    )
