"""methods: every number of the text against the file and the key that it names, and readers of the other files."""

import json
import re
import warnings
import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path

import bibtexparser
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import methods
from conftest import ROOT, assert_refused, script
from exchange_inputs import with_columns
from lib.exchange.facts import of_table
from lib.exchange.methods import placed, works_cited
from lib.map.refine import EXAGGERATION, SHARE
from lib.workflow.steps import citation
from measure import command_line
from methods_inputs import (
    ABOUT,
    COUNTS,
    TEMPLATES,
    UNREFINED,
    assert_true,
    methods_inputs,
    outputs,
    sources_in,
    text_of,
    write_methods,
)
from page_inputs import few
from report_inputs import report_inputs

EDIT = {
    "line": 2, "kind": "merge", "text": "merge", "note": None, "by": None, "date": None, "name": None,
    "status": "applied", "topic": "t0a00", "reason": None,
}  # fmt: skip


def test_every_number_of_the_text_is_what_its_source_says(tmp_path):
    flags, page = write_methods(tmp_path)
    assert_true(page, flags)
    assert len(sources_in(page)) > 20
    text = text_of(page)
    assert (
        "None" not in text
        and "  " not in text
        and not re.search(r"[.,;][A-Za-z]|\w\(|\s[.,;]", re.sub(r"`[^`]*`|flow.svg", "0", text))
    )
    for digest in ("papers0123", "metadata0123", "facets0123", "9.1", "abc"):
        assert f"`{digest}`" in page
    assert ABOUT["cite"] in page


def test_a_changed_number_would_be_noticed(tmp_path):
    flags, page = write_methods(tmp_path)
    number = sources_in(page)[3][0]
    with pytest.raises(AssertionError):
        assert_true(page.replace(f" {number} ", " 987,654 ", 1), flags)
    ledger = json.loads(flags["ledger"].read_text())
    flags["ledger"].write_text(json.dumps(ledger | {"lines": ledger["lines"] + 1}))
    with pytest.raises(AssertionError):
        assert_true(page, flags)


def test_edits_are_told(tmp_path):
    before = {"k": 5, "silhouette": 0.0876, "ami": 0.3}
    changes = {"edits": {"edits": [EDIT, EDIT | {"status": "orphaned"}, EDIT]}}
    evaluation = {"before_edits": before}
    flags, page = write_methods(tmp_path, changes | {"evaluation": evaluation})
    assert_true(page, flags)
    text = text_of(page)
    assert "edited by hand" in text and "Edits applied: 2;" in text and "there were 5 topics" in text
    assert "0.088" in text and "Topics named by a person: 1." in text
    (tmp_path / "plain").mkdir()
    _, page = write_methods(tmp_path / "plain", {"edits": {"edits": [EDIT | {"status": "conflict"}]}})
    assert "by hand" not in text_of(page)


@pytest.mark.parametrize(
    ("changes", "said", "not_said"),
    [
        ({"selection": {"rule": "silhouette peak"}}, "has its peak there", "80 %"),
        ({"selection": {"rule": "config", "proposed": 9}}, "was set by hand; 9 was proposed", "80 %"),
        ({"cluster": {"history": "follow", "run": 2}}, "run 2 of a chain", "initializations"),
        (
            {"cluster": {"history": "freeze", "run": 2}},
            "stayed in their topics (run 2 of a chain)",
            "K-means",
        ),
        ({"cluster": {"history": "fresh", "run": 2}}, "160 initializations, without regard to", "continue"),
        (
            {"cluster": {"history": "fresh"}, "selection": {"rule": "previous"}},
            "K = 2, is that of an",
            "by hand",
        ),
        (
            {"cluster": {"history": "follow", "k": 7}, "selection": {"rule": "previous"}},
            "opened and ended one by one: there are 7.",
            "K = 2",
        ),
        (
            {"cluster": {"history": "freeze", "k": 7}, "selection": {"rule": "config"}},
            "There are 7.",
            "K = 2",
        ),
        (
            {"project": UNREFINED | {"method": "tsne"}},
            "laid out by t-SNE [@vandermaaten2008].",
            "neighbors of each",
        ),
        (
            {"project": UNREFINED | {"method": "tsne", "fitted": 100}},
            "of a sample of 100 papers; the others were placed among their 15 nearest papers of the sample.",
            "UMAP",
        ),
        (
            {"project": {"refined": True}},
            ", and finished by steps of t-SNE [@vandermaaten2008] on all",
            "by t-SNE",
        ),
        (
            {"project": UNREFINED | {"method": "umap-learn"}},
            "by UMAP [@mcinnes2018] from 15 neighbors",
            "t-SNE",
        ),
        ({"project": {"placed": 0, "moved": 0.0}}, "Since no paper is new, each has the place", "t-SNE"),
        ({"project": {"placed": 9, "moved": 0.1}}, "then moved by steps of t-SNE [@vander", "@mcinnes2018"),
        ({"project": UNREFINED | {"placed": 9, "moved": 0.1}}, "9 new papers were put among", "t-SNE"),
        ({"works": {"joined": 0}}, "K-means", "Copies and versions"),
        ({"works": {"count": "records"}}, "they count as papers of their own", "works once"),
        ({"cluster": {"smooth": 0}}, "K-means", "was averaged"),
    ],
)
def test_the_text_says_what_the_run_did(tmp_path, changes, said, not_said):
    flags, page = write_methods(tmp_path, changes)
    assert_true(page, flags)
    assert said in text_of(page) and not_said not in text_of(page)


