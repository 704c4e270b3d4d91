"""Why a paper is in its topic: the words whose absence makes it less similar to the topic.

Influence is measured by occlusion: a word is left out everywhere in the text, and the rest is encoded
again. This is done for the words that an estimate ranks first; the others keep their estimate. Stop words
stay. Removing them breaks the grammar and changes the vector, but says nothing about the subject. Attention is
reported next to influence for comparison. It does not explain by itself (Jain & Wallace 2019, Attention is not
explanation).
"""

import re
from dataclasses import dataclass, replace

import numpy as np

from lib.embeddings.encoder import Encoder
from lib.explain.influence import distinct, per_word, rank_correlation
from lib.explain.occlusion import SPECIAL, Reading, encode_without, read
from lib.explain.saliency import Saliency, look

JOINTS = re.compile("[-'’ ]")
MEASURED = 10  # words of a text whose influence is measured, one word at a time
LEFT_OUT = 5  # words that are left out together to test the explanation
DRAWS = 2  # random choices of LEFT_OUT words; their mean is reported


@dataclass(frozen=True)
class Losses:
    """The loss of similarity when LEFT_OUT words are left out together, chosen in three ways.

    Attributes
    ----------
    influential : those with the most influence
    random : words at random, the mean over DRAWS choices
    attention : those with the most attention by rollout; None if the model returns no attention
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
    word_at : int64 (n_places,), the number of the word at each place of `reading.words`; -1 for a stop word
    similarity : cosine to the centroid of the topic
    margin : `similarity` minus the cosine to the centroid of the second-best topic
    influence : float64 (n_words,), loss of `similarity` without the word
    margin_influence : float64 (n_words,), loss of `margin` without it
    measured : bool (n_words,), whether both influences are measured; otherwise they are estimated
    attention : float64 (layers + 1, n_places), share of the attention that each place gets; the last row
        is the rollout. None if the model returns no attention
    special : float64 (layers + 1,), share of the attention that the special tokens and the prefix get
    losses : see `Losses`; None for a text with fewer than 2 * LEFT_OUT words
    """

    reading: Reading
    vector: np.ndarray
    words: list[str]
    word_at: np.ndarray
    similarity: float
    margin: float
    influence: np.ndarray
    margin_influence: np.ndarray
    measured: np.ndarray
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


@dataclass(frozen=True)
class Estimate:
    """A text and the estimated influence of its words, before any is left out; fields as in `Explanation`."""

    reading: Reading
    words: list[str]
    word_at: np.ndarray
    saliency: Saliency

    @property
    def places(self) -> list[np.ndarray]:
        """The places of each word."""
        return [np.flatnonzero(self.word_at == word) for word in range(len(self.words))]

    def promising(self, most: int | None) -> np.ndarray:
        """The words to leave out, int64: those with the largest estimates, or all words if there are no estimates."""
        if most is None or self.saliency.losses is None:
            return np.arange(len(self.words))
        return np.argsort(-self.saliency.losses[0], kind="stable")[:most]


def explain(
    encoder: Encoder,
    texts: list[str],
    centroids: np.ndarray,
    stop_words: frozenset[str],
    seeds: list[list[int]],
    most: int | None = MEASURED,
) -> list[Explanation]:
    """Explain why texts are nearer to the first of two centroids than to the second. They share batches.

    Parameters
    ----------
    centroids : float32 (n, 2, dim), unit rows: for each text those of its topic and of its second-best topic
    stop_words : words that are not left out
    seeds : seeds of the random choices, for each text
    most : number of words per text whose influence is measured; None: all
    """
    estimates = [estimate(encoder, text, two, stop_words) for text, two in zip(texts, centroids, strict=True)]
    chosen = [one.promising(most) for one in estimates]
    alone = [
        [np.empty(0, np.int64), *(one.places[word] for word in words)]
        for one, words in zip(estimates, chosen, strict=True)
    ]
    vectors = encode_without(encoder, [one.reading for one in estimates], alone)
    texts_with_vectors = zip(estimates, chosen, vectors, centroids, strict=True)
    return tested(encoder, [measure(*each) for each in texts_with_vectors], centroids, seeds)


