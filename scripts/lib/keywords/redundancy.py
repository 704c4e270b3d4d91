"""Redundant terms: forms of one word, and abbreviations."""

import re

from lib.keywords.term_vectors import TermVectors
from lib.keywords.word_forms import same_stem

BEGINNING = 3  # letters, at least, that two forms of one word have in common
SAME = 0.9  # cosine of the vectors of two terms with the same meaning
ABBREVIATION = range(2, 7)  # letters, without the s of a plural
SPELLED = 0.7  # of the papers with an abbreviation that have the abbreviated term
VOWEL = re.compile("[aeiou]")
NUMBER = re.compile(r"^[0-9]+d?")  # at the beginning of an abbreviation, with the d of `3d`


def are_forms(terms: list[str], word: int, other: int, vectors: TermVectors) -> bool:
    """Whether two words, by their rows, are forms of one: `robot` and `robotic`, `math` and `mathematics`.

    They begin alike as `same_stem` demands; or for half of the shorter word, three letters at least, and are nearly the
    same by their vectors. In a topic that is far from all others all vectors are, so that the letters decide.
    """
    one, two = terms[word], terms[other]
    if same_stem(one, two):
        return True
    beginning = max(BEGINNING, (min(len(one), len(two)) + 1) // 2)
    return one[:beginning] == two[:beginning] and vectors.similarity(word, other) >= SAME


def abbreviates(terms: list[str], short: int, term: int, vectors: TermVectors) -> bool:
    """Whether one term, by its row, abbreviates another: `cot` of `chain-of-thought`, `snns` of `spiking`.

    Three letters or more that are the initials of the term are enough. Otherwise the initials begin or
    end the abbreviation (`3dgs` of `gaussian splatting`, `mlips` of `interatomic potentials`), at least SPELLED
    of the papers with the abbreviation have the term, and the two are nearly the same by their vectors.

    Parameters
    ----------
    short, term : rows of terms
    """
    if are_initials(terms[short], terms[term]):
        return True
    name, initials = terms[short], _initials(terms[term])
    if len(initials) == 1 and VOWEL.search(name):  # a word with the same first letter
        return False
    variants = _variants(name)
    at_end = len(initials) > 1 and any(variant.endswith(initials) for variant in variants)
    if not (at_end or any(variant.startswith(initials) for variant in variants)):
        return False
    return vectors.share(short, term) >= SPELLED and vectors.similarity(short, term) >= SAME


def are_initials(short: str, term: str) -> bool:
    """Whether a word is the initials of a term or phrase, three letters or more, without the s of a plural."""
    initials = _initials(term)
    return len(initials) > 2 and initials in _variants(short)


def _variants(name: str) -> list[str]:
    """A name with and without the s of a plural, both without a leading number; empty if it is not an abbreviation."""
    if not (name.isascii() and name.isalnum() and len(name.removesuffix("s")) in ABBREVIATION):
        return []
    return [NUMBER.sub("", variant) for variant in (name, name.removesuffix("s"))]


def _initials(term: str) -> str:
    return "".join(word[0] for word in re.split("[ -]", term) if word)
