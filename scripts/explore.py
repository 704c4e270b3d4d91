"""Write the map as one HTML file that works offline: hover for titles, zoom, search, pick a topic."""

import base64
from pathlib import Path

import numpy as np
from matplotlib.colors import to_hex

from lib.cli import parser, run, say, written
from lib.draw import draw, hash_ids
from lib.files import read_table, same_rows
from lib.latex import plain
from lib.layout import anchors
from lib.page import render
from lib.style import topic_colours


def quantize(points: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Coordinates as 16-bit numbers: (uint16 (n, 2), the bounds (2, 2), width over height).

    One part in 65,536 of the map is less than a tenth of a pixel on any screen.
    """
    bounds = np.stack([points.min(0), points.max(0)]).astype(np.float64)
    extent = np.maximum(bounds[1] - bounds[0], 1e-9)
    return np.round((points - bounds[0]) / extent * 65535).astype("<u2"), bounds, float(extent[0] / extent[1])


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--coordinates", type=Path, required=True, help="input: coordinates.parquet")
    cli.add_argument("--assignments", type=Path, required=True, help="input: assignments.parquet")
    cli.add_argument("--topics", type=Path, required=True, help="input: topics.parquet")
    cli.add_argument("--template", type=Path, required=True, help="input: explore.html")
    cli.add_argument(
        "--max-papers", type=int, default=50_000, help="papers in the file, drawn by hash of the id"
    )
    cli.add_argument("--map", type=Path, required=True, help="output: map.html")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    papers = read_table(args.papers, columns=["id", "title"])
    table = read_table(args.coordinates)
    points = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)
    owner = read_table(args.assignments, columns=["topic"])["topic"].to_numpy()
    same_rows(papers=len(papers), coordinates=len(points), assignments=len(owner))
    topics = read_table(args.topics).to_pylist()

    places = anchors(points, owner, len(topics))
    colours = topic_colours(places)
    rows = draw(hash_ids(papers["id"].to_pylist()), args.max_papers)
    shown = papers.take(rows)
    codes, bounds, aspect = quantize(points[rows])
    places = (places - bounds[0]) / np.maximum(bounds[1] - bounds[0], 1e-9)
    title = f"{len(points):,} papers in {len(topics)} topics"
    note = f"{len(rows):,} of them shown, drawn at random" if len(rows) < len(points) else "all of them shown"
    page = render(
        args.template,
        title=title,
        note=note,
        aspect=aspect,
        places=base64.b64encode(codes.tobytes()).decode(),
        owners=base64.b64encode(owner[rows].astype("<u2").tobytes()).decode(),
        papers={"ids": shown["id"].to_pylist(), "titles": list(map(plain, shown["title"].to_pylist()))},
        topics=[
            {
                "label": topic["label"],
                "keyword": topic["primary_keyword"],
                "keywords": topic["keywords"][:8],
                "size": topic["size"],
                "colour": to_hex(colour),
                "x": float(place[0]),
                "y": float(place[1]),
            }
            for topic, colour, place in zip(topics, colours, places, strict=True)
        ],
    )
    with written(args.map) as (map_file,):
        map_file.write_text(page, encoding="utf-8")
    say(f"{title}, {note}: {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
