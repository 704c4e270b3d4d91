"""Which words count, and as what: lists of stop words by language, and a thesaurus of synonyms."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from lib.cli import UserError
from lib.records.lower_case import lower_case_string
from lib.words.spelling import plain
from lib.words.words import BREAK, read_words, tokens

HEADING = ("label", "replace by")
DROPPED = "|"  # punctuation stands in place of a term that is dropped


def read_stop_words(
    files: Iterable[Path], lists: Iterable[Path], languages: Iterable[str], more: Iterable[str]
) -> frozenset[str]:
    """The stop words of some files, of the lists of some languages, and others.

    Parameters
    ----------
    lists : files named by the code of a language, such as de.txt
    languages : codes
    """
    wanted = set(languages)
    chosen = [*files, *(path for path in lists if path.stem in wanted)]
    return frozenset(map(lower_case_string, more)).union(*map(read_words, chosen))


@dataclass(frozen=True)
class Thesaurus:
    """What terms are replaced by.

    Attributes
    ----------
    starts : for the first word of a label the labels that begin with it, the longest first, as words without hyphens
        and plural endings, each with the tokens that replace it
    dropped : single words that count in bigrams only
    labels : the labels as they are written, by their words as `matched` of `replace` has them
    """

    starts: dict[str, list[tuple[tuple[str, ...], list[str]]]]
    dropped: frozenset[str]
    labels: dict[str, str] = field(default_factory=dict)

    def counts_alone(self, terms: Sequence[str]) -> np.ndarray:
        """Which words count outside of bigrams: bool (n,)."""
        return np.array([plain(term) not in self.dropped for term in terms], bool)

    def replace(self, words: Sequence[str], matched: set[str] | None = None) -> list[str]:
        """The tokens of a text with synonyms replaced; the longest label counts.

        Parameters
        ----------
        matched : the labels that are in the text are added to it, and the terms that replace others
        """
        parts = [part for word in words for part in word.split("-")]
        keys = [plain(part) for part in parts]
        if self.starts.keys().isdisjoint(keys):
            return list(words)
        # where each token begins among the parts
        begins, at = {}, 0
        for i, word in enumerate(words):
            begins[at] = i
            at += word.count("-") + 1
        replaced: list[str] = []
        at = 0
        while at < len(parts):
            for label, by in self.starts.get(keys[at], ()):
                if tuple(keys[at : at + len(label)]) == label:
                    replaced += by
                    at += len(label)
                    if matched is not None:
                        matched.add(" ".join(label))
                    break
            else:
                word = words[begins[at]] if at in begins else parts[at]
                inside = range(at + 1, at + word.count("-") + 1)
                if at in begins and any(keys[i] in self.starts for i in inside):
                    word = parts[at]  # a label may begin inside of a word with hyphens
                replaced.append(word)
                at += word.count("-") + 1
        return replaced


def read_thesaurus(path: Path) -> Thesaurus:
    """The thesaurus in a file of VOSviewer: a heading, `label` and `replace by`, and tab-separated lines.

    An empty `replace by` drops a term. Raises a UserError with the number of a line that cannot be read.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: not a text file in UTF-8 ({error}); save it as UTF-8") from None
    heading = [name.strip().lower() for name in lines[0].split("\t")] if lines else []
    if not set(HEADING) <= set(heading):
        raise UserError(
            f"{path}: the first line must be the heading of a thesaurus of VOSviewer, `label` and `replace by` with a "
            "tab between them"
        )
    entries: dict[tuple[str, ...], tuple[int, str, str]] = {}  # the line, the label, what replaces it
    for number, line in enumerate(lines[1:], 2):
        if not line.strip():
            continue
        values = [lower_case_string(value.strip()) for value in line.split("\t")]
        if len(values) < len(heading):
            raise UserError(
                f"{path}, line {number}: {len(values)} of {len(heading)} columns; put a tab behind the label, also if "
                "the term is dropped"
            )
        label, by = (values[heading.index(name)] for name in HEADING)
        if not (key := _words(label)):
            raise UserError(f"{path}, line {number}: the label {label!r} has no word")
        first, _, other = entries.setdefault(key, (number, label, by))
        if other != by:
            raise UserError(
                f"{path}, line {number}: {label!r} is replaced by {by!r}, but by {other!r} in line {first}; delete one "
                "of the lines"
            )
    labels = {" ".join(key): label for key, (_, label, _) in entries.items()}
    return replace(thesaurus({key: _last(path, key, entries) for key in entries}), labels=labels)


def _last(path: Path, key: tuple[str, ...], entries: dict[tuple[str, ...], tuple[int, str, str]]) -> str:
    """What replaces a label in the end, if what replaces it is a label too."""
    passed = [key]
    while True:
        by = entries[passed[-1]][2]
        following = _words(by)
        if following not in entries or following == passed[-1]:
            return by
        if following in passed:
            labels = [entries[each][1] for each in passed[passed.index(following) :]]
            circle = " → ".join(map(repr, [*labels, labels[0]]))
            line = entries[following][0]
            raise UserError(f"{path}, line {line}: synonyms in a circle: {circle}; delete one of the lines")
        passed.append(following)


def thesaurus(targets: dict[tuple[str, ...], str]) -> Thesaurus:
    """A thesaurus of the words of labels, as `_words` gives them, and what replaces each; empty if it is dropped."""
    starts: dict[str, dict[tuple[str, ...], list[str]]] = {}
    dropped = set()
    for words, by in sorted(targets.items()):
        if not by and len(words) == 1:
            dropped.add(words[0])
            continue
        # the target itself stays: "neural network" in "artificial neural network"
        for key in (_words(by), words):
            if key:
                starts.setdefault(key[0], {})[key] = tokens(by) or [DROPPED]
    longest = {
        first: sorted(labels.items(), key=lambda item: (-len(item[0]), item[0]))
        for first, labels in starts.items()
    }
    return Thesaurus(longest, frozenset(dropped))


def _words(label: str) -> tuple[str, ...]:
    """The words of a label as `Thesaurus.replace` compares them."""
    parts = [part for token in tokens(label) for part in token.split("-")]
    return tuple(word for word in map(plain, parts) if word not in (BREAK, DROPPED))
