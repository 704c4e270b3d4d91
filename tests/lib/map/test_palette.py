"""The colours of topics."""

import numpy as np
import pytest

from lib.map.palette import oklch, topic_colours


@pytest.mark.parametrize("k", [1, 2, 3, 25, 60])
def test_colours_are_distinct_and_real(k):
    colours = topic_colours(np.random.default_rng(k).normal(size=(k, 2)))
    assert colours.shape == (k, 3) and (colours >= 0).all() and (colours <= 1).all()
    assert len(np.unique(colours.round(4), axis=0)) == k


def test_oklch_of_white_and_red():
    """The OKLCH coordinates of white and of sRGB red are published."""
    found = oklch(np.array([1.0, 0.627955]), np.array([0.0, 0.257683]), np.array([0.0, 29.2339 / 360]))
    np.testing.assert_allclose(found, [[1, 1, 1], [1, 0, 0]], atol=2e-3)
