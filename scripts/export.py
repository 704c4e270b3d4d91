"""Write the networks and the references for VOSviewer, Gephi, Zotero and others."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from lib.cli import Parser, optional, progress, run, say, warn
from lib.clusters.nodes import read_nodes
from lib.clusters.schema import SUBTOPICS
from lib.clusters.topic_numbers import to_codes
from lib.embeddings.neighbor_graph import read_neighbors
from lib.exchange.facet_rows import FacetBlocks, in_blocks, value_lists
from lib.exchange.graphml import write_graphml
from lib.exchange.network import NodeEdges, PaperEdges, citations_of, node_edges, paper_edges
from lib.exchange.nodes import Nodes, nodes_of_parts, nodes_of_topics
from lib.exchange.paper_rows import Names
from lib.exchange.per_topic import PerTopic, file_titles
from lib.exchange.references import Reference, name_of
from lib.exchange.schema import PAPER_ROWS
from lib.exchange.vosviewer import LEAST_ITEMS, Items, clusters_of, write_map, write_network, write_online
from lib.figures.page import paper_url
from lib.files import atomic_outputs, scratch_folder
from lib.map.page_data import nodes_of, one_line
from lib.naming.schema import HIERARCHY, TOPICS
from lib.tables import check_same_rows, read_batches, read_table
from lib.vectors import open_embeddings

BATCH = 16384  # papers at a time
CITING = (None, "first", "second", "both")


class Run(NamedTuple):
    """What the files are made of.

    Attributes
    ----------
    papers : columns of PAPER_ROWS
    topic, subtopic : int32 (n,), codes; -1 for none
    names : of topics and subtopics
    groups : int (k,), the group of each topic
    group_names : of each group; two may have the same
    parents : int (s,), the topic of each subtopic
    near : int32 (n, k), nearest papers
    vectors : (n, dim), memory-mapped
    """

    papers: pa.Table
    topic: np.ndarray
    subtopic: np.ndarray
    names: Names
    groups: np.ndarray
    group_names: list[str]
    parents: np.ndarray
    near: np.ndarray
    vectors: np.ndarray


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        table="papers.parquet of `papers`",
        papers="papers.parquet of `clean`",
        facets="facets.parquet",
        subtopics="subtopics.parquet",
        topics="topics.parquet",
        hierarchy="hierarchy.parquet",
        embeddings="embeddings.npy",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
    )
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.outputs(
        topics_graph="topics.graphml",
        parts_graph="subtopics.graphml",
        papers_graph="papers.graphml",
        topics_map="vosviewer_topics_map.txt",
        topics_network="vosviewer_topics_network.txt",
        topics_online="vosviewer_topics.json",
        papers_map="vosviewer_papers_map.txt",
        papers_network="vosviewer_papers_network.txt",
        papers_online="vosviewer_papers.json",
        ris="ris.zip",
        csl="csl-json.zip",
    )
    return cli.parse_args(argv)


def read_run(args: argparse.Namespace) -> Run:
    """Read all but texts and facets."""
    topics = read_table(args.topics, TOPICS).to_pylist()
    numbers = np.array([topic["topic"] for topic in topics], np.int32)
    hierarchy = read_nodes(args.hierarchy, HIERARCHY, numbers)[0].to_pylist()
    papers = read_table(args.table, PAPER_ROWS)
    topic = to_codes(papers["topic"].fill_null(-1).to_numpy(), numbers)
    subtopic = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"].fill_null(-1).to_numpy()
    check_same_rows(table=len(papers), subtopics=len(subtopic))
    return Run(
        papers=papers,
        topic=topic,
        subtopic=subtopic,
        names=Names.of(topics, hierarchy),
        groups=np.array([node["parent"] for node in nodes_of(hierarchy, "topic")], int),
        group_names=[one_line(node["name"]) for node in nodes_of(hierarchy, "group")],
        parents=np.array([node["parent"] for node in nodes_of(hierarchy, "subtopic")], int),
        near=read_neighbors(args.neighbors, args.similarities, len(papers))[0],
        vectors=open_embeddings(args.embeddings, len(papers)),
    )


def read_citations(facets: Path, papers: pa.Table) -> np.ndarray:
    """The citations among the papers, by their ids and DOIs: int64 (c, 2); none without the facet `references`."""
    names = {doi: row for row, doi in enumerate(papers["doi"].to_pylist()) if doi}
    names |= {identifier: row for row, identifier in enumerate(papers["id"].to_pylist())}
    references: dict[int, list[str]] = {}
    blocks = FacetBlocks(facets, ["references"])
    for start in range(0, len(papers), BATCH):
        rows = blocks.of(papers["id"].slice(start, BATCH).combine_chunks())
        for name in ("value", "key"):
            known = rows.filter(rows[name].is_valid())
            for row, value in zip(known["row"].to_pylist(), known[name].to_pylist(), strict=True):
                if value in names:  # most references are to papers that are not here
                    references.setdefault(start + row, []).append(value)
    return citations_of(references, names)


def numbers_of(papers: pa.Table, name: str) -> np.ndarray:
    """A column as numbers: float64 (n,), NaN where it is null."""
    values: np.ndarray = papers[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
    return values


def write_paper_graph(path: Path, run: Run, edges: PaperEdges) -> None:
    """Write papers.graphml."""
    texts = ("topic_key", "topic_name", "topic_group", "subtopic", "journal", "doi")
    nodes: dict[str, Any] = {
        "label": run.papers["title"].to_pylist(),
        "paper": run.papers["id"].to_pylist(),
        **{name: run.papers[name].to_pylist() for name in texts},
        **{name: numbers_of(run.papers, name) for name in ("year", "similarity", "x", "y")},
    }
    columns = {
        "weight": np.maximum(edges.cosine, 0),
        "cosine": edges.cosine,
        "shared_neighbors": edges.shared,
        "citing": [CITING[citing] for citing in edges.citing.tolist()],
    }
    write_graphml(path, nodes, edges.pairs, columns)


def write_node_graph(path: Path, run: Run, nodes: Nodes, edges: NodeEdges) -> None:
    """Write topics.graphml, or subtopics.graphml."""
    columns: dict[str, Any] = {
        "label": nodes.labels,
        "topic_key": [run.names.keys[topic] for topic in nodes.topics.tolist()],
        "topic_name": [run.names.topics[topic] for topic in nodes.topics.tolist()],
        "topic_group": [run.names.groups[topic] for topic in nodes.topics.tolist()],
        "size": nodes.sizes,
        "mean_year": nodes.years,
        "x": nodes.points[:, 0],
        "y": nodes.points[:, 1],
    }
    of_edges = {
        "weight": edges.near,
        "cosine": edges.cosine,
        "near_pairs": edges.near,
        "citations": edges.citations,
    }
    write_graphml(path, columns, edges.pairs, of_edges)


def write_vosviewer(
    files: list[Path], items: Items, pairs: np.ndarray, strengths: np.ndarray, run: Run, item: str
) -> None:
    """Write the map, the network and the JSON file of VOSviewer.

    Parameters
    ----------
    items : their clusters are codes of topics, -1 for none
    item : what an item is called
    """
    items.clusters, by_topic = clusters_of(items.clusters, run.groups)
    names = run.names.topics if by_topic else run.group_names
    cluster = "topic" if by_topic else "group of topics"
    write_map(files[0], items)
    write_network(files[1], pairs, strengths)
    words = {"item": item, "items": f"{item}s", "cluster": cluster, "clusters": f"{cluster}s"}
    write_online(files[2], items, pairs, strengths, names, words)


def paper_items(run: Run, link: str | None) -> Items:
    """The papers as items of VOSviewer."""
    ids = run.papers["id"].to_pylist()
    scores = {"Year": numbers_of(run.papers, "year"), "Similarity": numbers_of(run.papers, "similarity")}
    return Items(
        labels=run.papers["title"].to_pylist(),
        points=np.stack([numbers_of(run.papers, "x"), numbers_of(run.papers, "y")], 1),
        clusters=run.topic,
        descriptions=ids,
        urls=[paper_url(link, identifier) for identifier in ids],
        scores={name: values for name, values in scores.items() if not np.isnan(values).all()},
    )


def node_items(nodes: Nodes, names: Names) -> Items:
    """Topics or subtopics as items of VOSviewer; it shows thirty characters of a label."""
    topics = [names.topics[topic] for topic in nodes.topics.tolist()]
    known = not np.isnan(nodes.years).all()
    return Items(
        labels=nodes.labels,
        points=nodes.points,
        clusters=nodes.topics,
        descriptions=[
            topic if topic == label else f"{topic} › {label}"
            for topic, label in zip(topics, nodes.labels, strict=True)
        ],
        weights={"Papers": nodes.sizes},
        scores={"Mean year": nodes.years} if known else {},
    )


def references(args: argparse.Namespace, run: Run) -> Iterator[tuple[int, list[Reference]]]:
    """The papers as references, a block at a time, with the row of the first."""
    facets = FacetBlocks(args.facets, ["authors"])
    texts = in_blocks(read_batches(args.papers, ["abstract", "published"], BATCH), BATCH)
    for start in progress(range(0, len(run.papers), BATCH), desc="references", unit="block"):
        block, text = run.papers.slice(start, BATCH), next(texts)
        authors = value_lists(facets.of(block["id"].combine_chunks()), "authors", len(block))
        more = zip(authors, text["abstract"].to_pylist(), text["published"].to_pylist(), strict=True)
        rows = zip(block.to_pylist(), more, strict=True)
        yield start, [reference(row, *of_row, args.link) for row, of_row in rows]


def reference(row: dict, authors: list[str], abstract: str, published: Any, link: str | None) -> Reference:
    """A row of papers.parquet, with what other tables say, as a reference."""
    subjects = [row["topic_name"], row["subtopic"], *row["fields"]]
    return Reference(
        id=row["id"],
        title=row["title"],
        authors=[name_of(name) for name in authors],
        published=published,
        journal=row["journal"],
        doi=row["doi"],
        url=paper_url(link, row["id"]),
        abstract=abstract,
        keywords=list(dict.fromkeys(subject for subject in subjects if subject)),
        preprint=not row["journal"] and not row["doi"],
    )


def write_references(args: argparse.Namespace, run: Run, ris: Path, csl: Path) -> None:
    """Write ris.zip and csl-json.zip."""
    with scratch_folder(".references-", args.ris.parent) as folder:
        archives = PerTopic(folder, file_titles(run.names.keys, run.names.topics))
        for start, papers in references(args, run):
            archives.add(run.topic[start : start + len(papers)].tolist(), papers)
        archives.write(ris, "ris")
        archives.write(csl, "json")


def write_networks(run: Run, citations: np.ndarray, link: str | None, files: list[Path]) -> tuple[int, int]:
    """Write the networks; how many edges papers have, and how many parts the topics.

    Parameters
    ----------
    files : the graphs of topics, parts and papers, and the files of VOSviewer of parts and of papers
    """
    years, counted = numbers_of(run.papers, "year"), run.papers["counted"].to_numpy()
    points = np.stack([numbers_of(run.papers, name) for name in ("x", "y")], 1)
    measured = (years, points, counted)
    topics = nodes_of_topics(run.topic, run.names, *measured)
    parts = nodes_of_parts(run.topic, run.subtopic, run.parents, run.names, *measured)
    of_topics, of_parts = (
        node_edges(nodes.of_papers, len(nodes.labels), run.near, citations, run.vectors)
        for nodes in (topics, parts)
    )
    write_node_graph(files[0], run, topics, of_topics)
    write_node_graph(files[1], run, parts, of_parts)
    write_vosviewer(files[3:6], node_items(parts, run.names), of_parts.pairs, of_parts.near, run, "subtopic")
    of_papers = paper_edges(run.near, citations, run.vectors)
    write_paper_graph(files[2], run, of_papers)
    strengths = np.maximum(of_papers.cosine, 0)
    write_vosviewer(files[6:], paper_items(run, link), of_papers.pairs, strengths, run, "paper")
    return len(of_papers.pairs), len(parts.labels)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    run_files = read_run(args)
    citations = read_citations(args.facets, run_files.papers)
    networks = [args.topics_graph, args.parts_graph, args.papers_graph]
    networks += [args.topics_map, args.topics_network, args.topics_online]
    networks += [args.papers_map, args.papers_network, args.papers_online]
    with atomic_outputs(*networks, args.ris, args.csl) as files:
        edges, parts = write_networks(run_files, citations, args.link, files[:-2])
        write_references(args, run_files, *files[-2:])
        size = sum(file.stat().st_size for file in files)
    if parts < LEAST_ITEMS:
        warn(f"VOSviewer Online opens no network of {parts} items; open that of the papers")
    say(
        f"{len(run_files.papers):,} papers, {edges:,} edges, {len(citations):,} citations: {size / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    run(main)
