"""Lloyd's algorithm in PyTorch against scikit-learn and the CPU version."""

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from conftest import blobs
from lib.cli import UserError
from lib.clusters import lloyd_cuda
from lib.clusters.seeding import initial_centroids
from lib.lloyd import lloyd
from lib.vectors import unit


@pytest.mark.parametrize("keep", [True, False])
def test_device_finds_the_centroids_of_scikit_learn(keep, monkeypatch):
    monkeypatch.setattr(lloyd_cuda, "BLOCK", 16 * 1000)  # several blocks, the last one short
    rows = blobs(5500, 12, noise=1.5)
    initial = rows[np.random.default_rng(1).choice(len(rows), 12, replace=False)]
    centroids, steps = lloyd_cuda.lloyd_cuda(rows, initial, device=torch.device("cpu"), tol=0, keep=keep)
    theirs = KMeans(12, init=initial, n_init=1, algorithm="lloyd", tol=0).fit(rows)
    np.testing.assert_allclose(centroids, theirs.cluster_centers_, atol=1e-5)
    last = lloyd(rows, centroids)
    assert last.iterations <= 2
    assert steps == pytest.approx(theirs.n_iter_, abs=1)
    np.testing.assert_array_equal(last.labels, theirs.labels_)


def test_device_reads_float16_as_the_cpu_does():
    rows = blobs(3000, 6).astype(np.float16)
    initial = initial_centroids(unit(rows), 6, seed=0)
    centroids, _ = lloyd_cuda.lloyd_cuda(rows, initial, device=torch.device("cpu"))
    np.testing.assert_allclose(centroids, lloyd(rows, initial).centroids, atol=1e-3)


def test_empty_clusters_and_unsound_rows_are_left_to_the_cpu():
    rows = blobs(300, 4)
    initial = np.concatenate([rows[:3], -10 * np.ones((2, rows.shape[1]), np.float32)])
    assert set(
        lloyd(rows, lloyd_cuda.lloyd_cuda(rows, initial, device=torch.device("cpu"))[0]).labels
    ) == set(range(5))
    rows[77] = np.nan
    with pytest.raises(UserError, match="row 77"):
        lloyd(rows, lloyd_cuda.lloyd_cuda(rows, initial, device=torch.device("cpu"))[0])


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_topics_of_a_gpu_are_those_of_the_cpu():
    rows = blobs(200_000, 20, dim=256, noise=1.2).astype(np.float16)
    initial = initial_centroids(unit(rows[:20_000]), 20, seed=0)
    on_cpu = lloyd(rows, initial)
    centroids, _ = lloyd_cuda.lloyd_cuda(rows, initial, device=torch.device("cuda"))
    on_gpu = lloyd(rows, centroids)
    assert adjusted_rand_score(on_cpu.labels, on_gpu.labels) > 0.98
    np.testing.assert_array_equal(
        centroids, lloyd_cuda.lloyd_cuda(rows, initial, device=torch.device("cuda"))[0]
    )
