"""Keywords of groups of papers, against simple loops."""

import numpy as np
import pytest
from scipy import sparse

from conftest import without_papers
from lib.keywords.ctfidf import TermCounts
from lib.keywords.keywords import keywords_of, lifts
from lib.keywords.term_vectors import LEAST


def test_lifts_are_shares_of_the_group_over_shares_of_all_papers():
    counts = np.array([[30, 0, 6], [10, 20, 0]])
    sizes, shares = np.array([60, 40]), np.array([0.1, 0.02, 0.5])
    found = lifts(sparse.csr_matrix(counts), sizes, shares).toarray()
    for group in range(2):
        for term in range(3):
            assert found[group, term] == pytest.approx(counts[group, term] / sizes[group] / shares[term])


def test_of_two_words_that_tell_siblings_apart_the_one_that_is_rare_elsewhere_comes_first():
    """Two subtopics of 100 papers of 10,000: `generation` is in half of all others, `lattice` in few."""
    counts = sparse.csr_matrix(np.array([[0, 96, 30], [0, 4, 0]]))
    some = TermCounts(["", "generation", "lattice"], [(0,), (1,), (2,)], np.ones(3), np.zeros(3), counts)
    sizes, shares = np.array([100, 100]), np.array([1.0, 0.5, 0.006])
    every = sparse.csr_matrix(np.ones((2, 3)))

    def first(allowed: sparse.csr_matrix) -> list[str]:
        return [
            keyword for keyword, *_ in keywords_of(some, sizes, allowed.tocsr(), 10, without_papers(3))[0]
        ]

    assert first(every) == ["generation", "lattice"]
    assert first(lifts(counts, sizes, shares).sqrt())[0] == "lattice"


def test_weights_are_those_of_the_formula_and_less_for_terms_of_few_papers():
    counts = np.array([[0, 60, 8], [0, 20, 0]])
    rates = np.array([1.0, 0.5, 4.0])
    some = TermCounts(
        ["", "lattice", "lift"], [(0,), (1,), (2,)], rates, np.zeros(3), sparse.csr_matrix(counts)
    )
    papers = np.array([100, 100])
    found = keywords_of(some, papers, sparse.csr_matrix(np.ones((2, 3))), 10, without_papers(3))
    weights = {word: weight for word, weight, *_ in found[0]}
    for column, word in ((1, "lattice"), (2, "lift")):
        n, in_all = counts[0, column], counts[:, column].sum()
        weight = (
            n / counts[0].sum() * np.log1p(counts.sum() / 2 / in_all) * (n / in_all * rates[column]) ** 0.5
        )
        assert weights[word] == pytest.approx(weight * LEAST**2 * min(1, n / 100 / 0.15))
