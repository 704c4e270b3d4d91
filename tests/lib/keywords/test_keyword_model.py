"""Keywords of groups of papers, against a plain program of the rules, and on made-up papers."""

import math

import numpy as np
import pytest
from made_up import corpus_of, model_of, vocabulary
from scipy import sparse
from scipy.stats import entropy

from lib.keywords import model as model_module
from lib.keywords.model import KeywordModel, in_one_group, informative, spread
from lib.keywords.word_forms import same_stem

RNG = np.random.default_rng(7)
WORDS = "galaxy prime cell photon lattice axiom neuron enzyme quark theorem zebra kelp mosaic violin".split()
TOPICS = np.repeat(np.arange(4), 60)
# words are frequent in one topic, and some in all
CHANCES = np.where(np.arange(14)[None, :] % 4 == np.arange(4)[:, None], 0.5, 0.12)
CHANCES[:, -2:] = 0.6
PAPERS = [[word for word, p in zip(WORDS, CHANCES[t], strict=True) if RNG.random() < p] for t in TOPICS]
VECTORS = np.eye(5)[TOPICS] + 0.3 * RNG.normal(size=(240, 5))


def plain_keywords(groups: np.ndarray, may: set[str]) -> list[list[tuple[str, float]]]:
    """The rules by loops over papers, for words without forms and phrases."""
    k, inside = groups.max() + 1, np.flatnonzero(groups >= 0)
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    center = unit.mean(0)
    totals = [sum(len(PAPERS[i]) for i in range(240) if TOPICS[i] == t) for t in range(4)]
    weights = {}
    for group in range(k):
        members = [i for i in inside if groups[i] == group]
        for word in may:
            papers = [i for i in members if word in PAPERS[i]]
            if len(papers) < max(0.08 * len(members), 3):
                continue
            everywhere = sum(word in paper for paper in PAPERS)
            ctfidf = (
                len(papers)
                / sum(len(PAPERS[i]) for i in members)
                * math.log(1 + np.mean(totals) / everywhere)
            )
            of_word = unit[[i for i in range(240) if word in PAPERS[i]]].mean(0) - center
            of_group = unit[members].mean(0) - center
            cosine = of_word @ of_group / np.linalg.norm(of_word) / np.linalg.norm(of_group)
            weights[group, word] = ctfidf * max(cosine, 0.1) ** 3
    lists = []
    for group in range(k):
        best = [
            (word, weight)
            for (owner, word), weight in weights.items()
            if owner == group and weight == max(w for (_, other), w in weights.items() if other == word)
        ]
        ranked = sorted(best, key=lambda pair: -pair[1])
        lists.append([pair for i, pair in enumerate(ranked) if i < 5 or pair[1] >= 0.5 * ranked[0][1]])
    return lists


@pytest.mark.parametrize(
    "group_of", [[0, 1, 2, 3], [0, 0, 1, 1], [0, -1, 1, -1]], ids=["topics", "groups", "siblings"]
)
def test_keywords_are_those_of_a_plain_program(group_of):
    model = model_of(PAPERS, TOPICS, VECTORS)
    may = {term for term, allowed in zip(model.vocabulary.terms, model.may, strict=True) if allowed}
    assert not {"mosaic", "violin"} & may and len(may) > 6
    keywords = model.keywords_of(np.array(group_of), 10)
    expected = plain_keywords(np.array(group_of)[TOPICS], may)
    for of_group, plain in zip(keywords, expected, strict=True):
        assert [keyword.keyword for keyword in of_group] == [word for word, _ in plain]
        assert [keyword.weight for keyword in of_group] == pytest.approx([w for _, w in plain], rel=1e-4)
    for group, of_group in enumerate(keywords):
        leaves = [leaf for leaf in range(4) if group_of[leaf] == group]
        all_leaves = [leaf for leaf in range(4) if group_of[leaf] >= 0]
        for keyword in of_group:
            having = [TOPICS[i] for i in range(240) if keyword.term in PAPERS[i]]
            assert keyword.papers == sum(topic in leaves for topic in having)
            assert keyword.share == keyword.papers / sum(topic in all_leaves for topic in having)


def test_a_head_word_is_not_a_keyword():
    model = model_of(PAPERS, TOPICS, VECTORS, head_words=frozenset({"galaxy"}))
    words = {keyword.keyword for of_topic in model.keywords_of(np.arange(4), 10) for keyword in of_topic}
    assert "galaxy" not in words and "lattice" in words


def test_forms_and_abbreviations_are_not_repeated_and_the_long_form_stays():
    papers = [["superconductors", "superconducting", "magnet"]] * 20 + [["mlm", "planets"]] * 20
    papers += [["masked", "planets"]] * 15 + [["planetary"]] * 5 + [["filler", "other"]] * 50
    topics = np.repeat([0, 1, 2], [20, 40, 50])
    vectors = np.eye(3)[topics] + 0.01 * RNG.normal(size=(110, 3))
    model = model_of(papers, topics, vectors, stands_for={"mlm": "masked language models"})
    first, second, _ = ([k.keyword for k in of_topic] for of_topic in model.keywords_of(np.arange(3), 10))
    assert len(first) == 2 and "magnet" in first
    assert second == ["planets", "masked"]  # `mlm` is in more papers, `planetary` is a form


