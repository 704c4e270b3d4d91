"""clean: tables in any encoding, their headings, rows and dates."""

import csv
import io
import json
from datetime import date

import pandas as pd
import pytest

from cleaned import counts, run_clean
from conftest import ABSTRACT
from format_writers import (
    as_csv,
)


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


def test_columns_of_a_table_by_the_config(out):
    data = as_csv([{"no": i, "Titel": "One", "Text": {"v": ABSTRACT}["v"]} for i in range(3)])
    rows, _, _ = run_clean(data, out, fields={"id": "no", "title": "Titel", "abstract": "Text"})
    assert [row["id"] for row in rows] == ["0", "1", "2"]


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
