"""Read embeddings as rows of unit length."""

from pathlib import Path

import numpy as np

from lib.arrays import CHUNK, read_array, release_pages
from lib.cli import UserError

BLOCK = 256  # rows that are converted at a time: they stay in a processor's cache
SIGN_AND_REST = np.int32(-0x70000001)  # 0x8fffffff clears bits 28 to 30, which hold copies of the sign
BIAS = np.float32(2.0**112)  # the exponents of float32 count from another number than those of float16
BEYOND = 65_536.0  # above all finite float16


def open_embeddings(path: Path, rows: int | None = None) -> np.ndarray:
    """Memory-map embeddings.npy: (n_papers, dim), float16 or float32, rows of unit length.

    Parameters
    ----------
    rows : the number of papers, if known

    Raises
    ------
    UserError
        The file is not such an array, or its number of rows differs from the number of papers.
    """
    vectors = read_array(path, mapped=True)
    if vectors.ndim != 2 or vectors.dtype not in (np.float16, np.float32):
        raise UserError(
            f"{path}: expected float16 or float32 (n, dim), found {vectors.dtype} {vectors.shape}"
        )
    if rows is not None and len(vectors) != rows:
        raise UserError(f"{path}: {len(vectors)} vectors for {rows} papers; run `gather` again")
    return vectors


def widen(halves: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Finite float16, in the byte order of this machine, as float32: the bits of `astype`, sooner.

    numpy converts one number after another. Here whole arrays are shifted and masked, and a product mends the
    exponents, those of subnormal numbers too. The absolute value of infinite numbers and NaN becomes BEYOND or more.
    """
    out = np.empty(halves.shape, np.float32) if out is None else out
    bits = out.view(np.int32)
    np.copyto(bits, halves.view(np.int16))  # the sign fills the upper half
    bits <<= 13
    bits &= SIGN_AND_REST
    out *= BIAS
    return out


def unit(rows: np.ndarray) -> np.ndarray:
    """Rows (n, dim), float16 or float32, as float32 of unit length. Rows in float32 are returned as they are.

    Rounding to float16 changes the length of a row by up to 1e-4, which would show in a silhouette.
    """
    if rows.dtype == np.float32:
        return rows
    result = np.empty(rows.shape, np.float32)
    for start in range(0, len(rows), BLOCK):
        block = widen(rows[start : start + BLOCK], result[start : start + BLOCK])
        squares = np.einsum("ij,ij->i", block, block)
        if squares.max(initial=0) >= BEYOND**2:
            block[:] = rows[start : start + BLOCK]
            squares = np.einsum("ij,ij->i", block, block)
        block /= np.sqrt(squares)[:, None]
    return result


def unit_rows(vectors: np.ndarray, start: int, stop: int, at: np.ndarray | None = None) -> np.ndarray:
    """Rows `start` to `stop`, or those `at` among them, as `unit` returns them; releases the pages."""
    rows = vectors[start:stop] if at is None else vectors[start:stop][at]
    rows = unit(rows)
    release_pages(vectors, start, stop)
    return rows


def take(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The given rows in memory: float32 (len(rows), dim), unit length.

    Raises
    ------
    UserError
        A row is not finite.
    """
    taken = np.empty((len(rows), vectors.shape[1]), np.float32)
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        taken[start : start + CHUNK] = unit(vectors[chunk])
        release_pages(vectors, int(chunk.min()), int(chunk.max()) + 1)
        check_unit(taken[start : start + CHUNK], chunk)
    return taken


def check_unit(read: np.ndarray, rows: np.ndarray) -> None:
    """Raise a UserError for a row that is not finite or not of unit length.

    Parameters
    ----------
    read : float32 (m, dim)
    rows : int (m,), the row numbers for the message
    """
    squares = np.einsum("ij,ij->i", read, read)
    sound = np.abs(squares - 1.0) < 0.01  # false for NaN
    if not sound.all():
        raise UserError(
            f"embeddings: row {rows[int(sound.argmin())]} is not finite or not of unit length; delete "
            "embeddings.npy and run again"
        )
