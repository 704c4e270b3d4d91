"""Neighbors in PyTorch against scikit-learn and the CPU version."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from conftest import random_rows
from lib.cli import UserError
from lib.embeddings import nearest_cuda
from lib.embeddings.nearest import nearest_rows
from lib.embeddings.nearest_cuda import nearest_rows_cuda

CPU = torch.device("cpu")


@pytest.fixture
def small_blocks(monkeypatch):
    """Several blocks of queries and points, of unequal size, the last ones short."""
    for name, value in {"QUERIES": 70, "POINTS": 90, "READ": 110}.items():
        monkeypatch.setattr(nearest_cuda, name, value)


@pytest.mark.parametrize("n", [1, 7, 120])  # 120: more than a block holds
@pytest.mark.usefixtures("small_blocks")
def test_neighbors_are_those_of_scikit_learn(n):
    rows = random_rows(500, 8)
    found, cosines, recall = nearest_rows_cuda(rows, n, device=CPU)
    model = NearestNeighbors(n_neighbors=n + 1, metric="cosine", algorithm="brute").fit(rows)
    distances, theirs = model.kneighbors(rows)
    # as near as theirs, since neighbors that differ by less than rounding may change places
    exact = np.einsum("nd,nkd->nk", rows.astype(np.float64), rows[found].astype(np.float64))
    np.testing.assert_allclose(1 - exact, distances[:, 1:], atol=1e-6)
    assert np.mean(found == theirs[:, 1:]) > 0.999
    assert all(len(set(near) - {i}) == n for i, near in enumerate(found.tolist()))
    np.testing.assert_allclose(1 - cosines, distances[:, 1:], atol=1e-3)
    assert (found.dtype, cosines.dtype, recall) == (np.int32, np.float16, 1.0)


@pytest.mark.usefixtures("small_blocks")
def test_float16_is_read_as_on_the_cpu():
    rows = random_rows(300, 16).astype(np.float16)
    found, cosines, _ = nearest_rows_cuda(rows, 5, device=CPU)
    on_cpu, values, _ = nearest_rows(rows, 5)
    assert np.mean(found == on_cpu) > 0.99  # neighbors that differ by less than rounding may change places
    np.testing.assert_allclose(cosines, values, atol=1e-3)


@pytest.mark.usefixtures("small_blocks")
def test_copies_are_neighbors_in_the_order_of_their_rows():
    rows = np.tile(random_rows(60, 20), (5, 1))
    found, cosines, _ = nearest_rows_cuda(rows, 4, device=CPU)
    for i, near in enumerate(found):
        assert near.tolist() == [j for j in range(i % 60, 300, 60) if j != i]
    np.testing.assert_allclose(cosines, 1.0, atol=1e-3)


def test_an_unsound_row_is_named():
    rows = random_rows(300, 16)
    rows[77] = np.nan
    with pytest.raises(UserError, match="row 77"):
        nearest_rows_cuda(rows, 5, device=CPU)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_the_graph_of_a_gpu_is_that_of_the_cpu():
    rows = random_rows(20_000, 256).astype(np.float16)
    found, cosines, _ = nearest_rows_cuda(rows, 15, device=torch.device("cuda"))
    on_cpu, values, _ = nearest_rows(rows, 15)
    assert np.mean(found == on_cpu) > 0.99
    np.testing.assert_allclose(cosines, values, atol=1e-3)
    np.testing.assert_array_equal(found, nearest_rows_cuda(rows, 15, device=torch.device("cuda"))[0])
