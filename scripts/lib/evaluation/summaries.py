"""The measures of sizes, languages, keywords and the map in a few figures each."""

import numpy as np
import pandas as pd
from scipy import sparse

from lib.clusters.partitions import effective_topics
from lib.evaluation.agreement import keyword_topic_accuracy
from lib.evaluation.schema import CorpusSummary, MapQuality, SizeSummary, WordSummary
from lib.keywords.schema import Coherence
from lib.map.fidelity import largest_pieces
from lib.map.schema import ProjectSummary
from lib.rows import label_sizes
from lib.words.languages import language_of, script_of, shares
from lib.words.term_files import Terms
from lib.words.words import lacks_words


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
    corpus: Terms, keywords: pd.DataFrame, k: int, topics: np.ndarray, coherence: Coherence
) -> WordSummary:
    """The coherence of the keywords, and whether topics can be told by them.

    Parameters
    ----------
    keywords : columns of KEYWORDS
    topics : int (n,), the topic of each paper; -1 for unassigned papers, which do not count in the accuracy
    """
    of_topics = keywords[keywords["level"] == "topic"]
    number = {term: i for i, term in enumerate(corpus.vocabulary["term"].to_pylist())}
    weights = sparse.csr_matrix(
        (of_topics["weight"], (of_topics["node"], [number[term] for term in of_topics["term"]])),
        shape=(k, len(number)),
    )
    accuracy = keyword_topic_accuracy(corpus.terms, corpus.term_offsets, topics, weights)
    return WordSummary(
        **coherence,
        keyword_topic_accuracy=float(np.average(accuracy, weights=label_sizes(topics, k))),
        keyword_topic_accuracy_by_topic=accuracy.tolist(),
    )


def map_quality(project: ProjectSummary, points: np.ndarray, topics: np.ndarray, k: int) -> MapQuality:
    """How faithful the map is, and how far topics lie in pieces on it.

    Parameters
    ----------
    points : float32 (m, 2), of a sample
    topics : int (m,), 0 to k - 1; -1 for unassigned papers
    """
    pieces = largest_pieces(points, topics, k)
    sizes = label_sizes(topics, k)
    return MapQuality(
        neighbors_kept=project["neighbors_kept"],
        neighbors_kept_at_random=project["neighbors_kept_at_random"],
        trustworthiness=project["trustworthiness"],
        category_accuracy=project["category_accuracy"],
        category_accuracy_on_map=project["category_accuracy_on_map"],
        largest_piece=float(np.average([share or 0 for share in pieces], weights=sizes)),
        largest_piece_by_topic=pieces,
    )
