"""clean: files of other formats, each written by an independent writer, and odd files of their kinds."""

import csv
import gzip
import io
import json
import os
import random
import re
import sys
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from xml.sax.saxutils import escape

import bibtexparser
import pandas as pd
import pytest
import rispy
from bibtexparser.model import Entry, Field

from cleaned import counts, run_clean
from conftest import ABSTRACT, ROOT, as_lines, assert_refused, paper, script
from lib.cli import UserError
from lib.formats.content import content
from lib.records.fields import FieldPaths
from lib.records.records import Filters, parse_block
from lib.records.snapshot import blocks, open_snapshot
from measure import cleaned_files, default_flags

with gzip.open(ROOT / "data" / "sample.jsonl.gz") as bundled:
    PAPERS = [json.loads(line) for line in bundled]
# as exports hold them; TeX and braces mean other things in BibTeX
PLAIN = [
    {
        "id": paper["id"],
        "title": " ".join(paper["title"].split()),
        "abstract": " ".join(paper["abstract"].split()),
    }
    for paper in PAPERS
    if not set("{}\\@#%&_$^~") & set(paper["title"] + paper["abstract"])
    and len(paper["abstract"]) > 100
    and "withdrawn" not in paper["abstract"]
][:300]
DOI = {paper["id"]: f"10.1234/{paper['id'].lower()}" for paper in PLAIN}


def as_csv(rows: list[dict], **options) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), **options)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def tables(title: str, abstract: str, year: str, **more: str) -> list[dict]:
    """The papers as rows with these columns; `more` are those of the id and others."""
    return [
        {title: p["title"], abstract: p["abstract"], year: 2020, **{k: p[v] for k, v in more.items()}}
        for p in PLAIN
    ]


def scopus() -> bytes:
    return b"\xef\xbb\xbf" + as_csv(tables("Title", "Abstract", "Year", EID="id"))


def web_of_science_tabs() -> bytes:
    rows = [
        {"PT": "J", "AU": "Doe, J", "TI": p["title"], "AB": p["abstract"], "PY": "2020", "UT": p["id"]}
        for p in PLAIN
    ]
    lines = ["\t".join(rows[0]), *("\t".join(row.values()) for row in rows)]
    return "\r\n".join(lines).encode("utf-16")


def web_of_science_csv() -> bytes:
    named = {"UT (Unique WOS ID)": "id"}
    return as_csv(tables("Article Title", "Abstract", "Publication Year", **named), delimiter=";")


def dimensions() -> bytes:
    rows = tables("Title", "Abstract", "PubYear", **{"Publication ID": "id"})
    return b'"About the data: Exported on Nov 29, 2026. Criteria: any, title"\n' + as_csv(rows)


def lens() -> bytes:
    return as_csv(tables("Title", "Abstract", "Publication Year", **{"Lens ID": "id"}), quoting=csv.QUOTE_ALL)


def openalex_csv() -> bytes:
    return as_csv(tables("display_name", "abstract", "publication_year", id="id"))


def ris() -> bytes:
    entries = [
        {
            "type_of_reference": "JOUR",
            "title": p["title"],
            "abstract": p["abstract"],
            "accession_number": p["id"],
        }
        for p in PLAIN
    ]
    return rispy.dumps(entries).encode()


def bibtex() -> bytes:
    library = bibtexparser.Library()
    for p in PLAIN:
        fields = [Field("title", f"{{{p['title']}}}"), Field("abstract", f"{{{p['abstract']}}}")]
        library.add(Entry("article", p["id"], fields))
    return bibtexparser.write_string(library).encode()


def csl_json() -> bytes:
    items = [{"type": "article-journal", "issued": {"date-parts": [[2020, 5]]}, **p} for p in PLAIN]
    return json.dumps(items, indent=2).encode()


def as_json_lines() -> bytes:
    return as_lines(*(p | {"categories": None} for p in PLAIN))