def estimate(encoder: Encoder, text: str, centroids: np.ndarray, stop_words: frozenset[str]) -> Estimate:
    """Read a text, and estimate the influence of its words."""
    reading = read(encoder, text)
    every_word = [reading.text[a:b] for a, b in reading.words]
    skipped = np.array([is_stop_word(word, stop_words) for word in every_word], bool)
    words, word_at = distinct(every_word, skipped)
    # owners that are not words index the last two entries
    word_of = np.append(word_at, [-1, -1])[reading.owner]
    return Estimate(reading, words, word_at, look(encoder, reading.ids, word_of, len(words), centroids))


def measure(
    estimated: Estimate, chosen: np.ndarray, vectors: np.ndarray, centroids: np.ndarray
) -> Explanation:
    """The measured influence of the words that were left out, and the estimates of the others; not tested yet.

    Parameters
    ----------
    chosen : int64 (m,), the words that were left out
    vectors : float32 (m + 1, dim), of the whole text, and of the text without each of these words
    centroids : float32 (2, dim)
    """
    values = np.stack(similarity_and_margin(vectors, centroids))
    saliency, n_words = estimated.saliency, len(estimated.words)
    losses = np.zeros((2, n_words)) if saliency.losses is None else saliency.losses.copy()
    losses[:, chosen] = values[:, :1] - values[:, 1:]
    attention = special = None
    if (tokens := saliency.attention) is not None:
        attention = per_word(tokens, estimated.reading.owner, len(estimated.reading.words))
        special = tokens[:, estimated.reading.owner == SPECIAL].sum(1)
    return Explanation(
        reading=estimated.reading,
        vector=vectors[0],
        words=estimated.words,
        word_at=estimated.word_at,
        similarity=float(values[0, 0]),
        margin=float(values[1, 0]),
        influence=losses[0],
        margin_influence=losses[1],
        measured=np.isin(np.arange(n_words), chosen),
        attention=attention,
        special=special,
        losses=None,
    )


def tested(
    encoder: Encoder, explanations: list[Explanation], centroids: np.ndarray, seeds: list[list[int]]
) -> list[Explanation]:
    """The explanations, with `losses` filled in."""
    sets = [groups(one, seed) for one, seed in zip(explanations, seeds, strict=True)]
    vectors = encode_without(encoder, [one.reading for one in explanations], sets)
    complete = []
    for one, rest, two in zip(explanations, vectors, centroids, strict=True):
        lost = (one.similarity - similarity_and_margin(rest, two)[0]).tolist()
        losses = None
        if lost:
            losses = Losses(
                lost[0], float(np.mean(lost[-DRAWS:])), None if one.attention is None else lost[1]
            )
        complete.append(replace(one, losses=losses))
    return complete


def groups(one: Explanation, seed: list[int]) -> list[np.ndarray]:
    """The places of the words that are left out together, see `Losses`: influential, attended, then random ones.

    Empty for a text with fewer than 2 * LEFT_OUT words.
    """
    n = len(one.words)
    if n < 2 * LEFT_OUT:
        return []
    chosen = [heaviest(one.influence)]
    if (attention := one.word_attention) is not None:
        chosen.append(heaviest(attention[-1]))
    rng = np.random.default_rng(seed)
    chosen += [rng.choice(n, LEFT_OUT, replace=False) for _ in range(DRAWS)]
    return [np.flatnonzero(np.isin(one.word_at, words)) for words in chosen]


def similarity_and_margin(vectors: np.ndarray, centroids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The cosine to the first of two centroids, and its excess over the cosine to the second: float64 (n,) each.

    Parameters
    ----------
    vectors, centroids : float32 (n, dim) and (2, dim), unit rows
    """
    cosines = vectors.astype(np.float64) @ centroids.T
    return cosines[:, 0], cosines[:, 0] - cosines[:, 1]


def is_stop_word(word: str, stop_words: frozenset[str]) -> bool:
    """Whether all parts of a word are stop words."""
    return all(part in stop_words for part in JOINTS.split(word))


def heaviest(values: np.ndarray) -> np.ndarray:
    """The positions of the LEFT_OUT largest values, int64."""
    return np.argsort(-values, kind="stable")[:LEFT_OUT]
