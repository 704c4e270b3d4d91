"""Class-based TF-IDF of words and bigrams: which terms are characteristic of a topic.

The weight of term t in topic c is

    w(t, c) = n(t, c) / n(c) * log(1 + A / n(t)) * n(t, c) / n(t)

n(t, c) is the number of papers of the topic that have the term, n(t) that of all papers, n(c) the sum
of n(t, c) over all terms, and A the mean of n(c) over the topics. The first two factors are those of
Grootendorst (2022), BERTopic: Neural topic modeling with a class-based TF-IDF procedure, with papers
in place of occurrences. The third factor, the share of the term's papers that are in the topic,
lowers words that many topics use.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
from scipy import sparse

from lib.keywords.redundancy import abbreviates, are_forms
from lib.keywords.term_vectors import TermVectors
from lib.words.counting import CHUNK, chunks

AT_ONCE = 8 * CHUNK  # terms of papers that are counted at a time
GENERAL = 0.66  # the share of all uses of terms that are uses of general terms
OWN = 0.8  # of the papers of a term that are in one topic, if it is not general whatever its rank
COVER = 0.05  # of the papers of a topic that a keyword is in, at least
RIVAL = 0.5  # of the share of papers that have the keyword in the topic where that is largest
FEW = 3  # terms of a topic, below which general ones are better than none
PRIOR = 5  # papers with the mean share of titles that are added to those of each term
LEAST = 5  # keywords of a topic, behind which light ones are left out
LIGHT = 0.5  # of the weight of the heaviest keyword


def words_of(vocabulary: pa.Table, rows: np.ndarray) -> list[tuple[int, ...]]:
    """For each of the given terms the rows of its words: itself, or the two of a bigram."""
    first, second = (vocabulary[name].take(rows).to_pylist() for name in ("first", "second"))
    return [(row,) if a is None else (a, b) for row, a, b in zip(rows.tolist(), first, second, strict=True)]


@dataclass
class TermCounts:
    """The number of papers of each topic with each term.

    Attributes
    ----------
    terms : of the vocabulary; the first is empty
    words : for each term the rows of its words: one, or two for a bigram
    title_rate : float64 (n_terms,), as `title_rates` returns them
    followed_share : float64 (n_terms,), share of the uses of a word that another word follows directly; 0 for bigrams
    counts : int64 csr (k, n_terms)
    """

    terms: list[str]
    words: list[tuple[int, ...]]
    title_rate: np.ndarray
    followed_share: np.ndarray
    counts: sparse.csr_matrix

    @cached_property
    def bigrams(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The rows of the bigrams, and of their first and second words: int64 (m,) each."""
        found = [(row, *words) for row, words in enumerate(self.words) if len(words) == 2]
        rows, first, second = np.array(found, np.int64).reshape(-1, 3).T
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
    """How often a term is in the title if it is in the paper, as a multiple of the mean: float64 (n_terms,).

    Titles say what a paper is about: `graphene` is in the title of 2 of 3 papers that have the word,
    `accuracy` in that of 1 of 50. PRIOR papers with the mean rate are added to each term, so that rare
    terms are near 1.

    Parameters
    ----------
    papers, titles : int64 (n_terms,), the papers that have the term, in the text and in the title
    """
    mean = titles.sum() / max(papers.sum(), 1)
    if mean == 0:
        return np.ones(len(papers))
    return (titles + PRIOR * mean) / (papers + PRIOR) / mean


def count_in_topics(
    terms: np.ndarray, offsets: np.ndarray, topics: np.ndarray, k: int, n_terms: int
) -> sparse.csr_matrix:
    """The number of papers of each topic that have each term: int64 csr (k, n_terms).

    Parameters
    ----------
    terms, offsets : the terms of each paper, as the step `terms` writes them (may be memory-mapped)
    topics : int (n_papers,), the group of each paper, 0 to k - 1; -1 for papers of none
    """
    counts = sparse.csr_matrix((k, n_terms), dtype=np.int64)
    for start, stop in chunks(offsets, AT_ONCE):
        part = terms[offsets[start] : offsets[stop]]
        ends = (offsets[start : stop + 1] - offsets[start]).astype(np.int32)
        in_papers = sparse.csr_matrix((np.ones(len(part), np.int32), part, ends), (stop - start, n_terms))
        known = np.flatnonzero(topics[start:stop] >= 0)
        of_topics = (np.ones(len(known), np.int32), (topics[start:stop][known], known))
        found = sparse.csr_matrix(of_topics, (k, stop - start)) @ in_papers
        found.sort_indices()
        counts += found
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


