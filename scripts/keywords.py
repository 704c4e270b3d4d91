"""Weight the words and bigrams of each topic by class-based TF-IDF, and list the highest-weighted."""

import argparse

import numpy as np
import pandas as pd

from lib.arrays import read_array
from lib.cli import Parser, run, say, warn
from lib.clusters.schema import ASSIGNMENTS
from lib.files import atomic_outputs
from lib.keywords.choice import eligible, informative
from lib.keywords.ctfidf import TermCounts, count_in_topics
from lib.keywords.keywords import keywords_of
from lib.keywords.phrases import Phrases
from lib.keywords.schema import KEYWORDS
from lib.keywords.term_vectors import TermVectors
from lib.rows import check_topics, label_sizes
from lib.tables import check_same_rows, read_table, write_csv, write_table
from lib.vectors import open_embeddings
from lib.words.term_files import Terms
from lib.words.words import read_words
from lib.works.counted import read_counted, without_copies


def keyword_table(
    corpus: Terms, vectors: np.ndarray, topics: np.ndarray, k: int, *, head_words: frozenset[str], top: int
) -> pd.DataFrame:
    """The `top` keywords of each topic, highest-weighted first, with the columns of KEYWORDS.

    Parameters
    ----------
    vectors : (n, dim), unit rows
    topics : int (n,), 0 to k - 1; -1 for unassigned papers, which are not counted
    """
    terms, offsets, n_terms = corpus.terms, corpus.term_offsets, len(corpus.vocabulary)
    counted = TermCounts.of(corpus.vocabulary, count_in_topics(terms, offsets, topics, k, n_terms))
    sizes = label_sizes(topics, k)
    allowed = eligible(counted, sizes, informative(counted, sizes), head_words)
    of_terms = TermVectors.of(terms, offsets, vectors, topics, n_terms)
    keywords = keywords_of(counted, sizes, allowed, top, of_terms)
    keywords = Phrases(counted, corpus.tokens, corpus.offsets).of_groups(keywords, of_terms)
    rows = [
        (topic, rank, *keyword)
        for topic, of_topic in enumerate(keywords)
        for rank, keyword in enumerate(of_topic, 1)
    ]
    return pd.DataFrame(rows, columns=KEYWORDS.names)


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
        centroids="centroids.npy",
        works="works.parquet",
        head_words="words that count only in bigrams, one per line",
    )
    cli.flag("--top", int, "keywords per topic")
    cli.outputs(keywords="keywords.parquet", csv="keywords.csv")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    topics = read_table(args.assignments, ASSIGNMENTS, ["topic"])["topic"].to_numpy()
    corpus = Terms.read(args)
    counted = read_counted(args.works)
    check_same_rows(
        terms=len(corpus.term_offsets) - 1,
        offsets=len(corpus.offsets) - 1,
        assignments=len(topics),
        works=len(counted),
    )
    k = len(read_array(args.centroids, mapped=True))  # the last topic may be in none of the given rows
    check_topics(topics, k)
    topics = without_copies(topics, counted)
    vectors = open_embeddings(args.embeddings, len(topics))
    head_words = read_words(args.head_words)
    table = keyword_table(corpus, vectors, topics, k, head_words=head_words, top=args.top)
    with atomic_outputs(args.keywords, args.csv) as (keywords_file, csv_file):
        write_table(keywords_file, table, KEYWORDS)
        write_csv(csv_file, table)
    if silent := sorted(set(range(k)) - set(table["topic"])):
        warn(
            f"topics without keywords, which are named by a title: {', '.join(map(str, silent))}. Their papers are in "
            "a script without spaces, whose words are not known, or share too few words (config key terms.min_count)"
        )
    for topic, group in table[table["topic"] < 5].groupby("topic"):
        say(f"topic {topic}: {', '.join(group['keyword'].head(6))}")


if __name__ == "__main__":
    run(main)
