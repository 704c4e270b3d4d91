"""The papers and keywords that stand for a topic."""

import numpy as np

from lib.topics.labels import nearest_papers, primary_keywords


def test_nearest_against_all_distances():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5000, 12)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    topics = rng.integers(6, size=5000)
    topics[topics == 4] = 3
    topics[[7, 9]] = 4
    centroids = np.stack([rows[topics == t].mean(0) for t in range(6)])
    distance = np.linalg.norm(rows - centroids[topics], axis=1)
    for topic, (picked, distances) in enumerate(nearest_papers(rows, topics, centroids, 3, threads=2)):
        own = np.flatnonzero(topics == topic)
        assert picked.tolist() == own[np.argsort(distance[own])][:3].tolist()
        np.testing.assert_allclose(distances, distance[picked], atol=1e-5)
    assert len(nearest_papers(rows, topics, centroids, 3)[4][0]) == 2


def test_contested_keyword_goes_to_the_topic_where_it_weighs_most():
    given = primary_keywords(
        [
            [("network", 0.9), ("graph", 0.8)],
            [("networks", 0.2), ("neuron", 0.15)],  # relative to the heaviest keyword, both weigh the same
            [("spin", 0.5), ("graph", 0.4)],
        ]
    )
    assert given == ["network", "neuron", "spin"]


def test_a_topic_without_a_keyword_of_its_own_gets_a_number():
    topics = [[("galaxy", 1.0)], [("galaxies", 0.5)], [("galaxy", 0.4), ("galaxies", 0.1)]]
    assert primary_keywords(topics) == ["galaxy", "galaxies (2)", "galaxy (3)"]
