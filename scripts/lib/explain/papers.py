"""The papers that are explained, and their explanations."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from lib.cli import progress, warn
from lib.embeddings.schema import EmbeddingsSummary
from lib.explain.explanation import MEASURED, Explanation, explain
from lib.explain.reload import check_same_vector, load_encoder_of
from lib.rows import nearest_by_label
from lib.tables import read_texts
from lib.vectors import open_embeddings, take

TOGETHER = 8  # papers that share batches: enough to fill them, few enough for the progress bar to move


@dataclass(frozen=True)
class Paper:
    """A paper to explain: its row, id, text, topic, second-best topic, and vector float32 (dim,)."""

    row: int
    id: str
    text: str
    topic: int
    second_topic: int
    vector: np.ndarray


def nearest_rows(assignments: pd.DataFrame, k: int, per_topic: int) -> np.ndarray:
    """The rows of the papers nearest to each centroid: int64 (m,), by topic, nearest first.

    Parameters
    ----------
    assignments : columns `topic` and `similarity`
    k : number of topics
    """
    topics = assignments["topic"].to_numpy()
    by_topic = nearest_by_label(topics, k, assignments["similarity"].to_numpy())
    return np.concatenate([rows[:per_topic] for rows in by_topic])


def read_papers(papers: Path, embeddings: Path, assignments: pd.DataFrame, rows: np.ndarray) -> list[Paper]:
    """The papers at the given rows, int64 (m,), in that order.

    Parameters
    ----------
    papers, embeddings : papers.parquet and embeddings.npy
    assignments : columns `id`, `topic` and `second_topic`
    """
    ascending = np.sort(rows)
    texts = dict(zip(ascending.tolist(), read_texts(papers, ascending), strict=True))
    vectors = take(open_embeddings(embeddings, len(assignments)), rows)
    chosen = assignments.iloc[rows]
    return [
        Paper(row, name, texts[row], topic, second, vector)
        for row, name, topic, second, vector in zip(
            rows.tolist(), chosen["id"], chosen["topic"], chosen["second_topic"], vectors, strict=True
        )
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
    centroids : float (k, dim)
    about : embeddings.json
    stop_words : words that are not left out
    device, budget : see `load_encoder_of`
    most : number of words per paper whose influence is measured; None: all

    Returns
    -------
    The explanations, and the largest 1 - cosine between their vectors and those of the run

    Raises
    ------
    UserError
        The encoder is not the one that made the vectors.
    """
    torch.set_num_threads(threads)
    encoder = load_encoder_of(about, device, budget)
    unit = centroids / np.maximum(np.linalg.norm(centroids, axis=1, keepdims=True), 1e-12)
    explanations: list[Explanation] = []
    difference = 0.0
    with progress(total=len(papers), unit="paper", desc="explain") as bar:
        for start in range(0, len(papers), TOGETHER):
            batch = papers[start : start + TOGETHER]
            both = unit[[[paper.topic, paper.second_topic] for paper in batch]]
            texts, seeds = [paper.text for paper in batch], [list(paper.id.encode()) for paper in batch]
            made = explain(encoder, texts, both, stop_words, seeds, most)
            for paper, one in zip(batch, made, strict=True):
                moved = check_same_vector(one.vector, paper.vector, paper.id, about["precision"])
                difference = max(difference, moved)
            explanations += made
            bar.update(len(batch))
    if most is not None and any(
        one.attention is not None and one.measured.all() and len(one.words) > most for one in explanations
    ):
        warn(
            "this encoder gives no gradient of the attention, so that every word of a paper is left out in turn"
        )
    return explanations, difference
