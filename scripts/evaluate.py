"""Measure the corpus, the topics and the map: languages, shape, agreement with categories, keywords."""

import argparse

import numpy as np
import pandas as pd
from scipy import sparse

from lib.cli import Parser, run, say, three_digits
from lib.clusters.partitions import effective_topics
from lib.clusters.schema import ASSIGNMENTS, ClusterSummary, check_topics
from lib.clusters.stability import stable_share
from lib.evaluation.agreement import agreement, archive, clusters_of_words
from lib.evaluation.coherence import (
    c_v,
    diversity,
    in_papers,
    in_windows,
    inverted_rbo,
    mean_known,
    mean_npmi,
    npmi,
)
from lib.evaluation.retrieval import hit_share, reciprocal_ranks
from lib.evaluation.schema import CorpusSummary, Evaluation, MapQuality, SizeSummary, WordSummary
from lib.files import atomic_outputs, read_json, write_json
from lib.keywords.ctfidf import words_of
from lib.keywords.schema import KEYWORDS
from lib.map.fidelity import largest_pieces
from lib.map.schema import ProjectSummary, read_points
from lib.naming.names import keyword_pairs
from lib.naming.representatives import Keywords
from lib.naming.schema import TOPICS
from lib.records.schema import PAPERS
from lib.rows import hash_ids, label_sizes, sample_rows
from lib.tables import check_same_rows, read_table, read_texts
from lib.words.languages import language_of, script_of, shares
from lib.words.schema import Terms
from lib.words.words import lacks_words

SAMPLE = 2000  # papers whose language and script are determined: two seconds
WINDOWED = 200_000  # papers whose windows are counted
BY_WORDS = 20_000  # papers that are clustered by words alone
MAPPED = 20_000  # papers by which the pieces of topics on the map are found
TOP = 10  # keywords of which coherence and diversity are measured


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


def summarize_words(
    corpus: Terms, keywords: pd.DataFrame, table: pd.DataFrame, topics: np.ndarray, rows: np.ndarray
) -> WordSummary:
    """How coherent and how distinct the keywords are, and whether topics can be told by them.

    Parameters
    ----------
    keywords : columns of KEYWORDS
    table : columns `label` and `representative_title`, one row per topic
    topics : int (n,), the topic of each paper; -1 for papers of none, which are left out of the hits
    rows : int (m,), the papers whose windows are counted, ascending
    """
    number = {term: i for i, term in enumerate(corpus.vocabulary["term"].to_pylist())}
    pairs = keyword_pairs(keywords.assign(keyword=keywords["term"]), len(table))
    wanted = np.unique([number[word] for some in pairs for word, _ in some[:TOP]]).astype(int)
    own = [np.searchsorted(wanted, [number[word] for word, _ in some[:TOP]]).astype(int) for some in pairs]
    # the floor: the same keywords, dealt to the topics at random
    dealt = np.split(
        np.random.default_rng(0).permutation(np.concatenate(own)), np.cumsum([len(some) for some in own])[:-1]
    )
    papers = npmi(in_papers(corpus.terms, corpus.term_offsets, wanted))
    words = words_of(corpus.vocabulary, wanted)
    windows = npmi(in_windows(corpus.tokens, corpus.offsets, rows, words))
    npmi_by_topic, c_v_by_topic = mean_npmi(papers, own), c_v(windows, own)
    weights = sparse.csr_matrix(
        (keywords["weight"], (keywords["topic"], [number[term] for term in keywords["term"]])),
        shape=(len(pairs), len(number)),
    )
    hits = hit_share(corpus.terms, corpus.term_offsets, topics, weights)
    titles = Keywords(keyword_pairs(keywords, len(table)))
    return WordSummary(
        npmi=mean_known(npmi_by_topic),
        npmi_floor=mean_known(mean_npmi(papers, dealt)),
        npmi_windows=mean_known(mean_npmi(windows, own)),
        c_v=mean_known(c_v_by_topic),
        c_v_floor=mean_known(c_v(windows, dealt)),
        diversity=diversity([[word for word, _ in some] for some in pairs], TOP),
        inverted_rbo=inverted_rbo([[word for word, _ in some[:TOP]] for some in pairs]),
        label_mrr=float(np.mean(reciprocal_ranks(list(table["label"]), titles))),
        title_mrr=float(np.mean(reciprocal_ranks(list(table["representative_title"]), titles))),
        keyword_hits=float(np.average(hits, weights=label_sizes(topics, len(pairs)))),
        npmi_by_topic=npmi_by_topic,
        c_v_by_topic=c_v_by_topic,
        keyword_hits_by_topic=hits.tolist(),
    )


def map_quality(project: ProjectSummary, points: np.ndarray, topics: np.ndarray, k: int) -> MapQuality:
    """How faithful the map is, and how far topics lie in pieces on it.

    Parameters
    ----------
    points : float32 (m, 2), of a sample
    topics : int (m,), 0 to k - 1; -1 for papers of none
    """
    pieces = largest_pieces(points, topics, k)
    sizes = label_sizes(topics, k)
    return MapQuality(
        neighbors_kept=project["neighbors_kept"],
        trustworthiness=project["trustworthiness"],
        category_accuracy=project["category_accuracy"],
        category_accuracy_on_map=project["category_accuracy_on_map"],
        largest_piece=float(np.average([share or 0 for share in pieces], weights=sizes)),
        largest_piece_by_topic=pieces,
    )


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
        keywords="keywords.parquet",
        topics="topics.parquet",
        coordinates="coordinates.parquet",
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
    corpus = Terms.read(args)
    points = read_points(args.coordinates)
    check_same_rows(
        papers=len(primary), assignments=len(topics), terms=len(corpus.offsets) - 1, coordinates=len(points)
    )
    table = read_table(args.topics, TOPICS).to_pandas()
    check_topics(topics, len(table))
    cluster, project = read_json(args.cluster, ClusterSummary), read_json(args.project, ProjectSummary)
    drawn = hash_ids(papers["id"].to_pylist())
    some, mapped = sample_rows(drawn, BY_WORDS), sample_rows(drawn, MAPPED)
    floor = clusters_of_words(corpus.terms, corpus.term_offsets, some, len(corpus.vocabulary), cluster["k"])
    words = summarize_words(
        corpus, read_table(args.keywords, KEYWORDS).to_pandas(), table, topics, sample_rows(drawn, WINDOWED)
    )
    evaluation = Evaluation(
        corpus=summarize_corpus(read_texts(args.papers, sample_rows(drawn, SAMPLE))),
        papers=len(topics),
        k=cluster["k"],
        stable_share=stable_share(table["stability"].to_numpy(), table["size"].to_numpy(), len(topics)),
        silhouette=cluster["silhouette"],
        silhouette_by_topic=cluster["silhouette_by_topic"],
        negative_silhouette_share=float(np.mean(assignments["silhouette"].to_numpy()[topics >= 0] < 0)),
        inertia_per_paper=cluster["inertia"] / sum(cluster["sizes"]),
        sizes=summarize_sizes(table["size"].to_numpy()),
        primary_category=agreement(topics, primary),
        archive=agreement(topics, [archive(name) for name in primary]),
        primary_category_by_words=agreement(floor, [primary[row] for row in some]),
        words=words,
        map=map_quality(project, points[mapped], topics[mapped], cluster["k"]),
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
