"""The arrays and texts of the page as they are packed into it."""

import base64
import zlib

import numpy as np
import pytest

from lib.map.page_data import STEPS, cell_order, codes_of, grid_side, one_line, pack, quantize
from page_inputs import (
    BIDI,
)


def test_quantized_positions_are_within_half_a_step():
    points = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32) * (3, 1)
    codes, frame, aspect = quantize(points)
    assert codes.dtype == np.uint16 and codes.min() == 0 and codes.max() == STEPS
    step = (frame[1] - frame[0]) / STEPS
    assert (np.abs(frame[0] + codes * step - points) <= 0.51 * step + 1e-6).all()
    assert aspect == pytest.approx(np.ptp(points[:, 0]) / np.ptp(points[:, 1]))


def test_points_on_a_line_or_on_one_point_lie_in_the_middle():
    line = np.stack([np.arange(9.0), np.full(9, 5.0)], 1)
    codes, _, aspect = quantize(line)
    assert (codes[:, 1] == round(STEPS / 2)).all() and codes[-1, 0] == STEPS and aspect == 4
    same, frame, aspect = quantize(np.ones((3, 2), np.float32))
    assert (same == round(STEPS / 2)).all() and aspect == 1 and np.isfinite(frame).all()


@pytest.mark.parametrize("n", [1, 10, 3000, 200_000])
def test_papers_of_a_cell_are_a_range(n):
    codes = np.random.default_rng(1).integers(0, 65536, (n, 2)).astype(np.uint16)
    side = grid_side(n)
    order = cell_order(codes, side)
    cells = [(int(y) * side // 65536, int(x) * side // 65536) for x, y in codes[order].tolist()]
    assert cells == sorted(cells) and sorted(order.tolist()) == list(range(n))


def test_blocks_unpack_to_what_was_packed():
    array = np.random.default_rng(2).integers(0, 65536, 100).astype(">u2")
    unpacked = np.frombuffer(zlib.decompress(base64.b64decode(pack(array))), "<u2")
    assert (unpacked == array).all()
    assert zlib.decompress(base64.b64decode(pack(["é", "中"]))).decode() == "é\n中"
    assert codes_of(["b", None, "a", "rare"], ["a", "b"]).tolist() == [2, 0, 1, 0]


def test_titles_are_single_lines_without_marks_of_direction():
    assert one_line(BIDI) == "gnp.exe left"
    assert one_line("a\n b\u2028c\x07\x85d") == "a b cd"
    assert one_line("עברית عربى") == "עברית عربى"
