"""How well titles describe topics, by the keywords that they hold."""

import numpy as np

from lib.naming.mentions import mentions, plain_words
from lib.naming.names import primary_keywords
from lib.naming.titles import ELLIPSIS, short_titles

LONG = 4  # letters of the words of a title that count: most shorter ones are `of`, `the`, `for`
SHORT = 4  # such words that are added to each title: `Beyond Jailbreaks` says little
CUT = 0.1  # what a title loses for being cut
HEAD = 2  # keywords in the head of a title, if it describes the topic without the subtitle
NAMED = 0.1  # what it gains if it mentions the primary keyword, beside which it stands in the label


class TitleScorer:
    """Scores titles by the keywords of all topics.

    Parameters
    ----------
    pairs : (keyword, weight) of each topic, heaviest first
    """

    def __init__(self, pairs: list[list[tuple[str, float]]]):
        self.k = len(pairs)
        self.primary = primary_keywords(pairs, [""] * self.k)
        self.keywords: list[tuple[frozenset[str], int, float]] = []  # words, topic, and share of the weight
        self.words: list[frozenset[str]] = []
        for topic, of_topic in enumerate(pairs):
            total = sum(weight for _, weight in of_topic)
            keywords = [(plain_words(keyword), topic, weight / total) for keyword, weight in of_topic]
            self.keywords += keywords
            self.words.append(frozenset().union(*(words for words, *_ in keywords)))

    def coverage(self, title: str) -> np.ndarray:
        """For each topic the weight of its keywords that a title holds, as a share of all: float64 (k,)."""
        title_words, shares = plain_words(title, hyphens=True), np.zeros(self.k)
        for words, topic, share in self.keywords:
            if words and words <= title_words:
                shares[topic] += share
        return shares

    def count_mentions(self, title: str, topic: int) -> int:
        """How many keywords of a topic a title holds."""
        title_words = plain_words(title, hyphens=True)
        return sum(
            owner == topic and bool(words) and words <= title_words for words, owner, _ in self.keywords
        )

    def score(self, title: str, topic: int) -> float:
        """How well a title tells a topic from the others: -1 to 1.

        It is the F2 measure of its coverage of the keywords (the recall) and of the share of its long words,
        and SHORT more, that are in them (the precision), less its coverage of the best other topic.
        """
        others = self.coverage(title)
        recall, others[topic] = float(others[topic]), 0.0
        long = [word for word in plain_words(title) if len(word) >= LONG]
        precision = sum(word in self.words[topic] for word in long) / (len(long) + SHORT)
        measure = 5 * recall * precision / (recall + 4 * precision) if precision else 0.0
        return measure - float(others.max(initial=0.0))

    def best_variant(self, title: str, topic: int, width: int) -> tuple[float, str]:
        """The best way to show a title in a label, of those in `short_titles`, with its score there."""
        *heads, last = short_titles(title, width)
        variants = [*(head for head in heads if self.count_mentions(head, topic) >= HEAD), last]
        scored = [(self._score_in_label(variant, topic), -i, variant) for i, variant in enumerate(variants)]
        score, _, variant = max(scored)
        return score, variant

    def _score_in_label(self, shown: str, topic: int) -> float:
        named = mentions(shown, self.primary[topic])
        return self.score(shown, topic) - CUT * shown.endswith(ELLIPSIS) + NAMED * named
