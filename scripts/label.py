"""Find each topic's most central papers and give the topic a keyword and a title for a label."""

import csv
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.cli import parser, run, say, written
from lib.files import read_array, read_table, same_rows
from lib.latex import plain, short_title
from lib.text import stem
from lib.vectors import chunks, open_embeddings, unit_rows


def nearest(vectors: np.ndarray, topics: np.ndarray, centroids: np.ndarray, n: int, threads: int = 1):
    """The n papers of each topic nearest to its centroid by Euclidean distance, nearest first.

    Returns
    -------
    list of (rows int64, distances float32), one pair a topic
    """
    distance = np.empty(len(vectors), np.float32)
    squares = np.einsum("ij,ij->i", centroids, centroids)
    across = np.ascontiguousarray(centroids.T)

    def work(a: int, b: int) -> None:
        own = topics[a:b]
        dot = (unit_rows(vectors, a, b) @ across)[np.arange(b - a), own]
        distance[a:b] = np.sqrt(np.maximum(1.0 + squares[own] - 2.0 * dot, 0.0))

    for _ in chunks(len(vectors), threads, work):
        pass
    order = np.lexsort((distance, topics))
    first = np.searchsorted(topics[order], np.arange(len(centroids) + 1))
    picks = [order[a : min(b, a + n)] for a, b in pairwise(first)]
    return [(rows, distance[rows]) for rows in picks]


def primary_keywords(keywords: list[list[tuple[str, float]]]) -> list[str]:
    """A keyword for each topic that no other topic has, give or take a plural.

    Parameters
    ----------
    keywords : for each topic its (keyword, weight) pairs, heaviest first

    Keywords that two topics contest go where they weigh most. Weights are compared relative to the
    heaviest of the topic, since a topic of varied vocabulary has smaller ones throughout. A topic
    that gets none of its keywords has its heaviest, with a number.
    """
    bids = [
        (weight / pairs[0][1], -rank, topic, word)
        for topic, pairs in enumerate(keywords)
        for rank, (word, weight) in enumerate(pairs)
    ]
    given: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, topic, word in sorted(bids, key=lambda bid: (-bid[0], -bid[1], bid[2])):
        name = " ".join(stem(part) for part in word.split())
        if topic not in given and name not in taken:
            given[topic] = word
            taken.add(name)
    # all its keywords went to others, as where vectors tell papers apart that words do not
    for topic, pairs in enumerate(keywords):
        word, number = pairs[0][0], 2
        while topic not in given:
            name = f"{' '.join(stem(part) for part in word.split())} ({number})"
            if name not in taken:
                given[topic] = f"{word} ({number})"
                taken.add(name)
            number += 1
    return [given[topic] for topic in range(len(keywords))]


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--embeddings", type=Path, required=True, help="input: embeddings.npy")
    cli.add_argument("--assignments", type=Path, required=True, help="input: assignments.parquet")
    cli.add_argument("--centroids", type=Path, required=True, help="input: centroids.npy")
    cli.add_argument("--keywords", type=Path, required=True, help="input: keywords.parquet")
    cli.add_argument("--representatives-per-topic", type=int, default=5)
    cli.add_argument("--title-chars", type=int, default=60, help="longest title in a label")
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--representatives", type=Path, required=True, help="output: representatives.parquet")
    cli.add_argument("--topics", type=Path, required=True, help="output: topics.parquet")
    cli.add_argument("--csv", type=Path, required=True, help="output: topics.csv")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    papers = read_table(args.papers, columns=["id", "title", "primary_category"])
    assignments = read_table(args.assignments, columns=["topic", "silhouette"])
    vectors = open_embeddings(args.embeddings, len(papers))
    topics = assignments["topic"].to_numpy()
    same_rows(papers=len(papers), assignments=len(topics))
    centroids = read_array(args.centroids)
    k = len(centroids)

    central = nearest(vectors, topics, centroids, args.representatives_per_topic, args.threads)
    rows = np.concatenate([r for r, _ in central])
    representatives = pa.table(
        {
            "topic": pa.array(np.repeat(np.arange(k, dtype=np.int32), [len(r) for r, _ in central])),
            "rank": pa.array(np.concatenate([np.arange(1, len(r) + 1, dtype=np.int32) for r, _ in central])),
            "id": papers["id"].take(rows).combine_chunks(),
            "title": pa.array([plain(title) for title in papers["title"].take(rows).to_pylist()]),
            "distance": pa.array(np.concatenate([d for _, d in central])),
        }
    )
    listed = read_table(args.keywords)
    pairs: list[list[tuple[str, float]]] = [[] for _ in range(k)]
    for row in listed.to_pylist():
        pairs[row["topic"]].append((row["keyword"], row["weight"]))
    primary = primary_keywords(pairs)
    titles = papers["title"].take([r[0] for r, _ in central]).to_pylist()
    sizes = np.bincount(topics, minlength=k)
    silhouette = np.bincount(topics, assignments["silhouette"].to_numpy(), minlength=k) / np.maximum(sizes, 1)

    category = papers["primary_category"].combine_chunks().dictionary_encode()
    names = category.dictionary.to_pylist()
    codes = category.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    common = [np.bincount(codes[(topics == t) & (codes >= 0)], minlength=1) for t in range(k)]
    table = pa.table(
        {
            "topic": pa.array(range(k), pa.int32()),
            "label": [
                f"{word} | {short_title(title, args.title_chars)}"
                for word, title in zip(primary, titles, strict=True)
            ],
            "size": pa.array(sizes, pa.int64()),
            "share": sizes / len(topics),
            "primary_keyword": primary,
            "keywords": pa.array([[word for word, _ in some] for some in pairs], pa.list_(pa.string())),
            "representative_id": papers["id"].take([r[0] for r, _ in central]).combine_chunks(),
            "representative_title": [plain(title) for title in titles],
            "silhouette": silhouette,
            "main_category": pa.array([names[c.argmax()] if c.sum() else None for c in common], pa.string()),
            "main_category_share": [float(c.max() / max(c.sum(), 1)) for c in common],
        }
    )
    with written(args.representatives, args.topics, args.csv) as (
        representatives_file,
        topics_file,
        csv_file,
    ):
        pq.write_table(representatives, representatives_file)
        pq.write_table(table, topics_file)
        with csv_file.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(table.column_names)
            for row in table.to_pylist():
                row["keywords"] = "; ".join(row["keywords"])
                row |= {name: round(row[name], 4) for name in ("share", "silhouette", "main_category_share")}
                writer.writerow(row.values())
    for row in table.slice(0, 5).to_pylist():
        say(f"{row['size']:>8,}  {row['label']}")


if __name__ == "__main__":
    run(main)
