"""Read and write .npy files, which may be larger than memory, a chunk of rows at a time."""

import mmap
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lib.files import damaged

# Rows per chunk: 8 MB at 1024 float32. The chunk is also the unit of summation, so its size must
# not depend on the number of threads: the same chunks added in the same order give the same bits.
CHUNK = 2048


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
