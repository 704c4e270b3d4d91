"""Cluster all papers with K-means on smoothed vectors, and measure how well papers fit their topics and how stable the topics are."""

import argparse

import numpy as np
import pyarrow as pa

from lib.cli import Parser, UserError, run, say
from lib.clusters.assignment import find_outliers, measure_membership, number_by_size
from lib.clusters.kmeans import COMPONENTS, kmeans
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary
from lib.clusters.seeding import TooFewDistinctRows
from lib.clusters.silhouette import cosine_silhouette
from lib.clusters.smoothing import SAMPLE_FILES, Sample, read_sample, smoothed, unit_half, usable_neighbors
from lib.clusters.stability import jaccard_by_topic, labels_of_run, stable_share
from lib.embeddings.image_pins import check_image
from lib.files import atomic_outputs, read_number, write_json
from lib.lloyd import Clustering, cluster_sums, inertia_of, lloyd
from lib.parallel import map_tasks
from lib.projection import principal_axes
from lib.records.schema import PAPERS
from lib.tables import read_table, write_table
from lib.vectors import open_embeddings, read_neighbors, unit


def cluster(
    vectors: np.ndarray,
    sample: np.ndarray,
    k: int,
    axes: np.ndarray,
    *,
    seeds: list[int],
    gpu: bool = False,
    threads: int = 1,
) -> Clustering:
    """K-means of all rows from the clustering of a sample.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    sample : float32 (m, dim), some of these rows in random order
    axes : of the projections
    seeds : one start per seed
    gpu : compute most iterations on CUDA, the last ones on the CPU
    """
    initial = kmeans(sample, k, seeds=seeds, axes=axes, threads=threads).centroids
    steps = 0
    if gpu:
        initial, steps = steps_on_gpu(vectors, initial)
    clustering = lloyd(vectors, initial, threads=threads)
    clustering.iterations += steps
    if not np.bincount(clustering.labels, minlength=k).all():
        raise UserError(f"cluster: a topic of K = {k} is left without papers; set a smaller `cluster.k`")
    return clustering


def on_original(vectors: np.ndarray, clustering: Clustering, k: int, threads: int = 1) -> Clustering:
    """The same topics with the centroids and inertia of the original vectors, numbered by descending size."""
    sums, counts = cluster_sums(vectors, clustering.labels, k, threads)
    means = sums / counts[:, None]
    inertia = inertia_of(means, counts)
    return number_by_size(
        Clustering(means.astype(np.float32), clustering.labels, inertia, clustering.iterations)
    )


def topic_stability(
    sample: Sample, labels: np.ndarray, k: int, axes: np.ndarray, *, seed: int = 0, threads: int = 1
) -> np.ndarray:
    """How stable each topic is when random halves of the sample are clustered: float64 (k,).

    Parameters
    ----------
    labels : int (n,), the topics of all papers
    axes : of the projections
    """

    def cluster_half(number: int) -> np.ndarray:
        return labels_of_run(unit_half(sample.half_vectors, number), k, axes, seed, number)

    numbers = range(len(sample.half_rows))
    try:
        half_labels = list(map_tasks(numbers, threads, cluster_half))
    except TooFewDistinctRows:  # a half can have fewer distinct texts than topics
        return np.full(k, np.nan)
    return jaccard_by_topic(labels[sample.rows], sample.half_rows, np.array(half_labels), k)


def steps_on_gpu(vectors: np.ndarray, initial: np.ndarray) -> tuple[np.ndarray, int]:
    """Lloyd's algorithm on CUDA: centroids float32 (k, dim) and the number of steps."""
    # PyTorch is not in every environment of this step
    from lib.clusters.lloyd_cuda import lloyd_cuda
    from lib.embeddings.device import gpu_for

    with gpu_for("cluster.gpus") as device:
        return lloyd_cuda(vectors, initial, device=device)


