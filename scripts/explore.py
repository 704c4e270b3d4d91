"""Write the map as one HTML file that works offline: zoom, hover, search, filter, follow topics."""

import argparse
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lib.cli import Parser, optional, run, say
from lib.clusters.schema import ASSIGNMENTS, SUBTOPICS
from lib.figures.label_layout import densest_points, group_middles
from lib.figures.page import content_policy, join_modules, render
from lib.files import atomic_outputs
from lib.keywords.schema import HIERARCHY
from lib.map.page_data import cell_order, codes_of, grid_side, nodes_of, one_line, pack, quantize
from lib.map.schema import read_points
from lib.naming.schema import TOPICS
from lib.naming.titles import latex_to_text
from lib.records.schema import PAPERS
from lib.rows import hash_ids, sample_rows
from lib.tables import check_same_rows, read_table
from lib.trends.periods import shares_by_year, shares_in
from lib.trends.schema import PERIODS, SUBTOPIC_PERIODS, SUBTOPIC_TRENDS, TRENDS

NONE = 65535  # no topic, no subtopic, or no second topic
KEYWORDS = 8  # shown per topic
CATEGORIES = 2000  # that can be chosen: the most frequent


def on_map(anchors: np.ndarray, frame: np.ndarray) -> list[dict]:
    """Positions from 0 to 1 in the frame, as the page reads them. anchors : (k, 2); frame : (2, 2)."""
    positions = (anchors - frame[0]) / (frame[1] - frame[0])
    return [{"x": round(float(x), 5), "y": round(float(y), 5)} for x, y in positions]


def topic_entries(topics: list[dict], anchors: np.ndarray, frame: np.ndarray) -> list[dict]:
    """The topics as the page lists them.

    Parameters
    ----------
    topics : rows of topics.parquet
    anchors : float64 (k, 2), where each topic is densest
    frame : float64 (2, 2), the lowest and the highest corner of the map
    """
    return [
        {
            "name": one_line(topic["name"]),
            "keywords": [one_line(word) for word in topic["keywords"][:KEYWORDS]],
            "size": topic["size"],
            "colour": topic["colour"],
            **place,
        }
        for topic, place in zip(topics, on_map(anchors, frame), strict=True)
    ]


def node_entries(nodes: list[dict], places: list[dict]) -> list[dict]:
    """The groups, or the subtopics, of hierarchy.parquet as the page lists them."""
    return [
        {
            "name": one_line(node["name"]),
            "keywords": [one_line(word) for word in node["keywords"][:KEYWORDS]],
            "size": node["size"],
            "parent": node["parent"],
            **place,
        }
        for node, place in zip(nodes, places, strict=True)
    ]


def levels(
    hierarchy: list[dict], points: np.ndarray, subtopic_of: np.ndarray, anchors: np.ndarray, frame: np.ndarray
) -> tuple[list[dict], list[dict], list[int]]:
    """The groups and the subtopics as the page lists them, and the group of each topic.

    Parameters
    ----------
    hierarchy : rows of hierarchy.parquet
    points : float32 (n, 2)
    subtopic_of : int (n,), -1 for papers without
    anchors : float64 (k, 2), where each topic is densest
    frame : float64 (2, 2), the lowest and the highest corner of the map
    """
    groups, topics, subtopics = (nodes_of(hierarchy, level) for level in ("group", "topic", "subtopic"))
    group_of = np.array([topic["parent"] for topic in topics], int)
    sizes = np.array([topic["size"] for topic in topics], float)
    middles = group_middles(anchors, sizes, group_of, len(groups))
    centres = densest_points(points, subtopic_of, len(subtopics))
    below = node_entries(subtopics, on_map(centres, frame))
    return node_entries(groups, on_map(middles, frame)), below, group_of.tolist()


def trend_entries(trends: list[dict], shares: np.ndarray) -> list[dict]:
    """The trend of each topic or subtopic, its change per year, and its shares in the years that are shown.

    Parameters
    ----------
    trends : rows of trends.parquet or subtopic_trends.parquet
    shares : float64 (k, m); they are not shown if m is below 2
    """
    shown = shares if shares.shape[1] > 1 else np.empty((len(trends), 0))
    return [
        {
            "trend": trend["trend"],
            "change": trend["change_per_year"],
            "low": trend["low"],
            "high": trend["high"],
            "shares": [float(f"{share:.3g}") for share in row],
        }
        for trend, row in zip(trends, shown, strict=True)
    ]


