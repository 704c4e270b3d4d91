"""Ward's merging of weighted points against SciPy."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from lib.clusters.ward import ward_linkage, ward_merge


def test_merge_is_ward():
    """A point with a count weighs as much as that many equal points."""
    rng = np.random.default_rng(5)
    points, counts = rng.normal(size=(40, 5)), rng.integers(1, 6, size=40)
    labels = fcluster(linkage(np.repeat(points, counts, axis=0), "ward"), 9, "maxclust")
    theirs = [np.repeat(points, counts, axis=0)[labels == label].mean(0) for label in np.unique(labels)]
    mine = ward_merge(points, counts, 9)
    np.testing.assert_allclose(sorted(mine.tolist()), sorted(map(list, theirs)), atol=1e-6)


def test_tree_is_that_of_scipy():
    points = np.random.default_rng(6).normal(size=(40, 5))
    np.testing.assert_allclose(ward_linkage(points, np.ones(40)), linkage(points, "ward"), atol=1e-9)


def test_tree_of_weighted_points_adds_up_to_their_inertia():
    """Half the squares of the heights are what the mergers add to the inertia: all of it in the end."""
    rng = np.random.default_rng(7)
    points, counts = rng.normal(size=(30, 5)), rng.integers(1, 9, size=30)
    tree = ward_linkage(points, counts)
    mean = np.average(points, axis=0, weights=counts)
    assert np.isclose((tree[:, 2] ** 2 / 2).sum(), (counts * ((points - mean) ** 2).sum(1)).sum())
    assert (np.diff(tree[:, 2]) >= 0).all() and tree[-1, 3] == 30


def test_one_point_has_no_tree():
    assert ward_linkage(np.ones((1, 3)), np.ones(1)).shape == (0, 4)
