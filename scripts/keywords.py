"""Weigh the words and bigrams of each topic by class-based TF-IDF and list the heaviest."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from lib.cli import UserError, optional, parser, run, say, written
from lib.ctfidf import count_terms, top_terms, weigh
from lib.draw import draw, hash_ids
from lib.files import read_table, same_rows


def keyword_table(
    texts: list[str], topics: np.ndarray, k: int, *, top: int, min_count: int, threads: int = 1
) -> pa.Table:
    """The `top` keywords of each topic, heaviest first.

    Returns
    -------
    columns topic int32, rank int32 (from 1), keyword str, weight float64, count int64 (in the
    topic), share float64 (of the term's occurrences that are in the topic)
    """
    counted = count_terms(texts, topics, k, min_count=min_count, threads=threads)
    weights = weigh(counted.counts)
    in_all = np.asarray(counted.counts.sum(0)).ravel()
    rows = []
    for topic, columns in enumerate(top_terms(counted, weights, top)):
        for rank, column in enumerate(columns, 1):
            n = int(counted.counts[topic, column])
            weight = float(weights[topic, column])
            rows.append((topic, rank, counted.terms[column], weight, n, n / int(in_all[column])))
    kinds = (pa.int32(), pa.int32(), pa.string(), pa.float64(), pa.int64(), pa.float64())
    names = ("topic", "rank", "keyword", "weight", "count", "share")
    columns = zip(*rows, strict=True) if rows else [[]] * len(names)
    return pa.table({n: pa.array(list(c), t) for n, c, t in zip(names, columns, kinds, strict=True)})


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--assignments", type=Path, required=True, help="input: assignments.parquet")
    cli.add_argument("--top", type=int, default=10, help="keywords for each topic")
    cli.add_argument("--min-count", type=int, default=5, help="occurrences that a term must have in all")
    cli.add_argument("--max-papers", type=optional(int), help="papers to count, drawn by hash of the id")
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--keywords", type=Path, required=True, help="output: keywords.parquet")
    cli.add_argument("--csv", type=Path, required=True, help="output: keywords.csv")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    assignments = read_table(args.assignments, columns=["id", "topic"])
    topics = assignments["topic"].to_numpy()
    k = int(topics.max()) + 1
    same_rows(papers=pq.read_metadata(args.papers).num_rows, assignments=len(topics))
    rows = np.arange(len(topics))
    if args.max_papers and args.max_papers < len(topics):
        rows = draw(hash_ids(assignments["id"].to_pylist()), args.max_papers)
    drawn = np.zeros(len(topics), bool)
    drawn[rows] = True
    texts, at = [], 0
    for batch in pq.ParquetFile(args.papers).iter_batches(8192, columns=["text"]):
        texts += batch["text"].filter(pa.array(drawn[at : at + len(batch)])).to_pylist()
        at += len(batch)
    table = keyword_table(
        texts, topics[rows], k, top=args.top, min_count=args.min_count, threads=args.threads
    )
    silent = sorted(set(range(k)) - set(table["topic"].to_pylist()))
    if silent:
        raise UserError(
            f"config key keywords.min_count: no term of topic {silent[0]} occurs {args.min_count} times; set it lower"
        )
    with written(args.keywords, args.csv) as (keywords, csv):
        pq.write_table(table, keywords)
        pyarrow.csv.write_csv(table, csv)
    for topic in range(min(k, 5)):
        row = table.filter(pa.array(table["topic"].to_numpy() == topic))
        say(f"topic {topic}: {', '.join(row['keyword'].to_pylist()[:6])}")


if __name__ == "__main__":
    run(main)
