"""Where the whole words of a text stand, for what must leave the rest of the text as it is."""

import re
from collections.abc import Iterator

from lib.records.tex import formulae
from lib.words.words import COMMAND, HAN_RUN, LINK, WORD, cut_chinese, is_japanese

Span = tuple[int, int]  # first character, and the one behind the last
# A link is one word. The name of a TeX command is not a word.
PIECE = re.compile(rf"(?P<link>{LINK.pattern})|{COMMAND.pattern}|(?P<word>{WORD.pattern})")


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
    """The text without some of its words, each with the space before it, or behind it if there is none before."""
    kept, at = "", 0
    for start, end in sorted(spans):
        before = start > at and text[start - 1] == " "
        behind = not before and text[end : end + 1] == " "
        kept += text[at : max(at, start - before)]
        at = end + behind
    return kept + text[at:]
