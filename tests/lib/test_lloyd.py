"""Lloyd's algorithm against scikit-learn."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from conftest import blobs
from lib.clusters.seeding import initial_centroids
from lib.lloyd import Stay, cluster_sums, lloyd, two_largest


@pytest.mark.parametrize(("n", "k", "noise"), [(700, 6, 0.9), (5000, 12, 1.5), (4097, 3, 2.0)])
def test_lloyd_takes_the_steps_of_scikit_learn(n, k, noise):
    rows = blobs(n, k, noise=noise)
    initial = rows[np.random.default_rng(1).choice(n, k, replace=False)]
    mine = lloyd(rows, initial, threads=2)
    theirs = KMeans(k, init=initial, n_init=1, algorithm="lloyd", tol=1e-4, max_iter=300).fit(rows)
    np.testing.assert_array_equal(mine.labels, theirs.labels_)
    assert mine.inertia == pytest.approx(theirs.inertia_, rel=1e-5)
    # scikit-learn may return the centroids before the last step; these are the means of the members
    for cluster in range(k):
        mean = rows[mine.labels == cluster].mean(0, dtype=np.float64)
        np.testing.assert_allclose(mine.centroids[cluster], mean, atol=1e-6)


def test_lloyd_fills_an_empty_cluster_as_scikit_learn_does():
    rows = blobs(300, 4)
    initial = np.concatenate([rows[:3], -10 * np.ones((2, rows.shape[1]), np.float32)])
    mine = lloyd(rows, initial)
    theirs = KMeans(5, init=initial, n_init=1, algorithm="lloyd").fit(rows)
    assert set(mine.labels) == set(range(5))
    np.testing.assert_array_equal(mine.labels, theirs.labels_)


@pytest.mark.parametrize("seed", range(8))
def test_bounds_miss_no_nearest_centroid(seed):
    """Initial centroids of every quality, and many equal rows."""
    rows = blobs(400, 7, dim=6, noise=1.5, seed=seed)
    rows = rows[np.random.default_rng(seed).integers(400, size=900)]
    initial = np.unique(rows, axis=0)[:11]
    mine = lloyd(rows, initial, tol=0)
    theirs = KMeans(11, init=initial, n_init=1, algorithm="lloyd", tol=0).fit(rows)
    np.testing.assert_array_equal(mine.labels, theirs.labels_)
    assert mine.inertia == pytest.approx(theirs.inertia_, rel=1e-5)


def test_lloyd_gives_the_same_bits_on_any_number_of_threads():
    rows = blobs(6000, 8).astype(np.float16)
    initial = initial_centroids(rows.astype(np.float32), 8, seed=3)
    one, three = lloyd(rows, initial, threads=1), lloyd(rows, initial, threads=3)
    np.testing.assert_array_equal(one.labels, three.labels)
    np.testing.assert_array_equal(one.centroids, three.centroids)
    assert one.inertia == three.inertia


@pytest.mark.parametrize("k", [1, 2, 5, 70])
def test_two_largest(k):
    values = np.random.default_rng(k).integers(-3, 4, size=(k, 300)).astype(np.float32)  # with ties
    at, largest, second = two_largest(values.copy())
    np.testing.assert_array_equal(at, values.argmax(0))
    ordered = np.sort(values, axis=0)
    np.testing.assert_array_equal(largest, ordered[-1])
    np.testing.assert_array_equal(second, ordered[-2] if k > 1 else np.full(300, -np.inf))


def test_inertia_is_the_sum_of_squared_distances():
    rows = blobs(500, 5)
    run = lloyd(rows, rows[:5])
    assert run.inertia == pytest.approx(((rows - run.centroids[run.labels]) ** 2).sum(), rel=1e-5)


def test_cluster_sums():
    rows, labels = blobs(3000, 4), np.random.default_rng(0).integers(6, size=3000)
    sums, counts = cluster_sums(rows, labels, 7)
    for cluster in range(7):
        member = labels == cluster
        assert counts[cluster] == member.sum()
        np.testing.assert_allclose(sums[cluster], rows[member].sum(0, dtype=np.float64), atol=1e-4)


def plain_lloyd(rows, initial, home, margin, steps=300):
    """All distances in every step, those to the home less the margin; float64."""
    centroids, labels = initial.astype(np.float64), None
    at_home = np.flatnonzero(home >= 0)
    for _ in range(steps):
        squares = ((rows[:, None].astype(np.float64) - centroids) ** 2).sum(2)
        squares[at_home, home[at_home]] -= margin
        new = squares.argmin(1)
        if labels is not None and (new == labels).all():
            return labels
        labels = new
        centroids = np.array([rows[labels == c].mean(0, dtype=np.float64) for c in range(len(initial))])
    raise AssertionError("no convergence")


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("margin", [0.02, 0.2, 5.0])
def test_rows_leave_home_only_for_a_clearly_nearer_centroid(seed, margin):
    rng = np.random.default_rng(seed)
    rows = blobs(900, 7, dim=6, noise=1.5, seed=seed)
    home = rng.integers(-1, 7, size=900).astype(np.int32)  # some rows have none
    initial = rows[rng.choice(900, 7, replace=False)]
    mine = lloyd(rows, initial, stay=Stay(home, margin), tol=0)
    np.testing.assert_array_equal(mine.labels, plain_lloyd(rows, initial, home, margin))
    if margin == 5.0:  # above the largest squared distance of two unit vectors
        np.testing.assert_array_equal(mine.labels[home >= 0], home[home >= 0])


def test_staying_gives_the_same_bits_on_any_number_of_threads():
    rows = blobs(6000, 8).astype(np.float16)
    initial = initial_centroids(rows.astype(np.float32), 8, seed=3)
    stay = Stay(np.random.default_rng(0).integers(-1, 8, size=6000).astype(np.int32), 0.1)
    one, three = (lloyd(rows, initial, stay=stay, threads=threads) for threads in (1, 3))
    np.testing.assert_array_equal(one.labels, three.labels)
    np.testing.assert_array_equal(one.centroids, three.centroids)
