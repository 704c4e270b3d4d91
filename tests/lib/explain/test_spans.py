"""Whole words in their place, and a text without some of them."""

import pytest

from lib.explain.occlusion import without, word_spans


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spin-orbit coupling, at $10 gev$. it's", ["spin-orbit", "coupling", "at", "$10 gev$", "it's"]),
        (r"$a \to b$ and \(x_1\) in \emph{non linear} media", [r"$a \to b$", "and", r"\(x_1\)", "in", "non linear", "media"]),
        ("code at https://a.org/x_y-z. the end", ["code", "at", "https://a.org/x_y-z.", "the", "end"]),
        ("基于bert的语言模型。", ["基于", "bert", "的", "语言", "模型"]),
        ("量子コンピュータについて、の研究", ["量子コンピュータについて", "の研究"]),
        ("–– … !?", []),
        ("", []),
    ],
)  # fmt: skip
def test_words_of_a_text(text, words):
    assert [text[a:b] for a, b in word_spans(text)] == words


@pytest.mark.parametrize(
    ("left_out", "rest"),
    [
        ([], "a big red dog, and a cat."),
        ([0], "big red dog, and a cat."),
        ([1, 2], "a dog, and a cat."),
        ([0, 1], "red dog, and a cat."),
        ([3], "a big red, and a cat."),
        ([6], "a big red dog, and a."),
        ([6, 0, 5, 3, 4, 2, 1], ",."),
    ],
)
def test_words_are_left_out_with_one_space(left_out, rest):
    text = "a big red dog, and a cat."
    spans = word_spans(text)
    assert without(text, [spans[i] for i in left_out]) == rest
