"""Do topics repeat: K-means after a random 1 % of the papers is left out, and from other seeds.

K-means as `cluster` searches it, without smoothing, beside the best of 5 starts, on MiniLM vectors of the bundled papers and of 20,000
papers of CORPUS, if that is given.
"""

import json
import sys
from collections.abc import Callable

import numpy as np

from bench_space import corpora
from measure import default_flags, table

DRAWS = 3


def moved(a: np.ndarray, b: np.ndarray, k: int) -> float:
    """The share of rows in another topic, under the best matching of topics."""
    from scipy.optimize import linear_sum_assignment

    shared = np.zeros((k, k), int)
    np.add.at(shared, (a, b), 1)
    return 1.0 - float(shared[linear_sum_assignment(-shared)].sum()) / len(a)


def best_of_5(sample: np.ndarray, k: int, seed: int) -> np.ndarray:
    from lib.clusters.seeding import initial_centroids
    from lib.lloyd import lloyd
    from lib.parallel import map_tasks

    seeds = range(seed, seed + 5)
    runs = map_tasks(seeds, 2, lambda start: lloyd(sample, initial_centroids(sample, k, start)))
    return min(runs, key=lambda run: run.inertia).labels


def ours(sample: np.ndarray, k: int, seed: int) -> np.ndarray:
    from lib.clusters.kmeans import kmeans

    return kmeans(
        sample, k, seeds=list(range(seed, seed + default_flags("cluster")["starts"])), threads=2
    ).labels


def measured(name: str, sample: np.ndarray, primary: list[str]) -> list[list]:
    from sklearn.metrics import adjusted_mutual_info_score

    rngs = [np.random.default_rng(100 + draw) for draw in range(DRAWS)]
    kept = [np.sort(rng.permutation(len(sample))[len(sample) // 100 :]) for rng in rngs]
    ways: list[Callable[[np.ndarray, int, int], np.ndarray]] = [best_of_5, ours]
    rows = []
    for k in (15, 20, 40):
        for way in ways:
            topics = way(sample, k, 0)
            left_out = np.mean([moved(topics[at], way(sample[at], k, 0), k) for at in kept])
            seeds = np.mean([moved(topics, way(sample, k, 1000 * draw), k) for draw in range(1, DRAWS + 1)])
            ami = adjusted_mutual_info_score(primary, topics)
            title = f"{name}, K = {k}, {way.__name__.replace('_', ' ')}"
            rows.append([title, *map(float, (left_out, seeds, ami))])
            print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def main() -> None:
    rows = [row for each in corpora(20_000) for row in measured(*each)]
    header = ["vectors", "moved, 1 % left out", "moved, other seeds", "AMI with categories"]
    table(f"Topics that repeat (MiniLM, mean of {DRAWS} draws)", header, rows)
