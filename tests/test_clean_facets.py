"""clean: facets.parquet, of each format and service against values written by hand, and of bad input."""

import json
import random
from functools import partial

import pyarrow.parquet as pq
import pytest
import yaml

import clean
from cleaned import counts, run_clean
from conftest import ROOT, as_lines, paper
from facet_services import SERVICES
from facet_values import EXPECTED, plain
from lib.records.facet_paths import FACETS
from lib.records.snapshot import blocks
from measure import default_flags


def facets_of(data: bytes, out, **flags) -> dict[str, list[tuple[str, str | None]]]:
    """The facets of the only paper: (value, key) in order; all that are known."""
    rows, _, _ = run_clean(data, out, **{"facets": list(FACETS)} | flags)
    assert len(rows) == 1
    table = pq.read_table(out / "facets.parquet").to_pylist()
    assert {row["id"] for row in table} <= {rows[0]["id"]}
    found: dict[str, list] = {}
    for row in table:
        assert row["position"] == len(found.setdefault(row["facet"], []))
        found[row["facet"]].append((row["value"], row["key"]))
    assert list(found) == sorted(found)
    return found


@pytest.mark.parametrize("kind", EXPECTED)
def test_formats_give_their_facets(out, kind):
    data, expected = EXPECTED[kind]
    found = facets_of(data, out)
    assert found == found | expected
    if kind != "medline, initials":
        assert found == expected


@pytest.mark.parametrize("name", SERVICES)
def test_presets_give_their_facets(out, name):
    record, expected = SERVICES[name]
    preset = yaml.safe_load((ROOT / "presets" / f"{name}.yaml").read_text())
    fields = default_flags("clean")["fields"] | preset["clean"]["fields"]
    assert facets_of(as_lines(record), out, fields=fields) == expected
    if name not in ("pubmed",):
        page = json.dumps({"total": 1, "results": [record]}, indent=1).encode()
        assert facets_of(page, out) == expected


BAD = {
    "number": (5, []),
    "object": ({"a": 1}, []),
    "nested": ([[["deep"]], [None], [5, 6, 7], [[], []]], []),
    "nulls": ([None, "", "  ", [None, "A", ""]], ["A"]),
    "texts": (["Doe, John", "Ann Lee"], ["John Doe", "Ann Lee"]),
    "objects": ([{"name": "Ann Lee"}, {}, {"name": 5}, {"name": ["x"]}], ["Ann Lee"]),
    "nothing": ("nan", []),
    "accents": ("\\'{E}. Cartan, J. G{\\\"o}del &amp; Co", ["É. Cartan", "J. Gödel & Co"]),
    "surrogate": (["A \ud800B"], ["A �B"]),
    "short lists": ([["Doe"], ["Lee", "Ann"], []], ["Doe", "Ann Lee"]),
    "many": ([[f"Doe{i}", "J.", ""] for i in range(5000)], [f"J. Doe{i}" for i in range(5000)]),
    "empty names": ([["", "", ""], ["Lee", "Ann", ""], [" ", " ", ""]], ["Ann Lee"]),
    "true": (True, []),
    "short name": ("A. Smith (MIT), X. Li", ["A. Smith", "X. Li"]),
    "commas": ("Smith J., Johnson R., Miller X.", ["J. Smith", "R. Johnson", "X. Miller"]),
}


def test_dois_in_one_cell_are_told_apart(out):
    record = paper("1") | {"doi": "10.1234/a;10.5678/B, 10.9999/c(1)2;x"}
    run_clean(as_lines(record), out)
    rows = pq.read_table(out / "facets.parquet").to_pylist()
    dois = [row["value"] for row in rows if row["facet"] == "doi"]
    assert dois == ["10.1234/a", "10.5678/b", "10.9999/c(1)2;x"]


@pytest.mark.parametrize("kind", BAD)
def test_bad_authors_stop_no_run(out, kind):
    value, names = BAD[kind]
    record = {k: v for k, v in paper("1").items() if not k.startswith("authors")} | {"authors": value}
    data = as_lines(record, paper("2", authors="B. Two", authors_parsed=None))
    _, ledger, _ = run_clean(data, out)
    assert counts(ledger) == {"kept": 2}
    table = [row for row in pq.read_table(out / "facets.parquet").to_pylist() if row["facet"] == "authors"]
    assert [row["value"] for row in table if row["id"] == "1"] == names
    assert [row["value"] for row in table if row["id"] == "2"] == ["B. Two"]
    assert ledger["filled"]["authors"] == 1 + bool(names)
    unread = not names and kind != "nothing"
    assert ledger["not_understood"]["authors"]["count"] == unread


