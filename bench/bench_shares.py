"""Do shares hold: of ten papers with 70 % in a topic, how many do other clusterings put there?

On MiniLM vectors of the bundled papers and of 20,000 papers of CORPUS, if that is given. The shares are calibrated on twelve
halves, as `cluster` does it, and held against clusterings of twelve other halves. KS="17 40" chooses numbers of topics.
"""

import os
from collections.abc import Iterator

import numpy as np

from bench_space import corpora
from living import STARTS, THREADS
from measure import table
from months import NEIGHBORS, Snapshot, snapshot

KS = [int(k) for k in os.environ.get("KS", "17 40").split()]
SPLITS = 12  # half of them for the calibration
LEAST = 0.05  # shares that map.html shows


def halves_of(shot: Snapshot, vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both halves of random splits: positions, int32 (2 SPLITS, n // 2), and their vectors, smoothed within the half."""
    from lib.clusters.smoothing import nearest_inside, smooth, usable_neighbors

    n = len(shot.rows)
    near = usable_neighbors(NEIGHBORS, n)
    at = np.empty((2 * SPLITS, n // 2), np.int32)
    smoothed = np.empty((2 * SPLITS, n // 2, vectors.shape[1]), np.float16)
    for split in range(SPLITS):
        order = np.random.default_rng([split, 9]).permutation(n)
        for side in range(2):
            half = np.sort(order[side * (n // 2) :][: n // 2])
            inside = np.isin(np.arange(n), half)
            at[2 * split + side] = half
            within = nearest_inside(shot.near[half], inside, near)
            smooth(vectors, half, within, smoothed[2 * split + side], THREADS)
    return at, smoothed


def voted(vectors: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """What `calibrate` takes, in a random order: smoothed vectors, labels, votes (2 SPLITS, n) and centroids."""
    from lib.clusters.halves import cluster_halves, votes_of
    from lib.clusters.kmeans import KMeans, kmeans
    from lib.clusters.smoothing import Sample

    shot = snapshot(vectors, np.arange(len(vectors)), THREADS)
    at, smoothed = halves_of(shot, vectors)
    run = kmeans(shot.smoothed[shot.order], k, seeds=list(range(STARTS)), threads=THREADS)
    labels = np.empty(len(vectors), np.int32)
    labels[shot.order] = run.labels
    sample = Sample(shot.rows, shot.smoothed.astype(np.float16), at, smoothed)
    method = KMeans.of_sample(shot.smoothed)
    halves = cluster_halves(sample, k, method, seed=STARTS, threads=THREADS)
    votes = votes_of(halves, sample.vectors, labels, k, THREADS)
    return shot.smoothed[shot.order], run.labels, votes[:, shot.order], run.assigned_by


def ways(rows: np.ndarray, labels: np.ndarray, votes: np.ndarray, search: np.ndarray) -> Iterator[tuple]:
    """Ways to get shares: name and `Shares`, calibrated on these votes."""
    from lib.clusters.shares import Shares, calibrate, fit_temperature, scores

    k = len(search)
    alone = np.eye(k, dtype=np.float32) * (1 - 1e-4) + np.float32(1e-4 / k)  # no vote is impossible
    yield "softmax of the scores as they are", Shares(search, 1.0, alone)
    yield "one temperature", Shares(search, fit_temperature(scores(rows, search), votes, alone), alone)
    yield "temperature and core papers", calibrate(rows, labels, votes, search)


def reliability(shares, rows: np.ndarray, votes: np.ndarray) -> Iterator[list]:
    """Rows of the table: by the share that is said, what was found, for the largest share and for the others."""
    of_all = shares.of(rows)
    half, paper = np.nonzero(votes >= 0)
    hit = votes[half, paper][:, None] == np.arange(of_all.shape[1])
    largest = of_all.argmax(1)[paper]
    first = np.arange(of_all.shape[1]) == largest[:, None]
    said = of_all[paper]
    for low in range(10):
        within = (said >= max(low / 10, LEAST)) & (said < (low + 1) / 10 + (low == 9))
        cells = []
        for kind in (first, ~first):
            chosen = within & kind
            if chosen.any():
                cells.append(f"{said[chosen].mean():.2f}: {hit[chosen].mean():.2f} ({chosen.sum():,})")
            else:
                cells.append("")
        yield [f".{low} to .{low + 1}" if low < 9 else ".9 to 1", *cells]


def main() -> None:
    from lib.clusters.shares import error_on

    rows, tables = [], {}
    for name, vectors, _ in corpora(20_000):
        for k in KS:
            smoothed, labels, votes, search = voted(vectors, k)
            fitted, others = votes[:SPLITS], votes[SPLITS:]
            agreement = float((others == labels)[others >= 0].mean())
            of_ways = dict(ways(smoothed, labels, fitted, search))
            errors = [error_on(shares, smoothed, others) for shares in of_ways.values()]
            chosen = list(of_ways.values())[-1]
            five = float(np.sort(chosen.of(smoothed[:10_000]), 1)[:, -5:].sum(1).mean())
            title = f"{name}, K = {k}"
            rows.append([title, agreement, 1 - agreement, *errors, chosen.temperature, five])
            tables[title] = list(reliability(chosen, smoothed[:10_000], others[:, :10_000]))
    columns = ["put into their topic", "error if taken for certain", *of_ways, "temperature", "sum of five"]
    table("Shares on twelve other halves: calibration errors", ["corpus", *columns], rows)
    for title, lines in tables.items():
        table(f"{title}: said: found (pairs)", ["share", "largest", "others"], lines)
