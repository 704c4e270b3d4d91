"""Stop words by language, and the thesaurus."""

import pytest

from conftest import ROOT
from lib.cli import UserError
from lib.words.stop_words import read_stop_words, read_thesaurus
from lib.words.words import tokens

LISTS = sorted((ROOT / "data/words/stop_words").glob("*.txt"))


def test_lists_count_for_the_languages_of_the_papers(tmp_path):
    (tmp_path / "a.txt").write_text("# comment\nThe\n")
    assert read_stop_words([tmp_path / "a.txt"], LISTS, ["en"], ["Corpus"]) == {"the", "corpus"}
    german = read_stop_words([tmp_path / "a.txt"], LISTS, ["en", "de"], [])
    assert {"the", "und", "wurden", "ergebnisse"} <= german and "résultats" not in german


def test_there_are_lists_of_twenty_languages_in_plain_words():
    assert len(LISTS) >= 20
    for path in LISTS:
        words = read_stop_words([path], [], [], [])
        assert len(words) > 80 and all(word and " " not in word for word in words), path


def thesaurus(folder, *lines, heading="label\treplace by"):
    file = folder / "thesaurus.txt"
    file.write_text("\n".join([heading, *lines]), "utf-8-sig")
    return read_thesaurus(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("an ann learns", "an artificial neural network learns"),
        ("anns and ann-based models", "artificial neural network and artificial neural network based models"),
        ("a neural network learns", "a artificial neural network learns"),
        ("artificial neural networks learn", "artificial neural network learn"),
        ("deep-learning of data", "machine learning of data"),
        ("deep learning, deep water", "machine learning , deep water"),
        ("the present study of x-ray data", "the | of x-ray data"),
        ("channel of annals", "channel of annals"),
        ("我们用神经网络学习", "我们用 人工智能 学习"),
        ("第一", "第一"),
    ],
)
def test_labels_are_replaced_whole_and_the_longest_counts(tmp_path, text, expected):
    rules = thesaurus(
        tmp_path,
        "ANN\tneural network",
        "neural networks\tartificial neural network",
        "deep learning\tmachine learning",
        "present study\t",
        "data\t",
        "神经网络\t人工智能",
    )
    replaced = rules.replace(tokens(text))
    assert "".join(replaced).replace(" ", "") == expected.replace(" ", "")
    if text.isascii():
        assert replaced == expected.split()
    assert rules.dropped == {"data"}


@pytest.mark.parametrize(
    ("lines", "heading", "message"),
    [
        (["ann\tnet"], "term\tsynonym", "first line must be the heading"),
        (["ann\tnet", "cnn"], "label\treplace by", "line 3: 1 of 2 columns"),
        (
            ["a1b\tb2c", "b2c\tc3d", "c3d\ta1b"],
            "label\treplace by",
            "in a circle: 'a1b' → 'b2c' → 'c3d' → 'a1b'",
        ),
        (
            ["ann\tnet", "ANN\tweb"],
            "label\treplace by",
            "line 3: 'ann' is replaced by 'web', but by 'net' in line 2",
        ),
        (["%\tpercent"], "label\treplace by", "line 2: the label '%' has no word"),
        ([], "", "first line must be the heading"),
    ],
)
def test_faults_of_a_thesaurus_are_named(tmp_path, lines, heading, message):
    with pytest.raises(UserError, match=r"thesaurus\.txt") as error:
        thesaurus(tmp_path, *lines, heading=heading)
    assert message in str(error.value)


def test_a_thesaurus_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "t.txt").write_bytes(b"label\treplace by\nna\xefve\tx\n")
    with pytest.raises(UserError, match="UTF-8"):
        read_thesaurus(tmp_path / "t.txt")
