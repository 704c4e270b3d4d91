"""The normal form of texts: markup, references, Unicode."""

import html
import unicodedata

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.records import markup
from lib.records.text import LAYERS, normalise, normalise_strings

CASES = [
    # JATS, HTML, MathML
    ("<jats:p>We study <jats:italic>E. coli</jats:italic>.</jats:p>", "We study E. coli."),
    ("<jats:title>Abstract</jats:title><jats:p>Text</jats:p>", "Text"),
    ("<scp>l</scp>-arginine", "l-arginine"),
    (
        "<sec><title>Methods</title><p>We did.</p></sec><sec><title>Why?</title>So.</sec>",
        "Methods: We did. Why? So.",
    ),
    ("H<sub>2</sub>O and 10<sup>-3</sup><br/>m", "H2O and 10^-3 m"),
    ('a <a href="https://x.org/?a=1&amp;b=2">link</a>', "a link"),
    ("let <mml:math><mml:mi>x</mml:mi> <mml:mo>=</mml:mo><mml:mn>1</mml:mn></mml:math>.", "let $x=1$."),
    ("<inline-formula><tex-math>\\documentclass{a}$x$</tex-math></inline-formula>y", "$x$y"),
    (
        r"<tex-math>\begin{document}$$x^2$$\end{document}</tex-math><mml:math><mml:mi>y</mml:mi></mml:math>",
        "$y$",
    ),
    ("<math><msup><mi>x</mi><mn>2</mn></msup><mfrac><mn>1</mn><mi>n</mi></mfrac></math>", "$x^21/n$"),
    ("<math><mi>a</mi><mtext> if and only if </mtext><mi>b</mi></math>", "$a if and only if b$"),
    ("5<sup>th</sup> of 10<sup>5</sup>, R<sup>2</sup>", "5th of 10^5, R2"),
    ("<mml:math><mml:mi>x</mml:mi> and the rest", "x and the rest"),
    ("cut off <math><mi>x</mi> and", "cut off x and"),
    ("<jats:p>cut in a <jats:ita", "cut in a"),
    ('a <a href="http://x', "a"),
    ("p <x and n <m and k=3", "p <x and n <m and k=3"),
    ("<math><mi>a</mi> b <math><mi>c</mi></math> d", "a b $c$ d"),
    ("B<sub>18<sub>H<sub>2", "B18H2"),
    ("<style>a</style>b <style> c", "b c"),
    ('<a href="x">open', "open"),
    ("<P>Upper</P><p>and unclosed", "Upper and unclosed"),
    ("<!-- a note -->x<![CDATA[y]]>", "x y"),
    ("<!DOCTYPE html><p>x</p>", "x"),
    ("10<sup> –3</sup> and <math><msqrt><mi>s</mi></msqrt></math>", "10^–3 and $√s$"),
    (
        "<math><munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><munder><mo>inf</mo><mi>x</mi></munder></math>",
        "$∑_i^ninf_x$",
    ),
    ("a<script>alert(1)</script> b", "a b"),
    ('<Emphasis Type="Italic">E</Emphasis>. <Abc:Para>coli</Abc:Para>', "E. coli"),
    # mathematics is not markup, nor is a tag alone
    ("values <q> and <s> of (<Q>Fe)", "values <q> and <s> of (<Q>Fe)"),
    ("n<th>m, the mean <p> of", "n<th>m, the mean <p> of"),
    ("one</p> two</sub>", "one two"),
    ("until </think> and </s>", "until </think> and </s>"),
    ("until </think> and <script>", "until </think> and <script>"),
    ("<Ab> and <cite this> of <x|y>", "<Ab> and <cite this> of <x|y>"),
    ("a < b and c > d", "a < b and c > d"),
    ("x<y and p>q", "x<y and p>q"),
    ("if <b and c> hold", "if <b and c> hold"),
    ("for n<p>k and $i<b>0$", "for n<p>k and $i<b>0$"),
    ("<1661::AID-SIM968>3.0", "<1661::AID-SIM968>3.0"),
    # character references
    ("AT&T, R&D; a &amp; b", "AT&T, R&D; a & b"),
    ("&#x03b1;-helix&nbsp;of &#945;, &quot;x&quot;", 'α-helix of α, "x"'),
    ("&amp;lt;i&amp;gt;twice&amp;lt;/i&amp;gt;", "twice"),
    ("&bogus; &region; &copy without end", "&bogus; &region; &copy without end"),
    # Unicode
    ("Schro\u0308dinger", "Schrödinger"),
    ("e\ufb03cient \ufb01eld", "efficient field"),
    ("two\u00ad\nlines\u00ad \u00ad2", "twolines 2"),
    ("non\u2010linear x\u2011ray", "non-linear x-ray"),
    ("ＤＮＡ １２ ｶﾞｽ，", "DNA 12 ガス，"),
    ("\U0001d6fc-helix, \U0001d411\U0001d41e\U0001d42c", "α-helix, Res"),
    ("CO₂ at 5 µm, type Ⅲ ⼤学 5㎎", "CO2 at 5 μm, type III 大学 5mg"),
    ("\ufefb \ufee3\ufeae\ufea3\ufe92\ufe8e", "لا مرحبا"),
    ("m² and ℝ", "m² and ℝ"),
    ("soft\u00adhy\u200bphen\ufeff \u200fmark", "softhyphen mark"),
    ("می\u200cخواهم", "می\u200cخواهم"),
    ("क\u094d\u200dष", "क\u094d\u200dष"),
    ("x\u200dy", "xy"),
    ("null\x00byte\x07 bell\x85x\u2028y", "null byte bell x y"),
    ("half \ud83d pair", "half \ufffd pair"),
    # both
    ("<i>Erd\\H{o}s</i> &amp; R\\'enyi", "Erdős & Rényi"),
]


