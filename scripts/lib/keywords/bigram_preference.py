"""Prefer whole terms: bigrams over their words, and no bigrams cut out of three words."""

import numpy as np
from scipy import sparse

from lib.keywords.ctfidf import TermCounts

# Shares of the papers of a word
IN_ONE = 0.5  # that have it in one bigram, if it is a part of that
IN_TWO = 0.7  # the sum of the two most frequent ones that begin with it: `lie algebras`, `lie groups`
IN_OPEN = 0.2  # that have it in one bigram, if the word seldom ends a phrase
OPEN = 0.6  # share of the uses of such a word that another word follows: `logical reasoning`
CUT = 0.6  # that have it in one bigram, if another bigram with it is cut out of three words
CUT_HYPHEN = 0.9  # the same, if that bigram has a hyphen in one of its words: `parameter-efficient fine`
HYPHEN = 1.25  # times the papers of a bigram that is written with a hyphen


def whole_terms(counted: TermCounts, allowed: sparse.csr_matrix) -> sparse.csr_matrix:
    """Which terms may be keywords of which groups, without parts of longer terms: float64 csr (k, n_terms).

    A word is a part of a bigram that IN_ONE of its papers in the group have: `dark` of `dark matter`; or of two
    that begin with it and whose papers add up to IN_TWO of its own. A word that seldom ends a phrase is a part of
    the most frequent bigram that begins with it, if IN_OPEN of its papers have that. The bigrams take its place,
    with the number of the word if that is larger: `point cloud` may be a keyword where `cloud` may, although
    `point` says nothing; `reed-muller` where `reed` may, although it is in fewer papers.
    A bigram that is cut out of three words is left out: `orbit coupling` beside `spin-orbit`.

    Parameters
    ----------
    counted : the papers of each of k groups that have each term
    allowed : bool or numbers (k, n_terms), 0 for terms that may not be keywords
    """
    rows = [
        sparse.csr_matrix((0, allowed.shape[1])),
        *(_whole(counted, allowed, row) for row in range(allowed.shape[0])),
    ]
    return sparse.vstack(rows, format="csr")


def _whole(counted: TermCounts, allowed: sparse.csr_matrix, group: int) -> sparse.csr_matrix:
    papers = counted.counts[[group]].toarray().ravel()
    may = allowed[[group]].toarray().ravel().astype(np.float64)
    cut, part = np.zeros(len(papers), bool), np.zeros(len(papers), bool)
    cut[_cut_out(counted, papers)] = True
    occurs = papers[counted.bigrams[0]] > 0
    rows, first, second = (column[occurs & ~cut[counted.bigrams[0]]] for column in counted.bigrams)
    n, of_parts = papers[rows], np.zeros(len(papers))
    most = np.zeros(len(papers))  # papers of the most frequent bigram that begins with a word
    np.maximum.at(most, first, n)
    in_two = n + _other_of_two(first, n) >= IN_TWO * papers[first]
    in_open = (counted.followed_share[first] >= OPEN) & (n >= IN_OPEN * papers[first]) & (n == most[first])
    holds_first = (n >= IN_ONE * papers[first]) | in_two | in_open
    holds_second = n >= IN_ONE * papers[second]
    for word, holds in ((first, holds_first), (second, holds_second)):
        np.maximum.at(of_parts, rows[holds], may[word[holds]])
        part[word[holds]] = True
    return sparse.csr_matrix(np.where(cut | part, 0.0, np.maximum(may, of_parts)))


def _other_of_two(first: np.ndarray, n: np.ndarray) -> np.ndarray:
    """For the two bigrams with the most papers that begin with a word, the papers of the other one; else 0.

    Parameters
    ----------
    first, n : int (m,), the first word and the papers of each bigram
    """
    order = np.lexsort((-n, first))
    same = first[order[1:]] == first[order[:-1]]
    leading = np.flatnonzero(same & ~np.r_[False, same[:-1]])
    one, two = order[leading], order[leading + 1]
    other = np.zeros_like(n)
    other[one], other[two] = n[two], n[one]
    return other


def _cut_out(counted: TermCounts, papers: np.ndarray) -> np.ndarray:
    """The bigrams with a word that CUT of its papers have in another bigram, which is as frequent: rows.

    The other bigram ends with the first word (`orbit coupling`), or begins with the second one (`supervised
    fine`). Bigrams that are joined by a hyphen are not cut. A hyphen counts as HYPHEN times the papers: it says
    that the words belong together. Of two that are equally frequent the first one stays: `density functional`,
    and not `functional theory`.

    Parameters
    ----------
    papers : int (n_terms,), the papers of a group that have each term
    """
    rows, first, second = (column[papers[counted.bigrams[0]] > 0] for column in counted.bigrams)
    names = [counted.terms[row] for row in rows.tolist()]
    hyphen = np.array(["-" in name for name in names], bool)
    joined = hyphen & np.array([" " not in name for name in names], bool)
    n = papers[rows] * np.where(hyphen, HYPHEN, 1.0)
    before = np.zeros(len(papers))  # papers of the most frequent bigram that ends with a word
    behind = np.zeros(len(papers))  # and of the one that begins with it
    np.maximum.at(before, second, n)
    np.maximum.at(behind, first, n)
    cut = (before[first] >= np.maximum(CUT * papers[first], n)) & ~hyphen
    least = np.where(hyphen, CUT_HYPHEN, CUT) * papers[second]
    short = (behind[second] >= least) & (behind[second] > n) & ~joined
    return rows[cut | short]
