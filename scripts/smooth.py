"""Average the vectors of a sample of the papers, and of random halves of it, with their nearest papers."""

import argparse

import numpy as np

from lib.arrays import write_npy_header
from lib.cli import Parser, run, say
from lib.clusters.smoothing import SAMPLE_FILES, check_smooth, nearest_inside, smooth, usable_neighbors
from lib.embeddings.neighbor_graph import read_neighbors
from lib.files import atomic_outputs
from lib.records.schema import PAPERS
from lib.rows import hash_ids, sample_rows
from lib.tables import read_table
from lib.vectors import open_embeddings

# Random splits of the sample into two halves. With six, K varies by a few between draws (docs/choosing-k.md).
SPLITS = 6


def draw_halves(ids: list[str], rows: np.ndarray, splits: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Both halves of random splits of a sample, by hash of the id.

    Returns
    -------
    half_rows : int32 (2 splits, len(rows) // 2), positions in `rows`; the two halves of a split follow each other
    inside : for each half which papers of the corpus would be in it, bool (n,)
    """
    positions, inside = [], []
    for seed in range(1, splits + 1):
        hashes = hash_ids(ids, seed)
        for side in (hashes, ~hashes):  # ~ reverses the order
            half = sample_rows(side[rows], len(rows) // 2)
            positions.append(half)
            inside.append(side <= side[rows[half]].max())
    return np.array(positions, np.int32), inside


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        embeddings="embeddings.npy",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
    )
    cli.flag("--smooth", int, "nearest papers to average with; 0: none")
    cli.flag("--sample", int, "papers, sampled by hash of the id")
    cli.threads()
    cli.outputs(**SAMPLE_FILES)
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    ids = read_table(args.papers, PAPERS, ["id"])["id"].to_pylist()
    vectors = open_embeddings(args.embeddings, len(ids))
    near, _ = read_neighbors(args.neighbors, args.similarities, len(ids))
    check_smooth(args.smooth, near)
    n = usable_neighbors(args.smooth, len(ids))
    # in the order of the hash, so that the first rows are a sample too
    rows = np.argsort(hash_ids(ids), kind="stable")[: args.sample].astype(np.int32)
    half_rows, inside = draw_halves(ids, rows, SPLITS)
    outputs = (args.rows, args.vectors, args.half_rows, args.half_vectors)
    with atomic_outputs(*outputs) as (rows_file, sample_file, half_rows_file, halves_file):
        np.save(rows_file, rows)
        np.save(half_rows_file, half_rows)
        sample = np.empty((len(rows), vectors.shape[1]), np.float16)
        smooth(vectors, rows, near[rows, :n], sample, args.threads)
        np.save(sample_file, sample)
        half = np.empty((half_rows.shape[1], vectors.shape[1]), np.float16)
        with halves_file.open("wb") as file:
            write_npy_header(file, (len(half_rows), *half.shape), half.dtype)
            for at, members in zip(half_rows, inside, strict=True):
                within = nearest_inside(near[rows[at]], members, n)
                smooth(vectors, rows[at], within, half, args.threads)
                file.write(half.data)
    say(f"{len(rows):,} papers and {len(half_rows)} halves of them, averaged with their {n} nearest papers")


if __name__ == "__main__":
    run(main)
