"""True neighbors on a page, and how many the map kept, against scikit-learn and by hand."""

import numpy as np
from sklearn.neighbors import NearestNeighbors

from lib.map.tears import ABSENT, SHOWN, UNKNOWN, kept_shares, neighbors_on_page


def exact(rows: np.ndarray, k: int) -> np.ndarray:
    return NearestNeighbors(n_neighbors=k).fit(rows).kneighbors(return_distance=False).astype(np.int32)


def test_neighbors_are_places_on_the_page_and_those_it_lacks_come_last():
    near = np.array([[1, 2, 3], [0, 3, 2], [3, 1, 0], [2, 0, 1]], np.int32)
    found = neighbors_on_page(near, np.array([3, 0, 1]))
    assert found.dtype == np.uint32 and found.shape == (3, SHOWN)
    assert found[:, :3].tolist() == [[1, 2, ABSENT], [2, 0, ABSENT], [1, 0, ABSENT]]
    assert (found[:, 3:] == ABSENT).all()


def test_shares_are_those_of_the_exact_neighbors():
    rng = np.random.default_rng(0)
    rows, points = rng.normal(size=(200, 5)), rng.normal(size=(200, 2)).astype(np.float32)
    near, on_map = exact(rows, 20), exact(points, SHOWN)
    expected = [10 * len(set(near[i, :SHOWN]) & set(on_map[i])) for i in range(200)]
    assert kept_shares(near, points, np.arange(200)).tolist() == expected
    assert kept_shares(near, points, np.array([7, 3])).tolist() == [expected[7], expected[3]]
    assert (kept_shares(exact(points, 15), points, np.arange(200)) == 100).all()


def test_few_papers_and_equal_places():
    one = kept_shares(np.zeros((1, 0), np.int32), np.zeros((1, 2), np.float32), np.array([0]))
    assert one.tolist() == [UNKNOWN]
    near = np.array([[1, 2], [0, 2], [1, 0]], np.int32)
    assert kept_shares(near, np.zeros((3, 2), np.float32), np.arange(3)).tolist() == [100, 100, 100]
