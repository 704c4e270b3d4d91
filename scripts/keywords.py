"""Weight the words and bigrams of each topic, group and subtopic, and list the highest-weighted."""

import argparse
import json
from itertools import islice

import numpy as np
import pandas as pd

from lib.cli import Parser, run, say, three_digits, warn
from lib.clusters.nodes import as_listed, parents_of, read_nodes, siblings, with_numbers
from lib.clusters.schema import NODES, SUBTOPICS
from lib.clusters.topic_numbers import read_assignments
from lib.edits.state import read_state
from lib.edits.words import dropped_words
from lib.files import atomic_outputs, write_json
from lib.keywords.model import Keyword, KeywordModel
from lib.keywords.quality import coherence
from lib.keywords.schema import KEYWORDS, MeanCoherence
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.vectors import open_embeddings
from lib.words.term_files import Terms
from lib.words.words import read_words
from lib.works.counted import read_counted, without_copies

WINDOWED = 100_000  # papers whose windows are counted


Dropped = tuple[frozenset[str], dict[int, frozenset[str]]]


def keyword_table(model: KeywordModel, nodes: pd.DataFrame, top: int, dropped: Dropped) -> pd.DataFrame:
    """The `top` keywords of each node, highest-weighted first, with the columns of KEYWORDS.

    Topics and groups are compared with all others, subtopics with those of their topic.

    Parameters
    ----------
    model : its leaves are the topics (papers in no subtopic), and then the subtopics
    nodes : table with the columns of NODES
    dropped : words that are keywords of no node, and those of no node of certain topics, by code
    """
    group_of, parents = parents_of(nodes, "topic"), parents_of(nodes, "subtopic")
    topic_of = np.r_[np.arange(len(group_of)), parents]
    rows: list[tuple] = []

    def add(level: str, numbers: np.ndarray, keywords: list[list[Keyword]]) -> None:
        for node, of_node in zip(numbers.tolist(), keywords, strict=True):
            rows.extend((level, node, rank, *keyword) for rank, keyword in enumerate(of_node, 1))

    everywhere, of_topic = dropped
    k, groups = len(group_of), np.unique(group_of)
    out = [everywhere | of_topic.get(topic, frozenset()) for topic in range(k)]
    add("group", groups, model.keywords_of(group_of[topic_of], top, [everywhere] * len(groups)))
    add("topic", np.arange(k), model.keywords_of(topic_of, top, out))
    for numbers, places in siblings(parents):
        of_parent = [out[parents[numbers[0]]]] * len(numbers)
        add("subtopic", numbers, model.keywords_of(np.r_[np.full(k, -1), places], top, of_parent))
    return pd.DataFrame(rows, columns=KEYWORDS.names)


def coherence_of(
    corpus: Terms,
    vectors: np.ndarray,
    topics: np.ndarray,
    head_words: frozenset[str],
    top: int,
    rows: np.ndarray,
) -> MeanCoherence:
    """The coherence of the keywords that other topics would have.

    Parameters
    ----------
    topics : int32 (n,), 0 to k - 1; -1 for papers that are not counted
    rows : int (m,), the papers whose windows are counted
    """
    each = np.arange(int(topics.max()) + 1)
    keywords = KeywordModel.of(corpus, vectors, topics, each, head_words).keywords_of(each, top)
    listed = [
        ("topic", node, rank, *keyword)
        for node, of_node in enumerate(keywords)
        for rank, keyword in enumerate(of_node, 1)
    ]
    measured = coherence(corpus, pd.DataFrame(listed, columns=KEYWORDS.names), len(each), rows)
    return MeanCoherence(npmi=measured["npmi"], c_v=measured["c_v"])


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
        head_words="words that count only in bigrams, one per line",
    )
    cli.optional_inputs(
        edited="cluster.json, if edits drop words",
        replayed="edits.json of `edit`, if edits are of papers",
        found_assignments="assignments.parquet of `cluster`, if edits are of papers",
    )
    cli.flag("--edits", json.loads, "edits that drop words, as JSON: {drop: [...]}")
    cli.flag("--top", int, "keywords per topic")
    cli.outputs(keywords="keywords.parquet", csv="keywords.csv", coherence="coherence.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    of_nodes, numbers = read_nodes(args.nodes, NODES)
    topics = read_assignments(args.assignments, ["topic"], numbers)[0]["topic"].to_numpy()
    subtopics = read_table(args.subtopics, SUBTOPICS, ["subtopic"])["subtopic"].fill_null(-1).to_numpy()
    nodes, k = of_nodes.to_pandas(), len(numbers)
    corpus = Terms.read(args)
    counted = read_counted(args.works)
    check_same_rows(
        terms=len(corpus.term_offsets) - 1,
        offsets=len(corpus.offsets) - 1,
        assignments=len(topics),
        subtopics=len(subtopics),
        works=len(counted),
    )
    topics, subtopics = without_copies(topics, counted), without_copies(subtopics, counted)
    parents = parents_of(nodes, "subtopic")
    leaf_of = np.where(subtopics >= 0, k + subtopics, topics)
    vectors = open_embeddings(args.embeddings, len(topics))
    model = KeywordModel.of(
        corpus, vectors, leaf_of, np.r_[np.arange(k), parents], read_words(args.head_words)
    )
    dropped: Dropped = (frozenset(), {})
    if args.edited:
        dropped = dropped_words(read_state(args.assignments, args.edited, args.replayed), args.edits["drop"])
    table = keyword_table(model, nodes, args.top, dropped)
    del model
    rows = np.unique(np.linspace(0, len(topics) - 1, WINDOWED).astype(np.int64))
    measured = coherence(corpus, table, k, rows)
    if args.found_assignments:
        found = without_copies(
            read_assignments(args.found_assignments, ["topic"])[0]["topic"].to_numpy(), counted
        )
        measured["before_edits"] = coherence_of(
            corpus, vectors, found, read_words(args.head_words), args.top, rows
        )
    with atomic_outputs(args.keywords, args.csv, args.coherence) as (keywords_file, csv_file, coherence_file):
        write_table(keywords_file, with_numbers(table, numbers), KEYWORDS)
        listed = with_numbers(as_listed(table, nodes), numbers)
        write_csv(csv_file, listed)
        write_json(coherence_file, measured)
    of_topics = listed[listed["level"] == "topic"]
    if silent := sorted(set(numbers.tolist()) - set(of_topics["node"])):
        warn(
            f"topics without keywords, which are named by a title: {', '.join(map(str, silent))}. Their papers are in "
            "a script without spaces, whose words are not known, or share too few words (config key terms.min_count)"
        )
    say(f"NPMI {three_digits(measured['npmi'], 'unknown')}, C_v {three_digits(measured['c_v'], 'unknown')}")
    for topic, group in islice(of_topics.groupby("node", sort=False), 5):
        say(f"topic {topic}: {', '.join(group['keyword'].head(6))}")


if __name__ == "__main__":
    run(main)
