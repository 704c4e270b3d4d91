"""The whole workflow with `--sdm conda`: each stage in an environment that holds only what its file names.

A stand-in for conda makes the environments from PyPI (tests/conda/bin/conda), since no channel can be reached
from CI.
"""

import os
import subprocess
import sys

import pytest

import pin_envs
from conftest import ENVIRONMENT, ROOT, needs_real_parts
from workflow import FILES, copy_project, sample_lines, snakemake

CONFIG = """\
input: data/papers.jsonl
scan_k: {sample: 120}
select_k: {candidates: [5, 70]}
cluster: {n_init: 8}
terms: {min_count: 3}
embed: {max_tokens: 64}
plot: {dpi: 60}
"""


def test_every_package_is_pinned_the_indirect_ones_too():
    pins = pin_envs.locked((ROOT / "requirements.txt").read_text())
    for file in (ROOT / "envs").glob("*.yaml"):
        assert pin_envs.pinned(file.read_text(), pins) == file.read_text(), f"run `make lock`: {file.name}"


@needs_real_parts
@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the environment files are for Python 3.11")
def test_declared_packages_suffice_and_give_the_same_results(tmp_path):
    folder = copy_project(tmp_path / "project", sample_lines(150), CONFIG)
    snakemake(folder)
    path = os.pathsep.join([str(ROOT / "tests" / "conda" / "bin"), ENVIRONMENT["PATH"]])
    command = ["snakemake", "--cores=2", "--sdm=conda", "--configfile=mine.yaml"]
    command += ["--config", "pathvars={results: with-conda}", "embed={max_tokens: 64, cache: cache/conda}"]
    result = subprocess.run(
        command,
        cwd=folder,
        env=ENVIRONMENT | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=1500,
    )
    assert result.returncode == 0, (result.stdout + result.stderr)[-6000:]
    assert len(list((folder / ".snakemake" / "conda").glob("*.yaml"))) == 6
    for name in FILES:
        if name.endswith((".parquet", ".npy", ".csv", ".png", ".html")) and name != "report.html":
            one, two = (folder / results / name for results in ("results", "with-conda"))
            assert one.read_bytes() == two.read_bytes(), name
    # from conda to .venv: nothing runs again
    assert "Nothing to be done" in snakemake(folder, "--config", "pathvars={results: with-conda}")
