"""Write one table with a row per paper, and views of all tables for DuckDB."""

import argparse
import os

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.cli import Parser, progress, run, say
from lib.clusters.fit import fits
from lib.clusters.nodes import read_nodes
from lib.clusters.schema import SUBTOPICS
from lib.clusters.topic_numbers import read_assignments, read_memberships
from lib.embeddings.neighbor_graph import read_neighbors
from lib.exchange.facet_rows import FacetBlocks, first_values, in_blocks
from lib.exchange.paper_rows import Measures, Names, near_lists, own_shares, paper_rows
from lib.exchange.schema import PAPER_ROWS
from lib.files import atomic_outputs
from lib.map.schema import read_points
from lib.naming.category_names import read_category_names
from lib.naming.schema import HIERARCHY, TOPICS
from lib.records.schema import PAPERS
from lib.tables import check_same_rows, read_batches, read_table, table_writer, write_csv
from lib.works.counted import read_counted, without_copies

BATCH = 65536  # papers at a time
TEXTS = ["id", "title", "categories", "published"]
OF_FACETS = ["journal", "doi"]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet of `clean`",
        facets="facets.parquet",
        works="works.parquet",
        assignments="assignments.parquet",
        memberships="memberships.parquet",
        subtopics="subtopics.parquet",
        topics="topics.parquet",
        hierarchy="hierarchy.parquet",
        coordinates="coordinates.parquet",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
        category_names="names of categories: CSV with the columns category and name",
        template="topics.sql, the views",
    )
    cli.outputs(table="papers.parquet", csv="papers.csv", views="topics.sql")
    return cli.parse_args(argv)


def read_measures(args: argparse.Namespace, numbers: np.ndarray) -> Measures:
    """The numbers of all papers.

    Parameters
    ----------
    numbers : int32 (k,), all topics of the run, in the order of their codes
    """
    columns = ["topic", "similarity", "margin", "second_topic", "outlier"]
    assigned, _ = read_assignments(args.assignments, columns, numbers)
    subtopic = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"].fill_null(-1).to_numpy()
    best, shares = read_memberships(args.memberships, numbers)
    points, counted = read_points(args.coordinates), read_counted(args.works)
    topic, outlier = assigned["topic"].to_numpy(), assigned["outlier"].to_numpy()
    check_same_rows(
        papers=len(read_table(args.papers, PAPERS, ["published"])),
        assignments=len(topic),
        subtopics=len(subtopic),
        memberships=len(best),
        coordinates=len(points),
        works=len(counted),
    )
    similarity = assigned["similarity"].to_numpy()
    return Measures(
        topic=topic,
        second=assigned["second_topic"].to_numpy(),
        subtopic=subtopic,
        similarity=similarity,
        margin=assigned["margin"].to_numpy(),
        share=own_shares(topic, best, shares),
        fit=fits(topic, similarity, outlier.astype(bool), len(numbers)),
        points=points,
        # a topic whose papers all stand for works elsewhere keeps them, as in topics.csv
        counted=(without_copies(topic, counted) >= 0) | (counted & (topic < 0)),
    )


def as_frame(table: pa.Table) -> pd.DataFrame:
    """The table for CSV: whole numbers stay whole where some are missing."""
    frame = table.to_pandas(types_mapper={pa.int32(): pd.Int32Dtype()}.get)
    lists = [
        name
        for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if pa.types.is_list(kind)
    ]
    return frame.assign(**{name: frame[name].map(list) for name in lists})


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    topics = read_table(args.topics, TOPICS).to_pylist()
    numbers = np.array([topic["topic"] for topic in topics], np.int32)
    names = Names.of(topics, read_nodes(args.hierarchy, HIERARCHY, numbers)[0].to_pylist())
    measures = read_measures(args, numbers)
    n = len(measures.topic)
    near = read_neighbors(args.neighbors, args.similarities, n)[0]
    category_names = read_category_names(args.category_names)
    ids = read_table(args.papers, PAPERS, ["id"])["id"].combine_chunks()
    facets = FacetBlocks(args.facets, OF_FACETS)
    texts = in_blocks(read_batches(args.papers, TEXTS, BATCH), BATCH)
    works = in_blocks(read_batches(args.works, ["work"], BATCH), BATCH)
    with atomic_outputs(args.table, args.csv, args.views) as (table_file, csv_file, views_file):
        with table_writer(table_file, PAPER_ROWS) as writer, csv_file.open("w", encoding="utf-8") as csv:
            for start in progress(range(0, n, BATCH), desc="papers", unit="block"):
                part = slice(start, start + BATCH)
                block = next(texts).append_column("work", next(works)["work"])
                rows = facets.of(block["id"].combine_chunks())
                firsts = {name: first_values(rows, name, len(block)) for name in OF_FACETS}
                close = near_lists(ids, near[part])
                table = paper_rows(block, measures.part(part), names, category_names, firsts, close)
                writer.write_table(table)
                write_csv(csv, as_frame(table), header=start == 0)
        memberships = os.path.relpath(args.memberships, args.views.parent)
        views = args.template.read_text("utf-8").replace("MEMBERSHIPS", memberships.replace("'", "''"))
        views_file.write_text(views, "utf-8")
        size = csv_file.stat().st_size
    say(f"{n:,} papers: {size / 1e6:.1f} MB of CSV")


if __name__ == "__main__":
    run(main)
