"""What changed since an earlier run: topics that are born, end, part, join, grow or are renamed.

Growth is tested: the new papers in a topic are compared with its share of the papers that were there (exact binomial
test), and the false discovery rate over all topics is controlled by Benjamini & Hochberg (1995).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy.special import bdtr, bdtrc

from lib.clusters.schema import NewGroup
from lib.edits.numbers import FIRST_MADE
from lib.trends.periods import FALSE_DISCOVERIES
from lib.trends.regression import adjusted
from lib.trends.schema import CHANGES

LEAST_FACTOR = 1.25  # of two shares, below which growth is not worth a line
SHOWN = 3  # papers that show a change


@dataclass
class Step:
    """Two runs that follow each other.

    Attributes
    ----------
    before, after : columns `topic`, `key` and `name`, and of `after` also `was`; one row per topic
    old : int32 (m,), topic number of each paper of the earlier run
    old_topic : int32 (n,), topic number that each paper of this run had; -1: it had none
    topic : int32 (n,), topic number of each paper of this run
    similarity : float32 (n,), to the centroid of its topic
    shared : bool (n,), whether the earlier run has the paper
    ids : of the papers of this run
    announced : groups of new papers
    gone : keys of the topics that edits took away
    """

    before: pd.DataFrame
    after: pd.DataFrame
    old: np.ndarray
    old_topic: np.ndarray
    topic: np.ndarray
    similarity: np.ndarray
    shared: np.ndarray
    ids: pa.ChunkedArray
    announced: list[NewGroup]
    gone: frozenset[str] = frozenset()

    @cached_property
    def counts(self) -> pd.DataFrame:
        """The papers of each topic of either run, by number: `before`, `after`, and of these `new` and `stayed`."""
        numbers = sorted({*self.before["topic"], *self.after["topic"]})
        size = max(numbers) + 1

        def count(topics: np.ndarray) -> np.ndarray:
            return np.bincount(topics[topics >= 0], minlength=size)[numbers]

        columns = {
            "before": count(self.old),
            "after": count(self.topic),
            "new": count(self.topic[~self.shared]),
            "stayed": count(self.topic[self.shared & (self.old_topic == self.topic)]),
        }
        return pd.DataFrame(columns, index=numbers)

    @cached_property
    def texts(self) -> pd.DataFrame:
        """The key and name of each topic of either run, by number; those of today if it goes on."""
        both = pd.concat([self.after, self.before]).drop_duplicates("topic")
        return both.set_index("topic")[["key", "name"]]

    @cached_property
    def flows(self) -> pd.DataFrame:
        """The papers of both runs by former and present topic: columns `old`, `new` and `papers`, largest first."""
        both = (self.old_topic >= 0) & (self.topic >= 0)
        pairs = pd.DataFrame({"old": self.old_topic[both], "new": self.topic[both]})
        counts = pairs.value_counts().rename("papers").reset_index()
        return counts.sort_values(["papers", "old", "new"], ascending=[False, True, True], ignore_index=True)

    def most_similar(self, rows: np.ndarray) -> list[str]:
        """The ids of the rows most similar to the centroids of their topics."""
        order = np.argsort(-self.similarity[rows], kind="stable")
        return self.ids.take(rows[order[:SHOWN]]).to_pylist()


def growth(new_papers: np.ndarray, old_papers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """By which factor the share of each topic differs among new papers, float64 (k,), and the q-value of it.

    Parameters
    ----------
    new_papers, old_papers : int64 (k,), new papers of each topic, and papers that were there
    """
    n, total = int(new_papers.sum()), int(old_papers.sum())
    share = old_papers / max(total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        factor = (new_papers / max(n, 1)) / share
    tested = (old_papers > 0) & (old_papers < total) & (n > 0)
    at_most = bdtr(new_papers, n, share)
    at_least = np.where(new_papers > 0, bdtrc(np.maximum(new_papers - 1, 0), n, share), 1.0)
    p_values = np.where(tested, np.minimum(2 * np.minimum(at_most, at_least), 1.0), np.nan)
    return factor, adjusted(p_values)


def change_table(step: Step) -> pd.DataFrame:
    """All changes, with the columns of CHANGES: born topics first, then those that ended, grew, shrank, and so on."""
    rows = [*_born(step), *_ended(step), *_grown(step), *_renamed(step), *_announced(step)]
    return pd.DataFrame([_complete(step, row) for row in rows], columns=CHANGES.names)


def _born(step: Step) -> list[dict]:
    """New numbers; a topic is split off if most of its papers were there, and most of these in one topic."""
    rows = []
    flows = step.flows
    opened = {group["topic"] for group in step.announced if group["opened"]}
    for number in step.after["topic"][~step.after["topic"].isin(step.before["topic"])]:
        inside = step.topic == number
        sources = flows[flows["new"] == number]
        shared, size = int(sources["papers"].sum()), int(inside.sum())
        largest = sources.iloc[0] if len(sources) else None
        other = None if largest is None or 2 * largest["papers"] <= shared else int(largest["old"])
        parted = 2 * shared > size and other is not None and number not in opened
        kind = "split" if parted else "born"
        shown = np.flatnonzero(inside & ~step.shared)
        papers = step.most_similar(shown if len(shown) else np.flatnonzero(inside))
        made = int(number) >= FIRST_MADE
        rows.append({"kind": kind, "topic": int(number), "other": other, "papers": papers, "by_edit": made})
    return rows


def _ended(step: Step) -> list[dict]:
    """Numbers that are not there any more; a topic is merged if most of its papers are in one topic now."""
    rows = []
    flows = step.flows
    for number in step.before["topic"][~step.before["topic"].isin(step.after["topic"])]:
        targets = flows[flows["old"] == number]
        shared = int(targets["papers"].sum())
        largest = targets.iloc[0] if len(targets) else None
        other = None if largest is None or 2 * largest["papers"] <= shared else int(largest["new"])
        papers = step.most_similar(np.flatnonzero(step.old_topic == number))
        kind = "ended" if other is None else "merged"
        away = step.texts.loc[number, "key"] in step.gone
        rows.append({"kind": kind, "topic": int(number), "other": other, "papers": papers, "by_edit": away})
    return rows


def _grown(step: Step) -> list[dict]:
    """Topics of both runs that new papers join more often, or less often, than their size lets expect."""
    numbers = step.after["topic"].to_numpy()
    counts = step.counts.loc[numbers]
    new, there = counts["new"].to_numpy(), (counts["after"] - counts["new"]).to_numpy()
    factor, q_values = growth(new, there)
    both = np.isin(numbers, step.before["topic"]) & (q_values <= FALSE_DISCOVERIES)
    rows = []
    for kind, far in (("grew", factor >= LEAST_FACTOR), ("shrank", factor <= 1 / LEAST_FACTOR)):
        at = np.flatnonzero(both & far)
        for i in at[np.argsort(-np.abs(np.log(np.maximum(factor[at], 1e-9))), kind="stable")]:
            papers = step.most_similar(np.flatnonzero(~step.shared & (step.topic == numbers[i])))
            change = {"factor": float(factor[i]), "q_value": float(q_values[i])}
            rows.append({"kind": kind, "topic": int(numbers[i]), "papers": papers, **change})
    return rows


def _renamed(step: Step) -> list[dict]:
    named = step.after[step.after["was"].notna()]
    return [
        {"kind": "renamed", "topic": int(row.topic), "was": row.was, "papers": []}
        for row in named.itertuples()
    ]


def _announced(step: Step) -> list[dict]:
    """Groups of new papers that have not become a topic, if papers of this run are in them."""
    return [
        {"kind": "announced", "topic": group["topic"], "after": group["size"], "new": group["new"]}
        | {"before": group["size"] - group["new"], "stayed": 0, "announced": group["run"]}
        | {"papers": group["papers"][:SHOWN]}
        for group in step.announced
        if group["new"] and not group["opened"]
    ]


def _complete(step: Step, row: dict) -> dict:
    """The row with key, names and numbers of papers."""
    number, other = row["topic"], row.get("other")
    texts = {
        **step.texts.loc[number].to_dict(),
        "other_name": None if other is None else step.texts.loc[other, "name"],
    }
    counts = {name: int(value) for name, value in step.counts.loc[number].items()}
    return (
        {"other": None, "was": None, "factor": None, "q_value": None, "announced": None, "by_edit": None}
        | counts
        | texts
        | row
    )


def history_table(
    earlier: pd.DataFrame, step: Step, changes: pd.DataFrame, run: int, newest: object
) -> pd.DataFrame:
    """The topics of all runs of the chain, with the columns of HISTORY.

    Parameters
    ----------
    earlier : the rows of the earlier runs
    run : number of this one
    newest : date of its newest paper, or None
    """
    events = changes[changes["kind"].isin(["born", "split", "ended", "merged", "renamed"])]
    kinds = events.groupby("topic")["kind"].agg(", ".join).to_dict()
    numbers = [*step.after["topic"], *step.before["topic"][~step.before["topic"].isin(step.after["topic"])]]
    table = step.texts.loc[numbers].assign(
        run=run,
        newest=newest,
        papers=len(step.topic),
        size=step.counts["after"],
        new=step.counts["new"],
        event=pd.Series(kinds, dtype=object),
    )
    table = table.rename_axis("topic").reset_index()
    return pd.concat([earlier, table], ignore_index=True)
