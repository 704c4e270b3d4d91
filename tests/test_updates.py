"""A chain of three runs by Snakemake: what is encoded, what goes on, and what a change of the chain runs again."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from conftest import ROOT
from encoders import tiny_bert
from workflow import copy_project, dry_run, sample_lines, snakemake

PAPERS, NEW = 120, 20
CONFIG = """\
input: data/papers.jsonl
embed: {model: model, max_tokens: 32, device: cpu, precision: float32}
scan_k: {sample: 100}
select_k: {candidates: [4, 70]}
cluster: {n_init: 8, smooth: 0}
terms: {min_count: 3}
plot: {dpi: 50}
"""
FIRST, LATER = (
    ("--cores", "2", "label", "project"),
    ("--cores", "2", "changes", "project"),
)  # what a later month reads
AFTER = {
    "hierarchy",
    "keywords",
    "label",
    "trends",
    "explain",
    "plot",
    "explore",
    "evaluate",
    "report",
    "papers",
    "methods",
    "changes",
}
FILES = (
    "clusters/assignments.parquet",
    "topics/topics.parquet",
    "map/coordinates.parquet",
    "topics/changes.json",
)


def read(path: Path):
    return json.loads(path.read_text()) if path.suffix == ".json" else pq.read_table(path).to_pandas()


def month(name: str, previous: str | None, *more: str) -> list[str]:
    """The flags of a run in runs/NAME."""
    keys = [f"pathvars={{results: runs/{name}}}", f"input=data/{name}.jsonl", *more]
    return ["--config", *keys, *([f"previous={previous}"] if previous else [])]


@pytest.fixture(scope="module")
def chain(tmp_path_factory) -> Path:
    """Three months in runs/: the second has new papers, the third has none."""
    lines = sample_lines(PAPERS)
    folder = copy_project(tmp_path_factory.mktemp("chain"), lines, CONFIG)
    tiny_bert(folder / "model")
    for name, count in (("one", PAPERS - NEW), ("two", PAPERS), ("three", PAPERS)):
        (folder / f"data/{name}.jsonl").write_bytes(b"".join(lines[:count]))
    for name, previous, steps in (
        ("one", None, FIRST),
        ("two", "runs/one", []),
        ("three", "runs/two", LATER),
    ):
        said = snakemake(folder, *steps, *month(name, previous))
        assert "warning: runs" not in said
    return folder / "runs"


def test_only_new_papers_are_encoded(chain):
    summaries = [read(chain / name / "embeddings/embeddings.json") for name in ("one", "two", "three")]
    assert [summary["cache_misses"] for summary in summaries] == [PAPERS - NEW, NEW, 0]


def test_the_second_month_goes_on(chain):
    before, after = (read(chain / name / "clusters/cluster.json") for name in ("one", "two"))
    assert after["keys"][: len(before["keys"])] == before["keys"] and after["run"] == 1
    assert after["lineage"][:1] == before["lineage"] and len(after["lineage"]) == 2
    assert read(chain / "two/topics/changes.json")["new"] == NEW
    assert (read(chain / "two/clusters/assignments.parquet")["age"] == 0).sum() == NEW
    assert "What is new" in (chain / "two/report.html").read_text()


def test_a_month_without_new_papers_changes_nothing(chain):
    for file, columns in (
        ("clusters/assignments.parquet", ["id", "topic", "second_topic"]),
        ("topics/topics.parquet", ["topic", "key", "name", "color", "label", "size"]),
        ("map/coordinates.parquet", ["id", "x", "y"]),
    ):
        two, three = (read(chain / name / file)[columns] for name in ("two", "three"))
        assert two.equals(three), file
    news = read(chain / "three/topics/changes.json")
    assert news["new"] == news["removed"] == 0 and news["kept"] == 1 and not news["moves"]
    assert {change["kind"] for change in news["changes"]} <= {"announced"}
    history = read(chain / "three/topics/history.parquet")
    assert set(history["run"]) == {0, 1, 2}


def test_a_month_made_again_is_the_same(chain):
    (chain.parent / "data/again.jsonl").write_bytes((chain.parent / "data/two.jsonl").read_bytes())
    snakemake(chain.parent, *LATER, *month("again", "runs/one"))
    for file in FILES:
        assert (chain / "again" / file).read_bytes() == (chain / "two" / file).read_bytes(), file


def test_what_a_change_of_the_chain_runs_again(chain):
    folder = chain.parent
    assert not dry_run(folder, *month("two", "runs/one"))
    assert not dry_run(folder, *month("two", "./runs/three/../one/"))  # the same folder
    assert not dry_run(folder, *FIRST, *month("one", None, "cluster={stay: 0.5, n_init: 8, smooth: 0}"))
    jobs = dry_run(folder, *month("two", "runs/one", "cluster={stay: 0.5, n_init: 8, smooth: 0}"))
    assert set(jobs) == {"cluster", *AFTER}  # `project` reads the earlier places alone
    frozen = "cluster={history: freeze, n_init: 8, smooth: 0}"
    assert "embed" not in dry_run(folder, *month("two", "runs/one", frozen))
    said = snakemake(folder, "-n", *month("two", None))
    assert "`previous` is null" in said and "embed" not in said.split("job ")[-1]


def test_the_docs_name_the_files_that_a_run_reads(chain):
    page = (ROOT / "docs/updates.md").read_text()
    for file in ("clusters/cluster.json", "topics/history.parquet", *FILES[:3]):
        assert file in page and (chain / "two" / file).is_file()


@pytest.fixture(scope="module")
def edited(chain) -> Path:
    """The second month with edits, and the third behind it with the same ones."""
    keys = read(chain / "two/clusters/cluster.json")["keys"]
    (chain.parent / "edits.yaml").write_text(
        f"""\
