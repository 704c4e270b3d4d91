"""Influence of distinct words: by hand, and against SciPy."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.stats import rankdata, spearmanr

from lib.explain.influence import WordScores, distinct, keyword_correlations, mean_influence, rank_correlation

WORDS = ["galaxies", "and", "galaxy", "non-linear", "nonlinear", "ai", "$x^2$", "2023"]


def rows_of(topic: int, name: str, words: list[str], influence: list[float | None]) -> pd.DataFrame:
    """A paper as rows of EXPLANATIONS, with made-up attention in two layers."""
    n = len(words)
    return pd.DataFrame(
        {
            "topic": topic,
            "id": name,
            "position": range(n),
            "word": words,
            "influence": np.array(influence, float),
            "margin_influence": -np.array(influence, float),
            "measured": [None if value is None else place % 2 == 0 for place, value in enumerate(influence)],
            "attention": np.arange(n) / 100,
            "attention_by_layer": [[place / 10, 0.5] for place in range(n)],
        }
    )


def test_a_word_is_one_in_all_its_forms():
    words, word_at = distinct(WORDS, np.array([word == "and" for word in WORDS]))
    assert words == ["galaxies", "non-linear", "ai", "$x^2$", "2023"]
    assert word_at.tolist() == [0, -1, 0, 1, 1, 2, 3, 4]


def test_the_scores_of_a_paper_are_those_of_its_rows():
    scores = WordScores.of(rows_of(0, "a", WORDS, [0.1, None, 0.1, 0.3, 0.3, 0.2, -0.1, 0.0]))
    assert scores.words == ["galaxies", "non-linear", "ai", "$x^2$", "2023"]
    assert scores.influence.tolist() == [0.1, 0.3, 0.2, -0.1, 0.0] and scores.order.tolist() == [
        1,
        2,
        0,
        4,
        3,
    ]
    assert scores.measured.tolist() == [True, False, False, True, False]
    expected = [[0.2, 0.7, 0.5, 0.6, 0.7], [1.0, 1.0, 0.5, 0.5, 0.5], [0.02, 0.07, 0.05, 0.06, 0.07]]
    np.testing.assert_allclose(scores.attention, expected)
    assert WordScores.of(rows_of(0, "a", [], [])).words == []


def test_mean_influence_counts_papers_without_the_word_as_zero():
    rows = pd.concat(
        [
            rows_of(0, "a", ["galaxies", "the", "galaxy", "dust"], [0.1, None, 0.1, -0.3]),
            rows_of(0, "b", ["galaxy", "zebra"], [0.2, 0.5]),
        ]
    )
    assert mean_influence(rows) == pytest.approx({"zebra": 0.25, "galaxies": 0.15, "dust": -0.15})
    assert list(mean_influence(rows)) == ["zebra", "galaxies", "dust"]
    assert mean_influence(rows.iloc[:0]) == {}


def test_keyword_correlation_is_over_the_words_that_are_terms():
    words, influence = ["halo", "dusts", "star", "unknown", "the"], [0.3, 0.1, 0.2, 0.9, None]
    vocabulary = ["", "dust", "halo", "star", "dust halo"]
    weights = sparse.csr_matrix(np.array([[0, 5, 1, 2, 9], [0, 0, 0, 0, 0], [0, 1, 1, 3, 0]], float))
    rows = pd.concat([rows_of(0, "a", words, influence), rows_of(2, "b", words[:2], influence[:2])])
    first, none, few = keyword_correlations(rows, vocabulary, weights)
    assert first == pytest.approx(spearmanr([0.3, 0.1, 0.2], [1, 5, 2]).statistic)
    assert none is None and few is None


def test_rank_correlation_is_that_of_the_ranks():
    a, b = np.random.default_rng(0).normal(size=(2, 30)).round(1)
    assert rank_correlation(a, b) == pytest.approx(np.corrcoef(rankdata(a), rankdata(b))[0, 1])
    assert rank_correlation(a[:2], b[:2]) is None and rank_correlation(a, np.zeros(30)) is None
