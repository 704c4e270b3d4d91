"""The names and labels of topics."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lib.words.spelling import stems

if TYPE_CHECKING:
    import pandas as pd

SEPARATOR = " · "  # between the keywords of a name


def keyword_pairs(keywords: pd.DataFrame, k: int) -> list[list[tuple[str, float]]]:
    """The (keyword, weight) pairs of each of k topics, highest-weighted first, from a table with the columns of KEYWORDS.

    A topic in a language without word segmentation has none.
    """
    pairs: list[list[tuple[str, float]]] = [[] for _ in range(k)]
    for topic, word, weight in zip(keywords["topic"], keywords["keyword"], keywords["weight"], strict=True):
        pairs[topic].append((word, weight))
    return pairs


def primary_keywords(keywords: list[list[tuple[str, float]]], titles: list[str]) -> list[str]:
    """A keyword for each topic that differs from those of all other topics by more than a plural ending.

    Parameters
    ----------
    keywords : (keyword, weight) pairs of each topic, highest-weighted first
    titles : a title for each topic, used if the topic has no keywords

    A keyword of two topics goes to the topic where its weight is larger. Weights are relative to the highest weight of
    the topic, since all weights are smaller in a topic with a varied vocabulary. If the keyword has the highest weight
    in both topics, the absolute weights decide. A topic that gets none of its keywords is given its highest-weighted
    keyword and a number.
    """
    candidates = [
        (-weight / pairs[0][1], rank, -weight, topic, word)
        for topic, pairs in enumerate(keywords)
        for rank, (word, weight) in enumerate(pairs)
    ]
    given: dict[int, str] = {}
    taken: set[str] = set()
    for *_, topic, word in sorted(candidates):
        name = stems(word)
        if topic not in given and name not in taken:
            given[topic] = word
            taken.add(name)
    # other topics may have all keywords of a topic: vectors can tell papers apart that words cannot
    for topic, pairs in enumerate(keywords):
        word, number = (pairs[0][0], 2) if pairs else (titles[topic], 1)
        while topic not in given:
            suffix = f" ({number})" if number > 1 else ""
            if (name := stems(word) + suffix) not in taken:
                given[topic] = word + suffix
                taken.add(name)
            number += 1
    return [given[topic] for topic in range(len(keywords))]


def topic_names(keywords: list[list[str]], primary: list[str]) -> list[str]:
    """The primary keyword of each topic and its next two keywords: `language models · reasoning · agents`.

    Names differ, since the primary keywords do.
    """
    return [
        SEPARATOR.join(
            [first, *(word for word in words if word not in (first, first.partition(" (")[0]))][:3]
        )
        for first, words in zip(primary, keywords, strict=True)
    ]
