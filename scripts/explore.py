"""Write the map as one HTML file that works offline: zoom, hover, search, filter, browse topics."""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import read_array
from lib.cli import Parser, optional, run, say
from lib.clusters.fit import fits
from lib.clusters.nodes import node_sizes, read_nodes
from lib.clusters.schema import ASSIGNMENTS, SUBTOPICS
from lib.clusters.topic_numbers import read_assignments, read_memberships
from lib.figures.label_layout import densest_points
from lib.figures.page import content_policy, join_modules, render
from lib.files import atomic_outputs
from lib.map import page_records
from lib.map.page_data import cell_order, grid_side, one_line, pack, quantize
from lib.map.page_entries import (
    LATE,
    NONE,
    category_entries,
    former_topics,
    levels,
    paper_blocks,
    search_blocks,
    share_blocks,
    topic_entries,
    trend_entries,
)
from lib.map.page_records import record_blocks
from lib.map.schema import SEARCH_TERMS, read_points
from lib.map.tears import kept_shares, neighbors_on_page
from lib.naming.category_names import read_category_names
from lib.naming.schema import HIERARCHY, TOPICS
from lib.records.schema import PAPERS
from lib.rows import hash_ids, label_sizes, sample_rows
from lib.tables import check_same_rows, read_rows, read_table
from lib.trends.periods import shares_by_year, shares_in
from lib.trends.schema import PERIODS, SUBTOPIC_PERIODS, SUBTOPIC_TRENDS, TRENDS


def write_page(
    template: Path, style: Path, scripts: list[Path], meta: dict[str, Any], blocks: dict[str, Any], note: str
) -> str:
    """The page with all its data, styles and scripts."""
    css = style.read_text(encoding="utf-8")
    packed = {name: pack(data) for name, data in blocks.items()}
    script = join_modules([path.read_text(encoding="utf-8") for path in scripts])
    return render(
        template,
        title=meta["title"],
        note=note,
        policy=content_policy(script, css),
        style=css,
        script=script,
        meta=meta,
        blocks={name: text for name, text in packed.items() if name not in LATE},
        late={name: packed[name] for name in LATE if name in packed},
    )


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        coordinates="coordinates.parquet",
        assignments="assignments.parquet",
        topics="topics.parquet",
        trends="trends.parquet",
        periods="periods.parquet",
        subtopic_trends="subtopic_trends.parquet",
        subtopic_periods="subtopic_periods.parquet",
        hierarchy="hierarchy.parquet",
        subtopics="subtopics.parquet",
        memberships="memberships.parquet",
        neighbors="neighbors.npy",
        facets="facets.parquet",
        category_names="names of categories: CSV with the columns category and name",
        template="explore.html",
        style="its style sheet",
    )
    cli.optional_inputs(
        previous_assignments="assignments.parquet of the earlier run",
        previous_topics="its topics.parquet",
        paper_space="papers.npy of the search",
        term_space="terms.npy",
        search_terms="terms.parquet",
    )
    cli.flag("--scripts", Path, "input: its JavaScript modules, each after those it imports", nargs="+")
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.flag("--edits", json.loads, "text of the file of edits, as JSON: {text: ...}")
    cli.flag("--max-papers", int, "papers in the file, sampled by hash of the id")
    cli.outputs(map="map.html")
    return cli.parse_args(argv)


def count_on_map(
    topics: list[dict], hierarchy: list[dict], topic_of: np.ndarray, subtopic_of: np.ndarray
) -> None:
    """Set the size of each topic and node to that of its papers, in place: the page counts papers, the tables works.

    Parameters
    ----------
    topic_of, subtopic_of : int (n,), of each paper; -1 for none
    """
    for topic, size in zip(topics, label_sizes(topic_of, len(topics)).tolist(), strict=True):
        topic["size"] = size
    sizes = node_sizes(pd.DataFrame(hierarchy), topic_of, subtopic_of)
    for node, size in zip(hierarchy, sizes.tolist(), strict=True):
        node["size"] = size


def add_changes(
    args: argparse.Namespace,
    meta: dict[str, Any],
    blocks: dict[str, Any],
    ids: pa.ChunkedArray,
    topic_of: np.ndarray,
    topics: list[dict],
) -> None:
    """Add what is new since the earlier run to the data of the page, in place; nothing without one.

    Parameters
    ----------
    ids, topic_of : of the papers on the page; int (n,), codes of their topics, -1 for none
    topics : rows of topics.parquet, in the order of the codes
    """
    if args.previous_assignments is None or args.previous_topics is None:
        return
    earlier = read_table(args.previous_assignments, ASSIGNMENTS, ["id", "topic"])
    rows = read_table(args.previous_topics, TOPICS, ["topic", "name"]).to_pylist()
    former = {row["topic"]: row["name"] for row in rows}
    names = {topic["topic"]: topic["name"] for topic in topics}
    numbers = np.append(np.array(list(names), np.int32), -1)[topic_of]
    meta["former"], columns = former_topics(ids, numbers, names, earlier, former)
    blocks |= columns
    for entry, number in zip(meta["topics"], names, strict=True):
        entry["born"] = number not in former


