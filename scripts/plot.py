"""Draw the map, one point per paper with the labels of the topics, and the tree of the hierarchy."""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.arrays import read_array
from lib.cli import Parser, run, say
from lib.clusters.nodes import read_nodes
from lib.clusters.schema import ClusterSummary
from lib.clusters.topic_numbers import read_assignments
from lib.figures.fonts import drawable
from lib.figures.map_figure import Group, Texts, draw_map
from lib.figures.style import save
from lib.figures.tree_figure import draw_tree
from lib.files import atomic_outputs, read_json
from lib.map.schema import ProjectSummary, read_points
from lib.naming.names import first_parts
from lib.naming.schema import HIERARCHY, TOPICS
from lib.tables import check_same_rows, read_table

TREE_DPI = 150
BY_HAND = "*"  # behind the names that a person gave


def captions(
    topics: np.ndarray, by_hand: list[bool], cluster: ClusterSummary, project: ProjectSummary
) -> tuple[str, str]:
    """The lines below the map, left and right: what it shows, and how it was laid out.

    Parameters
    ----------
    topics : int (n,), -1 for papers in no topic
    by_hand : whether a person named each topic
    """
    method = {"umap": "UMAP", "umap-learn": "UMAP (umap-learn)", "tsne": "t-SNE"}[project["method"]]
    method += ", then t-SNE" * project["refined"]
    left = (
        f"{len(topics):,} papers   ·   {cluster['k']} topics   ·   "
        f"mean silhouette {cluster['silhouette']:.3f} (cosine)"
    )
    outside = int((topics < 0).sum())
    notes = [f"{outside:,} papers in no topic"] * (outside > 0) + [f"{BY_HAND} named by a person"] * any(
        by_hand
    )
    left += "\n" * bool(notes) + "   ·   ".join(notes)
    fitted = "" if project["fitted"] == project["papers"] else f" of {project['fitted']:,} papers"
    right = (
        f"{method}{fitted}: {project['neighbors_kept']:.0%} of {project['n_neighbors']} nearest neighbors kept, "
        f"trustworthiness {project['trustworthiness']:.2f}"
    )
    in_space, on_map = project["category_accuracy"], project["category_accuracy_on_map"]
    if in_space is not None and on_map is not None:
        right += f", categories told by neighbors {on_map:.0%} (full space {in_space:.0%})"
    return left, right


def groups_of(hierarchy: pa.Table) -> list[Group]:
    """The groups of topics in a table with the columns of HIERARCHY; none if each topic is a group, or all are one."""
    rows = hierarchy.select(["level", "node", "parent", "name"]).to_pylist()
    names = {row["node"]: row["name"] for row in rows if row["level"] == "group"}
    topics = [row for row in rows if row["level"] == "topic"]
    if not 1 < len(names) <= len(topics) / 2:
        return []
    return [
        Group(first_parts(name, 2), [t["node"] for t in topics if t["parent"] == node])
        for node, name in names.items()
    ]


def given(text: str) -> str | None:
    """The type of --title. Unlike `optional(str)` it keeps an empty text."""
    return None if text == "None" else text


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        coordinates="coordinates.parquet",
        assignments="assignments.parquet",
        topics="topics.parquet",
        hierarchy="hierarchy.parquet",
        linkage="linkage.npy",
        cluster="cluster.json",
        project="project.json",
    )
    cli.flag("--title", given, "title of the map; None: the numbers of papers and topics; empty: no title")
    cli.flag("--style", str, "dark on light or light on dark", choices=["light", "dark"])
    cli.flag("--dpi", int, "dots per inch")
    cli.flag("--maps", Path, "outputs: map.png, and map.svg and map.pdf if asked for", nargs="+")
    cli.outputs(tree="hierarchy.png")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    points = read_points(args.coordinates)
    of_topics = read_table(args.topics, TOPICS, ["topic", "name", "color", "by_hand"])
    table, numbers = of_topics.to_pydict(), of_topics["topic"].to_numpy()
    topics = read_assignments(args.assignments, ["topic"], numbers)[0]["topic"].to_numpy()
    check_same_rows(coordinates=len(points), assignments=len(topics))
    hierarchy, _ = read_nodes(args.hierarchy, HIERARCHY, numbers)
    cluster, project = read_json(args.cluster, ClusterSummary), read_json(args.project, ProjectSummary)
    title = f"{len(points):,} papers in {len(table['name'])} topics" if args.title is None else args.title
    groups = groups_of(hierarchy)
    named = [name + BY_HAND * by_hand for name, by_hand in zip(table["name"], table["by_hand"], strict=True)]
    families, texts = drawable([title, *named, *(group.name for group in groups)])
    title, names, written = texts[0], texts[1 : len(named) + 1], texts[len(named) + 1 :]
    groups = [Group(name, group.topics) for name, group in zip(written, groups, strict=True)]
    figure = draw_map(
        points,
        topics,
        table["color"],
        Texts(names, title, *captions(topics, table["by_hand"], cluster, project)),
        groups=groups,
        dark=args.style == "dark",
        families=families,
    )
    tree_families, shown = drawable(hierarchy["name"].to_pylist())
    with atomic_outputs(*args.maps, args.tree) as (*files, tree_file):
        for file in files:
            save(figure, file, args.dpi)
        # it sets its own style, which the map must not be saved with
        tree = draw_tree(
            hierarchy.to_pandas().assign(name=shown), read_array(args.linkage), table["color"], tree_families
        )
        save(tree, tree_file, TREE_DPI)
    say(f"{len(points):,} papers, {len(names)} topics")


if __name__ == "__main__":
    run(main)
