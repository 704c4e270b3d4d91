"""Two corpora in one folder, each with its own results, and a step that fails there."""

import subprocess
from pathlib import Path

import pytest

from conftest import ENVIRONMENT
from workflow import copy_project, dry_run, ran, read, sample_lines, snakemake

PAPERS = 80
CONFIG = """\
input: data/papers.jsonl
scan_k: {sample: 100}
select_k: {candidates: [3, 5]}
cluster: {n_init: 8, smooth: 0}
terms: {min_count: 3}
embed: {max_tokens: 32, parts: 2}
plot: {dpi: 60}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The workflow, run once."""
    folder = copy_project(tmp_path_factory.mktemp("project"), sample_lines(PAPERS), CONFIG)
    snakemake(folder)
    return folder


def test_two_corpora_side_by_side(project):
    """A run in a folder of its own leaves the files of the other corpus as they are."""
    results = project / "results"
    assert 3 <= int((results / "clusters" / "k.txt").read_text()) <= 5  # chosen from what was scanned
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()}
    (project / "data" / "astro.jsonl").write_bytes(b"".join(sample_lines(160)[:PAPERS]))
    setting = ["--config", "pathvars={results: runs/astro}", "input=data/astro.jsonl"]
    said = snakemake(project, *setting)
    assert "holds the map of" not in said
    assert read(project, "../runs/astro/corpus/ledger.json")["lines"] == PAPERS
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()} == before
    assert (project / "runs" / "astro" / "logs" / "cluster.log").exists()
    # switching between the two re-runs nothing
    assert "Nothing to be done" in snakemake(project)
    assert "Nothing to be done" in snakemake(project, *setting)
    # the same folder for another corpus is announced
    said = snakemake(project, "-n", "--config", "input=data/astro.jsonl")
    assert "results holds the map of papers.jsonl, made with another input" in said
    # more parts: gather runs again, from the cache
    said = snakemake(project, *setting, "embed={max_tokens: 32, parts: 3}", "--until", "gather")
    assert sorted(set(ran(said)) - {"all"}) == ["embed", "gather"]
    assert read(project, "../runs/astro/embeddings/embeddings.json")["cache_misses"] == 0


def test_a_target_makes_what_it_needs_and_no_more(project):
    assert set(dry_run(project, "--forceall", "gather")) == {"clean", "embed", "gather"}


def test_failed_step_leaves_its_message_and_no_output(project):
    flags = ["snakemake", "--cores", "1", "--configfile", "mine.yaml", "--until", "clean"]
    flags += ["--config", "clean={categories: ['nonsense.*']}"]
    result = subprocess.run(
        flags, cwd=project, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=100
    )
    said = result.stdout + result.stderr
    assert result.returncode != 0 and "Traceback" not in said
    assert "clean.categories" in said and "nonsense.*" in said
    assert not (project / "results" / "corpus" / "papers.parquet").exists()
    assert not list((project / "results").rglob(".*"))
