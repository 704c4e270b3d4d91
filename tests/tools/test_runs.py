"""The newest finished run, and an old run without its arrays."""

import fcntl
import json
import os
from pathlib import Path

import pytest

import newest_run
import prune_run
from lib.cli import UserError
from lib.workflow.chains import FILES

KEPT = (
    *FILES,
    newest_run.LAST,
    "map.html",
    "topics.csv",
    "topics/history.parquet",
    "clusters/search.npy",
    "clusters/centroids.npy",
    "corpus/papers.parquet",
    "embeddings/embeddings.json",
)
ARRAYS = ("embeddings/embeddings.npy", "corpus/terms.npy", "clusters/sample/rows.npy")


def finished(folder, written=0, without=()):
    """A results folder whose report was written at that second."""
    for name in {*KEPT, *ARRAYS} - set(without):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"12345")
    if newest_run.LAST not in without:
        os.utime(folder / newest_run.LAST, (written, written))
    return folder


def previous(tmp_path, capsys, name):
    args = ["--name", name, "--runs", str(tmp_path / "runs"), "--results", str(tmp_path / "results")]
    newest_run.main(args)
    return capsys.readouterr().out.strip()


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_the_first_run_of_a_chain_follows_results_or_nothing(tmp_path, capsys):
    assert previous(tmp_path, capsys, "new") == ""
    finished(tmp_path / "results", without=["map/coordinates.parquet"])
    assert previous(tmp_path, capsys, "new") == ""
    results = finished(tmp_path / "results")
    assert previous(tmp_path, capsys, "new") == str(results)


def test_the_finished_run_whose_report_is_newest_is_followed(tmp_path, capsys):
    finished(tmp_path / "results", 900)
    finished(tmp_path / "runs/z", 100)
    newest = finished(tmp_path / "runs/a", 200)
    for number, lacking in enumerate((*FILES, newest_run.LAST)):
        finished(tmp_path / f"runs/stopped{number}", 300, without=[lacking])
    assert previous(tmp_path, capsys, "new") == str(newest)
    # a stopped run goes on behind the same one
    assert previous(tmp_path, capsys, "stopped1") == str(newest)


def test_an_old_month_that_was_made_again_is_not_followed(tmp_path, capsys):
    def month(name, written, *lineage):
        folder = finished(tmp_path / "runs" / name, written)
        summary = {"run": len(lineage) - 1, "lineage": lineage}
        (folder / "clusters/cluster.json").write_text(json.dumps(summary))
        (folder / "topics/history.parquet").write_bytes(b"x")
        return str(folder)

    month("2026-06", 900, "a")
    month("2026-07", 800, "a", "b")
    last = month("2026-08", 300, "a", "b", "b")  # nothing new
    assert previous(tmp_path, capsys, "2026-09") == last
    beside = month("2026-08b", 500, "a", "b", "c")  # follows 2026-07, too
    assert previous(tmp_path, capsys, "2026-09") == beside
    other = month("other", 600, "z")  # of another chain
    assert previous(tmp_path, capsys, "2026-09") == other
    Path(other, "clusters/cluster.json").write_text(json.dumps({"run": 1, "lineage": ["y", "z"]}))
    Path(other, "topics/history.parquet").unlink()
    assert previous(tmp_path, capsys, "2026-09") == beside


def test_a_finished_run_is_not_updated(tmp_path, capsys):
    own = finished(tmp_path / "runs/a")
    with pytest.raises(UserError, match=f"{own} is finished; choose another name"):
        previous(tmp_path, capsys, "a")


@pytest.mark.parametrize("name", ["a/b", "..", "", "-n", "a b", "../x"])
def test_a_name_is_that_of_a_folder_in_runs(tmp_path, name):
    with pytest.raises(UserError, match=r"NAME: .* is no name of a folder"):
        newest_run.main([f"--name={name}", "--runs", str(tmp_path / "runs")])


def test_only_arrays_with_a_row_per_paper_go(tmp_path, capsys):
    run = finished(tmp_path / "old")
    prune_run.main(["--run", str(run), "--dry-run"])
    assert files(run) == {*KEPT, *ARRAYS}
    assert "would delete 3 arrays" in capsys.readouterr().out
    prune_run.main(["--run", str(run)])
    assert files(run) == set(KEPT)
    # the run stays one that can be followed
    assert not newest_run.missing(run)
    prune_run.main(["--run", str(run)])
    assert "deleted 0 arrays" in capsys.readouterr().out


@pytest.mark.parametrize("lacking", [*FILES, newest_run.LAST])
def test_a_run_that_is_not_finished_is_not_pruned(tmp_path, lacking):
    run = finished(tmp_path / "old", without=[lacking])
    with pytest.raises(UserError, match=f"holds no finished run: {lacking} is missing"):
        prune_run.main(["--run", str(run)])
    assert set(ARRAYS) <= files(run)


def test_a_folder_that_is_not_there_is_not_pruned(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        prune_run.main(["--run", str(tmp_path / "absent")])


def test_a_run_that_is_at_work_is_not_pruned(tmp_path):
    run = finished(tmp_path / "old")
    descriptor = os.open(run, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    with pytest.raises(UserError, match="a run is writing to"):
        prune_run.main(["--run", str(run)])
    os.close(descriptor)
    assert set(ARRAYS) <= files(run)
