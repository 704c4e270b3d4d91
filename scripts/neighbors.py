"""Find the nearest papers of every paper by cosine, and measure how many were found."""

import argparse
import time

import numpy as np

from lib.cli import Parser, UserError, run, say
from lib.embeddings.nearest import nearest_rows
from lib.files import atomic_outputs
from lib.summaries import NeighborsSummary, write_json
from lib.tables import PAPERS, read_table
from lib.vectors import open_embeddings


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet", embeddings="embeddings.npy")
    cli.flag("--k", int, "nearest papers of each paper")
    cli.threads()
    cli.outputs(neighbors="neighbors.npy", similarities="similarities.npy", summary="neighbors.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    begun = time.perf_counter()
    ids = read_table(args.papers, PAPERS, ["id"])["id"]
    vectors = open_embeddings(args.embeddings, len(ids))
    if len(ids) < 2:
        raise UserError(f"neighbors: a paper needs another one to be near, there are {len(ids)}")
    k = min(args.k, len(ids) - 1)
    rows, cosines, recall = nearest_rows(vectors, k, args.threads)
    seconds = round(time.perf_counter() - begun, 1)
    summary = NeighborsSummary(papers=len(ids), k=k, recall=recall, seconds=seconds)
    with atomic_outputs(args.neighbors, args.similarities, args.summary) as outputs:
        neighbors_file, similarities_file, summary_file = outputs
        np.save(neighbors_file, rows)
        np.save(similarities_file, cosines)
        write_json(summary_file, summary)
    say(f"the {k} nearest of {len(ids):,} papers: {recall:.1%} of them found, {seconds} s")


if __name__ == "__main__":
    run(main)
