"""Which terms say again what another one says: forms of its words, and its abbreviation."""

import re
from dataclasses import dataclass

from lib.keywords.term_vectors import TermVectors
from lib.keywords.vocabulary import Vocabulary
from lib.keywords.word_forms import same_stem
from lib.words.spelling import plain

BEGINNING = 2  # letters that two forms of one word share
SAME = 0.95  # least cosine of the vectors of two forms that share no more than that
PARTS = re.compile("[ -]")


@dataclass(frozen=True)
class Repetition:
    """Compares terms by their letters, vectors and long forms."""

    vocabulary: Vocabulary
    vectors: TermVectors

    def repeats(self, term: int, other: int) -> bool:
        """Whether a term has a word of another one in any form, or abbreviates it; both are rows of the vocabulary.

        `superconducting` repeats `superconductors`, `llms` repeats `language models`.
        """
        words, of_other = self.vocabulary.words[term], self.vocabulary.words[other]
        return self.abbreviates(term, other) or any(
            self.are_forms(one, two) for one in words for two in of_other
        )

    def are_forms(self, word: int, other: int) -> bool:
        """Whether two words are forms of one: `robot` and `robotic`, `llms` and `llm-based`, `stars` and `stellar`.

        Their letters show it (`same_stem`), or a part of one is the other, or they share their first letters and
        their term vectors are nearly equal.
        """
        one, two = self.vocabulary.terms[word], self.vocabulary.terms[other]
        if same_stem(one, two) or plain(one) in parts(two) or plain(two) in parts(one):
            return True
        return one[:BEGINNING] == two[:BEGINNING] and self.vectors.similarity(word, other) >= SAME

    def abbreviates(self, short: int, term: int) -> bool:
        """Whether the words of a term are in the long form of another term: `llms` abbreviates `language models`."""
        return parts(self.vocabulary.terms[term]) <= parts(self.vocabulary.stands_for[short])


def parts(term: str) -> set[str]:
    """The words of a term and the parts of its hyphenated words, each in one form."""
    return {plain(part) for part in PARTS.split(term) if part}
