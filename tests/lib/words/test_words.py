"""The words of texts."""

import random

import pytest

from conftest import STOP_WORDS
from lib.cli import UserError
from lib.words.words import WORD, prose, read_words, split_token, tokens


def words(text: str) -> list[str]:
    """The words of a text, with "" where two are not neighbors."""
    return [word for token in tokens(text) for word in split_token(token, STOP_WORDS)]


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
        ("量子的退相干", ["量子", "", "退", "相干"]),
        ("陈・诺特理论のx", ["陈", "诺特", "理论", ""]),
        ("양자 컴퓨터 연구", ["양자", "컴퓨터", "연구"]),
        ("邮箱abc@def.com量子，见https://x.org/a深度", ["邮箱", "", "量子", "", "", "", "深度"]),
        ("量子誤り訂正の基礎 of galaxies", ["", "", "galaxies"]),
        ("การประมวลผลภาษา of galaxies", ["", "", "galaxies"]),
        ("see https://github.com/some/code or mail me@home.org", ["", "", "", "mail", ""]),
        ("b-tree x 42 3.14 co2", ["b-tree", "", "", "", "", "", "co2"]),
        ("spin-orbit x-ray non-linear covid-19", ["spin", "orbit", "x-ray", "non-linear", "covid-19"]),
        ("x rays, non linear and 2d many-body", ["x rays", "", "non linear", "", "2d", "many-body"]),
        ("multi and phonon mode", ["", "phonon", "mode"]),
        ("newton's and end-to-end state-of-the-art", ["newton", "", "end-to-end", ""]),
        ("łódź überraschung naïve graphs", ["łódź", "überraschung", "naïve", "graphs"]),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_formulae_links_and_stop_words_are_removed():
    text = (
        r"in this paper we propose a novel method: $\alpha_{galaxy} \mathbb{r}$ and \textbf{neurons} cite "
        r"\cite{smith} https://arxiv.org/abs/1 results show 100 others in 2023; schrödinger "
        r"\begin{equation} \eqref{galaxy} \end{equation} \href{https://a.org/b}{neural} lenses"
    )
    found = ["neurons", "cite", "schrödinger", "neural", "lenses"]
    assert [word for word in words(text) if word] == found


def test_word_lists_are_text_files_with_comments(tmp_path):
    (tmp_path / "stop.txt").write_text("# a comment\nAlpha\n\n beta \ntheory\n")
    assert read_words(tmp_path / "stop.txt") == {"alpha", "beta", "theory"}
    (tmp_path / "stop.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match=r"stop\.txt: not a text file in UTF-8"):
        read_words(tmp_path / "stop.txt")


def test_tokens_of_ascii_are_those_of_the_general_pattern():
    """Texts in ASCII take shorter ways; the pattern for all scripts says what they must find."""
    rng = random.Random(0)
    pieces = [*"non canon multi x rays linear b 3d 's - _ . ( ) , |".split(), "x ray"]
    for _ in range(3000):
        text = "".join(rng.choice(pieces) + rng.choice(["", " ", " "]) for _ in range(12))
        assert tokens(text) == WORD.findall(prose(text)), text
