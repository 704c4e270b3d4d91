"""Cluster a sample several times at one K, and measure quality and stability."""

import argparse
import time
from itertools import combinations
from typing import Any

import numpy as np

from lib.cli import Parser, progress, run, say
from lib.clusters.assignment import SEEDS, ClusterMethod
from lib.clusters.kmeans import KMeans
from lib.clusters.partitions import Contingency
from lib.clusters.schema import Scan
from lib.clusters.seeding import TooFewDistinctRows
from lib.clusters.silhouette import cosine_silhouette, mean_silhouette
from lib.clusters.smoothing import SAMPLE_FILES, read_sample, unit_half
from lib.clusters.stability import jaccard_by_topic, stable_share
from lib.files import atomic_outputs, write_json
from lib.lloyd import inertia_of_labels
from lib.parallel import map_tasks
from lib.records.schema import PAPERS
from lib.rows import label_sizes
from lib.tables import read_table
from lib.vectors import open_embeddings, take, unit

# Clusterings of the whole sample: the spread of silhouette and inertia. The halves decide K.
RUNS = 3
LEAST_PAPERS_PER_TOPIC = 4


def cluster_repeatedly(
    sample: np.ndarray,
    halves: np.ndarray,
    k: int,
    method: ClusterMethod,
    *,
    seeds: int,
    seed: int = 0,
    threads: int = 1,
) -> tuple[list[np.ndarray], np.ndarray]:
    """Cluster the sample `seeds` times, and each half once, each time with other seeds.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows in random order
    halves : (h, m, dim), unit rows of random halves of the sample

    Returns
    -------
    whole : for each clustering of the whole sample int32 (n,)
    half_labels : int32 (h, m)
    """

    def cluster(number: int) -> np.ndarray:
        rows = sample if number < seeds else unit_half(halves, number - seeds)
        return method(rows, None, k, seed=seed + number * SEEDS)

    # One core each: parallel clusterings wait for each other less than the chunks of one clustering.
    count = seeds + len(halves)
    labels = list(
        progress(map_tasks(range(count), threads, cluster), desc=f"K = {k}", unit="clustering", total=count)
    )
    return labels[:seeds], np.array(labels[seeds:])


def stability_of_halves(n: int, rows: np.ndarray, half_labels: np.ndarray) -> list[float]:
    """Adjusted Rand index of each pair of clusterings of halves that share rows, over these rows.

    Ben-Hur, Elisseeff & Guyon (2002), A stability based method for discovering structure.

    Parameters
    ----------
    n : rows of the sample
    rows : int (h, m), the rows of each half
    half_labels : int (h, m)
    """
    outside = -2  # -1 is an unassigned row
    spread = np.full((len(rows), n), outside)
    np.put_along_axis(spread, rows.astype(np.int64), half_labels, 1)
    return [
        Contingency.of(a[shared], b[shared]).rand
        for a, b in combinations(spread, 2)
        for shared in [(a > outside) & (b > outside)]
        if shared.any()
    ]


def inertia_per_row(vectors: np.ndarray, labels: np.ndarray, k: int, threads: int = 1) -> float:
    """The mean squared distance of unit rows to the mean of their cluster; unassigned rows are left out."""
    return inertia_of_labels(vectors, labels, k, threads) / int((labels >= 0).sum())


