"""clean: BibTeX with macros, braces and the escapes of programs."""

import re
from datetime import date

import pytest

from cleaned import counts, run_clean
from conftest import ABSTRACT, as_lines
from format_writers import ODD_BIBTEX, PAPERS


def test_bibtex_with_macros_and_unclosed_braces(out):
    rows, ledger, _ = run_clean(ODD_BIBTEX.encode(), out, max_malformed_share=0.5)
    titles = {row["id"].partition(":")[0]: row["title"] for row in rows}
    assert titles == {"a": "One DNA and Gödel", "c": 'Quo"ted', "10.1234/x": "No key"}
    a = next(row for row in rows if row["id"].startswith("a:"))
    assert a["abstract"] == f"{ABSTRACT} 5% & more"
    assert (a["categories"], a["published"]) == (["Nature, and more"], date(2020, 3, 1))
    assert counts(ledger) == {"kept": 3, "malformed_json": 1}
    (entry,) = ledger["buckets"]["malformed_json"]["first"]
    assert entry["line"] == 2 and "@article{b" in entry["reason"]


# As the translators of Zotero and Mendeley write the characters of a text
ZOTERO = dict(zip("|<>~^\\", "bar less greater asciitilde asciicircum backslash".split(), strict=True))
ZOTERO = {c: rf"{{\text{name}}}" for c, name in ZOTERO.items()} | {c: f"\\{c}" for c in "{}#$%&_"}
MENDELEY = ZOTERO | {c: f"{{\\{c}}}" for c in "#$%&_"} | {"~": r"{\~{}}", "^": r"{\^{}}"}


@pytest.mark.parametrize("signs", [ZOTERO, MENDELEY])
def test_characters_that_programs_escape_in_bibtex(out, signs):
    """All bundled papers with TeX, braces and signs in their texts give the texts that JSON lines give."""
    papers = [p for p in PAPERS if set("{}\\#%&_$^~<") & set(p["title"] + p["abstract"])]
    papers = [{"id": p["id"], **{k: " ".join(p[k].split()) for k in ("title", "abstract")}} for p in papers]
    papers = [p for p in papers if all(p[k].count("{") == p[k].count("}") for k in p)]
    assert len(papers) > 1000
    entries = []
    for p in papers:
        title, abstract = ("".join(signs.get(c, c) for c in p[k]) for k in ("title", "abstract"))
        title = re.sub(r"(?<= )([A-Z]\w*)(?= )", r"{\1}", title)  # keeps its capitals
        entries.append(f"@article{{{p['id']},\n\ttitle = {{{title}}},\n\tabstract = {{{abstract}}},\n}}\n")
    expected, _, _ = run_clean(as_lines(*papers), out)
    rows, ledger, _ = run_clean("\n".join(entries).encode(), out)
    assert len(rows) == len(expected) and not counts(ledger).get("malformed_json")
    assert {row["id"].partition(":")[0]: row["text"] for row in rows} == {
        row["id"]: row["text"] for row in expected
    }


def test_indices_fonts_prices_and_identifiers_of_bibtex(out):
    fields = {
        "title": r"{CO}\textsubscript{2} in \textit{E. coli} at 10\textsuperscript{{\textbackslash}alpha} for \$5 or \$10",
        "abstract": f"{ABSTRACT} ${{x\\_1}}$ and \\{{1, 2\\}} \\textless{{}} 3",
        "doi": r"10.1007/978-3-319-1{\_}3",
    }
    text = "@article{a, " + ", ".join(f"{name} = {{{value}}}" for name, value in fields.items()) + "}"
    (row,), _, _ = run_clean(text.encode(), out)
    expected = {
        "title": r"CO<sub>2</sub> in E. coli at 10<sup>\alpha</sup> for $5 or $10",
        "abstract": ABSTRACT + r" ${x\_1}$ and {1, 2} < 3",
    }
    (known,), _, _ = run_clean(as_lines({"id": "a", **expected}), out)
    assert (row["title"], row["abstract"]) == (known["title"], known["abstract"])
    assert row["id"] == "10.1007/978-3-319-1_3"


def test_a_line_of_an_abstract_of_bibtex_may_begin_with_an_at_sign(out, monkeypatch):
    monkeypatch.setattr("lib.formats.lines.READ_BYTES", 64)  # entries end in other pieces
    entries = [
        f"@article{{k{i},\n title = {{T {i}}},\n abstract = {{{ABSTRACT}\n@home {i}\n@work}},\n year = 2020\n}}\n"
        for i in range(5)
    ]
    rows, ledger, _ = run_clean("".join(entries).encode(), out, max_malformed_share=0.5)
    assert counts(ledger) == {"kept": 5}
    assert sorted(row["abstract"] for row in rows) == [f"{ABSTRACT} @home {i} @work" for i in range(5)]
