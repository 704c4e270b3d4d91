"""Name the groups and subtopics of the hierarchy, and draw its tree."""

import argparse

import numpy as np
import pandas as pd
import pyarrow as pa
from scipy import sparse

from lib.cli import Parser, run, say
from lib.corpus.words import read_words
from lib.files import atomic_outputs
from lib.map.fonts import drawable
from lib.style import save
from lib.tables import (
    ASSIGNMENTS,
    HIERARCHY,
    NODES,
    SUBTOPICS,
    TOPICS,
    VOCABULARY,
    check_same_rows,
    read_table,
    write_csv,
    write_table,
)
from lib.topics.ctfidf import TermCounts, count_in_topics, eligible, informative
from lib.topics.keywords import Keyword, keywords_of, lifts, restricted
from lib.topics.labels import SEPARATOR, primary_keywords, topic_names
from lib.topics.tree_figure import draw_tree
from lib.vectors import read_array

LEAST_PAPERS = 3  # of siblings that have a term, for it to be a keyword of one of them


def names_of(keywords: list[list[Keyword]], of_parent: str, sizes: np.ndarray) -> list[str]:
    """The names of siblings by their keywords; one without keywords has that of its parent and a number.

    Keywords of the parent's name are left out where there are others, if they do not tell siblings apart:
    of the papers with the keyword in excess of the sibling's share, less than a third are there.

    Parameters
    ----------
    sizes : int (m,), papers of each sibling
    """
    said = set(of_parent.split(SEPARATOR))
    least = (1 + 2 * sizes / sizes.sum()) / 3
    keywords = [
        [keyword for keyword in some if keyword[0] not in said or keyword[3] >= own] or some
        for some, own in zip(keywords, least, strict=True)
    ]
    known = [i for i, some in enumerate(keywords) if some]
    pairs = [[(word, weight) for word, weight, *_ in keywords[i]] for i in known]
    primary = primary_keywords(pairs, [of_parent] * len(known))
    named = topic_names([[word for word, *_ in keywords[i]] for i in known], primary)
    names = [f"{of_parent} ({i + 1})" for i in range(len(keywords))]
    for i, name in zip(known, named, strict=True):
        names[i] = name
    return names


def count_terms(
    terms: np.ndarray,
    offsets: np.ndarray,
    owner: np.ndarray,
    subtopic: np.ndarray,
    parents: np.ndarray,
    n: int,
) -> sparse.csr_matrix:
    """The papers of each topic, and then of each subtopic, that have each term: int64 csr (k + m, n).

    Parameters
    ----------
    terms, offsets : the terms of each paper, as the step `terms` writes them (may be memory-mapped)
    owner : int (n_papers,), the topic of each paper, 0 to k - 1
    subtopic : int (n_papers,), 0 to m - 1; -1 where the topic is not divided
    parents : int (m,), the topic of each subtopic
    n : number of terms
    """
    m, k = len(parents), int(owner.max()) + 1
    leaf = np.where(subtopic < 0, m + owner, subtopic)  # so that the terms are read once
    counts = count_in_topics(terms, offsets, leaf, m + k, n)
    topics = np.r_[parents, np.arange(k)]
    into_topics = sparse.csr_matrix((np.ones(m + k, np.int64), (topics, np.arange(m + k))))
    return sparse.vstack([into_topics @ counts, counts[:m]], format="csr")


