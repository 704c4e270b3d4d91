"""Weigh the words and bigrams of each topic by class-based TF-IDF and list the heaviest."""

import argparse

import numpy as np
import pandas as pd

from lib.cli import Parser, UserError, optional, run, say
from lib.files import atomic_outputs
from lib.sampling import hash_ids, sample_rows
from lib.tables import (
    ASSIGNMENTS,
    KEYWORDS,
    check_same_rows,
    count_rows,
    read_table,
    read_texts,
    write_csv,
    write_table,
)
from lib.topics.ctfidf import count_terms, ctfidf, top_terms
from lib.topics.words import WordLists, lacks_words


def keyword_table(
    texts: list[str],
    topics: np.ndarray,
    k: int,
    *,
    lists: WordLists,
    top: int,
    min_count: int,
    threads: int = 1,
) -> pd.DataFrame:
    """The `top` keywords of each topic, heaviest first, with the columns of KEYWORDS.

    Parameters
    ----------
    texts : lower-case
    topics : int (n,), 0 to k - 1
    """
    counted = count_terms(texts, topics, k, lists=lists, min_count=min_count, threads=threads)
    weights = ctfidf(counted.counts)
    in_all = np.asarray(counted.counts.sum(0)).ravel()
    rows = []
    for topic, columns in enumerate(top_terms(counted, weights, top)):
        for rank, column in enumerate(columns, 1):
            n = int(counted.counts[topic, column])
            weight = float(weights[topic, column])
            rows.append((topic, rank, counted.terms[column], weight, n, n / int(in_all[column])))
    return pd.DataFrame(rows, columns=KEYWORDS.names)


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        assignments="assignments.parquet",
        stop_words="words that never count, one per line",
        head_words="words that count only in bigrams, one per line",
    )
    cli.flag("--top", int, "keywords per topic")
    cli.flag("--min-count", int, "least occurrences of a term in all papers")
    cli.flag("--max-papers", optional(int), "papers to count, sampled by hash of the id; None: all")
    cli.threads()
    cli.outputs(keywords="keywords.parquet", csv="keywords.csv")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    lists = WordLists.read(args.stop_words, args.head_words)
    assignments = read_table(args.assignments, ASSIGNMENTS, ["id", "topic"])
    topics = assignments["topic"].to_numpy()
    k = int(topics.max()) + 1
    check_same_rows(papers=count_rows(args.papers), assignments=len(topics))
    rows = np.arange(len(topics))
    if args.max_papers and args.max_papers < len(topics):
        rows = sample_rows(hash_ids(assignments["id"].to_pylist()), args.max_papers)
    texts = read_texts(args.papers, rows)
    if wordless := sum(map(lacks_words, texts)):
        say(
            f"{wordless:,} of {len(texts):,} papers have no keywords: their scripts (Japanese, Thai, ...) put no "
            "spaces between words"
        )
    options = {"top": args.top, "min_count": args.min_count, "threads": args.threads}
    table = keyword_table(texts, topics[rows], k, lists=lists, **options)
    if silent := sorted(set(range(k)) - set(table["topic"])):
        raise UserError(
            f"config key keywords.min_count: no term of topic {silent[0]} occurs {args.min_count} times; set it lower"
        )
    with atomic_outputs(args.keywords, args.csv) as (keywords_file, csv_file):
        write_table(keywords_file, table, KEYWORDS)
        write_csv(csv_file, table)
    for topic, group in table[table["topic"] < 5].groupby("topic"):
        say(f"topic {topic}: {', '.join(group['keyword'].head(6))}")


if __name__ == "__main__":
    run(main)