def odd_value(rng: random.Random):
    """Any JSON value."""
    kinds = [
        None,
        True,
        5,
        -1.5,
        1e300,
        "",
        "a; b",
        "10.1/x",
        "https://ror.org/x",
        "\ud800",
        "A, B and C",
        "(((",
        {},
        [],
    ]
    value = rng.choice(kinds)
    for _ in range(rng.randrange(4)):
        keys = [
            "name",
            "id",
            "orcid",
            "author",
            "institutions",
            "display_name",
            "family",
            "source",
            "value",
            "DOI",
        ]
        value = rng.choice([[value], [value, rng.choice(kinds)], {rng.choice(keys): value}])
    return value


def test_any_value_of_any_facet_stops_no_run(out):
    rng = random.Random(7)
    keys = [
        "authors",
        "authors_parsed",
        "authorships",
        "author",
        "authorList",
        "journal",
        "journal-ref",
        "ISSN",
        "doi",
    ]
    keys += [
        "primary_location",
        "reference",
        "referenced_works",
        "language",
        "grants",
        "funder",
        "cited_by_count",
    ]
    records = [paper(str(i)) | {key: odd_value(rng) for key in keys} for i in range(500)]
    _, ledger, _ = run_clean(as_lines(*records), out, facets=list(FACETS))
    assert counts(ledger) == {"kept": 500}
    table = pq.read_table(out / "facets.parquet")
    assert table["value"].null_count == 0 and "" not in table["value"].to_pylist()


def test_facets_do_not_depend_on_cores_and_the_order_of_lines(monkeypatch, out):
    lines = [
        json.dumps(
            paper(f"2301.{i:05d}", authors_parsed=[[f"N{i % 7}", "A.", ""]] * (i % 4), doi=f"10.1234/{i}")
        )
        for i in range(900)
    ]
    results = []
    for seed, threads, size in ((0, 1, 4 << 20), (1, 2, 20_000)):
        random.Random(seed).shuffle(lines)
        monkeypatch.setattr(clean, "blocks", partial(blocks, size=size))
        run_clean("\n".join(lines).encode(), out, threads=threads)
        results.append(
            [(out / name).read_bytes() for name in ("facets.parquet", "facets.digest", "metadata.digest")]
        )
    assert results[0] == results[1]
    rows = pq.read_table(out / "facets.parquet").to_pylist()
    keys = [(row["id"], row["facet"], row["position"]) for row in rows]
    assert keys == sorted(set(keys)) and len(rows) == 900 + sum(i % 4 for i in range(900))


def test_only_kept_papers_have_facets(out):
    data = as_lines(
        paper("1", doi="10.1234/old", update_date="2020-01-01"),
        paper("1", doi="10.1234/new", update_date="2021-01-01"),
        paper("2", doi="10.1234/short", abstract="Too short."),
    )
    run_clean(data, out, facets=["doi"])
    assert pq.read_table(out / "facets.parquet")["value"].to_pylist() == ["10.1234/new"]
    run_clean(data, out, facets=[])
    assert len(pq.read_table(out / "facets.parquet")) == 0


def test_a_path_of_the_config_goes_before_those_that_are_known(out):
    fields = default_flags("clean")["fields"] | {"authors": "people[].full"}
    record = paper(authors="A. Known", people=[{"full": "Ann Lee"}, {"full": "Bo Li"}])
    assert facets_of(as_lines(record), out, fields=fields)["authors"] == plain("Ann Lee", "Bo Li")


CHANGES = {
    "title case": ({"title": "A TITLE OF THIS PAPER"}, {"metadata"}),
    "date": ({"versions": [{"created": "Mon, 2 Apr 2001 18:09:58 GMT"}]}, {"metadata"}),
    "category": ({"categories": "math.AG"}, {"metadata"}),
    "author": ({"authors_parsed": [["Lee", "Ann", ""]]}, {"facets"}),
    "order of authors": ({"authors_parsed": [["Roe", "R.", ""], ["Doe", "J.", ""]]}, {"facets"}),
    "text": ({"title": "Another title"}, {"papers", "metadata"}),
    "update": ({"update_date": "2031-01-01"}, set()),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_digest_changes_with_what_it_holds(out, what):
    names = ("papers", "metadata", "facets")
    base = paper(title="A title of this paper", authors_parsed=[["Doe", "J.", ""], ["Roe", "R.", ""]])
    change, changed = CHANGES[what]
    digests = []
    for record in (base, base | change):
        run_clean(as_lines(record, paper("2301.99999")), out)
        digests.append([(out / f"{name}.digest").read_text() for name in names])
    assert {name for name, a, b in zip(names, *digests, strict=True) if a != b} == changed
