"""Cluster a sample at one K several times, and measure how good and how stable the clusterings are."""

import argparse
import time
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from lib.cli import Parser, progress, run, say
from lib.clusters.seeding import TooFewDistinctRows, initial_centroids
from lib.clusters.silhouette import cosine_silhouette
from lib.files import atomic_outputs
from lib.lloyd import Clustering, lloyd
from lib.parallel import map_tasks
from lib.sampling import hash_ids, sample_rows
from lib.summaries import Scan, write_json
from lib.tables import PAPERS, read_table
from lib.vectors import open_embeddings, take

# Ten times that of the final clustering: the last iterations, half of all, move one paper in a hundred
# and change no curve.
TOL = 1e-3
LEAST_PAPERS_PER_TOPIC = 4


def cluster_repeatedly(
    sample: np.ndarray, halves: list[np.ndarray], k: int, *, seed: int = 0, threads: int = 1
) -> tuple[list[Clustering], list[np.ndarray]]:
    """Cluster the sample once per half, and each half once, each time from other seeds.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows
    halves : row numbers of random halves of the sample

    Returns
    -------
    whole : clusterings of the whole sample
    half_labels : int32 (n,) per half, -1 for rows outside the half
    """

    def cluster(task: tuple[int, np.ndarray | None]) -> Clustering:
        number, rows = task
        subset = sample if rows is None else sample[rows]
        return lloyd(subset, initial_centroids(subset, k, seed + number), tol=TOL)

    # One core each: parallel clusterings wait for each other less than the chunks of one clustering,
    # and the choice of initial centroids cannot be split into chunks.
    all_rows: list[np.ndarray | None] = [None] * len(halves)
    tasks = list(enumerate([*all_rows, *halves]))
    done = list(
        progress(map_tasks(tasks, threads, cluster), desc=f"K = {k}", unit="clustering", total=len(tasks))
    )
    half_labels = []
    for rows, half in zip(halves, done[len(halves) :], strict=True):
        labels = np.full(len(sample), -1, np.int32)
        labels[rows] = half.labels
        half_labels.append(labels)
    return done[: len(halves)], half_labels


def stability_of_halves(half_labels: list[np.ndarray]) -> list[float]:
    """Adjusted Rand index of each pair of clusterings of halves, over the rows that both have.

    Ben-Hur, Elisseeff & Guyon (2002). Labels are -1 for rows outside the half.
    """
    return [
        float(adjusted_rand_score(a[shared], b[shared]))
        for a, b in combinations(half_labels, 2)
        for shared in [(a >= 0) & (b >= 0)]
    ]


def scan(
    sample: np.ndarray, halves: list[np.ndarray], k: int, *, seed: int = 0, threads: int = 1
) -> tuple[dict, np.ndarray]:
    """Measure one K on a sample.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows
    halves : row numbers of random halves of the sample

    Returns
    -------
    measures : inertia and silhouette of each clustering of the whole sample, and the sizes of the best
        one; `stability_seeds`, the adjusted Rand index of each pair of these clusterings;
        `stability_halves`, that of each pair of clusterings of halves
    labels : int32 (n,), of the clustering with the lowest inertia
    """
    whole, half_labels = cluster_repeatedly(sample, halves, k, seed=seed, threads=threads)
    best = min(whole, key=lambda clustering: clustering.inertia)
    measures = {
        "inertia": [clustering.inertia / len(sample) for clustering in whole],
        "silhouette": [
            float(cosine_silhouette(sample, clustering.labels, k, threads).mean(dtype=np.float64))
            for clustering in whole
        ],
        "sizes": sorted(np.bincount(best.labels, minlength=k).tolist(), reverse=True),
        "stability_seeds": [adjusted_rand_score(a.labels, b.labels) for a, b in combinations(whole, 2)],
        "stability_halves": stability_of_halves(half_labels),
    }
    return measures, best.labels


def agreement(labels: np.ndarray, categories: list[str | None]) -> float | None:
    """Adjusted mutual information of topics with categories, over the papers that have a category."""
    known = [i for i, name in enumerate(categories) if name]
    if not known:
        return None
    return float(adjusted_mutual_info_score([categories[i] for i in known], labels[known]))


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet", embeddings="embeddings.npy")
    cli.flag("--k", int, "number of topics to try")
    cli.flag("--sample", int, "papers to cluster, sampled by hash of the id")
    cli.flag("--seeds", int, "clusterings of the sample, and clusterings of halves of it")
    cli.flag("--seed", int, "seed of the first clustering; each has its own")
    cli.threads()
    cli.outputs(scan="the measures as .json")
    return cli.parse_args(argv)


def too_few(rows: int, k: int) -> str | None:
    """Why this many papers cannot be scanned at K, or None if they can."""
    if rows >= LEAST_PAPERS_PER_TOPIC * k:
        return None
    return f"{rows} papers are too few for K = {k}: a topic would have fewer than four"


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    begun = time.perf_counter()
    papers = read_table(args.papers, PAPERS, ["id", "primary_category"])
    vectors = open_embeddings(args.embeddings, len(papers))
    ids = papers["id"].to_pylist()
    rows = sample_rows(hash_ids(ids), args.sample)
    lists = ("inertia", "silhouette", "sizes", "stability_seeds", "stability_halves")
    measures: dict = {name: [] for name in lists} | {"ami_primary": None}
    skipped = too_few(len(rows), args.k)
    if not skipped:
        sample = take(vectors, rows)
        hashes = [hash_ids([ids[row] for row in rows], args.seed + i) for i in range(1, args.seeds + 1)]
        halves = [sample_rows(h, len(rows) // 2) for h in hashes]
        try:
            measures, labels = scan(sample, halves, args.k, seed=args.seed, threads=args.threads)
        except TooFewDistinctRows as error:  # the other candidates may do
            skipped = f"K = {args.k} is too large: only {error.distinct} of {error.rows:,} papers have distinct texts"
    if skipped:
        say(skipped)
    else:
        # shown for reading; it does not decide
        measures["ami_primary"] = agreement(labels, papers["primary_category"].take(rows).to_pylist())
        say(
            f"K = {args.k}: silhouette {np.mean(measures['silhouette']):.4f}, stability over halves "
            f"{np.mean(measures['stability_halves']):.3f}, over seeds {np.mean(measures['stability_seeds']):.3f}"
        )
    seconds = round(time.perf_counter() - begun, 1)
    result: Any = {"k": args.k, "papers": len(ids), "sample": len(rows), "skipped": skipped}
    with atomic_outputs(args.scan) as (scan_file,):
        write_json(scan_file, Scan(**result | measures | {"seconds": seconds}))  # type: ignore[typeddict-item]
    say(f"{seconds} s")


if __name__ == "__main__":
    run(main)
