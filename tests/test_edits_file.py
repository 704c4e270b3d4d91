"""The file of edits: how it is read, and what is refused with its line."""

import json

import pytest
from jsonschema import Draft202012Validator
from snakemake.exceptions import WorkflowError

from conftest import ROOT
from lib.edits.schema import OF_PAPERS
from lib.workflow import edits_file
from lib.workflow.edits_file import chosen, extensible, lines, read_edits, without_lines

ONE_OF_EACH = """\
- topic: t7f3a
  rename: Quantum error correction
  describe: Codes and decoders
  by: ms
  date: 2026-11-30
- {topic: t7f3a, merge: [t1234, t5678]}
- {topic: t9abc, split: {into: 3}}
- {topic: t9abd, split: {subtopics: true}}
- {topic: t9abe, hide: true, note: leftovers}
- {papers: [0704.0001, 1207.7214], pin: true}
- {topic: t7f3a, move: {papers: [0704.0010, "10.1000/1"]}}
- {topic: t7f3a, drop_words: [study, "neural network"]}
- {drop_words: [paper]}
- group: {name: Physics, topics: [t7f3a, s12ab, t9abc-2]}
- seed: {name: Fusion, words: [plasma, tokamak]}
- {topic: t7f3a, note: look again in spring}
"""


def read(tmp_path, text, name="edits.yaml"):
    (tmp_path / name).write_text(text, "utf-8")
    edits_file._read.cache_clear()
    return read_edits({"edits": str(tmp_path / name)}, ROOT)


def test_every_kind_is_read_with_its_line_and_ids_stay_text(tmp_path):
    edits = read(tmp_path, ONE_OF_EACH)
    kinds = "rename describe merge split split hide pin move drop_words drop_words group seed note".split()
    assert [edit["kind"] for edit in edits] == kinds
    assert lines(edits) == [1, 1, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]
    assert edits[0]["by"] == "ms" and edits[1]["date"] == "2026-11-30"
    assert edits[3]["value"] == {"into": 3} and edits[4]["value"] == {"subtopics": True}
    assert edits[6]["papers"] == ["0704.0001", "1207.7214"]
    assert edits[7]["value"]["papers"] == ["0704.0010", "10.1000/1"]
    assert edits[5]["note"] == "leftovers"
    assert (
        {edit["kind"] for edit in edits if edit["kind"] in OF_PAPERS}
        == set(edits_file.OF_PAPERS)
        == set(OF_PAPERS)
    )


def test_lines_and_notes_decide_nothing(tmp_path):
    edits = read(tmp_path, ONE_OF_EACH)
    moved = read(tmp_path, f"# a comment\n\n{ONE_OF_EACH.replace('leftovers', 'rest')}")
    assert chosen(moved, *OF_PAPERS) == chosen(edits, *OF_PAPERS) and lines(moved) != lines(edits)
    assert without_lines(moved) != without_lines(edits)  # the report shows notes
    assert chosen(edits, "drop_words") == [
        {"kind": "drop_words", "value": ["study", "neural network"], "topic": "t7f3a"},
        {"kind": "drop_words", "value": ["paper"]},
    ]


def test_no_file_and_an_empty_file_have_no_edits(tmp_path):
    assert read_edits({"edits": None}, ROOT) == []
    assert read(tmp_path, "") == read(tmp_path, "# nothing yet\n") == read(tmp_path, "[]") == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- topic: [t1\n", "line 2, column 1"),
        ("- {topic: t7f3a, note: see: Zotero}", "into quotes"),
        ("- {topic: t7f3a, zzz: 1}", "known are topic,"),
        ("topic: t7f3a\nrename: x\n", "is not a list"),
        (
            "- {topic: t7f3a, rename: x}\n- {topic: t7f3a, renam: x}",
            "line 2: renam: unknown; did you mean rename?",
        ),
        ("- {topic: T7F3A, rename: x}", "line 1: topic: 'T7F3A' does not match"),
        ("- {topic: t7f3a, rename: '  '}", "line 1: rename"),
        ("- {rename: x}", "line 1: rename: of which topic?"),
        ("- {topic: t7f3a}", "nothing to do"),
        ("- {topic: t7f3a, papers: [a], hide: true}", "both `topic` and `papers`"),
        ("- {topic: t7f3a, merge: [t7f3a]}", "cannot become part of itself"),
        ("- {topic: t7f3a, split: {into: 1}}", "line 1: split"),
        ("- {topic: t7f3a, split: {into: many}}", "line 1: split"),
        ("- {topic: t7f3a, hide: maybe}", "line 1: hide: write true"),
        ("- {seed: {name: x}}", "line 1: seed"),
        ("- {seed: {name: x, words: [a], text: b}}", "line 1: seed"),
        ("- {group: {name: x}}", "'topics' is a required property"),
        ("- {topic: t7f3a, rename: x, date: yesterday}", "line 1: date"),
        ("- rename", "line 1: edit"),
        ("- topic: t7f3a\n  merge: [t1111]\n  merge: [t2222]", "line 1: merge stands twice"),
    ],
)
def test_faults_name_the_line_and_the_key(tmp_path, text, said):
    with pytest.raises(WorkflowError) as error:
        read(tmp_path, text)
    assert said in str(error.value)


def test_all_faults_are_told_at_once(tmp_path):
    with pytest.raises(WorkflowError) as error:
        read(tmp_path, "- {rename: x}\n- {topic: t1234, hide: true}\n- {topic: t1234}\n")
    assert "line 1" in str(error.value) and "line 3" in str(error.value) and "line 2" not in str(error.value)


def test_a_file_in_another_encoding_is_refused(tmp_path):
    (tmp_path / "e.yaml").write_bytes("- {topic: t7f3a, rename: Größe}".encode("latin-1"))
    edits_file._read.cache_clear()
    with pytest.raises(WorkflowError, match="UTF-8"):
        read_edits({"edits": str(tmp_path / "e.yaml")}, ROOT)


def test_the_schema_for_editors_is_valid_and_takes_what_yaml_makes_of_the_file():
    schema = json.loads((ROOT / "rules/edits.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid([{"topic": "t7f3a", "move": {"papers": [704.0001, "x"]}}])
    assert not validator.is_valid([{"topic": "t7f3a", "rename": 3}])


BLOCKS = ["", "# nothing yet\n", ONE_OF_EACH, "- topic: t7f3a\n  note: |\n    two\n\n    lines\n# the end\n"]


@pytest.mark.parametrize(
    "text",
    [
        *BLOCKS,
        "- {topic: t7f3a, hide: true}",
        "[]",
        "[{topic: t7f3a, rename: 'a: b'},\n {papers: [0704.0001], pin: true}]\n",
        "  - topic: t7f3a\n    rename: with a margin\n",
        "---\n- {topic: t7f3a, hide: true}\n...\n",
    ],
)
def test_an_entry_can_follow_any_file(tmp_path, text):
    before, ready = without_lines(read(tmp_path, text)), extensible(text)
    after = without_lines(read(tmp_path, f"{ready}- {{topic: t1234, note: new}}\n"))
    assert after == [*before, {"kind": "note", "value": "new", "topic": "t1234", "note": "new"}]
    assert ready == text or text not in BLOCKS
