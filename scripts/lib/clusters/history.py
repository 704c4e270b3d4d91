"""The chain of runs: what the results of an earlier run say of the papers of this one, and the numbers of its topics."""

from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.cli import UserError, warn
from lib.clusters.following import Earlier
from lib.clusters.partitions import number_by_size, renumbered
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary
from lib.clusters.topic_numbers import birth_key, to_codes
from lib.files import read_json
from lib.rows import positions
from lib.tables import read_table


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
    return Earlier(topic, age, sizes, summary["gain"], digest_of(table)), summary


def ages(earlier: Earlier | None, papers: int) -> pa.Array:
    """The column `age`: null for the papers of the first run."""
    age = earlier.age if earlier else np.full(papers, -1, np.int32)
    return pa.array(age, mask=age < 0)


def digest_of(table: pa.Table) -> str:
    """A digest of ids and topics: 16 hex digits."""
    digest = blake2b("\0".join(table["id"].to_pylist()).encode(), digest_size=8)
    digest.update(table["topic"].to_numpy().tobytes())
    return digest.hexdigest()


@dataclass
class Numbered:
    """The topics of a run, in the order of their lasting numbers.

    Attributes
    ----------
    labels : int32 (n,), position of each paper's topic in `numbers`; -1 for unassigned papers
    numbers : int32 (k,), ascending
    keys : of every number that was given in the chain
    since : runs of the chain since each topic opened
    ended : numbers of the earlier run that ended
    order : int (k,), the topic before the numbering at each position
    """

    labels: np.ndarray
    numbers: np.ndarray
    keys: list[str]
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
    old, given = (earlier["numbers"], list(earlier["keys"])) if earlier else ([], [])
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
    return Numbered(renumbered(labels, rank), numbers[order], given, (age[order] + 1).tolist(), ended, order)
