"""clean: which of several records with one id, DOI or version of an id stays."""

from datetime import date

from cleaned import counts, run_clean
from conftest import as_lines, paper


def test_the_latest_update_of_an_id_is_kept_then_the_later_line(out):
    data = as_lines(
        paper("a", title="old", update_date="2020-01-01"),
        paper("b", title="new", update_date="2021-01-01"),
        paper("c", title="first", update_date="2021-01-01"),
        paper("a", title="newer", update_date="2022-01-01"),
        paper("b", title="older", update_date="2019-01-01"),
        paper("c", title="later line", update_date="2021-01-01"),
        paper("d", title="undated", update_date=None),
        paper("d", title="dated", update_date="2001-01-01"),
        paper("d", title="undated again", update_date=None),
        paper("e", title="sound", update_date="2020-01-01"),
        paper("e", abstract="This paper has been withdrawn.", update_date="2021-01-01"),
    )
    rows, ledger, _ = run_clean(data, out)
    assert {row["id"]: row["title"] for row in rows} == {
        "a": "newer",
        "b": "new",
        "c": "later line",
        "d": "dated",
    }
    assert counts(ledger) == {"kept": 4, "duplicate": 6, "withdrawn": 1}
    assert [entry["line"] for entry in ledger["buckets"]["duplicate"]["first"]] == [1, 3, 5, 7, 9, 10]


def test_spellings_of_a_doi_are_one_paper(out):
    """The later record stays, whatever its spelling; what only looks like a DOI is another id."""
    spellings = ["10.1093/Molbev/X1", "https://doi.org/10.1093/molbev/x1", "doi:10.1093/MOLBEV/X1"]
    days = ["2020-01-01", "2022-01-01", "2021-01-01"]
    records = [
        paper(name, update_date=day, title=f"T {day}") for name, day in zip(spellings, days, strict=True)
    ]
    rows, ledger, _ = run_clean(as_lines(*records, paper("10.1093"), paper("A 10.1093/x")), out)
    assert counts(ledger) == {"kept": 3, "duplicate": 2}
    assert [row["id"] for row in rows] == ["10.1093", "10.1093/molbev/x1", "A 10.1093/x"]
    assert rows[1]["title"] == "T 2022-01-01"


def test_versions_of_an_id_are_one_paper(out):
    bare = dict.fromkeys(["versions", "update_date"], ...)
    data = as_lines(
        paper("http://arxiv.org/abs/0704.0024v2", title="latest", **bare),
        paper("http://arxiv.org/abs/0704.0024v1", title="first", **bare),
        paper("arXiv:hep-th/9901001v10", title="tenth", **bare),
        paper("hep-th/9901001v9", title="ninth", **bare),
        paper("10.1000/9901001v9", title="no version", **bare),
        paper(9901001, title="a PubMed id", **bare),
    )
    rows, ledger, _ = run_clean(data, out, since="1990-01-01")
    assert [(row["id"], row["title"], row["published"]) for row in rows] == [
        ("0704.0024", "latest", date(2007, 4, 1)),
        ("hep-th/9901001", "tenth", date(1999, 1, 1)),
    ]
    assert counts(ledger) == {"kept": 2, "duplicate": 2, "filtered": 2}


def test_dates_in_other_spellings_decide_which_duplicate_stays(out):
    data = as_lines(
        paper("a", title="new", update_date=1136160000000, versions=...),  # 2 January 2006
        paper("a", title="old", update_date="2006-01-01", versions=...),
        paper("b", update_date="last week"),
    )
    rows, ledger, _ = run_clean(data, out)
    assert (rows[0]["title"], rows[0]["updated"]) == ("new", date(2006, 1, 2))
    unread = ledger["not_understood"]["updated"]
    assert unread == {"count": 1, "first": [{"line": 3, "reason": "`update_date` of b: 'last week'"}]}


def test_ids_lose_their_invisible_characters(out):
    data = as_lines(
        paper("\ufeff2301.00001"), paper("2301\u200b.00001\u200e", title="newer"), paper("é\u2060")
    )
    rows, ledger, _ = run_clean(data, out)
    assert [row["id"] for row in rows] == ["2301.00001", "é"] and counts(ledger)["duplicate"] == 1
