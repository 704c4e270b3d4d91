"""Shares in topics against known shares, and on clusterings that they were not fitted to."""

import numpy as np
import pytest

from lib.clusters.halves import Half, cluster_halves, topic_stability, votes_of
from lib.clusters.kmeans import KMeans, kmeans
from lib.clusters.shares import (
    BEST,
    Shares,
    calibrate,
    calibration_error,
    core_moves,
    error_on,
    largest_columns,
    margins,
    membership_table,
    share_topics,
)
from lib.clusters.smoothing import Sample


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def on_arc(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows on a quarter of a circle between two centers, and the centers."""
    angle = np.random.default_rng(0).uniform(0, np.pi / 2, n)
    return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32), np.eye(2, dtype=np.float32)


def drawn(shares: np.ndarray, times: int, seed: int) -> np.ndarray:
    """Topics drawn by the shares of each row, int32 (times, n)."""
    chance = np.random.default_rng(seed).random((times, len(shares), 1))
    return (chance > shares.cumsum(1)).sum(2).clip(max=shares.shape[1] - 1).astype(np.int32)


@pytest.mark.parametrize("temperature", [0.02, 0.05, 0.1])
def test_known_shares_are_found(temperature):
    """Between two topics the share follows a logistic curve of the difference of the squared distances.

    Papers far from the border are sure of their topic, as `core_moves` takes them to be.
    """
    rows, centers = on_arc(3000)
    squares = ((rows[:, None] - centers) ** 2).sum(2)
    first = 1 / (1 + np.exp((squares[:, 0] - squares[:, 1]) / (2 * temperature)))
    true = np.stack([first, 1 - first], 1)
    shares = calibrate(rows, squares.argmin(1), drawn(true, 6, 1), centers)
    found = shares.of(rows)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)
    assert np.abs(found - true).mean() < 0.02
    assert error_on(shares, rows, drawn(true, 6, 2)) < 0.02


def test_a_topic_that_does_not_come_again_has_a_small_share():
    """Half of the clusterings put all papers of the second topic into the first."""
    rows, centers = on_arc(2000)
    labels = (rows[:, 0] < rows[:, 1]).astype(np.int32)
    votes = np.stack([labels, np.zeros_like(labels)] * 3)
    shares = calibrate(rows, labels, votes, centers).of(rows)
    inside = np.abs(rows[:, 0] - rows[:, 1]) > 0.3
    np.testing.assert_allclose(shares[inside & (labels == 1), 1], 0.5, atol=0.02)
    assert shares[inside & (labels == 0), 0].min() > 0.99


def test_core_papers_say_where_a_topic_goes():
    labels = np.array([0, 0, 0, 0, 1, 1, -1, -1], np.int32)
    margin = np.array([0.9, 0.8, 0.1, 0.2, 0.5, 0.4, 9, 9], np.float32)
    votes = np.array([[0, 1, 2, 2, 1, 0, 2, 2], [0, -1, 2, 2, 1, 0, 2, 2]], np.int32)
    third = 1 / 3
    expected = [
        [(2 + 1 + third) / 5, (1 + third) / 5, third / 5],  # three votes of two papers, and two more
        [third / 4, (2 + 1 + third) / 4, third / 4],
        [third / 2, third / 2, (1 + third) / 2],  # without papers a topic stays what it is
    ]
    np.testing.assert_allclose(core_moves(margin, labels, votes, 3), expected, rtol=1e-6)


def test_margin_is_that_of_the_own_topic():
    rows, centers = on_arc(50)
    labels = np.zeros(50, np.int32)
    squares = ((rows[:, None] - centers) ** 2).sum(2)
    expected = (squares[:, 1] - squares[:, 0]) / 2
    np.testing.assert_allclose(margins(rows, labels, centers), expected, atol=1e-6)


@pytest.mark.parametrize(("k", "columns"), [(1, 1), (2, 2), (9, BEST)])
def test_best_topics_are_the_largest_shares_in_thousandths(k, columns):
    rng = np.random.default_rng(k)
    rows, search = unit(rng.normal(size=(5000, 6))), unit(rng.normal(size=(k, 6)))
    moves = rng.dirichlet(np.ones(k), size=k).astype(np.float32)
    shares = Shares(search, 0.2, moves)
    topics, found = shares.best(rows, threads=1)
    assert topics.shape == found.shape == (5000, columns) and found.dtype == np.float32
    distance = ((rows[:, None].astype(float) - search) ** 2).sum(2)
    weights = np.exp(-distance / (2 * 0.2))
    expected = weights / weights.sum(1, keepdims=True) @ moves
    np.testing.assert_allclose(found, -np.sort(-expected, 1)[:, :columns], atol=0.001 + 1e-5)
    np.testing.assert_allclose(np.rint(found * 1000), found * 1000, atol=1e-3)
    assert found.sum(1).max() <= 1 + 1e-6 and (np.diff(found, axis=1) <= 0).all()
    at = np.take_along_axis(expected, topics, 1)
    np.testing.assert_allclose(found, at, atol=0.001 + 1e-5)
    again = shares.best(rows, threads=3)
    assert (again[0] == topics).all() and (again[1] == found).all()


def test_equal_shares_are_in_the_order_of_the_topics():
    columns, values = largest_columns(np.array([[0.2, 0.1, 0.2, 0.3, 0.1, 0.1]]), 4)
    assert columns[0, :3].tolist() == [3, 0, 2] and values[0].tolist() == [0.3, 0.2, 0.2, 0.1]


def test_calibration_error_is_the_mean_gap_of_the_bins():
    said = np.array([0.55, 0.55, 0.55, 0.55, 0.95, 1.0])
    happened = np.array([True, False, False, False, True, True])
    assert calibration_error(said, happened) == pytest.approx((4 * (0.55 - 0.25) + 2 * (1 - 0.975)) / 6)


def test_clusters_of_a_half_are_matched_with_topics():
    """The half numbers its clusters otherwise; papers that are not in it go to the nearest one."""
    centers = np.eye(3, dtype=np.float32)
    labels = np.array([0, 0, 1, 1, 2, 2, 0, 1, 2], np.int32)
    half = Half(np.arange(6), np.array([2, 2, 0, 0, 1, 1], np.int32), centers[[1, 2, 0]])
    assert votes_of([half], centers[labels], labels, 3).tolist() == [[-1] * 6 + [0, 1, 2]]
    fewer = Half(np.arange(6), np.array([1, 1, 0, 0, -1, -1], np.int32), centers[[1, 0]])
    assert votes_of([fewer], centers[labels], labels, 3)[0, 6:8].tolist() == [0, 1]


def overlapping(n: int) -> tuple[Sample, np.ndarray, np.ndarray]:
    """A sample of eight overlapping subjects with twelve halves; topics of all rows and their means."""
    rng = np.random.default_rng(3)
    centers = 0.9 * rng.normal(size=(8, 10))
    rows = unit(centers[rng.integers(8, size=n)] + rng.normal(size=(n, 10)))
    half_rows = []
    for _ in range(6):
        order = rng.permutation(n).astype(np.int32)
        half_rows += [np.sort(order[: n // 2]), np.sort(order[n // 2 :])]
    at = np.array(half_rows)
    run = kmeans(rows, 8, seeds=[0, 1, 2, 3])
    sample = Sample(np.arange(n, dtype=np.int32), rows.astype(np.float16), at, rows[at].astype(np.float16))
    return sample, run.labels, run.assigned_by


@pytest.fixture(scope="module")
def halved():
    sample, labels, search = overlapping(2400)
    halves = cluster_halves(sample, 8, KMeans(4), seed=5)
    return sample, labels, search, halves


def test_shares_hold_for_clusterings_that_they_were_not_fitted_to(halved):
    sample, labels, search, halves = halved
    votes = votes_of(halves, sample.vectors, labels, 8)
    table, calibration = share_topics(sample.vectors, sample, halves, labels, search, np.arange(8) * 10)
    assert 0.5 < calibration["agreement"] < 0.97  # so that the test means something
    assert calibration["agreement"] == pytest.approx((votes == labels)[votes >= 0].mean())
    assert calibration["calibration_error"] < 0.05
    assert calibration["calibration_error"] < (1 - calibration["agreement"]) / 2
    topics, shares = (table[name].to_pylist() for name in ("topics", "shares"))
    assert all(len(t) == len(s) <= BEST and min(s) > 0 for t, s in zip(topics, shares, strict=True))
    assert {number for of_paper in topics for number in of_paper} == set(range(0, 80, 10))
    own = np.mean([t[0] == 10 * label for t, label in zip(topics, labels, strict=True)])
    assert own > 0.9  # a topic that does not come again gives its papers to others


def test_the_same_bits_on_any_number_of_threads(halved):
    sample, labels, search, halves = halved
    again = cluster_halves(sample, 8, KMeans(4), seed=5, threads=3)
    for one, other in zip(halves, again, strict=True):
        assert (one.labels == other.labels).all() and (one.means == other.means).all()
    results = [
        share_topics(sample.vectors, sample, halves, labels, search, np.arange(8), threads)
        for threads in (1, 3)
    ]
    assert results[0][0].equals(results[1][0]) and results[0][1] == results[1][1]


def test_unassigned_papers_have_no_shares_and_change_none_of_the_others(halved):
    sample, labels, search, halves = halved
    some = labels.copy()
    some[::50] = -1
    table, calibration = share_topics(sample.vectors, sample, halves, some, search, np.arange(8))
    lengths = np.array([len(topics) for topics in table["topics"].to_pylist()])
    assert (lengths[::50] == 0).all() and (np.delete(lengths, np.s_[::50]) > 0).all()
    _, whole = share_topics(sample.vectors, sample, halves, labels, search, np.arange(8))
    assert calibration["agreement"] == pytest.approx(whole["agreement"], abs=0.01)


def test_without_halves_there_are_no_shares(halved):
    sample, labels, search, _ = halved
    table, calibration = share_topics(sample.vectors, sample, [], labels, search, np.arange(8))
    assert set(calibration.values()) == {None} and len(table) == len(labels)
    assert not any(table["shares"].to_pylist())
    assert np.isnan(topic_stability([], labels, 8)).all()


def test_texts_too_alike_make_no_halves():
    rows = np.repeat(np.eye(4, dtype=np.float16)[:2], 20, axis=0)
    at = np.array([np.arange(20), np.arange(20, 40)], np.int32)
    sample = Sample(np.arange(40, dtype=np.int32), rows, at, rows[at])
    assert cluster_halves(sample, 3, KMeans(4)) == []


def test_topics_with_a_share_of_zero_are_left_out():
    topics, shares = np.array([[3, 1], [1, 3], [3, 1]], np.int32), np.array([[0.9, 0], [0.5, 0.5], [0, 0]])
    table = membership_table(topics, shares.astype(np.float32))
    assert table["topics"].to_pylist() == [[3], [1, 3], []]
    assert table["shares"].to_pylist() == [[pytest.approx(0.9)], [0.5, 0.5], []]
