"""Topics that a user wants to exist: the papers that they begin with, and those that belong to them."""

import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lib.arrays import CHUNK
from lib.edits.splitting import margin_of
from lib.lloyd import cluster_sums
from lib.parallel import map_chunks
from lib.vectors import take, unit, unit_rows

FIRST = 20  # papers that a topic begins with
STEPS = 20


@dataclass
class SeedWords:
    """The terms of all papers.

    Attributes
    ----------
    vocabulary : columns `term` and `papers` of VOCABULARY
    terms, term_offsets : int32 distinct terms of all papers; int64 (n + 1,), where each paper begins
    """

    vocabulary: pa.Table
    terms: np.ndarray
    term_offsets: np.ndarray

    def papers(self, seed: dict) -> np.ndarray:
        """The papers with the most words of a seed, each weighted by its inverse document frequency: int64 (m,).

        Parameters
        ----------
        seed : with `words`, or with a `text`, whose words and pairs of words count
        """
        words = seed.get("words") or words_of(seed["text"])
        wanted = pa.array([" ".join(word.lower().split()) for word in words])
        lower = pc.utf8_lower(self.vocabulary["term"].combine_chunks())
        at = pc.index_in(wanted, lower).drop_null().to_numpy()
        n = len(self.term_offsets) - 1
        weights = np.zeros(len(self.vocabulary), np.float32)
        weights[at] = np.log(n / np.maximum(self.vocabulary["papers"].to_numpy()[at], 1)) + 1
        parts = [self._scores(weights, self.term_offsets[a : a + CHUNK + 1]) for a in range(0, n, CHUNK)]
        scores = np.concatenate(parts)
        best = np.argsort(-scores, kind="stable")[:FIRST]
        return best[scores[best] > 0]

    def _scores(self, weights: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """The sum of the weights of the terms of some papers: float32 (m,), offsets int64 (m + 1,)."""
        of_terms = np.append(weights[self.terms[offsets[0] : offsets[-1]]], np.float32(0))
        scores = np.add.reduceat(of_terms, offsets[:-1] - offsets[0])
        scores[np.diff(offsets) == 0] = 0.0
        return scores


def words_of(text: str) -> list[str]:
    """The words of a text and its pairs of neighboring words."""
    words = re.findall(r"\w[\w-]+", text.lower())
    return list(dict.fromkeys([*words, *map(" ".join, pairwise(words))]))


def grow(
    vectors: np.ndarray,
    labels: np.ndarray,
    k: int,
    start: np.ndarray,
    home: np.ndarray | None = None,
    stay: float = 0.0,
    threads: int = 1,
) -> np.ndarray:
    """The papers of a topic that begins with some, or goes on from an earlier run: int64 (m,).

    It is K-means with one more topic, where a paper either stays in its topic or joins the new one. A new topic begins
    with the FIRST papers nearest to the mean of the start. One that goes on begins with its papers, and a paper of the
    earlier run joins or leaves it only if that is clearly nearer, as papers leave topics (`lib.lloyd.Stay`). Papers
    without a topic do not join: an edit may have hidden them.

    Parameters
    ----------
    vectors : (n, dim), smoothed unit rows
    labels : int32 (n,), 0 to k - 1; -1 for unassigned papers
    start : int64 (s,), not read if the topic goes on
    home : int8 (n,), 1 for papers that were in the topic, -1 in another one, 0 in none; None: the topic is new
    stay : share of the mean squared distance by which another topic must be nearer
    """
    inside = first(vectors, labels, start, threads) if home is None else (home > 0) & (labels >= 0)
    margin: np.ndarray | float = 0.0
    for step in range(STEPS):
        now = np.where(inside, np.int32(k), labels)
        sums, counts = cluster_sums(vectors, now, k + 1, threads)
        means = (sums / np.maximum(counts, 1)[:, None]).astype(np.float32)
        own, new = _squares(vectors, labels, means, threads)
        if home is not None and not step:
            margin = home * margin_of(stay, 1.0 + float(np.where(inside, new, own)[labels >= 0].mean()))
        joins = (new < own + margin) & (labels >= 0)
        if (joins == inside).all() or not joins.any():
            break
        inside = joins
    return np.flatnonzero(inside)


def first(vectors: np.ndarray, labels: np.ndarray, start: np.ndarray, threads: int) -> np.ndarray:
    """Whether each paper is among the FIRST with a topic that are nearest to the mean of some: bool (n,)."""
    mean = unit(take(vectors, np.sort(start))).mean(0)
    near = np.concatenate(
        list(map_chunks(len(vectors), threads, lambda a, b: unit_rows(vectors, a, b) @ mean))
    )
    near[labels < 0] = -np.inf
    inside = np.zeros(len(vectors), bool)
    inside[np.argsort(-near, kind="stable")[:FIRST]] = True
    return inside & (labels >= 0)


def _squares(
    vectors: np.ndarray, labels: np.ndarray, means: np.ndarray, threads: int
) -> tuple[np.ndarray, np.ndarray]:
    """The squared distance of each unit row to the mean of its topic, and to the last mean, less one: float32 (n,) each."""
    half = (means**2).sum(1)

    def work(a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
        rows = unit_rows(vectors, a, b)
        own = half[labels[a:b]] - 2 * np.einsum("ij,ij->i", rows, means[labels[a:b]])
        return own, half[-1] - 2 * (rows @ means[-1])

    parts = list(map_chunks(len(vectors), threads, work))
    return np.concatenate([own for own, _ in parts]), np.concatenate([new for _, new in parts])