def fit_codes(assigned: pa.Table, k: int) -> np.ndarray:
    """How similar each paper is to its topic: uint8 (n,), the place in FITS counted from 1, 0 without a topic."""
    topic, similarity, outlier = (assigned[name].to_numpy() for name in ("topic", "similarity", "outlier"))
    return (1 + fits(topic, similarity, outlier.astype(bool), k)).astype(np.uint8)


def abstracts(papers: Path, rows: np.ndarray) -> list[str]:
    """The abstracts of the papers on the page, which alone are held; none if there are more than ABSTRACTS.

    Parameters
    ----------
    rows : int (m,), those of the papers on the page, in its order
    """
    if len(rows) > page_records.ABSTRACTS:
        return []
    order = np.argsort(rows)
    texts = read_rows(papers, ["abstract"], rows[order])["abstract"].take(np.argsort(order))
    return [one_line(abstract or "") for abstract in texts.to_pylist()]


def add_search(
    args: argparse.Namespace, meta: dict[str, Any], blocks: dict[str, Any], n: int, rows: np.ndarray
) -> None:
    """Add the space of the search to the data of the page, in place; nothing if the page has none.

    Parameters
    ----------
    n, rows : papers of the corpus; int (m,), those on the page
    """
    if args.paper_space is None:
        return
    papers, terms = read_array(args.paper_space, mapped=True), read_array(args.term_space)
    table = read_table(args.search_terms, SEARCH_TERMS)
    check_same_rows(papers=n, paper_space=len(papers))
    check_same_rows(search_terms=len(table), term_space=len(terms))
    meta["search"], columns = search_blocks(papers[rows], terms, table, n)
    blocks |= columns


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "title", "primary_category", "published"])
    points = read_points(args.coordinates)
    topics = read_table(args.topics, TOPICS).to_pylist()
    numbers = np.array([topic["topic"] for topic in topics], np.int32)
    columns = ["topic", "similarity", "second_topic", "silhouette", "outlier"]
    assigned, _ = read_assignments(args.assignments, columns, numbers)
    subtopic_of = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"].fill_null(-1).to_numpy()
    best, of_best = read_memberships(args.memberships, numbers)
    check_same_rows(
        papers=len(papers),
        coordinates=len(points),
        assignments=len(assigned),
        subtopics=len(subtopic_of),
        memberships=len(best),
    )
    years, shares = shares_by_year(read_table(args.periods, PERIODS).to_pandas())
    trends = trend_entries(read_table(args.trends, TRENDS).to_pylist(), shares)
    shares = shares_in(years, read_table(args.subtopic_periods, SUBTOPIC_PERIODS).to_pandas())
    subtopic_trends = trend_entries(read_table(args.subtopic_trends, SUBTOPIC_TRENDS).to_pylist(), shares)
    hierarchy = read_nodes(args.hierarchy, HIERARCHY, numbers)[0].to_pylist()
    topic_of = assigned["topic"].to_numpy()
    count_on_map(topics, hierarchy, topic_of, subtopic_of)

    codes, frame, aspect = quantize(points)
    rows = sample_rows(hash_ids(papers["id"].to_pylist()), args.max_papers)
    side = grid_side(len(rows))
    rows = rows[cell_order(codes[rows], side)]
    about, blocks = paper_blocks(papers.take(rows), assigned.take(rows))
    anchors = densest_points(points, topic_of, len(topics))
    groups, subtopics, group_of = levels(hierarchy, points, subtopic_of, anchors, frame)
    entries = [
        topic | trend | {"group": group}
        for topic, trend, group in zip(topic_entries(topics, anchors, frame), trends, group_of, strict=True)
    ]
    subtopics = [node | trend for node, trend in zip(subtopics, subtopic_trends, strict=True)]
    title = f"{len(points):,} papers in {len(topics)} topics"
    note = f"{len(rows):,} of them shown, sampled at random" if len(rows) < len(points) else ""
    meta = {"title": title, "aspect": aspect, "grid": side, "link": args.link, "edits": args.edits["text"]}
    meta["shareYears"] = years.tolist() if len(years) > 1 else []
    about["categoryNames"] = category_entries(about["categories"], read_category_names(args.category_names))
    meta |= about | {"topics": entries, "groups": groups, "subtopics": subtopics}
    within = np.where(subtopic_of[rows] < 0, NONE, subtopic_of[rows])
    blocks |= {"xy": codes[rows], "subtopic": within.astype(np.uint16)}
    blocks["fit"] = fit_codes(assigned, len(topics))[rows]
    blocks |= share_blocks(topic_of[rows], best[rows], of_best[rows])
    add_changes(args, meta, blocks, papers["id"].take(rows), topic_of[rows], topics)
    blocks |= record_blocks(papers.take(rows), args.facets) | {"abstracts": abstracts(args.papers, rows)}
    near = read_array(args.neighbors, mapped=True)
    check_same_rows(papers=len(papers), neighbors=len(near))
    blocks |= {"kept": kept_shares(near, points, rows), "near": neighbors_on_page(near, rows)}
    add_search(args, meta, blocks, len(points), rows)
    page = write_page(args.template, args.style, args.scripts, meta, blocks, note)
    with atomic_outputs(args.map) as (map_file,):
        map_file.write_text(page, encoding="utf-8")
    say(f"{title}, {len(rows):,} shown: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
