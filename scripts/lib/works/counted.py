"""Count works, not records: read which records count, and leave out the others."""

from pathlib import Path

import numpy as np

from lib.rows import label_sizes
from lib.tables import read_table
from lib.works.schema import WORKS


def read_counted(works: Path) -> np.ndarray:
    """Whether each record counts: bool (n,), from works.parquet."""
    return read_table(works, WORKS, ["counted"])["counted"].to_numpy()


def without_copies(labels: np.ndarray, counted: np.ndarray) -> np.ndarray:
    """Labels in which records that do not count have none (-1): int (n,).

    A label whose records all stand for works elsewhere keeps them, since a topic has a paper at least.

    Parameters
    ----------
    labels : int (n,), -1 for none
    counted : bool (n,), `read_counted`
    """
    k = int(labels.max(initial=-1)) + 1
    kept = np.r_[label_sizes(np.where(counted, labels, -1), k) == 0, False][labels] | counted
    return np.where(kept, labels, -1)
