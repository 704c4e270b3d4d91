"""clean: papers against a simple Python reading of the same lines, and the ledger. Filters: test_clean_filters.py; files: test_clean_files.py."""

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


def test_digest_changes_with_the_kept_ids_and_texts_only(out):
    base = [paper("a"), paper("b")]
    same = run_clean(as_lines(*base), out)[2]
    assert run_clean(as_lines(*base, paper("c", abstract="Short.")), out)[2] == same
    assert run_clean(as_lines(paper("a", update_date="2024-05-05", doi="10.1/x"), base[1]), out)[2] == same
    for other in ([*base, paper("c")], base[:1], [paper("a", title="Else"), base[1]], [paper("x"), base[1]]):
        assert run_clean(as_lines(*other), out)[2] != same
