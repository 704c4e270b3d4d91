"""Keywords of any grouping of the papers: topics, groups of topics, subtopics within a topic.

The rules, in the order in which they act; docs/measurements/keywords.md shows what each is worth.

1. Stop words are not terms (step `terms`).
2. General terms are not keywords (`informative`).
3. Head words of a list, such as *theory*, are not keywords, nor are bigrams that begin with one.
4. A keyword is in at least a share COVER of the papers of its group.
5. It is weighted by class-based TF-IDF times the cube of the similarity of the term to the group (`TermVectors`).
6. It is a keyword of one group only: the one in which its weight is largest.
7. Words that repeat an earlier keyword in another form are left out (`Repetition`).
8. So are abbreviations of keywords.
9. After LEAST keywords, a list ends where the weight falls below a share LIGHT of the first.
10. A keyword is shown as the phrase in which it stands (`Phrases`).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from lib.keywords.ctfidf import count_in_topics, rarity
from lib.keywords.phrases import Phrases
from lib.keywords.repetition import Repetition
from lib.keywords.term_vectors import TermVectors
from lib.keywords.vocabulary import Vocabulary
from lib.rows import label_sizes
from lib.words.term_files import Terms

GENERAL = 0.5  # general terms have this share of all uses of terms
OWN = 0.8
COVER = 0.08  # with rarer terms, few papers have two keywords
POWER = 3  # of the similarity
LEAST_PAPERS = 3  # of a small subtopic, 8 % may be one paper
LEAST = 5
LIGHT = 0.5
CANDIDATES = 20  # terms per keyword whose similarity to the group is computed


class Keyword(NamedTuple):
    """A keyword of a group of papers: how it is shown, and the term that was counted."""

    keyword: str
    weight: float
    papers: int  # of the group
    share: float  # of the papers of all groups with the term
    title_rate: float
    term: str


@dataclass(frozen=True)
class KeywordModel:
    """Terms, their counts in the finest groups of papers (leaves), and their vectors.

    Attributes
    ----------
    counts : int32 csr (n_leaves, n_terms), papers of each leaf with each term
    sizes : int (n_leaves,), papers of each leaf
    may : bool (n_terms,), whether a term may be a keyword at all
    rarity : float64 (n_terms,), the second factor of class-based TF-IDF, by all topics
    vectors : sampled papers
    """

    vocabulary: Vocabulary
    counts: sparse.csr_matrix
    sizes: np.ndarray
    may: np.ndarray
    rarity: np.ndarray
    vectors: TermVectors
    phrases: Phrases

    @classmethod
    def of(
        cls,
        corpus: Terms,
        embeddings: np.ndarray,
        leaf_of: np.ndarray,
        topic_of: np.ndarray,
        head_words: frozenset[str],
    ) -> "KeywordModel":
        """From the files of the step `terms`.

        Parameters
        ----------
        embeddings : (n_papers, dim), unit rows (may be memory-mapped)
        leaf_of : int (n_papers,), the leaf of each paper, -1 for unassigned papers
        topic_of : int (n_leaves,), the topic of each leaf
        head_words : words that count only as the end of a bigram
        """
        vocabulary, n_leaves = Vocabulary.of(corpus.vocabulary), len(topic_of)
        n_terms = len(vocabulary.terms)
        counts = count_in_topics(corpus.terms, corpus.term_offsets, leaf_of, n_leaves, n_terms)
        sizes = label_sizes(leaf_of, n_leaves)
        into_topics = membership(topic_of)
        of_topics = sparse.csr_matrix(into_topics @ counts)
        head = np.array([vocabulary.terms[words[0]] in head_words for words in vocabulary.words], bool)
        may = informative(of_topics, into_topics @ sizes, vocabulary.title_rate) & ~head
        # which papers of a topic are sampled does not depend on its leaves
        topics = np.where(leaf_of >= 0, topic_of[leaf_of], -1)
        vectors = TermVectors.of(corpus.terms, corpus.term_offsets, embeddings, leaf_of, n_terms, topics)
        phrases = Phrases(vocabulary, corpus.tokens, corpus.offsets)
        return cls(vocabulary, counts, sizes, may, rarity(of_topics), vectors, phrases)

    def keywords_of(
        self, group_of: np.ndarray, top: int, dropped: Sequence[frozenset[str]] = ()
    ) -> list[list[Keyword]]:
        """The `top` keywords of each group, highest-weighted first, against all other groups.

        Parameters
        ----------
        group_of : int (n_leaves,), the group of each leaf, 0 to k - 1; -1 for leaves outside the comparison
        dropped : of each group the keywords, in lower case, that a user does not want; none if empty
        """
        into_groups = membership(group_of)
        counts = sparse.csr_matrix(into_groups @ self.counts)
        counts.sort_indices()
        groups = group_of[self.vectors.leaves]
        weights = self.weights(counts, into_groups @ self.sizes, CANDIDATES * top)
        weights = in_one_group(
            weights.multiply(self.vectors.similarities(weights, groups).power(POWER)).tocsr()
        )
        in_all = np.asarray(counts.sum(0)).ravel()
        of_groups = []
        for group in range(len(weights.indptr) - 1):
            unwanted = dropped[group] if dropped else frozenset()
            chosen, phrases = self.shown(weights[[group]], top, self.vectors.rows[groups == group], unwanted)
            terms = [self.vocabulary.terms[column] for column, _ in chosen]
            shown: dict[str, Keyword] = {}
            for (column, weight), term, phrase in zip(chosen, terms, phrases, strict=True):
                n, rate = int(counts[group, column]), float(self.vocabulary.title_rate[column])
                share = n / int(in_all[column])
                shown.setdefault(phrase, Keyword(phrase, weight, n, share, rate, term))
            of_groups.append(list(shown.values()))
        return of_groups

    def shown(
        self, weights: sparse.csr_matrix, top: int, papers: np.ndarray, unwanted: frozenset[str]
    ) -> tuple[list[tuple[int, float]], list[str]]:
        """The terms chosen for a group, with their weights, and the phrases that they are shown as.

        Parameters
        ----------
        weights : (1, n_terms), 0 for terms that may not be keywords
        papers : of the group, for `Phrases.of`
        unwanted : terms and phrases, in lower case, that are left out
        """
        out: set[int] = {
            column for column in weights.indices if self.vocabulary.terms[column].lower() in unwanted
        }
        while True:
            chosen = self.chosen(weights, top, out)
            phrases = self.phrases.of([self.vocabulary.terms[column] for column, _ in chosen], papers)
            more = {
                column
                for (column, _), phrase in zip(chosen, phrases, strict=True)
                if phrase.lower() in unwanted
            }
            if not more:
                return chosen, phrases
            out |= more

    def weights(self, counts: sparse.csr_matrix, sizes: np.ndarray, n: int) -> sparse.csr_matrix:
        """The n largest class-based TF-IDF of terms that may be keywords of each group: float64 csr (k, n_terms).

        Parameters
        ----------
        counts : (k, n_terms), papers of each group with each term
        sizes : int (k,), papers of each group
        """
        rows = [sparse.csr_matrix((0, counts.shape[1]))]
        for row, size in zip(counts, sizes.tolist(), strict=True):
            enough = row.data >= max(COVER * size, min(LEAST_PAPERS, size))
            kept = np.flatnonzero(enough & self.may[row.indices])
            columns = row.indices[kept]
            weights = row.data[kept] / row.data.sum() * self.rarity[columns]
            largest = np.sort(np.lexsort((columns, -weights))[:n])
            rows.append(sparse.csr_matrix((weights[largest], columns[largest], [0, len(largest)]), row.shape))
        return sparse.vstack(rows, format="csr")

    def chosen(
        self, weights: sparse.csr_matrix, top: int, out: Collection[int] = ()
    ) -> list[tuple[int, float]]:
        """The `top` terms of a group that do not repeat each other, with their weights, highest-weighted first.

        Parameters
        ----------
        weights : (1, n_terms), 0 for terms that may not be keywords
        out : further terms that may not
        """
        order = np.lexsort((weights.indices, -weights.data))
        ranked = list(zip(weights.indices[order].tolist(), weights.data[order].tolist(), strict=True))
        ranked = [pair for pair in ranked if pair[0] not in out]
        repetition = Repetition(self.vocabulary, self.vectors)
        chosen: dict[int, float] = {}
        for term, weight in ranked:
            if len(chosen) == top or (len(chosen) >= LEAST and weight < LIGHT * ranked[0][1]):
                break
            if any(repetition.repeats(term, other) for other in chosen):
                continue
            # the long form says more than its abbreviation
            kept = {other: chosen[other] for other in chosen if not repetition.abbreviates(other, term)}
            chosen = kept | {term: weight}
        return list(chosen.items())


def membership(group_of: np.ndarray) -> sparse.csr_matrix:
    """Which leaves are in which group: int32 csr (k, n_leaves), 0 or 1.

    Parameters
    ----------
    group_of : int (n_leaves,), -1 for leaves of no group
    """
    leaves = np.flatnonzero(group_of >= 0)
    shape = (int(group_of.max(initial=-1)) + 1, len(group_of))
    return sparse.csr_matrix((np.ones(len(leaves), np.int32), (group_of[leaves], leaves)), shape)


def in_one_group(weights: sparse.csr_matrix) -> sparse.csr_matrix:
    """The largest weight of each column, in its row: float64 csr of the same shape. Ties: the first row has it."""
    entries = weights.tocoo()
    order = np.lexsort((entries.row, -entries.data, entries.col))
    kept = order[np.r_[True, np.diff(entries.col[order]) > 0][: len(order)]]
    return sparse.csr_matrix((entries.data[kept], (entries.row[kept], entries.col[kept])), weights.shape)


def informative(counts: sparse.csr_matrix, sizes: np.ndarray, title_rate: np.ndarray) -> np.ndarray:
    """Which terms are not general: bool (n_terms,).

    Terms are ranked by how specific they are to certain topics (`spread`) times the square root of their title rate.
    The lowest terms, with a share GENERAL of all uses, are general, but not a term of which a share OWN of all papers
    is in one topic. The limit thus adapts to the corpus and to the number of topics.

    Parameters
    ----------
    counts : (k, n_terms), papers of each topic with each term
    sizes : int (k,), papers of each topic
    """
    says = spread(counts, sizes) * np.sqrt(title_rate)
    uses = np.asarray(counts.sum(0)).ravel()
    order = np.argsort(says, kind="stable")
    total = np.cumsum(uses[order])
    if total[-1] == 0:
        return np.ones(len(says), bool)
    in_one_topic = counts.max(0).toarray().ravel() >= OWN * np.maximum(uses, 1)
    return in_one_topic | (says > says[order[np.searchsorted(total, GENERAL * total[-1])]])


def spread(counts: sparse.csr_matrix, sizes: np.ndarray) -> np.ndarray:
    """How specific each term is to certain topics: float64 (n_terms,), 1 for a term that all topics use equally.

    It is exp(KL(p || q)), where p is the distribution over topics of the papers with the term, and q that of all
    papers (`sizes` over their sum). Two papers with the distribution q are added to each term, so that rare terms do
    not appear specific.
    """
    of_all = sizes / sizes.sum()
    total = np.asarray(counts.sum(0)).ravel() + 2.0
    kl = np.zeros(counts.shape[1])
    for topic, q in enumerate(of_all):
        p = (counts[[topic]].toarray().ravel() + 2.0 * q) / total
        kl += p * np.log(p / q) if q else 0.0
    return np.exp(kl)
