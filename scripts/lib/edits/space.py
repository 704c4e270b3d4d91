"""The smoothed vectors, as far as edits need them."""

from dataclasses import dataclass

import numpy as np

from lib.clusters.hierarchy import divide_topic
from lib.clusters.smoothing import smooth
from lib.edits.seeds import grow
from lib.edits.splitting import divide, followed


@dataclass
class Space:
    """The vectors of all papers.

    Attributes
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    near : int32 (n, s), nearest papers that each vector is averaged with
    whole : float16 (n, dim), all smoothed vectors; None if no topic grows
    min_papers, max_subtopics : settings of `hierarchy`
    stay : with an earlier run, share of the mean squared distance by which another topic must be nearer; inf: no paper leaves
    """

    vectors: np.ndarray
    near: np.ndarray
    whole: np.ndarray | None
    min_papers: int
    max_subtopics: int
    seed: int
    stay: float
    threads: int = 1

    def rows(self, rows: np.ndarray) -> np.ndarray:
        """The smoothed vectors of some papers: float32 (m, dim)."""
        out = np.empty((len(rows), self.vectors.shape[1]), np.float32)
        smooth(self.vectors, rows, self.near[rows], out, self.threads)
        return out

    def parts(self, rows: np.ndarray, into: int | None) -> np.ndarray:
        """The part of each paper of a topic, 0 for the largest: int32 (m,); all 0 if it cannot be divided.

        Parameters
        ----------
        rows : int64 (m,), ascending, of the topic
        into : number of parts; None: its subtopics, as `hierarchy` finds them
        """
        if into is not None:
            return divide(self.rows(rows), into, self.seed)
        settings = {"min_papers": self.min_papers, "most": self.max_subtopics, "seed": self.seed}
        return divide_topic(self.vectors, rows, **settings)[0]

    def followed(self, rows: np.ndarray, before: np.ndarray) -> np.ndarray:
        """The parts that a topic had, with its papers of today, see `followed`: int32 (m,)."""
        return followed(self.rows(rows), before, self.stay, self.threads)

    def grown(
        self, labels: np.ndarray, k: int, start: np.ndarray, home: np.ndarray | None = None
    ) -> np.ndarray:
        """The papers of a topic that begins with some, as `grow` finds them: int64 (m,)."""
        if self.whole is None:
            raise ValueError("without all smoothed vectors no topic grows")
        return grow(self.whole, labels, k, start, home, self.stay, self.threads)
