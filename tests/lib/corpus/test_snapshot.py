"""The blocks of a snapshot."""

import io
from pathlib import Path

import pytest

from lib.corpus.snapshot import blocks


@pytest.mark.parametrize("size", [1, 2, 7, 50, 10_000])
@pytest.mark.parametrize("data", [b"ab\n\ncdefgh\nij", b"a\n", b"\n\n", b"abc"])
def test_blocks_are_whole_lines_with_their_numbers(data, size):
    cut = list(blocks(io.BytesIO(data), Path("x"), size=size))
    assert b"".join(block.data for block in cut) == data
    at = 1
    for block in cut:
        assert block.first_line == at
        at += block.data.count(b"\n")
        assert block.data.endswith(b"\n") or block is cut[-1]
