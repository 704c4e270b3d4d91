"""Class-based TF-IDF against simple loops."""

import math
import re

import numpy as np
import pytest
from scipy import sparse
from scipy.stats import entropy

from lib.corpus.counting import chunks
from lib.topics.ctfidf import (
    TermCounts,
    akin,
    count_in_topics,
    ctfidf,
    eligible,
    informative,
    spread,
    stands_for,
    title_rates,
    top_terms,
)
from lib.topics.whole_terms import whole_terms

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


def counted(counts: dict[str, list[int]], title_rate: dict[str, float] | None = None) -> TermCounts:
    names = ["", *counts]
    number = {name: i for i, name in enumerate(names)}
    parts = [re.split("[ -](?=[^ -]*$)", name) for name in names]
    words = [
        tuple(number[word] for word in some) if all(word in number for word in some) else (row,)
        for row, some in enumerate(parts)
    ]
    table = np.array([[0] * len(next(iter(counts.values()))), *counts.values()]).T
    rates = np.array([(title_rate or {}).get(name, 1.0) for name in names])
    return TermCounts(names, words, rates, sparse.csr_matrix(table))


def keywords(some: TermCounts, sizes: list[int], head_words: frozenset[str] = frozenset()) -> list[list[str]]:
    specific = informative(some, np.array(sizes))
    weights = ctfidf(some.counts).multiply(eligible(some, np.array(sizes), specific, head_words)).tocsr()
    return [[some.terms[i] for i in row] for row in top_terms(some, weights, 10)]


def heaviest(some: TermCounts, n: int = 10) -> list[str]:
    """The top terms of the first topic, where all terms may be keywords that are not parts of others."""
    weights = ctfidf(some.counts)
    return [
        some.terms[i] for i in top_terms(some, weights.multiply(whole_terms(some, weights > 0)).tocsr(), n)[0]
    ]


def test_a_bigram_replaces_words_of_which_it_holds_half():
    some = counted({"dark": [40, 5], "matter": [60, 10], "dark matter": [35, 0], "halo": [20, 0]})
    assert heaviest(some) == ["dark matter", "halo"]
    some = counted({"dark": [90, 5], "matter": [90, 10], "dark matter": [35, 0], "halo": [20, 0]})
    assert heaviest(some) == ["dark", "matter", "halo"]
    # or two bigrams that begin with the word, of which the heavier one is listed
    some = {"lie": [90, 5], "group": [90, 90], "ring": [90, 90], "lie group": [40, 0], "lie ring": [30, 0]}
    assert "lie group" in heaviest(counted(some)) and "lie" not in heaviest(counted(some))
    some["lie ring"] = [20, 0]
    assert "lie" in heaviest(counted(some))


def test_a_bigram_may_be_a_keyword_where_its_word_may():
    some = counted({"point": [60, 90], "cloud": [50, 5], "point cloud": [45, 0], "lidar": [20, 0]})
    fit = sparse.csr_matrix([[some.terms[i] in ("cloud", "lidar") for i in range(5)], [False] * 5])
    found = whole_terms(some, fit.astype(float) * 3).toarray()
    assert found.tolist() == [[0, 0, 0, 3, 3], [0] * 5]
    # a word that stands alone more often than in any bigram keeps its place
    some = counted({"point": [60, 90], "cloud": [50, 5], "point cloud": [24, 0], "lidar": [20, 0]})
    assert whole_terms(some, fit).toarray()[0].tolist() == [0, 0, 1, 0, 1]


