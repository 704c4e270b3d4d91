"""How well titles describe topics, judged by the keywords in them."""

import numpy as np

from lib.naming.mentions import mentions, plain_words
from lib.naming.titles import ELLIPSIS, short_titles

LONG = 4  # letters of a long word; most shorter words are `of`, `the`, `for`
SHORT = 4  # long words that are added to each title, since a short one says little: `Beyond Jailbreaks`
CUT = 0.1  # subtracted from the score of a truncated title
HEAD = 2  # keywords that the part before the subtitle must mention to stand alone
NAMED = 0.1  # added to the score of a title that mentions the primary keyword, which precedes it in the label


class TitleScorer:
    """Scores titles by the keywords of all topics.

    Parameters
    ----------
    pairs : (keyword, weight) of each topic, highest-weighted first
    """

    def __init__(self, pairs: list[list[tuple[str, float]]]):
        self.k = len(pairs)
        self.primary = [of_topic[0][0] if of_topic else "" for of_topic in pairs]
        self.keywords: list[tuple[frozenset[str], int, float]] = []  # words, topic, and share of the weight
        self.words: list[frozenset[str]] = []
        for topic, of_topic in enumerate(pairs):
            total = sum(weight for _, weight in of_topic)
            keywords = [(plain_words(keyword), topic, weight / total) for keyword, weight in of_topic]
            self.keywords += keywords
            self.words.append(frozenset().union(*(words for words, *_ in keywords)))

    def coverage(self, title: str) -> np.ndarray:
        """For each topic the weight of its keywords in a title, as a share of the weight of all its keywords: float64 (k,)."""
        title_words, shares = plain_words(title, hyphens=True), np.zeros(self.k)
        for words, topic, share in self.keywords:
            if words and words <= title_words:
                shares[topic] += share
        return shares

    def count_mentions(self, title: str, topic: int) -> int:
        """The number of keywords of a topic in a title."""
        title_words = plain_words(title, hyphens=True)
        return sum(
            owner == topic and bool(words) and words <= title_words for words, owner, _ in self.keywords
        )

    def score(self, title: str, topic: int) -> float:
        """How well a title tells a topic from the others: -1 to 1.

        It is an F2 measure minus the largest coverage of another topic. recall: coverage of the topic's keywords.
        precision: keyword words / (long words of the title + SHORT), where keyword words are the long words of the
        title that are in keywords of the topic.
        """
        others = self.coverage(title)
        recall, others[topic] = float(others[topic]), 0.0
        long = [word for word in plain_words(title) if len(word) >= LONG]
        precision = sum(word in self.words[topic] for word in long) / (len(long) + SHORT)
        measure = 5 * recall * precision / (recall + 4 * precision) if precision else 0.0
        return measure - float(others.max(initial=0.0))

    def best_variant(self, title: str, topic: int, width: int) -> tuple[float, str]:
        """The score and the text of the best variant of a title for a label, among those of `short_titles`."""
        *heads, last = short_titles(title, width)
        variants = [*(head for head in heads if self.count_mentions(head, topic) >= HEAD), last]
        scored = [(self._score_in_label(variant, topic), -i, variant) for i, variant in enumerate(variants)]
        score, _, variant = max(scored)
        return score, variant

    def _score_in_label(self, shown: str, topic: int) -> float:
        named = bool(self.primary[topic]) and mentions(shown, self.primary[topic])
        return self.score(shown, topic) - CUT * shown.endswith(ELLIPSIS) + NAMED * named
