"""Group the topics by Ward's method, and divide large ones into subtopics that appear again in random halves."""

import argparse
import json

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.arrays import read_array
from lib.cli import Parser, optional, progress, run, say, warn
from lib.clusters.hierarchy import Divided, cut, divide_topic, number_of_groups, tree_of_groups
from lib.clusters.nodes import with_numbers
from lib.clusters.schema import NODES, SUBTOPICS
from lib.clusters.topic_numbers import read_assignments
from lib.clusters.ward import ward_linkage
from lib.edits.state import read_state
from lib.edits.words import groups_of, regrouped
from lib.files import atomic_outputs
from lib.parallel import map_tasks
from lib.rows import label_sizes, rows_by_label
from lib.tables import check_same_rows, write_table
from lib.vectors import open_embeddings

FEW = 1000  # papers per topic


def divide(
    vectors: np.ndarray,
    topics: np.ndarray,
    k: int,
    *,
    min_papers: int,
    most: int,
    seed: int,
    threads: int = 1,
) -> list[Divided]:
    """Divide each topic, or leave it whole, as `divide_topic` does.

    Parameters
    ----------
    vectors : (n, dim), unit rows
    topics : int (n,), 0 to k - 1; -1 for unassigned papers
    """

    def work(rows: np.ndarray) -> Divided:
        return divide_topic(vectors, rows, min_papers=min_papers, most=most, seed=seed)

    # Few rows are clustered in such small products that two threads wait for Python's lock and take longer than one.
    threads = threads if len(topics) >= FEW * k else 1
    divided = map_tasks(rows_by_label(topics, k), threads, work)
    return list(progress(divided, desc="divide", unit="topic", total=k))


def node_table(
    topics: np.ndarray, groups: np.ndarray, divided: list[Divided]
) -> tuple[pd.DataFrame, pa.Array]:
    """One row per group, topic and subtopic, with the columns of NODES; and the subtopic of each paper.

    Parameters
    ----------
    topics : int (n,), 0 to k - 1; -1 for unassigned papers
    groups : int (k,), the group of each topic
    divided : labels and stability of each topic
    """
    k = len(groups)
    sizes = label_sizes(topics, k)
    first = np.cumsum([0, *(len(stability) for _, stability in divided)])
    owner = np.full(len(topics), -1, np.int32)
    for rows, start, (labels, stability) in zip(rows_by_label(topics, k), first[:-1], divided, strict=True):
        if len(stability):
            owner[rows] = np.where(labels < 0, -1, start + labels)
    parents = np.repeat(np.arange(k), np.diff(first))
    levels = {
        "group": (np.bincount(groups, sizes), [None] * (int(groups.max()) + 1), None),
        "topic": (sizes, groups, None),
        "subtopic": (
            label_sizes(owner, len(parents)),
            parents,
            np.concatenate([stability for _, stability in divided]),
        ),
    }
    parts = [
        pd.DataFrame(
            {
                "level": level,
                "node": np.arange(len(size)),
                "parent": pd.array(parent, "Int32"),
                "size": size,
                "stability": stability,
            }
        )
        for level, (size, parent, stability) in levels.items()
    ]
    return pd.concat(parts, ignore_index=True), pa.array(owner, mask=owner < 0)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        embeddings="embeddings.npy",
        assignments="assignments.parquet",
        centroids="centroids.npy",
    )
    cli.optional_inputs(
        edited="cluster.json, if there are edits of groups",
        replayed="edits.json of `edit`, if edits are of papers",
    )
    cli.flag("--edits", json.loads, "edits of groups, as JSON: {group: [...]}")
    cli.flag("--groups", optional(int), "number of groups; None: by the rule")
    cli.flag("--min-papers", int, "papers of a topic that is divided")
    cli.flag("--max-subtopics", int, "largest number of subtopics of a topic")
    cli.flag("--seed", int, "of the first start")
    cli.threads()
    cli.outputs(nodes="nodes.parquet", subtopics="subtopics.parquet", linkage="linkage.npy")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    assignments, numbers = read_assignments(args.assignments, ["id", "topic"])
    topics = assignments["topic"].to_numpy()
    vectors = open_embeddings(args.embeddings, len(topics))
    centroids = read_array(args.centroids)
    k = len(centroids)
    check_same_rows(topics=len(numbers), centroids=k)
    sizes = label_sizes(topics, k)
    tree = ward_linkage(centroids, sizes)
    wanted = args.groups or number_of_groups(tree)
    if wanted > k:
        warn(f"config key hierarchy.groups: {wanted} groups for {k} topics; each topic is a group")
    groups = cut(tree, min(wanted, k), sizes)
    if args.edited:
        asked = groups_of(read_state(args.assignments, args.edited, args.replayed), args.edits["group"])
        groups = regrouped(groups, asked, sizes)
        tree = tree_of_groups(centroids, sizes, groups)
    divided = divide(
        vectors,
        topics,
        k,
        min_papers=args.min_papers,
        most=args.max_subtopics,
        seed=args.seed,
        threads=args.threads,
    )
    nodes, subtopic = node_table(topics, groups, divided)
    with atomic_outputs(args.nodes, args.subtopics, args.linkage) as (nodes_file, subtopics_file, tree_file):
        write_table(nodes_file, with_numbers(nodes, numbers), NODES)
        write_table(subtopics_file, pa.table({"id": assignments["id"], "subtopic": subtopic}), SUBTOPICS)
        np.save(tree_file, tree)
    parted = sum(len(stability) > 0 for _, stability in divided)
    say(
        f"{k} topics in {groups.max() + 1} groups; {parted} of them divided into "
        f"{(nodes['level'] == 'subtopic').sum()} subtopics"
    )


if __name__ == "__main__":
    run(main)