def scan(
    original: np.ndarray,
    sample: np.ndarray,
    half_rows: np.ndarray,
    halves: np.ndarray,
    k: int,
    method: ClusterMethod,
    *,
    seeds: int,
    seed: int = 0,
    threads: int = 1,
) -> tuple[dict, np.ndarray]:
    """Measure one K on a sample.

    Parameters
    ----------
    original : float32 (n, dim), unit rows by which silhouette and inertia are measured
    sample : float32 (n, dim), the rows that are clustered, in random order
    half_rows : int (h, m), the rows of random halves
    halves : (h, m, dim), the halves that are clustered
    method : divides the sample and its halves into topics
    seeds : clusterings of the whole sample

    Returns
    -------
    measures : inertia and silhouette of each clustering of the whole sample, the share of its rows in
        stable topics, and the sizes of the one with the lowest inertia;
        `stability_seeds`, the adjusted Rand index of each pair of these clusterings;
        `stability_halves`, that of each pair of halves of different splits
    labels : int32 (n,), of the clustering with the lowest inertia
    """
    whole, half_labels = cluster_repeatedly(
        sample, halves, k, method, seeds=seeds, seed=seed, threads=threads
    )
    inertia = [inertia_per_row(original, labels, k, threads) for labels in whole]
    best = int(np.argmin(inertia))
    sizes = [label_sizes(labels, k) for labels in whole]
    measures = {
        "inertia": inertia,
        "silhouette": [mean_silhouette(cosine_silhouette(original, labels, k, threads)) for labels in whole],
        "stable_share": [
            stable_share(jaccard_by_topic(labels, half_rows, half_labels, k), size, len(labels))
            for labels, size in zip(whole, sizes, strict=True)
        ],
        "sizes": sorted(sizes[best].tolist(), reverse=True),
        "stability_seeds": [Contingency.of(a, b).rand for a, b in combinations(whole, 2)],
        "stability_halves": stability_of_halves(len(sample), half_rows, half_labels),
    }
    return measures, whole[best]


def agreement(labels: np.ndarray, categories: list[str | None]) -> float | None:
    """Adjusted mutual information of topics with categories, over the papers that have a category."""
    known = [i for i, name in enumerate(categories) if name]
    if not known:
        return None
    names = np.array([categories[i] for i in known])
    return Contingency.of(names, labels[known]).adjusted_mutual_information


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet", embeddings="embeddings.npy", **SAMPLE_FILES)
    cli.flag("--k", int, "number of topics to try")
    cli.flag("--seed", int, "of the first start")
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
    papers = read_table(args.papers, PAPERS, ["primary_category"])
    vectors = open_embeddings(args.embeddings, len(papers))
    sample = read_sample(args.rows, args.vectors, args.half_rows, args.half_vectors, len(papers))
    lists = ("inertia", "silhouette", "stable_share", "sizes", "stability_seeds", "stability_halves")
    measures: dict = {name: [] for name in lists} | {"ami_primary": None}
    skipped = too_few(len(sample.rows), args.k)
    if not skipped:
        arrays = take(vectors, sample.rows), unit(sample.vectors), sample.half_rows, sample.half_vectors
        method = KMeans.of_sample(arrays[1])
        try:
            measures, labels = scan(*arrays, args.k, method, seeds=RUNS, seed=args.seed, threads=args.threads)
        except TooFewDistinctRows as error:  # the other candidates may do
            skipped = (
                f"K = {args.k} is too large: only {error.distinct} of {error.rows:,} papers have distinct vectors (papers "
                "of the same text, or texts in a language that embed.model does not know)"
            )
    if skipped:
        say(skipped)
    else:
        # shown for reading; it does not decide
        measures["ami_primary"] = agreement(labels, papers["primary_category"].take(sample.rows).to_pylist())
        say(
            f"K = {args.k}: silhouette {np.mean(measures['silhouette']):.4f}, "
            f"{np.mean(measures['stable_share']):.0%} of the papers in stable topics, stability over halves "
            f"{np.mean(measures['stability_halves']):.3f}, over seeds {np.mean(measures['stability_seeds']):.3f}"
        )
    seconds = round(time.perf_counter() - begun, 1)
    result: Any = {"k": args.k, "papers": len(papers), "sample": len(sample.rows), "skipped": skipped}
    with atomic_outputs(args.scan) as (scan_file,):
        write_json(scan_file, Scan(**result | measures | {"seconds": seconds}))  # type: ignore[typeddict-item]
    say(f"{seconds} s")


if __name__ == "__main__":
    run(main)
