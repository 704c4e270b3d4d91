"""The part of a text that an encoder reads, and the vectors of the text without some words.

Occlusion: Zeiler & Fergus (2014), Visualizing and understanding convolutional networks; of words: Li,
Monroe & Jurafsky (2016), Understanding neural networks through representation erasure.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lib.embeddings.encoder import Encoder
from lib.records.tex import formulae
from lib.words.words import COMMAND, HAN_RUN, LINK, WORD, cut_chinese, is_japanese

SPECIAL, BETWEEN = -2, -1  # owners of tokens that belong to no word

Span = tuple[int, int]  # first character, and the one behind the last
# A link is one word. The name of a TeX command is not a word.
PIECE = re.compile(rf"(?P<link>{LINK.pattern})|{COMMAND.pattern}|(?P<word>{WORD.pattern})")


@dataclass(frozen=True)
class Reading:
    """The part of a text that the encoder reads.

    Attributes
    ----------
    text : the part that is read; longer texts are cut at `max_tokens`
    words : the spans of its whole words
    ids : int32 (tokens,), special tokens and prefix included
    owner : int64 (tokens,), the number of the word of each token; SPECIAL for special tokens and the prefix,
        BETWEEN for punctuation
    cut_words : number of words that are not read
    """

    text: str
    words: list[Span]
    ids: np.ndarray
    owner: np.ndarray
    cut_words: int


def read(encoder: Encoder, text: str) -> Reading:
    """Tokenize a text, and find the word of each token."""
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

    Texts share batches. A text with no tokens left has the vector zero.

    Parameters
    ----------
    left_out : for each text and each of its vectors, the numbers of the words to leave out; if empty, the text is
        encoded as it was read
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
    batches = (rows[at] for at in encoder.batches(lengths[rows]))
    for at, made_of, _ in encoder.encode_each((at, [ids[i] for i in at]) for at in batches):
        vectors[at] = made_of
    return np.split(vectors, np.cumsum([len(sets) for sets in left_out])[:-1])


def word_spans(text: str) -> list[Span]:
    """The words of a lower-case text in order: with hyphens, and a formula or a link as one word.

    Words of Chinese come from a dictionary. In scripts without spaces whose words are not known, a run
    of letters is one word.
    """
    chinese = not is_japanese(text)
    spans: list[Span] = []
    at = 0
    for start, end in [*formulae(text), (len(text), len(text))]:
        spans += _words(text, at, start, chinese)
        spans += [(start, end)] if end > start else []
        at = end
    return spans


def _words(text: str, start: int, end: int, chinese: bool) -> Iterator[Span]:
    """The words between two places that hold no formula."""
    for match in PIECE.finditer(text, start, end):
        if match["link"]:
            yield match.span()
        elif match["word"] and any(map(str.isalnum, match["word"])):
            yield from _cut(text, *match.span()) if chinese else [match.span()]


def _cut(text: str, start: int, end: int) -> Iterator[Span]:
    """The words of a run of letters, which may be Chinese."""
    at = start
    for run in HAN_RUN.finditer(text, start, end):
        if run.start() > at:
            yield at, run.start()
        at = run.start()
        for word in cut_chinese(run[0]):
            yield at, at + len(word)
            at += len(word)
    if at < end:
        yield at, end


def without(text: str, spans: list[Span]) -> str:
    """The text without some of its words. The space before a word goes too, or else the space behind it."""
    kept, at = "", 0
    for start, end in sorted(spans):
        before = start > at and text[start - 1] == " "
        behind = not before and text[end : end + 1] == " "
        kept += text[at : max(at, start - before)]
        at = end + behind
    return kept + text[at:]
