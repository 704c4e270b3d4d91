"""The terms of a corpus, as the step `terms` lists them, with what is known of each."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

PRIOR = 5  # papers with the mean title rate that are added to each term


@dataclass(frozen=True)
class Vocabulary:
    """The terms of a corpus.

    Attributes
    ----------
    terms : the vocabulary; the first entry is empty
    words : for each term the rows of its words: one row, or two for a bigram
    title_rate : float64 (n_terms,), as `title_rates` returns them
    followed_share : float64 (n_terms,), share of its uses in which another word follows directly; 0 for bigrams
    stands_for : for each term the long form that it abbreviates, or an empty text
    """

    terms: list[str]
    words: list[tuple[int, ...]]
    title_rate: np.ndarray
    followed_share: np.ndarray
    stands_for: list[str]

    @classmethod
    def of(cls, table: pa.Table) -> "Vocabulary":
        """From vocabulary.parquet."""
        papers, titles = (table[name].to_numpy() for name in ("papers", "titles"))
        words = words_of(table, np.arange(len(table)))
        followed_share = table["followed_share"].fill_null(0).to_numpy().astype(np.float64)
        stands_for = table["stands_for"].fill_null("").to_pylist()
        return cls(table["term"].to_pylist(), words, title_rates(papers, titles), followed_share, stands_for)

    @cached_property
    def bigrams(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows of the bigrams, and of their first and second words: int64 (m,) each."""
        bigrams = [(row, *words) for row, words in enumerate(self.words) if len(words) == 2]
        rows, first, second = np.array(bigrams, np.int64).reshape(-1, 3).T
        return rows, first, second


def words_of(table: pa.Table, rows: np.ndarray) -> list[tuple[int, ...]]:
    """The rows of the words of each given term: its own row, or the two rows of a bigram."""
    first, second = (table[name].take(rows).to_pylist() for name in ("first", "second"))
    return [(row,) if a is None else (a, b) for row, a, b in zip(rows.tolist(), first, second, strict=True)]


def title_rates(papers: np.ndarray, titles: np.ndarray) -> np.ndarray:
    """The share of the papers with a term that have it in the title, as a multiple of the mean: float64 (n_terms,).

    Titles show what a paper is about: `graphene` is in the title of 2 of 3 papers with the word, `accuracy` in the
    title of 1 of 50. PRIOR papers with the mean rate are added to each term, so that rare terms are near 1.

    Parameters
    ----------
    papers, titles : int64 (n_terms,), number of papers with the term in the text and in the title
    """
    mean = titles.sum() / max(papers.sum(), 1)
    if mean == 0:
        return np.ones(len(papers))
    return (titles + PRIOR * mean) / (papers + PRIOR) / mean
