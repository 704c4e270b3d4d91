"""Numbers of words and bigrams against simple loops."""

import io
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from conftest import STOP_WORDS
from lib.words import terms
from lib.words.counting import chunks, once_per_paper
from lib.words.terms import (
    HYPHEN,
    count_bigrams,
    count_in_titles,
    count_leading,
    counts_alone,
    number_words,
    spell,
    spell_bigrams,
    terms_of_papers,
)
from lib.words.words import split_token, tokens

RNG = np.random.default_rng(11)
VOCABULARY = (
    "alpha beta gamma delta galaxy galaxies matter energy the of graph network spin-orbit x-ray 2d ,".split()
)
TEXTS = [" ".join(RNG.choice(VOCABULARY, RNG.integers(1, 30))) + "." * (i % 2) for i in range(300)]
SAME = {"galaxies": "galaxy"}


def simple_loops(texts: list[str], min_count: int) -> tuple[list[set], Counter]:
    """The words and bigrams of each paper, and the papers of each, that `min_count` papers have."""
    found = [[SAME.get(w, w) for t in tokens(text) for w in split_token(t, STOP_WORDS)] for text in texts]
    words = Counter(word for words in found for word in set(words) if word)
    frequent = {word for word, n in words.items() if n >= min_count}
    papers = []
    for row in found:
        kept = [word if word in frequent else "" for word in row]
        pairs = {(a, b) for a, b in pairwise(kept) if a and b}
        papers.append({(word,) for word in kept if word} | pairs)
    count = Counter(term for some in papers for term in some)
    papers = [{term for term in some if count[term] >= min_count} for some in papers]
    return papers, Counter({term: n for term, n in count.items() if n >= min_count})


def numbered(texts: list[str], min_count: int, threads: int = 1):
    file = io.BytesIO()
    spelled = spell([texts[i : i + 70] for i in range(0, len(texts), 70)], STOP_WORDS, file, threads)
    stream = np.frombuffer(file.getvalue(), np.int32)
    assert len(stream) == spelled.offsets[-1]
    words = number_words(stream, spelled, min_count, threads)
    numbers = words.of_spelling[stream & ~HYPHEN]
    leading = count_leading(numbers, spelled.offsets, len(words.terms), threads)
    codes, papers = count_bigrams(numbers, spelled.offsets, leading, min_count, threads)
    return spelled, stream, words, numbers, codes, papers


@pytest.mark.parametrize("min_count", [1, 15, 25])
@pytest.mark.parametrize(("threads", "chunk", "pairs"), [(1, 1 << 20, 1 << 20), (2, 100, 50), (1, 1, 1)])
def test_terms_are_those_of_simple_loops(monkeypatch, min_count, threads, chunk, pairs):
    monkeypatch.setattr(terms, "PAIRS", pairs)
    monkeypatch.setattr(chunks, "__defaults__", (chunk,))
    expected, count = simple_loops(TEXTS, min_count)
    spelled, _, words, numbers, codes, papers = numbered(TEXTS, min_count, threads)
    names = [SAME.get(word, word) for word in words.terms]
    n = len(names)
    assert words.terms[1:] == sorted(words.terms[1:])
    found = {(name,): int(p) for name, p in zip(names, words.papers, strict=True) if name}
    found |= {(names[c // n], names[c % n]): int(p) for c, p in zip(codes, papers, strict=True)}
    assert found == count and (np.diff(codes) > 0).all()
    mine: list[set] = [set() for _ in TEXTS]
    for start, stop in chunks(spelled.offsets):
        owners, some = terms_of_papers(
            numbers, spelled.offsets, codes, counts_alone(words.terms), start, stop
        )
        for owner, term in zip(owners.tolist(), some.tolist(), strict=True):
            code = int(codes[term - n]) if term >= n else 0
            mine[start + owner].add((names[code // n], names[code % n]) if code else (names[term],))
    assert mine == expected


@pytest.mark.parametrize(("threads", "chunk"), [(1, 1), (2, 100), (1, 1 << 20)])
def test_uses_of_words_with_a_word_behind_them_are_counted(monkeypatch, threads, chunk):
    monkeypatch.setattr(chunks, "__defaults__", (chunk,))
    spelled, _, words, numbers, *_ = numbered(TEXTS, 15, threads)
    texts = np.split(numbers, spelled.offsets[1:-1])
    pairs = Counter(a for text in texts for a, b in pairwise(text.tolist()) if a and b)
    uses = Counter(numbers.tolist())
    n = len(words.terms)
    assert words.occurrences.tolist() == [0, *(uses[word] for word in range(1, n))]
    assert count_leading(numbers, spelled.offsets, n, threads).tolist() == [pairs[word] for word in range(n)]


@pytest.mark.parametrize("chunk", [1, 100, 1 << 20])
def test_titles_are_counted(monkeypatch, chunk):
    """The texts are titles and the rest of papers in turn."""
    monkeypatch.setattr(chunks, "__defaults__", (chunk,))
    _, count = simple_loops(TEXTS[::2], 1)
    spelled, _, words, numbers, codes, _ = numbered(TEXTS, 1)
    found = count_in_titles(numbers, spelled.offsets, codes, counts_alone(words.terms))
    names, n = [SAME.get(word, word) for word in words.terms], len(words.terms)
    terms_ = [(name,) for name in names] + [(names[c // n], names[c % n]) for c in codes.tolist()]
    assert {term: int(papers) for term, papers in zip(terms_, found, strict=True) if papers} == count


def test_terms_are_shown_in_their_commonest_spelling():
    texts = ["spin-orbit galaxies"] * 3 + ["spin orbit galaxy"] * 2 + ["lie algebras"] * 2 + ["lie algebra"]
    spelled, stream, words, _, codes, papers = numbered(texts, 1)
    assert words.terms == ["", "algebras", "galaxies", "lie", "orbit", "spin"]
    shown = dict(zip(spell_bigrams(stream, spelled, words, codes), papers.tolist(), strict=True))
    assert shown == {"spin-orbit": 5, "orbit galaxies": 5, "lie algebras": 3}


def test_single_characters_of_chinese_count_in_bigrams_only():
    spelled, stream, words, numbers, codes, _ = numbered(["量子退相干", "退相干"], 1)
    assert words.terms[1:] == sorted(["量子", "退", "相干"])
    assert dict(zip(words.terms, counts_alone(words.terms).tolist(), strict=True))["退"] is False
    assert set(spell_bigrams(stream, spelled, words, codes)) == {"量子退", "退相干"}
    alone = counts_alone(words.terms)
    _, found = terms_of_papers(numbers, spelled.offsets, codes, alone, 1, 2)
    assert len(found) == 2  # 相干 and 退相干


def test_a_pair_counts_once_per_paper_even_if_codes_are_large():
    codes = np.array([5, 1 << 61, 5, 5, 1 << 61], np.int64)
    papers = np.array([0, 0, 0, 7, 7])
    found = once_per_paper(codes, papers)
    assert [part.tolist() for part in found] == [[0, 0, 7, 7], [5, 1 << 61, 5, 1 << 61]]


def test_texts_without_words():
    spelled, _, words, _, codes, papers = numbered(["", "the of", "42"], 1)
    assert words.terms == [""] and len(codes) == len(papers) == 0 and len(spelled.offsets) == 4
