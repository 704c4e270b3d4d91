"""The words of texts."""

import pytest

from conftest import WORD_LISTS
from lib.cli import UserError
from lib.topics.words import WordLists, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the galaxies of the deep field", ["", "galaxies", "", "", "deep", "field"]),
        (r"a $\frac{x}{yield}$ bound, quantum", ["", "", "bound", "", "quantum"]),
        ("costs $5 and rises", ["costs", "", "", "rises"]),  # an unpaired dollar removes no words
        ("from $100 patients to $1000 doctors", ["", "", "patients", "", "", "doctors"]),
        ("schrödinger operators by erdős and gauß", ["schrödinger", "operators", "", "erdős", "", "gauß"]),
        ("snake_charmer galaxies", ["snake", "charmer", "galaxies"]),
        ("हिन्दी भाषा और می\u200cخواهم", ["हिन्दी", "भाषा", "", "می\u200cخواهم"]),
        ("深度学习方法，量子 cnn", ["深度", "学习", "", "", "量子", "cnn"]),
        ("陈・诺特理论のx", ["", "诺特", "理论", ""]),
        ("양자 컴퓨터 연구", ["양자", "컴퓨터", "연구"]),
        ("邮箱abc@def.com量子，见https://x.org/a深度", ["邮箱", "", "量子", "", "", "", "深度"]),
        ("量子誤り訂正の基礎 of galaxies", ["", "", "galaxies"]),
        ("การประมวลผลภาษา of galaxies", ["", "", "galaxies"]),
        ("see https://github.com/some/code or mail me@home.org", ["", "", "", "mail", ""]),
        ("b-tree x 42 3.14 co2", ["b-tree", "", "", "", "", "", "co2"]),
        ("łódź überraschung naïve graphs", ["łódź", "überraschung", "naïve", "graphs"]),
    ],
)
def test_words(text, expected):
    assert words(text, WORD_LISTS) == expected


def test_formulae_links_and_stop_words_are_removed():
    text = (
        r"in this paper we propose a novel method: $\alpha_{galaxy} \mathbb{r}$ and \textbf{neurons} cite "
        r"\cite{smith} https://arxiv.org/abs/1 results show 100 others in 2023; schrödinger "
    )
    assert [word for word in words(text, WORD_LISTS) if word] == ["neurons", "cite", "smith", "schrödinger"]


def test_word_lists_are_text_files_with_comments(tmp_path):
    (tmp_path / "stop.txt").write_text("# a comment\nAlpha\n\n beta \ntheory\n")
    (tmp_path / "head.txt").write_text("theory\n")
    lists = WordLists.read(tmp_path / "stop.txt", tmp_path / "head.txt")
    assert lists == WordLists(frozenset({"alpha", "beta"}), frozenset({"theory"}))
    assert words("alpha gauge theory", lists) == ["", "gauge", "theory"]
    (tmp_path / "stop.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match=r"stop\.txt: not a text file in UTF-8"):
        WordLists.read(tmp_path / "stop.txt", tmp_path / "head.txt")
