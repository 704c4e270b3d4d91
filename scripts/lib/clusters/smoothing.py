"""Smoothed vectors: the unit mean of a paper's vector and those of its nearest papers."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lib.arrays import read_array, release_pages
from lib.cli import UserError
from lib.files import scratch_folder
from lib.parallel import for_chunks
from lib.vectors import check_unit, unit

SAMPLE_FILES = {
    "rows": "rows of the sample as .npy",
    "vectors": "their smoothed vectors as .npy",
    "half_rows": "positions of each half in the sample as .npy",
    "half_vectors": "their vectors, smoothed within the half, as .npy",
}
PAPERS_PER_NEIGHBOR = 100  # in a small corpus more neighbors would blur whole topics


def usable_neighbors(n_neighbors: int, papers: int) -> int:
    """The number of neighbors to smooth with: fewer than requested in a corpus of a few hundred papers."""
    return min(n_neighbors, papers // PAPERS_PER_NEIGHBOR)


def check_smooth(n_neighbors: int, near: np.ndarray) -> None:
    """Raise a UserError if the graph, int32 (n, k), has fewer neighbors per paper than needed."""
    papers, held = near.shape
    if held < min(n_neighbors, papers - 1):
        raise UserError(
            f"config key cluster.smooth: {n_neighbors} is more than the {held} nearest papers that neighbors.npy "
            f"holds; set neighbors.k to {n_neighbors} or more"
        )


def smooth(
    vectors: np.ndarray,
    rows: np.ndarray,
    near: np.ndarray,
    out: np.ndarray,
    threads: int = 1,
    own: np.ndarray | None = None,
) -> None:
    """Write the smoothed vectors of some rows to `out`.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    rows : int (m,)
    near : int (m, k), their nearest rows of `vectors`; -1: none
    out : float16 or float32 (m, dim), which may be a memory-mapped file
    own : (n_new, dim), of which the rows are smoothed; None: `vectors`
    """

    def work(a: int, b: int) -> None:
        total = unit((vectors if own is None else own)[rows[a:b]])
        check_unit(total, rows[a:b])
        for column in near[a:b].T:
            known = np.flatnonzero(column >= 0)
            total[known] += unit(vectors[column[known]])
        length = np.sqrt(np.einsum("ij,ij->i", total, total))
        out[a:b] = total / np.maximum(length, 1e-12)[:, None]
        release_pages(out, a, b)
        release_pages(vectors, 0, len(vectors))  # neighbors stand anywhere in the file

    for_chunks(len(rows), threads, work)


@contextmanager
def smoothed(vectors: np.ndarray, near: np.ndarray, folder: Path, threads: int = 1) -> Iterator[np.ndarray]:
    """All rows smoothed, float16 (n, dim), in a temporary file in this folder.

    Without neighbors these are the vectors themselves.
    """
    if not near.shape[1]:
        yield vectors
        return
    with scratch_folder(".smoothed-", folder) as scratch:
        file = scratch / "vectors.npy"
        out = np.lib.format.open_memmap(file, "w+", np.float16, vectors.shape)
        if hasattr(os, "posix_fallocate"):  # a full disk is an error here, and a bus error later
            with file.open("r+b") as stream:
                os.posix_fallocate(stream.fileno(), 0, file.stat().st_size)
        smooth(vectors, np.arange(len(vectors)), near, out, threads)
        out.flush()
        yield read_array(file, mapped=True)


def nearest_inside(near: np.ndarray, inside: np.ndarray, n: int) -> np.ndarray:
    """The first n neighbors of each row among the rows inside: int32 (m, n), -1 where there are fewer.

    Parameters
    ----------
    near : int32 (m, k), nearest first
    inside : bool (n_papers,), whether a row may be a neighbor
    """
    is_inside = inside[near]
    first = np.argsort(~is_inside, axis=1, kind="stable")[:, :n]
    kept = np.where(np.take_along_axis(is_inside, first, 1), np.take_along_axis(near, first, 1), -1)
    return kept.astype(np.int32)


def unit_half(halves: np.ndarray, number: int) -> np.ndarray:
    """The rows of one half as `unit` returns them: float32 (m, dim). Releases the pages.

    Parameters
    ----------
    halves : (h, m, dim), float16 (may be memory-mapped) or float32
    """
    rows = unit(halves[number])
    release_pages(halves, number, number + 1)
    return rows


@dataclass
class Sample:
    """What `smooth` writes: a sample of the papers in random order, and random halves of it.

    Attributes
    ----------
    rows : int32 (m,), rows of the papers
    vectors : float16 (m, dim), memory-mapped, smoothed
    half_rows : int32 (h, m // 2), positions in `rows`
    half_vectors : float16 (h, m // 2, dim), memory-mapped, smoothed within the half
    """

    rows: np.ndarray
    vectors: np.ndarray
    half_rows: np.ndarray
    half_vectors: np.ndarray


def read_sample(rows: Path, vectors: Path, half_rows: Path, half_vectors: Path, papers: int) -> Sample:
    """Read the files of `smooth`.

    Raises
    ------
    UserError
        Their sizes do not match each other or the number of papers.
    """
    sample = Sample(
        read_array(rows), read_array(vectors, True), read_array(half_rows), read_array(half_vectors, True)
    )
    shapes = [array.shape for array in vars(sample).values()]
    fits = (
        [len(shape) for shape in shapes] == [1, 2, 2, 3]
        and shapes[0][0] == shapes[1][0] <= papers
        and shapes[2] == shapes[3][:2]
        and shapes[1][1] == shapes[3][2]
    )
    if not fits or sample.rows.max(initial=0) >= papers:
        raise UserError(
            f"{rows.parent}: arrays of the shapes {', '.join(map(str, shapes))} are not a sample of {papers} "
            "papers; run `smooth` again"
        )
    return sample
