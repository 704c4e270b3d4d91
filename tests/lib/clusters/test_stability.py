"""The Jaccard index of topics on halves, against sets."""

import numpy as np
import pytest

from lib.clusters.stability import jaccard_by_topic, stable_share


@pytest.mark.parametrize("lowest", [0, -1])
def test_jaccard_is_that_of_sets(lowest):
    """Papers with -1 are of no topic: they are in no set, and match nothing."""
    rng = np.random.default_rng(0)
    labels = rng.integers(lowest, 5, size=60)
    rows = np.array([rng.choice(60, 30, replace=False) for _ in range(4)])
    halves = np.array(
        [np.where(rng.random(30) < 0.7, labels[at], rng.integers(lowest, 5, size=30)) for at in rows]
    )
    expected = []
    for topic in range(5):
        best = []
        for at, clusters in zip(rows, halves, strict=True):
            own = {row for row in at if labels[row] == topic}
            others = [{row for row, c in zip(at, clusters, strict=True) if c == other} for other in range(5)]
            if own:
                best.append(max(len(own & other) / len(own | other) for other in others))
        expected.append(np.mean(best))
    np.testing.assert_allclose(jaccard_by_topic(labels, rows, halves, 5), expected)


def test_a_topic_outside_all_halves_is_not_known():
    labels, rows = np.array([0, 0, 1, 1, 2]), np.array([[0, 1], [2, 3]])
    found = jaccard_by_topic(labels, rows, np.array([[0, 0], [1, 1]]), 3)
    np.testing.assert_array_equal(found, [1.0, 1.0, np.nan])
    assert stable_share(found, np.array([2, 2, 1]), 5) == 0.8
    assert stable_share(found, np.array([2, 2, 1]), 8) == 0.5  # three papers of no topic