@pytest.mark.parametrize(("raw", "normal"), CASES)
def test_normal_form(raw, normal):
    assert normalise(raw)[0] == normal


HOSTILE = {
    "<!--": None, "<![CDATA[": None, r"\(": None, "$": None, "{": None, "<b ": None, "<i>": None,
    "&amp;": "&", "</p>": "", r"\'e": "é",
}  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_long_hostile_text_takes_linear_time(piece):
    """If the time grew with the square of the length, each of these would take minutes."""
    text = piece * 50_000
    expected = text if HOSTILE[piece] is None else HOSTILE[piece] * 50_000
    assert normalise(text)[0].replace(" ", "") == expected.replace(" ", "")


NESTED = {
    "comments": ("<!--", "a", "-->"),
    "sections": ("<![CDATA[", "a", "]]>"),
    "tags": ("<br", "", ">"),
    "references of references": ("", "&", "#38;"),
    "TeX in tags": ("<sub a\\", "", "o=1>"),
}


@pytest.mark.parametrize("name", NESTED)
def test_nested_markup_takes_linear_work(monkeypatch, name):
    """The characters that are looked at are counted: without LAYERS they would grow with the square of the depth."""
    peel, work = markup._peel, [0]

    def counted(text: str) -> str:
        work[0] += len(text)
        return peel(text)

    monkeypatch.setattr(markup, "_peel", counted)
    first, inner, last = NESTED[name]
    for depth in (4, 300, 600):
        text = first * depth + inner + last * depth
        work[0] = 0
        normal, _ = normalise(text)
        assert work[0] <= 2 * LAYERS * (len(text) + 1)
        assert normalise(normal) == (normal, set())


PIECES = (
    st.sampled_from([raw for raw, _ in CASES])
    | st.text(max_size=8)
    | st.text("<>&;/$\\{}'\"amplti ", max_size=12)
)


@given(st.lists(PIECES, max_size=4).map("".join))
def test_normal_forms_stay_as_they_are(text):
    normal, _ = normalise(text)
    assert normalise(normal) == (normal, set())
    assert unicodedata.is_normalized("NFC", normal)
    assert normal == " ".join(normal.split())


@given(
    st.text(
        st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"], exclude_characters="<&\\"), max_size=60
    )
)
def test_words_survive_escaping(text):
    assert normalise(f"<p>{html.escape(text)}</p>")[0] == normalise(text)[0]


def test_columns_are_normalised_row_by_row():
    raws = [raw for raw, _ in CASES if "\ud83d" not in raw] + ["  plain\n text ", None, "", "x"]
    strings = pa.array(["cut off", *raws, "cut off"]).slice(1, len(raws))
    found, changed = normalise_strings(strings)
    expected = [raw if raw is None else normalise(raw)[0] for raw in raws]
    assert found.to_pylist() == expected
    for name, rows in changed.items():
        needed = [i for i, raw in enumerate(raws) if raw and name in normalise(raw)[1]]
        np.testing.assert_array_equal(rows, needed)
