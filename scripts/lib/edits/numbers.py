"""Lasting numbers of edited topics."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.clusters.partitions import renumbered
from lib.clusters.schema import ClusterSummary
from lib.rows import label_sizes

FIRST_MADE = 10_001  # number of the first topic that an edit made; those of `cluster` begin with 0


@dataclass
class NumberedEdits:
    """The topics that have papers, in the order of their lasting numbers.

    Attributes
    ----------
    labels : int32 (n,), position of each paper's topic in `numbers`; -1 for unassigned papers
    numbers : int32 (k,), ascending
    keys : of the topics
    since : runs of the chain since each opened
    made : keys of all topics that edits made in the chain, in the order of their numbers
    """

    labels: np.ndarray
    numbers: np.ndarray
    keys: list[str]
    since: list[int]
    made: list[str]


def number_edited(
    labels: np.ndarray,
    keys: list[str],
    cluster: ClusterSummary,
    made: list[str],
    earlier: ClusterSummary | None,
) -> NumberedEdits:
    """Number the topics: those of `cluster` keep their number, and those that edits made follow from FIRST_MADE on.

    Parameters
    ----------
    labels : int32 (n,), place of each paper's topic in `keys`; -1 for unassigned papers
    cluster : cluster.json of this run
    made : keys of the topics that edits made in earlier runs
    earlier : edited cluster.json of the earlier run
    """
    here = np.flatnonzero(label_sizes(labels, len(keys)))
    given = dict(zip(cluster["given"], range(len(cluster["given"])), strict=True))
    made = [*made, *(keys[code] for code in here if keys[code] not in given and keys[code] not in made)]
    number_of = given | {key: FIRST_MADE + place for place, key in enumerate(made)}
    numbers = np.array([number_of[keys[code]] for code in here], np.int32)
    order = np.argsort(numbers)
    rank = np.full(len(keys), -1, np.int32)
    rank[here[order]] = np.arange(len(here), dtype=np.int32)
    since = dict(zip(cluster["keys"], cluster["since"], strict=True))
    if earlier:
        before = zip(earlier["keys"], earlier["since"], strict=True)
        since = {key: runs + 1 for key, runs in before} | since
    in_order = [keys[code] for code in here[order]]
    return NumberedEdits(
        renumbered(labels, rank), numbers[order], in_order, [since.get(key, 0) for key in in_order], made
    )


def made_before(history: pd.DataFrame, replayed: list[str]) -> list[str]:
    """The keys of all topics that edits made in the chain, in the order of their numbers.

    Parameters
    ----------
    history : columns `topic` and `key` of HISTORY; no rows if the earlier run is the first of its chain
    replayed : `made` of the earlier run
    """
    known = {FIRST_MADE + place: key for place, key in enumerate(replayed)}
    of_edits = history[history["topic"] >= FIRST_MADE]
    known |= dict(zip(of_edits["topic"].tolist(), of_edits["key"], strict=True))
    return [
        known.get(number, f"{number}") for number in range(FIRST_MADE, max(known, default=FIRST_MADE - 1) + 1)
    ]
