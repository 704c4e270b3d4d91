"""Kills in a chain of updates leave the results of a chain that nothing disturbed."""

import shutil
from itertools import cycle
from pathlib import Path

import pytest

from conftest import needs_real_parts
from encoders import tiny_bert
from kills import ENDED, Kill, differences, run_killed, run_undisturbed
from workflow import copy_project, sample_lines, snakemake

# There are too few papers for the second candidate, so that K is 3 on any processor.
CONFIG = """\
input: data/{papers}.jsonl
previous: {previous}
pathvars: {{results: runs/{papers}}}
embed: {{model: model, max_tokens: 32, device: cpu, precision: float32}}
scan_k: {{sample: 100}}
select_k: {{candidates: [3]}}
cluster: {{n_init: 8, smooth: 0}}
terms: {{min_count: 3}}
"""
SIZES = (110, 125, 140, 155)  # papers of the runs of the chain
STEPS = ("cluster", "label", "project", "changes")
# Before a step, in it, and after it; of these, what stands between the step and its results is killed
MOMENTS = (0.0, 0.6, ENDED)
VICTIMS = {0.0: ("all", "main"), 0.6: ("script", "all"), ENDED: ("all", "main")}


def configure(folder: Path, number: int) -> tuple[Path, tuple[str, ...]]:
    """Write the config of a run of the chain; returns its results folder, and what is made in it."""
    results = f"runs/{SIZES[number]}"
    previous = f"runs/{SIZES[number - 1]}" if number else "null"
    (folder / "mine.yaml").write_text(CONFIG.format(papers=SIZES[number], previous=previous))
    made = ["map/coordinates.parquet", "topics.csv", *["topics/changes.csv"] * bool(number)]
    return folder / results, tuple(f"{results}/{name}" for name in made)


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The workflow, and the inputs of all runs: each holds the papers of the one before."""
    lines = sample_lines(SIZES[-1])
    folder = copy_project(tmp_path_factory.mktemp("chain"), [], "")
    for papers in SIZES:
        (folder / "data" / f"{papers}.jsonl").write_bytes(b"".join(lines[:papers]))
    (folder / "model").mkdir()
    tiny_bert(folder / "model")
    return folder


@needs_real_parts
def test_kills_in_a_chain_of_updates_change_nothing(project, tmp_path):
    """Three updates: each of the four steps is killed before it in the first, in it in the second, after it in the third."""
    _, targets = configure(project, 0)
    needed = run_undisturbed(project, targets)
    killed = tmp_path / "killed"
    shutil.copytree(project, killed)
    needed["changes"] = needed["label"]
    hits: list[str] = []
    for number, moment in enumerate(MOMENTS, 1):
        calm, targets = configure(project, number)
        snakemake(project, "--cores", "2", *targets)
        shaken, targets = configure(killed, number)
        plan = {step: Kill(victim, moment) for step, victim in zip(STEPS, cycle(VICTIMS[moment]))}
        hits += run_killed(killed, plan, needed, targets)
        assert differences(calm, shaken) == []
    assert len(hits) >= 10, hits
