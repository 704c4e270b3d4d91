"""Find the words that put papers into their topics, and the attention that each word gets."""

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from matplotlib.figure import Figure

from lib.cli import Parser, optional, progress, run, say, warn
from lib.clusters.schema import ASSIGNMENTS
from lib.embeddings.schema import EmbeddingsSummary
from lib.explain.explanation import LEFT_OUT, MEASURED, Explanation, explain
from lib.explain.reload import check_same_vector, load_encoder_of
from lib.explain.schema import EXPLAINED, EXPLANATIONS, ExplainSummary
from lib.explain.tables import Paper, paper_table, summarize, word_table
from lib.figures.explanation_figure import plot_explanation
from lib.figures.fonts import drawable
from lib.figures.style import save
from lib.files import atomic_outputs, read_json, write_json
from lib.keywords.ctfidf import count_in_topics, ctfidf
from lib.naming.representatives import by_topic
from lib.naming.schema import TOPICS
from lib.naming.titles import piece_to_text
from lib.tables import check_same_rows, read_table, read_texts, write_table
from lib.vectors import open_embeddings, read_array, take
from lib.words.schema import VOCABULARY
from lib.words.words import read_words

TOGETHER = 8  # papers that share batches: enough to fill them, few enough for the progress bar to move


def choose(assignments: pd.DataFrame, k: int, per_topic: int) -> np.ndarray:
    """The rows of the papers nearest to each centroid: int64 (m,), by topic, nearest first."""
    topics = assignments["topic"].to_numpy()
    groups = by_topic(topics, k, assignments["similarity"].to_numpy())
    return np.concatenate([rows[:per_topic] for rows in groups])


def read_papers(papers: Path, embeddings: Path, assignments: pd.DataFrame, rows: np.ndarray) -> list[Paper]:
    """The papers at some rows, int64 (m,), in that order."""
    ascending = np.sort(rows)
    texts = dict(zip(ascending.tolist(), read_texts(papers, ascending), strict=True))
    vectors = open_embeddings(embeddings, len(assignments))
    picked = assignments.iloc[rows]
    columns = zip(
        rows.tolist(), picked["id"], picked["topic"], picked["second_topic"], take(vectors, rows), strict=True
    )
    return [
        Paper(row, name, texts[row], topic, second, vector) for row, name, topic, second, vector in columns
    ]


def explain_papers(
    papers: list[Paper],
    centroids: np.ndarray,
    about: EmbeddingsSummary,
    stop_words: frozenset[str],
    device: str,
    budget: int | None,
    threads: int,
    most: int | None = MEASURED,
) -> tuple[list[Explanation], float]:
    """Explain papers with the encoder that made their vectors.

    Parameters
    ----------
    most : words of a paper that are left out for real; None: all

    Returns
    -------
    The explanations, and the largest 1 - cosine of their vectors to those of the run
    """
    torch.set_num_threads(threads)
    encoder = load_encoder_of(about, device, budget)
    unit = centroids / np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    found: list[Explanation] = []
    difference = 0.0
    with progress(total=len(papers), unit="paper", desc="explain") as bar:
        for start in range(0, len(papers), TOGETHER):
            some = papers[start : start + TOGETHER]
            both = unit[[[paper.topic, paper.second_topic] for paper in some]]
            seeds = [list(paper.id.encode()) for paper in some]
            for paper, one in zip(
                some, explain(encoder, [p.text for p in some], both, stop_words, seeds, most), strict=True
            ):
                apart = check_same_vector(one.vector, paper.vector, paper.id, about["precision"])
                difference = max(difference, apart)
                found.append(one)
            bar.update(len(some))
    without = [one for one in found if one.measured.all() and most is not None and len(one.words) > most]
    if any(one.attention is not None for one in without):
        warn(
            "this encoder gives no gradient of the attention, so that every word of a paper is left out in turn"
        )
    return found, difference


def draw(papers: list[Paper], found: list[Explanation], names: list[str]) -> Figure:
    """The figure of the first explanation, with the names of its topic and of the second-best."""
    if not found:
        figure = Figure(figsize=(8, 1))
        figure.text(0.01, 0.5, "No explanations: explain.papers_per_topic is 0.", va="center")
        return figure
    title = f"{papers[0].id} in “{names[papers[0].topic]}”, not in “{names[papers[0].second_topic]}”"
    families, shown = drawable([title, *map(piece_to_text, found[0].words)])
    return plot_explanation(found[0], shown[1:], shown[0], tuple(families))


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        embeddings="embeddings.npy",
        encoding="embeddings.json",
        centroids="centroids.npy",
        assignments="assignments.parquet",
        topics="topics.parquet",
        vocabulary="vocabulary.parquet",
        terms="terms.npy",
        term_offsets="term_offsets.npy",
        stop_words="words that are never left out, one per line",
    )
    cli.flag("--papers-per-topic", int, "papers explained per topic; 0: none")
    cli.flag("--device", str, "where to compute", choices=["auto", "cuda", "mps", "cpu"])
    cli.flag("--batch-tokens", optional(int), "tokens in a batch; None: from the device")
    cli.threads()
    cli.outputs(
        explanations="explanations.parquet",
        explained="explained.parquet",
        summary="explain.json",
        figure="explanations.png",
    )
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    start = time.perf_counter()
    assignments = read_table(
        args.assignments, ASSIGNMENTS, ["id", "topic", "similarity", "second_topic"]
    ).to_pandas()
    centroids = read_array(args.centroids)
    vocabulary = read_table(args.vocabulary, VOCABULARY, ["term"])["term"].to_pylist()
    offsets = read_array(args.term_offsets)
    names = read_table(args.topics, TOPICS, ["name"])["name"].to_pylist()
    check_same_rows(terms=len(offsets) - 1, assignments=len(assignments))
    check_same_rows(topics=len(names), centroids=len(centroids))
    counts = count_in_topics(
        read_array(args.terms, mapped=True),
        offsets,
        assignments["topic"].to_numpy(),
        len(names),
        len(vocabulary),
    )
    rows = choose(assignments, len(centroids), args.papers_per_topic)
    papers = read_papers(args.papers, args.embeddings, assignments, rows)
    found: list[Explanation] = []
    difference = 0.0
    if papers:
        about = read_json(args.encoding, EmbeddingsSummary)
        stop_words = read_words(args.stop_words)
        found, difference = explain_papers(
            papers, centroids, about, stop_words, args.device, args.batch_tokens, args.threads
        )
    table = paper_table(papers, found)
    summary = summarize(papers, found, table, vocabulary, ctfidf(counts), difference)
    figure = draw(papers, found, names)
    with atomic_outputs(args.explanations, args.explained, args.summary, args.figure) as outputs:
        words_file, papers_file, summary_file, figure_file = outputs
        write_table(words_file, word_table(papers, found), EXPLANATIONS)
        write_table(papers_file, table, EXPLAINED)
        write_json(summary_file, ExplainSummary(**summary, seconds=time.perf_counter() - start))  # type: ignore[typeddict-item]
        save(figure, figure_file, 150)
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
