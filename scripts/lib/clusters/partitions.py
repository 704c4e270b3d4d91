"""The evenness of a partition, and the agreement of two partitions of the same objects.

scikit-learn has these measures too, but importing it takes longer than many steps run.
"""

from dataclasses import dataclass

import numpy as np


def count_pairs(a: np.ndarray, b: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The number of objects in each pair of classes: int64 (rows, columns).

    Parameters
    ----------
    a, b : int (n,), the class of each object in either partition, 0 to rows - 1 and 0 to columns - 1
    """
    pairs = a.astype(np.int64) * columns + b
    return np.bincount(pairs, minlength=rows * columns).reshape(rows, columns)


def number_by_size(labels: np.ndarray, k: int, weights: np.ndarray | None = None) -> np.ndarray:
    """The new number of each class, by descending size: int32 (k,). Ties: the class with the earlier first object comes first.

    Parameters
    ----------
    labels : int (n,), the class of each object, 0 to k - 1; -1 for unassigned objects
    weights : (n,), weight of each object; 1 by default
    """
    labeled = np.flatnonzero(labels >= 0)
    sizes = np.bincount(labels[labeled], None if weights is None else weights[labeled], minlength=k)
    first = np.full(k, len(labels))
    np.minimum.at(first, labels[labeled], labeled)
    rank = np.empty(k, np.int32)
    rank[np.lexsort((first, -sizes))] = np.arange(k, dtype=np.int32)
    return rank


def renumbered(labels: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The labels with new numbers, int32 (n,); -1 stays.

    Parameters
    ----------
    numbers : int32 (k,), as `number_by_size` returns them
    """
    return np.where(labels < 0, np.int32(-1), numbers[labels])


def effective_topics(sizes: np.ndarray) -> float:
    """Effective number of topics (Hill number of order 1): the exponential of the entropy of the sizes.

    Hill (1973), Diversity and evenness: a unifying notation and its consequences.

    Parameters
    ----------
    sizes : int (k,), papers per topic
    """
    share = sizes[sizes > 0] / sizes.sum()
    return float(np.exp(-(share * np.log(share)).sum()))


@dataclass(frozen=True)
class Contingency:
    """The number of objects in each pair of classes of two partitions.

    Attributes
    ----------
    table : int64 (r, c)
    """

    table: np.ndarray

    @classmethod
    def of(cls, a: np.ndarray, b: np.ndarray) -> "Contingency":
        """Count the pairs of classes.

        Parameters
        ----------
        a, b : (n,), the class of each object in either partition. Unassigned objects (-1) form a separate class,
            as in scikit-learn: a partition does not gain by leaving objects out
        """
        (_, a), (_, b) = (np.unique(labels, return_inverse=True) for labels in (a, b))
        return cls(count_pairs(a, b, int(a.max(initial=-1)) + 1, int(b.max(initial=-1)) + 1))

    @property
    def rand(self) -> float:
        """The adjusted Rand index: 0 for chance, 1 for the same partition (Hubert & Arabie, 1985)."""

        def pairs(counts: np.ndarray) -> float:
            return float((counts * (counts - 1.0)).sum() / 2)

        both, a, b = pairs(self.table), pairs(self.table.sum(1)), pairs(self.table.sum(0))
        n = int(self.table.sum())
        chance = a * b / (n * (n - 1) / 2) if n > 1 else 0.0
        largest = (a + b) / 2
        return 1.0 if largest == chance else (both - chance) / (largest - chance)

    @property
    def mutual_information(self) -> float:
        """The mutual information in nats."""
        i, j = np.nonzero(self.table)
        counts, n = self.table[i, j].astype(float), self.table.sum()
        outer = self.table.sum(1)[i].astype(float) * self.table.sum(0)[j]
        return max(float((counts / n * np.log(counts * n / outer)).sum()), 0.0)

    @property
    def entropies(self) -> tuple[float, float]:
        """The entropies of both partitions in nats."""
        a, b = (-float((share * np.log(share)).sum()) for share in self._shares())
        return max(a, 0.0), max(b, 0.0)

    def _shares(self) -> list[np.ndarray]:
        return [counts / counts.sum() for counts in (self.table.sum(1), self.table.sum(0))]

    @property
    def adjusted_mutual_information(self) -> float:
        """Mutual information, 0 for chance and 1 for the same partition: Vinh, Epps & Bailey (2010)."""
        if len(self.table) == len(self.table.T) <= 1:
            return 1.0
        chance = expected_mutual_information(self.table.sum(1), self.table.sum(0))
        room = sum(self.entropies) / 2 - chance
        least = np.finfo(float).eps  # rounding can make the room vanish or negative
        room = min(room, -least) if room < 0 else max(room, least)
        return (self.mutual_information - chance) / room

    @property
    def v_measure(self) -> float:
        """The harmonic mean of homogeneity and completeness: Rosenberg & Hirschberg (2007)."""
        a, b = self.entropies
        shared = self.mutual_information
        homogeneity, completeness = (shared / entropy if entropy else 1.0 for entropy in (a, b))
        both = homogeneity + completeness
        return 2 * homogeneity * completeness / both if both else 0.0


def expected_mutual_information(a: np.ndarray, b: np.ndarray) -> float:
    """The mean mutual information of random partitions with classes of these sizes, in nats.

    Vinh, Epps & Bailey (2010), Information theoretic measures for clusterings comparison, equation 24.

    Parameters
    ----------
    a, b : int64 (r,) and (c,), sizes of the classes
    """
    n = int(a.sum())
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1.0, n + 1)))])
    sizes_a, times_a = np.unique(a, return_counts=True)
    sizes_b, times_b = np.unique(b, return_counts=True)
    total = 0.0
    for x, x_times in zip(sizes_a.tolist(), times_a.tolist(), strict=True):
        for y, y_times in zip(sizes_b.tolist(), times_b.tolist(), strict=True):
            shared = np.arange(max(1, x + y - n), min(x, y) + 1)
            log_chance = log_factorial[[x, y, n - x, n - y]].sum() - log_factorial[n]
            for rest in (shared, x - shared, y - shared, n - x - y + shared):
                log_chance = log_chance - log_factorial[rest]
            information = shared / n * np.log(n * shared / (x * y))
            total += x_times * y_times * float(information @ np.exp(log_chance))
    return total