def web_of_science_text() -> bytes:
    """Lines of at most 80 characters, as the exports have."""
    records = []
    for p in PLAIN:
        abstract = "\n   ".join(wrap(p["abstract"]))
        title = "\n   ".join(wrap(p["title"]))
        records.append(f"PT J\nAU Doe, J\n   Roe, R\nTI {title}\nAB {abstract}\nPY 2020\nUT {p['id']}\nER\n")
    return ("\ufeffFN Clarivate Analytics Web of Science\nVR 1.0\n" + "\n".join(records) + "\nEF\n").encode()


def full_stop(title: str) -> str:
    """What PubMed puts behind a title: a full stop, where no sign ends it."""
    return "" if title[-1] in ".?!" else "."


def medline() -> bytes:
    records = []
    for p in PLAIN:
        abstract, title = ("\r\n      ".join(wrap(p[key])) for key in ("abstract", "title"))
        records.append(
            f"PMID- {p['id']}\r\nOWN - NLM\r\nDP  - 2020 Mar 5\r\nTI  - {title}{full_stop(title)}\r\nAB  - {abstract}\r\nTA  - Nat Med\r\n"
        )
    return ("\r\n" + "\r\n".join(records)).encode()


def pubmed_xml() -> bytes:
    articles = [
        f"<PubmedArticle><MedlineCitation><PMID Version='1'>{p['id']}</PMID><Article><Journal><JournalIssue><PubDate>"
        f"<Year>2020</Year><Month>Mar</Month></PubDate></JournalIssue></Journal><ArticleTitle>{escape(p['title'])}"
        f"{full_stop(p['title'])}</ArticleTitle><Abstract><AbstractText>{escape(p['abstract'])}</AbstractText></Abstract></Article>"
        "<MedlineJournalInfo><MedlineTA>Nat Med</MedlineTA></MedlineJournalInfo></MedlineCitation></PubmedArticle>"
        for p in PLAIN
    ]
    head = '<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle" "x.dtd">\n'
    return f"{head}<PubmedArticleSet>{''.join(articles)}</PubmedArticleSet>".encode()


def parquet() -> bytes:
    file = io.BytesIO()
    pd.DataFrame(PLAIN).assign(published=pd.Timestamp("2020-05-01")).to_parquet(file)
    return file.getvalue()


def inverted(text: str) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for at, word in enumerate(text.split()):
        index.setdefault(word, []).append(at)
    return index


def openalex_pages() -> bytes:
    works = [
        {"id": p["id"], "title": p["title"], "abstract_inverted_index": inverted(p["abstract"])}
        for p in PLAIN
    ]
    return "\n".join(
        json.dumps({"meta": {"count": len(PLAIN)}, "results": works[at : at + 30], "group_by": []})
        for at in range(0, len(PLAIN), 30)
    ).encode()


def crossref_page() -> bytes:
    items = [
        {"DOI": p["id"], "title": [p["title"]], "abstract": f"<jats:p>{p['abstract']}</jats:p>"}
        for p in PLAIN
    ]
    return json.dumps(
        {"status": "ok", "message": {"total-results": len(PLAIN), "items": items}}, indent=1
    ).encode()


def europe_pmc_page() -> bytes:
    result = [{"id": p["id"], "title": p["title"], "abstractText": p["abstract"]} for p in PLAIN]
    return json.dumps({"hitCount": len(PLAIN), "resultList": {"result": result}}).encode()


def semantic_scholar_page() -> bytes:
    return json.dumps(
        {
            "total": len(PLAIN),
            "data": [{"paperId": p["id"], **{k: p[k] for k in ("title", "abstract")}} for p in PLAIN],
        }
    ).encode()


def array() -> bytes:
    return json.dumps(PLAIN).encode()


def wrap(text: str) -> list[str]:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > 75:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines


FORMATS = [
    *(scopus, web_of_science_tabs, web_of_science_csv, dimensions, lens, openalex_csv, ris, bibtex, csl_json),
    *(web_of_science_text, medline, pubmed_xml, parquet, array),
    *(openalex_pages, crossref_page, europe_pmc_page, semantic_scholar_page),
]


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("write", FORMATS)
def test_exports_give_the_texts_of_the_papers(out, write, packed):
    expected, ledger, _ = run_clean(as_json_lines(), out)
    assert len(expected) == 300 and ledger["unit"] == "line"
    data = write()
    if packed and write is not parquet:
        data = gzip.compress(data)
    rows, ledger, _ = run_clean(data, out)
    assert counts(ledger) == {"kept": 300} and (ledger["lines"], ledger["unit"]) == (300, "record")
    for row, known in zip(rows, expected, strict=True):
        assert all(row[key] == known[key] for key in ("title", "abstract", "text", "text_hash"))
        # a key of BibTeX is followed by a hash, since another file may have it for another paper
        assert row["id"].partition(":" if write is bibtex else "\0")[0] == known["id"]


CASES = {
    "other-formats/refs.ris": {"kept": 12},
    "other-formats/refs.bib": {"kept": 12},
    "other-formats/wos.txt": {"kept": 12},
    "api-pages/input.jsonl": {"kept": 400},
    "api-pages/europe_pmc.jsonl": {"kept": 400},
    "doi-spellings/input.jsonl": {"kept": 60, "duplicate": 60},
    "ids-with-versions/input.jsonl": {"kept": 60, "duplicate": 20},
    "jats-markup/input.jsonl.gz": {"kept": 160, "short_abstract": 3},
    "no-abstract-notes/input.jsonl": {"kept": 120, "no_abstract": 40},
    "one-odd-line/many.jsonl": {"kept": 60},
    "one-odd-line/many_and_a_blank_line.jsonl": {"kept": 60, "blank": 1},
    "withdrawn/input.jsonl": {"kept": 5, "withdrawn": 8},
    "years-to-come/input.jsonl": {"kept": 400},
}


@pytest.mark.parametrize("kind", ["ris", "bib", "wos"])
def test_small_exports_without_ids_are_read(out, kind):
    """Of twelve papers without id or DOI the id is that of title and year, in any run."""
    lines = {
        "ris": "TY  - JOUR\nTI  - {0}\nAB  - {1}\nPY  - 2020\nER  - \n",
        "bib": "@article{{,\n  title = {{{0}}},\n  abstract = {{{1}}},\n  year = 2020\n}}\n",
        "wos": "PT J\nTI {0}\nAB {1}\nPY 2020\nER\n",
    }[kind]
    text = "\n".join(lines.format(f"Paper {i}", ABSTRACT) for i in range(12))
    rows, ledger, _ = run_clean(text.encode(), out)
    assert counts(ledger) == {"kept": 12}
    assert all(row["published"] == date(2020, 1, 1) for row in rows)
    assert len({row["id"] for row in rows}) == 12
    assert run_clean(text.encode(), out)[0] == rows


def test_a_doi_is_the_id_of_a_record_without_one(out):
    text = f"TY  - JOUR\nT1  - One\nN2  - {ABSTRACT}\nDO  - https://doi.org/10.1234/ABC\nER  - \n"
    (row,), _, _ = run_clean(text.encode(), out)
    assert (row["id"], row["title"]) == ("10.1234/abc", "One")
    data = as_csv([{"Title": "One", "Abstract": ABSTRACT, "DOI": "doi:10.1234/ABC"}])
    assert run_clean(data, out)[0][0]["id"] == "10.1234/abc"


def test_records_of_ris_without_an_end_are_not_joined(out):
    """rispy reads one paper of these three."""
    text = "".join(f"TY  - JOUR\nTI  - Paper {i}\nAB  - {ABSTRACT}\nPY  - 2020/03//\n\n" for i in range(3))
    rows, _, _ = run_clean(text.encode(), out)
    assert [row["title"] for row in sorted(rows, key=lambda row: row["title"])] == [
        "Paper 0",
        "Paper 1",
        "Paper 2",
    ]
    assert rows[0]["published"] == date(2020, 3, 1)


