"""Titles without TeX, and short titles."""

import pytest

from lib.naming.titles import latex_to_text, piece_to_text, short_titles


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (r"Schr\"odinger operators on $\mathbb{Z}^d$", "Schrödinger operators on ℤ^d"),
        (r"The work of Wo\'zniakowski", "The work of Woźniakowski"),
        ("100% of the ~3 papers", "100% of the ∼3 papers"),
        ("Unbalanced $x", "Unbalanced $x"),
        ("No TeX <b>at all</b> & so on", "No TeX <b>at all</b> & so on"),
        (r"From \$100 to \$1000 a patient in trials", "From $100 to $1000 a patient in trials"),
        ("From $100 to $1000 a patient", "From $100 to $1000 a patient"),
        (r"Paying \$1_000 for \$2^ in {\bf auctions}", "Paying $1_000 for $2^ in auctions"),
        ("What $$ buys", "What $$ buys"),
        ("From 3--5 ``words'' to $x^2$ at 5$", "From 3–5 “words” to x^2 at 5$"),
        (r"\emph{Emphasised} words", "Emphasised words"),
    ],
)
def test_latex_to_text(title, expected):
    assert latex_to_text(title) == expected


@pytest.mark.parametrize(
    "title", ["$", "\\", "{", "}", "$$", "\\frac", "^", "\\begin{x}", "{" * 3000, "\\'", "$\\alpha"]
)
def test_latex_to_text_never_fails_nor_empties_a_title(title):
    assert latex_to_text(title).strip()


@pytest.mark.parametrize(
    ("title", "width", "expected"),
    [
        ("Deep learning of proteins: a survey", 60, ["Deep learning of proteins: a survey"]),
        ("On a problem of P. Erdos and its cousins", 60, ["On a problem of P. Erdos and its cousins"]),
        ("Mapping Mt. Etna by satellite radar", 20, ["Mapping Mt. Etna by…"]),
        (
            "Deep learning of proteins: a survey",
            30,
            ["Deep learning of proteins", "Deep learning of proteins: a…"],
        ),
        ("Deep: a long survey of proteins", 20, ["Deep: a long survey…"]),
        ("Is it so? A study", 60, ["Is it so? A study"]),
        ("A short title.", 60, ["A short title"]),
        ("The quick brown fox jumps over the lazy dog", 20, ["The quick brown fox…"]),
        ("Supercalifragilisticexpialidocious", 20, ["Supercalifragilisti…"]),
    ],
)
def test_short_title(title, width, expected):
    assert short_titles(title, width) == expected
    assert all(len(way) <= width for way in short_titles(title, width))


@pytest.mark.parametrize("width", range(20, 45))
def test_short_title_cuts_between_words(width):
    title = "Some words, of which each is whole - and others"
    (cut,) = short_titles(title, width)
    assert len(cut) <= width
    if cut.endswith("…"):
        words = title.replace(",", "").split()
        assert [word.strip(",") for word in cut[:-1].split()] == words[: len(cut.split())]


@pytest.mark.parametrize(
    ("piece", "expected"),
    [
        (r"$\mathrm{gl}_n(k)$", "gl_n(k)"),
        (r" \textbf{", " "),
        (r" (\textbf{``", " (“"),
        ("}), ", "), "),
        (r" \sigma/|\rho", " σ/|ρ"),
        ("  ", "  "),
        ("plain-word", "plain-word"),
        (r"{\it ", " "),
    ],
)
def test_pieces_of_a_text_have_no_tex_and_keep_their_spaces(piece, expected):
    assert piece_to_text(piece) == expected
