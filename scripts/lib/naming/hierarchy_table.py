"""The names of all nodes of the hierarchy."""

import numpy as np
import pandas as pd

from lib.keywords.keywords import Keyword
from lib.keywords.tree_keywords import TreeKeywords
from lib.naming.mentions import mentions
from lib.naming.names import SEPARATOR, primary_keywords, topic_names
from lib.naming.schema import HIERARCHY


def sibling_names(keywords: list[list[Keyword]], parent_name: str, sizes: np.ndarray) -> list[str]:
    """The names of siblings, from their keywords; a sibling without keywords gets the name of its parent and a number.

    A keyword that repeats the parent's name is dropped if another is available and it does not discriminate between
    siblings. It discriminates if its share in the sibling exceeds the sibling's share p of the papers by at least a
    third of the possible excess 1 - p.

    Parameters
    ----------
    sizes : int (m,), papers of each sibling
    """
    phrases = parent_name.split(SEPARATOR)
    least = (1 + 2 * sizes / sizes.sum()) / 3
    keywords = [
        [
            keyword
            for keyword in of_sibling
            if keyword.share >= limit or not any(mentions(phrase, keyword.term) for phrase in phrases)
        ]
        or of_sibling
        for of_sibling, limit in zip(keywords, least, strict=True)
    ]
    known = [i for i, of_sibling in enumerate(keywords) if of_sibling]
    pairs = [[(word, weight) for word, weight, *_ in keywords[i]] for i in known]
    primary = primary_keywords(pairs, [parent_name] * len(known))
    names = [f"{parent_name} ({i + 1})" for i in range(len(keywords))]
    for i, name in zip(known, topic_names([words_of(keywords[i]) for i in known], primary), strict=True):
        names[i] = name
    return names


def words_of(keywords: list[Keyword]) -> list[str]:
    """Keywords as they are shown."""
    return [keyword.keyword for keyword in keywords]


def hierarchy_table(nodes: pd.DataFrame, search: TreeKeywords, topics: pd.DataFrame) -> pd.DataFrame:
    """The nodes with their names and keywords, with the columns of HIERARCHY.

    A group is named by the primary keywords of its largest topics; a group of one topic has the name of the topic.

    Parameters
    ----------
    nodes : table with the columns of NODES
    search : finds the keywords of groups and subtopics
    topics : columns `name`, `primary_keyword` and `keywords`, largest topics first
    """
    group_of = nodes.loc[nodes["level"] == "topic", "parent"].to_numpy(int)
    names = {"group": [], "topic": topics["name"].tolist(), "subtopic": []}
    words = {"group": [], "topic": topics["keywords"].tolist(), "subtopic": []}
    for group, keywords in enumerate(search.of_groups(group_of)):
        members = np.flatnonzero(group_of == group)
        alone = int(members[0]) if len(members) == 1 else None
        joined = SEPARATOR.join(topics["primary_keyword"][members][:3])
        names["group"].append(joined if alone is None else names["topic"][alone])
        words["group"].append(words_of(keywords) if alone is None else words["topic"][alone])
    for parent, siblings in nodes[nodes["level"] == "subtopic"].groupby("parent"):
        of_siblings = search.of_subtopics(siblings)
        names["subtopic"] += sibling_names(
            of_siblings, names["topic"][int(parent)], siblings["size"].to_numpy()
        )
        words["subtopic"] += map(words_of, of_siblings)
    levels = nodes["level"].unique()
    return nodes.assign(
        share=nodes["size"] / len(search.subtopic_of),
        name=[name for level in levels for name in names[level]],
        keywords=[keywords for level in levels for keywords in words[level]],
    )[HIERARCHY.names]
