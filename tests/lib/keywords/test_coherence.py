"""Coherence against gensim and simple loops; diversity by hand."""

from itertools import combinations

import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models.coherencemodel import CoherenceModel
from scipy.special import comb

from lib.keywords.coherence import (
    DEPTH,
    c_v,
    diversity,
    in_papers,
    in_windows,
    inverted_rbo,
    mean_npmi,
    npmi,
)
from lib.words.counting import chunks

RNG = np.random.default_rng(5)
# words 1 to 12 of a vocabulary; 0 where two are not neighbors, and behind each paper
PAPERS = [
    np.r_[RNG.choice(13, RNG.integers(1, 40), p=np.r_[0.2, np.full(12, 0.8 / 12)]), 0] for _ in range(150)
]
TOKENS = np.concatenate(PAPERS).astype(np.int32)
OFFSETS = np.cumsum([0, *map(len, PAPERS)])
TOPICS = [np.array([0, 1, 2, 3]), np.array([4, 5, 6, 7]), np.array([2, 8, 11])]
WORDS = [(i,) for i in range(1, 13)]


def gensims(measure: str, window: int) -> list[float]:
    texts = [[str(word) for word in paper if word] for paper in PAPERS]
    texts = [text for text in texts if text]
    dictionary = Dictionary(texts)
    topics = [[str(column + 1) for column in columns] for columns in TOPICS]
    model = CoherenceModel(
        topics=topics,
        texts=texts,
        dictionary=dictionary,
        coherence=measure,
        window_size=window,
        topn=4,
        processes=1,
    )
    return model.get_coherence_per_topic()


def test_coherence_is_that_of_gensim_where_windows_hold_whole_papers():
    """In shorter windows gensim counts a repeated word too early, so it is not a reference there."""
    full = [i for i, paper in enumerate(PAPERS) if paper.any()]
    (counts,) = in_windows(TOKENS, OFFSETS, np.array(full), WORDS, [50])
    assert counts.contexts == len(full)
    assert mean_npmi(npmi(counts), TOPICS) == pytest.approx(gensims("c_npmi", 50), abs=1e-6)
    assert c_v(npmi(counts), TOPICS) == pytest.approx(gensims("c_v", 50), abs=1e-6)


@pytest.mark.parametrize("window", [1, 5, 17])
def test_windows_against_simple_loops(window):
    terms = [*WORDS[:8], (1, 2), (3, 3)]
    rows = np.arange(0, 150, 2)
    expected, contexts = np.zeros((10, 10)), 0
    for row in rows:
        paper = PAPERS[row].tolist()
        counted = [i for i, word in enumerate(paper) if word]
        for start in range(max(len(counted) - window + 1, 1)):
            inside = counted[start : start + window]
            found = {paper[i] - 1 for i in inside if paper[i] <= 8}
            found |= {8 for i in inside if paper[i : i + 2] == [1, 2]} | {
                9 for i in inside if paper[i : i + 2] == [3, 3]
            }
            expected[np.ix_(sorted(found), sorted(found))] += 1
            contexts += 1
    counts, _ = in_windows(TOKENS, OFFSETS, rows, terms, [window, 3])
    assert counts.contexts == contexts and (counts.pairs == expected).all()


@pytest.mark.parametrize("chunk", [1, 64, 1 << 20])
def test_papers_against_simple_loops(monkeypatch, chunk):
    monkeypatch.setattr(chunks, "__defaults__", (chunk,))
    distinct = [np.unique(paper[paper > 0]) for paper in PAPERS]
    offsets = np.cumsum([0, *map(len, distinct)])
    wanted = np.array([2, 3, 5, 12])
    counts = in_papers(np.concatenate(distinct), offsets, wanted)
    for (i, a), (j, b) in combinations(enumerate(wanted.tolist()), 2):
        assert counts.pairs[i, j] == sum(a in paper and b in paper for paper in distinct)
    share = counts.pairs / len(PAPERS)
    expected = np.log(share[0, 1] / share[0, 0] / share[1, 1]) / -np.log(share[0, 1])
    assert npmi(counts)[0, 1] == pytest.approx(expected)


def test_npmi_at_its_bounds():
    always_and_never = in_papers(np.array([1, 2, 1, 2, 3]), np.array([0, 2, 4, 5]), np.array([1, 2, 3]))
    matrix = npmi(always_and_never)
    assert matrix[0, 1] == pytest.approx(1) and matrix[0, 2] == pytest.approx(-1, abs=0.06)
    assert mean_npmi(matrix, [np.array([1])]) == c_v(matrix, [np.array([1])]) == [None]


def test_keywords_in_no_context_are_left_out():
    matrix = npmi(in_papers(np.array([1, 2, 1, 2, 3]), np.array([0, 2, 4, 5]), np.array([1, 2, 3, 9])))
    assert np.isnan(matrix[3]).all() and np.isnan(matrix[:, 3]).all()
    with_it, without = [np.array([0, 1, 2, 3])], [np.array([0, 1, 2])]
    assert mean_npmi(matrix, with_it) == mean_npmi(matrix, without) and c_v(matrix, with_it) == c_v(
        matrix, without
    )


def test_diversity_by_hand():
    assert diversity([["a", "b"], ["b", "c"]]) == 0.75
    assert diversity([["a", "b", "x"], ["b", "c", "x"]], top=2) == 0.75
    assert inverted_rbo([["a", "b"], ["c", "d"]]) == 1 and inverted_rbo([["a"]]) == 1
    assert inverted_rbo([["a", "b"], ["a", "b"]]) == pytest.approx(0)
    # overlap 0 at depth 1 and 1 at depth 2
    p = DEPTH
    expected = 1 * p**2 + (1 - p) / p * (0 / 1 * p + 2 / 2 * p**2)
    assert inverted_rbo([["a", "b"], ["b", "a"]]) == pytest.approx(1 - expected)
    assert inverted_rbo([["a", "b"], ["a", "b"], ["c", "d"]]) == pytest.approx(1 - 1 / comb(3, 2))


def rank_biased_overlap(some: list[int], other: list[int]) -> float:
    """Equation 32 of Webber, Moffat & Zobel (2010), with sets."""
    short, long = sorted((some, other), key=len)
    s, n, p = len(short), len(long), DEPTH
    shared = [len(set(short[:d]) & set(long[:d])) for d in range(n + 1)]
    known = sum(shared[d] / d * p**d for d in range(1, n + 1))
    expected = sum(shared[s] * (d - s) / (s * d) * p**d for d in range(s + 1, n + 1))
    return (1 - p) / p * (known + expected) + ((shared[n] - shared[s]) / n + shared[s] / s) * p**n


def test_inverted_rbo_of_lists_of_different_lengths():
    for lengths in [(1, 10), (3, 7), (10, 10), (2, 2), (4, 9), (5, 6, 1, 8)]:
        for _ in range(20):
            lists = [RNG.permutation(12)[:n].tolist() for n in lengths]
            pairs = list(combinations(lists, 2))
            expected = 1 - sum(rank_biased_overlap(*pair) for pair in pairs) / len(pairs)
            words = [[str(word) for word in some] for some in lists]
            assert inverted_rbo(words) == pytest.approx(expected, rel=1e-12)
    # the overlap below the end of the shortest list of all counts too
    assert inverted_rbo([["a"], list("bcdef"), list("bcdef")]) == pytest.approx(2 / 3)
    assert inverted_rbo([[], ["a", "b"], ["a", "b"]]) == pytest.approx(2 / 3)
