"""Redundant terms: forms of one word, and abbreviations."""

import re

from lib.keywords.term_vectors import TermVectors
from lib.keywords.word_forms import same_stem

BEGINNING = 3  # two forms of one word share at least this many first letters
SAME = 0.9  # least cosine of the vectors of two terms with the same meaning
ABBREVIATION = range(2, 7)  # letters of an abbreviation, without the plural s
SPELLED = 0.7  # least share of the papers with an abbreviation that also contain the long form
VOWEL = re.compile("[aeiou]")
NUMBER = re.compile(r"^[0-9]+d?")  # at the beginning of an abbreviation, with the d of `3d`


def are_forms(terms: list[str], word: int, other: int, vectors: TermVectors) -> bool:
    """Whether two words, by their rows, are forms of one: `robot` and `robotic`, `math` and `mathematics`.

    Two words are forms of one if `same_stem` holds, or if at least the first half of the shorter word (three letters or
    more) is the same and their term vectors are nearly equal. In an isolated topic all term vectors are nearly equal;
    only the letters then decide.
    """
    one, two = terms[word], terms[other]
    if same_stem(one, two):
        return True
    beginning = max(BEGINNING, (min(len(one), len(two)) + 1) // 2)
    return one[:beginning] == two[:beginning] and vectors.similarity(word, other) >= SAME


def abbreviates(terms: list[str], short: int, term: int, vectors: TermVectors) -> bool:
    """Whether one term, by its row, abbreviates another: `cot` of `chain-of-thought`, `snns` of `spiking`.

    It does if it consists of the initials of the term, three letters or more. Otherwise three conditions must hold: the
    initials begin or end the abbreviation (`3dgs` of `gaussian splatting`, `mlips` of `interatomic potentials`), at
    least SPELLED of the papers with the abbreviation contain the term, and the term vectors are nearly equal.

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
    """Whether a word consists of the initials of a term or phrase, three letters or more; a plural s is ignored."""
    initials = _initials(term)
    return len(initials) > 2 and initials in _variants(short)


def _variants(name: str) -> list[str]:
    """A name with and without its plural s, both without a leading number; empty if it cannot be an abbreviation."""
    if not (name.isascii() and name.isalnum() and len(name.removesuffix("s")) in ABBREVIATION):
        return []
    return [NUMBER.sub("", variant) for variant in (name, name.removesuffix("s"))]


def _initials(term: str) -> str:
    return "".join(word[0] for word in re.split("[ -]", term) if word)
