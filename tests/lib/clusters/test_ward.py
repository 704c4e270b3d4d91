"""Ward's merging of weighted points against SciPy."""

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage

from lib.clusters.ward import ward_merge


def test_merge_is_ward():
    """A point with a count weighs as much as that many equal points."""
    rng = np.random.default_rng(5)
    points, counts = rng.normal(size=(40, 5)), rng.integers(1, 6, size=40)
    labels = fcluster(linkage(np.repeat(points, counts, axis=0), "ward"), 9, "maxclust")
    theirs = [np.repeat(points, counts, axis=0)[labels == label].mean(0) for label in np.unique(labels)]
    mine = ward_merge(points, counts, 9)
    np.testing.assert_allclose(sorted(mine.tolist()), sorted(map(list, theirs)), atol=1e-6)
