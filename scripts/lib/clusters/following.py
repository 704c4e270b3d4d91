"""Topics that follow those of an earlier run: they keep their papers and their numbers.

The start is the mean of the new vectors of each old topic, and a paper leaves its topic only if another one is
clearly nearer. Topics are added for new subjects only, see lib.clusters.births. The figures behind each rule are
in docs/measurements/living-map.md.
"""

from dataclasses import dataclass, field

import numpy as np

from lib.cli import UserError
from lib.clusters.births import YOUNG, Group, group_to_open, is_young, new_groups
from lib.clusters.divisions import best_division, cheapest_merger
from lib.clusters.partitions import count_pairs
from lib.lloyd import Clustering, Stay, cluster_sums, inertia_of, lloyd
from lib.rows import label_sizes
from lib.vectors import take, unit

LEFT = (
    0.2  # share of its papers that an old topic needs as a start; with fewer its mean wanders to other papers
)
WIDEST = 1.3  # mean squared distance to the mean of a group, relative to that of topics; across topics it is 1.5 to 1.8
TOGETHER = 0.5  # share of the papers of an old topic that stay together, if its number goes on
ANY_DISTANCE = 5.0  # above the largest squared distance of two unit vectors


@dataclass
class Earlier:
    """The topics of an earlier run, and where the papers of this run were.

    Attributes
    ----------
    topic : int32 (n,), code of the topic that each paper was in, 0 to k - 1; -1: the paper is new
    age : int32 (n,), runs that the paper was in; 0: new, -1: since the first run of the chain
    sizes : int64 (k,), number of papers that each topic had
    gain : inertia per paper that the best division of a topic gained in the first run
    """

    topic: np.ndarray
    age: np.ndarray
    sizes: np.ndarray
    gain: float


@dataclass
class Followed:
    """The topics of this run.

    Attributes
    ----------
    labels : int32 (n,), 0 to k - 1
    centroids : float32 (k, dim), of the smoothed vectors, that the labels are nearest to
    origin : int32 (k,), code of the old topic whose number each topic keeps; -1: a new number
    groups : of new papers, each a possible new subject
    opened : the one that has become a topic
    iterations : number of steps
    """

    labels: np.ndarray
    centroids: np.ndarray
    origin: np.ndarray
    groups: list[Group] = field(default_factory=list)
    opened: Group | None = None
    iterations: int = 0


