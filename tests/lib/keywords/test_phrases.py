"""Keywords as phrases, against counts by hand."""

from collections import Counter

import numpy as np
import pytest
from made_up import vocabulary

from lib.keywords.phrases import Phrases, beside

WORDS = "spiking neural networks fault tolerant quantum health records electronic snns ehr bert 模型".split()
BIGRAMS = ["spiking neural", "neural networks", "fault-tolerant", "health records", "electronic health"]
BIGRAMS += ["tolerant quantum", "quantum networks", "bert health"]
LEADS = {"neural": 0.8, "quantum": 0.9, "electronic": 0.8, "fault": 0.9, "spiking": 0.9}
SOME = vocabulary(WORDS + BIGRAMS, followed_share=LEADS)
ROW = {term: row for row, term in enumerate(SOME.terms)}


def phrases_of(texts: list[str], *terms: str) -> list[str]:
    """The phrases of keywords in these papers; a full stop is where two words are not neighbors."""
    papers = [[0 if word == "." else ROW[word] for word in f"{text} .".split()] for text in texts]
    offsets = np.cumsum([0, *map(len, papers)])
    found = Phrases(SOME, np.concatenate(papers).astype(np.int32), offsets)
    return found.of(list(terms), np.arange(len(papers)))


def test_a_keyword_is_shown_with_the_words_that_stand_beside_most_of_its_uses():
    texts = ["spiking neural networks"] * 6 + ["records . spiking"] * 4 + ["electronic health records ."] * 5
    assert phrases_of(texts, "spiking", "health records") == [
        "spiking neural networks",
        "electronic health records",
    ]
    # in less than half of the uses, and in too few
    assert phrases_of([*texts, *["spiking"] * 13], "spiking") == ["spiking"]
    assert phrases_of(["spiking neural networks"] * 4, "spiking") == ["spiking"]


def test_a_phrase_does_not_end_with_a_word_that_wants_another():
    texts = ["fault tolerant quantum networks"] * 3 + ["fault tolerant quantum records"] * 3
    assert phrases_of(texts, "fault-tolerant") == ["fault-tolerant quantum networks"]
    texts += ["fault tolerant quantum health"] * 3 + ["fault tolerant quantum spiking"] * 3
    assert phrases_of(texts, "fault-tolerant") == ["fault-tolerant"]


def test_a_phrase_holds_no_two_words_whose_spelling_together_is_not_known():
    assert phrases_of(["bert health"] * 9, "bert") == ["bert health"]
    assert phrases_of(["bert records"] * 9, "bert") == ["bert"]


def test_a_phrase_has_no_word_twice_and_no_words_of_chinese():
    assert phrases_of(["spiking spiking spiking"] * 9, "spiking") == ["spiking"]
    assert phrases_of(["bert 模型"] * 9, "bert", "模型") == ["bert", "模型"]


def test_a_word_that_seldom_ends_a_phrase_is_extended_by_a_third_of_its_uses():
    texts = ["quantum networks ."] * 4 + ["quantum health ."] * 3 + ["quantum records ."] * 3
    assert phrases_of(texts, "quantum") == ["quantum networks"]
    assert phrases_of([*texts, *["quantum ."] * 5], "quantum") == ["quantum"]
    assert phrases_of([text.replace("quantum", "bert") for text in texts], "bert") == ["bert"]


def test_papers_without_words_leave_keywords_as_they_are():
    assert phrases_of(["", "records"], "spiking", "health records") == ["spiking", "health records"]


@pytest.mark.parametrize("length", [1, 2])
def test_the_words_beside_a_phrase_are_those_of_simple_loops(length):
    text = np.r_[0, np.random.default_rng(length).choice([0, 1, 2, 3], 400, p=[0.1, 0.5, 0.3, 0.1]), 0]
    words = [1, 2][:length]
    before, behind, uses = Counter(), Counter(), 0
    for i in range(1, len(text) - length):
        if text[i : i + length].tolist() == words:
            uses += 1
            before[int(text[i - 1])] += 1
            behind[int(text[i + length])] += 1
    del before[0], behind[0]
    for found, expected in zip(beside(words, text), (before, behind), strict=True):
        word, n = expected.most_common(1)[0]
        assert found == (pytest.approx(n / uses), word)
