"""Term vectors: means of the vectors of the papers with a term.

The mean vector of all papers is subtracted, also where the subtopics of one topic are compared: a term then says what a
subtopic is about among all papers, and not how it differs from its siblings alone. The cosine of a term vector to the
mean of a group shows whether the term is about the whole group or a small part of it. The cosine of two term vectors
shows whether the terms have the same meaning. No text is encoded for this.
"""

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from lib.arrays import release_pages
from lib.parallel import one_blas_thread
from lib.rows import ranges, rows_by_label
from lib.vectors import take

SAMPLE = 100_000  # papers that are read
ROUNDING = 1e-5  # a shorter mean of unit vectors is 0 up to rounding
CHUNK = 4096  # papers that are summed at a time
COLUMNS = 4096  # terms that are compared at a time
LEAST = 0.1  # the least similarity, for terms about another subject or in no sampled paper


@dataclass(frozen=True)
class TermVectors:
    """Sampled papers with their terms, vectors and leaves.

    Attributes
    ----------
    terms : float32 csr (n, n_terms), the weight of the paper at each of its terms, else 0
    vectors : float32 (n, dim), minus their mean
    weights : float32 (n,), the number of papers that each sampled paper represents
    leaves : int (n,), the finest group of each
    rows : int64 (n,), rows of the sampled papers
    """

    terms: sparse.csr_matrix
    vectors: np.ndarray
    weights: np.ndarray
    leaves: np.ndarray
    rows: np.ndarray

    @classmethod
    def of(
        cls,
        terms: np.ndarray,
        offsets: np.ndarray,
        vectors: np.ndarray,
        leaves: np.ndarray,
        n_terms: int,
        strata: np.ndarray | None = None,
    ) -> "TermVectors":
        """Sample up to SAMPLE papers: the same number from each stratum, or all papers of a smaller one.

        Parameters
        ----------
        terms, offsets : the terms of each paper, as the step `terms` writes them (may be memory-mapped)
        vectors : (n_papers, dim), unit rows (may be memory-mapped)
        leaves : int (n_papers,), from 0 on; -1 for papers of no leaf
        strata : int (n_papers,), from 0 on; papers with -1 are not sampled; the leaves by default
        """
        strata = leaves if strata is None else strata
        by_stratum = rows_by_label(strata, int(strata.max(initial=-1)) + 1)
        quota = _quota(np.array([len(rows) for rows in by_stratum]))
        rows, weights = [np.zeros(0, np.int64)], [np.zeros(0, np.float32)]
        for members in by_stratum:
            n = min(len(members), quota)
            rows.append(members[np.linspace(0, len(members) - 1, n).astype(np.int64)])
            weights.append(np.full(n, len(members) / max(n, 1), np.float32))
        read, weight = np.concatenate(rows), np.concatenate(weights)
        order = np.argsort(read)
        read, weight = read[order], weight[order]
        lengths = offsets[read + 1] - offsets[read]
        table = (
            np.repeat(weight, lengths),
            terms[ranges(offsets[read], lengths)],
            np.r_[0, np.cumsum(lengths)],
        )
        has_term = sparse.csr_matrix(table, (len(read), n_terms), dtype=np.float32)
        release_pages(terms, 0, len(terms))
        return cls(has_term, _center(take(vectors, read), weight), weight, leaves[read], read)

    @cached_property
    def papers_with(self) -> sparse.csc_matrix:
        """The same as `terms`, by term: float32 csc (n, n_terms)."""
        return self.terms.tocsc()

    @cached_property
    def _known(self) -> dict[int, np.ndarray]:
        """The vectors of the terms that were asked for: the levels of the hierarchy share most of them."""
        return {}

    def of_terms(self, columns: np.ndarray) -> np.ndarray:
        """The vectors of terms, of unit length, or 0 for a term in no sampled paper: float32 (m, dim)."""
        known = self._known
        new = [column for column in columns.tolist() if column not in known]
        for start in range(0, len(new), COLUMNS):
            part = new[start : start + COLUMNS]
            known.update(zip(part, self._means(self.papers_with[:, part].T), strict=True))
        return np.array([known[column] for column in columns.tolist()])

    def similarities(self, weights: sparse.csr_matrix, groups: np.ndarray) -> sparse.csr_matrix:
        """The similarity of terms to groups, where `weights` (k, n_terms) are not 0: float64 csr (k, n_terms).

        The cosine of their vectors, but at least LEAST.

        Parameters
        ----------
        groups : int (n,), the group of each sampled paper, 0 to k - 1; -1 for none
        """
        k, inside = weights.shape[0], np.flatnonzero(groups >= 0)
        in_groups = sparse.csr_matrix((self.weights[inside], (groups[inside], inside)), (k, len(groups)))
        of_groups = self._means(in_groups).T
        columns, at = np.unique(weights.indices, return_inverse=True)
        of_row = np.repeat(np.arange(k), np.diff(weights.indptr))
        similarities = np.zeros(weights.nnz)
        for start in range(0, len(columns), COLUMNS):
            means = self.of_terms(columns[start : start + COLUMNS])
            here = (at >= start) & (at < start + COLUMNS)
            with one_blas_thread():  # the sums of a product depend on the number of threads
                cosines = means @ of_groups
            similarities[here] = cosines[at[here] - start, of_row[here]]
        return sparse.csr_matrix(
            (np.maximum(similarities, LEAST), weights.indices, weights.indptr), weights.shape
        )

    def similarity(self, term: int, other: int) -> float:
        """The cosine of the vectors of two terms; 0 if one of them is in no sampled paper."""
        one, two = self.of_terms(np.array([term, other]))
        return float(one @ two)

    def _means(self, papers: sparse.spmatrix) -> np.ndarray:
        """Weighted means of the paper vectors, scaled to unit length: float32 (m, dim).

        A row is all zeros if it has no papers, or if their mean equals the mean of all papers.

        Parameters
        ----------
        papers : (m, n), the weight of each paper in each mean
        """
        means = papers @ self.vectors
        means /= np.maximum(np.asarray(papers.sum(1)), 1)
        lengths = np.linalg.norm(means, axis=1, keepdims=True)
        return np.divide(means, lengths, out=np.zeros_like(means), where=lengths > ROUNDING)


def _quota(sizes: np.ndarray) -> int:
    """The largest number of papers per stratum for which at most SAMPLE papers are read; `sizes` is int (k,)."""
    quotas = range(1, int(sizes.max(initial=0)) + 1)
    return max(1, bisect_right(quotas, SAMPLE, key=lambda quota: int(np.minimum(sizes, quota).sum())))


def _center(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Subtract the weighted mean from vectors (n, dim), in place."""
    mean = np.zeros(vectors.shape[1])
    for start in range(0, len(vectors), CHUNK):
        mean += (weights[start : start + CHUNK, None] * vectors[start : start + CHUNK]).sum(0, np.float64)
    vectors -= mean / weights.sum(dtype=np.float64)
    return vectors
