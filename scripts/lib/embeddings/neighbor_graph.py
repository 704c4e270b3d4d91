"""Read the graph of nearest papers."""

from pathlib import Path

import numpy as np

from lib.arrays import read_array
from lib.cli import UserError


def read_neighbors(neighbors: Path, similarities: Path, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Memory-map the graph of nearest papers: rows int32 (n, k), nearest first, and cosines float16 (n, k).

    Raises
    ------
    UserError
        The files do not fit each other or the number of papers.
    """
    near, cosines = read_array(neighbors, mapped=True), read_array(similarities, mapped=True)
    if near.ndim != 2 or near.shape != cosines.shape or len(near) != rows:
        raise UserError(
            f"{neighbors}: neighbors {near.shape} and similarities {cosines.shape} for {rows} papers; run "
            "`neighbors` again"
        )
    return near, cosines