@dataclass
class Follower:
    """Lloyd's algorithm on all papers from the topics of an earlier run.

    Attributes
    ----------
    vectors : (n, dim), smoothed unit rows, float16 (may be memory-mapped) or float32
    sample : int (m,), rows of a sample in random order
    sample_vectors : float32 (m, dim), their smoothed vectors
    stay : share of the mean squared distance to the own topic by which another one must be nearer
    """

    vectors: np.ndarray
    sample: np.ndarray
    sample_vectors: np.ndarray
    stay: float
    seed: int
    threads: int = 1

    def follow(self, earlier: Earlier, near: np.ndarray, k: int | None) -> Followed:
        """Follow the topics; with a number k topics are divided or joined until there are k, and none opens.

        Parameters
        ----------
        near : int32 (n, neighbors), the nearest papers of each paper

        Raises
        ------
        UserError
            No old topic has enough of its papers.
        """
        home, origin = homes(earlier, LEFT)
        young = (earlier.age >= 0) & (earlier.age < YOUNG) | (home < 0)
        stay, run = self._settle(home, len(origin))
        steps = run.iterations
        while k and len(origin) != k:
            change = self._one_more if len(origin) < k else self._one_fewer
            origin, otherwise = change(stay.home, run, origin)
            stay, run = self._settle(stay.home, len(origin), otherwise)
            steps += run.iterations
        widest = WIDEST * run.inertia / len(self.vectors)
        found = new_groups(near, young, len(origin), lambda rows: self._spread(rows) <= widest, self.threads)
        groups = [Group.of(self.vectors, rows) for rows in found]
        opened = None if k else self._open(run, stay, young, groups, earlier.gain)
        if opened:
            run, group = opened
            steps += run.iterations
            origin = np.append(origin, np.int32(-1))
        kept = going_on(earlier.topic, run.labels, origin)
        return Followed(run.labels, run.assigned_by, kept, groups, group if opened else None, steps)

    def freeze(self, earlier: Earlier) -> Followed:
        """Leave all papers in their topics, and put new ones into the nearest."""
        home, origin = homes(earlier, 0.0)
        means, _ = self._means(home, len(origin))
        stay = Stay(home, ANY_DISTANCE)
        run = lloyd(self.vectors, means, stay=stay, max_iter=1, threads=self.threads)
        kept = going_on(earlier.topic, run.labels, origin)
        return Followed(run.labels, run.assigned_by, kept, iterations=run.iterations)

    def _spread(self, rows: np.ndarray) -> float:
        """The mean squared distance of some papers to their mean."""
        return 1.0 - float((unit(take(self.vectors, rows)).mean(0, dtype=np.float64) ** 2).sum())

    def _means(
        self, home: np.ndarray, k: int, otherwise: np.ndarray | None = None
    ) -> tuple[np.ndarray, float]:
        """The means of the papers at home, float32 (k, dim), and the mean squared distance to them.

        Parameters
        ----------
        otherwise : float32 (k, dim), in place of the mean of a home without papers: all of a topic's may be new
        """
        sums, counts = cluster_sums(self.vectors, home, k, self.threads)
        means = sums / np.maximum(counts, 1)[:, None]
        if otherwise is not None:
            means = np.where(counts[:, None] > 0, means, otherwise)
        return means.astype(np.float32), inertia_of(means, counts) / int(counts.sum())

    def _settle(
        self, home: np.ndarray, k: int, otherwise: np.ndarray | None = None
    ) -> tuple[Stay, Clustering]:
        means, square = self._means(home, k, otherwise)
        stay = Stay(home, self.stay * square)
        return stay, lloyd(self.vectors, means, stay=stay, threads=self.threads)

    def _open(
        self, run: Clustering, stay: Stay, young: np.ndarray, groups: list[Group], gain: float
    ) -> tuple[Clustering, Group] | None:
        """The clustering with one more topic, for the group that gains most; None if no group gains enough."""
        at = self.sample
        of_sample = Stay(stay.home[at], stay.margin)
        group = group_to_open(
            self.sample_vectors, run.centroids, of_sample, young[at], groups, gain, self.threads
        )
        if group is None:
            return None
        more = np.vstack([run.centroids, group.mean])
        after = lloyd(self.vectors, more, stay=stay, threads=self.threads)
        return (after, group) if is_young(after.labels == len(run.centroids), young) else None

    def _one_more(
        self, home: np.ndarray, run: Clustering, origin: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give the smaller part of the best division a home of its own; changes `home`.

        Returns the old topic of each start, and starts for homes without papers.
        """
        k = len(origin)
        best = best_division(
            self.sample_vectors, run.labels[self.sample], k, seed=self.seed, threads=self.threads
        )
        if best.gain <= 0:
            raise UserError(
                f"config key cluster.k: no topic of the {k} can be divided; set it to {k} or less"
            )
        parts = self._sides(best.topic, best.rows, run.labels)
        home[parts[home[parts] >= 0]] = k  # new papers have none
        mean = unit(take(self.vectors, parts)).mean(0, dtype=np.float64).astype(np.float32)
        return np.append(origin, np.int32(-1)), np.vstack([run.centroids, mean])

    def _sides(self, topic: int, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """All papers of a topic that are nearer to the mean of these rows of the sample than to the others' mean."""
        members = np.flatnonzero(labels == topic)
        smaller = np.zeros(len(self.sample), bool)
        smaller[rows] = True
        larger = (labels[self.sample] == topic) & ~smaller
        means = np.stack([self.sample_vectors[part].mean(0, dtype=np.float64) for part in (larger, smaller)])
        run = lloyd(self.vectors[members], means.astype(np.float32), threads=self.threads)
        counts = label_sizes(run.labels, 2)
        return members[run.labels == int(counts.argmin())]

    def _one_fewer(
        self, home: np.ndarray, run: Clustering, origin: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Give the two topics whose merger costs least one home; changes `home`. Returns as `_one_more` does."""
        k = len(origin)
        counts = label_sizes(run.labels, k)
        larger, smaller = cheapest_merger(run.centroids, counts)
        home[home == smaller] = larger
        home[home > smaller] -= 1
        return np.delete(origin, smaller), np.delete(run.centroids, smaller, axis=0)


def homes(earlier: Earlier, least: float) -> tuple[np.ndarray, np.ndarray]:
    """The start of each paper, int32 (n,), -1: none; and the old topic of each start, int32 (k,).

    Parameters
    ----------
    least : share of its papers that an old topic needs to be a start

    Raises
    ------
    UserError
        There are fewer than two starts.
    """
    left = label_sizes(earlier.topic, len(earlier.sizes))
    origin = np.flatnonzero((left > 0) & (left >= least * earlier.sizes)).astype(np.int32)
    if len(origin) < 2:
        raise UserError(
            f"config key previous: {len(origin)} topics of the earlier run still have papers; set it to a run with more of "
            "these papers, or to null"
        )
    code = np.full(len(earlier.sizes) + 1, -1, np.int32)  # the last one is for new papers
    code[origin] = np.arange(len(origin), dtype=np.int32)
    return code[earlier.topic], origin


def going_on(old: np.ndarray, labels: np.ndarray, origin: np.ndarray) -> np.ndarray:
    """The old topic whose number each topic keeps: int32 (k,), -1 if fewer than half of its papers stay together.

    Parameters
    ----------
    old, labels : int32 (n,), topic of each paper before (-1: new) and now
    origin : int32 (k,), the old topic that each topic started from; -1: none
    """
    shared = np.flatnonzero(old >= 0)
    table = count_pairs(old[shared], labels[shared], int(old.max()) + 1, len(origin))
    stayed = table[origin, np.arange(len(origin))]
    return np.where((origin >= 0) & (stayed >= TOGETHER * table.sum(1)[origin]), origin, -1).astype(np.int32)


def matched(old: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """The old topic of which each topic holds more than half, and that makes up more than half of it: int32 (k,).

    -1: there is none. Papers that are in both runs count.
    """
    shared = np.flatnonzero(old >= 0)
    table = count_pairs(old[shared], labels[shared], int(old.max(initial=0)) + 1, k)
    both = (table > TOGETHER * table.sum(1)[:, None]) & (table > TOGETHER * table.sum(0))
    return np.where(both.any(0), both.argmax(0), -1).astype(np.int32)


def compare_with_cold(labels: np.ndarray, inertia: float, cold: Clustering) -> tuple[float, float]:
    """By what share the inertia of a cold start is lower, and the share of the rows that it would move.

    Parameters
    ----------
    labels : int (n,), of the topics that followed
    inertia : of these topics
    cold : of the same rows, with as many topics
    """
    from scipy.optimize import linear_sum_assignment

    k = len(cold.centroids)
    table = count_pairs(labels, cold.labels, k, k)
    stay = int(table[linear_sum_assignment(-table)].sum())
    return 1.0 - cold.inertia / inertia, 1.0 - stay / len(labels)
