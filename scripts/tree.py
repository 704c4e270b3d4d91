"""Name the groups and subtopics of the hierarchy, and draw its tree."""

import argparse

import pyarrow as pa

from lib.arrays import read_array
from lib.cli import Parser, run, say
from lib.clusters.schema import ASSIGNMENTS, NODES, SUBTOPICS
from lib.figures.fonts import drawable
from lib.figures.style import save
from lib.figures.tree_figure import draw_tree
from lib.files import atomic_outputs
from lib.keywords.tree_keywords import TreeKeywords
from lib.naming.hierarchy_table import hierarchy_table
from lib.naming.schema import HIERARCHY, TOPICS
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.vectors import open_embeddings
from lib.words.term_files import Terms
from lib.words.words import read_words
from lib.works.counted import read_counted, sizes_of_nodes, without_copies


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        vocabulary="vocabulary.parquet",
        tokens="tokens.npy",
        offsets="offsets.npy",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
        embeddings="embeddings.npy",
        assignments="assignments.parquet",
        nodes="nodes.parquet",
        subtopics="subtopics.parquet",
        works="works.parquet",
        linkage="linkage.npy",
        topics="topics.parquet",
        head_words="words that count only in bigrams, one per line",
    )
    cli.flag("--top", int, "keywords per node")
    cli.outputs(hierarchy="hierarchy.parquet", csv="hierarchy.csv", figure="hierarchy.png")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    nodes = read_table(args.nodes, NODES).to_pandas()
    topics = read_table(args.topics, TOPICS, ["name", "primary_keyword", "keywords", "color"]).to_pandas()
    topics["keywords"] = topics["keywords"].map(list)
    topic_of = read_table(args.assignments, ASSIGNMENTS, ["topic"])["topic"].to_numpy()
    subtopic_of = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"].fill_null(-1).to_numpy()
    corpus, counted = Terms.read(args), read_counted(args.works)
    check_same_rows(
        terms=len(corpus.term_offsets) - 1,
        offsets=len(corpus.offsets) - 1,
        assignments=len(topic_of),
        subtopics=len(subtopic_of),
        works=len(counted),
    )
    topic_of, subtopic_of = without_copies(topic_of, counted), without_copies(subtopic_of, counted)
    nodes["size"] = sizes_of_nodes(nodes, topic_of, subtopic_of)
    parents = nodes.loc[nodes["level"] == "subtopic", "parent"].to_numpy(int)
    embeddings = open_embeddings(args.embeddings, len(topic_of))
    head_words = read_words(args.head_words)
    search = TreeKeywords.of(
        corpus, embeddings, topic_of, subtopic_of, parents, len(topics), head_words, args.top
    )
    table = hierarchy_table(nodes, search, topics).assign(share=nodes["size"] / counted.sum())
    families, shown = drawable(table["name"].tolist())
    figure = draw_tree(table.assign(name=shown), read_array(args.linkage), topics["color"].tolist(), families)
    with atomic_outputs(args.hierarchy, args.csv, args.figure) as (hierarchy_file, csv_file, figure_file):
        write_table(hierarchy_file, pa.Table.from_pandas(table, HIERARCHY, preserve_index=False), HIERARCHY)
        write_csv(csv_file, table)
        save(figure, figure_file, 150)
    for node in table[table["level"] == "group"].itertuples():
        say(f"{node.size:>8,}  {node.name}")


if __name__ == "__main__":
    run(main)
