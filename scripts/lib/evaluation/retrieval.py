"""Whether a topic can be told from its words: from labels, titles and keywords."""

import numpy as np
from scipy import sparse

from lib.naming.title_scorer import TitleScorer
from lib.rows import label_sizes
from lib.words.counting import chunks, papers_of


def reciprocal_ranks(texts: list[str], scorer: TitleScorer) -> list[float]:
    """For the text of each topic 1 / the rank of its topic among all, by its coverage of their keywords.

    Equal scores share the mean rank. A text without any keyword has the mean rank of all.
    """
    inverse = []
    for topic, text in enumerate(texts):
        coverage = scorer.coverage(text)
        above = int((coverage > coverage[topic]).sum())
        equal = int((coverage == coverage[topic]).sum())
        inverse.append(1 / (above + (equal + 1) / 2))
    return inverse


def keyword_topic_accuracy(
    terms: np.ndarray, offsets: np.ndarray, topics: np.ndarray, weights: sparse.csr_matrix
) -> np.ndarray:
    """For each topic the share of its papers whose topic follows from its keywords alone: float64 (k,).

    A paper is given to the topic whose keywords in it have the largest sum of weights.

    Parameters
    ----------
    terms, offsets : the terms of each paper
    topics : int (n,); papers of no topic, with -1, are left out
    weights : (k, n_terms), zero for all that are not keywords
    """
    right = np.zeros(weights.shape[0])
    by_term = weights.T.tocsr()
    is_keyword = np.diff(by_term.indptr) > 0
    for start, stop in chunks(offsets):
        part = terms[offsets[start] : offsets[stop]]
        known = is_keyword[part]
        papers = papers_of(offsets, start, stop)[known]
        shape = (stop - start, weights.shape[1])
        has = sparse.csr_matrix((np.ones(len(papers)), (papers, part[known])), shape=shape)
        # in pieces, since scores are dense
        for a in range(0, stop - start, 8192):
            scores = (has[a : a + 8192] @ by_term).toarray()
            given = topics[start + a : start + a + len(scores)]
            hit = (scores.argmax(1) == given) & (scores.max(1) > 0)
            right += np.bincount(given[hit], minlength=len(right))
    return right / np.maximum(label_sizes(topics, len(right)), 1)
