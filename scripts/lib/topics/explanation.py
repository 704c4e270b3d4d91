"""Why a paper is in its topic: the words whose absence makes it less similar to the topic.

Influence is measured by occlusion: a word is left out everywhere in the text, and the rest is encoded
again. Stop words stay: a text without them is not a sentence, which moves its vector too and says nothing
about its subject. Attention stands beside influence for comparison. It does not explain by itself
(Jain & Wallace 2019, Attention is not explanation).
"""

import re
from dataclasses import dataclass

import numpy as np
from scipy.stats import spearmanr

from lib.corpus.spelling import plain
from lib.embeddings.attention_patterns import received
from lib.embeddings.encoder import Encoder
from lib.embeddings.occlusion import SPECIAL, Reading, encode_without, read

JOINTS = re.compile("[-'’ ]")
LEFT_OUT = 5  # words that are left out together to test the explanation
DRAWS = 5  # random choices of them, of which the mean is taken


@dataclass(frozen=True)
class Losses:
    """The loss of similarity when LEFT_OUT words are left out together, chosen in three ways.

    Attributes
    ----------
    influential : those with the most influence
    random : words at random, the mean over DRAWS choices
    attention : those with the most attention by rollout; None if the model gives none
    """

    influential: float
    random: float
    attention: float | None


@dataclass(frozen=True)
class Explanation:
    """Why a text is in its topic.

    Attributes
    ----------
    reading : what the encoder read
    vector : float32 (dim,), of the whole text
    words : the distinct words in order, each in its first spelling, without stop words
    word_at : int64 (n_places,), which of them stands at each place of `reading.words`; -1 for a stop word
    similarity : cosine to the centroid of the topic
    margin : `similarity` minus the cosine to the centroid of the second-best topic
    influence : float64 (n_words,), loss of `similarity` without the word
    margin_influence : float64 (n_words,), loss of `margin` without it
    attention : float64 (layers + 1, n_places), share of the attention that each place gets; the last row
        is that of the rollout. None if the model gives none
    special : float64 (layers + 1,), share of the special tokens and of the prefix
    losses : None for a text with fewer than 2 * LEFT_OUT words
    """

    reading: Reading
    vector: np.ndarray
    words: list[str]
    word_at: np.ndarray
    similarity: float
    margin: float
    influence: np.ndarray
    margin_influence: np.ndarray
    attention: np.ndarray | None
    special: np.ndarray | None
    losses: Losses | None

    @property
    def order(self) -> np.ndarray:
        """The words by descending influence: int64 (n_words,)."""
        return np.argsort(-self.influence, kind="stable")

    @property
    def word_attention(self) -> np.ndarray | None:
        """The attention of each word at all its places: float64 (layers + 1, n_words)."""
        return None if self.attention is None else per_word(self.attention, self.word_at, len(self.words))

    @property
    def attention_correlation(self) -> float | None:
        """Spearman's correlation of attention (rollout) and influence over the words."""
        attention = self.word_attention
        return None if attention is None else rank_correlation(attention[-1], self.influence)


def explain(
    encoder: Encoder, text: str, centroids: np.ndarray, stop_words: frozenset[str], seed: list[int]
) -> Explanation:
    """Explain why a text is nearer to the first of two centroids than to the second.

    Parameters
    ----------
    centroids : float32 (2, dim) unit rows: of its topic, and of the second-best
    stop_words : words that are not left out
    seed : of the random choices
    """
    reading = read(encoder, text)
    vector = encoder.encode([reading.ids])
    similarity, margin = (float(value[0]) for value in fit(vector, centroids))
    words, word_at = distinct([reading.text[a:b] for a, b in reading.words], stop_words)
    places = [np.flatnonzero(word_at == word) for word in range(len(words))]
    lost_similarity, lost_margin = fit(encode_without(encoder, reading, places), centroids)
    attention, special = attention_of_places(encoder, reading)

    influence = similarity - lost_similarity
    chosen = [heaviest(influence)]
    if attention is not None:
        chosen.append(heaviest(per_word(attention, word_at, len(words))[-1]))
    losses = None
    if len(words) >= 2 * LEFT_OUT:
        rng = np.random.default_rng(seed)
        chosen += [rng.choice(len(words), LEFT_OUT, replace=False) for _ in range(DRAWS)]
        left_out = [np.concatenate([places[word] for word in some]) for some in chosen]
        lost = similarity - fit(encode_without(encoder, reading, left_out), centroids)[0]
        by_attention = None if attention is None else float(lost[1])
        losses = Losses(float(lost[0]), float(lost[-DRAWS:].mean()), by_attention)
    margins = margin - lost_margin
    return Explanation(
        reading, vector[0], words, word_at, similarity, margin, influence, margins, attention, special, losses
    )


def fit(vectors: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cosine to the first of two centroids, and by how much it exceeds that to the second: float64 (n,) each.

    Parameters
    ----------
    vectors, centroids : float32 (n, dim) and (2, dim), unit rows
    """
    cosines = vectors.astype(np.float64) @ centroids.T
    return cosines[:, 0], cosines[:, 0] - cosines[:, 1]


def distinct(words: list[str], stop_words: frozenset[str]) -> tuple[list[str], np.ndarray]:
    """The distinct words in order, each in its first spelling, and for each word which of them it is.

    A plural is the same word, and so is a word with a hyphen or without. A stop word has the number -1.
    """
    numbers: dict[str, int] = {}
    first: list[str] = []
    at = np.full(len(words), -1)
    for place, word in enumerate(words):
        if all(part in stop_words for part in JOINTS.split(word)):
            continue
        number = numbers.setdefault(plain(word) or word, len(numbers))
        at[place] = number
        if number == len(first):
            first.append(word)
    return first, at


def heaviest(values: np.ndarray) -> np.ndarray:
    """The LEFT_OUT largest values, by number."""
    return np.argsort(-values, kind="stable")[:LEFT_OUT]


def attention_of_places(encoder: Encoder, reading: Reading) -> tuple[np.ndarray | None, np.ndarray | None]:
    """The attention of each place and that of the special tokens, see `Explanation`."""
    tokens = received(encoder, reading.ids)
    if tokens is None:
        return None, None
    attention = per_word(tokens, reading.owner, len(reading.words))
    return attention, tokens[:, reading.owner == SPECIAL].sum(1)


def per_word(values: np.ndarray, word_at: np.ndarray, n: int) -> np.ndarray:
    """The sum of (m, n_places) over the places of each word: float64 (m, n).

    Parameters
    ----------
    word_at : int (n_places,), 0 to n - 1, or -1 for places that are left out
    """
    known = word_at >= 0
    return np.stack([np.bincount(word_at[known], row[known], n) for row in values])


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's correlation; None of fewer than three values, or if one side does not vary."""
    if len(a) < 3 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return None
    return float(spearmanr(a, b).statistic)


def mean_influence(explanations: list[Explanation]) -> dict[str, float]:
    """The mean influence of each word over some papers, largest first; 0 in papers without the word."""
    sums: dict[str, float] = {}
    spelling: dict[str, str] = {}
    for one in explanations:
        for word, influence in zip(one.words, one.influence.tolist(), strict=True):
            key = plain(word) or word
            spelling.setdefault(key, word)
            sums[key] = sums.get(key, 0.0) + influence
    ordered = sorted(sums, key=lambda key: -sums[key])
    return {spelling[key]: sums[key] / len(explanations) for key in ordered}
