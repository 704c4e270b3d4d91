"""Average the vectors of a sample of the papers, and of random halves of it, with their nearest papers."""

import argparse

import numpy as np

from lib.cli import Parser, run, say
from lib.clusters.smoothing import SAMPLE_FILES, nearest_inside, smooth, usable_neighbors
from lib.files import atomic_outputs
from lib.sampling import hash_ids, sample_rows
from lib.tables import PAPERS, read_table
from lib.vectors import open_embeddings, read_neighbors


def draw_halves(ids: list[str], rows: np.ndarray, halves: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """Random halves of a sample, by hash of the id.

    Returns
    -------
    half_rows : int32 (halves, len(rows) // 2), positions in `rows`
    inside : for each half which papers of the corpus would be in it, bool (n,)
    """
    positions, inside = [], []
    for seed in range(1, halves + 1):
        hashes = hash_ids(ids, seed)
        half = sample_rows(hashes[rows], len(rows) // 2)
        positions.append(half)
        inside.append(hashes <= hashes[rows[half]].max())
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
    cli.flag("--halves", int, "random halves of the sample")
    cli.threads()
    cli.outputs(**SAMPLE_FILES)
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    ids = read_table(args.papers, PAPERS, ["id"])["id"].to_pylist()
    vectors = open_embeddings(args.embeddings, len(ids))
    near, _ = read_neighbors(args.neighbors, args.similarities, len(ids), smooth=args.smooth)
    n = usable_neighbors(args.smooth, len(ids))
    # in the order of the hash, so that the first rows are a sample too
    rows = np.argsort(hash_ids(ids), kind="stable")[: args.sample].astype(np.int32)
    half_rows, inside = draw_halves(ids, rows, args.halves)
    outputs = (args.rows, args.vectors, args.half_rows, args.half_vectors)
    with atomic_outputs(*outputs) as (rows_file, sample_file, half_rows_file, halves_file):
        np.save(rows_file, rows)
        np.save(half_rows_file, half_rows)
        sample = np.empty((len(rows), vectors.shape[1]), np.float16)
        smooth(vectors, rows, near[rows, :n], sample, args.threads)
        np.save(sample_file, sample)
        half_vectors = np.empty((*half_rows.shape, vectors.shape[1]), np.float16)
        for at, members, out in zip(half_rows, inside, half_vectors, strict=True):
            within = nearest_inside(near[rows[at]], members, n)
            smooth(vectors, rows[at], within, out, args.threads)
        np.save(halves_file, half_vectors)
    say(f"{len(rows):,} papers and {args.halves} halves of them, averaged with their {n} nearest papers")


if __name__ == "__main__":
    run(main)
