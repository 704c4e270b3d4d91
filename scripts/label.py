"""Choose the papers that stand for each topic, and give the topic its name and label."""

import argparse
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.cli import Parser, optional, run, say, warn
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary, check_topics
from lib.figures.palette import hex_colours, topic_colours
from lib.files import atomic_outputs, read_json
from lib.keywords.schema import KEYWORDS
from lib.naming.llm import TITLES, Server, evidence_of, key_of, name_topics, summary_of
from lib.naming.names import keyword_pairs, primary_keywords, topic_names
from lib.naming.representatives import (
    CUT,
    DIVERSE_OF,
    HEAD,
    NAMED,
    Keywords,
    Picked,
    by_topic,
    diverse,
    latest,
    near_center,
    says,
)
from lib.naming.schema import REPRESENTATIVES, TOPICS
from lib.naming.titles import ELLIPSIS, latex_to_text, short_titles
from lib.records.schema import PAPERS
from lib.tables import check_same_rows, read_table, read_texts, write_csv, write_table
from lib.vectors import open_embeddings, read_array, take
from lib.words.languages import language_of

NAME_CHARS = 40  # of a title that is the name of a topic without keywords


def most_telling(
    rows: np.ndarray,
    titles: list[str],
    languages: list[str],
    topic: int,
    keywords: Keywords,
    primary: str,
    width: int,
) -> tuple[Picked, list[str]]:
    """The candidates in order of how well their titles tell the topic, and their titles as shown.

    Those in the most frequent language of the candidates come first.

    Parameters
    ----------
    rows : int (m,), nearest first
    titles, languages : of these papers
    primary : the primary keyword of the topic
    """

    def score(way: str) -> float:
        return keywords.score(way, topic) - CUT * way.endswith(ELLIPSIS) + NAMED * says(way, primary)

    main = max(sorted(set(languages)), key=languages.count)
    ways = []
    for title in titles:
        *heads, last = short_titles(title, width)
        some = [*(head for head in heads if keywords.said_of(head, topic) >= HEAD), last]
        ways.append(max((score(way), -i, way) for i, way in enumerate(some)))
    order = sorted(range(len(rows)), key=lambda i: (languages[i] != main, -ways[i][0], i))
    picked = Picked("telling", rows[order], np.array([ways[i][0] for i in order]))
    return picked, [ways[i][2] for i in order]


def representative_table(
    papers: pa.Table, picked: list[list[Picked]], similarity: np.ndarray, n: int
) -> pd.DataFrame:
    """The first n papers in each role, with the columns of REPRESENTATIVES.

    Parameters
    ----------
    papers : columns `id` and `title`
    picked : for each topic its papers in each role
    similarity : float (n_papers,), cosine to the own centroid
    """
    rows = [
        (topic, some.role, rank, row, score)
        for topic, roles in enumerate(picked)
        for some in roles
        for rank, (row, score) in enumerate(
            zip(some.rows[:n].tolist(), some.scores[:n].tolist(), strict=True), 1
        )
    ]
    table = pd.DataFrame(rows, columns=["topic", "role", "rank", "row", "score"])
    at = table.pop("row").to_numpy()
    titles = papers["title"].take(at).to_pylist()
    return table.assign(
        id=papers["id"].take(at).to_pylist(),
        title=[latex_to_text(title) for title in titles],
        similarity=similarity[at],
    )[REPRESENTATIVES.names]


def main_categories(categories: pa.Array, topics: np.ndarray, k: int) -> pd.DataFrame:
    """The most frequent category of each topic and its share: `main_category`, `main_category_share`.

    Parameters
    ----------
    categories : string (n,), null if a paper has none
    topics : int (n,), 0 to k - 1; -1 for papers of none
    """
    encoded = categories.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    known = (codes >= 0) & (topics >= 0)
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
    keywords: list[list[tuple[str, float]]],
    central: pd.DataFrame,
    stability: list[float | None],
    centroids: np.ndarray,
) -> pd.DataFrame:
    """One row per topic, with the columns of TOPICS.

    Parameters
    ----------
    assignments : columns `topic` and `silhouette`, one row per paper
    categories : the primary category of each paper
    keywords : (keyword, weight) of each topic, heaviest first
    central : `id`, `title` and `shown` of the paper in each topic's label
    stability : of each topic, on random halves
    centroids : float (k, dim)
    """
    in_topic = assignments[assignments["topic"] >= 0]
    papers = in_topic["silhouette"].astype(float).groupby(in_topic["topic"])
    words = [[word for word, _ in pairs] for pairs in keywords]
    titles = [short_titles(title, NAME_CHARS)[-1] for title in central["title"]]
    primary = primary_keywords(keywords, titles)
    table = pd.DataFrame(
        {
            "size": papers.size(),
            "share": papers.size() / len(assignments),
            "name": topic_names(words, primary),
            "label": [
                f"{word} | {title}" if own else title
                for word, title, own in zip(primary, central["shown"], words, strict=True)
            ],
            "primary_keyword": primary,
            "keywords": words,
            "representative_id": central["id"],
            "representative_title": central["title"],
            "silhouette": papers.mean(),
            "stability": pd.Series(stability, dtype=float),
            "colour": hex_colours(topic_colours(centroids)),
        }
    ).reset_index(names="topic")
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
    cli.flag("--representatives-per-topic", int, "papers listed per topic and role")
    cli.flag("--title", str, "the title in the label: telling or nearest", choices=["telling", "nearest"])
    cli.flag("--title-chars", int, "longest title in a label")
    cli.flag("--llm-url", optional(str), "address of a language model that names topics; None: keywords")
    cli.flag("--llm-model", optional(str), "name of that model")
    cli.flag("--llm-key-variable", optional(str), "environment variable with the key of that address")
    cli.flag("--llm-seconds", float, "longest time for an answer")
    cli.flag("--llm-cache", optional(Path), "folder of the answers")
    cli.outputs(representatives="representatives.parquet", topics="topics.parquet", csv="topics.csv")
    return cli.parse_args(argv)


