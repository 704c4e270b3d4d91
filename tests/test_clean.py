"""clean: papers against a simple Python reading of the same lines, the ledger, and the filters. Files: test_clean_files.py."""

import gzip
import json
import os
import random
import re
import signal
import unicodedata
from collections import Counter
from datetime import date
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import partial
from hashlib import blake2b

import pytest
from pylatexenc.latex2text import LatexNodes2Text

import clean
from cleaned import counts, run_clean
from conftest import ABSTRACT, ROOT, as_lines, paper
from lib.cli import UserError
from lib.records.ledger import BUCKETS
from lib.records.snapshot import blocks
from measure import default_flags

LATEX = LatexNodes2Text()
FIELDS = default_flags("clean")["fields"]


def plain(text: str) -> str:
    """The normal form of a text without markup, by pylatexenc for the accents."""
    accents = re.compile(r"""\\[`'^~="][a-zA-Z]""")
    text = accents.sub(lambda match: LATEX.latex_to_text(match[0]), text)
    spaced = "".join(" " if unicodedata.category(c) == "Cc" else c for c in text)
    return unicodedata.normalize("NFC", " ".join(spaced.split()))


def expected_row(record: dict) -> dict:
    """The row of papers.parquet that the contract gives for a sound record."""
    title, abstract = (plain(record[key]) for key in ("title", "abstract"))
    # letter by letter: str.lower() of a whole text would make the Σ of $κ^Σ$ a final ς
    text = "".join(letter.lower() for letter in f"{title}. {abstract}")
    categories = record.get("categories")
    categories = (categories.split() if isinstance(categories, str) else categories) or None
    if record.get("versions"):
        published = parsedate_to_datetime(record["versions"][0]["created"]).date()
    else:
        year, month = map(int, re.search(r"(\d\d)(\d\d)(?:\.|\d{3}$)", record["id"]).groups())
        published = date(year + (1900 if year > 90 else 2000), month, 1)
    updated = record.get("update_date")
    return {
        "id": record["id"].strip(),
        "title": title,
        "abstract": abstract,
        "text": text,
        "categories": categories,
        "primary_category": categories and categories[0],
        "published": published,
        "updated": updated and date.fromisoformat(updated),
        "text_hash": blake2b(text.encode(), digest_size=16).digest(),
    }


def test_bundled_papers_are_those_of_a_simple_reading(out):
    sample = ROOT / "data" / "sample.jsonl.gz"
    rows, ledger, digest = run_clean(sample, out, threads=2)
    with gzip.open(sample) as file:
        records = {record["id"]: record for record in map(json.loads, file)}
    gone = {key: " ".join(records[key]["abstract"].split()) for key in set(records) - {r["id"] for r in rows}}
    assert [row["id"] for row in rows] == sorted(set(records) - set(gone))
    easy = 0
    for row in rows:
        record = records[row["id"]]
        raw = record["title"] + record["abstract"]
        if raw.isascii() and not re.search(r"[<&\\]", raw):  # and these texts keep their hashes for ever
            assert row == expected_row(record)
            easy += 1
    assert easy > 3000
    erratum = gone.pop("1102.0478")
    assert erratum.startswith("We correct two errors in our previous computation")
    for abstract in gone.values():  # else only short abstracts and withdrawal notes are gone
        assert len(abstract) < 50 or "withdrawn" in abstract[:60].lower()
    assert sum(counts(ledger).values()) == ledger["lines"] == len(records)
    assert digest.decode().endswith(f"  {len(rows)} papers\n")


ODD = [
    paper("2301.00001", title="  Tabs\tand\r\n  folds ", abstract=f"  {ABSTRACT}\n  A second paragraph.\n"),
    paper("2301.00002", title="Hard\u00a0space and\u2003em \u2028 line", abstract=ABSTRACT + "\x1c\x85x"),
    paper("2301.00003", title="Schrödinger in Łódź, 東京 😀 ", abstract="é" * 50),
    paper("2301.00004", title="A null\x00byte and \x07 a bell", abstract="x\x0b" * 50),
    paper("hep-th/9901001", versions=...),
    paper("math/0101262", versions=[], update_date=None, categories=None),
    paper("0704.0010", categories="cs.LG", title=" "),
    paper("0704.0011", categories=["cs.LG", "stat.ML"]),
    paper("0704.0012", extra={"abstract": "no", "deep": [1, {"id": 2}]}, abstract=ABSTRACT * 300),
    paper(" 0704.0013 "),
    paper("0704.0014", title='Quotes "and" back\\slashes / and \\"o', abstract=ABSTRACT + ' "end"}\n{'),
    paper("0704.0015", abstract="y" * 49),
    paper("0704.0016", abstract=f"\n {'y' * 49}\t\t z"),
]
KEPT_ODD = [r for r in ODD if r["title"].strip() and len(" ".join(r["abstract"].split())) >= 50]


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_odd_records_are_those_of_a_simple_reading(out, escaped, end, mark):
    data = mark + end.join(json.dumps(r, ensure_ascii=escaped) for r in ODD)
    rows, ledger, _ = run_clean(data.encode(), out)
    assert rows == sorted(map(expected_row, KEPT_ODD), key=lambda row: row["id"])
    assert counts(ledger) == {"kept": len(KEPT_ODD), "no_title": 1, "short_abstract": 1}


