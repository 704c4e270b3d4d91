"""Find the records that are copies and versions of one work."""

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.cli import Parser, run, say
from lib.embeddings.neighbor_graph import read_neighbors
from lib.files import atomic_outputs, write_json
from lib.records.schema import PAPERS
from lib.tables import read_rows, read_table, write_table
from lib.works.candidates import near_pairs, same_dois, same_texts, title_signatures
from lib.works.components import Components
from lib.works.facets import read_dois, read_values, rows_of
from lib.works.identifiers import ARXIV, is_preprint_doi, keys_of_ids
from lib.works.joining import describe, join_neighbors, join_same_dois, join_same_texts, similar_titles
from lib.works.roles import roles_alone, settle
from lib.works.schema import ROLES, WORKS, JoinedRecord, WorksSummary

EXAMPLES = 20  # works with several records, in the summary


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        facets="facets.parquet",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
    )
    cli.flag("--count", str, "works or records: what counts in keywords, sizes and trends")
    cli.outputs(works="works.parquet", summary="works.json")
    return cli.parse_args(argv)


def repeated_dois(ids: pa.Array, facets: Path) -> tuple[list[np.ndarray], pa.Array]:
    """The rows of each DOI that several records have, and the ids of the records with the DOI of a preprint."""
    of_ids = keys_of_ids(ids)
    owners, keys = read_dois(facets)
    rows = rows_of(owners, ids)
    # ids of arXiv are distinct; of those only what another record names as its DOI is needed
    named = pc.is_in(of_ids, pc.unique(keys))
    known = (
        pc.or_(named, pc.invert(pc.starts_with(of_ids, ARXIV)))
        .fill_null(False)
        .to_numpy(zero_copy_only=False)
    )
    own = np.flatnonzero(known)
    all_keys = pa.concat_arrays([keys.combine_chunks(), of_ids.take(pa.array(own))])
    all_rows = np.r_[rows, own]
    inside = all_rows >= 0
    groups = same_dois(all_keys.filter(pa.array(inside)), all_rows[inside])
    return groups, owners.filter(is_preprint_doi(keys)).combine_chunks()


def examples_of(standing: np.ndarray, roles: np.ndarray, papers: Path) -> list[list[JoinedRecord]]:
    """The records of the first works with several, the one that stands for the work first."""
    works = np.unique(standing[standing != np.arange(len(standing))])[:EXAMPLES]
    rows = np.flatnonzero(np.isin(standing, works))
    table = read_rows(papers, ["id", "title"], rows).to_pylist()
    records = {
        row: JoinedRecord(id=each["id"], role=ROLES[roles[row]], title=each["title"])
        for row, each in zip(rows.tolist(), table, strict=True)
    }
    return [
        [records[work], *(records[row] for row in rows[standing[rows] == work].tolist() if row != work)]
        for work in works.tolist()
    ]


def ranks_of(names: dict[int, str], titles: list[str], published: set[str]) -> dict[int, int]:
    """How much each record says, by row, for `settle`; `published` are the ids of those with a DOI or a journal."""
    return {
        row: 2 * (name in published) + (title != title.upper())
        for (row, name), title in zip(names.items(), titles, strict=True)
    }


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    begun = time.perf_counter()
    papers = read_table(args.papers, PAPERS, ["id", "text_hash"]).combine_chunks()
    ids, n = papers["id"].combine_chunks(), len(papers)
    neighbors, cosines = read_neighbors(args.neighbors, args.similarities, n)
    texts = same_texts(papers["text_hash"].combine_chunks())
    dois, of_preprints = repeated_dois(ids, args.facets)
    pairs, near = near_pairs(neighbors, cosines, title_signatures(args.papers, n))
    rows = np.unique(pairs)
    similar = similar_titles(pairs, rows, read_rows(args.papers, ["title", "published"], rows))
    pairs, near = pairs[similar], near[similar]
    rows = np.unique(np.concatenate([pairs.ravel(), *texts, *dois])).astype(np.int64)
    records = read_rows(args.papers, ["id", "title", "published"], rows)
    values = read_values(args.facets, records["id"].combine_chunks())
    described = dict(zip(rows.tolist(), describe(records, values), strict=True))
    works = Components(described)
    by_text = join_same_texts(works, texts, described)
    by_doi = join_same_dois(works, dois, described)
    by_neighbors = join_neighbors(
        works,
        pairs,
        near,
        described,
        lambda some: read_rows(args.papers, ["abstract"], some)["abstract"].to_pylist(),
    )
    roles, preprints = roles_alone(args.papers, of_preprints)
    names = dict(zip(rows.tolist(), records["id"].to_pylist(), strict=True))
    days = records["published"].cast(pa.int32()).fill_null(-1 << 30).to_pylist()
    ranks = ranks_of(names, records["title"].to_pylist(), values["doi"].keys() | values["journal"].keys())
    standing = settle(works, names, dict(zip(names, days, strict=True)), ranks, roles, preprints)
    stands = standing == np.arange(n)
    table = pa.table(
        {
            "id": ids,
            "work": ids.take(pa.array(standing)),
            "role": pa.array(ROLES).take(pa.array(roles)),
            "counted": stands if args.count == "works" else np.ones(n, bool),
        }
    )
    summary = WorksSummary(
        records=n,
        works=int(stands.sum()),
        joined=int(n - stands.sum()),
        by_doi=by_doi,
        by_text=by_text,
        by_neighbors=by_neighbors,
        roles={role: int(np.count_nonzero(roles == i)) for i, role in enumerate(ROLES)},
        count=args.count,
        examples=examples_of(standing, roles, args.papers),
        seconds=round(time.perf_counter() - begun, 1),
    )
    with atomic_outputs(args.works, args.summary) as (works_file, summary_file):
        write_table(works_file, table, WORKS)
        write_json(summary_file, summary)
    say(
        f"{summary['works']:,} works in {n:,} records: {by_doi:,} joined by DOI, {by_text:,} by text, {by_neighbors:,} by neighbors"
    )


if __name__ == "__main__":
    run(main)
