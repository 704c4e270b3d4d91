"""Rules for K side by side: ours, prediction strength, gap, term stability and the highest silhouette.

On planted topics, on MiniLM vectors of the bundled papers and of 20,000 papers of CORPUS, if that is given,
over five grids of candidates. All rules but the gap read the same clusterings.
"""

import json
import os
import sys
from dataclasses import dataclass, field

import numpy as np

from averaged import Averaged, average
from bench_planted import plant_topics
from bench_space import corpora, texts
from k_rules import (
    best_terms,
    first_gap,
    largest_predicted,
    log_inertia,
    pca_null,
    prediction_strength,
    principal_components,
    term_agreement,
)
from measure import default_flags, table
from smooth import SPLITS

GRIDS = (
    (3, 4, 5, 7, 10, 15, 20, 30, 40),  # the default
    (10, 15, 20, 30, 40, 60, 80),  # presets/arxiv.yaml without 120
    (8, 12, 20, 30, 50, 80),
    (5, 8, 10, 12, 15, 20, 25, 30, 40, 50, 60, 80),
    (10, 20, 40, 80),
)
PLANTED = (8, 20)
NOISE = (1.2, 1.8)  # silhouettes of 0.3 and below 0.25
WHOLE = 1  # clusterings of all papers
NULLS = 2
COMPONENTS = 64  # in which the gap is measured
STARTS = 1  # of K-means for the gap
PLANTED_PAPERS = 2000
LIMIT = int(os.environ.get("PAPERS", "20000"))
THREADS = 2


@dataclass
class Measures:
    """What the rules read of one candidate."""

    scan: dict
    strength: list[float] = field(default_factory=list)
    gap: list[float] = field(default_factory=list)  # log inertia of the rows, then of NULLS nulls
    terms: list[float] = field(default_factory=list)


def measure(original: np.ndarray, drawn: Averaged, nulls: list[np.ndarray], k: int, has_term) -> Measures:
    """Cluster the rows WHOLE times and every half once.

    Parameters
    ----------
    nulls : the rows in principal components, then rows of the null
    has_term : csr (n, terms), or None for papers without text
    """
    from lib.clusters.assignment import SEEDS
    from lib.clusters.kmeans import KMeans
    from lib.clusters.silhouette import cosine_silhouette
    from lib.clusters.stability import jaccard_by_topic, stable_share
    from lib.lloyd import cluster_sums
    from lib.parallel import map_tasks

    method = KMeans.of_sample(drawn.rows)
    tasks = [drawn.rows] * WHOLE + list(drawn.halves)
    labels = list(
        map_tasks(
            range(len(tasks)), THREADS, lambda number: method(tasks[number], None, k, seed=number * SEEDS)
        )
    )
    whole, halves = labels[:WHOLE], np.array(labels[WHOLE:])
    sizes = [np.bincount(found, minlength=k) for found in whole]
    scan = {name: [0.0] for name in ("inertia", "stability_halves", "stability_seeds")} | {
        "k": k,
        "sample": len(original),
        "sizes": sizes[0].tolist(),
        "ami_primary": 0.0,
        "silhouette": [float(cosine_silhouette(original, found, k).mean()) for found in whole],
        "stable_share": [
            stable_share(jaccard_by_topic(found, drawn.half_rows, halves, k), size, len(found))
            for found, size in zip(whole, sizes, strict=True)
        ],
    }
    measures = Measures(scan)
    centroids = []
    for rows, found in zip(drawn.halves, halves, strict=True):
        sums, counts = cluster_sums(rows, found, k)
        centroids.append(sums / np.maximum(counts, 1)[:, None])
    for test in range(len(halves)):
        other = centroids[test ^ 1]
        predicted = (drawn.halves[test] @ other.T - (other**2).sum(1) / 2).argmax(1)
        measures.strength.append(prediction_strength(halves[test], predicted))
    measures.gap = list(
        map_tasks(range(len(nulls)), THREADS, lambda i: log_inertia(nulls[i], k, seed=i, starts=STARTS))
    )
    if has_term is not None:
        reference = best_terms(has_term, whole[0], k)
        for at, found in zip(drawn.half_rows, halves, strict=True):
            measures.terms.append(term_agreement(reference, best_terms(has_term[at], found, k)))
    return measures


