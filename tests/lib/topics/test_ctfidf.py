"""Class-based TF-IDF against simple loops."""

import math
from collections import Counter

import numpy as np
import pytest

from conftest import WORD_LISTS
from lib.topics.ctfidf import count_terms, ctfidf, top_terms
from lib.topics.words import BREAK, stem, words

RNG = np.random.default_rng(11)
VOCABULARY = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "matter",
    "energy",
    "the",
    "of",
    "graph",
    "network",
]
TEXTS = [" ".join(RNG.choice(VOCABULARY, RNG.integers(1, 30))) + "." * (i % 2) for i in range(300)]
TOPICS = RNG.integers(5, size=300)


def brute_force(texts, topics, k, min_count) -> tuple[dict, dict]:
    """Counts and weights by (topic, term), in simple loops over the same words."""
    total, by_word = Counter(), Counter()
    lists = [words(text, WORD_LISTS) for text in texts]
    for found in lists:
        by_word.update(word for word in found if word != BREAK)
    frequent = {word for word, n in by_word.items() if n >= min_count}
    by_topic = [Counter() for _ in range(k)]
    for found, topic in zip(lists, topics, strict=True):
        for i, word in enumerate(found):
            if word == BREAK or word not in frequent or word in WORD_LISTS.head_words:
                continue
            by_topic[topic][word] += 1
            following = found[i + 1] if i + 1 < len(found) else BREAK
            if following != BREAK and following in frequent:
                by_topic[topic][f"{word} {following}"] += 1
    for counter in by_topic:
        total.update(counter)
    rare = {term for term, n in total.items() if n < min_count}
    for counter in [*by_topic, total]:
        for term in rare:
            counter.pop(term, None)
    mean = sum(total.values()) / k
    weights = {}
    for topic, counter in enumerate(by_topic):
        for term, n in counter.items():
            weights[topic, term] = n / sum(counter.values()) * math.log(1 + mean / total[term])
    return {(t, term): n for t, c in enumerate(by_topic) for term, n in c.items()}, weights


@pytest.mark.parametrize("min_count", [1, 4, 25])
@pytest.mark.parametrize("threads", [1, 2])
def test_weights_are_those_of_simple_loops(monkeypatch, min_count, threads):
    monkeypatch.setattr("lib.topics.ctfidf.BATCH", 60)
    counted = count_terms(TEXTS, TOPICS, 5, lists=WORD_LISTS, min_count=min_count, threads=threads)
    counts, weights = brute_force(TEXTS, TOPICS, 5, min_count)
    assert counted.terms == sorted({term for _, term in counts})
    mine = counted.counts.tocoo()
    found = zip(mine.row.tolist(), mine.col.tolist(), mine.data.tolist(), strict=True)
    assert {(row, counted.terms[column]): n for row, column, n in found if n} == counts
    mine = ctfidf(counted.counts).tocoo()
    for row, column, weight in zip(mine.row.tolist(), mine.col.tolist(), mine.data.tolist(), strict=True):
        if weight:
            assert weight == pytest.approx(weights.pop((row, counted.terms[column])), rel=1e-12)
    assert not weights


def test_a_topic_without_words_has_no_weights():
    counted = count_terms(["graph graph", "the of"], np.array([0, 1]), 3, lists=WORD_LISTS, min_count=1)
    assert counted.counts.toarray().sum(1).tolist() == [3, 0, 0]
    weights = ctfidf(counted.counts).toarray()
    assert np.isfinite(weights).all() and (weights[0] > 0).all() and (weights[1:] == 0).all()


def test_a_bigram_replaces_its_words_and_plurals_are_not_repeated():
    texts = ["dark matter halo", "dark matter galaxy", "dark matter galaxies galaxies", "lattice prime"] * 3
    topics = np.array([0, 0, 0, 1] * 3)
    counted = count_terms(texts, topics, 2, lists=WORD_LISTS, min_count=1)
    terms = [counted.terms[i] for i in top_terms(counted, ctfidf(counted.counts), 10)[0]]
    assert "dark matter" in terms and not {"dark", "matter"} & set(terms)
    stems = [frozenset(map(stem, term.split())) for term in terms]
    assert len(set(stems)) == len(stems)
