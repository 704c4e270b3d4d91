"""Any number of vectors like the real ones of a corpus.

Each is a random mixture of five neighboring real vectors, with noise that has the covariance and the lengths of
what real vectors lack to the mean of such neighbors. A fixed random rotation lifts them to more dimensions, which
keeps all cosines. They stay in as many dimensions as the real vectors have.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from measure import OUT

DIM = 1024
MIXED = 5
BLOCK = 8192


class Lifelike:
    """What vectors are made of.

    Attributes
    ----------
    vectors : float32 (m, d), real unit rows
    near : int32 (m, MIXED), their nearest rows
    lengths : float32 (m,), of what each row lacks to the mean of these
    spread : float32 (d, d), a square root of the covariance of the directions of what they lack
    """

    def __init__(self, vectors: np.ndarray):
        from lib.embeddings.nearest import exact_neighbors

        self.vectors = vectors
        self.near, _ = exact_neighbors(vectors, vectors, MIXED, exclude_self=True)
        lacking = vectors - np.mean([vectors[column] for column in self.near.T], axis=0)
        self.lengths = np.linalg.norm(lacking, axis=1)
        lacking /= np.maximum(self.lengths, 1e-6)[:, None]
        values, axes = np.linalg.eigh((lacking.T @ lacking).astype(np.float64) / len(lacking))
        self.spread = (axes * np.sqrt(np.maximum(values, 0.0))).astype(np.float32)

    def blocks(self, rows: int, dim: int = DIM, seed: int = 0) -> Iterator[np.ndarray]:
        """Unit rows, float32 (up to BLOCK, dim) at a time; dim is at least that of the real vectors."""
        own = self.vectors.shape[1]
        rotation = np.linalg.qr(np.random.default_rng(0).standard_normal((dim, own)))[0].T.astype(np.float32)
        rng = np.random.default_rng([seed, 1])
        for start in range(0, rows, BLOCK):
            n = min(BLOCK, rows - start)
            at = rng.integers(len(self.vectors), size=n)
            shares = rng.dirichlet(np.ones(MIXED), n).astype(np.float32)
            block = rng.standard_normal((n, own), np.float32) @ self.spread.T * self.lengths[at][:, None]
            for share, column in zip(shares.T, self.near[at].T, strict=True):
                block += share[:, None] * self.vectors[column]
            block /= np.linalg.norm(block, axis=1, keepdims=True)
            yield block @ rotation if dim > own else block


def lifelike_file(vectors: np.ndarray, rows: int, name: str) -> Path:
    """A float16 .npy file (rows, DIM) in bench/out; written once."""
    from lib.arrays import write_npy_header

    path = OUT / f"lifelike-{name}-{rows}.npy"
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            write_npy_header(file, (rows, DIM), np.float16)
            for block in Lifelike(vectors).blocks(rows):
                file.write(block.astype(np.float16).data)
        part.rename(path)
    return path
