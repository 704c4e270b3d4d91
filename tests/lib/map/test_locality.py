"""Papers sorted by their places: near in the plane, near in the order."""

import numpy as np
from scipy import sparse

from lib.map.locality import reordered, z_order


def test_the_order_is_that_of_interleaved_bits():
    places = np.array([[x, y] for x in range(4) for y in range(4)], np.float32)
    codes = [int(f"{y >> 1}{x >> 1}{y & 1}{x & 1}", 2) for x in range(4) for y in range(4)]
    np.testing.assert_array_equal(z_order(places), np.argsort(codes))


def test_neighbors_in_the_order_are_near():
    places = np.random.default_rng(0).normal(size=(10_000, 2))
    steps = np.linalg.norm(np.diff(places[z_order(places)], axis=0), axis=1)
    assert np.median(steps) < 0.05 * np.median(np.linalg.norm(np.diff(places, axis=0), axis=1))


def test_papers_at_one_place_keep_their_order():
    np.testing.assert_array_equal(z_order(np.full((5, 2), 7.0)), np.arange(5))


def test_a_reordered_graph_has_the_same_edges():
    graph = sparse.random(50, 50, 0.1, format="csr", dtype=np.float32, random_state=0)
    order = np.random.default_rng(1).permutation(50)
    expected = graph.toarray()[np.ix_(order, order)]
    found = reordered(graph, order)
    np.testing.assert_array_equal(found.toarray(), expected)
    np.testing.assert_array_equal(found.data, np.concatenate([graph[[row]].data for row in order]))
