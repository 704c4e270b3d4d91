"""neighbors: the graph against scikit-learn, the contract and bad input."""

import json

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

import neighbors
from conftest import assert_broken_embeddings_are_refused, assert_refused, pq_write, script
from lib.cli import UserError
from lib.embeddings import device, nearest_cuda
from measure import command_line


def neighbors_flags(planted, out, **changes):
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings}
    outputs = {"neighbors": out / "n.npy", "similarities": out / "s.npy", "summary": out / "n.json"}
    return inputs | outputs | changes


def run_neighbors(planted, out, **changes):
    return script("neighbors", **neighbors_flags(planted, out, **changes))


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
    assert_refused(run_neighbors(planted, out, papers=ids, embeddings=file), out, "there is 1")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_refused(planted, out):
    assert_refused(run_neighbors(planted, out, gpus=1), out, "neighbors.gpus", "CUDA")


def test_the_graph_of_the_device_is_that_of_the_cpu(planted, out, monkeypatch):
    monkeypatch.setattr(device, "pick_device", lambda *_, **__: torch.device("cpu"))
    neighbors.main(command_line("neighbors", **neighbors_flags(planted, out, k=7, gpus=1)))
    rows, cosines = np.load(out / "n.npy"), np.load(out / "s.npy")
    assert run_neighbors(planted, out, k=7).returncode == 0
    np.testing.assert_array_equal(rows, np.load(out / "n.npy"))
    np.testing.assert_allclose(cosines, np.load(out / "s.npy"), atol=1e-3)


def test_a_full_gpu_is_reported(planted, out, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(device, "pick_device", lambda *_, **__: torch.device("cpu"))
    monkeypatch.setattr(nearest_cuda, "nearest_rows_cuda", full)
    with pytest.raises(UserError, match=r"neighbors\.gpus: .*too little free memory.*set it to 0"):
        neighbors.main(command_line("neighbors", **neighbors_flags(planted, out, gpus=1)))
    assert not list(out.iterdir())
