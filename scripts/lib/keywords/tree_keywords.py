"""The keywords of the groups and subtopics of the hierarchy, each weighted against its siblings."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import sparse

from lib.keywords.choice import eligible, informative
from lib.keywords.ctfidf import TermCounts, count_in_topics
from lib.keywords.keywords import Keyword, keywords_of, lifts, restricted
from lib.keywords.phrases import Phrases
from lib.keywords.term_vectors import TermVectors
from lib.rows import label_sizes
from lib.words.term_files import Terms

LEAST_PAPERS = 3  # a keyword of a subtopic is in at least this many papers of all siblings


def count_terms(
    terms: np.ndarray,
    offsets: np.ndarray,
    topic_of: np.ndarray,
    subtopic_of: np.ndarray,
    parents: np.ndarray,
    k: int,
    n: int,
) -> sparse.csr_matrix:
    """The number of papers of each topic, and then of each subtopic, with each term: int64 csr (k + m, n).

    Parameters
    ----------
    terms, offsets : the terms of each paper, as the step `terms` writes them (may be memory-mapped)
    topic_of : int (n_papers,), 0 to k - 1; -1 for unassigned papers
    subtopic_of : int (n_papers,), 0 to m - 1; -1 where the topic is not divided
    parents : int (m,), the topic of each subtopic
    k : number of topics
    n : number of terms
    """
    m = len(parents)
    undivided = np.where(topic_of < 0, -1, m + topic_of)
    leaf = np.where(subtopic_of >= 0, subtopic_of, undivided)  # so that the terms are read once
    counts = count_in_topics(terms, offsets, leaf, m + k, n)
    topics = np.r_[parents, np.arange(k)]
    into_topics = sparse.csr_matrix((np.ones(m + k, np.int64), (topics, np.arange(m + k))))
    return sparse.vstack([into_topics @ counts, counts[:m]], format="csr")


@dataclass(frozen=True)
class TreeKeywords:
    """Finds the keywords of groups and subtopics.

    Attributes
    ----------
    counted : counts whose rows are the k topics and then the subtopics
    vectors : term vectors, whose groups are the topics
    phrases : finds the phrases of the terms
    subtopic_of : int (n_papers,), -1 where the topic is not divided
    sizes : int (k,), papers of each topic
    head_words : words that count only in bigrams
    top : keywords per node
    """

    counted: TermCounts
    vectors: TermVectors
    phrases: Phrases
    subtopic_of: np.ndarray
    sizes: np.ndarray
    head_words: frozenset[str]
    top: int

    @classmethod
    def of(
        cls,
        corpus: Terms,
        embeddings: np.ndarray,
        topic_of: np.ndarray,
        subtopic_of: np.ndarray,
        parents: np.ndarray,
        k: int,
        head_words: frozenset[str],
        top: int,
    ) -> "TreeKeywords":
        """From the files of the step `terms`.

        Parameters
        ----------
        embeddings : (n_papers, dim), unit rows
        topic_of : int (n_papers,), -1 for unassigned papers
        parents : int (m,), the topic of each subtopic
        k : number of topics
        """
        terms, offsets, n = corpus.terms, corpus.term_offsets, len(corpus.vocabulary)
        counts = count_terms(terms, offsets, topic_of, subtopic_of, parents, k, n)
        counted = TermCounts.of(corpus.vocabulary, counts)
        vectors = TermVectors.of(terms, offsets, embeddings, topic_of, n)
        phrases = Phrases(counted, corpus.tokens, corpus.offsets)
        return cls(counted, vectors, phrases, subtopic_of, label_sizes(topic_of, k), head_words, top)

    @cached_property
    def topics(self) -> TermCounts:
        """The counts of the topics alone."""
        return self.counted.regrouped(self.counted.counts[: len(self.sizes)])

    @cached_property
    def specific(self) -> np.ndarray:
        """Which terms are not general: bool (n_terms,)."""
        return informative(self.topics, self.sizes)

    @cached_property
    def shares(self) -> np.ndarray:
        """The share of all papers with each term: float64 (n_terms,)."""
        return np.asarray(self.topics.counts.sum(0)).ravel() / self.sizes.sum()

    def of_groups(self, group_of: np.ndarray) -> list[list[Keyword]]:
        """The keywords of each group, weighted against the other groups.

        The weights are multiplied by the number of the group's topics for which the term is eligible, since a theme
        is common to several topics.

        Parameters
        ----------
        group_of : int (k,), the group of each topic
        """
        k = len(group_of)
        into_groups = sparse.csr_matrix((np.ones(k, np.int64), (group_of, np.arange(k))))
        allowed = eligible(self.topics, self.sizes, self.specific, self.head_words).astype(np.int64)
        groups = self.counted.regrouped(sparse.csr_matrix(into_groups @ self.topics.counts))
        vectors = replace(self.vectors, groups=group_of[self.vectors.groups])
        factors = sparse.csr_matrix(into_groups @ allowed)
        keywords = keywords_of(groups, np.asarray(into_groups @ self.sizes), factors, self.top, vectors)
        return self.phrases.of_groups(keywords, vectors)

    def of_subtopics(self, siblings: pd.DataFrame) -> list[list[Keyword]]:
        """The keywords of the subtopics of a topic, weighted against each other.

        The weights are multiplied by the square root of the term's lift over all papers: a term that discriminates
        between siblings may still be uninformative (`generation`).

        Parameters
        ----------
        siblings : columns `node`, `parent` and `size` of the subtopics
        """
        numbers, sizes = siblings["node"].to_numpy(), siblings["size"].to_numpy()
        counted, kept = restricted(self.counted, len(self.sizes) + numbers, LEAST_PAPERS)
        allowed = eligible(counted, sizes, self.specific[kept], self.head_words)
        factors = allowed.multiply(lifts(counted.counts, sizes, self.shares[kept]).sqrt()).tocsr()
        places = np.searchsorted(numbers, self.subtopic_of)
        vectors = self.vectors.inside(int(siblings["parent"].iloc[0]), places, kept)
        keywords = keywords_of(counted, sizes, factors, self.top, vectors)
        return self.phrases.of_groups(keywords, vectors)
