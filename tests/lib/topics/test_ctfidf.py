"""Class-based TF-IDF against simple loops."""

import math

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import entropy

from lib.corpus.terms import chunks
from lib.topics.ctfidf import (
    TermCounts,
    akin,
    count_in_topics,
    ctfidf,
    eligible,
    spread,
    stands_for,
    top_terms,
)

RNG = np.random.default_rng(3)
PAPERS = [np.flatnonzero(RNG.random(12) < 0.3) for _ in range(200)]
TOPICS = RNG.integers(-1, 4, size=200)
TERMS = np.concatenate(PAPERS).astype(np.int32)
OFFSETS = np.cumsum([0, *map(len, PAPERS)])


@pytest.mark.parametrize("chunk", [1, 50, 1 << 20])
def test_counts_and_weights_are_those_of_simple_loops(monkeypatch, chunk):
    monkeypatch.setattr(chunks, "__defaults__", (chunk,))
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
            weight = n / expected[topic].sum() * math.log(1 + mean / total) * math.sqrt(n / total)
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


def counted(counts: dict[str, list[int]]) -> TermCounts:
    names = ["", *counts]
    number = {name: i for i, name in enumerate(names)}
    words = [tuple(number[word] for word in name.split()) or (0,) for name in names]
    table = np.array([[0] * len(next(iter(counts.values()))), *counts.values()]).T
    return TermCounts(names, words, sparse.csr_matrix(table))


def keywords(some: TermCounts, sizes: list[int], head_words: frozenset[str] = frozenset()) -> list[list[str]]:
    weights = ctfidf(some.counts).multiply(eligible(some, np.array(sizes), head_words)).tocsr()
    return [[some.terms[i] for i in row] for row in top_terms(some, weights, 10)]


def test_a_bigram_replaces_words_of_which_it_holds_half():
    some = counted({"dark": [40, 5], "matter": [60, 10], "dark matter": [35, 0], "halo": [20, 0]})
    assert keywords(some, [100, 100])[0] == ["dark matter", "halo"]
    some = counted({"dark": [90, 5], "matter": [90, 10], "dark matter": [35, 0], "halo": [20, 0]})
    assert keywords(some, [100, 100])[0] == ["dark", "matter", "halo"]


def test_keywords_are_ordered_by_weight_and_do_not_repeat_each_other():
    some = counted(
        {"superconductors": [30, 0], "superconducting": [20, 0], "magnet": [50, 0], "lattice": [10, 0]}
    )
    assert keywords(some, [100, 100])[0] == ["magnet", "superconductors", "lattice"]


def test_general_and_head_words_count_in_bigrams_only():
    some = counted(
        {
            "training": [50, 45, 45, 45, 45],
            "galaxy": [80, 0, 0, 0, 0],
            "stars": [0, 40, 0, 0, 0],
            "planet": [0, 30, 0, 0, 0],
            "dust": [0, 20, 0, 0, 0],
            "theory": [50, 0, 0, 0, 0],
            "gauge": [40, 0, 0, 0, 0],
            "training set": [15, 0, 0, 0, 0],
            "theory gauge": [15, 0, 0, 0, 0],
            "set": [30, 30, 30, 30, 30],
            "wide": [50, 25, 25, 25, 25],  # a third of its papers are in one topic
        }
    )
    first, second, *_ = keywords(some, [100] * 5, frozenset({"theory"}))
    assert first == ["galaxy", "gauge", "training set", "wide"] and second == ["stars", "planet", "dust"]


def test_a_spelled_out_term_wins_over_its_abbreviation():
    """The abbreviation weighs more here, and is left out all the same."""
    some = {
        "llms": [60, 0],
        "language": [50, 20],
        "models": [60, 60],
        "language models": [50, 0],
        "agents": [10, 0],
    }
    assert keywords(counted(some), [100, 100])[0][:2] == ["language models", "agents"]
    del some["language models"]
    assert keywords(counted(some), [100, 100])[0][0] == "llms"


def abbreviates(short: str, term: str, papers: list[int], of_term: list[int]) -> bool:
    words = {word: [90] * len(papers) for word in term.split()}
    some = counted(words | {short: papers, term: of_term})
    row = some.terms.index
    assert not stands_for(some, row(term), row(short))
    return stands_for(some, row(short), row(term))


def test_abbreviations():
    assert abbreviates("llms", "language models", [40, 10], [30, 5])
    assert abbreviates("llm", "large language", [40, 10], [25, 0])
    assert abbreviates("rag", "retrieval augmented", [20, 0], [18, 1])
    assert abbreviates("cot", "chain-of-thought", [20, 0], [2, 0])
    # too rare to be in half of the papers, in all or where the word is
    assert not abbreviates("gap", "graph attention", [40, 5], [20, 0])
    assert not abbreviates("gap", "graph attention", [40, 5], [10, 30])
    # a plural of two letters, and others
    assert not abbreviates("gas", "graph attention", [20, 5], [20, 5])
    assert not abbreviates("gas", "dark matter", [9, 9], [9, 9])
    assert not abbreviates("spin", "spin liquid", [9, 9], [9, 9])


def test_words_that_begin_alike():
    assert akin("magnetic", "magnetism") and akin("robot", "robotic") and akin("spin", "spin")
    assert (
        not akin("polymer", "polynomial")
        and not akin("spin", "spins")
        and not akin("quantum", "quantization")
    )
