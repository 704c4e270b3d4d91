"""Cluster all papers with K-means on smoothed vectors, and measure the fit of papers and the stability of topics."""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.cli import Parser, UserError, optional, run, say
from lib.clusters.assignment import SEEDS, Graph
from lib.clusters.divisions import best_division
from lib.clusters.following import Earlier, Followed, Follower, compare_with_cold, matched
from lib.clusters.from_sample import KMeansFromSample
from lib.clusters.halves import cluster_halves, topic_stability
from lib.clusters.history import ages, announced, digest_of, number_topics, read_earlier
from lib.clusters.kmeans import COMPONENTS, KMeans, kmeans
from lib.clusters.measures import measure, on_original
from lib.clusters.schema import ASSIGNMENTS, MEMBERSHIPS, ClusterSummary, Health
from lib.clusters.shares import share_topics
from lib.clusters.smoothing import (
    SAMPLE_FILES,
    check_smooth,
    read_sample,
    smoothed,
    usable_neighbors,
)
from lib.clusters.stability import stable_share
from lib.embeddings.neighbor_graph import read_neighbors
from lib.embeddings.provenance import check_image
from lib.files import atomic_outputs, read_number, write_json
from lib.lloyd import inertia_of_labels
from lib.projection import principal_axes
from lib.records.schema import PAPERS
from lib.rows import label_sizes
from lib.tables import read_table, write_table
from lib.vectors import open_embeddings, unit


@dataclass
class SampleSpace:
    """The sample in memory.

    Attributes
    ----------
    at : int (m,), rows of the papers
    rows : float32 (m, dim), their smoothed vectors
    axes : of the projections
    """

    at: np.ndarray
    rows: np.ndarray
    axes: np.ndarray


def find_topics(
    rows: np.ndarray,
    sample: SampleSpace,
    graph: Graph,
    k: int,
    earlier: Earlier | None,
    args: argparse.Namespace,
) -> Followed:
    """The topics of all papers: from a cold start, or by following those of an earlier run.

    Parameters
    ----------
    rows : (n, dim), the smoothed vectors
    graph : of the nearest papers

    Raises
    ------
    UserError
        A topic has no papers.
    """
    if earlier and args.history != "fresh":
        follower = Follower(rows, sample.at, sample.rows, args.stay, args.seed, args.threads)
        frozen = args.history == "freeze"
        topics = follower.freeze(earlier) if frozen else follower.follow(earlier, graph[0], args.k)
    else:
        method = KMeansFromSample(sample.rows, sample.axes, args.n_init, bool(args.gpus))
        labels = method(rows, graph, k, seed=args.seed, threads=args.threads)
        origin = matched(earlier.topic, labels, k) if earlier else np.full(k, -1, np.int32)
        topics = Followed(labels, method.centroids, origin, iterations=method.iterations)
    if not label_sizes(topics.labels, len(topics.origin)).all():
        raise UserError(f"cluster: K-means left a topic empty (K = {k}); set a smaller `cluster.k`")
    return topics


def health(
    sample: SampleSpace, topics: Followed, earlier: Earlier | None, args: argparse.Namespace
) -> Health:
    """Measure the topics on the sample."""
    labels, k = topics.labels[sample.at], len(topics.origin)
    rows, seed, threads = sample.rows, args.seed, args.threads
    if earlier is None:
        division = best_division(rows, labels, k, seed=seed, threads=threads)
        return Health(gain=division.gain, gap=None, moved=None)
    if args.history == "fresh":
        return Health(gain=earlier.gain, gap=None, moved=None)
    cold = kmeans(rows, k, seeds=list(range(seed, seed + SEEDS)), axes=sample.axes, threads=threads)
    gap, moved = compare_with_cold(labels, inertia_of_labels(rows, labels, k, threads), cold)
    return Health(gain=earlier.gain, gap=gap, moved=moved)


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
    cli.optional_inputs(
        previous_assignments="assignments.parquet of the earlier run", previous_summary="its cluster.json"
    )
    cli.flag(
        "--k", optional(int), "with an earlier run, this number of topics; None: its number and new ones"
    )
    cli.flag("--stay", float, "share of the mean squared distance by which another topic must be nearer")
    cli.flag("--history", str, "how an earlier run is continued", choices=["follow", "freeze", "fresh"])
    cli.threads()
    cli.outputs(
        centroids="centroids.npy",
        search="search.npy",
        assignments="assignments.parquet",
        memberships="memberships.parquet",
        summary="cluster.json",
    )
    return cli.parse_args(argv)


