"""The proposed K on planted topics: 8 to 60 Gaussians on the sphere, of unequal size, overlapping."""

import numpy as np

from averaged import average
from measure import default_flags, table
from scan_k import RUNS
from smooth import SPLITS

GRID = [5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 17, 19, 21, 23, 26, 29, 32, 36, 40, 44, 49, 54, 60, 66, 73, 80]
PLANTED = [8, 11, 15, 20, 26, 32, 38, 45, 52, 60]
NEIGHBORS = default_flags("smooth")["smooth"]


def plant_topics(k: int, seed: int, *, papers: int = 6000, dim: int = 64, noise: float = 1.2):
    """Unit rows around k directions: (float32 (papers, dim), the topic of each row int64 (papers,)).

    The largest topic has about ten times as many papers as the smallest. At a noise of 1.2 the mean
    silhouette is 0.3.
    """
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((k, dim))
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    share = np.maximum(rng.dirichlet(np.full(k, 3.0)), 0.25 / k)
    topic = rng.choice(k, papers, p=share / share.sum())
    spread = noise * rng.uniform(0.8, 1.2, k)[topic][:, None] / np.sqrt(dim)
    rows = centers[topic] + spread * rng.standard_normal((papers, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32), topic


def propose(
    sample: np.ndarray,
    candidates: list[int],
    *,
    seed: int = 0,
    seeds: int = RUNS,
    splits: int = SPLITS,
    threads: int = 2,
):
    """What select_k proposes for a sample held in memory."""
    from lib.clusters.k_selection import choose, tabulate
    from lib.clusters.kmeans import KMeans
    from scan_k import scan

    drawn = average(sample, NEIGHBORS, splits=splits, threads=threads, seed=seed)
    arrays = sample, drawn.rows, drawn.half_rows, drawn.halves
    method = KMeans.of_sample(drawn.rows)
    scans = []
    for k in candidates:
        measures, _ = scan(*arrays, k, method, seeds=seeds, seed=seed, threads=threads)
        scans.append({"k": k, "sample": len(sample), "ami_primary": 0.0} | measures)
    return choose(tabulate(scans))


def main() -> None:
    rows, right = [], 0
    for k in PLANTED:
        choice = propose(plant_topics(k, seed=k)[0], GRID)
        good = abs(choice.k - k) <= 0.1 * k
        right += good
        rows.append([k, choice.k, choice.rule, str(choice.plateau), "yes" if good else "no"])
    table("planted K: the proposal", ["planted", "proposed", "rule", "plateau", "within 10 %"], rows)
    print(f"\nWithin 10 % in {right} of {len(PLANTED)}.")
    sample, _ = plant_topics(26, seed=26)
    found = [propose(sample, GRID, seed=100 * seed).k for seed in range(10)]
    print(f"Over 10 seeds on K = 26 it proposes {found}: a factor of {max(found) / min(found):.2f}.")