def measure(
    vectors: np.ndarray, clustering: Clustering, stability: np.ndarray, smooth: int, threads: int = 1
) -> tuple[dict[str, np.ndarray], ClusterSummary]:
    """The columns of assignments.parquet without `id`, and the clustering in a few figures.

    Parameters
    ----------
    vectors : (n, dim), the original vectors
    stability : float64 (k,), of each topic
    smooth : neighbors that vectors were averaged with
    """
    labels, k = clustering.labels, len(clustering.centroids)
    membership = measure_membership(vectors, clustering, threads)
    columns = {
        "topic": labels,
        "similarity": membership.similarity,
        "margin": membership.margin,
        "second_topic": membership.second_topic,
        "silhouette": cosine_silhouette(vectors, labels, k, threads),
        "outlier": find_outliers(membership.similarity, labels, k),
    }
    sizes = np.bincount(labels, minlength=k)
    silhouettes = np.bincount(labels, columns["silhouette"].astype(np.float64), minlength=k) / sizes
    summary = ClusterSummary(
        k=k,
        papers=len(labels),
        smooth=smooth,
        silhouette=float(columns["silhouette"].mean(dtype=np.float64)),
        silhouette_by_topic=silhouettes.tolist(),
        stability_by_topic=[None if np.isnan(value) else value for value in stability.tolist()],
        inertia=clustering.inertia,
        iterations=clustering.iterations,
        sizes=sizes.tolist(),
        outliers=int(columns["outlier"].sum()),
    )
    return columns, summary


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        embeddings="embeddings.npy",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
        **SAMPLE_FILES,
        chosen="k.txt",
    )
    cli.flag("--smooth", int, "nearest papers to average each vector with; 0: none")
    cli.flag("--seed", int, "of the first start")
    cli.flag("--n-init", int, "starts on the sample; their consensus is carried to all papers")
    cli.flag("--gpus", int, "1: compute most iterations of K-means on CUDA")
    cli.threads()
    cli.outputs(centroids="centroids.npy", assignments="assignments.parquet", summary="cluster.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    check_image()
    k = read_number(args.chosen)
    ids = read_table(args.papers, PAPERS, ["id"])["id"]
    vectors = open_embeddings(args.embeddings, len(ids))
    if k < 2:
        raise UserError(f"{args.chosen}: K = {k}; a clustering has two topics or more")
    if k > len(ids):
        raise UserError(f"config key cluster.k: {k} topics for {len(ids)} papers; set a smaller K")
    near, _ = read_neighbors(args.neighbors, args.similarities, len(ids), smooth=args.smooth)
    sample = read_sample(args.rows, args.vectors, args.half_rows, args.half_vectors, len(ids))
    if k > len(sample.rows):
        raise UserError(
            f"config key scan_k.sample: a sample of {len(sample.rows)} papers is too small for K = {k}"
        )
    smooth = usable_neighbors(args.smooth, len(ids))
    seeds = [args.seed + i for i in range(args.n_init)]
    outputs = (args.centroids, args.assignments, args.summary)
    with (
        atomic_outputs(*outputs) as (centroids_file, assignments_file, summary_file),
        smoothed(vectors, near[:, :smooth], centroids_file.parent, args.threads) as rows,
    ):
        first = unit(sample.vectors)
        axes = principal_axes(first, COMPONENTS)
        found = cluster(rows, first, k, axes, seeds=seeds, gpu=bool(args.gpus), threads=args.threads)
        del first
        clustering = on_original(vectors, found, k, args.threads)
        stability = topic_stability(sample, clustering.labels, k, axes, seed=args.seed, threads=args.threads)
        columns, summary = measure(vectors, clustering, stability, smooth, args.threads)
        np.save(centroids_file, clustering.centroids)
        write_table(assignments_file, pa.table({"id": ids, **columns}), ASSIGNMENTS)
        write_json(summary_file, summary)
    sizes, steps = summary["sizes"], summary["iterations"]
    say(
        f"{len(ids):,} papers in {k} topics of {min(sizes):,} to {max(sizes):,}, silhouette "
        f"{summary['silhouette']:.4f}, {steps} {'iteration' if steps == 1 else 'iterations'}, "
        f"{stable_share(stability, np.array(sizes)):.0%} of the papers in stable topics"
    )


if __name__ == "__main__":
    run(main)
