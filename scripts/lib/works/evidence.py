"""What title, authors, year and abstract say of two records that are near neighbors: one work or two."""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np

from lib.works.titles import Likeness, is_shared, likeness, title_words

FEW_WORDS = 12  # abstracts of fewer cannot be compared
LONG_WORDS = 20  # letters of a word, on average
OTHER_NUMBERS = 3  # between the same words: from so many, abstracts are a form that was filled in twice
YEARS = 3  # from the preprint to the article
MORE_YEARS = 6  # the same under one title
# The least share of the shorter abstract's shingles that the other has. The fewer reasons titles and authors give
# for one work, the more the abstracts have to say (docs/measurements/works.md).
SAME_TITLE, SAME_TITLE_ALONE = 0.1, 0.5  # alone: the authors are not known
CLOSE_TITLE, CLOSE_TITLE_ALONE = 0.5, 0.7
OTHER_TITLE = 0.7  # a preprint that was published under another title
SHARED_TITLE = 0.8  # Editorial, Comment on …
SAME_SERVER, SAME_SERVER_CLOSE_TITLE = 0.7, 0.9  # two preprints of one server are rarely one work
MOST_AUTHORS = 0.5  # share of the shorter list that the other has; of the longer one if the titles differ

Marks = Mapping[str, AbstractSet[str]]

WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W_]+")  # 1,250 and 0.35 are one word
TEX = re.compile(r"[\\{}$_^]")
INITIALS = re.compile(r"(?:[^\W\d_]\.?[-\s]?){1,3}")
SUFFIXES = {"jr", "sr", "ii", "iii", "iv"}


class Description(NamedTuple):
    """What is compared of a record before its abstract.

    Attributes
    ----------
    title, words : the title and its `title_words`
    families : the family names of the authors, folded; empty if they are not known
    year : of publication; None if it is not known
    marks : what one work has one of: "part", its number; "article" and servers of preprints, its DOIs there
    """

    title: str
    words: tuple[str, ...]
    families: frozenset[str]
    year: int | None
    marks: Marks

    def is_preprint(self) -> bool:
        return "article" not in self.marks and len(self.marks) > ("part" in self.marks)


@lru_cache(1 << 16)
def family_name(author: str) -> str:
    """The family name, folded: of "Müller, K.", "Karl Müller", "Müller K" and "K. Müller"."""
    family, comma, _ = author.partition(",")
    if not comma:
        parts = [part for part in author.split() if part.lower().rstrip(".") not in SUFFIXES]
        shown = [part for part in parts if not (INITIALS.fullmatch(part) and (part.isupper() or "." in part))]
        family = (shown or parts or [""])[-1]
    return "".join(title_words(family))


def may_be_one(a: Description, b: Description) -> bool:
    """Whether titles and years, without authors and DOIs, allow that two records are one work."""
    alike = likeness(a.title, b.title, a.words, b.words)
    return alike is not Likeness.DISTINCT and _years_apart(a, b) <= (
        MORE_YEARS if alike is Likeness.EQUAL else YEARS
    )


def _years_apart(a: Description, b: Description) -> int:
    return abs(a.year - b.year) if a.year is not None and b.year is not None else 0


def least_overlap(a: Description, b: Description) -> float | None:
    """The overlap that two abstracts need so that the records are one work; None: they are two, whatever it is."""
    alike = likeness(a.title, b.title, a.words, b.words)
    known = bool(a.families and b.families)
    common = len(a.families & b.families)
    if (known and not common) or not may_be_one(a, b):
        return None
    by_same = known and common >= MOST_AUTHORS * min(len(a.families), len(b.families))
    shared = alike is Likeness.EQUAL and is_shared(a.words)
    if contrary := differing(a.marks, b.marks):
        if contrary & {"part", "article"} or not (
            alike is Likeness.EQUAL or (alike is Likeness.CLOSE and by_same)
        ):
            return None
        return SHARED_TITLE if shared else SAME_SERVER if alike is Likeness.EQUAL else SAME_SERVER_CLOSE_TITLE
    if alike is Likeness.EQUAL:
        return SHARED_TITLE if shared else SAME_TITLE if by_same else SAME_TITLE_ALONE
    if alike is Likeness.CLOSE:
        return CLOSE_TITLE if by_same else CLOSE_TITLE_ALONE
    by_all = known and common >= MOST_AUTHORS * max(len(a.families), len(b.families))
    return OTHER_TITLE if by_all and a.is_preprint() != b.is_preprint() else None


def differing(a: Marks, b: Marks) -> set[str]:
    """The marks of which two records have none in common although both have some."""
    return {mark for mark in a.keys() & b.keys() if a[mark].isdisjoint(b[mark])}


class Fingerprint(NamedTuple):
    """What is compared of an abstract.

    Attributes
    ----------
    shingles : uint64 (m,), each run of three words as one number, sorted
    numbers : the number between two words, by these words
    """

    shingles: np.ndarray
    numbers: dict[tuple[str, str], str]


@cache
def _hash(word: str) -> int:
    return crc32(word.encode())


def fingerprint(abstract: str) -> Fingerprint:
    """What is compared of an abstract; nothing of one with few words."""
    words = WORD.findall(TEX.sub("", abstract.lower()))
    if len(abstract) > LONG_WORDS * len(words):  # no spaces between words
        words = [letter for word in words for letter in word]
    codes = np.fromiter(map(_hash, words), np.uint64, len(words))
    if len(codes) < FEW_WORDS:
        return Fingerprint(np.empty(0, np.uint64), {})
    shingles = codes[:-2] * np.uint64(0x9E3779B97F4A7C15) + codes[1:-1] * np.uint64(0xC2B2AE3D27D4EB4F)
    places = zip(words[:-2], words[1:-1], words[2:], strict=True)
    # of several numbers in one place the first, which a shorter version has too
    numbers = {(before, after): word for before, word, after in reversed([*places]) if word[0].isdecimal()}
    return Fingerprint(np.unique(shingles + codes[2:]), numbers)


def overlap(a: Fingerprint, b: Fingerprint) -> float | None:
    """The share of the shingles of the shorter abstract that the other has; None if one is too short to say.

    0 if numbers between the same words differ: one form that is filled in every year.
    """
    fewer = min(len(a.shingles), len(b.shingles))
    if not fewer:
        return None
    if (
        sum(a.numbers[place] != b.numbers[place] for place in a.numbers.keys() & b.numbers.keys())
        >= OTHER_NUMBERS
    ):
        return 0.0
    return len(np.intersect1d(a.shingles, b.shingles, assume_unique=True)) / fewer
