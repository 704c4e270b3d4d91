"""TeX letters against pylatexenc, and which dollars enclose a formula."""

import unicodedata

import pytest
from pylatexenc.latex2text import LatexNodes2Text

from lib.records.tex import ACCENTS, LETTERS, convert_letters, split_formulae

LATEX = LatexNodes2Text()


@pytest.mark.parametrize("accent", ACCENTS)
def test_every_accented_letter_is_that_of_pylatexenc(accent):
    for base in "aceghijklnorstuwyzACEGHIKLNORSTUWYZ":
        expected = unicodedata.normalize("NFC", LATEX.latex_to_text(rf"\{accent}{{{base}}}"))
        spellings = [rf"\{accent}{{{base}}}", rf"{{\{accent} {base}}}", rf"\{accent} {base}"]
        if not accent.isalpha():
            spellings.append(rf"\{accent}{base}")
        for spelling in spellings:
            converted = convert_letters(f"x{spelling}y")
            assert converted == (f"x{expected}y" if len(expected) == 1 else f"x{spelling}y")


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_is_that_of_pylatexenc(name):
    expected = LATEX.latex_to_text(rf"\{name}")
    if name not in ("dh", "DH", "th", "TH", "ng", "NG", "dj", "DJ"):  # unknown there
        assert expected == LETTERS[name]
    for spelling in (rf"{{\{name}}}", rf"\{name}{{}}"):
        assert convert_letters(f"a{spelling}b") == f"a{LETTERS[name]}b"


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"Erd\H{o}s-R\'enyi", "Erdős-Rényi"),
        (r"\L ojasiewicz and Pawe\l Nowak", "Łojasiewicz and Paweł Nowak"),
        (r"5 \AA\ wide, Gau\ss\ law, \L\ and", "5 Å wide, Gauß law, Ł and"),
        (r"{\L }ojasiewicz, { \O}rsted", "Łojasiewicz, Ørsted"),
        (r"M{\o}ller, M\o ller, \O rsted", "Møller, Møller, Ørsted"),
        (r"Gau\ss sums, Stra\ss e, Weierstra{\ss}", "Gauß sums, Straße, Weierstraß"),
        (r"\'{\i}, {\'\i}, \v{S}koda, \c{C}a\u{g}", "í, í, Škoda, Çağ"),
        (r"\AA ngstr\"om, na\"{\i}ve", "Ångström, naïve"),
        (r"Schr\" odinger", "Schrödinger"),
        (r"Garc\'\i a and Mart{\'\i} with \'{\i} a", "García and Martí with í a"),
        (r"Nguy\d{\^{e}}n, \emph{\'e}", r"Nguyện, \emph{é}"),
        # accents of mathematics inside a word
        (
            r"Poincar$\acute{e}$, M$\ddot{o}$ller, It$\hat{o}$, Erd$\ddot{ o }$s, $\acute E$tale",
            "Poincaré, Möller, Itô, Erdös, Étale",
        ),
        (r"p$\bar{p}$, $\hat{H}$amiltonian, $\hat{o}$ x, a $\tilde{n}$", ...),
        # what divides a word
        (
            r"\textbf{E}fficient, {\bf VAL}idity, \textit{k}-means, non-\emph{linear}",
            "Efficient, VALidity, k-means, non-linear",
        ),
        (
            r"\textbf{V}isual \textbf{D}oc\textbf{Q}A of \emph{in vivo} {\em x}",
            r"Visual DocQA of \emph{in vivo} {\em x}",
        ),
        (
            r"{BERT}: {D}eep {B}idirectional Graph{SAGE} for {RNA}s",
            "BERT: Deep Bidirectional GraphSAGE for RNAs",
        ),
        ("words {Wi} of {N}, Graph{SAGE}", ...),
        (r"\noindent\textbf{Remark.} See \cite[2.3]{Green20}", ...),
        (r"$\mathbb {N}$, \mathbb{R}, \frac{A}{B}, x_{A}, g^{GUT}, {a, B}, \cmd{a}{B}", ...),
        # escaped twice
        (r"Kirchhoff\'s law, we\'ll and don\'t", "Kirchhoff's law, we'll and don't"),
        (r"\"good\" \"open AI\" (\'ocean\').", '"good" "open AI" (\'ocean\').'),
        (r"caf\u00e9 na\u00efve \ud835\udefc \u{g}", "café naïve \U0001d6fc ğ"),
        (r"One.\nTwo\r\n(three) \nu \not", r"One. Two (three) \nu \not"),
        # not letters: a macro, a line break, a formula, a stray backslash
        (r"\llama \oint", ...),
        (r"x \\'e and \\o", r"x \\'e and \\o"),
        (r"the $\L^2$ norm, \(\o\) and $$\'e$$", r"the $\L^2$ norm, \(\o\) and $$\'e$$"),
        ("a \\ b \\", "a \\ b \\"),
    ],
)
def test_letters_in_text(tex, text):
    assert convert_letters(tex) == (tex if text is ... else text)


@pytest.mark.parametrize(
    "text",
    [
        "From $100 to $1000 a patient",
        r"Paying \$1_000 for \$2^ in auctions",
        "about $5 million or some 6 million US$ a year",
        "de R$ 5 e R$ 10 por dia, HK$5 or HK$6",
        "a lone $ sign",
        "a cost ($) and strong correlations (p < 0.001$) of both",
        "US$ and words",
        "$$",
        "$ $",
    ],
)
def test_prices_and_stray_dollars_are_not_formulae(text):
    assert split_formulae(text) == [text]


@pytest.mark.parametrize(
    "formula",
    [
        "$x$",
        "$10 GeV$",
        "$n=5 with probability p$",
        "$ n + 1 $",
        "$5$",
        r"$x \text{ for all } y$",
        "$$E = mc^2$$",
        r"\(a b\)",
        r"\[x\]",
        r"$O(n\log n)$",
    ],
)
def test_formulae_are_found(formula):
    assert split_formulae(f"costs $3 and {formula}-adic, US$") == ["costs $3 and ", formula, "-adic, US$"]
