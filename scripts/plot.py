"""Draw the map: every paper a point in its topic's colour, every topic's label where it lies."""

from pathlib import Path

import matplotlib.patheffects as effects
import matplotlib.pyplot as plt
import numpy as np

from lib.cli import optional, parser, run, say, written
from lib.files import read_json, read_table, same_rows
from lib.layout import anchors, spread
from lib.style import FAINT, INK, PAPER, save, topic_colours, use_style

FIGURE_INCHES = (14.0, 10.5)


def wrap(text: str, width: int) -> str:
    """Break a text into lines of about `width` characters, at most two."""
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    lines.append(line)
    if len(lines) > 2:
        lines = [lines[0], lines[1].rstrip(" ,;:…") + "…"]
    return "\n".join(lines)


def draw_map(points: np.ndarray, topics: np.ndarray, labels: list[str], title: str, caption: str, by: str):
    """A figure of all points with topic labels that do not overlap.

    Parameters
    ----------
    points : float32 (n, 2)
    topics : int (n,), 0 to k - 1
    labels : of each topic, `"{keyword} | {title}"`
    """
    use_style()
    figure, axis = plt.subplots(figsize=FIGURE_INCHES)
    figure.subplots_adjust(0.015, 0.055, 0.985, 0.925)
    axis.set_axis_off()
    # a few far-off papers must not shrink the map: the view holds all but one in a thousand
    low, high = np.quantile(points, [0.0005, 0.9995], axis=0)
    margin = 0.06 * (high - low)
    low, high = low - margin, high + margin
    axis.set_xlim(low[0], high[0])
    axis.set_ylim(low[1], high[1])

    k = len(labels)
    places = anchors(points, topics, k)
    colours = topic_colours(places)
    order = np.random.default_rng(0).permutation(len(points))  # no topic lies on top of the others
    inside = np.clip(points[order], low, high)
    size = float(np.clip(60_000 / len(points), 0.15, 9.0))
    alpha = float(np.clip(30_000 / len(points), 0.12, 0.72))
    axis.scatter(*inside.T, s=size, c=colours[topics[order]], alpha=alpha, lw=0, rasterized=True)

    halo = [effects.withStroke(linewidth=3.2, foreground=PAPER, alpha=0.92)]
    texts = []
    for topic, label in enumerate(labels):
        keyword, _, subject = label.partition(" | ")
        dark = colours[topic] * 0.55
        font = 12.5 if k <= 25 else 10.5
        head = axis.text(
            *places[topic], keyword, ha="center", va="center", fontsize=font, weight="bold", color=dark
        )
        body = None
        if k <= 45:
            small = font * 0.6
            body = axis.text(
                *places[topic], wrap(subject, 34), ha="center", va="center", fontsize=small, color=INK
            )
        for text in filter(None, (head, body)):
            text.set_path_effects(halo)
            text.set_zorder(5)
        texts.append((head, body))

    # lay the boxes out in pixels, then bring them back to the map's own coordinates
    figure.canvas.draw()
    pixels = axis.transData
    boxes = []
    for head, body in texts:
        extents = [t.get_window_extent() for t in (head, body) if t]
        boxes.append((max(e.width for e in extents) + 8, sum(e.height for e in extents) + 6))
    boxes = np.array(boxes)
    home = pixels.transform(places)
    view = axis.get_window_extent()
    at = spread(home, boxes, np.array([[view.x0, view.y0], [view.x1, view.y1]]))
    back = pixels.inverted()
    for (head, body), centre, box, start in zip(texts, at, boxes, home, strict=True):
        tall = head.get_window_extent().height
        top = centre[1] + box[1] / 2
        head.set_position(back.transform((centre[0], top - 2 - tall / 2)))
        if body:
            body.set_position(
                back.transform((centre[0], top - 3 - tall - body.get_window_extent().height / 2))
            )
        if (np.abs(centre - start) > box / 2).any():
            line = back.transform([start, centre])
            axis.plot(*line.T, color=INK, lw=0.7, alpha=0.55, zorder=4)

    figure.text(0.02, 0.975, title, fontsize=21, weight="bold", va="top", color=INK)
    figure.text(0.02, 0.022, caption, fontsize=9.5, color=INK, alpha=0.75, va="bottom")
    figure.text(0.98, 0.022, by, fontsize=9.5, color=FAINT, va="bottom", ha="right")
    return figure


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--coordinates", type=Path, required=True, help="input: coordinates.parquet")
    cli.add_argument("--assignments", type=Path, required=True, help="input: assignments.parquet")
    cli.add_argument("--topics", type=Path, required=True, help="input: topics.parquet")
    cli.add_argument("--cluster", type=Path, required=True, help="input: cluster.json")
    cli.add_argument("--project", type=Path, required=True, help="input: project.json")
    cli.add_argument("--title", type=optional(str), help="(the numbers of papers and topics)")
    cli.add_argument("--dpi", type=int, default=200)
    cli.add_argument("--map", type=Path, required=True, help="output: map.png")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    table = read_table(args.coordinates)
    points = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)
    topics = read_table(args.assignments, columns=["topic"])["topic"].to_numpy()
    same_rows(coordinates=len(points), assignments=len(topics))
    labels = read_table(args.topics, columns=["label"])["label"].to_pylist()
    cluster = read_json(args.cluster)
    project = read_json(args.project)
    method = {"umap": "UMAP", "tsne": "t-SNE"}[project["method"]]
    caption = (
        f"{len(points):,} papers   ·   K = {cluster['k']} topics   ·   "
        f"mean silhouette {cluster['silhouette']:.3f} (cosine)"
    )
    by = (
        f"{method} of {project['fitted']:,} papers; {project['neighbours_kept']:.0%} of their "
        f"{project['neighbours']} nearest neighbours are nearest here too"
    )
    title = args.title or f"{len(points):,} papers in {len(labels)} topics"
    figure = draw_map(points, topics, labels, title, caption, by)
    with written(args.map) as (map_file,):
        save(figure, map_file, args.dpi)
    say(f"{len(points):,} papers, {len(labels)} labels")


if __name__ == "__main__":
    run(main)
