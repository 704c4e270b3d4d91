"""The chain of runs: what the results of an earlier run say of the papers of this one, and the numbers of its topics."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.cli import UserError, warn
from lib.clusters.births import SHOWN, YOUNG
from lib.clusters.following import Earlier, Followed
from lib.clusters.partitions import number_by_size, renumbered
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary, NewGroup
from lib.clusters.topic_numbers import birth_key, to_codes
from lib.files import read_json
from lib.rows import positions
from lib.tables import read_table

BLOCK = 100_000  # ids that are Python strings at a time


def read_earlier(
    assignments: Path | None, cluster: Path | None, ids: pa.ChunkedArray
) -> tuple[Earlier | None, ClusterSummary | None]:
    """The topics that the papers were in, and cluster.json of that earlier run; None and None without one.

    Parameters
    ----------
    ids : of the papers of this run

    Raises
    ------
    UserError
        The files do not fit each other, or no paper is in both runs.
    """
    if assignments is None or cluster is None:
        return None, None
    table = read_table(assignments, ASSIGNMENTS, ["id", "topic", "age"])
    summary = read_json(cluster, ClusterSummary)
    if len(table) != summary["papers"]:
        raise UserError(f"{assignments} and {cluster} are not of one run; run the earlier map again")
    numbers = np.array(summary["numbers"], np.int32)
    code = to_codes(table["topic"].to_numpy(), numbers)
    at = positions(table["id"], ids)
    if not (at >= 0).any():
        raise UserError(
            f"config key previous: none of the {len(ids):,} papers is among the {len(table):,} of {assignments}; set it to "
            "a run of the same corpus, or to null"
        )
    left = int((at >= 0).sum())
    if left < len(table) / 2:
        warn(
            f"{left:,} of the {len(table):,} papers of the previous run are in this one; their topics alone go on"
        )
    old_age = table["age"].fill_null(-1).to_numpy()
    topic = np.where(at >= 0, code[at], -1).astype(np.int32)
    since = np.where(old_age < 0, -1, old_age + 1)
    age = np.where(at >= 0, since[at], 0).astype(np.int32)
    sizes = np.bincount(code[code >= 0], minlength=len(numbers))
    return Earlier(topic, age, sizes, summary["gain"]), summary


def ages(earlier: Earlier | None, papers: int) -> pa.Array:
    """The column `age`: null for the papers of the first run."""
    age = earlier.age if earlier else np.full(papers, -1, np.int32)
    return pa.array(age, mask=age < 0)


def digest_of(ids: pa.ChunkedArray, topics: np.ndarray) -> str:
    """A digest of a run: 16 hex digits.

    Parameters
    ----------
    ids : of the papers, n
    topics : int32 (n,), their lasting numbers
    """
    digest = blake2b(digest_size=8)
    for start in range(0, len(ids), BLOCK):
        digest.update("".join(f"{i}\0" for i in ids.slice(start, BLOCK).to_pylist()).encode())
    digest.update(topics.astype(np.int32).tobytes())
    return digest.hexdigest()


@dataclass
class Numbered:
    """The topics of a run, in the order of their lasting numbers.

    Attributes
    ----------
    labels : int32 (n,), position of each paper's topic in `numbers`; -1 for unassigned papers
    numbers : int32 (k,), ascending
    keys : of the topics
    given : keys of every number of the chain
    since : runs of the chain since each topic opened
    ended : numbers of the earlier run that ended
    order : int (k,), the topic before the numbering at each position
    """

    labels: np.ndarray
    numbers: np.ndarray
    keys: list[str]
    given: list[str]
    since: list[int]
    ended: list[int]
    order: np.ndarray


def number_topics(
    labels: np.ndarray, origin: np.ndarray, ids: pa.ChunkedArray, earlier: ClusterSummary | None
) -> Numbered:
    """Give each topic the number of the old topic that it is, or the next free number, larger topics first.

    Parameters
    ----------
    labels : int32 (n,), 0 to k - 1; -1 for unassigned papers
    origin : int32 (k,), position of the old topic in `numbers` of the earlier run; -1: a new topic
    ids : of the papers
    earlier : cluster.json of the earlier run
    """
    k, new = len(origin), np.flatnonzero(origin < 0)
    old, given = (earlier["numbers"], list(earlier["given"])) if earlier else ([], [])
    numbers = np.empty(k, np.int32)
    numbers[origin >= 0] = np.array(old, np.int32)[origin[origin >= 0]]
    by_size = new[np.argsort(number_by_size(labels, k)[new])]
    for number, topic in enumerate(by_size, len(given)):
        numbers[topic] = number
        given.append(birth_key(ids.take(np.flatnonzero(labels == topic)).to_pylist(), given))
    order = np.argsort(numbers)
    age = np.full(k, -1)
    age[origin >= 0] = np.array(earlier["since"] if earlier else [], np.int64)[origin[origin >= 0]]
    rank = np.empty(k, np.int32)
    rank[order] = np.arange(k, dtype=np.int32)
    ended = sorted(set(old) - set(numbers.tolist()))
    return Numbered(
        renumbered(labels, rank),
        numbers[order],
        [given[number] for number in numbers[order]],
        given,
        (age[order] + 1).tolist(),
        ended,
        order,
    )


def announced(
    topics: Followed,
    numbered: Numbered,
    ids: pa.ChunkedArray,
    earlier: Earlier | None,
    before: ClusterSummary | None,
) -> list[NewGroup]:
    """The groups of new papers, for cluster.json; without those of a subject that became a topic in an earlier run.

    A group is one of the run before if it holds half or more of the papers that the earlier one shows.
    """
    groups: list[NewGroup] = []
    if earlier is None or before is None:
        return groups
    run = before["run"] + 1
    for group in topics.groups:
        code = int(np.bincount(numbered.labels[group.rows]).argmax())
        if 0 < numbered.since[code] < min(YOUNG, run):  # topics of the first run are as old as the chain
            continue
        own = set(ids.take(group.rows).to_pylist())
        known = [
            g["run"]
            for g in before["announced"]
            if 2 * len(own.intersection(g["papers"])) >= len(g["papers"])
        ]
        groups.append(
            NewGroup(
                size=len(group.rows),
                new=int((earlier.age[group.rows] == 0).sum()),
                run=min(known, default=run),
                topic=int(numbered.numbers[code]),
                opened=group is topics.opened,
                papers=ids.take(group.rows[:SHOWN]).to_pylist(),
            )
        )
    return groups
