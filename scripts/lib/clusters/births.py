"""New subjects: groups of new papers whose nearest papers are new as well."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.lloyd import Stay, lloyd
from lib.parallel import map_chunks
from lib.vectors import take, unit

NEAREST = 20  # papers around a paper that are new or not
YOUNG = 12  # runs: a subject that grows slowly is not new in any one of them
LEAST_SHARE = 0.5  # of the nearest papers of a paper in a group
SHARE_STEP = 0.05
LEAST_PAPERS = 20  # of a group
PART_OF_TOPIC = 0.1  # a group has at least this share of the papers of an average topic
GATE = 0.75  # of what the best division gained in the first run: with less, the map crumbles
SHOWN = 5  # papers of a group that are named


def new_groups(
    near: np.ndarray,
    young: np.ndarray,
    k: int,
    is_tight: Callable[[np.ndarray], bool] = lambda rows: True,
    threads: int = 1,
) -> list[np.ndarray]:
    """Groups of young papers most of whose nearest papers are young, largest first: int64 rows of each.

    Misfit does not tell: new papers of a new subject are as near to an old topic as others. In a group, of each
    paper at least half of the NEAREST papers are young, and at least twice the share of young papers in the corpus.
    The group is connected by nearest papers, and holds LEAST_PAPERS and a tenth of an average topic. Where a third of
    the corpus is young, one group can reach across many topics. A group that is much wider than topics are is therefore
    cut at higher shares, in steps of SHARE_STEP.

    Parameters
    ----------
    near : int32 (n, m), the nearest papers of each paper
    young : bool (n,)
    k : number of topics
    is_tight : whether papers, int64 (g,), are about as close to each other as those of a topic
    """
    parts = map_chunks(len(near), threads, lambda a, b: young[near[a:b, :NEAREST]].mean(1))
    share = np.where(young, np.concatenate(list(parts)), -1.0)
    least, size = max(LEAST_SHARE, 2 * float(young.mean())), max(LEAST_PAPERS, PART_OF_TOPIC * len(near) / k)
    groups, open_ones = [], _connected(near, np.flatnonzero(share >= least))
    while open_ones:
        rows = open_ones.pop()
        if len(rows) < size:
            continue
        if is_tight(rows):
            groups.append(rows)
        else:
            higher = float(share[rows].min()) + SHARE_STEP
            open_ones += _connected(near, rows[share[rows] >= higher - 1e-9])
    return sorted(groups, key=lambda rows: (-len(rows), rows[0]))


def _connected(near: np.ndarray, members: np.ndarray) -> list[np.ndarray]:
    """The components of some papers that are connected by nearest papers: int64 rows of each.

    Parameters
    ----------
    members : int64 (m,), ascending
    """
    from scipy import sparse

    position = np.full(len(near), -1, np.int64)
    position[members] = np.arange(len(members))
    ends = position[near[members, :NEAREST]]
    begins = np.broadcast_to(np.arange(len(members))[:, None], ends.shape)
    known = ends >= 0
    edges = sparse.coo_matrix(
        (np.ones(int(known.sum()), np.int8), (begins[known], ends[known])), shape=(len(members),) * 2
    )
    _, component = sparse.csgraph.connected_components(edges, directed=False)
    order = np.argsort(component, kind="stable")
    return np.split(members[order], np.flatnonzero(np.diff(component[order])) + 1) if len(members) else []


@dataclass
class Group:
    """A group of new papers.

    Attributes
    ----------
    rows : int (m,), nearest to the mean first
    mean : float32 (dim,), of its smoothed vectors
    """

    rows: np.ndarray
    mean: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, rows: np.ndarray) -> "Group":
        """The group of these rows of the smoothed vectors."""
        members = unit(take(vectors, rows))
        mean = members.mean(0, dtype=np.float64).astype(np.float32)
        return cls(rows[np.argsort(-(members @ mean), kind="stable")], mean)


def group_to_open(
    sample: np.ndarray,
    centroids: np.ndarray,
    stay: Stay,
    young: np.ndarray,
    groups: list[Group],
    gain: float,
    threads: int = 1,
) -> Group | None:
    """The group that gains most as one more topic, if it gains enough and half of the topic is young.

    Parameters
    ----------
    sample : float32 (n, dim), smoothed vectors of a sample
    centroids : float32 (k, dim), of the topics so far
    stay : the homes of the rows of the sample
    young : bool (n,), of the sample
    gain : what the best division of a topic gained in the first run, per row
    """
    if not groups:
        return None
    k, best, most = len(centroids), None, GATE * gain
    before = lloyd(sample, centroids, stay=stay, threads=threads)
    for group in groups:
        after = lloyd(sample, np.vstack([before.centroids, group.mean]), stay=stay, threads=threads)
        gained = (before.inertia - after.inertia) / len(sample)
        if gained >= most and is_young(after.labels == k, young):
            best, most = group, gained
    return best


def is_young(in_topic: np.ndarray, young: np.ndarray) -> bool:
    """Whether half of the papers of a topic are young: both bool (n,)."""
    return bool(in_topic.any()) and 2 * int((in_topic & young).sum()) >= int(in_topic.sum())
