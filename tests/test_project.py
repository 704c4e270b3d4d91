"""project: a map of planted subjects, the contract and bad input."""

import json

import numpy as np
import pyarrow.parquet as pq

from conftest import assert_refused, assert_subjects_lie_apart, pq_write, script


def run_project(planted, out, **changes):
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings}
    outputs = {"coordinates": out / "c.parquet", "summary": out / "c.json"}
    return script("project", **inputs | outputs | changes)


def test_map_of_planted_subjects(planted, out):
    result = run_project(planted, out, fit_papers=120, n_neighbors=8)
    assert result.returncode == 0, result.stderr
    table = pq.read_table(out / "c.parquet")
    assert [(f.name, str(f.type)) for f in table.schema] == [("id", "string"), ("x", "float"), ("y", "float")]
    assert table["id"].to_pylist() == planted.ids
    points = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)
    assert_subjects_lie_apart(planted, points)
    summary = json.loads((out / "c.json").read_text())
    assert (summary["papers"], summary["fitted"], summary["n_neighbors"]) == (140, 120, 8)
    assert summary["method"] == "umap"
    assert summary["neighbors_kept_at_random"] < summary["neighbors_kept"] <= 1


def test_too_few_papers_are_refused(planted, tmp_path, out):
    np.save(tmp_path / "e.npy", planted.vectors[:9])
    papers = pq_write(tmp_path / "p.parquet", id=planted.ids[:9])
    assert_refused(run_project(planted, out, papers=papers, embeddings=tmp_path / "e.npy"), out, "9")


def test_bad_embeddings_are_refused(planted, tmp_path, out):
    file = tmp_path / "e.npy"
    broken = planted.vectors.copy()
    broken[11] = np.nan
    np.save(file, broken)
    assert_refused(run_project(planted, out, embeddings=file), out, "row 11")
    np.save(file, planted.vectors[1:])
    assert_refused(run_project(planted, out, embeddings=file), out, "e.npy", "139 vectors for 140")
    file.write_bytes(planted.embeddings.read_bytes()[:-1])
    assert_refused(run_project(planted, out, embeddings=file), out, "e.npy")