def proposals(measures: list[Measures]) -> dict[str, int]:
    """What each rule proposes for candidates in ascending order."""
    from lib.clusters.k_selection import choose, largest_stable_k, tabulate

    selection = tabulate([each.scan for each in measures])
    k = selection["k"].to_numpy()
    gap = np.array([each.gap for each in measures])
    found = {
        "ours": int(choose(selection).k),
        "ours without the silhouette": int(largest_stable_k(selection).k),
        "prediction strength": largest_predicted(k, np.array([each.strength for each in measures])),
        "gap": first_gap(k, gap[:, 0], gap[:, 1:]),
        "silhouette": int(k[selection["silhouette"].argmax()]),
    }
    if measures[0].terms:
        found["term stability"] = int(k[np.argmax([np.mean(each.terms) for each in measures])])
    return found


def over_grids(name: str, original: np.ndarray, has_term=None) -> list[dict[str, int]]:
    """The proposals of each rule on each grid."""
    neighbors = default_flags("cluster")["smooth"]
    drawn = average(original, neighbors, splits=SPLITS, threads=THREADS)
    components = principal_components(drawn.rows, COMPONENTS)
    nulls = [components, *(pca_null(components, seed) for seed in range(NULLS))]
    by_k = {}
    for k in sorted({k for grid in GRIDS for k in grid}):
        by_k[k] = measure(original, drawn, nulls, k, has_term)
        means = {key: round(float(np.mean(by_k[k].scan[key])), 3) for key in ("silhouette", "stable_share")}
        means["strength"] = round(float(np.mean(by_k[k].strength)), 3)
        means["gap"] = round(float(np.mean(by_k[k].gap[1:]) - by_k[k].gap[0]), 4)
        means["terms"] = round(float(np.mean(by_k[k].terms or [0])), 3)
        print(json.dumps({"corpus": name, "k": k} | means), file=sys.stderr, flush=True)
    return [proposals([by_k[k] for k in grid]) for grid in GRIDS]


def nearest(grid: tuple[int, ...], k: int) -> int:
    """The candidate nearest to a number."""
    return min(grid, key=lambda candidate: abs(np.log(candidate / k)))


def planted(noise: float) -> list[list]:
    """How often each rule proposes the candidate nearest to the planted number."""
    from lib.clusters.silhouette import cosine_silhouette

    right: dict[str, list[bool]] = {}
    ratio: dict[str, list[float]] = {}
    silhouettes = []
    for k in PLANTED:
        rows, topic = plant_topics(k, seed=k, papers=PLANTED_PAPERS, noise=noise)
        silhouettes.append(float(cosine_silhouette(rows, topic, k).mean()))
        for grid, found in zip(GRIDS, over_grids(f"planted {k}", rows), strict=True):
            near = nearest(grid, k)
            for rule, proposal in found.items():
                right.setdefault(rule, []).append(nearest(grid, proposal) == near)
                ratio.setdefault(rule, []).append(abs(np.log(proposal / near)))
    print(f"silhouettes of the planted topics at noise {noise}: {np.round(silhouettes, 2)}", file=sys.stderr)
    return [
        [rule, f"{sum(right[rule])} of {len(right[rule])}", float(np.exp(np.mean(ratio[rule])))]
        for rule in right
    ]


def has_terms(name: str, rows: np.ndarray):
    """Which papers have which words: csr (n, terms)."""
    from sklearn.feature_extraction.text import CountVectorizer

    count = CountVectorizer(binary=True, min_df=10, stop_words="english", dtype=np.int64)
    return count.fit_transform(texts(name, LIMIT))[rows]


def real(name: str, vectors: np.ndarray) -> None:
    """Print the proposals for a corpus."""
    order = np.random.default_rng(0).permutation(len(vectors))
    found = over_grids(name, vectors[order], has_terms(name, order))
    rows = []
    for rule in found[0]:
        proposed = [each[rule] for each in found]
        rows.append([rule, *proposed, max(proposed) / min(proposed)])
    header = ["rule", *(f"{grid[0]} to {grid[-1]} ({len(grid)})" for grid in GRIDS), "largest by smallest"]
    table(f"{name}: proposals over five grids", header, rows)


def main() -> None:
    for name, vectors, _ in corpora(LIMIT):
        real(name, vectors)
    for noise in NOISE:
        header = ["rule", "the candidate nearest to the planted K", "mean factor from it"]
        table(f"planted topics, noise {noise}", header, planted(noise))