@pytest.mark.parametrize("fields", ["", "message.items[]."])
def test_pages_of_an_api_are_never_one_paper(out, fields):
    pages = [
        {
            "status": "ok",
            "message": {
                "items": [
                    {
                        "DOI": f"p{i}{j}",
                        "title": [f"Paper {i} {j}"],
                        "abstract": ABSTRACT,
                        "issued": {"date-parts": [[2019]]},
                    }
                    for j in range(10)
                ]
            },
        }
        for i in range(40)
    ]
    paths = {"id": "DOI", "title": "title", "abstract": "abstract", "published": "issued.date-parts"}
    flags = {"fields": {name: fields + path for name, path in paths.items()}} if fields else {}
    rows, ledger, _ = run_clean(as_lines(*pages, {"message": "rate limit"}), out, **flags)
    assert counts(ledger) == {"kept": 400, "no_id": 1}
    assert rows[0]["published"] == date(2019, 1, 1)
    assert ledger["buckets"]["no_id"]["first"][0]["line"] == 401


BIB = rf"""@string{{nat = "Nature, and more"}}
@comment{{jabref-meta: x}}
@article{{a, title = {{One {{DNA}} and {{G{{\"o}}del}}}}, abstract = {{{ABSTRACT} 5\% \& more}}, journal = nat, year = 2020, month = mar}}

@article{{b, title = {{Unclosed {{brace}}, abstract = {{{ABSTRACT}}}, year = 2020}}

@article{{c, title = "Quo{{"}}ted", abstract = {{{ABSTRACT}}}, journal = unknown, year = 2021}}
@article{{, title = {{No key}}, title = {{Twice}}, abstract = {{{ABSTRACT}}}, doi = {{10.1234/X}}}}
"""


def test_bibtex_with_macros_and_unclosed_braces(out):
    rows, ledger, _ = run_clean(BIB.encode(), out, max_malformed_share=0.5)
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


@pytest.mark.parametrize(
    "write", [scopus, web_of_science_csv, ris, bibtex, web_of_science_text, csl_json, as_json_lines]
)
def test_lines_that_end_in_carriage_returns_alone(out, write):
    data = write().replace(b"\r\n", b"\n")
    expected, _, _ = run_clean(data, out)
    rows, ledger, _ = run_clean(data.replace(b"\n", b"\r"), out)
    assert rows == expected and counts(ledger) == {"kept": len(PLAIN)}


def test_commas_in_the_headings_of_a_table_do_not_divide_it(out):
    head = "id;title;abstract;year, first, of the print, or online"
    rows, _, _ = run_clean(f"{head}\n1;One;{ABSTRACT};2020\n".encode(), out)
    assert [(row["id"], row["title"], row["abstract"]) for row in rows] == [("1", "One", ABSTRACT)]


DATED = {  # the date of Zotero's field, and the day of the paper whose year is 2020
    "2020-03-15": date(2020, 3, 15),
    "3/2020": date(2020, 3, 1),
    "in press": date(2020, 1, 1),
    "03/04/2020": date(2020, 1, 1),
    "Mar 15": date(2020, 1, 1),
    "": date(2020, 1, 1),
}


@pytest.mark.parametrize("kind", ["csv", "ris"])
def test_a_year_stands_in_for_a_date_that_is_not_understood(out, kind):
    if kind == "csv":
        rows = [
            {"Key": f"k{i}", "Publication Year": 2020, "Title": "T", "Abstract Note": ABSTRACT, "Date": day}
            for i, day in enumerate(DATED)
        ]
        data = as_csv(rows)
    else:
        lines = "TY  - JOUR\nAN  - k{0}\nTI  - One\nAB  - {1}\nPY  - 2020\nDA  - {2}\nER  - \n"
        data = "".join(lines.format(i, ABSTRACT, day) for i, day in enumerate(DATED)).encode()
    papers, ledger, _ = run_clean(data, out)
    assert {row["id"]: row["published"] for row in papers} == {
        f"k{i}": day for i, day in enumerate(DATED.values())
    }
    assert not ledger["not_understood"]["published"]["count"]