def test_the_words_for_the_steps_of_tsne_are_those_of_the_code(tmp_path):
    _, page = write_methods(tmp_path)
    assert (SHARE, EXAGGERATION) == (0.5, 2.0)
    assert "at a perplexity of half their number and an exaggeration of two" in text_of(page)


def test_a_number_of_topics_that_was_never_stable_is_said_to_be_so(tmp_path):
    flags = methods_inputs(tmp_path, {"selection": {"rule": "largest stable K", "k": 2}})
    for shares, said in (
        ("0.95\n30,0,0.4", "up to about this number, 80 %"),
        ("0.7\n30,0,0.4", "at none 80 %"),
    ):
        flags["scans"].write_text(f"k,silhouette,stable_share\n2,0.1,{shares}\n")
        methods.main(command_line("methods", **flags, **outputs(tmp_path)))
        page = (tmp_path / "methods.md").read_text()
        assert_true(page, flags)
        assert said in text_of(page)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([["a"], ["b"]], "Topics were named by their keywords. Keywords are"),
        ([["a"], []], "and those without keywords by the title"),
        ([[], []], "The topics have no keywords, and were named by the title of a paper."),
    ],
)
def test_topics_without_keywords_are_named_by_a_title(tmp_path, words, said):
    flags = methods_inputs(tmp_path)
    topics = pq.read_table(flags["topics"])
    place = topics.column_names.index("keywords")
    pq.write_table(
        topics.set_column(place, "keywords", pa.array(words, pa.list_(pa.string()))), flags["topics"]
    )
    methods.main(command_line("methods", **flags, **outputs(tmp_path)))
    text = text_of((tmp_path / "methods.md").read_text())
    assert said in text and ("Keywords are" in text) == any(words)


def test_twenty_papers_without_years_categories_keywords_and_trends(tmp_path):
    none = {"papers": 0, "classes": 0, "ami": None, "ari": None, "v_measure": None, "purity": None}
    evaluation = json.loads(report_inputs(tmp_path)["evaluation"].read_text())
    words = evaluation["words"] | dict.fromkeys(("npmi", "npmi_floor", "npmi_near", "c_v", "c_v_floor"))
    changes = {
        "evaluation": {"primary_category": none, "words": words},
        "embeddings": {"truncated_papers": None},
    }
    flags = methods_inputs(tmp_path, changes, facets={}, **few(20))
    trends = pq.read_table(flags["trends"])
    pq.write_table(
        trends.set_column(trends.column_names.index("q_value"), "q_value", pa.nulls(2, pa.float64())),
        flags["trends"],
    )
    methods.main(command_line("methods", **flags, **outputs(tmp_path)))
    page = (tmp_path / "methods.md").read_text()
    assert_true(page, flags)
    text = text_of(page)
    assert (
        "None" not in text
        and "of the years" not in text
        and "cut:" not in text
        and "primary categories" not in text
        and "NPMI" not in text
    )
    assert "Trends could not be tested." in text and "and were cut" not in text


