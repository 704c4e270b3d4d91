"""Class-based TF-IDF against simple loops."""

import math

import numpy as np
import pytest
from made_up import counted, heaviest
from scipy import sparse
from scipy.stats import entropy

from conftest import without_papers
from lib.keywords import ctfidf as ctfidf_module
from lib.keywords.choice import eligible, informative, spread, top_terms
from lib.keywords.ctfidf import TermCounts, count_in_topics, ctfidf, title_rates

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
            weight = n / expected[topic].sum() * math.log(1 + mean / total) * n / total
            assert weights[topic, term] == pytest.approx(weight, rel=1e-12)


def test_a_topic_without_terms_and_a_term_without_papers_have_no_weights():
    weights = ctfidf(sparse.csr_matrix([[3, 0, 1], [0, 0, 0]])).toarray()
    assert np.isfinite(weights).all() and (weights[1] == 0).all() and (weights[:, 1] == 0).all()


def test_spread_is_one_for_a_term_of_all_topics_and_high_for_that_of_one():
    sizes = np.array([500, 300, 200])
    counts = sparse.csr_matrix([[250, 0, 0], [150, 0, 300], [100, 1000, 0]])
    found = spread(counts, sizes)
    assert found[0] == pytest.approx(1)
    assert found[1] == pytest.approx(5, rel=0.05) and found[2] == pytest.approx(1 / 0.3, rel=0.05)
    q = sizes / 1000
    p = (np.array([0, 300, 0]) + 2 * q) / 302
    assert found[2] == pytest.approx(math.exp(entropy(p, q)), rel=1e-9)


def test_title_rates_are_multiples_of_the_mean():
    papers, titles = np.array([100, 100, 1, 0]), np.array([40, 2, 1, 0])
    mean = 43 / 201
    expected = [(40 + 5 * mean) / 105 / mean, (2 + 5 * mean) / 105 / mean, (1 + 5 * mean) / 6 / mean, 1]
    assert title_rates(papers, titles) == pytest.approx(expected)
    assert title_rates(papers, 0 * titles).tolist() == [1] * 4


def keywords(some: TermCounts, sizes: list[int], head_words: frozenset[str] = frozenset()) -> list[list[str]]:
    specific = informative(some, np.array(sizes))
    weights = ctfidf(some.counts).multiply(eligible(some, np.array(sizes), specific, head_words)).tocsr()
    return [
        [some.terms[i] for i in row] for row in top_terms(some, weights, 10, without_papers(len(some.terms)))
    ]


def test_light_terms_behind_the_first_five_are_left_out():
    words = dict(zip("galaxy prime quark novel index width depth".split(), range(100, 30, -10), strict=True))
    some = {word: [papers, 0] for word, papers in words.items()}
    assert heaviest(counted(some)) == list(words)
    assert heaviest(counted(some | {"star": [9000, 0]})) == ["star", *list(words)[:4]]


def test_keywords_are_ordered_by_weight_and_do_not_repeat_each_other():
    some = counted(
        {"superconductors": [30, 0], "superconducting": [20, 0], "magnet": [50, 0], "lattice": [10, 0]}
    )
    assert heaviest(some) == ["magnet", "superconductors", "lattice"]


def test_terms_of_most_uses_are_general():
    """By spread and title rate: `accuracy` is in few titles, `learning` in all topics."""
    rng = np.random.default_rng(5)
    names = [f"w{i}" for i in range(60)]
    counts = {name: rng.integers(1, 40, 5).tolist() for name in names}
    rates = dict(zip(names, rng.uniform(0.1, 3, 60), strict=True))
    some, sizes = counted(counts, rates), np.array([90, 80, 70, 60, 50])
    specific = informative(some, sizes)
    says = spread(some.counts, sizes) * [math.sqrt(rates.get(name, 1)) for name in some.terms]
    uses = np.array([0, *(sum(counts[name]) for name in names)])
    assert says[specific].min() > says[~specific].max()
    least = int(np.argmin(np.where(specific, says, np.inf)))  # the first that is not general
    assert uses[~specific].sum() < 0.66 * uses.sum() <= uses[~specific].sum() + uses[least]


def test_keywords_are_specific_and_in_enough_papers():
    some = counted(
        {
            "training": [70, 70, 70, 70, 70],
            "accuracy": [60, 10, 10, 10, 10],
            "galaxy": [80, 0, 0, 0, 0],
            "stars": [0, 40, 0, 0, 0],
            "planet": [0, 30, 0, 0, 0],
            "dust": [0, 20, 0, 0, 0],
            "theory": [50, 0, 0, 0, 0],
            "gauge": [40, 0, 0, 0, 0],
            "comet": [15, 0, 0, 0, 0],
            "shared": [15, 40, 0, 0, 0],  # in the second topic, which has it more than twice as often
            "rare": [4, 0, 0, 0, 0],
            "training gauge": [15, 0, 0, 0, 0],
            "theory gauge": [15, 0, 0, 0, 0],
        },
        {"accuracy": 0.1, "shared": 2.0},
    )
    first, second, third, *_ = keywords(some, [100] * 5, frozenset({"theory"}))
    assert first == ["galaxy", "gauge", "comet"] and second == ["stars", "planet", "dust", "shared"]
    assert third == ["training", "accuracy"]  # fewer than three may, so that all may
