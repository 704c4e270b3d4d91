"""clean: withdrawal and other notes, dates, categories and the limit."""

from datetime import date
from fnmatch import fnmatchcase

import pytest

from cleaned import counts, run_clean
from conftest import as_lines, paper


@pytest.mark.parametrize(
    ("abstract", "withdrawn"),
    [
        ("This paper has been withdrawn by the authors because of a crucial error in equation 5.", True),
        ("Papers that have been withdrawn are a useful signal. We count them over twenty years.", False),
    ],
)
def test_withdrawal_notes(out, abstract, withdrawn):
    data = as_lines(paper("a", abstract=abstract), paper("b"))
    rows, _, _ = run_clean(data, out)
    assert [row["id"] for row in rows] == (["b"] if withdrawn else ["a", "b"])
    rows, _, _ = run_clean(data, out, keep_withdrawn=True, min_abstract_chars=1)
    assert [row["id"] for row in rows] == ["a", "b"]


def test_dates_filter_by_the_first_version(out):
    created = {
        "a": "Thu, 31 Dec 2009",
        "b": "Fri, 1 Jan 2010",
        "c": "Sun, 31 Jan 2010",
        "d": "Mon, 1 Feb 2010",
    }
    records = [
        paper(k, versions=[{"created": f"{day} 12:00:00 GMT"}, {"created": "Fri, 15 Jan 2010 12:00:00 GMT"}])
        for k, day in created.items()
    ]
    data = as_lines(*records, paper("1001.0001", versions=...), paper("0912.0001", versions=...))
    rows, ledger, _ = run_clean(data, out, since="2010-01-01", until="2010-01-31")
    assert [row["id"] for row in rows] == ["1001.0001", "b", "c"]
    assert counts(ledger) == {"kept": 3, "filtered": 3}


def test_misprinted_years_are_named_and_undated(out):
    """They widen no period, win over no other version, and are told from a value that says that there is none."""
    far = f"{date.today().year + 2}-05-01"
    records = [
        paper("a", versions=[{"created": far}]),
        paper("b", versions=[{"created": "1012-01-01"}], update_date="2204-01-01", title="misprint"),
        paper("b", title="sound"),
        paper("c", versions=[{"created": "n.d."}]),
        paper("0704.0001", versions=[{"created": "2108-02-01"}]),
        paper("d", versions=[{"created": f"Spring {date.today().year + 1}"}]),
    ]
    rows, ledger, _ = run_clean(as_lines(*records), out)
    assert {row["id"]: row["published"] and row["published"].year for row in rows} == {
        "0704.0001": 2007, "a": None, "b": 2023, "c": None, "d": date.today().year + 1,
    }  # fmt: skip
    assert {row["title"] for row in rows if row["id"] == "b"} == {"sound"}
    assert ledger["filled"]["published"] == 5 and ledger["not_understood"]["published"]["count"] == 3
    assert ledger["not_understood"]["updated"]["count"] == 1
    first = ledger["not_understood"]["published"]["first"]
    assert far in first[0]["reason"] and f"between 1500 and {date.today().year + 1}" in first[0]["reason"]


def test_sentences_without_an_abstract_are_named(out):
    sentences = [
        "No abstract available for this article. Please see the full text in the volume.",
        "Click on the article title to read more about the work of these authors.",
        "." * 80,
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28",
    ]
    records = [paper(str(i), abstract=text) for i, text in enumerate(sentences)]
    titles = [paper("u", title="Untitled"), paper("v", title="[Not Available]."), paper("1984", title="1984")]
    rows, ledger, _ = run_clean(as_lines(*records, *titles), out)
    assert [row["id"] for row in rows] == ["1984"]
    assert counts(ledger) == {"kept": 1, "no_title": 2, "no_abstract": 4}
    reasons = [entry["reason"] for entry in ledger["buckets"]["no_abstract"]["first"]]
    assert "says that there is none: 'No abstract available" in reasons[0] and "no letter" in reasons[2]


def test_notes_of_publishers_have_a_bucket(out):
    notes = [
        paper("a", title="Erratum to: On knots", abstract="In the original version of this article, equation 4 was wrong."),
        paper("b", title="Retraction notice to “On braids”", abstract="This article has been retracted at the request of the editor."),
        paper("c", title="Retractions in biology: a survey"),
    ]  # fmt: skip
    rows, ledger, _ = run_clean(as_lines(*notes), out)
    assert [row["id"] for row in rows] == ["c"] and counts(ledger) == {"kept": 1, "note": 2}
    rows, _, _ = run_clean(as_lines(*notes), out, keep_notes=True)
    assert [row["id"] for row in rows] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "created", ["Monday, 12 Apr 2010", " Mon, 12 Apr 2010", "Mon,  12 Apr 2010", "Mon, 2010"]
)
def test_a_date_in_another_form_is_not_misread(out, created):
    """The day if it can be read, else the month of the id; not the year 20 or 201."""
    data = as_lines(paper("1004.0001", versions=[{"created": f"{created} 12:00:00 GMT"}]))
    (row,), _, _ = run_clean(data, out)
    assert row["published"] in (date(2010, 4, 12), date(2010, 4, 1))


@pytest.mark.parametrize("globs", [("cs.*",), ("stat.ML",), ("hep-*", "math.??"), ("cs.*", "*")])
def test_category_globs_match_any_of_the_categories(out, globs):
    lists = ["cs.LG", "math.AG cs.CV", "stat.ML", "hep-th", "hep-ph math.NT", "css", "CS.LG", "astro-ph"]
    data = as_lines(*(paper(f"{i}", categories=names) for i, names in enumerate(lists)))
    rows, _, _ = run_clean(data, out, categories=list(globs))
    expected = [
        str(i)
        for i, names in enumerate(lists)
        if any(fnmatchcase(name, glob) for name in names.split() for glob in globs)
    ]
    assert [row["id"] for row in rows] == expected


def test_limit_samples_the_same_papers_from_a_longer_file(out):
    records = [paper(f"2301.{i:05d}") for i in range(200)]
    few, ledger, _ = run_clean(as_lines(*records), out, limit=20)
    assert counts(ledger) == {"kept": 20, "filtered": 180}
    more, _, _ = run_clean(as_lines(*reversed(records)), out, limit=60)
    few, more = {row["id"] for row in few}, {row["id"] for row in more}
    assert len(few) == 20 and len(more) == 60 and few < more
    assert 5 < sum(key < "2301.00100" for key in few) < 15  # not the head of the file
    half, _, _ = run_clean(as_lines(*records[:100]), out, limit=20)
    assert {key for key in few if key < "2301.00100"} <= {row["id"] for row in half}
    everything, _, _ = run_clean(as_lines(*records), out, limit=200)
    assert len(everything) == 200