def test_a_bigram_cut_out_of_three_words_is_left_out():
    """The bigram that is left out would be the heaviest: all its papers are in the topic."""
    some = {"spin": [80, 90], "orbit": [50, 40], "coupling": [90, 60], "spin orbit": [45, 40]}
    assert set(heaviest(counted(some | {"orbit coupling": [44, 0]}))) == {"spin orbit", "coupling"}
    some["orbit"] = [80, 40]  # which also stands elsewhere
    assert heaviest(counted(some | {"orbit coupling": [44, 0]}))[0] == "orbit coupling"
    # of two that cut each other the more frequent one stays, a hyphen counts as a quarter more
    some = {"density": [50, 40], "functional": [50, 0], "theory": [90, 90]}
    some |= {"density functional": [44, 0], "functional theory": [44, 0]}
    assert "density functional" in heaviest(counted(some)) and "functional theory" not in heaviest(
        counted(some)
    )
    some["functional theory"] = [48, 0]
    assert "functional theory" in heaviest(counted(some)) and "density functional" not in heaviest(
        counted(some)
    )
    some["density-functional"] = some.pop("density functional")
    assert "density-functional" in heaviest(counted(some)) and "functional theory" not in heaviest(
        counted(some)
    )
    some = {
        "use": [60, 90],
        "fine": [50, 40],
        "tuning": [50, 40],
        "fine tuning": [45, 40],
        "use fine": [40, 0],
    }
    assert heaviest(counted(some))[0] == "fine tuning"
    some = {
        "low-rank": [60, 0],
        "fine": [50, 9],
        "tuning": [50, 9],
        "fine-tuning": [45, 9],
        "low-rank fine": [40, 0],
    }
    assert "low-rank fine" not in heaviest(counted(some))
    some["fine"] = [80, 9]  # which also stands elsewhere
    assert "low-rank fine" in heaviest(counted(some))
    # words of Chinese have no space between them
    some = counted(
        {"use": [60, 90], "fine": [50, 40], "tuning": [50, 40], "fine tuning": [45, 40], "use fine": [40, 0]}
    )
    some.terms = [term.replace(" ", "") for term in some.terms]
    assert heaviest(some)[0] == "finetuning"


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
    assert uses[~specific].sum() < 0.62 * uses.sum() <= uses[~specific].sum() + uses[least]


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
        {"accuracy": 0.1},
    )
    first, second, third, *_ = keywords(some, [100] * 5, frozenset({"theory"}))
    assert first == ["galaxy", "gauge", "comet"] and second == ["stars", "planet", "dust", "shared"]
    assert third == ["training", "accuracy"]  # fewer than three may, so that all may


def test_a_spelled_out_term_wins_over_its_abbreviation():
    """The abbreviation weighs more here, and is left out all the same."""
    some = {
        "llms": [60, 0],
        "language": [50, 20],
        "models": [60, 60],
        "language models": [50, 0],
        "agents": [10, 0],
    }
    assert heaviest(counted(some))[:2] == ["language models", "agents"]
    del some["language models"]
    assert heaviest(counted(some))[0] == "llms"


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
    assert abbreviates("3dgs", "gaussian splatting", [20, 0], [18, 1])
    assert not abbreviates("3dgs", "gaussian splatting", [20, 0], [5, 1])
    assert not abbreviates("co2", "correlated oxides", [20, 0], [5, 1])
    # too rare to be in half of the papers, in all or where the word is
    assert not abbreviates("gap", "graph attention", [40, 5], [20, 0])
    assert not abbreviates("gap", "graph attention", [40, 5], [10, 30])
    # a plural of two letters, and others
    assert not abbreviates("gas", "graph attention", [20, 5], [20, 5])
    assert not abbreviates("gas", "dark matter", [9, 9], [9, 9])
    assert not abbreviates("spin", "spin liquid", [9, 9], [9, 9])


def test_words_that_begin_alike():
    assert akin("magnetic", "magnetism") and akin("robot", "robotic") and akin("spin", "spin")
    assert akin("algebras", "subalgebra") and akin("graph", "subgraphs") and not akin("sub", "subset")
    different = [
        ("polymer", "polynomial"),
        ("spin", "spins"),
        ("quantum", "quantization"),
        ("state", "statistics"),
    ]
    different += [("gene", "generative"), ("star", "start"), ("radio", "radial"), ("plan", "planet")]
    assert not any(akin(*pair) for pair in different)
