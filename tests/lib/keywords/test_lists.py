"""Keyword lists of all nodes: edits of some topics leave the words of the others as they are."""

import numpy as np
import pandas as pd
import pytest
from made_up import corpus_of

from lib.clusters.schema import NODES
from lib.keywords import term_vectors
from lib.keywords.lists import Kept, kept_lists, keyword_table, same_papers
from lib.keywords.model import KeywordModel

RNG = np.random.default_rng(3)
N, K = 600, 6
FOUND = np.repeat(np.arange(K), N // K)
SUBTOPICS = np.where(FOUND < 2, 2 * FOUND + np.arange(N) % 2, -1)  # of the first two topics
PARENTS = np.array([0, 0, 1, 1])
NAMES = (
    "galaxy prime cell photon lattice axiom neuron enzyme quark theorem zebra kelp mosaic violin tundra fjord glacier "
    "orchid copper basalt willow harbor lantern meadow"
).split()
CHANCES = np.where(np.arange(24)[None, :] % K == np.arange(K)[:, None], 0.5, 0.1)
WORDS = [
    [word for word, p in zip(NAMES, CHANCES[topic], strict=True) if RNG.random() < p]
    + [f"part{subtopic}"] * (subtopic >= 0)
    + [f"common{i}" for i in range(8) if RNG.random() < 0.9]  # general terms
    for topic, subtopic in zip(FOUND.tolist(), SUBTOPICS.tolist(), strict=True)
]
ROWS = np.eye(K + 2)[FOUND] + 0.3 * RNG.normal(size=(N, K + 2))
VECTORS = (ROWS / np.linalg.norm(ROWS, axis=1, keepdims=True)).astype(np.float32)
CORPUS, NO_HEADS, EVERY = corpus_of(WORDS), frozenset[str](), np.arange(N)
NONE = (frozenset[str](), {})


def nodes(k: int, parents: np.ndarray) -> pd.DataFrame:
    """All topics are in one group."""
    rows = [("group", 0, None)]
    rows += [("topic", topic, 0) for topic in range(k)]
    rows += [("subtopic", number, parent) for number, parent in enumerate(parents.tolist())]
    table = pd.DataFrame(rows, columns=["level", "node", "parent"])
    assert set(table.columns) <= set(NODES.names)
    return table


def table(
    topics: np.ndarray, subtopics: np.ndarray, parents: np.ndarray, kept: Kept | None = None, dropped=NONE
):
    k = int(topics.max()) + 1
    leaf_of = np.where(subtopics >= 0, k + subtopics, topics)
    model = KeywordModel.of(CORPUS, VECTORS, leaf_of, np.r_[np.arange(k), parents], NO_HEADS)
    return keyword_table(model, nodes(k, parents), 10, dropped, kept)


def of_node(rows: pd.DataFrame, level: str, node: int) -> list[tuple]:
    """The rows of a node; equal floats are equal bits."""
    found = rows[(rows["level"] == level) & (rows["node"] == node)].drop(columns=["level", "node"])
    return list(found.itertuples(index=False, name=None))


@pytest.fixture(params=[100_000, 90], ids=["all papers are read", "a sample is read"])
def sample(request, monkeypatch):
    monkeypatch.setattr(term_vectors, "SAMPLE", request.param)


def edited(topics: np.ndarray, subtopics: np.ndarray, parents: np.ndarray, out=None):
    k = int(topics.max()) + 1
    out = out or [frozenset[str]()] * k
    return kept_lists(CORPUS, VECTORS, NO_HEADS, (FOUND, topics, subtopics), parents, out, 10, EVERY)


@pytest.mark.usefixtures("sample")
def test_a_merger_changes_no_word_of_the_other_topics():
    plain = table(FOUND, SUBTOPICS, PARENTS)
    # the topics 1 and 4 become one, whose subtopics are no more; a hidden topic leaves a gap
    topics = np.array([0, 1, 2, 3, 1, -1])[FOUND]
    subtopics, parents = np.where(FOUND == 0, SUBTOPICS, -1), np.array([0, 0])
    kept = edited(topics, subtopics, parents)
    assert kept.same.tolist() == [0, -1, 2, 3]
    after = table(topics, subtopics, parents, kept)
    for topic in (0, 2, 3):
        assert of_node(after, "topic", topic) == of_node(plain, "topic", topic) != []
    for subtopic in (0, 1):
        assert of_node(after, "subtopic", subtopic) == of_node(plain, "subtopic", subtopic) != []
    # without the rule they change: what is rare depends on all topics
    assert any(
        of_node(table(topics, subtopics, parents), "topic", topic) != of_node(plain, "topic", topic)
        for topic in (0, 2, 3)
    )
    # the merged topic has words of both, and no word is in two topics
    words = [{row[1] for row in of_node(after, "topic", topic)} for topic in range(4)]
    assert words[1] & set(NAMES[1::K]) and words[1] & set(NAMES[4::K])
    assert sum(map(len, words)) == len(set.union(*words))


@pytest.mark.usefixtures("sample")
def test_a_word_that_is_dropped_of_one_topic_changes_no_other():
    plain = table(FOUND, SUBTOPICS, PARENTS)
    topics = np.array([0, 1, 2, 3, 4, 4])[FOUND]
    first = of_node(plain, "topic", 2)[0][1]
    dropped = (frozenset[str](), {2: frozenset({first})})
    out = [dropped[1].get(topic, frozenset()) for topic in range(5)]
    after = table(topics, SUBTOPICS, PARENTS, edited(topics, SUBTOPICS, PARENTS, out), dropped)
    assert first not in {row[1] for row in of_node(after, "topic", 2)}
    for topic in (0, 1, 3):
        assert of_node(after, "topic", topic) == of_node(plain, "topic", topic)
    for subtopic in range(4):
        assert of_node(after, "subtopic", subtopic) == of_node(plain, "subtopic", subtopic)


def test_the_coherence_before_edits_is_that_of_the_topics_without_edits():
    from lib.keywords.quality import coherence

    topics = np.array([0, 0, 1, 2, 3, 4])[FOUND]
    kept = edited(topics, np.full(N, -1), np.zeros(0, int), [frozenset({"galaxy"})] * 5)
    plain = coherence(CORPUS, table(FOUND, np.full(N, -1), np.zeros(0, int)), K, EVERY)
    assert kept.coherence == {"npmi": plain["npmi"], "c_v": plain["c_v"]}


def test_topics_of_the_same_papers():
    labels, before = np.array([0, 0, 1, 1, 2, 3, -1, 4, 4]), np.array([2, 2, 0, 1, 3, -1, 4, 5, 5])
    groups = {code: set(np.flatnonzero(before == code)) for code in range(6)}
    expected = [
        next((code for code, papers in groups.items() if papers == set(np.flatnonzero(labels == topic))), -1)
        for topic in range(5)
    ]
    assert same_papers(labels, before, 5).tolist() == expected == [2, -1, 3, -1, 5]
