"""The smoothed vectors, as far as edits need them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lib.clusters.smoothing import smooth, smoothed
from lib.edits.seeds import grow


@dataclass
class Space:
    """The vectors of all papers.

    Attributes
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    near : int32 (n, s), nearest papers that each vector is averaged with
    folder : of the temporary file of all smoothed vectors
    """

    vectors: np.ndarray
    near: np.ndarray
    folder: Path
    threads: int = 1

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """The smoothed vectors of some papers: float32 (m, dim)."""
        out = np.empty((len(rows), self.vectors.shape[1]), np.float32)
        smooth(self.vectors, rows, self.near[rows], out, self.threads)
        return out

    def grown(self, labels: np.ndarray, k: int, start: np.ndarray) -> np.ndarray:
        """The papers of a topic that begins with some, as `grow` finds them: int64 (m,)."""
        with smoothed(self.vectors, self.near, self.folder, self.threads) as vectors:
            return grow(vectors, labels, k, start, self.threads)
