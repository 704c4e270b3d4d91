"""Influence of distinct words, computed from the explanation tables; used by the figure, the summary and the evaluation.

No encoder is needed.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from lib.words.spelling import plain


@dataclass(frozen=True)
class WordScores:
    """The distinct words of a paper in order, each in its first spelling, without stop words.

    Attributes
    ----------
    influence, margin_influence : float64 (n_words,), as in EXPLANATIONS
    measured : bool (n_words,), whether both influences are measured; otherwise they are estimated
    attention : float64 (layers + 1, n_words), sum of the attention that each word gets at its places; the last
        row is the rollout. None if the encoder returns no attention
    """

    words: list[str]
    influence: np.ndarray
    margin_influence: np.ndarray
    measured: np.ndarray
    attention: np.ndarray | None

    @classmethod
    def of(cls, rows: pd.DataFrame) -> "WordScores":
        """The scores of the words of one paper, given as rows of EXPLANATIONS in order."""
        words, word_at = distinct(rows["word"].tolist(), rows["influence"].isna().to_numpy(bool))
        first = rows.iloc[[int(np.argmax(word_at == word)) for word in range(len(words))]]
        attention = None
        if len(rows) and rows["attention"].notna().all():
            by_layer = np.array(rows["attention_by_layer"].tolist(), np.float64).T
            by_place = np.vstack([by_layer, rows["attention"].to_numpy(np.float64)])
            attention = per_word(by_place, word_at, len(words))
        return cls(
            words,
            first["influence"].to_numpy(np.float64),
            first["margin_influence"].to_numpy(np.float64),
            first["measured"].to_numpy(bool),
            attention,
        )

    @property
    def order(self) -> np.ndarray:
        """The words by descending influence: int64 (n_words,)."""
        return np.argsort(-self.influence, kind="stable")


def distinct(words: list[str], skipped: np.ndarray) -> tuple[list[str], np.ndarray]:
    """The distinct words in order, each in its first spelling, and the number of the distinct word of each: int64 (n,).

    Singular and plural are the same word, and so are spellings with and without a hyphen.

    Parameters
    ----------
    skipped : bool (n,), words that are left out; they have the number -1
    """
    numbers: dict[str, int] = {}
    first: list[str] = []
    word_at = np.full(len(words), -1)
    for place in np.flatnonzero(~skipped).tolist():
        number = word_at[place] = numbers.setdefault(_key(words[place]), len(numbers))
        if number == len(first):
            first.append(words[place])
    return first, word_at


def _key(word: str) -> str:
    """What all forms of a word have in common; a formula may have no plain form."""
    return plain(word) or word


def per_word(values: np.ndarray, word_at: np.ndarray, n: int) -> np.ndarray:
    """The sum of (m, n_places) over the places of each word: float64 (m, n).

    Parameters
    ----------
    word_at : int (n_places,), 0 to n - 1, or -1 for places that are left out
    """
    known = word_at >= 0
    return np.stack([np.bincount(word_at[known], row[known], n) for row in values])


def mean_influence(rows: pd.DataFrame) -> dict[str, float]:
    """The mean influence of each word over some papers, largest first; 0 in papers without the word.

    Parameters
    ----------
    rows : rows of EXPLANATIONS, of these papers
    """
    sums: dict[str, float] = {}
    spelling: dict[str, str] = {}
    known = rows.dropna(subset=["influence"])
    known = known.assign(key=known["word"].map(_key)).drop_duplicates(["id", "key"])
    for key, word, influence in zip(known["key"], known["word"], known["influence"].tolist(), strict=True):
        spelling.setdefault(key, word)
        sums[key] = sums.get(key, 0.0) + influence
    ordered = sorted(sums, key=lambda key: -sums[key])
    return {spelling[key]: sums[key] / rows["id"].nunique() for key in ordered}


def keyword_correlations(
    rows: pd.DataFrame, vocabulary: list[str], weights: sparse.csr_matrix
) -> list[float | None]:
    """For each topic Spearman's correlation of mean influence and weight, over the words that are in the vocabulary.

    Parameters
    ----------
    rows : rows of EXPLANATIONS
    vocabulary : the terms
    weights : float64 (k, n_terms), class-based TF-IDF
    """
    column = {plain(term): i for i, term in enumerate(vocabulary) if " " not in term}
    of_topic = dict(list(rows.groupby("topic")))
    correlations = []
    for topic in range(weights.shape[0]):
        influence = mean_influence(of_topic.get(topic, rows.iloc[:0]))
        weight = weights[[topic]].toarray().ravel()
        pairs = [
            (value, weight[column[plain(word)]]) for word, value in influence.items() if plain(word) in column
        ]
        correlations.append(rank_correlation(*np.array(pairs).reshape(-1, 2).T))
    return correlations


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's correlation; None for fewer than three values, or if `a` or `b` is constant."""
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(np.corrcoef(ranks(a), ranks(b))[0, 1])


def ranks(values: np.ndarray) -> np.ndarray:
    """The rank of each value, from 1: float64 (n,). Equal values get their mean rank."""
    _, number, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[number]
