"""The membership of papers and the outliers."""

import numpy as np

from conftest import blobs
from lib.clusters.assignment import find_outliers, measure_membership
from lib.lloyd import lloyd


def test_fit_against_a_full_product():
    rows = blobs(300, 5)
    run = lloyd(rows, rows[:5])
    cosine = rows @ (run.centroids / np.linalg.norm(run.centroids, axis=1, keepdims=True)).T
    membership = measure_membership(rows, run.labels, run.centroids)
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


def test_papers_of_no_topic_change_nothing_for_the_others():
    rows = blobs(300, 5)
    run = lloyd(rows, rows[:5])
    labels = np.where(np.arange(300) % 3 == 0, -1, run.labels)
    everyone = measure_membership(rows, run.labels, run.centroids)
    some = measure_membership(rows, labels, run.centroids)
    known = labels >= 0
    np.testing.assert_array_equal(some.similarity[known], everyone.similarity[known])
    np.testing.assert_array_equal(some.margin[known], everyone.margin[known])
    assert np.isnan(some.similarity[~known]).all() and np.isnan(some.margin[~known]).all()
    unit = run.centroids / np.linalg.norm(run.centroids, axis=1, keepdims=True)
    np.testing.assert_array_equal(
        some.second_topic[~known], (rows @ unit.T).argmax(1)[~known]
    )  # the nearest topic
    assert find_outliers(some.similarity, labels, 5)[~known].all()
