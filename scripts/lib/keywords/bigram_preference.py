"""Prefer whole terms: bigrams to their words, and no truncated bigrams (two words of a term of three)."""

import numpy as np
from scipy import sparse

from lib.keywords.ctfidf import TermCounts

# Shares of the papers with a word that also contain a bigram of the word
IN_ONE = 0.5  # from here on the word counts as part of the bigram
IN_TWO = 0.7  # the same for the sum of the two most frequent bigrams that begin with it: `lie algebras`, `lie groups`
IN_OPEN = 0.2  # the same for a word that seldom ends a phrase
OPEN = 0.6  # least share of its uses in which another word follows: `logical` of `logical reasoning`
CUT = 0.6  # from here on a second bigram with the word counts as truncated
CUT_HYPHEN = 0.9  # the same for a second bigram with a hyphen in one of its words: `parameter-efficient fine`
HYPHEN = 1.25  # the paper count of a bigram with a hyphen is multiplied by this


def whole_terms(counted: TermCounts, allowed: sparse.csr_matrix) -> sparse.csr_matrix:
    """Which terms may be keywords of which groups, without parts of longer terms: float64 csr (k, n_terms).

    A word counts as part of a bigram if at least a share IN_ONE of the group's papers with the word also contain the
    bigram: `dark` of `dark matter`. For two bigrams that begin with the word, the sum of their shares must be at least
    IN_TWO. For a word that seldom ends a phrase, the most frequent bigram that begins with it needs only IN_OPEN.
    The bigrams replace the word, and get its number in `allowed` if that is larger: `point cloud` may be a keyword if
    `cloud` may, although `point` is uninformative; `reed-muller` if `reed` may, although it is in fewer papers.
    A truncated bigram is dropped: `orbit coupling` if there is `spin-orbit`.

    Parameters
    ----------
    counted : number of papers of each of k groups with each term
    allowed : bool or numbers (k, n_terms), 0 for terms that may not be keywords

    Returns
    -------
    The numbers in `allowed`, with those of the bigrams raised; 0 for the words and bigrams that are dropped
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
    most = np.zeros(len(papers))  # paper count of the most frequent bigram that begins with a word
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
    """The paper count of the other of two bigrams with the same first word: int (m,).

    For each word, the two most frequent bigrams that begin with it are taken; each gets the paper count of the other.
    All other bigrams get 0.

    Parameters
    ----------
    first, n : int (m,), the first word and the number of papers of each bigram
    """
    order = np.lexsort((-n, first))
    same = first[order[1:]] == first[order[:-1]]
    leading = np.flatnonzero(same & ~np.r_[False, same[:-1]])
    one, two = order[leading], order[leading + 1]
    other = np.zeros_like(n)
    other[one], other[two] = n[two], n[one]
    return other


def _cut_out(counted: TermCounts, papers: np.ndarray) -> np.ndarray:
    """Rows of truncated bigrams: int64 (m,).

    A bigram is truncated if, in at least CUT of the papers with one of its words, that word is also in another bigram
    that is at least as frequent. The other bigram ends with the first word (`orbit coupling`), or begins with the second word (`supervised
    fine`). Bigrams joined by a hyphen are not truncated. The paper count of a bigram with a hyphen is multiplied by
    HYPHEN, since a hyphen shows that the words belong together. If both bigrams are equally frequent, the first is
    kept: `density functional`, not `functional theory`.

    Parameters
    ----------
    papers : int (n_terms,), number of papers of a group with each term
    """
    rows, first, second = (column[papers[counted.bigrams[0]] > 0] for column in counted.bigrams)
    names = [counted.terms[row] for row in rows.tolist()]
    hyphen = np.array(["-" in name for name in names], bool)
    joined = hyphen & np.array([" " not in name for name in names], bool)
    n = papers[rows] * np.where(hyphen, HYPHEN, 1.0)
    before = np.zeros(len(papers))  # paper count of the most frequent bigram that ends with a word
    behind = np.zeros(len(papers))  # the same for bigrams that begin with the word
    np.maximum.at(before, second, n)
    np.maximum.at(behind, first, n)
    cut = (before[first] >= np.maximum(CUT * papers[first], n)) & ~hyphen
    least = np.where(hyphen, CUT_HYPHEN, CUT) * papers[second]
    short = (behind[second] >= least) & (behind[second] > n) & ~joined
    return rows[cut | short]
