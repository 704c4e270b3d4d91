"""Cluster all papers with K-means on smoothed vectors, and measure the fit of papers and the stability of topics."""

import argparse
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lib.cli import Parser, UserError, run, say
from lib.clusters.assignment import SEEDS, ClusterMethod, Graph, find_outliers, measure_membership
from lib.clusters.kmeans import COMPONENTS, KMeans, given, kmeans
from lib.clusters.partitions import number_by_size, renumbered
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary
from lib.clusters.seeding import TooFewDistinctRows
from lib.clusters.silhouette import cosine_silhouette, mean_silhouette
from lib.clusters.smoothing import (
    SAMPLE_FILES,
    Sample,
    check_smooth,
    read_sample,
    smoothed,
    unit_half,
    usable_neighbors,
)
from lib.clusters.stability import jaccard_by_topic, stable_share
from lib.clusters.topic_numbers import birth_key
from lib.embeddings.neighbor_graph import read_neighbors
from lib.embeddings.provenance import check_image
from lib.files import atomic_outputs, read_number, write_json
from lib.lloyd import cluster_sums, inertia_of, lloyd
from lib.parallel import map_tasks
from lib.projection import principal_axes
from lib.records.schema import PAPERS
from lib.rows import label_sizes, rows_by_label
from lib.tables import read_table, write_table
from lib.vectors import open_embeddings, unit


@dataclass
class KMeansFromSample:
    """K-means of all rows from the clustering of a sample, as a `ClusterMethod`.

    Attributes
    ----------
    sample : float32 (m, dim), some of the rows that are clustered, in random order
    axes : of the projections
    n_init : initializations on the sample, one seed each
    gpu : compute most iterations on CUDA, the last ones on the CPU
    iterations : of the last call, on all rows
    """

    sample: np.ndarray
    axes: np.ndarray
    n_init: int
    gpu: bool = False
    iterations: int = 0

    def __call__(
        self,
        vectors: np.ndarray,
        graph: Graph | None,
        k: int | None,
        *,
        seed: int,
        threads: int = 1,
    ) -> np.ndarray:
        """The labels of all rows, int32 (n,); the graph is not used."""
        k, seeds = given(k), list(range(seed, seed + self.n_init))
        initial, steps = kmeans(self.sample, k, seeds=seeds, axes=self.axes, threads=threads).centroids, 0
        if self.gpu:
            initial, steps = steps_on_gpu(vectors, initial)
        clustering = lloyd(vectors, initial, threads=threads)
        self.iterations = steps + clustering.iterations
        return clustering.labels


@dataclass
class Topics:
    """The topics by descending size.

    Attributes
    ----------
    labels : int32 (n,), 0 to k - 1; -1 for unassigned papers
    centroids : float32 (k, dim), means of the original vectors
    inertia : sum of the squared distances of the papers to the centroids of their topics
    """

    labels: np.ndarray
    centroids: np.ndarray
    inertia: float


def on_original(vectors: np.ndarray, labels: np.ndarray, k: int, threads: int = 1) -> Topics:
    """The topics with the centroids and inertia of the original vectors, numbered by descending size.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    labels : int (n,), 0 to k - 1; -1 for unassigned papers

    Raises
    ------
    UserError
        A topic has no papers.
    """
    if not k or not label_sizes(labels, k).all():
        raise UserError(f"cluster: K-means left a topic empty (K = {k}); set a smaller `cluster.k`")
    sums, counts = cluster_sums(vectors, labels, k, threads)
    means, numbers = sums / counts[:, None], number_by_size(labels, k)
    centroids = means.astype(np.float32)[np.argsort(numbers)]
    return Topics(renumbered(labels, numbers), centroids, inertia_of(means, counts))


def topic_stability(
    sample: Sample, labels: np.ndarray, k: int, method: ClusterMethod, *, seed: int = 0, threads: int = 1
) -> np.ndarray:
    """How stable each topic is when random halves of the sample are clustered: float64 (k,).

    Parameters
    ----------
    labels : int (n,), the topics of all papers; -1 for unassigned papers
    method : divides a half
    """

    def cluster_half(number: int) -> np.ndarray:
        return method(unit_half(sample.half_vectors, number), None, k, seed=seed + number * SEEDS)

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


