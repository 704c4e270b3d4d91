"""The names of topics, groups and subtopics."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from lib.words.spelling import stems

if TYPE_CHECKING:
    import pandas as pd

SEPARATOR = " · "  # between the keywords of a name
IN_NAME = 3  # keywords of a name


def first_parts(name: str, number: int) -> str:
    """The first parts of a name."""
    return SEPARATOR.join(name.split(SEPARATOR)[:number])


def keywords_by_node(keywords: pd.DataFrame, level: str, n: int) -> list[pd.DataFrame]:
    """The keywords of each of the n nodes of a level, highest-weighted first; a node without keywords has no rows.

    Parameters
    ----------
    keywords : columns of KEYWORDS
    """
    of_level = keywords[keywords["level"] == level]
    groups = dict(list(of_level.groupby("node")))
    return [groups.get(node, of_level.iloc[:0]) for node in range(n)]


def keyword_pairs(keywords: pd.DataFrame, k: int, column: str = "keyword") -> list[list[tuple[str, float]]]:
    """The (keyword, weight) pairs of each of k topics, highest-weighted first.

    Parameters
    ----------
    keywords : columns of KEYWORDS
    column : `keyword`, or `term`, which was counted
    """
    of_topics = keywords_by_node(keywords, "topic", k)
    return [list(zip(of_topic[column], of_topic["weight"], strict=True)) for of_topic in of_topics]


def distinct(names: list[str]) -> list[str]:
    """The names; a number follows a name that equals an earlier one, apart from plural endings."""
    taken: Counter[str] = Counter()
    numbered = []
    for name in names:
        taken[stems(name)] += 1
        number = taken[stems(name)]
        numbered.append(f"{name} ({number})" if number > 1 else name)
    return numbered


def names_of(keywords: list[list[str]], otherwise: list[str]) -> list[str]:
    """The first keywords of each node: `language models · reasoning · agents`. No two names are the same.

    Parameters
    ----------
    otherwise : the name of a node without keywords
    """
    names = [
        SEPARATOR.join(words[:IN_NAME]) or other for words, other in zip(keywords, otherwise, strict=True)
    ]
    return distinct(names)
