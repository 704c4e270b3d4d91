"""Cluster a sample at one K several times over, and measure how good and how stable it is."""

import json
import time
from itertools import combinations
from pathlib import Path

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from lib.cli import parser, progress, run, say, written
from lib.draw import draw, hash_ids
from lib.files import read_table
from lib.kmeans import Clustering, lloyd, start
from lib.silhouette import cosine_silhouette
from lib.vectors import open_embeddings, side_by_side, take

# Ten times that of the final clustering: the last steps of K-means, half of them all, move a paper
# in a hundred and no curve.
TOL = 1e-3


def scan(
    sample: np.ndarray, halves: list[np.ndarray], k: int, *, seed: int = 0, threads: int = 1
) -> tuple[dict, np.ndarray]:
    """Cluster the sample and each of its halves at one K, each from its own start.

    Parameters
    ----------
    sample : float32 (n, dim), unit rows
    halves : row numbers of random halves of the sample; there are as many runs on the whole

    Returns
    -------
    measures : inertia, silhouette and sizes of each run on the whole; `stability_seeds`, the
        adjusted Rand index of each pair of these runs; `stability_halves`, that of each pair of
        runs on halves, over the rows they share (Ben-Hur, Elisseeff & Guyon, 2002)
    labels : int32 (n,), of the run with the lowest inertia
    """

    def cluster(task: tuple[int, np.ndarray | None]) -> Clustering:
        number, rows = task
        some = sample if rows is None else sample[rows]
        return lloyd(some, start(some, k, seed + number), tol=TOL)

    # a run has one core and the next run another: they wait for each other less than the chunks of
    # one run do, and a start has no chunks
    tasks = list(enumerate([None] * len(halves) + halves))
    done = side_by_side(tasks, threads, cluster)
    done = list(progress(done, desc=f"K = {k}", unit="run", total=len(tasks)))
    runs, of_halves = done[: len(halves)], done[len(halves) :]
    best = min(runs, key=lambda run: run.inertia)
    half_labels = []
    for rows, half in zip(halves, of_halves, strict=True):
        labels = np.full(len(sample), -1, np.int32)
        labels[rows] = half.labels
        half_labels.append(labels)
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


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--embeddings", type=Path, required=True, help="input: embeddings.npy")
    cli.add_argument("--k", type=int, required=True)
    cli.add_argument("--sample", type=int, default=100_000, help="papers, drawn by hash of the id")
    cli.add_argument("--seeds", type=int, default=5, help="runs on the sample, and on halves of it")
    cli.add_argument("--seed", type=int, default=0, help="of the first run; each run has its own")
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--scan", type=Path, required=True, help="output: .json")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    begun = time.perf_counter()
    papers = read_table(args.papers, columns=["id", "primary_category"])
    vectors = open_embeddings(args.embeddings, len(papers))
    ids = papers["id"].to_pylist()
    rows = draw(hash_ids(ids), args.sample)
    result = {"k": args.k, "papers": len(ids), "sample": len(rows)}
    if len(rows) < 4 * args.k:
        result["skipped"] = (
            f"{len(rows)} papers are too few for K = {args.k}: a topic would have fewer than four"
        )
        say(result["skipped"])
    else:
        sample = take(vectors, rows)
        hashes = [hash_ids([ids[row] for row in rows], args.seed + i) for i in range(1, args.seeds + 1)]
        halves = [draw(h, len(rows) // 2) for h in hashes]
        measures, labels = scan(sample, halves, args.k, seed=args.seed, threads=args.threads)
        primary = papers["primary_category"].take(rows).fill_null("").to_pylist()
        known = [i for i, name in enumerate(primary) if name]
        result |= measures
        # a reading aid for the report; it never decides
        named = [primary[i] for i in known]
        result["ami_primary"] = adjusted_mutual_info_score(named, labels[known]) if known else None
        say(
            f"K = {args.k}: silhouette {np.mean(result['silhouette']):.4f}, stability over halves "
            f"{np.mean(result['stability_halves']):.3f}, over seeds {np.mean(result['stability_seeds']):.3f}"
        )
    result["seconds"] = round(time.perf_counter() - begun, 1)
    with written(args.scan) as (scan_file,):
        scan_file.write_text(json.dumps(result, indent=1) + "\n")
    say(f"{result['seconds']} s")


if __name__ == "__main__":
    run(main)
