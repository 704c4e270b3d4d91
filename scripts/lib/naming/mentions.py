"""Whether titles contain words, in any form."""

from lib.records.lower_case import lower_case_string
from lib.words.spelling import plain
from lib.words.words import split_token, tokens


def mentions(title: str, keyword: str) -> bool:
    """Whether a title contains all words of a keyword, in any form."""
    return plain_words(keyword) <= plain_words(title, hyphens=True)


def plain_words(text: str, hyphens: bool = False) -> frozenset[str]:
    """The words of a text, each in one form; with `hyphens`, hyphenated words also in parts and as a whole."""
    every_token = tokens(lower_case_string(text))
    parts = [part for token in every_token for part in split_token(token, frozenset()) if part]
    if hyphens:
        parts += [part for token in every_token if "-" in token for part in (token, *token.split("-"))]
    return frozenset(map(plain, parts))
