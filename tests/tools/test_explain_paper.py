"""explain_paper: says why one paper of a finished run is in its topic."""

import subprocess

import pandas as pd
import pytest

import explain_paper
from conftest import ENVIRONMENT, ROOT
from explained import finished_run


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finished_run(tmp_path_factory.mktemp("one") / "results")


def test_one_paper_is_explained(finished, capsys):
    explain_paper.main(["--id=hep-th/0000000", "--results", str(finished), "--threads=1"])
    said = capsys.readouterr().out
    assert said.startswith("topic          a  (similarity 0.")
    for expected in (
        "without the word",
        "galaxy",
        "words that favor the second-best topic:",
        "words were not read",
    ):
        assert expected in said
    assert (finished / "explain/hep-th_0000000.png").read_bytes().startswith(b"\x89PNG")


def test_an_unknown_id_is_refused_with_one_near_it(finished):
    command = ["make", "explain", "ID=hep-th/0000099", f"RESULTS={finished}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert result.returncode != 0 and "Traceback" not in result.stderr
    assert "no paper 'hep-th/0000099' among the 24 of this run (closest id: hep-th/0000023)" in result.stderr
    result = subprocess.run(
        ["make", "explain"], cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert result.returncode != 0 and "make explain ID=" in result.stderr


def test_a_run_that_is_not_there_is_named(tmp_path):
    with pytest.raises(explain_paper.UserError, match=r"assignments\.parquet: no such file"):
        explain_paper.main(["--id=1", f"--results={tmp_path}", "--threads=1"])


def test_the_row_of_an_id():
    assignments = pd.DataFrame({"id": ["a", "b", "d"]})
    assert explain_paper.find(assignments, "b") == 1
    for name, near in (("0", "a"), ("c", "d"), ("e", "d")):
        with pytest.raises(explain_paper.UserError, match=f"closest id: {near}"):
            explain_paper.find(assignments, name)
