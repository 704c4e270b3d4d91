"""Cluster a sample at one K several times, and measure how good and how stable the clusterings are."""

import argparse
import time
from itertools import combinations
from typing import Any

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from lib.cli import Parser, progress, run, say
from lib.clusters.seeding import initial_centroids
from lib.clusters.silhouette import cosine_silhouette
from lib.files import atomic_outputs
from lib.lloyd import Clustering, lloyd
from lib.parallel import map_tasks
from lib.sampling import hash_ids, sample_rows
from lib.tables import PAPERS, Scan, read_table, write_json
from lib.vectors import open_embeddings, take

# Ten times that of the final clustering: the last steps of K-means, half of all, move one paper in
# a hundred and change no curve.
TOL = 1e-3
LEAST_PAPERS_PER_TOPIC = 4


def cluster_repeatedly(
    sample: np.ndarray, halves: list[np.ndarray], k: int, *, seed: int = 0, threads: int = 1
) -> tuple[list[Clustering], list[np.ndarray]]:
    """Cluster the sample as often as there are halves, and each half once; each from its own start.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows
    halves : row numbers of random halves of the sample

    Returns
    -------
    runs : clusterings of the whole sample
    half_labels : int32 (n,) per half, -1 for rows outside the half
    """

    def cluster(task: tuple[int, np.ndarray | None]) -> Clustering:
        number, rows = task
        subset = sample if rows is None else sample[rows]
        return lloyd(subset, initial_centroids(subset, k, seed + number), tol=TOL)

    # Each run has one core. Runs side by side wait for each other less than the chunks of one run,
    # and the choice of initial centroids has no chunks.
    whole: list[np.ndarray | None] = [None] * len(halves)
    tasks = list(enumerate([*whole, *halves]))
    done = list(progress(map_tasks(tasks, threads, cluster), desc=f"K = {k}", unit="run", total=len(tasks)))
    half_labels = []
    for rows, half in zip(halves, done[len(halves) :], strict=True):
        labels = np.full(len(sample), -1, np.int32)
        labels[rows] = half.labels
        half_labels.append(labels)
    return done[: len(halves)], half_labels


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
    measures : inertia, silhouette and sizes of each run on the whole sample; `stability_seeds`, the
        adjusted Rand index of each pair of these runs; `stability_halves`, that of each pair of
        runs on halves, over the rows they share (Ben-Hur, Elisseeff & Guyon, 2002)
    labels : int32 (n,), of the run with the lowest inertia
    """
    runs, half_labels = cluster_repeatedly(sample, halves, k, seed=seed, threads=threads)
    best = min(runs, key=lambda run: run.inertia)
    between_halves = []
    for a, b in combinations(half_labels, 2):
        both = (a >= 0) & (b >= 0)
        between_halves.append(adjusted_rand_score(a[both], b[both]))
    measures = {
        "inertia": [run.inertia / len(sample) for run in runs],
        "silhouette": [
            float(cosine_silhouette(sample, run.labels, k, threads).mean(dtype=np.float64)) for run in runs
        ],
        "sizes": sorted(np.bincount(best.labels, minlength=k).tolist(), reverse=True),
        "stability_seeds": [adjusted_rand_score(a.labels, b.labels) for a, b in combinations(runs, 2)],
        "stability_halves": between_halves,
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
    cli.flag("--seeds", int, "runs on the sample, and runs on halves of it")
    cli.flag("--seed", int, "of the first run; each run has its own")
    cli.threads()
    cli.outputs(scan="the measures as .json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    begun = time.perf_counter()
    papers = read_table(args.papers, PAPERS, ["id", "primary_category"])
    vectors = open_embeddings(args.embeddings, len(papers))
    ids = papers["id"].to_pylist()
    rows = sample_rows(hash_ids(ids), args.sample)
    lists = ("inertia", "silhouette", "sizes", "stability_seeds", "stability_halves")
    measures: dict = {name: [] for name in lists} | {"ami_primary": None}
    skipped = None
    if len(rows) < LEAST_PAPERS_PER_TOPIC * args.k:
        skipped = f"{len(rows)} papers are too few for K = {args.k}: a topic would have fewer than four"
        say(skipped)
    else:
        sample = take(vectors, rows)
        hashes = [hash_ids([ids[row] for row in rows], args.seed + i) for i in range(1, args.seeds + 1)]
        halves = [sample_rows(h, len(rows) // 2) for h in hashes]
        measures, labels = scan(sample, halves, args.k, seed=args.seed, threads=args.threads)
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
