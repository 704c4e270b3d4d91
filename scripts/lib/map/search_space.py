"""Terms and papers in one small space, in which map.html searches by meaning without an encoder.

A paper is the projection of its vector to the principal components. The vector of a term is half the mean of its papers,
and half a fit: the sum of a paper's terms, weighted by idf, is to come close to the paper. A query is such a sum. No
text is encoded for this.
"""

from collections.abc import Iterator

import numpy as np
from scipy import sparse

from lib.arrays import CHUNK
from lib.parallel import one_blas_thread
from lib.projection import AXES_ROWS, principal_axes
from lib.rows import ranges
from lib.vectors import take

COMPONENTS = 64  # 128 find little more: docs/measurements/map.md
TERMS = 30_000  # that a page holds: the most frequent
SAMPLE = 100_000  # papers from which the terms are made
# One step of a number in int8. Papers are unit rows; finer steps make the page larger and find no more.
PAPER_STEP, TERM_STEP = 1 / 32, 1 / 127
RIDGE = 3.0  # pulls the vectors of rare terms towards 0
STEPS = 8  # of conjugate gradients; half as many find as much


class SearchSpace:
    """The projection of unit rows, less the mean vector, to unit rows of few components.

    Parameters
    ----------
    vectors : (n, dim), unit rows (may be memory-mapped)
    """

    def __init__(self, vectors: np.ndarray):
        n = len(vectors)
        sample = take(vectors, np.arange(0, n, -(-n // AXES_ROWS)))
        self.mean = sample.mean(0, dtype=np.float64).astype(np.float32)
        sample -= self.mean
        self.axes = principal_axes(sample, COMPONENTS)

    def project(self, rows: np.ndarray) -> np.ndarray:
        """Unit rows (m, dim), float32, as float32 (m, COMPONENTS) of unit length; zeros where no length is left."""
        with one_blas_thread():  # the sums of a product depend on the number of threads
            projected = (rows - self.mean) @ self.axes
        projected = np.pad(projected, ((0, 0), (0, COMPONENTS - projected.shape[1])))
        lengths = np.linalg.norm(projected, axis=1, keepdims=True)
        return np.divide(projected, lengths, out=np.zeros_like(projected), where=lengths > 1e-6)


def in_steps(rows: np.ndarray, step: float) -> np.ndarray:
    """Numbers in steps: int8 of the same shape; those beyond 127 steps are cut."""
    return np.clip(np.rint(rows / step), -127, 127).astype(np.int8)


def chunks(n: int) -> Iterator[np.ndarray]:
    """The rows 0 to n - 1, CHUNK at a time."""
    for start in range(0, n, CHUNK):
        yield np.arange(start, min(start + CHUNK, n))


def incidence(terms: np.ndarray, offsets: np.ndarray, rows: np.ndarray, n_terms: int) -> sparse.csr_matrix:
    """Which terms some papers have: float32 csr (m, n_terms) of ones.

    Parameters
    ----------
    terms, offsets : of all papers, as the step `terms` writes them (may be memory-mapped)
    rows : int64 (m,), the papers
    """
    lengths = offsets[rows + 1] - offsets[rows]
    ones, starts = np.ones(int(lengths.sum()), np.float32), np.r_[0, np.cumsum(lengths)]
    return sparse.csr_matrix((ones, terms[ranges(offsets[rows], lengths)], starts), (len(rows), n_terms))


def chosen_terms(papers: np.ndarray, has: sparse.csr_matrix) -> np.ndarray:
    """The TERMS terms that the most papers have, most first, without those that no sampled paper has: int64 (t,).

    Parameters
    ----------
    papers : int64 (n_terms,), how many papers of the corpus have each term
    has : csr (m, n_terms), the terms of the sampled papers
    """
    order = np.argsort(-papers, kind="stable")
    return order[np.bincount(has.indices, minlength=has.shape[1])[order] > 0][:TERMS]


def term_vectors(has: sparse.csr_matrix, papers: np.ndarray) -> np.ndarray:
    """The vectors of terms in the space of papers.

    Parameters
    ----------
    has : csr (m, t) of ones, the terms of papers; each term has a paper
    papers : float32 (m, COMPONENTS), unit rows

    Returns
    -------
    float64 (t, COMPONENTS). Their root mean square is that of the means of the papers.
    """
    if not has.shape[1]:
        return np.zeros((0, papers.shape[1]))
    weighted = has @ sparse.diags(
        np.log((len(papers) + 1) / np.bincount(has.indices, minlength=has.shape[1]))
    )
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(1)).ravel())
    weighted = sparse.diags(1 / np.maximum(lengths, 1e-9)) @ weighted
    by_term = weighted.T.tocsr()
    means = by_term @ papers.astype(np.float64) / np.asarray(by_term.sum(1))
    fit = least_squares(weighted.tocsr(), by_term, papers.astype(np.float64))
    size = float(np.linalg.norm(means))
    both = means + fit * (size / max(float(np.linalg.norm(fit)), 1e-9))
    return both * (size / max(float(np.linalg.norm(both)), 1e-9))


def least_squares(weighted: sparse.csr_matrix, by_term: sparse.csr_matrix, papers: np.ndarray) -> np.ndarray:
    """The vectors whose weighted sums come closest to the papers, by conjugate gradients on all components at once.

    Parameters
    ----------
    weighted : csr (m, t), unit rows
    by_term : csr (t, m), the same transposed
    papers : float64 (m, COMPONENTS)

    Returns
    -------
    float64 (t, COMPONENTS), which minimizes |weighted x - papers|² + RIDGE |x|² as far as STEPS steps lead
    """
    found = np.zeros((weighted.shape[1], papers.shape[1]))
    rest = by_term @ papers
    direction, length = rest.copy(), (rest * rest).sum(0)
    for _ in range(STEPS):
        image = by_term @ (weighted @ direction) + RIDGE * direction
        move = length / np.maximum((direction * image).sum(0), 1e-30)
        found += move * direction
        rest -= move * image
        before, length = length, (rest * rest).sum(0)
        direction = rest + length / np.maximum(before, 1e-30) * direction
    return found
