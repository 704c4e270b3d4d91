"""The workflow runs from anywhere: in another folder, as a module of another workflow, and from a Git repository."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from conftest import ROOT, script_server
from lib.workflow.checks import lock_results
from workflow import copy_project, fork_snakemake, jobs, sample_lines

IMPORTER = """
configfile: "two.yaml"

module first:
    snakefile: {snakefile!r}
    config: config["first"]

use rule * from first as first_*

module second:
    snakefile: gitfile({repository!r}, path="Snakefile", ref="main")
    config: config["second"]

use rule * from second as second_*

rule report:  # the modules have a rule of this name
    default_target: True
    input: rules.first_terms.output, rules.second_terms.output
    output: "done.txt"
    shell: "echo yes > {{output}}"
"""


def run(folder: Path, *command: str) -> tuple[int, str]:
    return fork_snakemake(folder, ["--cores", "2", *command], script_server().environment)


def succeed(folder: Path, *command: str) -> str:
    status, text = run(folder, *command)
    assert status == 0, text[-4000:]
    return text


@pytest.fixture(scope="module")
def source(tmp_path_factory) -> Path:
    """The workflow as a Git repository, in a folder whose name has a space."""
    folder = tmp_path_factory.mktemp("a place") / "paper map"
    copy_project(folder, [], "{}")
    (folder / "data" / "sample.jsonl.gz").symlink_to(ROOT / "data" / "sample.jsonl.gz")
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-qm", "one"]):
        subprocess.run([*git, *command], check=True)
    return folder


@pytest.fixture
def folder(tmp_path) -> Path:
    """A working directory whose name has a space, with a corpus."""
    place = tmp_path / "my work"
    place.mkdir()
    (place / "papers.jsonl").write_bytes(b"".join(sample_lines(40)))
    return place


@pytest.fixture
def read_only(source, tmp_path):
    """A copy of the workflow in which nobody can write; root needs a mount for that."""
    copy = shutil.copytree(source, tmp_path / "read only", symlinks=True)
    if os.geteuid():
        for path in [*copy.rglob("*"), copy]:
            if not path.is_symlink():
                path.chmod(0o555 if path.is_dir() else 0o444)
        yield copy
        return
    mounts = (["--bind", str(copy)], ["-o", "remount,ro,bind"])
    if any(subprocess.run(["mount", *flags, str(copy)], check=False).returncode for flags in mounts):
        pytest.skip("no folder can be mounted here")
    yield copy
    subprocess.run(["umount", str(copy)], check=True)


def test_in_another_folder_it_plans_and_runs_the_same_jobs(source, folder):
    snakefile = str(source / "Snakefile")
    own = jobs(succeed(source, "-n"))
    assert jobs(succeed(folder, "-s", snakefile, "-n")) == own
    succeed(folder, "-s", snakefile, "--config", "input=papers.jsonl", "--until", "terms")
    ledger = json.loads((folder / "results/corpus/ledger.json").read_text())
    assert ledger["input"] == "papers.jsonl" and ledger["buckets"]["kept"]["count"] > 30
    assert (folder / "results/corpus/vocabulary.parquet").is_file()
    assert not (source / "results").exists()
    again = succeed(folder, "-s", snakefile, "--config", "input=papers.jsonl", "--until", "terms")
    assert "Nothing to be done" in again


def test_the_config_of_the_working_directory_is_read(source, folder):
    (folder / "config.yaml").write_text("input: papers.jsonl\nselect_k: {candidates: [3, 4]}\n")
    assert jobs(succeed(folder, "-s", str(source / "Snakefile"), "-n"))["scan_k"] == 2


def test_two_corpora_are_mapped_by_importing_it_from_a_folder_and_from_a_repository(source, folder):
    (folder / "Snakefile").write_text(
        IMPORTER.format(snakefile=str(source / "Snakefile"), repository=str(source))
    )
    two = {
        name: {"input": "papers.jsonl", "clean": {"limit": limit}, "pathvars": {"results": f"results/{name}"}}
        for name, limit in (("first", 30), ("second", 20))
    }
    (folder / "two.yaml").write_text(yaml.safe_dump(two))
    (folder / "lib").mkdir()  # a package of the importing workflow with the name of ours
    (folder / "lib" / "__init__.py").touch()
    succeed(folder)
    counts = [
        json.loads((folder / f"results/{name}/corpus/ledger.json").read_text())["buckets"]["kept"]["count"]
        for name in two
    ]
    assert counts == [30, 20] and (folder / "done.txt").read_text() == "yes\n"
    assert "Nothing to be done" in succeed(folder)
    # another commit re-runs the steps whose files differ
    with (source / "scripts/terms.py").open("a") as file:
        file.write("# a comment\n")
    git = ["git", "-C", str(source), "-c", "user.name=x", "-c", "user.email=x@example.org"]
    subprocess.run([*git, "commit", "-qam", "two"], check=True)
    assert jobs(succeed(folder, "-n")) == {"first_terms": 1, "second_terms": 1, "report": 1}


def test_the_example_of_the_docs_is_the_one_that_runs(source, folder):
    """The importing Snakefile of docs/importing.md, with the paths of this test."""
    page = (ROOT / "docs" / "importing.md").read_text()
    snakefile = page.partition("```python\n")[2].partition("```")[0]
    assert len([line for line in snakefile.splitlines() if line.strip()]) <= 20
    (folder / "Snakefile").write_text(snakefile.replace("../paper-map/Snakefile", str(source / "Snakefile")))
    for name in ("astro", "math"):
        (folder / f"{name}.jsonl.gz").symlink_to(ROOT / "data" / "sample.jsonl.gz")
    planned = jobs(succeed(folder, "-n"))
    assert planned["astro_clean"] == planned["math_report"] == 1 and planned["math_scan_k"] == 9


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"input": "papers.jsonl", "cluster": {"kk": 5}}, "cluster.kk: unknown key; did you mean 'k'?"),
        ({"input": "papers.jsonl", "own_key": 1}, "own_key: unknown key; known are input"),
        ({"clean": {}}, "input: missing; The papers"),
        ("two.yaml", "`config:` of the module is 'two.yaml'; give it a dict"),
        ({"input": "absent.jsonl"}, "input: no such file: absent.jsonl"),
    ],
)
def test_mistakes_in_the_config_of_a_module_are_named(source, folder, config, said):
    text = f"module maps:\n    snakefile: {str(source / 'Snakefile')!r}\n    config: {config!r}\n"
    (folder / "Snakefile").write_text(f"{text}use rule * from maps as maps_*\n")
    status, printed = run(folder, "-n")
    assert status != 0 and said in printed and "Traceback" not in printed


def test_a_rule_of_the_importer_with_the_name_of_one_of_ours_is_named(source, folder):
    text = f"module maps:\n    snakefile: {str(source / 'Snakefile')!r}\n    config: {{'input': 'papers.jsonl'}}\n"
    own = "rule report:\n    output: 'x'\n    shell: 'touch x'\n"
    (folder / "Snakefile").write_text(f"{own}{text}use rule * from maps\n")
    status, printed = run(folder, "-n")
    assert status != 0 and "The name report is already used by another rule" in printed
    (folder / "Snakefile").write_text(f"{own}{text}use rule * from maps as maps_*\n")
    assert jobs(succeed(folder, "-n")) == {"report": 1}


def test_a_read_only_checkout_is_enough(read_only, folder):
    with pytest.raises(OSError, match=r"[Rr]ead-only|denied"):
        (read_only / "x").touch()
    succeed(folder, "-s", str(read_only / "Snakefile"), "--config", "input=papers.jsonl", "--until", "clean")


def test_a_second_run_on_a_results_folder_in_use_is_refused(source, folder):
    held = lock_results({"pathvars": {"results": str(folder / "results")}})
    command = ("-s", str(source / "Snakefile"), "--config", "input=papers.jsonl", "--until", "clean")
    status, text = run(folder, *command)
    assert status != 0 and "another run is writing to results; wait until it ends" in text
    assert "Traceback" not in text and not (folder / "results/corpus").exists()
    assert "Job stats" in succeed(folder, *command, "-n")  # a dry run writes nothing
    assert held is not None
    os.close(held)
    succeed(folder, *command)


def test_a_format_that_is_set_after_a_first_run_is_drawn(source, folder):
    command = ("-s", str(source / "Snakefile"), "-n", "--config", "input=papers.jsonl")
    assert "results/map.pdf" in succeed(folder, *command, "plot={formats: [pdf]}")


def test_the_entry_of_the_catalog_says_what_holds():
    entry = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    rules = "".join(file.read_text() for file in (ROOT / "rules").glob("*.smk"))
    assert entry["software-stack-deployment"]["conda"] == ("conda:" in rules)
    assert entry["software-stack-deployment"]["apptainer"] == ("container:" in rules)
    assert entry["software-stack-deployment"]["report"] == ("report(" in rules)
