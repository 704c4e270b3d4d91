"""Read what an earlier step wrote; a damaged file is named, with what to do about it."""

import json
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


def read_array(path: Path, mmap: bool = False) -> np.ndarray:
    """A .npy file, memory-mapped if asked for."""
    try:
        return np.load(path, mmap_mode="r" if mmap else None)
    except (ValueError, EOFError) as error:
        raise _damaged(path, ".npy", error) from None


def _damaged(path: Path, kind: str, error: Exception) -> UserError:
    return UserError(f"{path}: no {kind} file, or a truncated one ({error}); delete it and run again")


def same_rows(**lengths: int) -> None:
    """Stop unless all of the named inputs have as many rows."""
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {n:,}" for name, n in lengths.items())
        raise UserError(
            f"the inputs have different numbers of rows ({counts}); delete the older ones and run again"
        )
