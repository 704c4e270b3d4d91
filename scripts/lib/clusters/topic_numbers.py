"""Lasting numbers and keys of topics.

Files hold lasting numbers: they may have gaps, and do not follow the sizes. Scripts compute with codes, 0 to k - 1 in
ascending order of the number. `partitions.renumbered` puts the numbers back.
"""

from collections.abc import Collection
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.cli import UserError
from lib.clusters.schema import ASSIGNMENTS, MEMBERSHIPS
from lib.tables import read_table

KEY_DIGITS = 4  # hexadecimal digits of a key, or more


def dense(topics: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Codes in place of lasting numbers: int32 (n,); -1 stays. And the numbers, ascending: int32 (k,).

    Parameters
    ----------
    topics : int (n,), lasting numbers; -1 for unassigned papers
    """
    numbers = np.unique(topics[topics >= 0]).astype(np.int32)
    return to_codes(topics, numbers), numbers


def to_codes(topics: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The place of each topic in `numbers`: int32 (n,); -1 stays.

    Parameters
    ----------
    topics : int (n,), lasting numbers; -1 for none
    numbers : int (k,), distinct, in any order

    Raises
    ------
    UserError
        A topic is not among the numbers.
    """
    order = np.argsort(numbers, kind="stable")
    places = np.searchsorted(numbers, topics, sorter=order)
    codes = np.append(order, -1)[places]
    unknown = (topics != np.append(numbers, -1)[codes]) & (topics != -1)
    if unknown.any():
        names = ", ".join(map(str, np.unique(topics[unknown])[:5]))
        raise UserError(
            f"topics that are not among the {len(numbers)} of this run: {names}; delete older files and run again"
        )
    return np.where(topics < 0, -1, codes).astype(np.int32)


def read_assignments(
    path: Path, columns: list[str], numbers: np.ndarray | None = None
) -> tuple[pa.Table, np.ndarray]:
    """The given columns of assignments.parquet, with codes in place of the numbers of topics; and the numbers.

    Parameters
    ----------
    columns : with `topic`
    numbers : int (k,), all topics of the run, in the order of the codes; None: those that have papers, ascending

    Raises
    ------
    UserError
        A paper is in a topic that is not among the numbers.
    """
    table = read_table(path, ASSIGNMENTS, columns)
    if numbers is None:
        _, numbers = dense(table["topic"].to_numpy())
    for name in {"topic", "second_topic"} & set(columns):
        codes = to_codes(table[name].fill_null(-1).to_numpy(), numbers)
        table = table.set_column(columns.index(name), name, pa.array(codes))
    return table, numbers


def read_memberships(path: Path, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best topics of each paper, int32 (n, b), by code, largest share first, and the shares, float32 (n, b).

    Papers with fewer than b topics have -1 and 0 in place of the others.

    Parameters
    ----------
    numbers : int (k,), all topics of the run, in the order of the codes
    """
    lists = read_table(path, MEMBERSHIPS).combine_chunks()
    lengths = np.diff(lists["topics"].chunk(0).offsets.to_numpy()) if len(lists) else np.empty(0, int)
    known = np.arange(lengths.max(initial=0)) < lengths[:, None]
    topics, shares = np.full(known.shape, -1, np.int32), np.zeros(known.shape, np.float32)
    topics[known] = to_codes(lists["topics"].chunk(0).flatten().to_numpy(), numbers) if len(lists) else []
    shares[known] = lists["shares"].chunk(0).flatten().to_numpy() if len(lists) else []
    return topics, shares


def birth_key(ids: list[str], given: Collection[str] = ()) -> str:
    """The key of a new topic: `t` and the first four digits of a hash of its papers, or as many more as make it new.

    Parameters
    ----------
    ids : of the papers of the topic at its birth, in any order
    given : all earlier keys of the chain of runs
    """
    digits = blake2b("\0".join(sorted(ids)).encode()).hexdigest()
    keys = (f"t{digits[:n]}" for n in range(KEY_DIGITS, len(digits) + 1))
    return next(key for key in keys if key not in given)
