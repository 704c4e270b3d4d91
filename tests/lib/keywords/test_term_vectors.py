"""Vectors of terms, against simple loops over papers."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.metrics.pairwise import cosine_similarity

from lib.keywords import term_vectors
from lib.keywords.term_vectors import LEAST, TermVectors

RNG = np.random.default_rng(8)
N_TERMS = 9  # the last one is in no paper
PAPERS = [np.flatnonzero(np.r_[RNG.random(N_TERMS - 1) < 0.4, False]) for _ in range(300)]
TERMS = np.concatenate(PAPERS).astype(np.int32)
OFFSETS = np.cumsum([0, *map(len, PAPERS)])
GROUPS = RNG.choice(3, 300, p=[0.6, 0.3, 0.1])
ROWS = RNG.normal(size=(300, 5)) + np.eye(5)[GROUPS]
VECTORS = (ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)).astype(np.float32)


def with_term(term: int, rows: np.ndarray | None = None) -> list[int]:
    return [i for i in (range(300) if rows is None else rows) if term in PAPERS[i]]


@pytest.mark.parametrize("columns", [3, 4096])
def test_similarities_are_cosines_of_means_less_the_mean_of_all(monkeypatch, columns):
    monkeypatch.setattr(term_vectors, "COLUMNS", columns)
    found = TermVectors.of(TERMS, OFFSETS, VECTORS, GROUPS, N_TERMS)
    assert found.rows.tolist() == list(range(300))
    weights = sparse.random(3, N_TERMS - 1, 0.7, "csr", random_state=0)
    weights.resize(3, N_TERMS)
    similarities = found.similarities(weights, GROUPS)
    assert (similarities.indices == weights.indices).all() and (similarities.indptr == weights.indptr).all()
    mean = VECTORS.mean(0)
    for group in range(3):
        own = VECTORS[group == GROUPS].mean(0) - mean
        for term in weights[[group]].indices:
            of_term = VECTORS[with_term(term)].mean(0) - mean
            expected = max(float(cosine_similarity([own], [of_term])[0, 0]), LEAST)
            assert similarities[group, term] == pytest.approx(expected, abs=1e-5)


def test_similarity_of_two_terms():
    found = TermVectors.of(TERMS, OFFSETS, VECTORS, GROUPS, N_TERMS)
    one, two = (VECTORS[with_term(term)].mean(0) - VECTORS.mean(0) for term in (2, 5))
    assert found.similarity(2, 5) == pytest.approx(cosine_similarity([one], [two])[0, 0], abs=1e-5)
    assert found.similarity(2, 8) == 0


def test_a_sample_has_as_many_papers_of_each_group_and_the_same_means(monkeypatch):
    monkeypatch.setattr(term_vectors, "SAMPLE", 90)
    found = TermVectors.of(TERMS, OFFSETS, VECTORS, GROUPS, N_TERMS)
    sizes = np.bincount(GROUPS)
    sampled = np.bincount(found.leaves)
    quota = max(q for q in range(1, 301) if np.minimum(sizes, q).sum() <= 90)
    assert (
        sampled.tolist() == np.minimum(sizes, quota).tolist()
        and quota > 30 > sizes[2]
        and (found.leaves == GROUPS[found.rows]).all()
    )
    # each stands for as many papers of its group
    means = [VECTORS[found.rows[found.leaves == group]].mean(0) for group in range(3)]
    mean = np.average(means, axis=0, weights=sizes)
    assert found.vectors == pytest.approx(VECTORS[found.rows] - mean, abs=1e-6)
    papers = [
        sum(found.leaves[[term in PAPERS[i] for i in found.rows]] == group)
        for term in (3,)
        for group in range(3)
    ]
    assert found.terms[:, [3]].sum() == pytest.approx(sum(papers * sizes / sampled), rel=1e-5)


def test_joined_groups_have_the_mean_of_all_their_papers(monkeypatch):
    """A large topic counts more than a small one in their group, although as many papers of both are sampled."""
    groups = np.repeat([0, 1, 2], [2000, 40, 400])
    rng = np.random.default_rng(4)
    rows = np.eye(3)[groups] + 0.1 * rng.normal(size=(2440, 3))
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    terms, offsets = groups.astype(np.int32), np.arange(2441)
    weights = sparse.csr_matrix(np.ones((2, 3)))
    found = []
    for sample in (10_000, 150):
        monkeypatch.setattr(term_vectors, "SAMPLE", sample)
        some = TermVectors.of(terms, offsets, vectors, groups, 3)
        joined = np.array([0, 0, 1])[some.leaves]
        found.append(some.similarities(weights, joined).toarray())
    assert found[1] == pytest.approx(found[0], abs=0.05) and found[0][0, 0] > 0.9 > 0.2 > found[0][0, 1]


def test_papers_of_no_group_count_in_the_vectors_of_terms_and_in_the_mean():
    leaves = np.where(GROUPS == 1, 1 + RNG.integers(0, 2, 300), 3 * (GROUPS == 2))
    found = TermVectors.of(TERMS, OFFSETS, VECTORS, leaves, N_TERMS)
    inside = np.array([-1, 0, 1, -1])[leaves]
    mean = VECTORS.mean(0)
    own = VECTORS[leaves == 2].mean(0) - mean
    of_term = VECTORS[with_term(4)].mean(0) - mean
    weights = sparse.csr_matrix(([1.0], ([1], [4])), (2, N_TERMS))
    expected = max(float(cosine_similarity([own], [of_term])[0, 0]), LEAST)
    assert found.similarities(weights, inside)[1, 4] == pytest.approx(expected, abs=1e-5)


def test_papers_without_terms_and_a_single_group():
    none = np.zeros(301, np.int64)
    found = TermVectors.of(TERMS[:0], none, VECTORS, GROUPS, 1)
    assert found.similarities(sparse.csr_matrix((3, 1)), GROUPS).nnz == 0
    alone = TermVectors.of(TERMS, OFFSETS, VECTORS, np.zeros(300, int), N_TERMS)
    every = sparse.csr_matrix(np.ones((1, N_TERMS)))
    assert (
        alone.similarities(every, alone.leaves).data.tolist() == [LEAST] * N_TERMS
    )  # the group differs from no other
