"""Draw the map: one point per paper, coloured by topic, with the labels of the topics."""

import argparse
from pathlib import Path

from lib.cli import Parser, optional, run, say
from lib.files import atomic_outputs
from lib.map.figure import Texts, draw_map
from lib.map.fonts import drawable
from lib.style import save
from lib.summaries import ClusterSummary, ProjectSummary, read_json
from lib.tables import ASSIGNMENTS, TOPICS, check_same_rows, read_points, read_table


def captions(papers: int, cluster: ClusterSummary, project: ProjectSummary) -> tuple[str, str]:
    """The lines below the map, left and right: what it shows, and how it was laid out."""
    method = {"umap": "UMAP", "tsne": "t-SNE"}[project["method"]]
    left = (
        f"{papers:,} papers   ·   K = {cluster['k']} topics   ·   "
        f"mean silhouette {cluster['silhouette']:.3f} (cosine)"
    )
    right = (
        f"{method} of {project['fitted']:,} papers; {project['neighbors_kept']:.0%} of their "
        f"{project['n_neighbors']} nearest neighbors are nearest here too"
    )
    return left, right


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        coordinates="coordinates.parquet",
        assignments="assignments.parquet",
        topics="topics.parquet",
        cluster="cluster.json",
        project="project.json",
    )
    cli.flag("--title", optional(str), "title of the map; None: the numbers of papers and topics")
    cli.flag("--style", str, "dark on light or light on dark", choices=["light", "dark"])
    cli.flag("--dpi", int, "dots per inch")
    cli.flag("--maps", Path, "outputs: map.png, and map.svg and map.pdf if asked for", nargs="+")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    points = read_points(args.coordinates)
    topics = read_table(args.assignments, ASSIGNMENTS, ["topic"])["topic"].to_numpy()
    check_same_rows(coordinates=len(points), assignments=len(topics))
    table = read_table(args.topics, TOPICS, ["name", "colour"]).to_pydict()
    cluster, project = read_json(args.cluster, ClusterSummary), read_json(args.project, ProjectSummary)
    title = args.title or f"{len(points):,} papers in {len(table['name'])} topics"
    families, (title, *names) = drawable([title, *table["name"]])
    texts = Texts(names, title, *captions(len(points), cluster, project))
    figure = draw_map(points, topics, table["colour"], texts, dark=args.style == "dark", families=families)
    with atomic_outputs(*args.maps) as files:
        for file in files:
            save(figure, file, args.dpi)
    say(f"{len(points):,} papers, {len(names)} topics")


if __name__ == "__main__":
    run(main)
