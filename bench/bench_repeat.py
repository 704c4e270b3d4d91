"""Do topics repeat: how many neighbors to average a paper with, and with which weights.

K-means as `cluster` searches it, on MiniLM vectors of the bundled papers and of 20,000 papers of CORPUS, if
that is given; the first row of each K is the best of 5 starts without neighbors. Silhouettes are those of the
vectors as they are. `STARTS=40` takes fewer starts than the config, `PAPERS=8000` fewer papers of CORPUS,
`NEIGHBORS="0 20"` and `KS="20 40"` fewer ways.
"""

import json
import os
import sys

import numpy as np

from averaged import Averaged, average, average_rows
from bench_space import corpora
from measure import default_flags, table
from smooth import SPLITS

DRAWS = 3
KS = [int(k) for k in os.environ.get("KS", "10 20 40 80").split()]
NEIGHBORS = [int(n) for n in os.environ.get("NEIGHBORS", "0 5 10 15 20 30").split()]
WAYS = [(n, power) for n in NEIGHBORS for power in (0.0, 1.0) if n or not power]
STARTS = int(os.environ.get("STARTS", default_flags("cluster")["n_init"]))
THREADS = 2


def moved(a: np.ndarray, b: np.ndarray, k: int) -> float:
    """The share of rows in another topic, under the best matching of topics."""
    from scipy.optimize import linear_sum_assignment

    from lib.clusters.partitions import count_pairs

    shared = count_pairs(a, b, k, k)
    return 1.0 - float(shared[linear_sum_assignment(-shared)].sum()) / len(a)


def best_of_5(rows: np.ndarray, k: int, seed: int) -> np.ndarray:
    from lib.clusters.seeding import initial_centroids
    from lib.lloyd import lloyd
    from lib.parallel import map_tasks

    seeds = range(seed, seed + 5)
    runs = map_tasks(seeds, THREADS, lambda start: lloyd(rows, initial_centroids(rows, k, start)))
    return min(runs, key=lambda run: run.inertia).labels


def searched(rows: np.ndarray, k: int, seed: int) -> np.ndarray:
    from lib.clusters.kmeans import kmeans

    return kmeans(rows, k, seeds=list(range(seed, seed + STARTS)), threads=THREADS).labels


def repeating(drawn: Averaged, topics: np.ndarray, k: int) -> float:
    """The share of the papers in topics that repeat on halves."""
    from lib.clusters.assignment import SEEDS
    from lib.clusters.kmeans import KMeans
    from lib.clusters.stability import jaccard_by_topic, stable_share
    from lib.parallel import map_tasks

    method = KMeans.of_sample(drawn.rows)
    numbers = range(len(drawn.halves))
    found = map_tasks(
        numbers, THREADS, lambda number: method(drawn.halves[number], None, k, seed=number * SEEDS)
    )
    jaccard = jaccard_by_topic(topics, drawn.half_rows, np.array(list(found)), k)
    return stable_share(jaccard, np.bincount(topics, minlength=k), len(topics))


def measured(name: str, vectors: np.ndarray, primary: list[str]) -> list[list]:
    """A row per way and K."""
    from sklearn.metrics import adjusted_mutual_info_score

    from lib.clusters.silhouette import cosine_silhouette
    from lib.clusters.smoothing import usable_neighbors

    rngs = [np.random.default_rng(100 + draw) for draw in range(DRAWS)]
    orders = [rng.permutation(len(vectors)) for rng in rngs]
    rows = []
    for neighbors, power in WAYS:
        n = usable_neighbors(neighbors, len(vectors))
        drawn = average(vectors, neighbors, splits=SPLITS, threads=THREADS, power=power)
        # the papers without 1 % of them, and without as many as makes the whole 10 % more
        parts = {
            share: [np.sort(order[int(share * len(order)) :]) for order in orders] for share in (0.01, 1 / 11)
        }
        fewer = {
            share: [(at, average_rows(vectors[at], n, THREADS, power)) for at in some]
            for share, some in parts.items()
        }
        for k in KS:
            for way in (best_of_5, searched) if neighbors == 0 else (searched,):
                topics = way(drawn.rows, k, 0)
                changed = [
                    float(np.mean([moved(topics[at], way(part, k, 0), k) for at, part in some]))
                    for some in fewer.values()
                ]
                seeds = [moved(topics, way(drawn.rows, k, 1000 * draw), k) for draw in range(1, DRAWS + 1)]
                title = f"{name}, K = {k}, {neighbors} neighbors{', by cosine' if power else ''}"
                rows.append(
                    [
                        title + (", best of 5 starts" if way is best_of_5 else ""),
                        *changed,
                        float(np.mean(seeds)),
                        repeating(drawn, topics, k),
                        float(adjusted_mutual_info_score(primary, topics)),
                        float(cosine_silhouette(vectors, topics, k, THREADS).mean()),
                    ]
                )
                print(json.dumps(rows[-1]), file=sys.stderr, flush=True)
    return rows


def main() -> None:
    rows = [row for each in corpora(int(os.environ.get("PAPERS", "20000"))) for row in measured(*each)]
    header = [
        "vectors",
        "moved, 1 % left out",
        "moved, +10 %",
        "moved, other seeds",
        "papers in topics that repeat",
        "AMI with categories",
        "silhouette",
    ]
    table(f"Topics that repeat (MiniLM, {STARTS} starts, mean of {DRAWS} draws)", header, rows)
