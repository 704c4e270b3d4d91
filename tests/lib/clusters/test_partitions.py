"""Agreement of partitions against scikit-learn."""

import numpy as np
import pytest
from sklearn import metrics

from lib.clusters.partitions import Contingency, expected_mutual_information, number_by_size, renumbered

RNG = np.random.default_rng(0)
LABELS = RNG.integers(7, size=500)
PAIRS = {
    "by chance": (LABELS, RNG.integers(12, size=500)),
    "alike": (LABELS, np.where(RNG.random(500) < 0.2, RNG.integers(7, size=500), LABELS)),
    "the same": (LABELS, 6 - LABELS),
    "finer": (LABELS, LABELS * 3 + RNG.integers(3, size=500)),
    "text": (np.array(["math", "cs", "physics"])[LABELS % 3], LABELS),
    "one class": (np.zeros(20, int), np.arange(20) % 3),
    "two single classes": (np.zeros(20, int), np.ones(20, int)),
    "all apart": (np.arange(20), np.arange(20)),
    "one thing": (np.array([3]), np.array([5])),
    "uneven": (RNG.geometric(0.3, size=3000), RNG.geometric(0.05, size=3000)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_measures_are_those_of_scikit_learn(name):
    a, b = PAIRS[name]
    both = Contingency.of(a, b)
    np.testing.assert_array_equal(both.table, metrics.cluster.contingency_matrix(a, b))
    assert both.rand == pytest.approx(metrics.adjusted_rand_score(a, b), abs=1e-12)
    assert both.mutual_information == pytest.approx(metrics.mutual_info_score(a, b), abs=1e-12)
    assert both.adjusted_mutual_information == pytest.approx(
        metrics.adjusted_mutual_info_score(a, b), abs=1e-9
    )
    assert both.v_measure == pytest.approx(metrics.v_measure_score(a, b), abs=1e-12)


def test_the_expected_information_is_the_mean_over_random_partitions():
    a, b = np.repeat([0, 1, 2], [10, 20, 5]), np.repeat([0, 1], [15, 20])
    drawn = [Contingency.of(a, RNG.permutation(b)).mutual_information for _ in range(4000)]
    expected = expected_mutual_information(np.bincount(a), np.bincount(b))
    assert expected == pytest.approx(np.mean(drawn), rel=0.05)


def test_classes_are_numbered_by_descending_size_then_by_first_row():
    labels = np.array([2, 0, 0, -1, 1, 1, 3, 3, 3], np.int32)
    numbers = number_by_size(labels, 4)
    assert numbers.tolist() == [1, 2, 3, 0]
    assert renumbered(labels, numbers).tolist() == [3, 1, 1, -1, 2, 2, 0, 0, 0]
    assert number_by_size(labels, 4, np.array([9.0, 1, 1, 50, 1, 1, 1, 1, 1])).tolist() == [2, 3, 0, 1]


def test_things_of_no_class_are_a_class_of_their_own():
    a, b = LABELS - 1, LABELS % 3 - 1
    assert Contingency.of(a, b).rand == Contingency.of(LABELS, LABELS % 3).rand
