"""The space of terms and papers, against scikit-learn and by hand."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.decomposition import PCA
from sklearn.linear_model import Ridge

from conftest import blobs, random_rows
from lib.map import search_space as module
from lib.map.search_space import (
    COMPONENTS,
    RIDGE,
    SearchSpace,
    chosen_terms,
    in_steps,
    incidence,
    least_squares,
    term_vectors,
)


def test_papers_are_principal_components_of_unit_length():
    rows = blobs(500, 6, dim=128)
    found = SearchSpace(rows).project(rows)
    expected = PCA(COMPONENTS, svd_solver="full").fit_transform(rows)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert found.shape == (500, COMPONENTS) and found.dtype == np.float32
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=1e-3)


def test_few_dimensions_and_equal_papers_leave_zeros():
    rows = random_rows(40, 12)
    found = SearchSpace(rows).project(rows)
    assert found.shape == (40, COMPONENTS) and not found[:, 12:].any()
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    same = np.repeat(rows[:1], 5, axis=0)
    assert not SearchSpace(same).project(same).any()


def test_steps_are_rounded_and_cut():
    assert in_steps(np.array([0.0, 0.03, -0.05, 9, -9]), 1 / 32).tolist() == [0, 1, -2, 127, -127]


def test_least_squares_is_ridge_regression(monkeypatch):
    monkeypatch.setattr(module, "STEPS", 200)
    rng = np.random.default_rng(1)
    weighted = sparse.random(80, 30, 0.2, "csr", random_state=2)
    papers = rng.normal(size=(80, COMPONENTS))
    found = least_squares(weighted, weighted.T.tocsr(), papers)
    expected = Ridge(alpha=RIDGE, fit_intercept=False).fit(weighted.toarray(), papers).coef_.T
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_the_most_frequent_terms_of_the_sample_are_chosen(monkeypatch):
    monkeypatch.setattr(module, "TERMS", 3)
    terms, offsets = np.array([1, 2, 4, 1, 5, 5, 2]), np.array([0, 3, 5, 7])
    has = incidence(terms, offsets, np.array([0, 2]), 6)
    assert has.toarray().tolist() == [[0, 1, 1, 0, 1, 0], [0, 0, 1, 0, 0, 1]]
    # term 3 is the most frequent one, but no sampled paper has it; 2 and 5 have equally many papers
    assert chosen_terms(np.array([0, 2, 7, 90, 1, 7]), has).tolist() == [2, 5, 1]


def test_a_term_points_to_its_papers_and_a_sum_of_terms_to_a_paper():
    papers = SearchSpace(blobs(300, 4, noise=0.3)).project(blobs(300, 4, noise=0.3))
    subject = (papers @ papers[[0, 1, 2, 3]].T).argmax(1)
    rng = np.random.default_rng(0)
    # ten terms per subject, and ten that any paper may have
    has = np.concatenate([(subject[:, None] == s) & (rng.random((300, 10)) < 0.4) for s in range(4)], axis=1)
    has = np.concatenate([has, rng.random((300, 10)) < 0.2], axis=1)
    vectors = term_vectors(sparse.csr_matrix(has.astype(np.float32)), papers)
    for term in range(40):
        own = papers[has[:, term]].mean(0)
        assert own @ vectors[term] > 0.9 * np.linalg.norm(own) * np.linalg.norm(vectors[term])
    lengths = np.linalg.norm(vectors, axis=1)
    assert lengths[:40].mean() > 3 * lengths[40:].mean()  # a term of all subjects says little
    some = has.any(1)
    sums = has[some] @ vectors
    assert np.mean(np.einsum("ij,ij->i", sums, papers[some]) / np.linalg.norm(sums, axis=1)) > 0.8


@pytest.mark.parametrize("terms", [0, 1])
def test_a_corpus_may_have_no_terms_or_one(terms):
    papers = random_rows(5, COMPONENTS)
    found = term_vectors(sparse.csr_matrix(np.ones((5, terms), np.float32)), papers)
    assert found.shape == (terms, COMPONENTS) and np.isfinite(found).all()
