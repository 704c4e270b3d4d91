"""The cosine silhouette against scikit-learn."""

import numpy as np
import pytest
from sklearn.metrics import silhouette_samples

from conftest import blobs
from lib.clusters.silhouette import cosine_silhouette


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize(("n", "k"), [(400, 5), (2500, 9)])
def test_silhouette_is_that_of_scikit_learn(n, k, dtype):
    rows = blobs(n, k, noise=1.3).astype(dtype)
    labels = np.random.default_rng(2).integers(k, size=n)
    labels[labels == 1] = 0
    labels[17] = 1  # alone in its cluster
    mine = cosine_silhouette(rows, labels, k, threads=2)
    theirs = silhouette_samples(rows.astype(np.float64), labels, metric="cosine")
    np.testing.assert_allclose(mine, theirs, atol=1e-5)
    assert mine[17] == 0
    np.testing.assert_array_equal(mine, cosine_silhouette(rows, labels, k, threads=1))


def test_silhouette_ignores_an_empty_cluster_and_accepts_equal_rows():
    rows = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]
    labels = np.array([0, 0, 1, 1, 3, 3])
    np.testing.assert_allclose(cosine_silhouette(rows, labels, 5), 1.0, atol=1e-6)
    with pytest.raises(ValueError, match="two clusters"):
        cosine_silhouette(rows, np.zeros(6, int), 2)
