"""Topics of new papers: against those that the steps of a run give to the same papers."""

import numpy as np
import pytest

from conftest import random_rows
from lib.clusters.assignment import find_outliers, lower_fences, measure_membership
from lib.clusters.kmeans import kmeans
from lib.clusters.new_papers import TopicSpace, assign, nearest_topics
from lib.clusters.smoothing import smoothed
from lib.embeddings.nearest import exact_neighbors, scan
from lib.lloyd import lloyd

K, NEAR, N = 9, 5, 900


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Vectors, graph, labels and topics of a run."""
    rng = np.random.default_rng(0)
    noise = np.where(rng.random(N) < 0.03, 5.0, 0.9)[:, None] * random_rows(N, 12)
    rows = random_rows(K, 12)[rng.integers(K, size=N)] + noise
    vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    points = vectors.astype(np.float32)
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    near, _ = exact_neighbors(points, points, NEAR, exclude_self=True)
    with smoothed(vectors, near, tmp_path_factory.mktemp("smoothed")) as rows:
        clustering = lloyd(rows, kmeans(np.array(rows, np.float32), K, seeds=[0]).centroids)
    labels = clustering.labels
    centroids = np.stack([points[labels == topic].mean(0) for topic in range(K)])
    similarity = measure_membership(vectors, labels, centroids).similarity
    topics = TopicSpace(clustering.centroids, centroids, lower_fences(similarity, labels, K))
    return vectors, points, labels, topics


def test_papers_of_the_run_get_their_own_topics_whether_alone_or_together(corpus):
    vectors, points, labels, topics = corpus
    expected = measure_membership(vectors, labels, topics.centroids)
    outliers = find_outliers(expected.similarity, labels, K)
    near, _ = scan(points, vectors, NEAR, 2, np.arange(N))
    together = assign(vectors, vectors, near, topics, threads=2)
    np.testing.assert_array_equal(together.labels, labels)
    np.testing.assert_allclose(together.membership.similarity, expected.similarity, atol=1e-6)
    np.testing.assert_array_equal(together.membership.second_topic, expected.second_topic)
    np.testing.assert_allclose(together.membership.margin, expected.margin, atol=1e-6)
    np.testing.assert_array_equal(together.outlier, outliers)
    assert 0 < outliers.sum() < N
    for row in (0, 7, N - 1):
        one = assign(vectors[row : row + 1], vectors, near[row : row + 1], topics)
        assert one.labels == labels[row] and abs(one.membership.similarity - expected.similarity[row]) < 1e-6


def test_without_the_nearest_papers_other_topics_would_come_out(corpus):
    vectors, _, labels, topics = corpus
    alone = assign(vectors, vectors, np.empty((N, 0), np.int32), topics)
    assert 0.5 < (alone.labels == labels).mean() < 0.99


def test_the_nearest_mean_is_that_of_the_euclidean_distance():
    rows, means = random_rows(3000, 6), 0.7 * random_rows(3005, 6)[3000:] + 0.1
    distances = np.linalg.norm(rows[:, None].astype(float) - means[None], axis=2)
    np.testing.assert_array_equal(nearest_topics(rows, means, threads=2), distances.argmin(1))
    assert nearest_topics(rows[:0], means).shape == (0,)
