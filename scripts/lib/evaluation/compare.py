"""Two runs side by side: which topics are the same, and how many papers are in another one."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.clusters.partitions import Contingency, count_pairs

SAME = 0.5  # Jaccard index of two topics that are the same


@dataclass
class Comparison:
    """The topics of two runs over the papers that both have.

    Attributes
    ----------
    shared : int64 (k_a, k_b), papers by their topics in both runs
    match : int (k_a,), the topic of the second run that each topic of the first is matched with, -1 for none
    jaccard : float64 (k_a, k_b)
    ami, ari : agreement of the partitions of the papers, 0 for chance and 1 if they are the same; None below two papers
    """

    shared: np.ndarray
    match: np.ndarray
    jaccard: np.ndarray
    ami: float | None
    ari: float | None

    @property
    def moved(self) -> int:
        """The papers that are not in the topic that theirs is matched with."""
        kept = self.match >= 0
        return int(self.shared.sum() - self.shared[np.flatnonzero(kept), self.match[kept]].sum())


def compare(a: np.ndarray, b: np.ndarray, k_a: int, k_b: int) -> Comparison:
    """Match the topics of two runs so that as many papers as possible stay in theirs (Kuhn, 1955).

    Parameters
    ----------
    a, b : int (n,), the topic of each shared paper in both runs, from 0 on; -1 for papers in no topic, which do not count
    """
    from scipy.optimize import linear_sum_assignment

    both = (a >= 0) & (b >= 0)
    shared = count_pairs(a[both], b[both], k_a, k_b)
    rows, columns = linear_sum_assignment(-shared)
    match = np.full(k_a, -1)
    some = shared[rows, columns] > 0
    match[rows[some]] = columns[some]
    union = shared.sum(1)[:, None] + shared.sum(0) - shared
    jaccard = np.divide(shared, union, out=np.zeros(shared.shape), where=union > 0)
    if both.sum() < 2:
        return Comparison(shared, match, jaccard, None, None)
    partitions = Contingency.of(a[both], b[both])
    return Comparison(shared, match, jaccard, partitions.adjusted_mutual_information, partitions.rand)


def topic_pairs(found: Comparison, a: pd.DataFrame, b: pd.DataFrame) -> list[dict]:
    """A row per topic of the first run by descending size, then those of the second that have no match.

    Parameters
    ----------
    a, b : columns `name`, `key` and `size` of the topics, in the order of their codes
    """
    rows = []
    for code in np.argsort(-a["size"].to_numpy(), kind="stable").tolist():
        other = int(found.match[code])
        jaccard = float(found.jaccard[code, other]) if other >= 0 else 0.0
        rows.append(
            {
                "a": a["name"][code],
                "a_size": int(a["size"][code]),
                "b": b["name"][other] if other >= 0 else None,
                "b_size": int(b["size"][other]) if other >= 0 else None,
                "shared": int(found.shared[code, other]) if other >= 0 else 0,
                "jaccard": jaccard,
                "same": jaccard >= SAME,
                "also": others(found.shared[code], other, b),
            }
        )
    for code in sorted(set(range(len(b))) - set(found.match.tolist()), key=lambda code: -b["size"][code]):
        rows.append(
            {
                "a": None,
                "a_size": None,
                "b": b["name"][code],
                "b_size": int(b["size"][code]),
                "shared": 0,
                "jaccard": 0.0,
                "same": False,
                "also": others(found.shared[:, code], -1, a),
            }
        )
    return rows


def others(papers: np.ndarray, match: int, topics: pd.DataFrame, share: float = 0.1) -> list[tuple[str, int]]:
    """The other topics that hold a share of these papers, and how many: (name, papers), the largest first.

    Parameters
    ----------
    papers : int (k,), of one topic, by the topics of the other run
    match : the topic that is not listed
    """
    least = share * papers.sum()
    order = np.argsort(-papers, kind="stable")
    return [
        (topics["name"][code], int(papers[code])) for code in order if papers[code] > least and code != match
    ]
