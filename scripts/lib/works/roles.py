"""Which record stands for a work, and the role of each record."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records.notes import is_note
from lib.tables import read_batches
from lib.works.components import Components
from lib.works.identifiers import is_preprint, keys_of_ids
from lib.works.schema import ROLES
from lib.works.titles import NAMED_PART, ROMAN_PART, part_number

BATCH = 1 << 17  # records at a time
ARTICLE, PREPRINT, VERSION, PART, CORRECTION = range(len(ROLES))
NOTE = r"(?i)errat|corrig|correct|retract|withdraw|addend|amend|expressions? of concern"


def roles_alone(papers: Path, of_preprints: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The role that each record has by itself, never a version: int8 (n,), indices into ROLES; and whether it is that
    of a preprint by id or DOI: bool (n,).

    Parameters
    ----------
    of_preprints : ids of the records with the DOI of a preprint
    """
    roles, preprints = [], []
    for batch in read_batches(papers, ["id", "title", "abstract"], BATCH):
        ids, titles = batch["id"], batch["title"]
        preprint = is_preprint(ids, keys_of_ids(ids))
        preprint |= pc.is_in(ids, of_preprints).to_numpy(zero_copy_only=False)
        role = np.where(preprint, PREPRINT, ARTICLE).astype(np.int8)
        named, roman = (pc.match_substring_regex(titles, pattern) for pattern in (NAMED_PART, ROMAN_PART))
        rows = np.flatnonzero(pc.or_(named, roman).to_numpy(zero_copy_only=False))
        announced = [part_number(title) is not None for title in titles.take(pa.array(rows)).to_pylist()]
        role[rows[np.array(announced, bool)]] = PART
        rows = np.flatnonzero(pc.match_substring_regex(titles, NOTE).to_numpy(zero_copy_only=False))
        some = pa.array(rows)
        notes = is_note(titles.take(some), batch["abstract"].take(some)).to_numpy(zero_copy_only=False)
        role[rows[notes]] = CORRECTION
        roles.append(role)
        preprints.append(preprint)
    return np.concatenate(roles), np.concatenate(preprints)


def settle(
    works: Components,
    ids: dict[int, str],
    days: dict[int, int],
    ranks: dict[int, int],
    roles: np.ndarray,
    preprints: np.ndarray,
) -> np.ndarray:
    """The row of the record that stands for the work of each record: int64 (n,). Changes `roles` of the others.

    An article comes before a preprint; then a record with a DOI or a journal, one with a title not in capitals, the newest, and the smallest id.

    Parameters
    ----------
    ids, days : of the records in `works`, by row; a day that is not known is before all others
    ranks : by row, larger for records that say more: 2 for a DOI or a journal, 1 for a title not in capitals
    roles, preprints : `roles_alone`
    """
    standing = np.arange(len(roles))
    members: dict[int, list[int]] = {}
    for row in ids:
        members.setdefault(works.work_of(row), []).append(row)
    for rows in members.values():
        if len(rows) > 1:
            rows.sort(key=lambda row: (preprints[row], -ranks[row], -days[row], ids[row]))
            standing[rows] = rows[0]
            for row in rows[1:]:
                roles[row] = PREPRINT if preprints[row] and not preprints[rows[0]] else VERSION
    return standing
