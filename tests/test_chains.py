"""The config key `previous`: what can be followed, and what is refused before any job."""

import json
from pathlib import Path

import pytest
from snakemake.exceptions import WorkflowError

from lib.workflow.chains import (
    FILES,
    HISTORY,
    check_previous,
    history_of,
    read_summary,
    settings_of_history,
    topics_of_previous,
    warn_of_another_chain,
)
from lib.workflow.requests import candidates
from summaries import CLUSTER


def finished(folder: Path, **summary) -> str:
    for file in FILES if summary.get("run", 0) == 0 else (*FILES, HISTORY):
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
        "embed": {"model": "some/encoder"},
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
    summary = {key: value for key, value in CLUSTER.items() if key != "lineage"}
    (tmp_path / "one/clusters/cluster.json").write_text(json.dumps(summary))
    with pytest.raises(WorkflowError, match="older version"):
        check_previous(config(first, tmp_path / "two"))


def test_a_damaged_summary_is_refused(tmp_path):
    first = finished(tmp_path / "one")
    (tmp_path / "one/clusters/cluster.json").write_text("{")
    with pytest.raises(WorkflowError, match="cannot be read"):
        check_previous(config(first, tmp_path / "two"))


def test_a_chain_is_not_a_circle(tmp_path):
    finished(tmp_path / "one", run=0, lineage=["a"])
    third = finished(tmp_path / "three", run=2, lineage=["a", "b", "c"])
    with pytest.raises(WorkflowError, match="circle"):
        check_previous(config(third, tmp_path / "one"))
    finished(tmp_path / "four", run=3, lineage=["a", "b", "c", "d"])  # made again
    check_previous(config(third, tmp_path / "four"))
    finished(tmp_path / "beside", run=2, lineage=["a", "b", "z"])  # follows the same run as the third
    check_previous(config(third, tmp_path / "beside"))
    finished(tmp_path / "other", run=0, lineage=["y"])  # another corpus, which is replaced
    check_previous(config(third, tmp_path / "other"))
    (tmp_path / "other/clusters/cluster.json").write_text("{}")  # of an older version
    check_previous(config(third, tmp_path / "other"))


def test_the_history_of_a_run_that_follows_is_needed_too(tmp_path):
    second = finished(tmp_path / "two", run=1)
    (tmp_path / "two" / HISTORY).unlink()
    with pytest.raises(WorkflowError, match=f"{HISTORY} is missing"):
        check_previous(config(second, tmp_path / "three"))


def test_frozen_topics_have_the_number_that_they_had(tmp_path):
    first = finished(tmp_path / "one", k=7)
    with pytest.raises(WorkflowError, match=r"cluster\.k: 6 topics, but .* keeps the 7 of"):
        check_previous(config(first, tmp_path / "two", k=6, history="freeze"))
    for k in (None, 7):
        check_previous(config(first, tmp_path / "two", k=k, history="freeze"))


def test_only_what_decides_how_topics_go_on_is_tracked(tmp_path):
    first = finished(tmp_path / "one")
    keys = [settings_of_history(config(first, tmp_path, history=h)) for h in ("follow", "freeze", "fresh")]
    assert keys == [("k", "stay", "history"), ("history",), ("history",)]
    assert settings_of_history(config(None, tmp_path)) == ()


@pytest.fixture
def warned(monkeypatch):
    said = []
    monkeypatch.setattr("lib.workflow.chains.logger.warning", said.append)
    return said


def test_a_map_that_follows_another_run_is_not_replaced_silently(tmp_path, warned):
    first = finished(tmp_path / "one", lineage=["a"])
    finished(tmp_path / "two", run=1, lineage=["a", "b"])
    for previous, results in ((first, "two"), (first, "new"), (None, "one"), (None, "new")):
        warn_of_another_chain(config(previous, tmp_path / results))
    assert not warned
    warn_of_another_chain(config(None, tmp_path / "two"))
    assert "`previous` is null" in warned[-1]
    other = finished(tmp_path / "other", lineage=["z"])
    warn_of_another_chain(config(other, tmp_path / "two"))
    assert f"does not follow {other} as it is now" in warned[-1] and len(warned) == 2


def test_another_encoder_is_told(tmp_path, warned):
    first = finished(tmp_path / "one")
    encoder = tmp_path / "one/embeddings/embeddings.json"
    encoder.parent.mkdir()
    for model in ("some/encoder", "another/one"):
        encoder.write_text(json.dumps({"model": model}))
        warn_of_another_chain(config(first, tmp_path / "two"))
    assert len(warned) == 1 and "encoded by another/one" in warned[0] and "some/encoder" in warned[0]
