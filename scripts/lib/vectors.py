"""Read embeddings that may be larger than memory, a chunk of unit rows at a time."""

import mmap
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lib.cli import UserError
from lib.files import damaged

# Rows per chunk: 8 MB at 1024 float32. The chunk is also the unit of summation, so its size must
# not depend on the number of threads: the same chunks added in the same order give the same bits.
CHUNK = 2048
BLOCK = 256  # rows that are converted at a time: they stay in a processor's cache
SIGN_AND_REST = np.int32(-0x70000001)  # 0x8fffffff clears bits 28 to 30, which hold copies of the sign
BIAS = np.float32(2.0**112)  # the exponents of float32 count from another number than those of float16
BEYOND = 65_536.0  # above all finite float16


def read_array(path: Path, mapped: bool = False) -> np.ndarray:
    """The array of a .npy file, memory-mapped if `mapped`."""
    try:
        return np.load(path, mmap_mode="r" if mapped else None)
    except (ValueError, EOFError) as error:
        raise damaged(path, ".npy file", error) from None


def write_npy_header(file: BinaryIO, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Begin a .npy file in C order, for arrays that are written a chunk at a time."""
    header = {"descr": np.dtype(dtype).str, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)


class Appended:
    """A one-dimensional .npy file that grows by whole arrays."""

    def __init__(self, file: BinaryIO, dtype: type):
        self.file, self.dtype, self.length = file, np.dtype(dtype), 0
        write_npy_header(file, (0,), self.dtype)

    def append(self, values: np.ndarray) -> None:
        """Append values to those that were written."""
        self.file.write(values.astype(self.dtype, copy=False).tobytes())
        self.length += len(values)

    def finish(self) -> None:
        """Write the final length, for which numpy leaves room in the header."""
        self.file.seek(0)
        write_npy_header(self.file, (self.length,), self.dtype)


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


def release_pages(vectors: np.ndarray, start: int, stop: int) -> None:
    """Unmap the pages of rows that have been read, if the array is a memory-mapped file.

    The pages stay in the page cache of the system. A scheduler that counts the mapped pages of a
    process then does not count the whole file.
    """
    pages = getattr(vectors, "base", None)
    if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        width = vectors.strides[0]
        offset: int = vectors.offset  # type: ignore[attr-defined]  # an array with a mapped base has one
        first = offset % mmap.ALLOCATIONGRANULARITY + start * width
        begin = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
        length = (first + (stop - start) * width) // mmap.PAGESIZE * mmap.PAGESIZE - begin
        if length > 0:
            pages.madvise(mmap.MADV_DONTNEED, begin, length)


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
