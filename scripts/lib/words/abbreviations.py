"""Abbreviations that a text introduces in brackets: `vision-language models (VLMs)`.

Schwartz & Hearst (2003), A simple algorithm for identifying abbreviation definitions in biomedical text.
"""

import re
from collections import Counter
from collections.abc import Iterable

from lib.words.spelling import plain

BRACKETS = re.compile(r"\(([^\W_][\w-]{1,9})\)")
LONGEST = 100  # characters before the bracket in which the long form is sought
WORDS = re.compile(r"[\w\s'’-]+")
PAPERS = 2  # a long form is believed if this many papers introduce it


def abbreviations(text: str) -> list[tuple[str, str]]:
    """The abbreviations of a lower-case text, each with its long form, once.

    Each letter of the abbreviation is in the long form, in this order, and the first one begins it. The long form is
    the shortest such text before the bracket, and has at most min(m + 5, 2 m) words for m letters.
    """
    pairs: dict[tuple[str, str], None] = {}
    for match in BRACKETS.finditer(text):
        before = text[max(0, match.start() - LONGEST) : match.start()].rstrip()
        for short in dict.fromkeys((match[1], match[1].removesuffix("s"))):
            if len(short) > 1 and (long := _long_form(short, before)):
                pairs[match[1], long] = None
                break
    return list(pairs)


def _long_form(short: str, before: str) -> str:
    """The long form at the end of a text, or an empty text."""
    at = len(before)
    for i in range(len(short) - 1, -1, -1):
        if not short[i].isalnum():
            continue
        at -= 1
        while at >= 0 and not (before[at] == short[i] and (i or at == 0 or not before[at - 1].isalnum())):
            at -= 1
        if at < 0:
            return ""
    long = before[at:]
    words = len(long.split())
    is_longer = len(long) > len(short) + 1 and words <= min(len(short) + 5, 2 * len(short))
    return long if is_longer and WORDS.fullmatch(long) and short not in long.split() else ""


def most_frequent(pairs: Iterable[tuple[tuple[str, str], int]]) -> dict[str, str]:
    """For each abbreviation, in its plain form, its most frequent long form.

    Parameters
    ----------
    pairs : pairs of `abbreviations` with the number of papers
    """
    uses: Counter[tuple[str, str]] = Counter()
    for (short, long), n in pairs:
        uses[plain(short), long] += n
    ranked = sorted(uses.items(), key=lambda item: (item[1], item[0]))
    return {short: long for (short, long), n in ranked if n >= PAPERS}
