"""The topics while edits are replayed on them, and which topic an edit is about."""

from dataclasses import dataclass, field
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lib.clusters.schema import ASSIGNMENTS, ClusterSummary
from lib.clusters.topic_numbers import to_codes
from lib.edits.schema import APPLIED, CONFLICT, ORPHANED, Outcome, Replayed
from lib.files import read_json
from lib.rows import positions
from lib.tables import read_table

Edit = dict[str, Any]


class NotApplied(Exception):
    """An edit cannot be applied, for the reason given."""

    def __init__(self, status: str, reason: str):
        super().__init__(reason)
        self.status = status


@dataclass
class State:
    """The topics so far.

    Attributes
    ----------
    ids : of the papers, n
    labels : int32 (n,), place of the topic of each paper in `keys`; -1: none
    keys : of all topics, those that are gone too
    given : all keys that the chain has given
    gone : where the topics are that edits removed, by key
    """

    ids: pa.ChunkedArray
    labels: np.ndarray
    keys: list[str]
    given: list[str] = field(default_factory=list)
    gone: dict[str, str] = field(default_factory=dict)

    def code(self, key: str) -> int:
        """The place of a topic.

        Raises
        ------
        NotApplied
            No topic has this key, or an edit has removed it.
        """
        if key in self.gone:
            raise NotApplied(CONFLICT, f"{key} {self.gone[key]}")
        if key in self.keys:
            return self.keys.index(key)
        if key in self.given:
            raise NotApplied(ORPHANED, f"the topic {key} has ended")
        near = get_close_matches(key, self.here(), 1, 0.5)
        raise NotApplied(
            ORPHANED, f"no topic has the key {key}" + (f"; did you mean {near[0]}?" if near else "")
        )

    def here(self) -> list[str]:
        """The keys of the topics of this run."""
        return [key for key in self.keys if key not in self.gone]

    def target(self, edit: Edit) -> int:
        """The place of the topic that an edit is about, by its key or by its papers.

        Raises
        ------
        NotApplied
            No topic has this key, or more than half of these papers.
        """
        if "topic" in edit:
            return self.code(edit["topic"])
        rows, _ = self.rows_of(edit["papers"])
        topics = self.labels[rows][self.labels[rows] >= 0]
        counts = np.bincount(topics, minlength=1)
        if 2 * counts.max() <= len(rows):
            raise NotApplied(
                CONFLICT, f"its papers are in {(counts > 0).sum()} topics, and no topic has more than half"
            )
        return int(counts.argmax())

    def rows_of(self, papers: list) -> tuple[np.ndarray, str | None]:
        """The rows of papers, int64 (m,), and how many are not in the corpus, in words.

        Raises
        ------
        NotApplied
            None of them is there.
        """
        at = positions(self.ids, pa.chunked_array([list(map(str, papers))], pa.string()))
        missing = int((at < 0).sum())
        if missing == len(at):
            raise NotApplied(ORPHANED, f"none of its {missing} papers is in the corpus")
        return at[at >= 0], f"{missing} of its {len(at)} papers are not in the corpus" if missing else None

    def leave(self, code: int, reason: str) -> None:
        """Remove a topic."""
        self.gone[self.keys[code]] = reason


def read_state(assignments: Path, summary: Path, replayed: Path | None) -> State:
    """The topics after the edits of papers, if there are any.

    Parameters
    ----------
    assignments, summary : assignments.parquet and cluster.json, of `edit` or of `cluster`
    replayed : edits.json of `edit`; None if no edit is of papers
    """
    table = read_table(assignments, ASSIGNMENTS, ["id", "topic"])
    cluster = read_json(summary, ClusterSummary)
    labels = to_codes(table["topic"].to_numpy(), np.array(cluster["numbers"], np.int32))
    gone = read_json(replayed, Replayed)["gone"] if replayed else {}
    return State(table["id"], labels, list(cluster["keys"]), cluster["given"], gone)


def applied(key: str | None, reason: str | None = None) -> Outcome:
    """The outcome of an edit that was applied; the reason says what was left out."""
    return Outcome(status=APPLIED, topic=key, reason=reason)


def not_applied(error: NotApplied) -> Outcome:
    """The outcome of an edit that was not."""
    return Outcome(status=error.status, topic=None, reason=str(error))


def seed_key(name: str) -> str:
    """The key of a topic that a seed makes: `s` and four digits of a hash of its name."""
    return "s" + blake2b(name.strip().lower().encode()).hexdigest()[:4]
