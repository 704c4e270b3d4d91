"""make: what it passes on to Snakemake, what it refuses, and what it prints."""

import shlex
import shutil
import subprocess

import pytest

from conftest import ENVIRONMENT, ROOT


def dry(*settings: str) -> str:
    """What `make -n run` says: it checks its variables and prints the commands that it would run."""
    command = ["make", "--no-print-directory", "-n", "run", "CORES=1", *settings]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def test_make_passes_input_results_and_config_on():
    said = dry("INPUT=a.jsonl", "RESULTS=runs/a", "CONFIG=cluster='{k: 7}'")
    assert """--config 'input=a.jsonl' 'pathvars={results: "runs/a"}' cluster='{k: 7}'""" in said
    assert "--config" not in dry("ARGS=-n")
    assert "pass config keys as CONFIG" in dry("INPUT=a.jsonl", "ARGS=--config x=1")


@pytest.mark.parametrize("setting", ["cluster.k=25", "k=25", "cluster", "cluster: {k: 25}", "=25"])
def test_make_refuses_config_that_snakemake_cannot_read(setting):
    said = dry(f"CONFIG=plot='{{title: a.b=c}}' {setting}")
    (line,) = said.splitlines()
    assert f"*** CONFIG: {setting.split()[0]}" in line and """write CONFIG="cluster='{k: 25}'\"""" in line


@pytest.mark.parametrize("setting", ["plot='{title: \"a.b = (c)\"}' link='{id}'", "input=a.b.jsonl", ""])
def test_make_accepts_config_that_snakemake_can_read(setting):
    assert "***" not in dry(f"CONFIG={setting}")


@pytest.mark.parametrize("name", ["O'Neil's library.ris", "My Library (1), ü & co.ris", 'the "best".bib'])
@pytest.mark.parametrize("target", [["run"], ["update", "NAME=x"], ["assign"]])
def test_make_passes_any_name_of_a_file_on(name, target):
    command = ["make", "--no-print-directory", "-n", *target, "CORES=1", f"INPUT={name}"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {f"input={name}", f"--input={name}"} & set(shlex.split(said))


@pytest.mark.parametrize(
    ("settings", "listed"),
    [([], True), (["ARGS=-n"], False), (["ARGS=--quiet -np"], False), (["ARGS=--dry-run"], False)],
)
def test_make_export_lists_what_it_wrote(tmp_path, settings, listed):
    """With another `snakemake`, which does nothing; make finds it in its environment."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/snakemake").symlink_to("/bin/true")
    results = tmp_path / "my runs (a) & b"
    (results / "exchange").mkdir(parents=True)
    command = ["make", "--no-print-directory", f"--old-file={tmp_path}/.run", "export", f"VENV={tmp_path}"]
    command += [f"RESULTS={results}", *settings]
    options = {"cwd": ROOT, "capture_output": True, "text": True, "env": ENVIRONMENT}
    unfinished = subprocess.run(command, **options, check=False)
    assert unfinished.returncode and "is not the folder of a finished run" in unfinished.stderr
    (results / "papers.parquet").touch()
    absent = subprocess.run(command, **options, check=False)
    assert ("exchange" in absent.stderr) == listed  # a folder without files is told
    (results / "exchange/ris.zip").touch()
    made = subprocess.run(command, **options, check=True)
    assert made.stdout == (f"Result: {results}/exchange/ris.zip\n" if listed else "")


def test_make_refuses_a_config_file_that_does_not_exist():
    for flag in ("--configfile absent.yml", "--configfile=absent.yml", "--configfile config.yaml absent.yml"):
        (line,) = dry(f"ARGS={flag} -n").splitlines()
        assert "*** no such file: absent.yml" in line
    assert "***" not in dry("ARGS=--configfile presets/arxiv.yaml --configfile=config.yaml absent.jsonl -n")


def test_make_refuses_variables_that_it_does_not_know():
    (line,) = dry("INPUTS=a.jsonl", "RESULT=x", "CONFIG=cluster='{k: 7}'").splitlines()
    assert "*** unknown: INPUTS RESULT;" in line or "*** unknown: RESULT INPUTS;" in line
    assert "INPUT RESULTS CONFIG ARGS" in line
    assert "***" not in dry(
        "INPUT=a", "RESULTS=b", "ARGS=-n", "PAPERS=p", "CACHE=c", "CORPUS=d", "VENV=.venv"
    )


@pytest.fixture
def with_stand_in(tmp_path):
    """Run make in a folder where nothing is set up, with a `snakemake` that prints its arguments."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    stand_in = tmp_path / "bin" / "snakemake"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\nfor each in "$@"; do echo "[$each]"; done\n')
    stand_in.chmod(0o755)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        # of .venv make takes the time only
        command = ["make", "--no-print-directory", "--old-file=.venv/.run", *arguments]
        env = ENVIRONMENT | {"PATH": f"{stand_in.parent}:{ENVIRONMENT['PATH']}"}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)

    return run


def test_make_run_passes_on_what_it_is_given(with_stand_in):
    def run(*settings: str) -> list[str]:
        result = with_stand_in("run", *settings)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()

    assert run("ARGS=-n")[2:] == ["[--logger]", "[steps]", "[-n]"]
    assert run("RESULTS=runs/a", "K=25")[4:] == [
        "[--config]",
        '[pathvars={results: "runs/a"}]',
        "[cluster={k: 25}]",
    ]


def test_make_update_names_the_run_it_follows_and_prints_the_news(tmp_path, with_stand_in):
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")

    def update(*settings: str) -> list[str]:
        result = with_stand_in("update", *settings)
        return result.stdout.splitlines() if result.returncode == 0 else result.stderr.splitlines()

    first = update("NAME=2026-08", "INPUT=a b.zip", "CONFIG=cluster='{k: 25}'", "ARGS=-n")
    assert first[0] == "Previous: none is finished, so that this run starts a chain"
    folder = '[pathvars={results: "runs/2026-08"}]'
    assert first[5:] == ["[--config]", "[input=a b.zip]", folder, "[cluster={k: 25}]", "[-n]"]

    for name in ("clusters/assignments.parquet", "clusters/cluster.json", "topics/topics.parquet"):
        (tmp_path / "runs/2026-08" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "runs/2026-08" / name).touch()
    (tmp_path / "runs/2026-08/map").mkdir()
    for name in ("coordinates.parquet", "project.json"):
        (tmp_path / "runs/2026-08/map" / name).touch()
    (tmp_path / "runs/2026-08/report.html").touch()
    (tmp_path / "runs/2026-09/logs").mkdir(parents=True)
    (tmp_path / "runs/2026-09/logs/changes.log").write_text("16 of 17 topics go on.\n")
    (tmp_path / "runs/2026-09/map.png").touch()
    second = update("NAME=2026-09")
    assert second[0] == "Previous: runs/2026-08"
    folder = '[pathvars={results: "runs/2026-09"}]'
    assert second[5:8] == ["[--config]", folder, "[previous=runs/2026-08]"]
    assert second[8:] == ["16 of 17 topics go on."]
    assert "error: name the new run" in update()[0]
    assert "is finished; choose another name" in update("NAME=2026-08")[0]
