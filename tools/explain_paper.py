"""Say why a paper is in its topic and not in the second-best: the words that decide, as text and as a figure."""

import argparse
import sys
from pathlib import Path

import numpy as np
import pandas as pd

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from lib.arrays import read_array
from lib.cli import UserError, run, say
from lib.clusters.topic_numbers import read_assignments
from lib.embeddings.schema import EmbeddingsSummary
from lib.explain.explanation import Explanation
from lib.explain.papers import explain_papers, read_papers
from lib.explain.tables import paper_table, word_table
from lib.figures.explanation_figure import plot_first_explanation
from lib.figures.style import save
from lib.files import atomic_outputs, read_json
from lib.naming.schema import TOPICS
from lib.naming.titles import piece_to_text
from lib.tables import read_table
from lib.words.words import read_words
from lib.workflow.chains import clustered

LISTED = 15  # words


def find(assignments: pd.DataFrame, name: str) -> int:
    """The row of a paper; raises a UserError if there is none of this id."""
    rows = np.flatnonzero(assignments["id"].to_numpy() == name)
    if not len(rows):
        near = (
            assignments["id"].iloc[[min(assignments["id"].searchsorted(name), len(assignments) - 1)]].item()
        )
        raise UserError(
            f"ID: no paper {name!r} among the {len(assignments):,} of this run (closest id: {near}); ids are in map.html "
            "and in clusters/assignments.parquet, and RESULTS=FOLDER names another run"
        )
    return int(rows[0])


def text_of(one: Explanation, topic: str, second: str) -> str:
    """The explanation in words: the two topics, and a table of the most influential words."""
    attention, words = one.word_attention, list(map(piece_to_text, one.words))
    lines = [f"topic          {topic}  (similarity {one.similarity:.3f})"]
    lines += [
        f"not            {second}  ({one.similarity - one.margin:.3f}, that is {one.margin:.3f} less)",
        "",
    ]
    lines += [f"{'without the word':<30} similarity    margin   attention"]
    for i in one.order[:LISTED]:
        share = "–" if attention is None else f"{attention[-1, i]:.1%}"
        lines.append(
            f"{words[i][:30]:<30} {-one.influence[i]:+10.3f}{-one.margin_influence[i]:+10.3f}{share:>12}"
        )
    against = [
        words[i] for i in np.argsort(one.margin_influence, kind="stable")[:5] if one.margin_influence[i] < 0
    ]
    lines += ["", f"words that favor the second-best topic: {', '.join(against) or 'no words'}"]
    if one.attention_correlation is not None:
        lines.append(f"rank correlation of attention and influence: {one.attention_correlation:.2f}")
    if one.reading.cut_words:
        lines.append(
            f"the last {one.reading.cut_words} words were not read: the text is longer than max_tokens"
        )
    return "\n".join(lines)


def main(argv: list[str] | None = None) -> None:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--id", required=True, help="id of the paper")
    cli.add_argument("--results", type=Path, required=True, help="folder of the results")
    cli.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    cli.add_argument("--threads", type=int, required=True, help="number of cores to use")
    args = cli.parse_args(argv)
    at = args.results
    columns = ["id", "topic", "similarity", "second_topic"]
    assigned, _ = read_assignments(Path(clustered(at)) / "assignments.parquet", columns)
    names = read_table(at / "topics/topics.parquet", TOPICS, ["name"])["name"].to_pylist()
    assignments = assigned.to_pandas()
    row = np.array([find(assignments, args.id)])
    if assignments["topic"][row[0]] < 0:
        raise UserError(f"{args.id} is in no topic")
    papers = read_papers(at / "corpus/papers.parquet", at / "embeddings/embeddings.npy", assignments, row)
    explanations, _ = explain_papers(
        papers,
        read_array(Path(clustered(at)) / "centroids.npy"),
        read_json(at / "embeddings/embeddings.json", EmbeddingsSummary),
        read_words(ROOT / "data/words/stop_words.txt"),
        args.device,
        None,
        args.threads,
        most=None,  # one paper takes seconds
    )
    words, explained = word_table(papers, explanations), paper_table(papers, explanations)
    figure = plot_first_explanation(words, explained, dict(enumerate(names)))
    figure_file = at / "explain" / f"{args.id.replace('/', '_')}.png"
    with atomic_outputs(figure_file) as (file,):
        save(figure, file, 150)
    say(text_of(explanations[0], names[papers[0].topic], names[papers[0].second_topic]))
    say(f"Figure: {figure_file}")


if __name__ == "__main__":
    run(main)
