"""The files that the config names: input, folders that cannot be written, texts that the locale cannot pass on."""

import json
import os
import subprocess

import pytest

from conftest import ENVIRONMENT, ROOT, as_lines, paper
from lib.workflow import requests
from workflow import check, copy_project, sample_lines, snakemake


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a folder of monthly files, and others that lie there."""
    for name in ("2026-02.jsonl", "2026-01.csv", ".hidden.csv", "README.md", "x.csv.md5", "more/2026-03.ris"):
        file = tmp_path / "monthly" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x" * 1000)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "monthly"


@pytest.mark.parametrize(
    ("value", "files"),
    [
        ("monthly", ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/", ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/2026-*", ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/**/*.ris", ["more/2026-03.ris"]),
        (["monthly/2026-02.jsonl", "monthly/2026-01.csv"], ["2026-01.csv", "2026-02.jsonl"]),
        (["monthly/*.csv", "monthly/2026-01.csv", "monthly"], ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/2026-01.csv", ["2026-01.csv"]),
    ],
)
def test_input_is_files_in_one_order(folder, value, files):
    expected = [f"monthly/{name}" for name in files]
    assert check({"input": value})["input"] == (expected if len(expected) > 1 else expected[0])


def test_the_papers_of_all_files_are_expected(folder):
    config = check({"input": "monthly", "pathvars": {"results": "none"}})
    one = check({"input": "monthly/2026-02.jsonl", "pathvars": {"results": "none"}})
    assert requests.papers_of_corpus(config) == 2 * requests.papers_of_corpus(one)


@pytest.fixture
def read_only(tmp_path):
    """A folder in which nobody can write; root needs a file system for that."""
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o500)
    if os.geteuid():
        yield folder
        return
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_results_that_cannot_be_written_are_refused_at_the_start(read_only, tmp_path):
    config = f"input: data/papers.jsonl\npathvars: {{results: {read_only}/runs/one}}\n"
    folder = copy_project(tmp_path / "project", sample_lines(30), config)
    command = ["snakemake", "--cores", "1", "--configfile", "mine.yaml"]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=120
    )
    assert result.returncode != 0 and "Traceback" not in result.stderr
    assert f"pathvars.results: {read_only} cannot be written to" in result.stderr
    assert "checkpoint clean" not in result.stderr  # no job was started


@pytest.mark.parametrize(("title", "sound"), [("Größe 量子", False), ("A title", True)])
def test_texts_that_the_locale_cannot_pass_on_are_refused(title, sound, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        f"plot: {{title: {title}}}\npathvars: {{results: {tmp_path}}}", "utf-8"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = subprocess.run(
        ["snakemake", "-n", "--cores", "1", "--configfile", tmp_path / "mine.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=ENVIRONMENT | ascii_only,
        check=False,
        timeout=120,
    )
    said = result.stdout + result.stderr
    assert (result.returncode == 0) == sound and "Traceback" not in said
    assert (r"plot.title: 'Gr\xf6\xdfe \u91cf\u5b50' needs a UTF-8 locale" in said) != sound


@pytest.mark.parametrize(
    "name",
    [
        "a b.jsonl",
        'it\'s "q".jsonl',
        "-x.jsonl",
        "a,b.jsonl",
        "#1.jsonl",
        "größe 量子.jsonl",
        "$HOME;*&.jsonl",
    ],
)
def test_input_of_any_other_name_reaches_clean(name, tmp_path):
    """From the config through Snakemake and the shell to the script."""
    records = [paper(f"2301.{i:05d}") for i in range(12)]
    (tmp_path / name).write_bytes(as_lines(*records))
    for folder in ("rules", "scripts", "envs", "data", "profiles", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    for file in ("Snakefile", "config.yaml", "CITATION.cff"):
        (tmp_path / file).symlink_to(ROOT / file)
    (tmp_path / "mine.yaml").write_text(json.dumps({"input": name, "pathvars": {"results": "größe/a,b=c"}}))
    snakemake(tmp_path, "--until", "clean")
    ledger = json.loads((tmp_path / "größe/a,b=c/corpus/ledger.json").read_text("utf-8"))
    assert ledger["input"] == name and ledger["lines"] == 12
