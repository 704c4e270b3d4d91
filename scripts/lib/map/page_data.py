"""The papers in the compact form that map.html holds."""

import base64
import re
import zlib

import numpy as np

STEPS = 65535  # of a coordinate: less than a tenth of a pixel on a screen that shows the whole map
FLATTEST = 4  # a map is at most this many times as wide as high, or as high as wide
# Marks that change the direction of the text after them, and control characters. A page that shows a
# title beside other text must hold neither.
UNSAFE = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\x00-\x08\x0e-\x1b\x7f-\x9f\ufeff]")


def quantize(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Coordinates as 16-bit numbers, with the frame that they fill.

    Parameters
    ----------
    points : float (n, 2)

    Returns
    -------
    codes : uint16 (n, 2)
    frame : float64 (2, 2), the lowest and the highest corner; points on a line or on one point lie in
        its middle
    aspect : its width divided by its height
    """
    low, high = points.min(0).astype(np.float64), points.max(0).astype(np.float64)
    extent = high - low
    widest = extent.max() or 1.0
    extent = np.maximum(extent, widest / FLATTEST)
    frame = np.stack([(low + high) / 2 - extent / 2, (low + high) / 2 + extent / 2])
    codes = np.clip(np.round((points - frame[0]) / extent * STEPS), 0, STEPS)
    return codes.astype(np.uint16), frame, float(extent[0] / extent[1])


def nodes_of(hierarchy: list[dict], level: str) -> list[dict]:
    """The nodes of a level of hierarchy.parquet, by number."""
    return sorted((node for node in hierarchy if node["level"] == level), key=lambda node: node["node"])


def grid_side(n: int) -> int:
    """Cells per side of the grid in which papers are looked up: about four papers per cell, at most 256."""
    return int(np.clip(2 ** round(np.log2(max(n, 1) / 4) / 2), 4, 256))


def cell_order(codes: np.ndarray, side: int) -> np.ndarray:
    """The order of the points by cell of the grid, row by row: int (n,). Ties keep their order."""
    cells = codes.astype(np.int64) * side // (STEPS + 1)
    return np.argsort(cells[:, 1] * side + cells[:, 0], kind="stable")


def pack(data: np.ndarray | list[str]) -> str:
    """An array (little-endian) or texts (UTF-8, one per line), deflated, in base64."""
    if isinstance(data, list):
        raw = "\n".join(data).encode()
    else:
        raw = data.astype(data.dtype.newbyteorder("<")).tobytes()
    return base64.b64encode(zlib.compress(raw, 9)).decode()


def one_line(text: str) -> str:
    """A text on one line, without control characters and without marks of direction."""
    return " ".join(UNSAFE.sub("", text).split())


def codes_of(values: list[str | None], names: list[str]) -> np.ndarray:
    """The position of each value in `names` counted from 1, and 0 for null: uint16 (n,)."""
    position = {name: i for i, name in enumerate(names, 1)}
    return np.array([position.get(value, 0) if value else 0 for value in values], np.uint16)
