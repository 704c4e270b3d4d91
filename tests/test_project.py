"""project: a map of planted subjects, the contract and bad input."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import (
    assert_broken_embeddings_are_refused,
    assert_refused,
    assert_subjects_lie_apart,
    pq_write,
    script,
)
from lib.embeddings.nearest import exact_neighbors
from lib.map.refine import FEWEST_PAPERS
from summaries import PROJECT


def run_project(planted, out, **changes):
    rows, cosines = exact_neighbors(planted.vectors, planted.vectors, 15, exclude_self=True)
    graph = {"neighbors": out.parent / "neighbors.npy", "similarities": out.parent / "similarities.npy"}
    np.save(graph["neighbors"], rows)
    np.save(graph["similarities"], cosines.astype(np.float16))
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings} | graph
    outputs = {"coordinates": out / "c.parquet", "summary": out / "c.json"}
    return script("project", **inputs | outputs | changes)


@pytest.mark.parametrize(("method", "fitted"), [("umap", 140), ("umap-learn", 140), ("tsne", 120)])
def test_map_of_planted_subjects(planted, out, method, fitted):
    result = run_project(planted, out, method=method, fit_papers=120, n_neighbors=8)
    assert result.returncode == 0, result.stderr
    table = pq.read_table(out / "c.parquet")
    assert [(f.name, str(f.type)) for f in table.schema] == [("id", "string"), ("x", "float"), ("y", "float")]
    assert table["id"].to_pylist() == planted.ids
    points = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)
    assert_subjects_lie_apart(planted, points)
    summary = json.loads((out / "c.json").read_text())
    assert (summary["papers"], summary["fitted"], summary["n_neighbors"]) == (140, fitted, 8)
    assert not summary["refined"]  # there are too few papers
    assert summary["method"] == method and summary["compared"] == summary["checked"] == fitted
    assert summary["neighbors_kept_at_random"] < summary["neighbors_kept"] <= 1
    assert 0.8 < summary["trustworthiness"] <= 1
    assert summary["category_accuracy"] > 0.9 and summary["category_accuracy_on_map"] > 0.9


@pytest.fixture
def many(planted, tmp_path):
    """As many papers as are refined: the planted ones several times, with a little noise."""
    times = -(-FEWEST_PAPERS // 140)
    rows = np.tile(planted.vectors.astype(np.float32), (times, 1))
    rows += 0.02 * np.random.default_rng(2).normal(size=rows.shape).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    np.save(tmp_path / "many.npy", rows.astype(np.float16))
    ids = [f"{i:04d}" for i in range(len(rows))]
    papers = pq_write(tmp_path / "many.parquet", id=ids, primary_category=["math.AG"] * len(ids))
    near, cosines = exact_neighbors(rows, rows, 15, exclude_self=True)
    np.save(tmp_path / "near.npy", near)
    np.save(tmp_path / "cosines.npy", cosines.astype(np.float16))
    files = {"papers": papers, "embeddings": tmp_path / "many.npy"}
    return files | {"neighbors": tmp_path / "near.npy", "similarities": tmp_path / "cosines.npy"}


def test_a_large_map_is_refined_unless_the_config_says_no(planted, out, many):
    maps = []
    for changes, refined in (({}, True), ({"refine": False}, False), ({"method": "umap-learn"}, False)):
        result = run_project(planted, out, n_neighbors=8, **many, **changes)
        assert result.returncode == 0, result.stderr
        assert json.loads((out / "c.json").read_text())["refined"] == refined
        maps.append((out / "c.parquet").read_bytes())
    assert len(set(maps)) == 3


@pytest.mark.parametrize("refined", [True, False])
def test_a_map_is_continued_as_it_was_made(planted, out, many, tmp_path, refined):
    """Whatever the config says now: steps of t-SNE would move the papers of a map of UMAP far, and the other way round."""
    assert run_project(planted, out, **many, n_neighbors=8, refine=refined).returncode == 0
    points, ids = read_points(out), pq.read_table(many["papers"])["id"].to_pylist()
    (tmp_path / "before.json").write_text((out / "c.json").read_text())
    before = pq_write(tmp_path / "b.parquet", id=ids[:-20], x=points[:-20, 0], y=points[:-20, 1])
    follows = {"previous_coordinates": [before], "previous_project": [tmp_path / "before.json"]}
    moved = []
    for now in (True, False):
        assert run_project(planted, out, **many, **follows, n_neighbors=8, refine=now).returncode == 0
        summary = json.loads((out / "c.json").read_text())
        assert summary["refined"] == refined
        moved.append(summary["moved"])
    assert moved[0] == moved[1] < 0.02


def test_umap_learn_is_named_where_it_is_not_installed(planted, out, monkeypatch):
    import sys

    from lib.cli import UserError
    from lib.map.layout import fit_umap_learn

    monkeypatch.setitem(sys.modules, "umap", None)
    graph = exact_neighbors(planted.vectors, planted.vectors, 5, exclude_self=True)
    with pytest.raises(UserError, match="pip install umap-learn"):
        fit_umap_learn(planted.vectors, planted.vectors[:, :2], *graph, min_dist=0.1, seed=0)


def test_too_few_papers_are_refused(planted, tmp_path, out):
    np.save(tmp_path / "e.npy", planted.vectors[:9])
    papers = pq_write(tmp_path / "p.parquet", id=planted.ids[:9], primary_category=["math.AG"] * 9)
    assert_refused(run_project(planted, out, papers=papers, embeddings=tmp_path / "e.npy"), out, "9")


def test_the_graph_gives_the_map_of_its_neighbors(planted, out):
    assert run_project(planted, out, n_neighbors=15).returncode == 0
    read = (out / "c.parquet").read_bytes(), json.loads((out / "c.json").read_text())
    assert read[1]["fitted"] == 140 and read[1]["n_neighbors"] == 15
    assert run_project(planted, out, n_neighbors=15, threads=3).returncode == 0
    assert (out / "c.parquet").read_bytes() == read[0]
    other = out.parent / "other.npy"
    np.save(other, np.tile(np.arange(15, dtype=np.int32), (140, 1)))
    assert run_project(planted, out, n_neighbors=15, neighbors=other).returncode == 0
    assert (out / "c.parquet").read_bytes() != read[0]


def test_more_neighbors_than_the_graph_holds_are_refused(planted, out):
    result = run_project(planted, out, n_neighbors=20)
    assert_refused(result, out, "project.n_neighbors: 20", "15 nearest", "neighbors.k to 20")


def test_a_graph_of_other_papers_is_refused(planted, tmp_path, out):
    np.save(tmp_path / "n.npy", np.zeros((139, 15), np.int32))
    assert_refused(run_project(planted, out, neighbors=tmp_path / "n.npy"), out, "n.npy", "140 papers")


def test_bad_embeddings_are_refused(planted, tmp_path, out):
    assert_broken_embeddings_are_refused(run_project, planted, out)
    file = tmp_path / "e.npy"
    file.write_bytes(planted.embeddings.read_bytes()[:-1])
    assert_refused(run_project(planted, out, embeddings=file), out, "e.npy")


def earlier_map(planted, folder, papers: slice, points: np.ndarray):
    """The flags of an earlier map with some of the planted papers, in another order."""
    ids, order = planted.ids[papers], np.random.default_rng(0).permutation(len(planted.ids[papers]))
    at = points[papers][order].astype(np.float32)
    (folder / "before.json").write_text(json.dumps(PROJECT | {"refined": False}))
    written = pq_write(folder / "before.parquet", id=[ids[i] for i in order], x=at[:, 0], y=at[:, 1])
    return {"previous_coordinates": [written], "previous_project": [folder / "before.json"]}


def read_points(out) -> np.ndarray:
    table = pq.read_table(out / "c.parquet")
    return np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_without_a_new_paper_none_moves(planted, tmp_path, out, method):
    points = np.random.default_rng(1).normal(size=(140, 2)).astype(np.float32)
    before = earlier_map(planted, tmp_path, slice(None), points)
    result = run_project(planted, out, method=method, n_neighbors=8, **before)
    assert result.returncode == 0, result.stderr
    np.testing.assert_array_equal(read_points(out), points)
    summary = json.loads((out / "c.json").read_text())
    assert (summary["placed"], summary["moved"]) == (0, 0.0)


@pytest.mark.parametrize("method", ["umap", "tsne"])
def test_a_map_keeps_its_places_when_papers_are_added(planted, tmp_path, out, method):
    assert run_project(planted, out, method=method, n_neighbors=8).returncode == 0
    points = read_points(out)
    before = earlier_map(planted, tmp_path, slice(0, 126), points)
    changes = {"method": method, "n_neighbors": 8, **before}
    assert run_project(planted, out, **changes).returncode == 0
    moved = np.linalg.norm(read_points(out) - points, axis=1) / np.ptp(points[:126], axis=0).max()
    summary = json.loads((out / "c.json").read_text())
    assert summary["placed"] == 14
    assert summary["moved"] == pytest.approx(float(np.median(moved[:126])), rel=1e-4)
    assert summary["moved"] < 0.05
    assert_subjects_lie_apart(planted, read_points(out))


def test_an_earlier_map_of_other_papers_is_refused(planted, tmp_path, out):
    before = pq_write(tmp_path / "b.parquet", id=["x"], x=np.zeros(1, "f4"), y=np.zeros(1, "f4"))
    result = run_project(planted, out, n_neighbors=8, previous_coordinates=[before])
    assert_refused(result, out, "previous", "b.parquet")