def first_keys(ids: pa.ChunkedArray, labels: np.ndarray, k: int) -> list[str]:
    """The keys of the topics of a run without history."""
    keys: list[str] = []
    for rows in rows_by_label(labels, k):
        keys.append(birth_key(ids.take(rows).to_pylist(), keys))
    return keys


def measure(
    vectors: np.ndarray,
    topics: Topics,
    keys: list[str],
    stability: np.ndarray,
    smooth: int,
    iterations: int,
    threads: int = 1,
) -> tuple[dict[str, np.ndarray], ClusterSummary]:
    """The columns of assignments.parquet without `id`, and the clustering in a few figures.

    Parameters
    ----------
    vectors : (n, dim), the original vectors
    keys : of the topics
    stability : float64 (k,), of each topic
    smooth : neighbors that vectors were averaged with
    iterations : of the method
    """
    labels, k = topics.labels, len(topics.centroids)
    membership = measure_membership(vectors, labels, topics.centroids, threads)
    columns = {
        "topic": labels,
        "similarity": membership.similarity,
        "margin": membership.margin,
        "second_topic": membership.second_topic,
        "silhouette": cosine_silhouette(vectors, labels, k, threads),
        "outlier": find_outliers(membership.similarity, labels, k),
    }
    sizes, in_topic = label_sizes(labels, k), labels >= 0
    of_papers = columns["silhouette"][in_topic].astype(np.float64)
    silhouettes = np.bincount(labels[in_topic], of_papers, minlength=k) / sizes
    summary = ClusterSummary(
        k=k,
        papers=len(labels),
        smooth=smooth,
        silhouette=mean_silhouette(columns["silhouette"]),
        silhouette_by_topic=silhouettes.tolist(),
        stability_by_topic=[None if np.isnan(value) else value for value in stability.tolist()],
        inertia=topics.inertia,
        iterations=iterations,
        sizes=sizes.tolist(),
        outliers=int(columns["outlier"].sum()),
        numbers=list(range(k)),
        keys=keys,
        since=[0] * k,
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
        raise UserError(f"{args.chosen}: K = {k}; K must be at least 2")
    if k > len(ids):
        raise UserError(f"config key cluster.k: {k} topics for {len(ids)} papers; set a smaller K")
    graph = read_neighbors(args.neighbors, args.similarities, len(ids))
    check_smooth(args.smooth, graph[0])
    sample = read_sample(args.rows, args.vectors, args.half_rows, args.half_vectors, len(ids))
    if k > len(sample.rows):
        raise UserError(
            f"config key scan_k.sample: a sample of {len(sample.rows)} papers is too small for K = {k}"
        )
    smooth = usable_neighbors(args.smooth, len(ids))
    outputs = (args.centroids, args.assignments, args.summary)
    with (
        atomic_outputs(*outputs) as (centroids_file, assignments_file, summary_file),
        smoothed(vectors, graph[0][:, :smooth], centroids_file.parent, args.threads) as rows,
    ):
        first = unit(sample.vectors)
        axes = principal_axes(first, COMPONENTS)
        method = KMeansFromSample(first, axes, args.n_init, bool(args.gpus))
        labels = method(rows, graph, k, seed=args.seed, threads=args.threads)
        iterations = method.iterations
        del first, method
        topics = on_original(vectors, labels, k, args.threads)
        of_halves = KMeans(SEEDS, axes)
        stability = topic_stability(sample, topics.labels, k, of_halves, seed=args.seed, threads=args.threads)
        keys = first_keys(ids, topics.labels, k)
        columns, summary = measure(vectors, topics, keys, stability, smooth, iterations, args.threads)
        np.save(centroids_file, topics.centroids)
        write_table(assignments_file, pa.table({"id": ids, **columns}), ASSIGNMENTS)
        write_json(summary_file, summary)
    sizes, steps = summary["sizes"], summary["iterations"]
    say(
        f"{len(ids):,} papers in {k} topics of {min(sizes):,} to {max(sizes):,}, silhouette "
        f"{summary['silhouette']:.4f}, {steps} {'iteration' if steps == 1 else 'iterations'}, "
        f"{stable_share(stability, np.array(sizes), len(ids)):.0%} of the papers in stable topics"
    )


if __name__ == "__main__":
    run(main)
