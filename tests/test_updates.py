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
