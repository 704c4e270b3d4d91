"""Class-based TF-IDF against simple loops."""

import math

import numpy as np
import pytest
from scipy import sparse

from lib.keywords import ctfidf as ctfidf_module
from lib.keywords.ctfidf import count_in_topics, ctfidf
from lib.keywords.vocabulary import title_rates

RNG = np.random.default_rng(3)
PAPERS = [np.flatnonzero(RNG.random(12) < 0.3) for _ in range(200)]
TOPICS = RNG.integers(-1, 4, size=200)
TERMS = np.concatenate(PAPERS).astype(np.int32)
OFFSETS = np.cumsum([0, *map(len, PAPERS)])


@pytest.mark.parametrize("chunk", [1, 50, 1 << 20])
def test_counts_and_weights_are_those_of_simple_loops(monkeypatch, chunk):
    monkeypatch.setattr(ctfidf_module, "AT_ONCE", chunk)
    counts = count_in_topics(TERMS, OFFSETS, TOPICS, 4, 12)
    expected = np.zeros((4, 12), int)
    for terms, topic in zip(PAPERS, TOPICS, strict=True):
        if topic >= 0:
            expected[topic, terms] += 1
    assert (counts.toarray() == expected).all()
    weights = ctfidf(counts).toarray()
    mean = expected.sum() / 4
    for topic in range(4):
        for term in range(12):
            n, total = int(expected[topic, term]), int(expected[:, term].sum())
            weight = n / expected[topic].sum() * math.log(1 + mean / total)
            assert weights[topic, term] == pytest.approx(weight, rel=1e-12)


def test_a_topic_without_terms_and_a_term_without_papers_have_no_weights():
    weights = ctfidf(sparse.csr_matrix([[3, 0, 1], [0, 0, 0]])).toarray()
    assert np.isfinite(weights).all() and (weights[1] == 0).all() and (weights[:, 1] == 0).all()


def test_title_rates_are_multiples_of_the_mean():
    papers, titles = np.array([100, 100, 1, 0]), np.array([40, 2, 1, 0])
    mean = 43 / 201
    expected = [(40 + 5 * mean) / 105 / mean, (2 + 5 * mean) / 105 / mean, (1 + 5 * mean) / 6 / mean, 1]
    assert title_rates(papers, titles) == pytest.approx(expected)
    assert title_rates(papers, 0 * titles).tolist() == [1] * 4
