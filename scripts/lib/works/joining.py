"""Join records into works: those with one text, with one DOI, and near neighbors that titles and abstracts confirm."""

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pyarrow as pa

from lib.works.components import Components
from lib.works.evidence import (
    SAME_TITLE,
    Description,
    Marks,
    family_name,
    fingerprint,
    least_overlap,
    may_be_one,
    overlap,
)
from lib.works.identifiers import is_preprint, keys_of_ids, server_of
from lib.works.titles import NOTES, Likeness, is_shared, likeness, part_number, title_words

MANY_TITLES = 4  # of one DOI, from which it is that of a volume
ARTICLE = frozenset({"article"})


def describe(records: pa.Table, facets: dict[str, dict[str, list[str]]]) -> list[Description]:
    """What is compared of records first.

    Parameters
    ----------
    records : columns `id`, `title` and `published`
    facets : `read_values`
    """
    ids = records["id"].combine_chunks()
    keys = keys_of_ids(ids)
    described = []
    for key, of_id, preprint, title, day in zip(
        ids.to_pylist(),
        keys.to_pylist(),
        is_preprint(ids, keys).tolist(),
        records["title"].to_pylist(),
        records["published"].to_pylist(),
        strict=True,
    ):
        dois = {*facets["doi"].get(key, ()), *([of_id] if of_id else [])}
        marks: dict[str, set[str]] = {}
        for doi in dois:
            if server := server_of(doi):
                marks.setdefault(server, set()).add(doi)
        if preprint and not of_id:
            marks["preprint"] = {key}
        if part := part_number(title):
            marks["part"] = {part}
        families = frozenset(filter(None, map(family_name, facets["authors"].get(key, ()))))
        fixed: Marks = {name: frozenset(of) for name, of in marks.items()}
        described.append(Description(title, title_words(title), families, day and day.year, fixed))
    return described


def similar_titles(pairs: np.ndarray, rows: np.ndarray, records: pa.Table) -> np.ndarray:
    """Whether titles and years allow that the records of each pair are one work: bool (m,).

    Parameters
    ----------
    pairs : int64 (m, 2), rows
    rows : int64, ascending, the rows of `records`, columns `title` and `published`
    """
    titles = records["title"].to_pylist()
    years = [day and day.year for day in records["published"].to_pylist()]
    described = [
        Description(title, title_words(title), frozenset(), year, {})
        for title, year in zip(titles, years, strict=True)
    ]
    places = np.searchsorted(rows, pairs).tolist()
    return np.fromiter((may_be_one(described[a], described[b]) for a, b in places), bool, len(pairs))


def join_same_texts(works: Components, groups: list[np.ndarray], described: dict[int, Description]) -> int:
    """Join records with one text, unless their authors differ, or the DOIs under a title such as "Editorial"."""
    joined = 0
    for rows in groups:
        # side by side are those with the same authors
        ordered = sorted(rows.tolist(), key=lambda row: (sorted(described[row].families), row))
        for a, b in pairwise(ordered):
            marks = set(described[a].marks) | set(described[b].marks)
            joined += works.join(a, b, marks - ARTICLE if is_shared(described[a].words) else marks)
    return joined


def join_same_dois(works: Components, groups: list[np.ndarray], described: dict[int, Description]) -> int:
    """Join records with one DOI, unless it is that of a volume, or of a paper and of what corrects it."""
    joined = 0
    for rows in groups:
        volume = len({described[row].words for row in rows.tolist()}) >= MANY_TITLES
        first, *others = rows.tolist()
        for before, row in zip(rows.tolist(), others, strict=False):
            joined += any(
                _one_doi(works, other, row, described, volume=volume)
                for other in dict.fromkeys((first, before))
            )
    return joined


def _one_doi(works: Components, a: int, b: int, described: dict[int, Description], *, volume: bool) -> bool:
    one, other = described[a], described[b]
    if (one.words[:1] != other.words[:1]) and NOTES & {*one.words[:1], *other.words[:1]}:
        return False
    similar = likeness(one.title, other.title, one.words, other.words) >= Likeness.CLOSE
    if volume and not similar:
        return False
    # two preprints of one server with the DOI of one article: papers of one volume, unless the titles say otherwise
    may_differ = (set(one.marks) | set(other.marks)) - ARTICLE - {"part"} if similar else ()
    return works.join(a, b, may_differ, any_authors=True)


def join_neighbors(
    works: Components,
    pairs: np.ndarray,
    cosines: np.ndarray,
    described: dict[int, Description],
    abstracts: Callable[[np.ndarray], list[str]],
) -> int:
    """Join near neighbors that title, authors, year and abstract say are one work.

    Parameters
    ----------
    pairs : int64 (m, 2), rows
    cosines : float32 (m,)
    abstracts : gives those of rows, int (m,) in ascending order
    """
    open_pairs = []
    for (a, b), cosine in zip(pairs.tolist(), cosines.tolist(), strict=True):
        if works.work_of(a) != works.work_of(b):
            least = least_overlap(described[a], described[b])
            if least is not None:
                open_pairs.append((least, -cosine, a, b))
    rows = np.unique([row for pair in open_pairs for row in pair[2:]]).astype(np.int64)
    prints = dict(zip(rows.tolist(), map(fingerprint, abstracts(rows)), strict=True))
    joined = 0
    # those with the best reasons first, so that what contradicts them is refused
    for least, _, a, b in sorted(open_pairs):
        common = overlap(prints[a], prints[b])
        if least <= SAME_TITLE if common is None else common >= least:
            servers = {name for name in described[a].marks if name not in ("article", "part")}
            direct = servers & set(described[b].marks)
            joined += works.join(a, b, direct)
    return joined