def test_topics_of_copies_of_one_text_and_without_terms():
    papers = [["galaxy", "dust"]] * 10 + [[]] * 10 + [["prime", "sieve"]] * 10
    model = model_of(papers, np.repeat([0, 1, 2], 10), np.eye(3)[np.repeat([0, 1, 2], 10)])
    first, second, third = ({k.keyword for k in of_topic} for of_topic in model.keywords_of(np.arange(3), 10))
    assert first == {"galaxy", "dust"} and not second and third == {"prime", "sieve"}


def test_many_topics_of_few_papers_have_words():
    topics = np.repeat(np.arange(100), 4)
    papers = [[f"word{t}", "common", "usual", "plain", "every"] for t in topics]
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(100, 30))[topics]
    words = [
        [k.keyword for k in of_topic]
        for of_topic in model_of(papers, topics, vectors).keywords_of(np.arange(100), 5)
    ]
    assert words == [[f"word{t}"] for t in range(100)]


def test_leaves_of_one_topic_count_once_in_the_general_terms():
    """Whether a topic is divided does not change which terms are general."""
    corpus, rows = (
        corpus_of(PAPERS),
        (VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)).astype(np.float32),
    )
    leaves = np.where(TOPICS == 3, 3 + (np.arange(240) % 2), TOPICS)
    divided = KeywordModel.of(corpus, rows, leaves, np.array([0, 1, 2, 3, 3]), frozenset())
    whole = KeywordModel.of(corpus, rows, TOPICS, np.arange(4), frozenset())
    assert (divided.may == whole.may).all() and divided.rarity == pytest.approx(whole.rarity)
    one, two = divided.keywords_of(np.array([0, 1, 2, 3, 3]), 10), whole.keywords_of(np.arange(4), 10)
    assert [[k.keyword for k in t] for t in one] == [[k.keyword for k in t] for t in two]


def test_each_column_keeps_its_largest_weight():
    weights = sparse.csr_matrix([[3.0, 1.0, 0.0, 2.0], [1.0, 4.0, 0.0, 2.0]])
    assert in_one_group(weights).toarray().tolist() == [[3.0, 0.0, 0.0, 2.0], [0.0, 4.0, 0.0, 0.0]]
    assert in_one_group(sparse.csr_matrix((2, 3))).nnz == 0


def test_spread_is_one_for_a_term_of_all_topics_and_high_for_that_of_one():
    sizes = np.array([500, 300, 200])
    counts = sparse.csr_matrix([[250, 0, 0], [150, 0, 300], [100, 1000, 0]])
    spreads = spread(counts, sizes)
    assert spreads[0] == pytest.approx(1)
    assert spreads[1] == pytest.approx(5, rel=0.05) and spreads[2] == pytest.approx(1 / 0.3, rel=0.05)
    q = sizes / 1000
    p = (np.array([0, 300, 0]) + 2 * q) / 302
    assert spreads[2] == pytest.approx(math.exp(entropy(p, q)), rel=1e-9)


def test_terms_of_half_of_all_uses_are_general():
    """By spread and title rate: `accuracy` is in few titles, `learning` in all topics."""
    rng = np.random.default_rng(5)
    counts = sparse.csr_matrix(np.c_[np.zeros(5, int), rng.integers(1, 40, (5, 60))])
    rates, sizes = np.r_[1.0, rng.uniform(0.1, 3, 60)], np.array([90, 80, 70, 60, 50])
    specific = informative(counts, sizes, rates)
    says, uses = spread(counts, sizes) * np.sqrt(rates), np.asarray(counts.sum(0)).ravel()
    assert says[specific].min() > says[~specific].max()
    general = model_module.GENERAL * uses.sum()
    last = int(np.argmax(np.where(specific, -np.inf, says)))
    assert uses[~specific].sum() - uses[last] < general <= uses[~specific].sum()


def test_words_of_one_topic_are_not_general_if_all_words_are_of_one():
    counts = sparse.csr_matrix([[0, 30, 20, 0, 4], [0, 0, 5, 25, 4]])
    assert informative(counts, np.array([40, 40]), np.ones(5)).tolist() == [False, True, True, True, False]
    assert informative(counts[:1], np.array([40]), np.ones(5))[1:3].all()


def test_words_of_the_tests_are_not_forms_of_each_other():
    assert not any(same_stem(a, b) for i, a in enumerate(WORDS) for b in WORDS[:i])
    assert len(vocabulary(WORDS).terms) == len(WORDS) + 1
