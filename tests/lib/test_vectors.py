"""Vectors in float16 as float32 of unit length."""

import numpy as np
import pytest

from conftest import random_rows
from lib.vectors import unit, widen


def test_every_finite_float16_is_widened_as_numpy_does():
    halves = np.arange(2**16, dtype=np.uint16).view(np.float16).reshape(64, -1)
    finite = np.isfinite(halves)
    expected = halves.astype(np.float32)
    np.testing.assert_array_equal(widen(halves)[finite].view(np.int32), expected[finite].view(np.int32))
    assert (np.abs(widen(halves)[~finite]) >= 65_536).all()
    np.testing.assert_array_equal(widen(halves.T), widen(halves).T)  # not contiguous


@pytest.mark.parametrize("count", [0, 1, 700])
def test_unit_rows_are_those_of_a_plain_division(count):
    halves = random_rows(count, 48).astype(np.float16) if count else np.empty((0, 48), np.float16)
    plain = halves.astype(np.float32)
    plain /= np.sqrt(np.einsum("ij,ij->i", plain, plain))[:, None]
    np.testing.assert_array_equal(unit(halves), plain)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.filterwarnings("ignore:invalid value")
def test_rows_that_are_not_finite_do_not_become_finite(value):
    halves = random_rows(600, 8).astype(np.float16)
    halves[300, 3] = value
    broken = ~np.isfinite(unit(halves)).all(1)
    assert np.flatnonzero(broken).tolist() == [300]


def test_long_rows_become_unit_rows_too():
    long = np.full((3, 8), 60_000, np.float16)
    np.testing.assert_allclose(unit(long), 8**-0.5, rtol=1e-6)
