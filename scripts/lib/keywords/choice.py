"""Select terms: which terms may be keywords, and the highest-weighted ones that do not repeat each other.

`lib.keywords.keywords` computes the weights and calls `top_terms` here.
"""

import numpy as np
from scipy import sparse

from lib.keywords.ctfidf import TermCounts
from lib.keywords.redundancy import abbreviates, are_forms
from lib.keywords.term_vectors import TermVectors

GENERAL = 0.66  # general terms have this share of all uses of terms
OWN = 0.8  # a term with this share of its papers in one topic is not general, whatever its rank
COVER = 0.05  # a keyword is in at least this share of the papers of its topic
RIVAL = 0.5  # and in at least this part of the largest such share in any topic
FEW = 3  # if fewer terms of a topic qualify, general terms may be keywords too
LEAST = 5  # after this many keywords, terms with low weights are dropped
LIGHT = 0.5  # a weight is low below this part of the highest weight


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


def informative(counted: TermCounts, sizes: np.ndarray) -> np.ndarray:
    """Which terms are not general: bool (n_terms,).

    Terms are ranked by their spread times the square root of their title rate. The lowest terms, with a share GENERAL
    of all uses, are general; a term that occurs almost only in one topic is not. The limit thus adapts to the corpus
    and to the number of topics.
    """
    says = spread(counted.counts, sizes) * np.sqrt(counted.title_rate)
    uses = np.asarray(counted.counts.sum(0)).ravel()
    in_one_topic = counted.counts.max(0).toarray().ravel() >= OWN * np.maximum(uses, 1)
    order = np.argsort(says, kind="stable")
    total = np.cumsum(uses[order])
    if total[-1] == 0:
        return np.ones(len(says), bool)
    return in_one_topic | (says >= says[order[np.searchsorted(total, GENERAL * total[-1])]])


def eligible(
    counted: TermCounts, sizes: np.ndarray, specific: np.ndarray, head_words: frozenset[str]
) -> sparse.csr_matrix:
    """Which terms may be keywords of which topics: bool csr (k, n_terms).

    A term must be specific, and in at least a share COVER of the papers of the topic. Its share in any other topic
    must not be more than 1 / RIVAL times as large. It must not be one of `head_words`, nor begin with one. If fewer
    than FEW terms of a topic qualify, all its terms do.

    Parameters
    ----------
    specific : bool (n_terms,), as `informative` returns it
    """
    head = np.array([counted.terms[words[0]] in head_words for words in counted.words], bool)
    entries = counted.counts.tocoo()
    cover = entries.data / np.maximum(sizes, 1)[entries.row]
    largest = np.zeros(counted.counts.shape[1])
    np.maximum.at(largest, entries.col, cover)
    allowed = (specific & ~head)[entries.col] & (cover >= np.maximum(COVER, RIVAL * largest[entries.col]))
    allowed |= np.bincount(entries.row[allowed], minlength=len(sizes))[entries.row] < FEW
    return sparse.csr_matrix(
        (allowed[allowed], (entries.row[allowed], entries.col[allowed])), counted.counts.shape
    )


def top_terms(
    counted: TermCounts, weights: sparse.csr_matrix, n: int, vectors: TermVectors
) -> list[list[int]]:
    """For each topic the rows of its n highest-weighted terms that do not repeat each other, in this order.

    After the first LEAST terms, a term is dropped if its weight is below LIGHT times the highest weight. A term is also
    dropped if an earlier term has one of its words in any form (`superconducting` after `superconductors`), and an
    abbreviation if its long form is in the list (`llms` and `language models`).

    Parameters
    ----------
    weights : (k, n_terms), 0 for terms that may not be keywords
    vectors : term vectors of the same terms
    """
    return [_top_terms_of(counted, weights[[topic]], n, vectors) for topic in range(weights.shape[0])]


def _top_terms_of(counted: TermCounts, row: sparse.csr_matrix, n: int, vectors: TermVectors) -> list[int]:
    heaviest = np.lexsort((row.indices, -row.data))
    order, weight = row.indices[heaviest].tolist(), row.data[heaviest].tolist()
    picked: list[int] = []
    used_words: list[int] = []
    for term, heavy in zip(order, weight, strict=True):
        if len(picked) >= LEAST and heavy < LIGHT * weight[0]:
            break
        words = counted.words[term]
        if any(are_forms(counted.terms, word, other, vectors) for word in words for other in used_words):
            continue
        if any(abbreviates(counted.terms, term, other, vectors) for other in picked):
            continue
        picked = [other for other in picked if not abbreviates(counted.terms, other, term, vectors)] + [term]
        used_words += words
        if len(picked) == n:
            break
    return picked
