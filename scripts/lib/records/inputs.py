"""The files of the input: their names in messages, packed copies among them, and ids that hold for one file only."""

import hashlib
import os
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.records.selection import Records
from lib.records.snapshot import damage_named, open_snapshot
from lib.rows import hash_ids

PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip")
READ_BYTES = 1 << 20


def short_names(paths: list[Path]) -> list[str]:
    """The names of files; with their folders below the common one where two have the same name."""
    if len({path.name for path in paths}) == len(paths):
        return [path.name for path in paths]
    whole = [os.path.abspath(path) for path in paths]  # noqa: PTH100 - links stay as the user wrote them
    folder = os.path.commonpath(whole)
    return [Path(path).relative_to(folder).as_posix() for path in whole]


def names_of(paths: list[Path]) -> str | list[str]:
    """The input as the ledger names it."""
    names = short_names(paths)
    return names[0] if len(names) == 1 else names


def packed_copies(paths: list[Path]) -> dict[Path, Path]:
    """The files that hold the same as another of the same name, such as a.csv.gz beside a.csv: copy -> the other."""
    named = defaultdict(list)
    for path in paths:
        named[path.with_suffix("") if path.suffix.lower() in PACKED else path].append(path)
    copies = {}
    for group in named.values():
        first: dict[bytes, Path] = {}
        for path in sorted(group) if len(group) > 1 else ():
            copies[path] = first.setdefault(_digest(path), path)
    return {path: other for path, other in copies.items() if other != path}


def _digest(path: Path) -> bytes:
    digest = hashlib.blake2b()
    with open_snapshot(path) as stream, damage_named(path):
        while data := stream.read(READ_BYTES):
            digest.update(data)
    return digest.digest()


def title_hashes(titles: pa.StringArray) -> np.ndarray:
    """A hash of the letters and digits of each title: uint64 (n,), never 0."""
    letters = ["".join(filter(str.isalnum, title.lower())) for title in titles.to_pylist()]
    return hash_ids(letters) | np.uint64(1)


def part_local_ids(records: Records, bounds: list[int]) -> list[tuple[str, int, int]]:
    """Give papers of different files that share a local id, but not the title, ids of their own, in place.

    The id 7 becomes 7:1a2b3c4d, by the title, for each of them.

    Parameters
    ----------
    bounds : the number of records before each file

    Returns
    -------
    for each such id: the id, and the lines of two of its records
    """
    rows = np.flatnonzero(records.titles)
    rows = rows[pc.sort_indices(records.ids.take(pa.array(rows))).to_numpy()]
    ids = records.ids.take(pa.array(rows)).to_pylist()
    several = {name for name, count in Counter(ids).items() if count > 1}
    groups: dict[str, list[int]] = defaultdict(list)
    for name, row in zip(ids, rows.tolist(), strict=True):
        if name in several:
            groups[name].append(row)
    new: dict[int, str] = {}
    parted = []
    for name, group in groups.items():
        titles = records.titles[group]
        files = np.searchsorted(bounds, records.lines[group])
        others = np.flatnonzero((titles != titles[0]) & (files != files[0]))
        if len(others):
            parted.append((name, int(records.lines[group[0]]), int(records.lines[group[others[0]]])))
            new |= {
                row: f"{name}:{title >> 32:08x}" for row, title in zip(group, titles.tolist(), strict=True)
            }
    if new:
        mask = np.zeros(len(records.ids), bool)
        mask[list(new)] = True
        names = pa.array([new[row] for row in sorted(new)], pa.string())
        records.ids = pc.replace_with_mask(records.ids, pa.array(mask), names)
    return parted
