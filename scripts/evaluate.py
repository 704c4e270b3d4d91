"""Measure the corpus and the topics: languages, shape, agreement with categories, keywords."""

import argparse

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score
from sklearn.metrics.cluster import contingency_matrix

from lib.cli import Parser, run, say
from lib.clusters.repeats import repeating_share
from lib.clusters.sizes import effective_topics
from lib.corpus.arxiv import CATEGORY
from lib.corpus.languages import language_of, script_of, shares
from lib.corpus.words import lacks_words
from lib.files import atomic_outputs
from lib.sampling import hash_ids, sample_rows
from lib.summaries import (
    Agreement,
    ClusterSummary,
    CorpusSummary,
    Evaluation,
    ProjectSummary,
    SizeSummary,
    read_json,
    write_json,
)
from lib.tables import ASSIGNMENTS, PAPERS, TOPICS, check_same_rows, read_table, read_texts

SAMPLE = 2000  # papers whose language and script are determined: two seconds


def agreement(topics: np.ndarray, names: list[str | None]) -> Agreement:
    """How well topics agree with a classification, over the papers that have a class.

    Parameters
    ----------
    topics : int (n,)
    names : the class of each paper

    Returns
    -------
    ami : adjusted mutual information, 0 for chance, 1 for the same partition (Vinh et al., 2010)
    ari : adjusted Rand index (Hubert & Arabie, 1985)
    purity : share of the papers whose class is the most frequent one of their topic
    """
    known = np.array([name is not None for name in names])
    if not known.any():
        return Agreement(papers=0, classes=0, ami=None, ari=None, purity=None)
    classes, codes = np.unique([name for name in names if name is not None], return_inverse=True)
    labels = topics[known]
    return Agreement(
        papers=int(known.sum()),
        classes=len(classes),
        ami=float(adjusted_mutual_info_score(codes, labels)),
        ari=float(adjusted_rand_score(codes, labels)),
        purity=float(contingency_matrix(codes, labels).max(0).sum() / len(labels)),
    )


def archive(category: str | None) -> str | None:
    """The archive of a category of arXiv: `astro-ph` of `astro-ph.GA`, `math` of `math.AG`."""
    return category.split(".")[0] if category and CATEGORY.fullmatch(category) else None


def topic_diversity(keywords: list[list[str]], top: int = 10) -> float:
    """The share of distinct keywords among the top ones of all topics. Dieng, Ruiz & Blei (2020)."""
    words = [word for topic in keywords for word in topic[:top]]
    return len(set(words)) / len(words)


def summarize_sizes(sizes: np.ndarray) -> SizeSummary:
    """The sizes of the topics, int (k,), in a few figures."""
    return SizeSummary(
        smallest=int(sizes.min()),
        median=float(np.median(sizes)),
        largest=int(sizes.max()),
        effective_topics=effective_topics(sizes),
    )


def summarize_corpus(texts: list[str]) -> CorpusSummary:
    """The languages and scripts of texts."""
    return CorpusSummary(
        sample=len(texts),
        languages=shares(map(language_of, texts)),
        scripts=shares(map(script_of, texts)),
        without_words=float(np.mean([lacks_words(text) for text in texts])),
    )


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        assignments="assignments.parquet",
        topics="topics.parquet",
        cluster="cluster.json",
        project="project.json",
    )
    cli.outputs(evaluation="evaluation.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "primary_category"])
    primary = papers["primary_category"].to_pylist()
    assignments = read_table(args.assignments, ASSIGNMENTS, ["topic", "silhouette"])
    topics = assignments["topic"].to_numpy()
    check_same_rows(papers=len(primary), assignments=len(topics))
    table = read_table(args.topics, TOPICS, ["keywords", "size", "repeats"])
    cluster, project = read_json(args.cluster, ClusterSummary), read_json(args.project, ProjectSummary)
    rows = sample_rows(hash_ids(papers["id"].to_pylist()), SAMPLE)
    evaluation = Evaluation(
        corpus=summarize_corpus(read_texts(args.papers, rows)),
        papers=len(topics),
        k=cluster["k"],
        repeating_share=repeating_share(table["repeats"].to_numpy(), table["size"].to_numpy()),
        silhouette=cluster["silhouette"],
        negative_silhouette_share=float(np.mean(assignments["silhouette"].to_numpy() < 0)),
        inertia_per_paper=cluster["inertia"] / len(topics),
        sizes=summarize_sizes(table["size"].to_numpy()),
        primary_category=agreement(topics, primary),
        archive=agreement(topics, [archive(name) for name in primary]),
        topic_diversity=topic_diversity(table["keywords"].to_pylist()),
        map_neighbors_kept=project["neighbors_kept"],
    )
    with atomic_outputs(args.evaluation) as (evaluation_file,):
        write_json(evaluation_file, evaluation)
    ami = evaluation["primary_category"]["ami"]
    say(
        f"silhouette {evaluation['silhouette']:.4f}, AMI with primary categories "
        f"{'unknown' if ami is None else format(ami, '.3f')}, topic diversity {evaluation['topic_diversity']:.2f}"
    )


if __name__ == "__main__":
    run(main)