def spread(counts: sparse.csr_matrix, sizes: np.ndarray) -> np.ndarray:
    """How specific a term is to some topics: float64 (n_terms,), 1 for a term that all topics use equally.

    It is exp(KL(p || q)), where p are the topics of the papers with the term and q those of all papers
    (`sizes` over their sum). Two papers that are distributed as q are added to each term, so that
    rare terms do not appear specific.
    """
    of_all = sizes / sizes.sum()
    total = np.asarray(counts.sum(0)).ravel() + 2.0
    kl = np.zeros(counts.shape[1])
    for topic, q in enumerate(of_all):
        p = (counts[[topic]].toarray().ravel() + 2.0 * q) / total
        kl += p * np.log(p / q) if q else 0.0
    return np.exp(kl)


def informative(counted: TermCounts, sizes: np.ndarray) -> np.ndarray:
    """Which terms are not general: bool (n_terms,).

    A term is informative if it is specific to topics and frequent in titles: it is ranked by its spread times the
    square root of its title rate. The lowest terms, with GENERAL of all uses, are general, except for those that
    occur almost only in one topic. The limit thus adapts to the corpus and to the number of topics.
    """
    says = spread(counted.counts, sizes) * np.sqrt(counted.title_rate)
    uses = np.asarray(counted.counts.sum(0)).ravel()
    own = counted.counts.max(0).toarray().ravel() >= OWN * np.maximum(uses, 1)
    order = np.argsort(says, kind="stable")
    total = np.cumsum(uses[order])
    if total[-1] == 0:
        return np.ones(len(says), bool)
    return own | (says >= says[order[np.searchsorted(total, GENERAL * total[-1])]])


def eligible(
    counted: TermCounts, sizes: np.ndarray, specific: np.ndarray, head_words: frozenset[str]
) -> sparse.csr_matrix:
    """Which terms may be keywords of which topics: bool csr (k, n_terms).

    A term must be specific, be in COVER of the papers of the topic, and not have a share in another topic that
    is more than 1 / RIVAL times as large. It must not be or begin with one of `head_words`. If fewer than FEW
    terms of a topic qualify, all do.

    Parameters
    ----------
    specific : bool (n_terms,), as `informative` returns it
    """
    head = np.array([counted.terms[words[0]] in head_words for words in counted.words], bool)
    found = counted.counts.tocoo()
    cover = found.data / np.maximum(sizes, 1)[found.row]
    largest = np.zeros(counted.counts.shape[1])
    np.maximum.at(largest, found.col, cover)
    allowed = (specific & ~head)[found.col] & (cover >= np.maximum(COVER, RIVAL * largest[found.col]))
    allowed |= np.bincount(found.row[allowed], minlength=len(sizes))[found.row] < FEW
    return sparse.csr_matrix(
        (allowed[allowed], (found.row[allowed], found.col[allowed])), counted.counts.shape
    )


def top_terms(
    counted: TermCounts, weights: sparse.csr_matrix, n: int, vectors: TermVectors
) -> list[list[int]]:
    """For each topic the rows of its n heaviest terms that do not repeat each other, heaviest first.

    After the first LEAST, terms with less than LIGHT of the weight of the heaviest are left out.

    A term is skipped if an earlier one has one of its words, also in another form (`superconducting` after
    `superconductors`). An abbreviation is left out if the list has the term that it abbreviates: `llms` and
    `language models`.

    Parameters
    ----------
    weights : (k, n_terms) of the terms that may be keywords
    vectors : of the same terms
    """
    return [_top_terms_of(counted, weights[[topic]], n, vectors) for topic in range(weights.shape[0])]


def _top_terms_of(counted: TermCounts, row: sparse.csr_matrix, n: int, vectors: TermVectors) -> list[int]:
    heaviest = np.lexsort((row.indices, -row.data))
    order, weight = row.indices[heaviest].tolist(), row.data[heaviest].tolist()
    picked: list[int] = []
    said: list[int] = []
    for term, heavy in zip(order, weight, strict=True):
        if len(picked) >= LEAST and heavy < LIGHT * weight[0]:
            break
        words = counted.words[term]
        if any(are_forms(counted.terms, word, other, vectors) for word in words for other in said):
            continue
        if any(abbreviates(counted.terms, term, other, vectors) for other in picked):
            continue
        picked = [other for other in picked if not abbreviates(counted.terms, other, term, vectors)] + [term]
        said += words
        if len(picked) == n:
            break
    return picked