def check_k(k: int, papers: int, sample: int, chosen: Path) -> None:
    """Raise a UserError if K is below 2, or above the number of papers or of those in the sample."""
    if k < 2:
        raise UserError(f"{chosen}: K = {k}; K must be at least 2")
    if k > papers:
        raise UserError(f"config key cluster.k: {k} topics for {papers} papers; set a smaller K")
    if k > sample:
        raise UserError(f"config key scan_k.sample: a sample of {sample} papers is too small for K = {k}")


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    check_image()
    k = read_number(args.chosen)
    ids = read_table(args.papers, PAPERS, ["id"])["id"]
    vectors = open_embeddings(args.embeddings, len(ids))
    graph = read_neighbors(args.neighbors, args.similarities, len(ids))
    check_smooth(args.smooth, graph[0])
    sample = read_sample(args.rows, args.vectors, args.half_rows, args.half_vectors, len(ids))
    check_k(k, len(ids), len(sample.rows), args.chosen)
    smooth = usable_neighbors(args.smooth, len(ids))
    earlier, before = read_earlier(args.previous_assignments, args.previous_summary, ids)
    outputs = (args.centroids, args.search, args.assignments, args.memberships, args.summary)
    with (
        atomic_outputs(*outputs) as (centroids_file, search_file, assigned_file, shares_file, summary_file),
        smoothed(vectors, graph[0][:, :smooth], centroids_file.parent, args.threads) as rows,
    ):
        of_sample = unit(sample.vectors)
        space = SampleSpace(sample.rows, of_sample, principal_axes(of_sample, COMPONENTS))
        found = find_topics(rows, space, graph, k, earlier, args)
        state = health(space, found, earlier, args)
        method = KMeans(SEEDS, space.axes)
        del space, of_sample
        numbered = number_topics(found.labels, found.origin, ids, before)
        k = len(numbered.numbers)
        topics = on_original(vectors, numbered.labels, k, args.threads)
        halves = cluster_halves(sample, k, method, seed=args.seed, threads=args.threads)
        stability = topic_stability(halves, topics.labels[sample.rows], k)
        search = found.centroids[numbered.order]
        shares, calibration = share_topics(
            rows, sample, halves, topics.labels, search, numbered.numbers, args.threads
        )
        columns, fit = measure(vectors, topics, numbered.numbers, stability, args.threads)
        summary = ClusterSummary(
            k=k,
            papers=len(ids),
            smooth=smooth,
            iterations=found.iterations,
            **fit,
            **state,
            **calibration,
            numbers=numbered.numbers.tolist(),
            keys=numbered.keys,
            given=numbered.given,
            since=numbered.since,
            ended=numbered.ended,
            run=before["run"] + 1 if before else 0,
            lineage=[*(before["lineage"] if before else []), digest_of(ids, columns["topic"])],
            history=args.history if earlier else "first",
            announced=announced(found, numbered, ids, earlier, before),
        )
        np.save(centroids_file, topics.centroids)
        np.save(search_file, search)
        table = pa.table({"id": ids, **columns, "age": ages(earlier, len(ids))})
        write_table(assigned_file, table, ASSIGNMENTS)
        write_table(shares_file, shares, MEMBERSHIPS)
        write_json(summary_file, summary)
    tell(summary, stability)


def tell(summary: ClusterSummary, stability: np.ndarray) -> None:
    """Print what the log says of the clustering."""
    sizes, steps, papers = summary["sizes"], summary["iterations"], summary["papers"]
    say(
        f"{papers:,} papers in {summary['k']} topics of {min(sizes):,} to {max(sizes):,}, silhouette "
        f"{summary['silhouette']:.4f}, {steps} {'iteration' if steps == 1 else 'iterations'}, "
        f"{stable_share(stability, np.array(sizes), papers):.0%} of the papers in stable topics"
    )
    if summary["agreement"] is not None:
        say(
            f"clusterings of other papers put {summary['agreement']:.0%} of the papers into their topic; calibration error "
            f"of the shares {summary['calibration_error']:.3f}, temperature {summary['temperature']:.4f}"
        )
    if summary["run"]:
        born, groups = summary["since"].count(0), summary["announced"]
        say(
            f"run {summary['run']} of the chain: {summary['k'] - born} topics go on, {born} new, "
            f"{len(summary['ended'])} ended, {len(groups)} groups of new papers"
        )
    if summary["gap"] is not None and summary["moved"] is not None:
        say(
            f"a fresh start would fit {summary['gap']:.1%} better and move {summary['moved']:.0%} of the papers"
        )


if __name__ == "__main__":
    run(main)
