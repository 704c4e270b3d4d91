"""The keywords of topics, and of any other groups of papers, against their siblings."""

import numpy as np
from scipy import sparse

from lib.topics.ctfidf import TermCounts, ctfidf, top_terms

Keyword = tuple[
    str, float, int, float
]  # the term, its weight, papers of the group with it, and their share of all


def keywords_of(counted: TermCounts, fit: sparse.csr_matrix, top: int) -> list[list[Keyword]]:
    """The `top` keywords of each group of papers, heaviest first.

    Parameters
    ----------
    counted : the papers of each of k groups that have each term
    fit : bool (k, n_terms), which terms may be keywords of which groups, of `eligible`; or numbers by which
        the weights are multiplied when the terms are ranked
    """
    counts = counted.counts
    weights = ctfidf(counts)
    in_all = np.asarray(counts.sum(0)).ravel()
    found = []
    for group, columns in enumerate(top_terms(counted, weights.multiply(fit).tocsr(), top)):
        papers = [int(counts[group, column]) for column in columns]
        found.append(
            [
                (counted.terms[column], float(weights[group, column]), n, n / int(in_all[column]))
                for column, n in zip(columns, papers, strict=True)
            ]
        )
    return found


def restricted(counted: TermCounts, rows: np.ndarray, least: int) -> TermCounts:
    """The counts of some groups, with the terms that at least `least` papers of them have.

    Parameters
    ----------
    rows : int (m,), the groups
    """
    counts = counted.counts[rows]
    often = np.flatnonzero(np.asarray(counts.sum(0)).ravel() >= least)
    place = {column: i for i, column in enumerate(often.tolist())}
    kept = [column for column in place if all(word in place for word in counted.words[column])]
    place = {column: i for i, column in enumerate(kept)}
    return TermCounts(
        [counted.terms[column] for column in kept],
        [tuple(place[word] for word in counted.words[column]) for column in kept],
        sparse.csr_matrix(counts[:, kept]),
    )
