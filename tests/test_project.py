"""project: neighbours and their share against plain numpy, the PCA start, the places of other papers."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.neighbors import NearestNeighbors
from threadpoolctl import threadpool_limits

from conftest import assert_refused, pq_write, script
from lib.embeddings.neighbors import PROBES, InvertedFile, exact_neighbors
from lib.map.layout import fit_tsne, interpolate, neighbors_kept, principal_plane


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    rows = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_neighbours_are_those_of_scikit_learn(rows):
    near, cosines = exact_neighbors(rows[:300], rows, 7, threads=2)
    away, theirs = (
        NearestNeighbors(n_neighbors=7, metric="cosine", algorithm="brute").fit(rows).kneighbors(rows[:300])
    )
    np.testing.assert_array_equal(near, theirs)
    np.testing.assert_allclose(1 - cosines, away, atol=1e-6)
    others, _ = exact_neighbors(rows, rows, 6, exclude_self=True)
    np.testing.assert_array_equal(others[:300], theirs[:, 1:])


@pytest.fixture(scope="module")
def subjects() -> np.ndarray:
    """6,000 unit rows about 30 centres, unevenly, in 40 dimensions."""
    rng = np.random.default_rng(3)
    centres = rng.normal(size=(30, 40)) * 1.5
    rows = centres[rng.choice(30, 6000, p=rng.dirichlet(np.ones(30)))] + rng.normal(size=(6000, 40))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def test_cells_of_few_points_are_exact(rows):
    cells = InvertedFile.build(rows[: PROBES**2 - 1])
    near, cosines = cells.search(rows[300:], 7, threads=2)
    exact, values = exact_neighbors(rows[300:], rows[: PROBES**2 - 1], 7)
    np.testing.assert_array_equal(near, exact)
    np.testing.assert_allclose(cosines, values, atol=1e-6)


def test_cells_miss_few_neighbours(subjects):
    points, queries = subjects[:5000], subjects[5000:]
    cells = InvertedFile.build(points)
    assert sorted(cells.rows) == list(range(5000))
    near, cosines = cells.search(queries, 10)
    exact, _ = exact_neighbors(queries, points, 10)
    found = np.mean([len(np.intersect1d(a, b)) / 10 for a, b in zip(near, exact, strict=True)])
    assert 0.9 < found < 1.0  # at most 16 of 70 cells were looked into
    np.testing.assert_allclose(cosines, np.einsum("qnd,qd->qn", points[near], queries), atol=1e-6)
    assert (np.diff(cosines, axis=1) <= 0).all()
    assert all(len(set(row)) == 10 for row in near)
    again = InvertedFile.build(points, threads=2).search(queries, 10, threads=2)
    np.testing.assert_array_equal(again[0], near)
    np.testing.assert_array_equal(again[1], cosines)


@pytest.mark.parametrize("distinct", [1, 3])
def test_cells_of_equal_points(subjects, distinct):
    """Most cells are empty then: more of them are looked into until there are neighbours enough."""
    points = np.repeat(subjects[:distinct], 400, axis=0)
    near, cosines = InvertedFile.build(points).search(points[::100], 9)
    assert near.shape == (4 * distinct, 9)
    np.testing.assert_allclose(cosines, 1.0, atol=1e-6)


def test_plane_is_that_of_pca(rows):
    mine, theirs = principal_plane(rows), PCA(2).fit_transform(rows)
    theirs *= np.sign((mine * theirs).sum(0)) / theirs[:, 0].std()
    np.testing.assert_allclose(mine, theirs, atol=1e-3)
    assert mine[:, 0].std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(mine, principal_plane(rows))


def test_share_of_neighbors_kept_by_hand(rows):
    near, _ = exact_neighbors(rows, rows, 5, exclude_self=True)
    plane = rows[:, :2]
    checked = np.arange(0, 500, 7)
    kept = []
    for i in checked:
        distance = np.linalg.norm(plane - plane[i], axis=1)
        distance[i] = np.inf
        kept.append(len(set(np.argsort(distance)[:5]) & set(near[i])) / 5)
    assert neighbors_kept(near, plane, checked) == pytest.approx(np.mean(kept))
    # the neighbours on the plane itself are all kept
    _, flat = NearestNeighbors(n_neighbors=6).fit(plane).kneighbors(plane)
    assert neighbors_kept(flat[:, 1:], plane, checked) == 1


def test_a_paper_is_placed_among_its_neighbours_whoever_else_is_asked_for(rows):
    plane = np.random.default_rng(1).normal(size=(400, 2)).astype(np.float32)
    together = interpolate(*exact_neighbors(rows[400:], rows[:400], 5), plane)
    for i in (0, 41, 99):
        near, cosines = exact_neighbors(rows[400 + i : 401 + i], rows[:400], 5)
        np.testing.assert_allclose(interpolate(near, cosines, plane)[0], together[i], atol=1e-5)
        corners = plane[near[0]]
        assert (corners.min(0) <= together[i]).all() and (together[i] <= corners.max(0)).all()
    near, cosines = np.array([[3, 4]]), np.array([[1.0, 0.5]], np.float32)
    np.testing.assert_allclose(interpolate(near, cosines, plane)[0], plane[3], atol=0.02)


def run_project(planted, out, **changes):
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings}
    outputs = {"coordinates": out / "c.parquet", "summary": out / "c.json"}
    return script("project", **inputs | outputs | changes)


def assert_subjects_lie_apart(planted, points):
    assert np.isfinite(points).all()
    vectors, truth = planted.vectors[: len(points)], planted.truth[: len(points)]
    assert trustworthiness(vectors.astype(float), points, n_neighbors=8, metric="cosine") > 0.8
    assert silhouette_score(points, truth) > 0.4


def test_tsne_of_planted_subjects(planted):
    some = planted.vectors[:120].astype(np.float32)
    some /= np.linalg.norm(some, axis=1, keepdims=True)
    # scikit-learn's gradient takes every core whatever n_jobs says, and crawls where they are shared
    with threadpool_limits(1, "openmp"):
        plane = fit_tsne(some, perplexity=30, seed=0, threads=1)
    assert plane.dtype == np.float32 and plane.shape == (120, 2)
    assert_subjects_lie_apart(planted, plane)


def test_map_of_planted_subjects(planted, out):
    result = run_project(planted, out, fit_papers=120, n_neighbors=8)
    assert result.returncode == 0, result.stderr
    table = pq.read_table(out / "c.parquet")
    assert [(f.name, str(f.type)) for f in table.schema] == [("id", "string"), ("x", "float"), ("y", "float")]
    assert table["id"].to_pylist() == planted.ids
    points = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)
    assert_subjects_lie_apart(planted, points)
    about = json.loads((out / "c.json").read_text())
    assert (about["papers"], about["fitted"], about["n_neighbors"]) == (140, 120, 8)
    assert about["method"] == "umap"
    assert about["neighbors_kept_at_random"] < about["neighbors_kept"] <= 1


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