def paper_blocks(papers: pa.Table, assigned: pa.Table) -> tuple[dict, dict[str, np.ndarray | list[str]]]:
    """What the page says of the papers as a whole, and one array or list of texts per column.

    Parameters
    ----------
    papers : columns id, title, primary_category and published, in the order of the page
    assigned : columns topic, similarity, second_topic, silhouette and outlier of the same papers
    """
    categories = [one_line(c) if c else None for c in papers["primary_category"].to_pylist()]
    frequent = Counter(c for c in categories if c).most_common(CATEGORIES)
    names = sorted(name for name, _ in frequent)
    year = papers["published"].to_numpy(zero_copy_only=False).astype("datetime64[Y]")
    year = np.where(np.isnat(year), 0, year.astype(np.int64) + 1970)
    dated = year[year > 0]
    similarity = np.nan_to_num(assigned["similarity"].to_numpy())
    silhouette = np.nan_to_num(assigned["silhouette"].to_numpy())
    blocks = {
        "second": assigned["second_topic"].fill_null(-1).to_numpy().astype(np.uint16),  # -1 becomes NONE
        "nearer": (silhouette < 0).astype(np.uint8),
        "topic": assigned["topic"].to_numpy().astype(np.uint16),  # -1 becomes NONE
        "category": codes_of(categories, names),
        "year": year.astype(np.uint16),
        "fit": np.round(np.clip(similarity, 0, 1) * 255).astype(np.uint8),
        "outlier": assigned["outlier"].to_numpy(zero_copy_only=False).astype(np.uint8),
        "titles": [one_line(latex_to_text(title)) for title in papers["title"].to_pylist()],
        "ids": [one_line(identifier) for identifier in papers["id"].to_pylist()],
    }
    years = [int(dated.min()), int(dated.max())] if len(dated) else None
    return {"categories": names, "years": years}, blocks


def write_page(
    template: Path, style: Path, scripts: list[Path], meta: dict[str, Any], blocks: dict[str, Any], note: str
) -> str:
    """The page with all that it needs inside."""
    css = style.read_text(encoding="utf-8")
    script = join_modules([path.read_text(encoding="utf-8") for path in scripts])
    return render(
        template,
        title=meta["title"],
        note=note,
        policy=content_policy(script, css),
        style=css,
        script=script,
        meta=meta,
        blocks={name: pack(data) for name, data in blocks.items()},
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
        template="explore.html",
        style="its style sheet",
    )
    cli.flag("--scripts", Path, "input: its JavaScript modules, each after those it imports", nargs="+")
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.flag("--max-papers", int, "papers in the file, sampled by hash of the id")
    cli.outputs(map="map.html")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "title", "primary_category", "published"])
    points = read_points(args.coordinates)
    assigned = read_table(
        args.assignments, ASSIGNMENTS, ["topic", "similarity", "second_topic", "silhouette", "outlier"]
    )
    subtopic_of = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"].fill_null(-1).to_numpy()
    check_same_rows(
        papers=len(papers), coordinates=len(points), assignments=len(assigned), subtopics=len(subtopic_of)
    )
    topics = read_table(args.topics, TOPICS).to_pylist()
    years, shares = shares_by_year(read_table(args.periods, PERIODS).to_pandas())
    trends = trend_entries(read_table(args.trends, TRENDS).to_pylist(), shares)
    shares = shares_in(years, read_table(args.subtopic_periods, SUBTOPIC_PERIODS).to_pandas())
    subtopic_trends = trend_entries(read_table(args.subtopic_trends, SUBTOPIC_TRENDS).to_pylist(), shares)
    hierarchy = read_table(args.hierarchy, HIERARCHY).to_pylist()

    codes, frame, aspect = quantize(points)
    rows = sample_rows(hash_ids(papers["id"].to_pylist()), args.max_papers)
    side = grid_side(len(rows))
    rows = rows[cell_order(codes[rows], side)]
    about, blocks = paper_blocks(papers.take(rows), assigned.take(rows))
    anchors = densest_points(points, assigned["topic"].to_numpy(), len(topics))
    groups, subtopics, group_of = levels(hierarchy, points, subtopic_of, anchors, frame)
    entries = [
        topic | trend | {"group": group}
        for topic, trend, group in zip(topic_entries(topics, anchors, frame), trends, group_of, strict=True)
    ]
    subtopics = [node | trend for node, trend in zip(subtopics, subtopic_trends, strict=True)]
    title = f"{len(points):,} papers in {len(topics)} topics"
    note = f"{len(rows):,} of them shown, sampled at random" if len(rows) < len(points) else ""
    meta = {"title": title, "aspect": aspect, "grid": side, "link": args.link}
    meta["shareYears"] = years.tolist() if len(years) > 1 else []
    meta |= about | {"topics": entries, "groups": groups, "subtopics": subtopics}
    within = np.where(subtopic_of[rows] < 0, NONE, subtopic_of[rows])
    blocks |= {"xy": codes[rows], "subtopic": within.astype(np.uint16)}
    page = write_page(args.template, args.style, args.scripts, meta, blocks, note)
    with atomic_outputs(args.map) as (map_file,):
        map_file.write_text(page, encoding="utf-8")
    say(f"{title}, {len(rows):,} shown: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
