"""Measure the corpus, the topics and the map: languages, sizes, agreement with categories, keywords."""

import argparse

import numpy as np

from lib.cli import Parser, run, say, three_digits
from lib.clusters.nodes import read_nodes
from lib.clusters.schema import ClusterSummary
from lib.clusters.stability import stable_share
from lib.clusters.topic_numbers import read_assignments, to_codes
from lib.evaluation.agreement import agreement, archive, clusters_of_words
from lib.evaluation.schema import BeforeEdits, Evaluation
from lib.evaluation.summaries import map_quality, summarize_corpus, summarize_sizes, summarize_words
from lib.explain.influence import keyword_correlations
from lib.explain.schema import EXPLANATIONS
from lib.files import atomic_outputs, read_json, write_json
from lib.keywords.ctfidf import count_in_topics, ctfidf
from lib.keywords.schema import KEYWORDS, Coherence
from lib.map.schema import ProjectSummary, read_points
from lib.records.schema import PAPERS
from lib.rows import hash_ids, label_sizes, sample_rows
from lib.tables import check_same_rows, read_table, read_texts
from lib.words.term_files import Terms
from lib.works.counted import read_counted, without_copies

SAMPLE = 2000  # papers whose language and script are determined: two seconds
BY_WORDS = 20_000  # papers that are clustered by words alone
MAPPED = 20_000  # papers by which the pieces of topics on the map are found


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        vocabulary="vocabulary.parquet",
        tokens="tokens.npy",
        offsets="offsets.npy",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
        assignments="assignments.parquet",
        works="works.parquet",
        keywords="keywords.parquet",
        coherence="coherence.json",
        coordinates="coordinates.parquet",
        cluster="cluster.json",
        project="project.json",
        explanations="explanations.parquet",
    )
    cli.optional_inputs(
        found_assignments="assignments.parquet of `cluster`, if edits changed the topics",
        found_cluster="its cluster.json",
    )
    cli.outputs(evaluation="evaluation.json")
    return cli.parse_args(argv)


def share_in_stable(stability: np.ndarray, sizes: np.ndarray, works: int) -> float:
    """The share of the works in stable topics; if edits changed some, of the works in topics that were measured.

    Parameters
    ----------
    stability : float64 (k,), of each topic; NaN for those that edits changed
    sizes : int (k,), works in each topic
    works : number of all
    """
    known = ~np.isnan(stability)
    total = int(sizes[known].sum()) if known.any() and not known.all() else works
    return stable_share(stability[known], sizes[known], total)


def before_edits(args: argparse.Namespace, primary: list[str | None]) -> BeforeEdits | None:
    """The measures of the topics as `cluster` found them; None if no edits changed them."""
    if args.found_assignments is None or args.found_cluster is None:
        return None
    topics = read_assignments(args.found_assignments, ["topic"])[0]["topic"].to_numpy()
    cluster = read_json(args.found_cluster, ClusterSummary)
    return BeforeEdits(
        k=cluster["k"],
        papers=int((topics >= 0).sum()),
        silhouette=cluster["silhouette"],
        ami=agreement(topics, primary)["ami"],
    )


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    papers = read_table(args.papers, PAPERS, ["id", "primary_category"])
    primary = papers["primary_category"].to_pylist()
    cluster, project = read_json(args.cluster, ClusterSummary), read_json(args.project, ProjectSummary)
    numbers, k = np.array(cluster["numbers"], np.int32), cluster["k"]
    assignments, _ = read_assignments(args.assignments, ["topic", "silhouette"], numbers)
    topics = assignments["topic"].to_numpy()
    corpus = Terms.read(args)
    points = read_points(args.coordinates)
    check_same_rows(
        papers=len(primary), assignments=len(topics), terms=len(corpus.offsets) - 1, coordinates=len(points)
    )
    counted = read_counted(args.works)
    sizes = label_sizes(without_copies(topics, counted), k)
    hashes = hash_ids(papers["id"].to_pylist())
    by_words, mapped = sample_rows(hashes, BY_WORDS), sample_rows(hashes, MAPPED)
    floor = clusters_of_words(corpus.terms, corpus.term_offsets, by_words, len(corpus.vocabulary), k)
    keywords = read_nodes(args.keywords, KEYWORDS, numbers)[0].to_pandas()
    words = summarize_words(corpus, keywords, k, topics, read_json(args.coherence, Coherence))
    counts = count_in_topics(corpus.terms, corpus.term_offsets, topics, k, len(corpus.vocabulary))
    explanations = read_table(
        args.explanations, EXPLANATIONS, ["topic", "id", "word", "influence"]
    ).to_pandas()
    explanations["topic"] = to_codes(explanations["topic"].to_numpy(), numbers)
    vocabulary = corpus.vocabulary["term"].to_pylist()
    evaluation = Evaluation(
        corpus=summarize_corpus(read_texts(args.papers, sample_rows(hashes, SAMPLE))),
        papers=len(topics),
        papers_in_topics=int((topics >= 0).sum()),
        k=k,
        stable_share=share_in_stable(
            np.array(cluster["stability_by_topic"], float), sizes, int(counted.sum())
        ),
        silhouette=cluster["silhouette"],
        silhouette_by_topic=cluster["silhouette_by_topic"],
        negative_silhouette_share=float(np.mean(assignments["silhouette"].to_numpy()[topics >= 0] < 0)),
        inertia_per_paper=cluster["inertia"] / sum(cluster["sizes"]),
        sizes=summarize_sizes(sizes),
        primary_category=agreement(topics, primary),
        archive=agreement(topics, [archive(name) for name in primary]),
        primary_category_by_words=agreement(floor, [primary[row] for row in by_words]),
        words=words,
        keyword_correlation=keyword_correlations(explanations, vocabulary, ctfidf(counts)),
        map=map_quality(project, points[mapped], topics[mapped], k),
        before_edits=before_edits(args, primary),
    )
    with atomic_outputs(args.evaluation) as (evaluation_file,):
        write_json(evaluation_file, evaluation)
    ami = evaluation["primary_category"]["ami"]
    say(
        f"silhouette {evaluation['silhouette']:.4f}, AMI with primary categories "
        f"{three_digits(ami, 'unknown')}, NPMI {three_digits(words['npmi'], 'unknown')}, "
        f"C_v {three_digits(words['c_v'], 'unknown')}, "
        f"diversity {words['diversity']:.2f}"
    )


if __name__ == "__main__":
    run(main)
