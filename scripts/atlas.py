"""Write the papers and the names on the map as tables for Embedding Atlas, a viewer for millions of points."""

import argparse

from lib.cli import Parser, optional, progress, run, say
from lib.clusters.nodes import read_nodes
from lib.clusters.schema import SUBTOPICS
from lib.clusters.topic_numbers import read_assignments
from lib.embeddings.neighbor_graph import read_neighbors
from lib.files import atomic_outputs
from lib.map.atlas import NEIGHBORS, atlas_rows, label_rows, names_by_level
from lib.map.schema import ATLAS, ATLAS_LABELS, read_points
from lib.naming.schema import HIERARCHY, TOPICS
from lib.records.schema import PAPERS
from lib.tables import check_same_rows, read_table, table_writer, write_table

BATCH = 65536  # papers at a time


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        coordinates="coordinates.parquet",
        assignments="assignments.parquet",
        topics="topics.parquet",
        hierarchy="hierarchy.parquet",
        subtopics="subtopics.parquet",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
    )
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.outputs(atlas="atlas.parquet", labels="labels.parquet")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "title", "primary_category", "published"])
    topics = read_table(args.topics, TOPICS)
    numbers = topics["topic"].to_numpy()
    assigned, _ = read_assignments(args.assignments, ["topic", "similarity"], numbers)
    subtopics = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"]
    placed = {
        "points": read_points(args.coordinates),
        "topic": assigned["topic"].to_numpy(),
        "subtopic": subtopics.fill_null(-1).to_numpy(),
        "similarity": assigned["similarity"].to_numpy(),
    }
    check_same_rows(
        papers=len(papers),
        coordinates=len(placed["points"]),
        assignments=len(assigned),
        subtopics=len(subtopics),
    )
    near = read_neighbors(args.neighbors, args.similarities, len(papers))
    hierarchy = read_nodes(args.hierarchy, HIERARCHY, numbers)[0].to_pylist()
    names = names_by_level(hierarchy, topics.to_pylist())
    labels = label_rows(hierarchy, placed["points"], placed["topic"], placed["subtopic"])
    with atomic_outputs(args.atlas, args.labels) as (atlas_file, labels_file):
        with table_writer(atlas_file, ATLAS) as writer:
            for start in progress(range(0, len(papers), BATCH), desc="papers", unit="block"):
                part = slice(start, start + BATCH)
                values_of_part = {name: values[part] for name, values in placed.items()}
                close = (near[0][part, :NEIGHBORS], near[1][part, :NEIGHBORS])
                writer.write_table(atlas_rows(papers[part], values_of_part, names, close, args.link))
        write_table(labels_file, labels, ATLAS_LABELS)
        size = atlas_file.stat().st_size
    say(f"{len(papers):,} papers: {size / 1e6:.1f} MB, {len(labels)} names")


if __name__ == "__main__":
    run(main)
