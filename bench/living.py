"""A chain of runs on growing snapshots: topics that follow, beside a cold start each time."""

from dataclasses import dataclass, field

import numpy as np

from measure import default_flags
from months import Snapshot

STARTS = 24  # of a cold start
THREADS = 2
STAY = float(default_flags("cluster")["stay"])


@dataclass
class Run:
    """The topics after one run.

    Attributes
    ----------
    rows : int (n,), of the corpus
    topic : int32 (n,), lasting numbers
    age : int32 (n,), -1: in the first run of the chain
    gain : of the best division in the first run
    next : the next number
    inertia : of the smoothed vectors
    """

    rows: np.ndarray
    topic: np.ndarray
    age: np.ndarray
    gain: float
    next: int
    inertia: float
    announced: list[np.ndarray] = field(default_factory=list)
    opened: np.ndarray | None = None
    ended: list[int] = field(default_factory=list)


def cold(shot: Snapshot, k: int, seed: int = 0) -> Run:
    """A first run."""
    from lib.clusters.divisions import best_division
    from lib.clusters.kmeans import kmeans

    rows = shot.smoothed[shot.order]
    clustering = kmeans(rows, k, seeds=list(range(seed, seed + STARTS)), threads=THREADS)
    division = best_division(rows, clustering.labels, k, seed=seed, threads=THREADS)
    topic = np.empty(len(rows), np.int32)
    topic[shot.order] = clustering.labels
    age = np.full(len(rows), -1, np.int32)
    return Run(shot.rows, topic, age, division.gain, k, clustering.inertia)


def follow(before: Run, shot: Snapshot, *, stay: float = STAY, k: int | None = None) -> Run:
    """The next run of a chain."""
    from lib.clusters.following import Earlier, Follower
    from lib.lloyd import inertia_of_labels

    numbers, code = np.unique(before.topic, return_inverse=True)
    shared = np.isin(shot.rows, before.rows)
    at = np.searchsorted(before.rows, shot.rows[shared])
    topic, age = np.full(len(shot.rows), -1, np.int32), np.zeros(len(shot.rows), np.int32)
    topic[shared] = code[at]
    age[shared] = np.where(before.age[at] < 0, -1, before.age[at] + 1)
    earlier = Earlier(topic, age, np.bincount(code), before.gain)
    follower = Follower(shot.smoothed, shot.order, shot.smoothed[shot.order], stay, 0, THREADS)
    done = follower.follow(earlier, shot.near, k)
    given = np.empty(len(done.origin), np.int32)
    kept = done.origin >= 0
    given[kept] = numbers[done.origin[kept]]
    given[~kept] = before.next + np.arange(int((~kept).sum()))
    return Run(
        shot.rows,
        given[done.labels],
        age,
        before.gain,
        before.next + int((~kept).sum()),
        inertia_of_labels(shot.smoothed, done.labels, len(done.origin), THREADS),
        [shot.rows[group.rows] for group in done.groups],
        None if done.opened is None else shot.rows[done.opened.rows],
        sorted(set(numbers.tolist()) - set(given.tolist())),
    )


def kept(before: Run, after: Run) -> float:
    """The share of the papers of both runs that have the same number."""
    _, one, other = np.intersect1d(before.rows, after.rows, return_indices=True)
    return float((before.topic[one] == after.topic[other]).mean())


def matched(before: Run, after: Run) -> float:
    """The same under the best one-to-one matching of topics, for two cold starts."""
    from scipy.optimize import linear_sum_assignment

    from lib.clusters.partitions import count_pairs

    _, one, other = np.intersect1d(before.rows, after.rows, return_indices=True)
    a, b = (np.unique(run.topic[at], return_inverse=True)[1] for run, at in ((before, one), (after, other)))
    table = count_pairs(a, b, int(a.max()) + 1, int(b.max()) + 1)
    return float(table[linear_sum_assignment(-table)].sum()) / len(one)
