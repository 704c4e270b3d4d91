"""Write the map as one HTML file that works offline: hover for titles, zoom, search, pick a topic."""

import argparse
import base64

import numpy as np
from matplotlib.colors import to_hex

from lib.cli import Parser, optional, run, say
from lib.files import atomic_outputs
from lib.map.label_layout import densest_points
from lib.map.page import render
from lib.map.palette import topic_colours
from lib.sampling import hash_ids, sample_rows
from lib.tables import ASSIGNMENTS, PAPERS, TOPICS, check_same_rows, read_points, read_table
from lib.topics.titles import latex_to_text


def quantize(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Coordinates as 16-bit numbers: (uint16 (n, 2), the bounds (2, 2), width divided by height).

    One part in 65,536 of the map is less than a tenth of a pixel on any screen.
    """
    bounds = np.stack([points.min(0), points.max(0)]).astype(np.float64)
    extent = np.maximum(bounds[1] - bounds[0], 1e-9)
    return np.round((points - bounds[0]) / extent * 65535).astype("<u2"), bounds, float(extent[0] / extent[1])


def topic_entries(topics: list[dict], anchors: np.ndarray, bounds: np.ndarray) -> list[dict]:
    """The topics as the page lists them, with their colour and their position from 0 to 1.

    Parameters
    ----------
    topics : rows of topics.parquet
    anchors : float64 (k, 2), where each topic is densest
    bounds : float64 (2, 2), the lowest and the highest corner of the map
    """
    positions = (anchors - bounds[0]) / np.maximum(bounds[1] - bounds[0], 1e-9)
    return [
        {
            "label": topic["label"],
            "keyword": topic["primary_keyword"],
            "keywords": topic["keywords"][:8],
            "size": topic["size"],
            "colour": to_hex(colour),
            "x": float(position[0]),
            "y": float(position[1]),
        }
        for topic, colour, position in zip(topics, topic_colours(anchors), positions, strict=True)
    ]


def encode(array: np.ndarray) -> str:
    """The bytes of an array in base64."""
    return base64.b64encode(array.tobytes()).decode()


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        coordinates="coordinates.parquet",
        assignments="assignments.parquet",
        topics="topics.parquet",
        template="explore.html",
    )
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.flag("--max-papers", int, "papers in the file, sampled by hash of the id")
    cli.outputs(map="map.html")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "title"])
    points = read_points(args.coordinates)
    topic_of = read_table(args.assignments, ASSIGNMENTS, ["topic"])["topic"].to_numpy()
    check_same_rows(papers=len(papers), coordinates=len(points), assignments=len(topic_of))
    topics = read_table(args.topics, TOPICS).to_pylist()

    rows = sample_rows(hash_ids(papers["id"].to_pylist()), args.max_papers)
    shown = papers.take(rows)
    codes, bounds, aspect = quantize(points[rows])
    anchors = densest_points(points, topic_of, len(topics))
    title = f"{len(points):,} papers in {len(topics)} topics"
    note = (
        f"{len(rows):,} of them shown, sampled at random" if len(rows) < len(points) else "all of them shown"
    )
    titles = [latex_to_text(text) for text in shown["title"].to_pylist()]
    page = render(
        args.template,
        title=title,
        note=note,
        aspect=aspect,
        link=args.link,
        positions=encode(codes),
        topic_of=encode(topic_of[rows].astype("<u2")),
        papers={"ids": shown["id"].to_pylist(), "titles": titles},
        topics=topic_entries(topics, anchors, bounds),
    )
    with atomic_outputs(args.map) as (map_file,):
        map_file.write_text(page, encoding="utf-8")
    say(f"{title}, {note}: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
