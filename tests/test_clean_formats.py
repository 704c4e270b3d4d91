"""clean: files of other formats, each written by an independent writer, and odd files of their kinds."""

import gzip
import json
import random
from datetime import date
from pathlib import Path

import pytest

from cleaned import counts, run_clean
from conftest import ABSTRACT, ROOT, as_lines, assert_refused, paper, script
from format_writers import (
    FORMATS,
    PLAIN,
    as_csv,
    as_json_lines,
    bibtex,
    csl_json,
    parquet,
    pubmed_xml,
    ris,
    scopus,
    web_of_science_csv,
    web_of_science_text,
)
from measure import cleaned_files, default_flags


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


@pytest.mark.parametrize(
    "write", [scopus, web_of_science_csv, ris, bibtex, web_of_science_text, csl_json, as_json_lines]
)
def test_lines_that_end_in_carriage_returns_alone(out, write):
    data = write().replace(b"\r\n", b"\n")
    expected, _, _ = run_clean(data, out)
    rows, ledger, _ = run_clean(data.replace(b"\n", b"\r"), out)
    assert rows == expected and counts(ledger) == {"kept": len(PLAIN)}


def test_a_line_above_json_lines_makes_them_no_table(out):
    _, ledger, _ = run_clean(
        b"id, title, abstract\n" + as_lines(paper("1"), paper("2")), out, max_malformed_share=0.5
    )
    assert counts(ledger) == {"kept": 2, "malformed_json": 1}


def test_an_object_over_several_lines_is_read(out):
    data = "\n".join(json.dumps(paper(key), indent=1) for key in "abc").encode()
    assert counts(run_clean(data, out)[1]) == {"kept": 3}


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


def test_the_files_are_those_of_the_shared_cases(out):
    folder = Path(ROOT).parent / "shared" / "cases"
    if not folder.is_dir():
        pytest.skip("the cases are not part of the repository")
    for name, buckets in CASES.items():
        assert counts(run_clean(folder / name, out)[1]) == buckets, name


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
