"""K-means from several starts against scikit-learn."""

from sklearn.cluster import KMeans

from conftest import blobs
from lib.clusters.kmeans import kmeans


def test_the_best_of_several_starts_is_returned():
    rows = blobs(800, 10, noise=0.5)
    runs = [kmeans(rows, 10, seeds=[seed]).inertia for seed in range(4)]
    assert kmeans(rows, 10, seeds=[0, 1, 2, 3]).inertia == min(runs)
    theirs = min(KMeans(10, n_init=1, random_state=seed).fit(rows).inertia_ for seed in range(4))
    assert min(runs) <= 1.02 * theirs
