"""neighbors: the graph against scikit-learn, the contract and bad input."""

import json

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from conftest import assert_broken_embeddings_are_refused, assert_refused, pq_write, script


def run_neighbors(planted, out, **changes):
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings}
    outputs = {"neighbors": out / "n.npy", "similarities": out / "s.npy", "summary": out / "n.json"}
    return script("neighbors", **inputs | outputs | changes)


def test_graph_of_planted_subjects(planted, out):
    result = run_neighbors(planted, out, k=7, threads=2)
    assert result.returncode == 0, result.stderr
    rows, cosines = np.load(out / "n.npy"), np.load(out / "s.npy")
    assert (rows.dtype, cosines.dtype, rows.shape) == (np.int32, np.float16, (140, 7))
    vectors = np.load(planted.embeddings).astype(np.float64)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    distances, _ = NearestNeighbors(n_neighbors=8, metric="cosine").fit(vectors).kneighbors(vectors)
    np.testing.assert_allclose(1 - cosines, distances[:, 1:], atol=2e-3)
    np.testing.assert_allclose(np.einsum("nd,nkd->nk", vectors, vectors[rows]), cosines, atol=2e-3)
    assert (rows != np.arange(140)[:, None]).all()
    summary = json.loads((out / "n.json").read_text())
    assert (summary["papers"], summary["k"], summary["recall"]) == (140, 7, 1.0)


@pytest.mark.parametrize("papers", [2, 4])
def test_fewer_papers_than_neighbors(planted, tmp_path, out, papers):
    np.save(tmp_path / "e.npy", planted.vectors[:papers])
    ids = pq_write(tmp_path / "p.parquet", id=planted.ids[:papers])
    assert run_neighbors(planted, out, papers=ids, embeddings=tmp_path / "e.npy").returncode == 0
    rows = np.load(out / "n.npy")
    assert [sorted(row) for row in rows] == [[j for j in range(papers) if j != i] for i in range(papers)]


def test_bad_input_is_refused(planted, tmp_path, out):
    assert_broken_embeddings_are_refused(run_neighbors, planted, out)
    file = tmp_path / "e.npy"
    np.save(file, planted.vectors[:1])
    ids = pq_write(tmp_path / "p.parquet", id=planted.ids[:1])
    assert_refused(run_neighbors(planted, out, papers=ids, embeddings=file), out, "there are 1")
