"""Class-based TF-IDF of words and bigrams: which terms are characteristic of a topic.

The weight of term t in topic c is

    w(t, c) = n(t, c) / n(c) * log(1 + A / n(t)) * n(t, c) / n(t)

n(t, c) is the number of papers of the topic with the term, n(t) the number of all papers with the term, n(c)
the sum of n(t, c) over all terms, and A the mean of n(c) over the topics. The first two factors are those of
Grootendorst (2022), BERTopic: Neural topic modeling with a class-based TF-IDF procedure, with papers
in place of occurrences. The third factor is the share of the topic in the papers with the term. It lowers the
weights of words that many topics use.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from scipy import sparse

from lib.words.counting import CHUNK, chunks

AT_ONCE = 8 * CHUNK  # terms (summed over papers) that are counted at a time
PRIOR = 5  # papers with the mean title rate that are added to each term


def words_of(vocabulary: pa.Table, rows: np.ndarray) -> list[tuple[int, ...]]:
    """The rows of the words of each given term: its own row, or the two rows of a bigram."""
    first, second = (vocabulary[name].take(rows).to_pylist() for name in ("first", "second"))
    return [(row,) if a is None else (a, b) for row, a, b in zip(rows.tolist(), first, second, strict=True)]


@dataclass
class TermCounts:
    """The number of papers of each topic with each term, and what is known of the terms.

    Attributes
    ----------
    terms : the vocabulary; the first entry is empty
    words : for each term the rows of its words: one row, or two for a bigram
    title_rate : float64 (n_terms,), as `title_rates` returns them
    followed_share : float64 (n_terms,), share of its uses in which another word follows directly; 0 for bigrams
    counts : int64 csr (k, n_terms), number of papers of each topic with each term
    """

    terms: list[str]
    words: list[tuple[int, ...]]
    title_rate: np.ndarray
    followed_share: np.ndarray
    counts: sparse.csr_matrix

    @cached_property
    def bigrams(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows of the bigrams, and of their first and second words: int64 (m,) each."""
        bigrams = [(row, *words) for row, words in enumerate(self.words) if len(words) == 2]
        rows, first, second = np.array(bigrams, np.int64).reshape(-1, 3).T
        return rows, first, second

    @classmethod
    def of(cls, vocabulary: pa.Table, counts: sparse.csr_matrix) -> "TermCounts":
        """From vocabulary.parquet and counts (k, n_terms)."""
        papers, titles = (vocabulary[name].to_numpy() for name in ("papers", "titles"))
        words = words_of(vocabulary, np.arange(len(vocabulary)))
        followed_share = vocabulary["followed_share"].fill_null(0).to_numpy().astype(np.float64)
        return cls(vocabulary["term"].to_pylist(), words, title_rates(papers, titles), followed_share, counts)

    def regrouped(self, counts: sparse.csr_matrix) -> "TermCounts":
        """The same terms in other groups of papers: counts (m, n_terms)."""
        return TermCounts(self.terms, self.words, self.title_rate, self.followed_share, counts)


def title_rates(papers: np.ndarray, titles: np.ndarray) -> np.ndarray:
    """The share of the papers with a term that have it in the title, as a multiple of the mean: float64 (n_terms,).

    Titles show what a paper is about: `graphene` is in the title of 2 of 3 papers with the word, `accuracy` in the
    title of 1 of 50. PRIOR papers with the mean rate are added to each term, so that rare
    terms are near 1.

    Parameters
    ----------
    papers, titles : int64 (n_terms,), number of papers with the term in the text and in the title
    """
    mean = titles.sum() / max(papers.sum(), 1)
    if mean == 0:
        return np.ones(len(papers))
    return (titles + PRIOR * mean) / (papers + PRIOR) / mean


def count_in_topics(
    terms: np.ndarray, offsets: np.ndarray, topics: np.ndarray, k: int, n_terms: int
) -> sparse.csr_matrix:
    """The number of papers of each topic with each term: int64 csr (k, n_terms).

    Parameters
    ----------
    terms, offsets : the terms of each paper, as the step `terms` writes them (may be memory-mapped)
    topics : int (n_papers,), the group of each paper, 0 to k - 1; -1 for unassigned papers
    """
    counts = sparse.csr_matrix((k, n_terms), dtype=np.int64)
    for start, stop in chunks(offsets, AT_ONCE):
        part = terms[offsets[start] : offsets[stop]]
        ends = (offsets[start : stop + 1] - offsets[start]).astype(np.int32)
        in_papers = sparse.csr_matrix((np.ones(len(part), np.int32), part, ends), (stop - start, n_terms))
        known = np.flatnonzero(topics[start:stop] >= 0)
        of_topics = (np.ones(len(known), np.int32), (topics[start:stop][known], known))
        part_counts = sparse.csr_matrix(of_topics, (k, stop - start)) @ in_papers
        part_counts.sort_indices()
        counts += part_counts
    return counts


def ctfidf(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """The weights w(t, c) of counts (k, n_terms): float64 csr of the same shape."""
    in_topic = np.asarray(counts.sum(1)).ravel()
    in_all = np.maximum(np.asarray(counts.sum(0)).ravel(), 1)
    weights = counts.astype(np.float64).tocoo()
    frequency = weights.data / in_topic[weights.row]
    rarity = np.log1p(in_topic.mean() / in_all)[weights.col]
    share = weights.data / in_all[weights.col]
    return sparse.csr_matrix((frequency * rarity * share, (weights.row, weights.col)), counts.shape)
