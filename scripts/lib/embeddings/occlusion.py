"""What an encoder reads of a text, and its vectors when words are left out.

Occlusion: Zeiler & Fergus (2014), Visualizing and understanding convolutional networks; of words: Li,
Monroe & Jurafsky (2016), Understanding neural networks through representation erasure.
"""

from dataclasses import dataclass

import numpy as np

from lib.corpus.spans import Span, without, word_spans
from lib.embeddings.encoder import Encoder

SPECIAL, BETWEEN = -2, -1  # owners of tokens that belong to no word


@dataclass(frozen=True)
class Reading:
    """What the encoder reads of a text.

    Attributes
    ----------
    text : the text as far as it is read; longer ones are cut at `max_tokens`
    words : where its whole words stand
    ids : int32 (tokens,), special tokens and prefix included
    owner : int64 (tokens,), the word that each token belongs to, else SPECIAL (special tokens, prefix) or
        BETWEEN (punctuation)
    cut_words : words that are not read
    """

    text: str
    words: list[Span]
    ids: np.ndarray
    owner: np.ndarray
    cut_words: int


def read(encoder: Encoder, text: str) -> Reading:
    """Tokenise a text and find the words that its tokens belong to."""
    encoding = encoder.tokenizer.encode(encoder.prefix + text)
    shift = len(encoder.prefix)
    own = ~np.array(encoding.special_tokens_mask, bool)
    places = np.array(encoding.offsets, np.int64).reshape(-1, 2) - shift
    own &= (places[:, 1] > 0) & (places[:, 1] > places[:, 0])
    start, end = (max(int(places[own, 0].min()), 0), int(places[own, 1].max())) if own.any() else (0, 0)
    everywhere = word_spans(text)
    words = [(max(a, start), min(b, end)) for a, b in everywhere if a < end and b > start]
    of_character = np.full(len(text) + 1, BETWEEN)
    for i, (a, b) in enumerate(words):
        of_character[a:b] = i
    owner = np.full(len(places), SPECIAL)
    for token in np.flatnonzero(own):
        a, b = places[token]
        owner[token] = of_character[max(a, 0) : b].max()
    return Reading(
        text[start:end],
        [(a - start, b - start) for a, b in words],
        np.array(encoding.ids, np.int32),
        owner,
        len(everywhere) - len(words),
    )


def encode_without(encoder: Encoder, reading: Reading, left_out: list[np.ndarray]) -> np.ndarray:
    """The vectors of a text without some of its words: float32 (len(left_out), dim).

    A text of which nothing is left has the vector zero.

    Parameters
    ----------
    left_out : for each vector the numbers of the words that are left out
    """
    texts = [without(reading.text, [reading.words[i] for i in words]) for words in left_out]
    tokens = encoder.tokenize(texts)
    vectors = np.zeros((len(texts), encoder.dim), np.float32)
    rows = np.flatnonzero(tokens.lengths > encoder.skip)
    for at in encoder.batches(tokens.lengths[rows]):
        vectors[rows[at]] = encoder.encode([tokens.ids[i] for i in rows[at]])
    return vectors
