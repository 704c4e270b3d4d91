"""Weight the words and bigrams of each topic, group and subtopic, and list the highest-weighted."""

import argparse
import json
from itertools import islice

import numpy as np

from lib.cli import Parser, run, say, three_digits, warn
from lib.clusters.nodes import as_listed, parents_of, read_nodes, with_numbers
from lib.clusters.schema import NODES, SUBTOPICS
from lib.clusters.topic_numbers import read_assignments
from lib.edits.state import read_state
from lib.edits.words import dropped_words
from lib.files import atomic_outputs, write_json
from lib.keywords.lists import Dropped, kept_lists, keyword_table, unwanted
from lib.keywords.model import KeywordModel
from lib.keywords.quality import coherence
from lib.keywords.schema import KEYWORDS
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.vectors import open_embeddings
from lib.words.term_files import Terms
from lib.words.words import read_words
from lib.works.counted import read_counted, without_copies

WINDOWED = 100_000  # papers whose windows are counted


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
    vectors = open_embeddings(args.embeddings, len(topics))
    dropped: Dropped = (frozenset(), {})
    if args.edited:
        dropped = dropped_words(read_state(args.assignments, args.edited, args.replayed), args.edits["drop"])
    head_words, out = read_words(args.head_words), unwanted(dropped, k)
    rows = np.unique(np.linspace(0, len(topics) - 1, WINDOWED).astype(np.int64))
    kept = None
    if args.found_assignments:
        found = without_copies(
            read_assignments(args.found_assignments, ["topic"])[0]["topic"].to_numpy(), counted
        )
        labels = found, topics, subtopics
        kept = kept_lists(corpus, vectors, head_words, labels, parents, out, args.top, rows)
    leaf_of = np.where(subtopics >= 0, k + subtopics, topics)
    model = KeywordModel.of(corpus, vectors, leaf_of, np.r_[np.arange(k), parents], head_words)
    table = keyword_table(model, nodes, args.top, dropped, kept)
    del model
    measured = coherence(corpus, table, k, rows)
    if kept:
        measured["before_edits"] = kept.coherence
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
