"""Find the most central papers of each topic, and label the topic with a keyword and a title."""

import argparse

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.cli import Parser, run, say
from lib.files import atomic_outputs
from lib.summaries import ClusterSummary, read_json
from lib.tables import (
    ASSIGNMENTS,
    KEYWORDS,
    PAPERS,
    REPRESENTATIVES,
    TOPICS,
    check_same_rows,
    read_table,
    write_csv,
    write_table,
)
from lib.topics.labels import nearest_papers, primary_keywords
from lib.topics.titles import latex_to_text, short_title
from lib.vectors import open_embeddings, read_array


def representative_table(papers: pa.Table, nearest: list[tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """The papers nearest to each centroid, with the columns of REPRESENTATIVES.

    Parameters
    ----------
    papers : columns `id` and `title`
    nearest : as `nearest_papers` returns it
    """
    rows = np.concatenate([rows for rows, _ in nearest])
    sizes = [len(rows) for rows, _ in nearest]
    return pd.DataFrame(
        {
            "topic": np.repeat(np.arange(len(nearest)), sizes),
            "rank": np.concatenate([np.arange(1, size + 1) for size in sizes]),
            "id": papers["id"].take(rows).to_pylist(),
            "title": [latex_to_text(title) for title in papers["title"].take(rows).to_pylist()],
            "distance": np.concatenate([distances for _, distances in nearest]),
        }
    )


def main_categories(categories: pa.Array, topics: np.ndarray, k: int) -> pd.DataFrame:
    """The most frequent category of each topic and its share: `main_category`, `main_category_share`.

    Parameters
    ----------
    categories : string (n,), null if a paper has none
    topics : int (n,), 0 to k - 1
    """
    encoded = categories.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    known = codes >= 0
    width = max(len(names), 1)
    counts = np.bincount(topics[known] * width + codes[known], minlength=k * width).reshape(k, width)
    total = counts.sum(1)
    return pd.DataFrame(
        {
            "main_category": [names[row.argmax()] if row.any() else None for row in counts],
            "main_category_share": counts.max(1) / np.maximum(total, 1),
        }
    )


def topic_table(
    assignments: pd.DataFrame,
    categories: pa.Array,
    keywords: pd.DataFrame,
    representatives: pd.DataFrame,
    titles: list[str],
    title_chars: int,
    repeats: list[float | None],
) -> pd.DataFrame:
    """One row per topic, with the columns of TOPICS.

    Parameters
    ----------
    assignments : columns `topic` and `silhouette`, one row per paper
    categories : the primary category of each paper
    keywords, representatives : columns of KEYWORDS and REPRESENTATIVES
    titles : the title of the paper nearest to each centroid, TeX included
    title_chars : longest title in a label
    repeats : how well each topic repeats on random halves
    """
    papers = assignments["silhouette"].astype(float).groupby(assignments["topic"])
    central = representatives[representatives["rank"] == 1].set_index("topic")
    listed = keywords.groupby("topic")
    pairs = [list(zip(group["keyword"], group["weight"], strict=True)) for _, group in listed]
    table = pd.DataFrame(
        {
            "size": papers.size(),
            "share": papers.size() / len(assignments),
            "primary_keyword": primary_keywords(pairs),
            "keywords": listed["keyword"].agg(list),
            "representative_id": central["id"],
            "representative_title": central["title"],
            "silhouette": papers.mean(),
            "repeats": pd.Series(repeats, dtype=float),
        }
    ).reset_index(names="topic")
    short = [short_title(title, title_chars) for title in titles]
    table["label"] = table["primary_keyword"] + " | " + pd.Series(short)
    topics = assignments["topic"].to_numpy()
    return table.join(main_categories(categories, topics, len(table)))[TOPICS.names]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        embeddings="embeddings.npy",
        assignments="assignments.parquet",
        centroids="centroids.npy",
        cluster="cluster.json",
        keywords="keywords.parquet",
    )
    cli.flag("--representatives-per-topic", int, "papers listed per topic")
    cli.flag("--title-chars", int, "longest title in a label")
    cli.threads()
    cli.outputs(representatives="representatives.parquet", topics="topics.parquet", csv="topics.csv")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "title", "primary_category"])
    assignments = read_table(args.assignments, ASSIGNMENTS, ["topic", "silhouette"]).to_pandas()
    check_same_rows(papers=len(papers), assignments=len(assignments))
    vectors = open_embeddings(args.embeddings, len(papers))
    nearest = nearest_papers(
        vectors,
        assignments["topic"].to_numpy(),
        read_array(args.centroids),
        args.representatives_per_topic,
        args.threads,
    )
    representatives = representative_table(papers, nearest)
    titles = papers["title"].take(np.array([rows[0] for rows, _ in nearest])).to_pylist()
    categories = papers["primary_category"].combine_chunks()
    keywords = read_table(args.keywords, KEYWORDS).to_pandas()
    repeats = read_json(args.cluster, ClusterSummary)["repeats_by_topic"]
    topics = topic_table(
        assignments, categories, keywords, representatives, titles, args.title_chars, repeats
    )
    with atomic_outputs(args.representatives, args.topics, args.csv) as outputs:
        representatives_file, topics_file, csv_file = outputs
        write_table(representatives_file, representatives, REPRESENTATIVES)
        write_table(topics_file, topics, TOPICS)
        write_csv(csv_file, topics)
    for topic in topics.head(5).itertuples():
        say(f"{topic.size:>8,}  {topic.label}")


if __name__ == "__main__":
    run(main)
