"""The papers and keywords that stand for a topic in its label."""

from itertools import pairwise

import numpy as np

from lib.parallel import for_chunks
from lib.topics.words import stem
from lib.vectors import unit_rows


def nearest_papers(
    vectors: np.ndarray, topics: np.ndarray, centroids: np.ndarray, n: int, threads: int = 1
) -> list[tuple[np.ndarray, np.ndarray]]:
    """The n papers of each topic that are nearest to its centroid, nearest first.

    Parameters
    ----------
    vectors : (n_papers, dim), float16 (may be memory-mapped) or float32 unit rows
    topics : int (n_papers,), 0 to k - 1
    centroids : float32 (k, dim)

    Returns
    -------
    (rows int64, Euclidean distances float32) per topic
    """
    distance = np.empty(len(vectors), np.float32)
    squares = np.einsum("ij,ij->i", centroids, centroids)
    transposed = np.ascontiguousarray(centroids.T)

    def work(a: int, b: int) -> None:
        own = topics[a:b]
        dot = (unit_rows(vectors, a, b) @ transposed)[np.arange(b - a), own]
        distance[a:b] = np.sqrt(np.maximum(1.0 + squares[own] - 2.0 * dot, 0.0))

    for_chunks(len(vectors), threads, work)
    order = np.lexsort((distance, topics))
    bounds = np.searchsorted(topics[order], np.arange(len(centroids) + 1))
    picks = [order[a : min(b, a + n)] for a, b in pairwise(bounds)]
    return [(rows, distance[rows]) for rows in picks]


def primary_keywords(keywords: list[list[tuple[str, float]]]) -> list[str]:
    """A keyword for each topic that no other topic has, apart from plural endings.

    Parameters
    ----------
    keywords : (keyword, weight) pairs of each topic, heaviest first

    A keyword of two topics goes to the one where it weighs more. Weights are relative to the
    heaviest keyword of the topic, since all weights of a topic with a varied vocabulary are smaller.
    A topic that gets none of its keywords has its heaviest one with a number.
    """
    bids = [
        (weight / pairs[0][1], -rank, topic, word)
        for topic, pairs in enumerate(keywords)
        for rank, (word, weight) in enumerate(pairs)
    ]
    given: dict[int, str] = {}
    taken: set[str] = set()
    for _, _, topic, word in sorted(bids, key=lambda bid: (-bid[0], -bid[1], bid[2])):
        name = _stemmed(word)
        if topic not in given and name not in taken:
            given[topic] = word
            taken.add(name)
    # other topics may have all keywords of a topic: vectors can tell papers apart that words cannot
    for topic, pairs in enumerate(keywords):
        word, number = pairs[0][0], 2
        while topic not in given:
            name = f"{_stemmed(word)} ({number})"
            if name not in taken:
                given[topic] = f"{word} ({number})"
                taken.add(name)
            number += 1
    return [given[topic] for topic in range(len(keywords))]


def _stemmed(term: str) -> str:
    return " ".join(map(stem, term.split()))
