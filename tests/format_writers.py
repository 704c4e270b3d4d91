"""The bundled papers as files of other formats, each written by an independent writer."""

import csv
import gzip
import io
import json
from xml.sax.saxutils import escape

import bibtexparser
import pandas as pd
import rispy
from bibtexparser.model import Entry, Field

from conftest import ABSTRACT, ROOT, as_lines

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

# with macros and a brace that is not closed
ODD_BIBTEX = rf"""@string{{nat = "Nature, and more"}}
@comment{{jabref-meta: x}}
@article{{a, title = {{One {{DNA}} and {{G{{\"o}}del}}}}, abstract = {{{ABSTRACT} 5\% \& more}}, journal = nat, year = 2020, month = mar}}

@article{{b, title = {{Unclosed {{brace}}, abstract = {{{ABSTRACT}}}, year = 2020}}

@article{{c, title = "Quo{{"}}ted", abstract = {{{ABSTRACT}}}, journal = unknown, year = 2021}}
@article{{, title = {{No key}}, title = {{Twice}}, abstract = {{{ABSTRACT}}}, doi = {{10.1234/X}}}}
"""