@pytest.mark.parametrize("day", ["soon", "2204-01-01"])
def test_a_date_that_nothing_stands_in_for_is_named(out, day):
    row = {"Key": "a", "Publication Year": "", "Title": "One", "Abstract Note": ABSTRACT, "Date": day}
    _, ledger, _ = run_clean(as_csv([row]), out)
    assert day in ledger["not_understood"]["published"]["first"][0]["reason"]


@pytest.mark.parametrize("issued", [{"literal": "Spring 2020"}, {"raw": "2020"}, {"date-parts": [["2020"]]}])
def test_dates_of_csl_json_in_words(out, issued):
    item = {"id": "a", "type": "article-journal", "title": "One", "abstract": ABSTRACT, "issued": issued}
    assert run_clean(json.dumps([item]).encode(), out)[0][0]["published"] == date(2020, 1, 1)


def test_dates_of_parquet_are_taken_before_the_year(out):
    file = io.BytesIO()
    rows = [{"id": "a", "title": "One", "abstract": ABSTRACT, "published": date(2020, 3, 15), "year": 2019}]
    pd.DataFrame(rows).to_parquet(file)
    assert run_clean(file.getvalue(), out)[0][0]["published"] == date(2020, 3, 15)


TITLE = "Größe, Maß und\nWert"
ROWS = [
    {"Title": f"{TITLE} {i}", "Year": 2020, "Abstract": ABSTRACT + '\n\n"quoted"; more,', "EID": f"e{i}"}
    for i in range(9)
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_in_any_encoding_and_with_any_delimiter(out, encoding, delimiter):
    data = as_csv(ROWS, delimiter=delimiter).decode().encode(encoding)
    rows, ledger, _ = run_clean(data, out)
    assert counts(ledger) == {"kept": 9}
    assert [row["title"] for row in rows] == [f"Größe, Maß und Wert {i}" for i in range(9)]
    assert rows[0]["abstract"] == f'{ABSTRACT} "quoted"; more,'


def test_odd_rows_of_a_table(out):
    """A doubled heading counts once; a row of too many cells is malformed, one of too few lacks what it lacks."""
    rows = [["EID", "Title", "Title", "Abstract", "a.b"]] + [
        [f"e{i}", "First", "Second", ABSTRACT, "x"] for i in range(3)
    ]
    rows += [["e8", "First", "Second", ABSTRACT, "x", "one more"], ["e9", "First"], []]
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    kept, ledger, _ = run_clean(text.getvalue().encode(), out, max_malformed_share=0.5)
    assert [row["title"] for row in kept] == ["First"] * 3
    assert counts(ledger) == {"kept": 3, "malformed_json": 1, "no_abstract": 1}
    assert "6 cells" in ledger["buckets"]["malformed_json"]["first"][0]["reason"]


def test_a_line_above_json_lines_makes_them_no_table(out):
    _, ledger, _ = run_clean(
        b"id, title, abstract\n" + as_lines(paper("1"), paper("2")), out, max_malformed_share=0.5
    )
    assert counts(ledger) == {"kept": 2, "malformed_json": 1}


def test_an_object_over_several_lines_is_read(out):
    data = "\n".join(json.dumps(paper(key), indent=1) for key in "abc").encode()
    assert counts(run_clean(data, out)[1]) == {"kept": 3}


def test_columns_of_a_table_by_the_config(out):
    data = as_csv([{"no": i, "Titel": "One", "Text": {"v": ABSTRACT}["v"]} for i in range(3)])
    rows, _, _ = run_clean(data, out, fields={"id": "no", "title": "Titel", "abstract": "Text"})
    assert [row["id"] for row in rows] == ["0", "1", "2"]


def zipped(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return file.getvalue()


REFUSED = {
    "PubMed's CSV": (b"PMID,Title,Authors,Citation,DOI\n1,One,Doe,x,y\n", "PubMed's CSV has no abstracts"),
    "no abstracts": (b"Title,Year,EID\nOne,2020,e1\n", "no column of this table holds abstracts"),
    "unknown columns": (b"name,text,number\nOne,Two,3\n", "without a column `title` or `abstract`"),
    "GB18030": (f"id,title,abstract\n1,标题的,{'摘要，的。' * 30}\n".encode("gb18030"), "GB18030"),
    **{
        coding: (f"id,title,abstract\n1,One,{word} {ABSTRACT}\n".encode(coding), "is that of the program")
        for coding, word in {
            "cp1251": "исследования",
            "koi8_r": "исследования",
            "shift_jis": "本研究では要旨",
            "euc_kr": "연구의 결과는",
            "cp1253": "αποτελέσματα",
            "mac_roman": "naïve Å Größe \u2030",
        }.items()
    },
    "EndNote XML": (b"<?xml version='1.0'?><xml><records><record>", "an EndNote XML file"),
    "RDF": (b'<rdf:RDF\n xmlns:rdf="x">\n<bib:Article/>', "this is RDF"),
    "MODS": (b"<?xml version='1.0'?>\n<modsCollection xmlns='x'>", "this is MODS"),
    "XHTML": (b"<?xml version='1.0'?>\n<!DOCTYPE html PUBLIC ''>\n<html>", "an HTML page"),
    "Word": (zipped("[Content_Types].xml", "word/document.xml"), "a document of Word"),
    "OpenDocument": (zipped("mimetype", "content.xml"), "an OpenDocument file"),
    "Excel, new": (zipped("[Content_Types].xml", "xl/workbook.xml"), "a workbook of Excel"),
    "an empty page": (b'{"meta": {"count": 0}, "results": []}', "no record in it"),
    "EndNote": (b"%0 Journal Article\n%T One\n", "EndNote export; export it as RIS"),
    "other XML": (b'<?xml version="1.0"?>\n<records/>', "XML, but not PubMed's"),
    "PDF": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", "this is a PDF"),
    "HTML": (b"\n<!doctype html>", "an HTML page"),
    "7z": (b"7z\xbc\xaf'\x1c", "a 7z archive"),
    "RAR": (b"Rar!\x1a\x07", "a RAR archive"),
    "Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1", "a workbook of Excel"),
    "headings": (b'id,"title,abstract\n1,One,Two\n', "a quotation mark that is not closed"),
    "damaged Parquet": (b"PAR1....", "damaged Parquet"),
    "damaged XML": (b"<PubmedArticleSet><PubmedArticle></PubmedArticleSet>", "damaged XML"),
    "array cut off": (json.dumps([paper()] * 3).encode()[:-20], "record 3"),
    "array without its end": (json.dumps([paper()] * 3).encode()[:-1], "cut off behind record 3"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_recognized_and_not_read_is_named(out, case):
    data, said = REFUSED[case]
    with pytest.raises(UserError, match=r"snapshot\.jsonl") as caught:
        run_clean(data, out)
    assert said in str(caught.value)
    assert not list(out.iterdir())


RECORDS = {
    "OpenAlex": {
        "id": "https://openalex.org/W1",
        "title": "One",
        "abstract_inverted_index": inverted(ABSTRACT),
    },
    "Crossref": {
        "DOI": "10.1/x",
        "title": ["One"],
        "abstract": ABSTRACT,
        "container-title": ["J"],
        "issued": {},
    },
    "Europe PMC": {"id": "1", "title": "One", "abstractText": ABSTRACT},
    "Semantic Scholar": {"paperId": "1", "title": "One", "abstract": ABSTRACT},
    "PubMed": {"pmid": "1", "title": "One", "abstract": ABSTRACT, "medline_ta": "J", "pubdate": "2020"},
}


@pytest.mark.parametrize("name", RECORDS)
def test_the_preset_that_fits_is_named_in_two_lines(out, name):
    with pytest.raises(UserError) as caught:
        run_clean(as_lines(RECORDS[name], RECORDS[name]), out)
    preset = name.lower().replace(" ", "_")
    assert f"This looks like {name}: add --configfile presets/{preset}.yaml" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize("page", [True, False])
def test_a_preset_is_named_only_where_it_reads_more(out, capsys, page):
    """Of pages of an API the paths of all presets are tried."""
    record = RECORDS["Europe PMC"]
    if page:
        run_clean(json.dumps({"resultList": {"result": [record]}}).encode(), out)
    else:
        fields = {"id": "id", "title": "title", "abstract": "abstractText", "published": "year"}
        run_clean(as_lines(record), out, fields=fields | {"categories": "category"})
    said = capsys.readouterr()
    assert ("europe_pmc.yaml" in said.out + said.err) != page
    assert "in all records" in said.out + said.err


def test_several_files_of_several_formats(tmp_path, out):
    """The order of the files does not matter, and the ledger names the file and the number in it."""
    parts = {
        "a.csv": scopus(),
        "b.ris": ris(),
        "c.jsonl": as_lines(paper("2301.00001"), paper("2301.00002")) + b"{\n",
    }
    for name, data in parts.items():
        (tmp_path / name).write_bytes(data)
    files = [tmp_path / name for name in parts]
    flags = cleaned_files(out)
    results = {}
    for order in (files, random.Random(1).sample(files, 3)):
        assert (
            script("clean", snapshot=sorted(map(str, order)), max_malformed_share=0.1, **flags).returncode
            == 0
        )
        results[tuple(order)] = [path.read_bytes() for path in flags.values()]
    assert len(set(map(tuple, results.values()))) == 1
    ledger = json.loads(flags["ledger"].read_text())
    assert ledger["input"] == ["a.csv", "b.ris", "c.jsonl"]
    assert (ledger["lines"], ledger["unit"]) == (603, "record")
    assert counts(ledger) == {"kept": 302, "duplicate": 300, "malformed_json": 1}
    assert [(e["file"], e["line"]) for e in ledger["buckets"]["malformed_json"]["first"]] == [("c.jsonl", 3)]
    assert {e["file"] for e in ledger["buckets"]["duplicate"]["first"]} == {"a.csv"}


def test_a_file_among_several_that_is_no_data_is_named(tmp_path, out):
    (tmp_path / "a.jsonl").write_bytes(as_lines(paper()))
    (tmp_path / "b.pdf").write_bytes(b"%PDF-1.7\n")
    flags = cleaned_files(out)
    result = script("clean", snapshot=[tmp_path / "a.jsonl", tmp_path / "b.pdf"], **flags)
    assert_refused(result, out, "b.pdf: this is a PDF")


PIECES = [
    b'"',
    b"{",
    b"}",
    b"\n",
    b"\r",
    b"\0",
    b",",
    b"[",
    b"]",
    b"\xff",
    b"TY  - JOUR\n",
    b"ER  - \n",
    b"\n@article{x,",
    b"<",
]


def damaged(data: bytes, others: list[bytes], rng: random.Random) -> bytes:
    """A file with a few bytes changed, cut out, cut off, put in, or taken from another file."""
    changed = bytearray(data)
    for _ in range(rng.choice([0, 1, 2, 5, 20])):
        at, kind = rng.randrange(len(changed) + 1), rng.randrange(5)
        if kind == 0:
            changed[at : at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            del changed[at : at + rng.randrange(1, 200)]
        elif kind == 2 and at:
            del changed[at:]
        elif kind == 3:
            changed[at:at] = rng.choice(PIECES)
        else:
            other = rng.choice(others)
            start = rng.randrange(len(other))
            changed[at:at] = other[start : start + rng.randrange(300)]
    return bytes(changed)


def test_damaged_files_are_refused_or_each_record_is_in_one_bucket(tmp_path, monkeypatch):
    """`EXAMPLES=10000` for a long run."""
    monkeypatch.setattr(sys.modules[__name__], "PLAIN", PLAIN[:8])
    files = [*(write() for write in FORMATS), as_lines(*PLAIN[:8]), BIB.encode()]
    flags = default_flags("clean")
    fields, path, rng = FieldPaths.parse(flags["fields"], flags["facets"]), tmp_path / "x", random.Random(5)
    filters = Filters(50, (), None, None, False, False, 2030)
    outcomes = Counter[str]()
    for _ in range(int(os.environ.get("EXAMPLES", "300"))):
        path.write_bytes(damaged(rng.choice(files), files, rng))
        number = 1
        try:
            with open_snapshot(path) as stream:
                found = content(stream, path, fields)
                for block in found.blocks or blocks(stream, path):
                    parsed = parse_block(block, filters, found.fields)
                    assert block.first_line == number
                    lines = block.data.count(b"\n") + (not block.data.endswith(b"\n"))
                    assert parsed.ledger.lines + len(parsed.ids) == lines
                    number += lines
            outcomes["read"] += 1
        except UserError as error:
            assert str(path) in str(error)
            outcomes["refused"] += 1
    assert min(outcomes["read"], outcomes["refused"]) > 30


def test_the_files_are_those_of_the_shared_cases(out):
    folder = Path(ROOT).parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not part of the repository")
    for name, buckets in CASES.items():
        assert counts(run_clean(folder / name, out)[1]) == buckets, name


def csv_rows(n: int) -> list[str]:
    return [f'{i},T {i},"{ABSTRACT} of paper {i}",2020' for i in range(n)]


@pytest.mark.parametrize("closed", [False, True])
def test_a_quotation_mark_that_is_not_closed_swallows_no_paper(out, closed):
    rows = csv_rows(40)
    rows[4] = f'4,T 4,"quoted start {ABSTRACT},2020'
    if closed:  # by one in a later row
        rows[30] = f'30,T 30,{ABSTRACT} and an end",2020'
    text = ("id,title,abstract,year\n" + "\n".join(rows)).encode()
    papers, ledger, _ = run_clean(text, out, max_malformed_share=0.1)
    lost = {4, 30} if closed else {4}
    assert counts(ledger) == {"kept": 40 - len(lost), "malformed_json": len(lost)}
    assert {row["title"] for row in papers} == {f"T {i}" for i in range(40) if i not in lost}


def test_lists_that_a_record_may_have_do_not_make_it_a_page(out):
    records = [{"key": str(i), "headline": f"T {i}", "text": ABSTRACT, "data": []} for i in range(3)]
    records[1]["data"] = [{"title": "a figure"}]
    fields = {"id": "key", "title": "headline", "abstract": "text"}
    rows, ledger, _ = run_clean(as_lines(*records), out, fields=fields)
    assert counts(ledger) == {"kept": 3} and [row["title"] for row in rows] == ["T 0", "T 1", "T 2"]


def test_ris_records_without_a_type_and_with_dashes_in_an_abstract(out):
    one = f"TY  - JOUR\nTI  - One\nAB  - {ABSTRACT}\nUS - a country, and more\nER  - \n"
    rows, ledger, _ = run_clean(f"{one}\nTI  - Two\nAB  - {ABSTRACT} 2\nER  - \n".encode(), out)
    assert counts(ledger) == {"kept": 2} and sorted(row["title"] for row in rows) == ["One", "Two"]
    assert any(row["abstract"].endswith("US - a country, and more") for row in rows)


def test_answers_of_pubmed_one_behind_the_other(out):
    one = pubmed_xml()
    other = one.replace(b"<PMID Version='1'>", b"<PMID Version='1'>9")
    _, ledger, _ = run_clean(one + b"\n" + other, out)
    assert counts(ledger) == {"kept": 600}


def test_a_deletion_without_a_date_drops_the_earlier_versions(out):
    first, second = paper("1"), paper("2")
    deleted = {"id": "1", "del": True}
    fields = default_flags("clean")["fields"] | {"deleted": "del"}
    rows, ledger, _ = run_clean(as_lines(first, second, deleted), out, fields=fields)
    assert [row["id"] for row in rows] == ["2"] and counts(ledger)["deleted"] == 1
    rows, _, _ = run_clean(as_lines(deleted, first, second), out, fields=fields)
    assert [row["id"] for row in rows] == ["1", "2"]
