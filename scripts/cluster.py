"""Cluster all papers with K-means on their unit vectors, and measure how well each paper fits."""

import argparse

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.cli import Parser, UserError, run, say
from lib.clusters.assignment import find_outliers, measure_fit, number_by_size
from lib.clusters.kmeans import kmeans
from lib.clusters.silhouette import cosine_silhouette
from lib.files import atomic_outputs, read_number
from lib.lloyd import Clustering, lloyd
from lib.sampling import hash_ids, sample_rows
from lib.summaries import ClusterSummary, write_json
from lib.tables import ASSIGNMENTS, PAPERS, read_table, write_table
from lib.vectors import open_embeddings, take


def cluster(
    vectors: np.ndarray, sample: np.ndarray, k: int, *, seeds: list[int], gpu: bool = False, threads: int = 1
) -> Clustering:
    """K-means of all rows from the clustering of a sample, topics numbered by descending size.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    sample : float32 (m, dim), some of these rows
    seeds : one start per seed
    gpu : compute most iterations on CUDA, the last ones on the CPU
    """
    initial = kmeans(sample, k, seeds=seeds, threads=threads).centroids
    steps = 0
    if gpu:
        initial, steps = steps_on_gpu(vectors, initial)
    clustering = lloyd(vectors, initial, threads=threads)
    clustering.iterations += steps
    if not np.bincount(clustering.labels, minlength=k).all():
        raise UserError(f"cluster: a topic of K = {k} is left without papers; set a smaller `cluster.k`")
    return number_by_size(clustering)


def steps_on_gpu(vectors: np.ndarray, initial: np.ndarray) -> tuple[np.ndarray, int]:
    """Lloyd's algorithm on CUDA: centroids float32 (k, dim) and the number of steps."""
    import torch  # not in every environment of this step

    from lib.clusters.lloyd_cuda import lloyd_cuda
    from lib.embeddings.device import pick_device

    device = pick_device("cuda", key="cluster.gpus", instead="0")
    try:
        return lloyd_cuda(vectors, initial, device=device)
    except torch.OutOfMemoryError:
        raise UserError(
            "config key cluster.gpus: the GPU has too little free memory; end what else runs on it, or "
            "set it to 0 to cluster on the CPU"
        ) from None


def measure(
    vectors: np.ndarray, clustering: Clustering, threads: int = 1
) -> tuple[dict[str, np.ndarray], ClusterSummary]:
    """The columns of assignments.parquet without `id`, and the clustering in a few figures."""
    labels, k = clustering.labels, len(clustering.centroids)
    fit = measure_fit(vectors, clustering, threads)
    columns = {
        "topic": labels,
        "similarity": fit.similarity,
        "margin": fit.margin,
        "second_topic": fit.second_topic,
        "silhouette": cosine_silhouette(vectors, labels, k, threads),
        "outlier": find_outliers(fit.similarity, labels, k),
    }
    topics = pd.Series(columns["silhouette"].astype(np.float64)).groupby(labels)
    summary = ClusterSummary(
        k=k,
        papers=len(labels),
        silhouette=float(columns["silhouette"].mean(dtype=np.float64)),
        silhouette_by_topic=topics.mean().tolist(),
        inertia=clustering.inertia,
        iterations=clustering.iterations,
        sizes=topics.size().tolist(),
        outliers=int(columns["outlier"].sum()),
    )
    return columns, summary


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet", embeddings="embeddings.npy", chosen="k.txt")
    cli.flag("--seed", int, "of the first start")
    cli.flag("--starts", int, "starts on the sample; their consensus is carried to all papers")
    cli.flag("--sample", int, "papers for the starts, sampled by hash of the id")
    cli.flag("--gpus", int, "1: compute most iterations of K-means on CUDA")
    cli.threads()
    cli.outputs(centroids="centroids.npy", assignments="assignments.parquet", summary="cluster.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    k = read_number(args.chosen)
    ids = read_table(args.papers, PAPERS, ["id"])["id"]
    vectors = open_embeddings(args.embeddings, len(ids))
    if k < 2:
        raise UserError(f"{args.chosen}: K = {k}; a clustering has two topics or more")
    if k > len(ids):
        raise UserError(f"config key cluster.k: {k} topics for {len(ids)} papers; set a smaller K")
    sample = take(vectors, sample_rows(hash_ids(ids.to_pylist()), args.sample))
    seeds = [args.seed + i for i in range(args.starts)]
    clustering = cluster(vectors, sample, k, seeds=seeds, gpu=bool(args.gpus), threads=args.threads)
    del sample
    columns, summary = measure(vectors, clustering, args.threads)
    with atomic_outputs(args.centroids, args.assignments, args.summary) as outputs:
        centroids_file, assignments_file, summary_file = outputs
        np.save(centroids_file, clustering.centroids)
        write_table(assignments_file, pa.table({"id": ids, **columns}), ASSIGNMENTS)
        write_json(summary_file, summary)
    sizes, steps = summary["sizes"], summary["iterations"]
    say(
        f"{len(ids):,} papers in {k} topics of {min(sizes):,} to {max(sizes):,}, silhouette "
        f"{summary['silhouette']:.4f}, {steps} {'iteration' if steps == 1 else 'iterations'}"
    )


if __name__ == "__main__":
    run(main)