- topic: {keys[0]}
  rename: The first of all
  drop_words: [{read(chain / "two/topics/topics.parquet")["keywords"][0][0]}]
- {{topic: {keys[0]}, merge: [{keys[1]}]}}
- {{topic: {keys[2]}, split: {{into: 2}}}}
- {{topic: {keys[3]}, rename: Nobody's, note: to be decided}}
- {{group: {{name: Both, topics: [{keys[0]}, {keys[3]}]}}}}
- {{topic: t9999, hide: true}}
"""
    )
    said = snakemake(chain.parent, *with_edits("edited", "two", "runs/one"))
    assert "edits, line 8: hide t9999: not applied (orphaned)" in said
    snakemake(chain.parent, *LATER, *with_edits("after", "three", "runs/edited"))
    return chain


def with_edits(name: str, papers: str, previous: str, *more: str) -> list[str]:
    """The flags of a run in runs/NAME with the papers of a month and the edits."""
    keys = [f"pathvars={{results: runs/{name}}}", f"input=data/{papers}.jsonl", f"previous={previous}"]
    return ["--config", *keys, "edits=edits.yaml", *more]


def test_edits_change_names_words_and_papers(edited):
    keys = read(edited / "two/clusters/cluster.json")["keys"]
    before, after = (
        read(edited / name / "topics/topics.parquet").set_index("key") for name in ("two", "edited")
    )
    assert list(after.index) == [keys[0], *keys[2:], f"{keys[2]}-2"]
    assert after["name"][keys[0]] == "The first of all" and after["by_hand"].tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert before["keywords"][keys[0]][0] not in after["keywords"][keys[0]]
    hierarchy = read(edited / "edited/topics/hierarchy.parquet")
    assert "Both" in hierarchy.loc[hierarchy["level"] == "group", "name"].tolist()
    outcomes = read(edited / "edited/topics/edits.json")["edits"]
    assert [edit["line"] for edit in outcomes] == [1, 1, 4, 5, 6, 7, 8]
    assert [edit["status"] for edit in outcomes] == ["applied"] * 6 + ["orphaned"]
    report = (edited / "edited/report.html").read_text()
    assert "6 of 7 edits" in report and "no topic has the key t9999" in report and "to be decided" in report


def test_words_of_topics_that_no_edit_touched_stay_to_the_bit(edited):
    number = read(edited / "edited/topics/topics.parquet").set_index("key")["topic"]
    untouched = read(edited / "two/clusters/cluster.json")["keys"][3:]
    words = []
    for name in ("two", "edited"):
        table = read(edited / name / "topics/keywords.parquet")
        own = table[(table["level"] == "topic") & table["node"].isin(number[untouched])]
        words.append(own.to_dict("records"))
    assert words[0] == words[1] and {row["node"] for row in words[0]} == set(number[untouched])


def test_edits_are_in_place_in_the_next_month(edited):
    """A later month replays them: topics have the same keys, numbers and names, and nothing is told as new."""
    first, later = (read(edited / name / "topics/topics.parquet") for name in ("edited", "after"))
    for column in ("topic", "key", "name", "by_hand", "color"):
        assert first[column].tolist() == later[column].tolist(), column
    news = read(edited / "after/topics/changes.json")
    assert news["kept"] == 1 and {change["kind"] for change in news["changes"]} <= {"announced"}
    # the chain itself does not know of edits
    assert (
        read(edited / "after/clusters/cluster.json")["keys"]
        == read(edited / "three/clusters/cluster.json")["keys"]
    )


def test_an_edit_runs_what_it_touches(edited):
    folder, file = edited.parent, edited.parent / "edits.yaml"
    text = file.read_text()

    def jobs(text: str) -> set[str]:
        file.write_text(text)
        return set(dry_run(folder, *with_edits("edited", "two", "runs/one")))

    named = {"label", "trends", "changes", "plot", "explore", "report", "papers", "methods"}
    try:
        assert not jobs(text)
        assert jobs(f"# a comment\n{text}") == {"explore"}  # the page holds the text
        assert jobs(text.replace("The first", "The very first")) == named
        assert jobs(text + "- {drop_words: [theory]}\n") == named | {"keywords", "evaluate"}
        grouped = jobs(text.replace("name: Both", "name: All"))
        assert grouped == named | {"hierarchy", "keywords", "evaluate"}
        merged = jobs(text.replace("into: 2", "into: 3"))
        assert merged == named | {"edit", "hierarchy", "keywords", "explain", "evaluate"}
        without = jobs("- {topic: t9999, rename: x}\n")
        assert not without & {"edit", "cluster", "embed", "project"} and "hierarchy" in without
    finally:
        file.write_text(text)
