"""The weights of UMAP's graph against their definition."""

import numpy as np
import pytest

from conftest import random_rows
from lib.embeddings.nearest import exact_neighbors
from lib.map.forces import fuzzy_graph, memberships


@pytest.mark.parametrize("k", [2, 5, 15])
def test_memberships_fall_with_distance_and_add_up_to_the_logarithm(k):
    rows = random_rows(300, 8)
    _, cosines = exact_neighbors(rows, rows, k, exclude_self=True)
    found = memberships(cosines)
    assert found.dtype == np.float32 and (np.diff(found, axis=1) <= 1e-6).all()
    np.testing.assert_allclose(found[:, 0], 1, atol=1e-6)
    np.testing.assert_allclose(found.sum(1), np.log2(k + 1), rtol=1e-5)


def test_copies_belong_fully_to_each_other():
    cosines = np.array([[1, 1, 1, 1], [1, 1, 0.9, 0.5], [0.5, 0.5, 0.5, 0.5]], np.float32)
    found = memberships(cosines)
    assert np.isfinite(found).all() and (found[0] == 1).all() and (found[2] == 1).all()
    assert (found[1, :3] == 1).all() and found[1, 3] < 0.5  # of the others, the nearest is full too


def test_a_pair_is_linked_by_the_probability_that_either_is_a_neighbor():
    rows = random_rows(60, 5)
    near, cosines = exact_neighbors(rows, rows, 6, exclude_self=True)
    one_way = np.zeros((60, 60))
    for i, own in enumerate(memberships(cosines)):
        one_way[i, near[i]] = own
    expected = 1 - (1 - one_way) * (1 - one_way.T)
    found = fuzzy_graph(near, cosines.astype(np.float16).astype(np.float32), 2).toarray()
    np.testing.assert_array_equal(found, found.T)
    np.testing.assert_allclose(fuzzy_graph(near, cosines, 1).toarray(), expected, atol=1e-6)
