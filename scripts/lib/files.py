"""Read what an earlier step wrote; a damaged file is named, with what to do about it."""

import json
import mmap
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.cli import UserError


def read_table(path: Path, columns: list[str] | None = None) -> pa.Table:
    """A Parquet file, or some of its columns."""
    if not path.is_file():
        raise UserError(f"{path}: no such file; run the step that writes it")
    try:
        return pq.read_table(path, columns=columns)
    except (pa.ArrowException, OSError, KeyError) as error:
        raise _damaged(path, "Parquet", error) from None


def read_json(path: Path) -> dict:
    """A JSON file that holds an object."""
    try:
        return dict(json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        raise _damaged(path, "JSON", error) from None


def read_number(path: Path) -> int:
    """A text file that holds one whole number."""
    try:
        return int(path.read_text())
    except ValueError as error:
        raise _damaged(path, "number", error) from None


def read_array(path: Path, mapped: bool = False) -> np.ndarray:
    """A .npy file, memory-mapped if asked for."""
    try:
        return np.load(path, mmap_mode="r" if mapped else None)
    except (ValueError, EOFError) as error:
        raise _damaged(path, ".npy", error) from None


def give_back(vectors: np.ndarray, start: int, stop: int) -> None:
    """Unmap the pages of some rows that were read, if the array is a memory-mapped file.

    They stay in the system's cache, but a scheduler that counts what a process has mapped does not
    see the whole file in it.
    """
    pages = getattr(vectors, "base", None)
    if isinstance(pages, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        width = vectors.strides[0]
        first = vectors.offset % mmap.ALLOCATIONGRANULARITY + start * width
        begin = -(-first // mmap.PAGESIZE) * mmap.PAGESIZE
        length = (first + (stop - start) * width) // mmap.PAGESIZE * mmap.PAGESIZE - begin
        if length > 0:
            pages.madvise(mmap.MADV_DONTNEED, begin, length)


def _damaged(path: Path, kind: str, error: Exception) -> UserError:
    return UserError(f"{path}: no {kind} file, or a truncated one ({error}); delete it and run again")


def same_rows(**lengths: int) -> None:
    """Stop unless all of the named inputs have as many rows."""
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {n:,}" for name, n in lengths.items())
        raise UserError(
            f"the inputs have different numbers of rows ({counts}); delete the older ones and run again"
        )
