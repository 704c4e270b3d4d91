"""The keywords of groups of papers, such as topics, weighted against their siblings.

It computes the weights, has `lib.keywords.choice` select the terms, and orders them.
"""

from typing import NamedTuple

import numpy as np
from scipy import sparse

from lib.keywords.bigram_preference import whole_terms
from lib.keywords.choice import top_terms
from lib.keywords.ctfidf import TermCounts, ctfidf
from lib.keywords.term_vectors import TermVectors

LEADING = 0.15  # the weight of a keyword is lowered if it is in a smaller share of the papers of a group
CANDIDATES = 20  # terms per keyword whose similarity to the group is computed


class Keyword(NamedTuple):
    """A keyword of a group of papers: how it is shown, and the term that was counted."""

    keyword: str
    weight: float
    papers: int  # of the group
    share: float  # of all papers with the term
    title_rate: float
    term: str


def keywords_of(
    counted: TermCounts, sizes: np.ndarray, allowed: sparse.csr_matrix, top: int, vectors: TermVectors
) -> list[list[Keyword]]:
    """The `top` keywords of each group of papers, highest-weighted first.

    Selection: c-TF-IDF (`ctfidf`) times the squared similarity to the group. Order: the same, but with the square roots
    of the share and of the title rate in place of the share; the weights of terms in fewer than LEADING of the papers
    are scaled down in proportion, since the first keywords should cover the group.

    Parameters
    ----------
    counted : number of papers of each of k groups with each term
    sizes : int (k,), papers of each group
    allowed : bool (k, n_terms), as `eligible` returns it; or numbers by which the weights are multiplied
    vectors : term vectors of the same terms and groups
    """
    counts = counted.counts
    weights = heaviest(ctfidf(counts).multiply(whole_terms(counted, allowed)).tocsr(), CANDIDATES * top)
    weights = weights.multiply(vectors.similarities(weights).power(2)).tocsr()
    in_all = np.asarray(counts.sum(0)).ravel()
    of_groups = []
    for group, columns in enumerate(top_terms(counted, weights, top, vectors)):
        keywords = []
        for column in columns:
            n, rate = int(counts[group, column]), float(counted.title_rate[column])
            share = n / int(in_all[column])
            weight = float(weights[group, column]) * (rate / share) ** 0.5
            weight *= min(1.0, n / sizes[group] / LEADING)
            term = counted.terms[column]
            keywords.append(Keyword(term, weight, n, share, rate, term))
        of_groups.append(sorted(keywords, key=lambda keyword: -keyword.weight))
    return of_groups


def heaviest(weights: sparse.csr_matrix, n: int) -> sparse.csr_matrix:
    """The n largest weights of each row: float64 csr of the same shape. Ties: the first columns are kept."""
    rows = []
    for at in range(weights.shape[0]):
        row = weights[[at]]
        kept = np.sort(np.lexsort((row.indices, -row.data))[:n])
        kept = kept[row.data[kept] > 0]
        rows.append(sparse.csr_matrix((row.data[kept], row.indices[kept], [0, len(kept)]), row.shape))
    return sparse.vstack(rows, format="csr")


def restricted(counted: TermCounts, rows: np.ndarray, least: int) -> tuple[TermCounts, list[int]]:
    """The counts of some groups, only for terms in at least `least` of their papers; and the rows of these terms.

    Parameters
    ----------
    rows : int (m,), the groups
    """
    counts = counted.counts[rows]
    often = np.flatnonzero(np.asarray(counts.sum(0)).ravel() >= least)
    place = {column: i for i, column in enumerate(often.tolist())}
    kept = [column for column in place if all(word in place for word in counted.words[column])]
    place = {column: i for i, column in enumerate(kept)}
    kept_counts = TermCounts(
        [counted.terms[column] for column in kept],
        [tuple(place[word] for word in counted.words[column]) for column in kept],
        counted.title_rate[kept],
        counted.followed_share[kept],
        sparse.csr_matrix(counts[:, kept]),
    )
    return kept_counts, kept


def lifts(counts: sparse.csr_matrix, sizes: np.ndarray, shares: np.ndarray) -> sparse.csr_matrix:
    """How many times more frequent a term is in a group than in all papers: float64 csr (k, n_terms).

    Parameters
    ----------
    counts : (k, n_terms), number of papers of each group with each term
    sizes : int (k,), the papers of each group
    shares : float (n_terms,), the share of all papers with each term
    """
    entries = counts.tocoo()
    return sparse.csr_matrix(
        (entries.data / sizes[entries.row] / shares[entries.col], (entries.row, entries.col)), counts.shape
    )