def test_works_cited_are_those_of_the_text_and_bibtexparser_reads_them(tmp_path):
    _, page = write_methods(tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        library = bibtexparser.parse_file(str(tmp_path / "methods.bib"))
    assert not library.failed_blocks
    cited = {
        key for group in re.findall(r"\[(@[^\]]*)\]", text_of(page)) for key in re.findall(r"@(\w+)", group)
    }
    assert {entry.key for entry in library.entries} == cited
    everything = bibtexparser.parse_file(str(TEMPLATES / "methods.bib"))
    assert all(
        {"title", "author", "year"} <= {field.key for field in entry.fields} for entry in everything.entries
    )
    named = set(re.findall(r'cite\("(\w+)"\)', (TEMPLATES / "methods.txt").read_text()))
    assert named == {entry.key for entry in everything.entries}
    with pytest.raises(KeyError, match="lacks unknown"):
        works_cited(TEMPLATES / "methods.bib", ["unknown"])


def flow_of(file: Path) -> tuple[dict[str, int], dict[str, list[int]]]:
    """The numbers of the boxes of flow.svg, from top to bottom, and those of what is left out below each."""
    numbers: dict[str, int] = {}
    out: dict[str, list[int]] = {}
    texts = [element.text for element in ET.parse(file).getroot().iter("{http://www.w3.org/2000/svg}text")]
    name = ""
    for text in texts:
        number = int(re.search(r"n = ([\d,]+)", text)[1].replace(",", "")) if "n = " in text else None
        if number is None:
            name = text
        elif text.startswith("(n"):
            numbers[name] = number
        else:
            out.setdefault(name, []).append(number)
    return numbers, out


def assert_adds_up(file: Path) -> dict[str, int]:
    numbers, out = flow_of(file)
    for upper, lower in pairwise(numbers):
        assert numbers[upper] - sum(out.get(upper, [])) == numbers[lower], (upper, lower)
    return numbers


@pytest.mark.parametrize(
    ("counts", "last"),
    [
        ({"joined": 5, "count": "works"}, {"Works counted": 145, "Works in topics": 90}),
        ({"joined": 5, "count": "records"}, {"Papers in topics": 90}),
        ({"joined": 0, "count": "works"}, {"Papers in topics": 90}),
    ],
)
def test_the_flow_adds_up(tmp_path, counts, last):
    """The largest of four topics is hidden: 60 of 150 papers, of which 5 are copies of another one of it."""
    flags = methods_inputs(tmp_path, {"works": counts | {"records": 150, "works": 150 - counts["joined"]}})
    table = pq.read_table(flags["table"]).to_pandas(types_mapper=pd.ArrowDtype)
    hidden = table["topic"] == 0
    assert (hidden.sum(), (hidden & ~table["counted"]).sum()) == (60, 5)
    counted = table["counted"] | (last.keys() == {"Papers in topics"})
    with_columns(flags["table"], topic=table["topic"].mask(hidden).array, counted=counted.array)
    ledger = json.loads(flags["ledger"].read_text())
    ledger["buckets"]["kept"]["count"] = 150
    flags["ledger"].write_text(json.dumps(ledger | {"lines": sum(COUNTS.values()) - COUNTS["kept"] + 150}))
    methods.main(command_line("methods", **flags, **outputs(tmp_path)))
    numbers = assert_adds_up(tmp_path / "flow.svg")
    assert list(numbers) == ["Lines identified", "Records screened", "Papers kept", *last]
    assert numbers == numbers | last | {"Papers kept": 150}


def test_boxes_do_not_overlap():
    boxes = [{"name": str(i), "count": i, "out": [("x", 1)] * i} for i in (1, 6, 0, 2)]
    shown, height = placed(boxes)
    for upper, lower in pairwise(shown):
        assert upper["y"] + 54 < lower["y"] and upper["y"] + 54 <= upper["side"]
        assert upper["side"] + upper["side_height"] <= lower["y"] or not upper["out"]
    assert shown[-1]["y"] + 54 <= height


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("count of a = x", 2),
        ("count of a = null", 1),
        ("count of a", 3),
        ("min of b", 1),
        ("max of b", 4),
        ("count of c = true", 1),
    ],
)
def test_keys_of_tables(key, expected):
    table = pa.table({"a": ["x", "y", None, "x"], "b": [3, 1, None, 4], "c": [True, False, None, False]})
    assert of_table(table, key) == expected


def test_the_workflow_is_cited_as_its_citation_file_says():
    about = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    shown = citation(ROOT)
    assert about["title"] in shown and f"version {about['version']}" in shown
    assert all((author.get("name") or author["family-names"]) in shown for author in about["authors"])
    (entry,) = [
        e for e in bibtexparser.parse_file(str(TEMPLATES / "methods.bib")).entries if e.key == "topic_maps"
    ]
    fields = {field.key: re.sub("[{}]", "", str(field.value)) for field in entry.fields}
    assert fields["title"] == about["title"] and fields["version"] == about["version"]
    assert fields["year"] == str(about["date-released"])[:4]
    assert shown in (TEMPLATES / "explore.html").read_text()
    # what Zenodo takes from the file
    assert {"title", "authors", "abstract", "license", "version", "date-released", "keywords", "type"} <= set(
        about
    )


def test_a_ledger_of_another_version_is_refused(tmp_path, out):
    flags = methods_inputs(tmp_path)
    flags["ledger"].write_text("{}")
    assert_refused(script("methods", **flags, **outputs(out)), out, "Ledger file of this version")
