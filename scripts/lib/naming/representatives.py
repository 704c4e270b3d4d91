"""The papers that stand for a topic: the nearest, the most telling, a diverse few, the latest, the borderline ones."""

from dataclasses import dataclass

import numpy as np

from lib.records.schema import lower_case_string
from lib.rows import rows_by_label
from lib.words.spelling import plain
from lib.words.words import split_token, tokens

CANDIDATES = (
    50  # nearest papers among which the most telling title is chosen, of the nearer half of the topic
)
LONG = 4  # letters of the words of a title that count: most shorter ones are `of`, `the`, `for`
SHORT = 4  # such words that are added to each title: `Beyond Jailbreaks` says little
DIVERSE_OF = 50  # nearest papers among which the diverse ones are chosen
CUT = 0.1  # what a title loses for being cut
HEAD = 2  # keywords that the head of a title says, if it says the topic without the subtitle
NAMED = 0.1  # what it gains if it says the primary keyword, beside which it stands in the label
ROLES = ("nearest", "telling", "diverse", "latest", "borderline")


@dataclass(frozen=True)
class Picked:
    """Papers of a topic in one of ROLES, best first: rows int64 (m,) and scores float (m,)."""

    role: str
    rows: np.ndarray
    scores: np.ndarray


def by_topic(topics: np.ndarray, k: int, similarity: np.ndarray) -> list[np.ndarray]:
    """The rows of each topic, the nearest to its centroid first.

    Parameters
    ----------
    topics : int (n,), 0 to k - 1; papers with -1 are of no topic and left out
    similarity : float (n,), cosine to the own centroid
    """
    nearest = np.argsort(-similarity, kind="stable")
    return [nearest[rows] for rows in rows_by_label(topics[nearest], k)]


def near_center(rows: np.ndarray) -> np.ndarray:
    """The papers of a topic whose titles may stand for it, of its rows, nearest first."""
    return rows[: min(CANDIDATES, (len(rows) + 1) // 2)]


class Keywords:
    """The keywords of all topics, to see what a title says.

    Parameters
    ----------
    pairs : (keyword, weight) of each topic, heaviest first
    """

    def __init__(self, pairs: list[list[tuple[str, float]]]):
        self.k = len(pairs)
        self.said: list[tuple[frozenset[str], int, float]] = []
        self.words: list[frozenset[str]] = []
        for topic, some in enumerate(pairs):
            total = sum(weight for _, weight in some)
            own = [_words(keyword) for keyword, _ in some]
            self.said += [
                (words, topic, weight / total) for words, (_, weight) in zip(own, some, strict=True)
            ]
            self.words.append(frozenset().union(*own))

    def told(self, title: str) -> np.ndarray:
        """For each topic the weight of its keywords that a title holds, as a share of all: float64 (k,)."""
        words, shares = _words(title, hyphens=True), np.zeros(self.k)
        for keyword, topic, share in self.said:
            if keyword and keyword <= words:
                shares[topic] += share
        return shares

    def said_of(self, title: str, topic: int) -> int:
        """How many keywords of a topic a title holds."""
        words = _words(title, hyphens=True)
        return sum(owner == topic and bool(some) and some <= words for some, owner, _ in self.said)

    def score(self, title: str, topic: int) -> float:
        """How well a title tells a topic from the others: -1 to 1.

        It is the F2 measure of what the title says of the keywords (the recall) and of the share of its long words,
        and SHORT more, that are in them (the precision), less what it says of the best other topic.
        """
        shares = self.told(title)
        own, shares[topic] = float(shares[topic]), 0.0
        long = [word for word in _words(title) if len(word) >= LONG]
        to_the_point = sum(word in self.words[topic] for word in long) / (len(long) + SHORT)
        measure = 5 * own * to_the_point / (own + 4 * to_the_point) if to_the_point else 0.0
        return measure - float(shares.max(initial=0.0))


def says(title: str, keyword: str) -> bool:
    """Whether a title holds all words of a keyword, in any form."""
    return _words(keyword) <= _words(title, hyphens=True)


def _words(text: str, hyphens: bool = False) -> frozenset[str]:
    """The words of a text, each in one form; with `hyphens` also the parts and the whole of those with one."""
    found = tokens(lower_case_string(text))
    parts = [part for token in found for part in split_token(token, frozenset()) if part]
    if hyphens:
        parts += [part for token in found if "-" in token for part in (token, *token.split("-"))]
    return frozenset(map(plain, parts))


def latest(rows: np.ndarray, days: np.ndarray, n: int) -> Picked:
    """The newest papers of the nearer half of a topic.

    Parameters
    ----------
    rows : int (m,), nearest first
    days : float (n_papers,), nan if unknown
    """
    half = rows[: (len(rows) + 1) // 2]
    half = half[~np.isnan(days[half])]
    picked = half[np.argsort(-days[half], kind="stable")[:n]]
    return Picked("latest", picked, days[picked])


def diverse(rows: np.ndarray, vectors: np.ndarray, n: int) -> Picked:
    """Papers that differ from each other: each next one is the least similar to those before.

    Parameters
    ----------
    rows : int (m,), nearest first
    vectors : float32 (m, dim), their unit vectors

    Returns
    -------
    The score is the largest cosine to an earlier one, 0 for the first.
    """
    picked, closest = [0], vectors @ vectors[0]
    scores = [0.0]
    while len(picked) < min(n, len(rows)):
        closest[picked] = np.inf
        at = int(np.argmin(closest))
        scores.append(float(closest[at]))
        picked.append(at)
        closest = np.maximum(closest, vectors @ vectors[at])
    return Picked("diverse", rows[picked], np.array(scores))
