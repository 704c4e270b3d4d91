"""Extend keywords to their phrases: `retrieval-augmented` to `retrieval-augmented generation`."""

import re

import numpy as np

from lib.arrays import release_pages
from lib.keywords.vocabulary import Vocabulary
from lib.words.spelling import plain
from lib.words.words import HAN_RUN

LONGEST = 5  # words of a phrase
MOST = 0.5  # a keyword is extended by a word that adjoins at least this share of its uses
OPEN = 0.6  # a word that another word follows in this share of its uses does not end a phrase
OPEN_MOST = 0.3  # such a word is extended by a word that follows this share of its uses: `lie algebra`
USES = 5  # and only if it has this many uses in the papers
SEPARATOR = re.compile("[ -]")


class Phrases:
    """Finds the phrases of keywords.

    Parameters
    ----------
    vocabulary : all terms
    tokens, offsets : the words of each paper, as the step `terms` writes them (may be memory-mapped)
    """

    def __init__(self, vocabulary: Vocabulary, tokens: np.ndarray, offsets: np.ndarray):
        self.vocabulary = vocabulary
        self.tokens, self.offsets = tokens, offsets
        self.row_of = {term: row for row, term in enumerate(vocabulary.terms)}

    def of(self, terms: list[str], papers: np.ndarray) -> list[str]:
        """For each term the phrase in which it stands: with the words that adjoin at least a share MOST of its uses.

        Parameters
        ----------
        papers : int (m,), rows of papers of the group
        """
        spans = [self.tokens[self.offsets[row] : self.offsets[row + 1]] for row in papers.tolist()]
        text = np.concatenate([np.zeros(1, np.int32), *spans, np.zeros(1, np.int32)])
        release_pages(self.tokens, 0, len(self.tokens))
        return [self._phrase(term, text) for term in terms]

    def _phrase(self, term: str, text: np.ndarray) -> str:
        words, phrase, whole = list(self.vocabulary.words[self.row_of[term]]), term, term
        while len(words) < LONGEST:
            before, behind = beside(words, text)
            at_end = behind[0] >= before[0]
            share, word = behind if at_end else before
            both = f"{term} {self.vocabulary.terms[word]}"
            least = OPEN_MOST if at_end and self.vocabulary.followed_share[words[-1]] >= OPEN else MOST
            if share < least or word in words or HAN_RUN.search(both):  # words of Chinese have no space
                break
            spelled = self._spelled(words[-1], word) if at_end else self._spelled(word, words[0])
            if spelled is None:
                break
            if at_end:
                phrase += spelled[1]
                words.append(word)
            else:
                phrase = spelled[0] + phrase
                words.insert(0, word)
            if (
                self.vocabulary.followed_share[words[-1]] < OPEN
            ):  # `fault-tolerant quantum` wants another word
                whole = phrase
        return whole

    def _spelled(self, first: int, second: int) -> tuple[str, str] | None:
        """The words of a bigram as spelled in it: the first with the space or hyphen behind it, the second with it before.

        None if the bigram is not a term: words alone may be spelled otherwise (`orbits`, but `spin-orbit`).
        """
        one, two = self.vocabulary.terms[first], self.vocabulary.terms[second]
        rows, firsts, seconds = self.vocabulary.bigrams
        for row in rows[(firsts == first) & (seconds == second)].tolist():
            bigram = self.vocabulary.terms[row]
            for cut in SEPARATOR.finditer(bigram):
                start, end = bigram[: cut.start()], bigram[cut.end() :]
                if plain(start) == plain(one) and plain(end) == plain(two):
                    return start + cut[0], cut[0] + end
        return None


def beside(words: list[int], text: np.ndarray) -> tuple[tuple[float, int], tuple[float, int]]:
    """The most frequent words directly before and after a phrase, each with its share of the uses of the phrase.

    The shares are 0 if the phrase has fewer than USES uses.

    Parameters
    ----------
    words : rows of the words of the phrase
    text : int (n,), rows of words, with 0 at both ends and between words that are not adjacent
    """
    at = np.flatnonzero(text == words[0])
    for i, word in enumerate(words[1:], 1):
        at = at[text[at + i] == word]
    if len(at) < USES:
        return (0.0, 0), (0.0, 0)
    return _most_frequent(text[at - 1]), _most_frequent(text[at + len(words)])


def _most_frequent(words: np.ndarray) -> tuple[float, int]:
    distinct_words, uses = np.unique(words[words > 0], return_counts=True)
    if not len(distinct_words):
        return 0.0, 0
    best = uses.argmax()
    return float(uses[best] / len(words)), int(distinct_words[best])
