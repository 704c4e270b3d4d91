"""What an encoder reads of a text, and its vectors when words are left out.

Occlusion: Zeiler & Fergus (2014), Visualizing and understanding convolutional networks; of words: Li,
Monroe & Jurafsky (2016), Understanding neural networks through representation erasure.
"""

from dataclasses import dataclass

import numpy as np

from lib.embeddings.encoder import Encoder
from lib.explain.spans import Span, without, word_spans

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
    of_text = ~np.array(encoding.special_tokens_mask, bool)
    places = np.array(encoding.offsets, np.int64).reshape(-1, 2) - shift
    of_text &= (places[:, 1] > 0) & (places[:, 1] > places[:, 0])
    start, end = (
        (max(int(places[of_text, 0].min()), 0), int(places[of_text, 1].max())) if of_text.any() else (0, 0)
    )
    everywhere = word_spans(text)
    words = [(max(a, start), min(b, end)) for a, b in everywhere if a < end and b > start]
    of_character = np.full(len(text) + 1, BETWEEN)
    for i, (a, b) in enumerate(words):
        of_character[a:b] = i
    owner = np.full(len(places), SPECIAL)
    for token in np.flatnonzero(of_text):
        a, b = places[token]
        owner[token] = of_character[max(a, 0) : b].max()
    return Reading(
        text[start:end],
        [(a - start, b - start) for a, b in words],
        np.array(encoding.ids, np.int32),
        owner,
        len(everywhere) - len(words),
    )


def encode_without(
    encoder: Encoder, readings: list[Reading], left_out: list[list[np.ndarray]]
) -> list[np.ndarray]:
    """The vectors of texts without some of their words: for each text float32 (len(left_out[i]), dim).

    Texts share batches. A text of which nothing is left has the vector zero.

    Parameters
    ----------
    left_out : for each text, and for each of its vectors, the numbers of the words that are left out; without any
        the text is encoded as it was read
    """
    texts = [
        without(reading.text, [reading.words[i] for i in words])
        for reading, sets in zip(readings, left_out, strict=True)
        for words in sets
    ]
    whole = [
        None if len(words) else reading.ids
        for reading, sets in zip(readings, left_out, strict=True)
        for words in sets
    ]
    made = encoder.tokenize(texts).ids
    ids = [rest if given is None else given for rest, given in zip(made, whole, strict=True)]
    lengths = np.array([len(one) for one in ids], np.int64)
    vectors = np.zeros((len(ids), encoder.dim), np.float32)
    rows = np.flatnonzero(lengths > encoder.skip)
    for at in encoder.batches(lengths[rows]):
        vectors[rows[at]] = encoder.encode([ids[i] for i in rows[at]])
    return np.split(vectors, np.cumsum([len(sets) for sets in left_out])[:-1])
