"""Names that topics keep from an earlier run."""

import re
from collections.abc import Mapping
from itertools import count

import pandas as pd

from lib.naming.names import SEPARATOR
from lib.naming.topic_table import words_in_name
from lib.words.spelling import stems

NUMBER = re.compile(r" \(\d+\)$")  # which `distinct` adds
EVIDENCE = 10  # keywords in which the words of a name are looked for


def kept_names(
    topics: pd.DataFrame,
    earlier: pd.DataFrame,
    parts: list[list[str]],
    home: Mapping[str, int],
    by_model: bool,
) -> list[str | None]:
    """The name that each topic keeps; None for a topic that needs a new one.

    A name stays while its first word and one more are among what may name the topic today: its fields or else its parts,
    or its keywords if it is not mixed. A title that names a topic without keywords stays while its paper is in the topic.
    A name by a language model stays while half of the earlier keywords are among today's; a name of keywords is asked
    for again. A name that a person gave stays with the edit alone.

    Parameters
    ----------
    topics, earlier : rows of TOPICS of this run and of the earlier one
    parts : first keywords of the subtopics of each topic
    home : topic number of the papers of this run that represented topics of the earlier one
    by_model : a language model names the topics
    """
    before = {row.topic: row for row in earlier.itertuples(index=False)}
    kept: list[str | None] = []
    for row, of_parts in zip(topics.itertuples(index=False), parts, strict=True):
        old = before.get(row.topic)
        stays = (
            old is not None
            and not old.by_hand
            and (
                SEPARATOR not in old.name and shares_half(old.keywords, row.keywords)
                if by_model
                else home.get(old.representative_id) == row.topic
                if not len(old.keywords)
                else any(
                    holds(old.name, words_in_name(row.keywords, row.fields, of_parts, mixed))
                    for mixed in {True, row.mixed}
                )
            )
        )
        kept.append(old.name if old is not None and stays else None)
    return kept


def holds(name: str, words: list[str]) -> bool:
    """Whether the first word of a name and one more of its words, if it has any, are among some words."""
    first, *others = NUMBER.sub("", name).split(SEPARATOR)
    words = list(words)[:EVIDENCE]
    return first in words and (not others or any(word in words for word in others))


def with_given(kept: list[str | None], given: Mapping[int, str]) -> list[str | None]:
    """The kept names with those that a person gave, by place; another topic does not keep one of these."""
    taken = {stems(name.lower()) for name in given.values()}
    free = [None if name is None or stems(name.lower()) in taken else name for name in kept]
    return [given.get(place, name) for place, name in enumerate(free)]


def shares_half(old: list[str], new: list[str]) -> bool:
    """Whether at least half of the old keywords are among the new ones."""
    return len(old) > 0 and 2 * len(set(old) & set(new)) >= len(old)


def with_kept(names: list[str], kept: list[str | None]) -> list[str]:
    """The kept names and, for the other topics, their new names; a number follows a new name that equals another."""
    if not any(kept):
        return names
    taken = {stems(name.lower()) for name in kept if name}
    final = []
    for name, old in zip(names, kept, strict=True):
        tries = (f"{name} ({n})" if n > 1 else name for n in count(1))
        final.append(old or next(each for each in tries if stems(each.lower()) not in taken))
        taken.add(stems(final[-1].lower()))
    return final


def former_names(topics: pd.DataFrame, earlier: pd.DataFrame) -> list[str | None]:
    """The name that each topic had in the earlier run, where it differs from that of today."""
    before = dict(zip(earlier["topic"], earlier["name"], strict=True))
    names = zip(topics["topic"], topics["name"], strict=True)
    return [before[topic] if before.get(topic, name) != name else None for topic, name in names]
