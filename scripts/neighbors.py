"""Find the nearest papers of every paper by cosine, and measure the recall."""

import argparse
import time

import numpy as np

from lib.cli import Parser, UserError, run, say
from lib.embeddings.nearest import nearest_rows
from lib.embeddings.schema import NeighborsSummary
from lib.files import atomic_outputs, write_json
from lib.tables import count_rows
from lib.vectors import open_embeddings


def nearest_on_gpu(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, float]:
    """As `nearest_rows`, exact, on CUDA."""
    # PyTorch is not in every environment of this step
    from lib.embeddings.device import gpu_for
    from lib.embeddings.nearest_cuda import nearest_rows_cuda

    with gpu_for("neighbors.gpus") as device:
        return nearest_rows_cuda(vectors, k, device=device)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet", embeddings="embeddings.npy")
    cli.flag("--k", int, "nearest papers of each paper")
    cli.flag("--gpus", int, "1: compute all products on CUDA")
    cli.threads()
    cli.outputs(neighbors="neighbors.npy", similarities="similarities.npy", summary="neighbors.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    begun = time.perf_counter()
    papers = count_rows(args.papers)
    vectors = open_embeddings(args.embeddings, papers)
    if papers < 2:
        raise UserError(f"neighbors: at least two papers are needed, there is {papers}")
    k = min(args.k, papers - 1)
    search = nearest_on_gpu(vectors, k) if args.gpus else nearest_rows(vectors, k, args.threads)
    rows, cosines, recall = search
    seconds = round(time.perf_counter() - begun, 1)
    summary = NeighborsSummary(papers=papers, k=k, recall=recall, seconds=seconds)
    with atomic_outputs(args.neighbors, args.similarities, args.summary) as outputs:
        neighbors_file, similarities_file, summary_file = outputs
        np.save(neighbors_file, rows)
        np.save(similarities_file, cosines)
        write_json(summary_file, summary)
    say(f"the {k} nearest of {papers:,} papers: {recall:.1%} of them found, {seconds} s")


if __name__ == "__main__":
    run(main)
