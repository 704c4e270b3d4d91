"""The terms of a corpus: words and bigrams, numbered, with the papers that have them.

Texts are read once, in processes. Each distinct token is looked at once: whether it counts, and which
word it spells. From there on a word is a number in a file, so that memory holds the distinct tokens (in
each process) and chunks of papers, and of the pairs of words one range at a time. A term is counted once per paper.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain, islice, pairwise
from typing import BinaryIO

import numpy as np

from lib.pools import in_processes
from lib.words.abbreviations import abbreviations, most_frequent
from lib.words.counting import (
    Counts,
    distinct,
    find_codes,
    merge_counts,
    neighbors,
    once_per_paper,
    over_papers,
    papers_of,
)
from lib.words.spelling import one_per_word, plain
from lib.words.stop_words import Thesaurus
from lib.words.words import BREAK, HAN_RUN, split_token, tokens

PAIRS = 64 << 20  # pairs of words that are counted in one pass: 1 GB with the copy that is sorted
HYPHEN = 1 << 30  # marks a word that a hyphen joins to the next one


class _Numbers(dict):
    """Numbers of words in the order in which they are first asked for."""

    def __missing__(self, word: str) -> int:
        self[word] = number = len(self)
        return number


class _Encoded(dict):
    """For each token the numbers of its words, with HYPHEN on all but the last.

    `matched` are those of the entries `watched` that were met, and labels of the thesaurus.
    """

    def __init__(self, stop_words: frozenset[str], watched: frozenset[str]):
        super().__init__()
        self.stop_words, self.watched = stop_words, watched
        self.numbers = _Numbers({BREAK: 0})
        self.matched: set[str] = set()

    def __missing__(self, token: str) -> tuple[int, ...]:
        if self.watched:
            words = {token, *token.removesuffix("'s").removesuffix("’s").split("-")}
            self.matched |= self.watched & words.union(map(plain, words))
        numbers_of_words = [self.numbers[word] for word in split_token(token, self.stop_words)]
        self[token] = encoded = (*(number | HYPHEN for number in numbers_of_words[:-1]), numbers_of_words[-1])
        return encoded


_process: list[tuple[_Encoded, Thesaurus | None]] = []  # of this process


def _start(stop_words: frozenset[str], thesaurus: Thesaurus | None, watched: frozenset[str]) -> None:
    _process[:] = [(_Encoded(stop_words, watched), thesaurus)]


@dataclass
class _Batch:
    """Of the texts of a batch the numbers of their words in a process, and the words that are new in it."""

    pid: int
    new: list[str]
    numbers: np.ndarray
    lengths: np.ndarray
    introduced: Counter[tuple[str, str]]
    matched: frozenset[str]


def _encode(texts: list[str]) -> _Batch:
    ((encoded, thesaurus),) = _process
    before = len(encoded.numbers)
    lengths, numbers = [], []
    introduced: Counter[tuple[str, str]] = Counter()
    for text in texts:
        introduced.update(abbreviations(text))
        spelled = thesaurus.replace(tokens(text), encoded.matched) if thesaurus else tokens(text)
        words = list(chain.from_iterable(map(encoded.__getitem__, spelled)))
        numbers += words
        numbers.append(0)  # no pair of words reaches from one paper into the next
        lengths.append(len(words) + 1)
    new = list(islice(encoded.numbers, before, None))
    counts, matched = np.array(lengths, np.int64), encoded.watched & encoded.matched
    return _Batch(os.getpid(), new, np.array(numbers, np.int32), counts, introduced, matched)


@dataclass
class Spellings:
    """All words of a corpus as they are spelled, and the papers as numbers of them.

    Attributes
    ----------
    words : the distinct spellings; the first is BREAK
    offsets : int64 (n_papers + 1,), where the words of each paper begin in the file
    long_forms : of the abbreviations, by their plain form
    matched : those of the entries `watched` that are in the texts
    """

    words: list[str]
    offsets: np.ndarray
    long_forms: dict[str, str]
    matched: frozenset[str] = frozenset()


def spell(
    batches: Iterable[list[str]],
    stop_words: frozenset[str],
    file: BinaryIO,
    threads: int = 1,
    thesaurus: Thesaurus | None = None,
    watched: frozenset[str] = frozenset(),
) -> Spellings:
    """Write the words of lower-case texts as int32 numbers, with HYPHEN, to a file.

    Where two words are not neighbors stands a 0, and behind each paper.

    Parameters
    ----------
    watched : stop words, and labels of the thesaurus, of which to say whether they are in the texts
    """
    numbers = _Numbers({BREAK: 0})
    of_process: dict[int, np.ndarray] = {}
    lengths = [np.zeros(1, np.int64)]
    introduced: Counter[tuple[str, str]] = Counter()
    matched: set[str] = set()
    start = partial(_start, stop_words, thesaurus, watched)
    for batch in _in_processes(batches, start, threads):
        introduced.update(batch.introduced)
        matched |= batch.matched
        known = of_process.get(batch.pid, np.zeros(1, np.int32))
        added = np.fromiter(map(numbers.__getitem__, batch.new), np.int32, len(batch.new))
        of_process[batch.pid] = known = np.concatenate([known, added])
        file.write((known[batch.numbers & ~HYPHEN] | (batch.numbers & HYPHEN)).tobytes())
        lengths.append(batch.lengths)
    offsets = np.cumsum(np.concatenate(lengths))
    return Spellings(list(numbers), offsets, most_frequent(introduced.items()), frozenset(matched))


def _in_processes(batches: Iterable[list[str]], start: Callable[[], None], threads: int) -> Iterator[_Batch]:
    if threads == 1:
        start()
        return map(_encode, batches)
    return in_processes(_encode, batches, threads, start)


@dataclass
class Words:
    """The words that at least `min_count` papers have.

    Attributes
    ----------
    terms : in alphabetical order, each in its most frequent spelling; the first is BREAK
    papers : int64, papers that have the word
    occurrences : int64, how often it occurs in them
    of_spelling : int32, for each spelling its word, 0 for those that do not count
    """

    terms: list[str]
    papers: np.ndarray
    occurrences: np.ndarray
    of_spelling: np.ndarray


def number_words(stream: np.ndarray, spelled: Spellings, min_count: int, threads: int = 1) -> Words:
    """Make one word of all its spellings, count it once per paper, and keep the frequent ones."""
    keys = one_per_word(spelled.words)
    numbers = _Numbers({BREAK: 0})
    word = np.array([numbers[key] for key in keys], np.int64)
    occurrences = np.zeros(len(keys), np.int64)
    papers = np.zeros(len(numbers), np.int64)

    def count(start: int, stop: int) -> tuple[Counts, Counts]:
        part = stream[spelled.offsets[start] : spelled.offsets[stop]] & ~HYPHEN
        _, of_papers = once_per_paper(word[part], papers_of(spelled.offsets, start, stop))
        return distinct(part), distinct(of_papers)

    for (spellings, of_spelling), (words, of_word) in over_papers(spelled.offsets, threads, count, stream):
        occurrences[spellings] += of_spelling
        papers[words] += of_word
    by_word = np.lexsort((np.arange(len(keys)), -occurrences, word))
    commonest = by_word[np.r_[True, word[by_word][1:] != word[by_word][:-1]]]  # in order of the words
    shown = [spelled.words[i] for i in commonest]
    kept = sorted((i for i in range(1, len(numbers)) if papers[i] >= min_count), key=shown.__getitem__)
    renumbered = np.zeros(len(numbers), np.int32)
    renumbered[kept] = np.arange(1, len(kept) + 1)
    uses = np.bincount(word, occurrences, len(numbers))
    counts, uses = (np.r_[0, numbers_of[kept]].astype(np.int64) for numbers_of in (papers, uses))
    return Words([BREAK, *(shown[i] for i in kept)], counts, uses, renumbered[word])


def count_leading(tokens: np.ndarray, offsets: np.ndarray, n_words: int, threads: int = 1) -> np.ndarray:
    """How often another word follows each word directly: int64 (n_words,).

    Parameters
    ----------
    tokens : int32, words of all papers end to end, 0 where two words are not neighbors
    n_words : words including BREAK
    """
    leading = np.zeros(n_words, np.int64)
    for first_words in over_papers(offsets, threads, partial(_first_words, tokens, offsets, n_words), tokens):
        leading += first_words
    return leading


def count_bigrams(
    tokens: np.ndarray, offsets: np.ndarray, leading: np.ndarray, min_count: int, threads: int = 1
) -> Counts:
    """The pairs of neighboring words that at least `min_count` papers have.

    Parameters
    ----------
    tokens : as for `count_leading`
    leading : what that returns

    Returns
    -------
    codes : int64, first word times n_words plus second word, in order
    papers : int64, papers that have the pair
    """
    n_words = len(leading)
    # a pass takes the pairs of a range of first words
    passes = np.flatnonzero(np.diff(np.r_[-1, np.cumsum(leading) // PAIRS]))
    counted, none = [], np.zeros(0, np.int64)
    for low, high in pairwise([*passes.tolist(), n_words]):
        work = partial(_codes_between, tokens, offsets, n_words, low, high)
        codes, papers = distinct(np.concatenate([none, *over_papers(offsets, threads, work, tokens)]))
        counted.append((codes[papers >= min_count], papers[papers >= min_count]))
    return np.concatenate([codes for codes, _ in counted]), np.concatenate([papers for _, papers in counted])


def _first_words(tokens: np.ndarray, offsets: np.ndarray, n_words: int, start: int, stop: int) -> np.ndarray:
    """How many pairs of neighbors begin with each word in the papers from start to stop."""
    part = tokens[offsets[start] : offsets[stop]]
    return np.bincount(part[neighbors(part)], minlength=n_words)


def _codes_between(
    tokens: np.ndarray, offsets: np.ndarray, n_words: int, low: int, high: int, start: int, stop: int
) -> np.ndarray:
    """The codes of pairs whose first word is from low to high, once per paper from start to stop."""
    part = tokens[offsets[start] : offsets[stop]]
    at = neighbors(part)
    first = part[at]
    at = at[(first >= low) & (first < high)]
    codes = part[at].astype(np.int64) * n_words + part[at + 1]
    return once_per_paper(codes, papers_of(offsets, start, stop)[at])[1]


def terms_of_papers(
    tokens: np.ndarray, offsets: np.ndarray, bigrams: np.ndarray, alone: np.ndarray, start: int, stop: int
) -> tuple[np.ndarray, np.ndarray]:
    """The distinct terms of the papers from start to stop.

    Parameters
    ----------
    bigrams : codes of `count_bigrams`; bigram i is term n_words + i
    alone : bool (n_words,), words that count outside bigrams

    Returns
    -------
    papers : int64 (m,), counted from `start`, ascending
    terms : int64 (m,), ascending within a paper
    """
    part = np.asarray(tokens[offsets[start] : offsets[stop]], np.int64)
    papers, n_words = papers_of(offsets, start, stop), len(alone)
    words = np.flatnonzero(alone[part])
    at = neighbors(part)
    known, index = find_codes(part[at] * n_words + part[at + 1], bigrams)
    terms = np.concatenate([part[words], n_words + index])
    return once_per_paper(terms, np.concatenate([papers[words], papers[at[known]]]))


def count_in_titles(
    tokens: np.ndarray, parts: np.ndarray, bigrams: np.ndarray, alone: np.ndarray, threads: int = 1
) -> np.ndarray:
    """In how many titles each term is: int64 (n_terms,).

    Parameters
    ----------
    parts : int64 (2 n_papers + 1,), where the title and the rest of each paper begin in the tokens
    bigrams, alone : as for `terms_of_papers`
    """
    counts = np.zeros(len(alone) + len(bigrams), np.int64)

    def count(start: int, stop: int) -> np.ndarray:
        lengths = np.diff(parts[2 * start : 2 * stop + 1])
        in_title = np.repeat(np.arange(len(lengths)) % 2 == 0, lengths)
        words = tokens[parts[2 * start] : parts[2 * stop]][in_title]
        offsets = np.r_[0, np.cumsum(lengths[::2])]
        return terms_of_papers(words, offsets, bigrams, alone, 0, stop - start)[1]

    for terms in over_papers(parts[::2], threads, count, tokens):
        counts += np.bincount(terms, minlength=len(counts))
    return counts


def counts_alone(terms: list[str]) -> np.ndarray:
    """Which words count outside bigrams: all but BREAK and single characters of Chinese. bool (n,)."""
    return np.array([len(term) > 1 or bool(term and not HAN_RUN.fullmatch(term)) for term in terms])


def spell_bigrams(
    stream: np.ndarray, spelled: Spellings, words: Words, bigrams: np.ndarray, threads: int = 1
) -> list[str]:
    """Each bigram in its most frequent spelling: `spin-orbit`, `lie algebras`."""
    n_words, n = len(words.terms), len(spelled.words)
    parts: list[Counts] = []

    def count(start: int, stop: int) -> Counts:
        part = stream[spelled.offsets[start] : spelled.offsets[stop]].astype(np.int64)
        spelling = part & ~HYPHEN
        word = words.of_spelling[spelling].astype(np.int64)
        at = neighbors(word)
        known, _ = find_codes(word[at] * n_words + word[at + 1], bigrams)
        at = at[known]
        joined = (part[at] & HYPHEN) > 0
        return distinct((2 * spelling[at] + joined) * n + spelling[at + 1])

    for counted in over_papers(spelled.offsets, threads, count, stream):
        parts.append(counted)
        if len(parts) > 16:
            parts = [merge_counts(parts)]
    codes, counts = merge_counts(parts)
    shown = {}
    for i in np.argsort(counts, kind="stable"):  # the last one of a bigram stays
        (first, joined), second = divmod(int(codes[i]) // n, 2), int(codes[i]) % n
        pair = int(words.of_spelling[first]) * n_words + int(words.of_spelling[second])
        shown[pair] = _joined(spelled.words[first], spelled.words[second], bool(joined))
    return [shown[code] for code in bigrams.tolist()]


def _joined(first: str, second: str, hyphen: bool) -> str:
    chinese = HAN_RUN.fullmatch(first) and HAN_RUN.fullmatch(second)
    return f"{first}{'' if chinese else '-' if hyphen else ' '}{second}"
