"""Find the words that put papers into their topics, and the attention that each word gets."""

import argparse
import time

from lib.arrays import read_array
from lib.cli import Parser, optional, run, say, warn
from lib.clusters.topic_numbers import read_assignments
from lib.embeddings.schema import EmbeddingsSummary
from lib.explain.explanation import LEFT_OUT, Explanation
from lib.explain.papers import explain_papers, nearest_rows, read_papers
from lib.explain.schema import EXPLAINED, EXPLANATIONS, ExplainSummary
from lib.explain.tables import paper_table, summarize, word_table
from lib.files import atomic_outputs, read_json, write_json
from lib.tables import check_same_rows, write_table
from lib.words.words import read_words


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        embeddings="embeddings.npy",
        encoding="embeddings.json",
        centroids="centroids.npy",
        assignments="assignments.parquet",
        stop_words="words that are never left out, one per line",
    )
    cli.flag("--papers-per-topic", int, "papers explained per topic; 0: none")
    cli.flag("--device", str, "where to compute", choices=["auto", "cuda", "mps", "cpu"])
    cli.flag("--batch-tokens", optional(int), "tokens in a batch; None: from the device")
    cli.threads()
    cli.outputs(explanations="explanations.parquet", explained="explained.parquet", summary="explain.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    start = time.perf_counter()
    columns = ["id", "topic", "similarity", "second_topic"]
    assigned, numbers = read_assignments(args.assignments, columns)
    assignments, centroids = assigned.to_pandas(), read_array(args.centroids)
    check_same_rows(topics=len(numbers), centroids=len(centroids))
    rows = nearest_rows(assignments, len(centroids), args.papers_per_topic)
    papers = read_papers(args.papers, args.embeddings, assignments, rows)
    explanations: list[Explanation] = []
    difference = 0.0
    if papers:
        about = read_json(args.encoding, EmbeddingsSummary)
        stop_words = read_words(args.stop_words)
        explanations, difference = explain_papers(
            papers, centroids, about, stop_words, args.device, args.batch_tokens, args.threads
        )
    explained, words = paper_table(papers, explanations), word_table(papers, explanations)
    summary = summarize(explained, words, len(centroids), difference)
    words["topic"] = numbers[words["topic"].to_numpy(int)]
    for column in ("topic", "second_topic"):
        explained[column] = numbers[explained[column].to_numpy(int)]
    with atomic_outputs(args.explanations, args.explained, args.summary) as outputs:
        words_file, papers_file, summary_file = outputs
        write_table(words_file, words, EXPLANATIONS)
        write_table(papers_file, explained, EXPLAINED)
        write_json(summary_file, ExplainSummary(**summary, seconds=time.perf_counter() - start))  # type: ignore[typeddict-item]
    report(summary)


def report(summary: dict) -> None:
    """Print the figures by which to judge the explanations."""
    say(f"{summary['papers']:,} papers explained, {summary['cut_papers']:,} of them cut at max_tokens")
    if summary["papers"] and not summary["layers"]:
        warn(
            "this encoder gives no attention; only the influence of words is known, and each is left out in turn"
        )
    for name, what in (
        ("influential", "most influential"),
        ("random", "random"),
        ("attention", "most attended"),
    ):
        if (loss := summary[f"loss_{name}"]) is not None:
            say(f"the similarity falls by {loss:.3f} without the {LEFT_OUT} {what} words")


if __name__ == "__main__":
    run(main)
