"""Explanations by an estimate and few encodings, beside full occlusion, in processor time and in what they find.

The papers are those of a finished run: the nearest of each topic, and as many at random. `RESULTS=FOLDER` names another
run than `results`, `WORDS="5 10"` other numbers of words that are left out for real.
"""

import os
import time
from pathlib import Path

import numpy as np

from measure import ROOT, table

RESULTS = Path(os.environ.get("RESULTS", ROOT / "results"))
WORDS = [int(n) for n in os.environ.get("WORDS", "0 5 10 15 20").split()]
FIRST = 5  # most influential words, as in the deletion test


def inputs() -> tuple:
    """The papers of both kinds, the unit centroids, the encoder and the stop words."""
    from lib.arrays import read_array
    from lib.clusters.topic_numbers import read_assignments
    from lib.embeddings.schema import EmbeddingsSummary
    from lib.explain.papers import nearest_rows, read_papers
    from lib.explain.reload import load_encoder_of
    from lib.files import read_json
    from lib.words.words import read_words

    columns = ["id", "topic", "similarity", "second_topic"]
    assignments = read_assignments(RESULTS / "clusters/assignments.parquet", columns)[0].to_pandas()
    centroids = read_array(RESULTS / "clusters/centroids.npy")
    nearest = nearest_rows(assignments, len(centroids), 1)
    random = np.random.default_rng(0).choice(len(assignments), len(nearest), replace=False)
    files = RESULTS / "corpus/papers.parquet", RESULTS / "embeddings/embeddings.npy"
    papers = {
        name: read_papers(*files, assignments, rows)
        for name, rows in (("nearest papers", nearest), ("random papers", random))
    }
    encoder = load_encoder_of(
        read_json(RESULTS / "embeddings/embeddings.json", EmbeddingsSummary), "cpu", None
    )
    unit = centroids / np.linalg.norm(centroids, axis=1, keepdims=True)
    return papers, unit, encoder, read_words(ROOT / "data/words/stop_words.txt")


def counted(encoder, counts: list[int]):
    """Make an encoder count the texts that it encodes."""
    encode_each = encoder.encode_each

    def encode_and_count(batches):
        for given, vectors, work in encode_each(batches):
            counts[0] += len(vectors)
            yield given, vectors, work

    encoder.encode_each = encode_and_count


def gradient_times_embedding(encoder, one, centroid: np.ndarray) -> np.ndarray:
    """The usual saliency of each word (Shrikumar et al. 2017), with the vector zero as baseline: float64 (n,)."""
    import torch

    from lib.embeddings.pooling import pool_padded

    ids = torch.from_numpy(one.reading.ids.astype(np.int64))[None]
    embedded = encoder.model.get_input_embeddings()(ids).detach().requires_grad_()
    mask = torch.ones_like(ids)
    hidden = encoder.model(inputs_embeds=embedded, attention_mask=mask).last_hidden_state
    pooled = pool_padded(hidden, mask, encoder.pooling, encoder.skip)
    fit = torch.nn.functional.normalize(encoder.head(pooled), dim=1)[0] @ torch.from_numpy(centroid)
    (gradient,) = torch.autograd.grad(fit, [embedded])
    values = (gradient * embedded.detach())[0].sum(1).float().numpy()
    word_of = np.append(one.word_at, [-1, -1])[one.reading.owner]
    return np.bincount(word_of[word_of >= 0], values[word_of >= 0], len(one.words))


def agreement(values: list[np.ndarray], full: list) -> list[float]:
    """Spearman's correlation with full occlusion, and the share of its first words that are among the first."""
    from lib.explain.influence import rank_correlation

    ranks, shared = [], []
    for some, one in zip(values, full, strict=True):
        ranks.append(rank_correlation(some, one.influence) or 0.0)
        first = set(np.argsort(-some, kind="stable")[:FIRST])
        shared.append(len(first & set(one.order[:FIRST])) / FIRST)
    return [float(np.mean(ranks)), float(np.mean(shared))]


def rows_of(name: str, papers: list, unit: np.ndarray, encoder, stop_words, counts: list[int]) -> list[list]:
    """A row per way: encodings and processor seconds per paper, deletion test, agreement with full occlusion."""
    from lib.explain.explanation import explain

    both = unit[[[paper.topic, paper.second_topic] for paper in papers]]
    texts, seeds = [paper.text for paper in papers], [list(paper.id.encode()) for paper in papers]
    rows, full = [], []
    for most in (None, *WORDS):
        counts[0] = 0
        start = time.process_time()
        found = explain(encoder, texts, both, stop_words, seeds, most)
        seconds = time.process_time() - start
        full = full or found
        losses = [one.losses for one in found if one.losses]
        means = [
            float(np.mean([getattr(loss, kind) for loss in losses])) for kind in ("influential", "random")
        ]
        way = "all words" if most is None else f"{most} words"
        costs = [counts[0] / len(papers), seconds / len(papers)]
        rows.append(
            [f"{name}, {way} left out", *costs, *means, *agreement([one.influence for one in found], full)]
        )
    usual = [gradient_times_embedding(encoder, one, two[0]) for one, two in zip(full, both, strict=True)]
    rows.append([f"{name}, gradient times embedding", *[None] * 4, *agreement(usual, full)])
    return rows


def main() -> None:
    import torch

    torch.set_num_threads(1)  # threads that wait would count as work
    papers, *rest = inputs()
    counts = [0]
    counted(rest[1], counts)
    rows = [row for name, some in papers.items() for row in rows_of(name, some, *rest, counts)]
    header = ["", "encodings", "processor seconds", "without 5 influential", "without 5 random"]
    table("Explanations, per paper (one thread)", [*header, "Spearman", "first five shared"], rows)