def choose_papers(
    papers: pa.Table,
    assignments: pd.DataFrame,
    vectors: np.ndarray,
    pairs: list[list[tuple[str, float]]],
    args: argparse.Namespace,
) -> tuple[list[list[Picked]], pd.DataFrame]:
    """For each topic its papers in each role; and the paper of its label: `id`, `title`, `shown`.

    Parameters
    ----------
    pairs : (keyword, weight) of each topic, heaviest first
    """
    keywords, primary = Keywords(pairs), primary_keywords(pairs, [""] * len(pairs))
    similarity, margin = assignments["similarity"].to_numpy(), assignments["margin"].to_numpy()
    days = papers["published"].cast(pa.int32()).to_numpy().astype(float)
    groups = by_topic(assignments["topic"].to_numpy(), keywords.k, similarity)
    candidates = np.sort(np.concatenate([near_center(rows) for rows in groups]))
    language = dict(
        zip(candidates.tolist(), map(language_of, read_texts(args.papers, candidates)), strict=True)
    )
    picked, shown_in_label = [], []
    for topic, rows in enumerate(groups):
        near, some = near_center(rows), rows[:DIVERSE_OF]
        titles, languages = papers["title"].take(near).to_pylist(), [language[row] for row in near.tolist()]
        telling, shown = most_telling(
            near, titles, languages, topic, keywords, primary[topic], args.title_chars
        )
        uncertain = rows[np.argsort(margin[rows], kind="stable")]
        picked.append(
            [
                Picked("nearest", rows, similarity[rows]),
                telling,
                diverse(some, take(vectors, some), args.representatives_per_topic),
                latest(rows, days, args.representatives_per_topic),
                Picked("borderline", uncertain, margin[uncertain]),
            ]
        )
        at = int(np.flatnonzero(telling.rows == near[0])[0]) if args.title == "nearest" else 0
        row = int(telling.rows[at])
        title = latex_to_text(papers["title"][row].as_py())
        shown_in_label.append((papers["id"][row].as_py(), title, shown[at]))
    return picked, pd.DataFrame(shown_in_label, columns=["id", "title", "shown"])


def ask_for_names(
    topics: pd.DataFrame,
    titles: pa.Array,
    picked: list[list[Picked]],
    centroids: np.ndarray,
    args: argparse.Namespace,
) -> list[str]:
    """The names of topics by the language model of the flags; warns of those that keep their own.

    Parameters
    ----------
    topics : columns `name` and `keywords`
    titles : of all papers
    picked : for each topic its papers in each role
    """
    server = Server(
        args.llm_url,
        args.llm_model,
        key_of(args.llm_key_variable, dict(os.environ)),
        args.llm_seconds,
        args.llm_cache,
    )
    telling = [next(some.rows for some in roles if some.role == "telling") for roles in picked]
    shown = [[latex_to_text(title) for title in titles.take(rows[:TITLES]).to_pylist()] for rows in telling]
    evidence = evidence_of(topics["keywords"].tolist(), shown, centroids)
    names, reasons = name_topics(server, evidence, topics["name"].tolist())
    if reasons:
        warn(summary_of(reasons, len(names)))
    return names


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "title", "primary_category", "published"])
    names = ["topic", "similarity", "margin", "silhouette"]
    assignments = read_table(args.assignments, ASSIGNMENTS, names).to_pandas()
    check_same_rows(papers=len(papers), assignments=len(assignments))
    vectors = open_embeddings(args.embeddings, len(papers))
    centroids = read_array(args.centroids)
    k = len(centroids)
    check_topics(assignments["topic"].to_numpy(), k)
    pairs = keyword_pairs(read_table(args.keywords, KEYWORDS).to_pandas(), k)
    picked, in_labels = choose_papers(papers, assignments, vectors, pairs, args)
    similarity = assignments["similarity"].to_numpy()
    representatives = representative_table(papers, picked, similarity, args.representatives_per_topic)
    categories = papers["primary_category"].combine_chunks()
    stability = read_json(args.cluster, ClusterSummary)["stability_by_topic"]
    topics = topic_table(assignments, categories, pairs, in_labels, stability, centroids)
    if args.llm_url:
        topics["name"] = ask_for_names(topics, papers["title"], picked, centroids, args)
    with atomic_outputs(args.representatives, args.topics, args.csv) as outputs:
        representatives_file, topics_file, csv_file = outputs
        write_table(representatives_file, representatives, REPRESENTATIVES)
        write_table(topics_file, topics, TOPICS)
        write_csv(csv_file, topics)
    for topic in topics.head(5).itertuples():
        say(f"{topic.size:>8,}  {topic.label}")


if __name__ == "__main__":
    run(main)