@pytest.mark.parametrize("size", [64, 300, 1000, 4096])
def test_block_size_changes_nothing(monkeypatch, out, size):
    data = as_lines(*ODD) + b"\n{broken\n[1]\n" + as_lines(paper("2301.00001", title="Newer"), *ODD[4:7])
    whole = run_clean(data, out, max_malformed_share=1)
    monkeypatch.setattr(clean, "blocks", partial(blocks, size=size))
    assert run_clean(data, out, max_malformed_share=1, threads=3) == whole


FAULTS = {
    b"": "blank",
    b"  \t ": "blank",
    b'{"id": "x", "title"': "malformed_json",
    b"\xff\xfe": "malformed_json",
    b'[{"id": "x"}]': "not_an_object",
    b'"text"': "not_an_object",
    b"12": "not_an_object",
    b"null": "not_an_object",
    as_lines(paper("a", id=...)).strip(): "no_id",
    as_lines(paper("a", id="  ")).strip(): "no_id",
    as_lines(paper("a", id=704.001)).strip(): "no_id",
    as_lines(paper("b", title=None)).strip(): "no_title",
    as_lines(paper("b", title="\n \u00a0")).strip(): "no_title",
    as_lines(paper("c", abstract=...)).strip(): "no_abstract",
    as_lines(paper("c", abstract="")).strip(): "no_abstract",
    as_lines(paper("c", abstract={"x": "y"})).strip(): "no_abstract",
    as_lines(paper("c", abstract=["In", "a list."])).strip(): "short_abstract",
    as_lines(paper("d", abstract="Too short.")).strip(): "short_abstract",
    as_lines(paper("e", abstract="This paper has been withdrawn by the author.")).strip(): "withdrawn",
    as_lines(paper("f", abstract="Withdrawn due to an error in Lemma 3." + " x" * 50)).strip(): "withdrawn",
    as_lines(paper("g", categories="cs.LG")).strip(): "filtered",
    as_lines(paper("h", categories=None)).strip(): "filtered",
}


@pytest.mark.parametrize("seed", [0, 1])
def test_every_line_is_in_the_bucket_of_its_fault(out, seed):
    faults = [
        (line, bucket) for line, bucket in FAULTS.items() for _ in range(25 if bucket == "blank" else 1)
    ]
    lines = [*faults, *((as_lines(paper(f"2301.{i:05d}")).strip(), "kept") for i in range(30))]
    random.Random(seed).shuffle(lines)
    lines.sort(key=lambda line: line[1] == "malformed_json")  # else the first line may not be JSON
    data = b"\n".join(line for line, _ in lines) + b"\n"
    flags = {"max_malformed_share": 1, "categories": ["math.*"]}
    rows, ledger, _ = run_clean(data, out, **flags)
    assert list(ledger["buckets"]) == list(BUCKETS)
    assert counts(ledger) == Counter(bucket for _, bucket in lines)
    assert ledger["lines"] == len(lines) and len(rows) == 30
    for name, bucket in ledger["buckets"].items():
        numbers = [number for number, (_, b) in enumerate(lines, 1) if b == name]
        assert [entry["line"] for entry in bucket["first"]] == numbers[:20]
        assert all(entry["reason"].strip() for entry in bucket["first"])


def test_first_lines_are_the_first_whatever_the_reason(out):
    records = [paper(title=None), paper(title="  "), paper(title=5)] * 15
    _, ledger, _ = run_clean(as_lines(paper("kept"), *records), out)
    assert ledger["buckets"]["no_title"]["count"] == 45
    assert [entry["line"] for entry in ledger["buckets"]["no_title"]["first"]] == list(range(2, 22))


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


