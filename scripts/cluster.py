"""Cluster all papers with K-means on their unit vectors, and measure how well each paper fits."""

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.cli import UserError, parser, run, say, written
from lib.draw import draw, hash_ids
from lib.files import read_number, read_table
from lib.kmeans import Clustering, kmeans, lloyd
from lib.silhouette import cosine_silhouette
from lib.vectors import chunks, open_embeddings, take, unit_rows


@dataclass
class Fit:
    """How each paper fits its topic.

    Attributes
    ----------
    similarity : float32 (n,), cosine to the own centroid
    margin : float32 (n,), how much smaller the largest cosine to another centroid is
    second : int32 (n,), the topic of that centroid
    """

    similarity: np.ndarray
    margin: np.ndarray
    second: np.ndarray


def number_by_size(clustering: Clustering) -> Clustering:
    """Number the topics by falling size; of two equal ones the first is that of the earlier row."""
    k = len(clustering.centroids)
    sizes = np.bincount(clustering.labels, minlength=k)
    first = np.full(k, len(clustering.labels))
    np.minimum.at(first, clustering.labels, np.arange(len(clustering.labels)))
    order = np.lexsort((first, -sizes))
    rank = np.empty(k, np.int32)
    rank[order] = np.arange(k, dtype=np.int32)
    return Clustering(
        clustering.centroids[order], rank[clustering.labels], clustering.inertia, clustering.iterations
    )


def fit(vectors: np.ndarray, clustering: Clustering, threads: int = 1) -> Fit:
    """Cosines of each paper to its own and to the second-best centroid."""
    lengths = np.linalg.norm(clustering.centroids, axis=1, keepdims=True)
    across = np.ascontiguousarray((clustering.centroids / np.maximum(lengths, 1e-12)).T)
    n = len(vectors)
    result = Fit(np.empty(n, np.float32), np.empty(n, np.float32), np.empty(n, np.int32))

    def work(a: int, b: int) -> None:
        at, own = np.arange(b - a), clustering.labels[a:b]
        cosine = unit_rows(vectors, a, b) @ across
        result.similarity[a:b] = cosine[at, own]
        cosine[at, own] = -np.inf
        result.second[a:b] = cosine.argmax(1)
        result.margin[a:b] = result.similarity[a:b] - cosine[at, result.second[a:b]]

    for _ in chunks(n, threads, work):
        pass
    return result


def fits_nowhere(similarity: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Which papers are much less similar to their centroid than their topic's papers are: bool (n,).

    Those below the lower fence, the first quartile less one and a half times the distance between
    the quartiles, of their own topic. Tukey (1977), Exploratory data analysis.
    """
    fence = np.zeros(k, np.float32)
    order = np.argsort(labels, kind="stable")
    ends = np.searchsorted(labels[order], np.arange(k + 1))
    for topic, (a, b) in enumerate(pairwise(ends)):
        if a < b:
            low, high = np.quantile(similarity[order[a:b]], [0.25, 0.75])
            fence[topic] = low - 1.5 * (high - low)
    return similarity < fence[labels]


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--embeddings", type=Path, required=True, help="input: embeddings.npy")
    cli.add_argument("--chosen", type=Path, required=True, help="input: k.txt")
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--starts", type=int, default=5, help="starts on a sample, the best is carried on")
    cli.add_argument("--sample", type=int, default=100_000, help="papers to start on, drawn by hash")
    cli.add_argument("--gpus", type=int, default=0, help="1: most steps of K-means on CUDA")
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--centroids", type=Path, required=True, help="output: centroids.npy")
    cli.add_argument("--assignments", type=Path, required=True, help="output: assignments.parquet")
    cli.add_argument("--about", type=Path, required=True, help="output: cluster.json")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    k = read_number(args.chosen)
    ids = read_table(args.papers, columns=["id"])["id"].combine_chunks()
    vectors = open_embeddings(args.embeddings, len(ids))
    if k < 2:
        raise UserError(f"{args.chosen}: K = {k}; a clustering has two topics or more")
    if k > len(ids):
        raise UserError(f"config key cluster.k: {k} topics for {len(ids)} papers; set a smaller K")
    sample = take(vectors, draw(hash_ids(ids.to_pylist()), args.sample))
    start = kmeans(sample, k, seeds=[args.seed + i for i in range(args.starts)], threads=args.threads)
    first, on_gpu = start.centroids, 0
    del sample, start
    if args.gpus:
        # PyTorch is not in every environment of this step
        import torch

        from lib.device import pick_device
        from lib.kmeans_cuda import approach

        device = pick_device("cuda", key="cluster.gpus", instead="0")
        try:
            first, on_gpu = approach(vectors, first, device=device)
        except torch.OutOfMemoryError:
            raise UserError(
                "config key cluster.gpus: the GPU has too little free memory; end what else runs on it, or "
                "set it to 0 to cluster on the CPU"
            ) from None
    clustering = number_by_size(lloyd(vectors, first, threads=args.threads))
    sizes = np.bincount(clustering.labels, minlength=k)
    if not sizes.all():
        raise UserError(f"cluster: a topic of K = {k} is left without papers; set a smaller `cluster.k`")
    placed = fit(vectors, clustering, args.threads)
    silhouette = cosine_silhouette(vectors, clustering.labels, k, args.threads)
    outlier = fits_nowhere(placed.similarity, clustering.labels, k)
    by_topic = np.bincount(clustering.labels, silhouette, minlength=k) / np.maximum(sizes, 1)
    about = {
        "k": k,
        "papers": len(ids),
        "silhouette": float(silhouette.mean(dtype=np.float64)),
        "silhouette_by_topic": by_topic.tolist(),
        "inertia": clustering.inertia,
        "iterations": on_gpu + clustering.iterations,
        "sizes": sizes.tolist(),
        "outliers": int(outlier.sum()),
    }
    table = pa.table(
        {
            "id": ids,
            "topic": clustering.labels,
            "similarity": placed.similarity,
            "margin": placed.margin,
            "second_topic": placed.second,
            "silhouette": silhouette,
            "outlier": outlier,
        }
    )
    with written(args.centroids, args.assignments, args.about) as (centroids, assignments, about_file):
        np.save(centroids, clustering.centroids)
        pq.write_table(table, assignments, compression="zstd")
        about_file.write_text(json.dumps(about, indent=1) + "\n")
    steps = about["iterations"]
    say(
        f"{len(ids):,} papers in {k} topics of {sizes.min():,} to {sizes.max():,}, silhouette "
        f"{about['silhouette']:.4f}, {steps} {'iteration' if steps == 1 else 'iterations'}"
    )


if __name__ == "__main__":
    run(main)
