"""The config key `previous`: what can be followed, and what is refused before any job."""

import json
from pathlib import Path

import pytest
from snakemake.exceptions import WorkflowError

from lib.workflow.chains import FILES, check_previous, history_of, read_summary, topics_of_previous
from lib.workflow.requests import candidates
from summaries import CLUSTER


def finished(folder: Path, **summary) -> str:
    for file in FILES:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"x")
    (folder / "clusters/cluster.json").write_text(json.dumps(CLUSTER | summary))
    return str(folder)


def config(previous: str | None, results: Path, k: int | None = None, history: str = "follow") -> dict:
    cluster = {"k": k, "history": history}
    return {
        "previous": previous,
        "pathvars": {"results": str(results)},
        "cluster": cluster,
        "select_k": {"candidates": [5, 9]},
    }


@pytest.fixture(autouse=True)
def _nothing_remembered():
    read_summary.cache_clear()


def test_a_finished_run_can_be_followed(tmp_path):
    first = finished(tmp_path / "one", k=7)
    asked = config(first, tmp_path / "two")
    check_previous(asked)
    assert topics_of_previous(asked) == 7 and candidates(asked) == [7] and history_of(asked) == []
    second = finished(tmp_path / "two", k=8, run=1)
    asked = config(f"{second}/", tmp_path / "three")
    check_previous(asked)
    assert history_of(asked) == [f"{second}/topics/history.parquet"]


def test_without_an_earlier_run_all_candidates_are_scanned(tmp_path):
    asked = config(None, tmp_path / "one")
    check_previous(asked)
    assert topics_of_previous(asked) is None and candidates(asked) == [5, 9] and history_of(asked) == []


def test_a_set_k_and_a_fresh_start_do_not_take_the_earlier_k(tmp_path):
    first = finished(tmp_path / "one", k=7)
    assert candidates(config(first, tmp_path / "two", k=6)) == [6]
    assert candidates(config(first, tmp_path / "two", history="fresh")) == [5, 9]


@pytest.mark.parametrize("name", ["one", "one/", "../{parent}/one"])
def test_a_run_cannot_follow_itself(tmp_path, name):
    finished(tmp_path / "one")
    previous = f"{tmp_path}/{name.format(parent=tmp_path.name)}"
    with pytest.raises(WorkflowError, match="is the results folder of this run"):
        check_previous(config(previous, tmp_path / "one"))


@pytest.mark.parametrize("file", FILES)
def test_an_unfinished_run_is_refused_with_the_missing_file(tmp_path, file):
    first = finished(tmp_path / "one")
    (tmp_path / "one" / file).unlink()
    with pytest.raises(WorkflowError, match=f"{file} is missing"):
        check_previous(config(first, tmp_path / "two"))


def test_a_run_of_an_older_version_is_refused(tmp_path):
    first = finished(tmp_path / "one")
    summary = {key: value for key, value in CLUSTER.items() if key != "numbers"}
    (tmp_path / "one/clusters/cluster.json").write_text(json.dumps(summary))
    with pytest.raises(WorkflowError, match="older version"):
        check_previous(config(first, tmp_path / "two"))


def test_a_damaged_summary_is_refused(tmp_path):
    first = finished(tmp_path / "one")
    (tmp_path / "one/clusters/cluster.json").write_text("{")
    with pytest.raises(WorkflowError, match="cannot be read"):
        check_previous(config(first, tmp_path / "two"))


def test_a_chain_is_not_a_circle(tmp_path):
    keys = CLUSTER["keys"]
    finished(tmp_path / "one", run=0)
    third = finished(tmp_path / "three", run=2, keys=[*keys, "t1234"])
    with pytest.raises(WorkflowError, match="circle"):
        check_previous(config(third, tmp_path / "one"))
    finished(tmp_path / "four", run=3, keys=[*keys, "t1234"])  # made again
    check_previous(config(third, tmp_path / "four"))
    finished(tmp_path / "other", run=0, keys=["t9999"])  # another corpus, which is replaced
    check_previous(config(third, tmp_path / "other"))
    (tmp_path / "other/clusters/cluster.json").write_text("{}")  # of an older version
    check_previous(config(third, tmp_path / "other"))