def test_markup_is_neither_text_nor_length(out):
    data = as_lines(
        paper("a", title="The <i>E. coli</i> genome", abstract=f"<jats:p>{ABSTRACT} R&amp;D</jats:p>"),
        paper("b", abstract=f"<jats:p><jats:italic>short</jats:italic></jats:p>{'<jats:p></jats:p>' * 9}"),
        paper("c", title=r"Erd\H{o}s", abstract=f"Erdo\u030bs. {ABSTRACT}"),
    )
    rows, ledger, _ = run_clean(data, out)
    assert [(row["title"], row["abstract"]) for row in rows] == [
        ("The E. coli genome", f"{ABSTRACT} R&D"),
        ("Erdős", f"Erdős. {ABSTRACT}"),
    ]
    assert rows[1]["text"] == f"erdős. erdős. {ABSTRACT.lower()}"
    assert counts(ledger) == {"kept": 2, "short_abstract": 1}
    assert ledger["normalised"] == {"markup": 2, "tex_letters": 1, "unicode": 1}


def test_categories_as_lists_and_strings(out):
    values = [["Computer Science"], "math.RT, cs.LG", ["cs.LG stat.ML"], "Medicine; Public Health", [], 7]
    data = as_lines(*(paper(str(i), categories=value) for i, value in enumerate(values)))
    rows, _, _ = run_clean(data, out)
    assert [row["categories"] for row in rows] == [
        ["Computer Science"], ["math.RT", "cs.LG"], ["cs.LG", "stat.ML"], ["Medicine", "Public Health"], None, None
    ]  # fmt: skip
    rows, _, _ = run_clean(data, out, categories=["Computer *", "math.RT", "Public Health"])
    assert [row["id"] for row in rows] == ["0", "1", "3"]


def test_fields_of_another_export(out):
    index: dict[str, list[int]] = {}
    for i, word in enumerate(ABSTRACT.split()):
        index.setdefault(word, []).append(i)
    record = {
        "ids": {"pmid": 17},
        "name": ["A title"],
        "index": index,
        "topics": [{"name": "Biology"}, {"name": "Soft Matter"}],
        "year": 2019,
    }
    fields = {
        "id": ["doi", "ids.pmid"],
        "title": "name",
        "abstract": "index",
        "categories": "topics[].name",
        "published": "year",
    }
    (row,), ledger, _ = run_clean(
        as_lines(record, {"name": "no id"}), out, fields=fields, max_malformed_share=1
    )
    assert (row["id"], row["title"], row["abstract"]) == ("17", "A title", ABSTRACT)
    assert row["categories"] == ["Biology", "Soft Matter"] and row["published"] == date(2019, 1, 1)
    assert ledger["buckets"]["no_id"]["first"][0]["reason"] == "`doi` or `ids.pmid` is missing or null"


def test_a_path_that_no_record_has_is_reported(out, capsys):
    _, ledger, _ = run_clean(
        as_lines(paper()), out, fields=FIELDS | {"categories": "jurnal", "updated": None}
    )
    of_fields = {"categories": 0, "published": 1, "updated": 0}
    assert ledger["filled"] == of_fields | {"authors": 0, "doi": 0, "journal": 0}
    warnings = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning: ")]
    assert len(warnings) == 1
    for said in ("`jurnal` is missing or empty in all records", "`categories`, ", "clean.fields.categories"):
        assert said in warnings[0]


def killed(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_process_is_named(monkeypatch, out):
    monkeypatch.setattr(clean, "parse_into", killed)
    with pytest.raises(UserError, match="was killed, most likely for lack of memory"):
        run_clean(as_lines(paper()), out)
    assert not list(out.iterdir())


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


def test_ids_lose_their_invisible_characters(out):
    data = as_lines(
        paper("\ufeff2301.00001"), paper("2301\u200b.00001\u200e", title="newer"), paper("é\u2060")
    )
    rows, ledger, _ = run_clean(data, out)
    assert [row["id"] for row in rows] == ["2301.00001", "é"] and counts(ledger)["duplicate"] == 1


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


def test_digest_changes_with_the_kept_ids_and_texts_only(out):
    base = [paper("a"), paper("b")]
    same = run_clean(as_lines(*base), out)[2]
    assert run_clean(as_lines(*base, paper("c", abstract="Short.")), out)[2] == same
    assert run_clean(as_lines(paper("a", update_date="2024-05-05", doi="10.1/x"), base[1]), out)[2] == same
    for other in ([*base, paper("c")], base[:1], [paper("a", title="Else"), base[1]], [paper("x"), base[1]]):
        assert run_clean(as_lines(*other), out)[2] != same