def hierarchy_table(
    nodes: pd.DataFrame, counted: TermCounts, topics: pd.DataFrame, head_words: frozenset[str], top: int
) -> pd.DataFrame:
    """The nodes with their names and keywords, with the columns of HIERARCHY.

    A group is named by the primary keywords of its largest topics; a group of one topic has its name.
    Keywords of groups are weighed against the other groups, times the number of topics in the group of
    which they may be keywords: a theme runs through several. Keywords of subtopics are weighed against
    the other subtopics of the topic, times the square root of their lift over all papers: what tells siblings
    apart need not say what they are about (`generation`).

    Parameters
    ----------
    nodes : columns of NODES
    counted : rows are the topics and then the subtopics
    topics : columns `name`, `primary_keyword` and `keywords`, largest topics first
    """
    levels = {level: some.set_index("node") for level, some in nodes.groupby("level")}
    group_of = levels["topic"]["parent"].to_numpy(int)
    k = len(group_of)
    into_groups = sparse.csr_matrix((np.ones(k, np.int64), (group_of, np.arange(k))))
    of_topics = counted.regrouped(counted.counts[:k])
    groups = counted.regrouped(sparse.csr_matrix(into_groups @ of_topics.counts))
    sizes = levels["topic"]["size"].to_numpy()
    specific = informative(of_topics, sizes)
    fit = eligible(of_topics, sizes, specific, head_words)
    of_groups = keywords_of(groups, sparse.csr_matrix(into_groups @ fit.astype(np.int64)), top)
    primary = topics["primary_keyword"]
    group_names = [SEPARATOR.join(primary[group_of == group][:3]) for group in range(len(levels["group"]))]
    words = {
        "group": [[word for word, *_ in some] for some in of_groups],
        "topic": topics["keywords"].tolist(),
    }
    topic_name = topics["name"].tolist()
    for group in range(len(group_names)):
        if len(members := np.flatnonzero(group_of == group)) == 1:
            group_names[group] = topic_name[members[0]]
            words["group"][group] = words["topic"][members[0]]
    shares = np.asarray(of_topics.counts.sum(0)).ravel() / sizes.sum()
    names = {"group": group_names, "topic": topic_name, "subtopic": []}
    words["subtopic"] = []
    for topic, inside in nodes[nodes["level"] == "subtopic"].groupby("parent"):
        some, kept = restricted(counted, k + inside["node"].to_numpy(), LEAST_PAPERS)
        inside_sizes = inside["size"].to_numpy()
        fit = eligible(some, inside_sizes, specific[kept], head_words)
        fit = fit.multiply(lifts(some.counts, inside_sizes, shares[kept]).sqrt()).tocsr()
        found = keywords_of(some, fit, top)
        names["subtopic"] += names_of(found, topic_name[int(topic)], inside_sizes)
        words["subtopic"] += [[word for word, *_ in keywords] for keywords in found]
    order = nodes["level"].unique()
    return nodes.assign(
        share=nodes["size"] / levels["group"]["size"].sum(),
        name=[name for level in order for name in names[level]],
        keywords=[some for level in order for some in words[level]],
    )[HIERARCHY.names]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        vocabulary="vocabulary.parquet",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
        assignments="assignments.parquet",
        nodes="nodes.parquet",
        subtopics="subtopics.parquet",
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
    topics = read_table(args.topics, TOPICS, ["name", "primary_keyword", "keywords", "colour"]).to_pandas()
    topics["keywords"] = topics["keywords"].map(list)
    owner = read_table(args.assignments, ASSIGNMENTS, ["topic"])["topic"].to_numpy()
    subtopic = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"]
    vocabulary = read_table(args.vocabulary, VOCABULARY)
    terms, offsets = read_array(args.terms, mapped=True), read_array(args.term_offsets)
    check_same_rows(terms=len(offsets) - 1, assignments=len(owner), subtopics=len(subtopic))
    parents = nodes.loc[nodes["level"] == "subtopic", "parent"].to_numpy(int)
    inside = subtopic.fill_null(-1).to_numpy()
    counts = count_terms(terms, offsets, owner, inside, parents, len(vocabulary))
    head_words = read_words(args.head_words)
    table = hierarchy_table(nodes, TermCounts.of(vocabulary, counts), topics, head_words, args.top)
    families, shown = drawable(table["name"].tolist())
    figure = draw_tree(
        table.assign(name=shown), read_array(args.linkage), topics["colour"].tolist(), families
    )
    with atomic_outputs(args.hierarchy, args.csv, args.figure) as (hierarchy_file, csv_file, figure_file):
        write_table(hierarchy_file, pa.Table.from_pandas(table, HIERARCHY, preserve_index=False), HIERARCHY)
        write_csv(csv_file, table)
        save(figure, figure_file, 150)
    for node in table[table["level"] == "group"].itertuples():
        say(f"{node.size:>8,}  {node.name}")


if __name__ == "__main__":
    run(main)
