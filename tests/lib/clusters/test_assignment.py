"""The numbers of topics, the membership of papers and the outliers."""

import numpy as np

from conftest import blobs
from lib.clusters.assignment import find_outliers, measure_membership, number_by_size
from lib.lloyd import Clustering, lloyd


def test_topics_are_numbered_by_descending_size_then_by_first_row():
    labels = np.array([2, 0, 0, 1, 1, 3, 3, 3], np.int32)
    numbered = number_by_size(Clustering(np.arange(4.0)[:, None], labels, 1.0, 1))
    assert numbered.labels.tolist() == [3, 1, 1, 2, 2, 0, 0, 0]
    assert numbered.centroids.ravel().tolist() == [3.0, 0.0, 1.0, 2.0]


def test_fit_against_a_full_product():
    rows = blobs(300, 5)
    run = lloyd(rows, rows[:5])
    cosine = rows @ (run.centroids / np.linalg.norm(run.centroids, axis=1, keepdims=True)).T
    membership = measure_membership(rows, run)
    own = cosine[np.arange(300), run.labels]
    cosine[np.arange(300), run.labels] = -2
    np.testing.assert_allclose(membership.similarity, own, atol=1e-6)
    np.testing.assert_array_equal(membership.second_topic, cosine.argmax(1))
    np.testing.assert_allclose(membership.margin, own - cosine.max(1), atol=1e-6)


def test_outliers_lie_below_tukeys_fence_of_their_own_topic():
    # one topic has similarities of about 0.9, the other of about 0.5: 0.6 is an outlier in the first only
    similarity = np.concatenate([np.linspace(0.88, 0.92, 50), [0.6], np.linspace(0.4, 0.6, 50)]).astype(
        np.float32
    )
    labels = np.repeat([0, 1], [51, 50]).astype(np.int32)
    assert np.flatnonzero(find_outliers(similarity, labels, 3)).tolist() == [50]
