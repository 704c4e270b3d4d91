"""The names of all nodes of the hierarchy."""

import numpy as np
import pandas as pd

from lib.clusters.nodes import parents_of, siblings
from lib.clusters.stability import STABLE_SUBTOPIC
from lib.naming.fields import Fields
from lib.naming.mentions import mentions
from lib.naming.names import IN_NAME, SEPARATOR, distinct, keywords_by_node, names_of
from lib.naming.schema import HIERARCHY

COVERED = 0.5  # the fields of a group cover this share of its papers, or the group is mixed


def words_in_names(keywords: list[pd.DataFrame], parent_name: str, sizes: np.ndarray) -> list[list[str]]:
    """The keywords of siblings that may stand in their names.

    A keyword that repeats the name of the parent is left out if there is another one and it does not tell siblings
    apart: its share in the sibling exceeds the sibling's share p of the papers by less than a third of the possible
    excess 1 - p.

    Parameters
    ----------
    keywords : of each sibling, columns of KEYWORDS
    sizes : int (m,), papers of each sibling
    """
    phrases = parent_name.split(SEPARATOR)
    least = (1 + 2 * sizes / sizes.sum()) / 3
    in_names = []
    for of_sibling, limit in zip(keywords, least.tolist(), strict=True):
        words = [
            word
            for word, term, share in zip(
                of_sibling["keyword"], of_sibling["term"], of_sibling["share"], strict=True
            )
            if share >= limit or not any(mentions(phrase, term) for phrase in phrases)
        ]
        in_names.append(words or list(of_sibling["keyword"]))
    return in_names


def first_keywords_of_subtopics(nodes: pd.DataFrame, keywords: pd.DataFrame, k: int) -> list[list[str]]:
    """The first keywords of the subtopics of each of k topics, largest subtopic first; none for undivided topics.

    Parameters
    ----------
    nodes, keywords : tables with the columns of NODES and KEYWORDS
    """
    subtopics = nodes[nodes["level"] == "subtopic"].sort_values("size", ascending=False, kind="stable")
    of_nodes = keywords_by_node(keywords, "subtopic", len(subtopics))
    parts: list[list[str]] = [[] for _ in range(k)]
    for node, parent in zip(subtopics["node"], subtopics["parent"], strict=True):
        parts[int(parent)] += list(of_nodes[node]["keyword"][:1])
    return parts


def node_fields(
    fields: Fields, broad: Fields, nodes: pd.DataFrame, topics: np.ndarray, subtopics: np.ndarray
) -> dict[str, tuple[list[list[str]], np.ndarray]]:
    """For each level the fields of its nodes and their cover, as `Fields.of` returns them; for `broad` those of groups.

    Groups and topics are compared with all others, subtopics with those of their topic.

    Parameters
    ----------
    nodes : table with the columns of NODES
    topics, subtopics : int (n,), of each paper; -1 for none
    """
    group_of = parents_of(nodes, "topic")
    of_subtopics: tuple[list[list[str]], list[float]] = [], []
    for numbers, places in siblings(parents_of(nodes, "subtopic")):
        names, cover = fields.of(np.r_[places, -1][subtopics], len(numbers))
        of_subtopics[0].extend(names)
        of_subtopics[1].extend(cover)
    in_groups, n_groups = np.r_[group_of, -1][topics], int(group_of.max()) + 1
    return {
        "group": fields.of(in_groups, n_groups),
        "broad": broad.of(in_groups, n_groups),
        "topic": fields.of(topics, len(group_of)),
        "subtopic": (of_subtopics[0], np.array(of_subtopics[1])),
    }


def group_name(
    fields: tuple[list[str], float], broad: tuple[list[str], float], keywords: tuple[list[str], float]
) -> list[str]:
    """What names a group: its fields if they cover COVERED of its papers, else what covers most of them.

    Parameters
    ----------
    fields, broad, keywords : words, and the share of the papers that have them
    """
    if fields[1] >= COVERED:
        return fields[0]
    return max((pair for pair in (fields, broad, keywords) if pair[0]), key=lambda pair: pair[1])[0]


def named_groups(
    topics: pd.DataFrame,
    keywords: list[pd.DataFrame],
    group_of: np.ndarray,
    fields: dict[str, tuple[list[list[str]], np.ndarray]],
    given: list[tuple[str, list[int]]],
) -> tuple[list[str], list[bool]]:
    """The name of each group, and whether it is mixed: whether its fields, if it has any, cover less than COVERED of it.

    A group of one topic has the name of the topic, a group that a person made the name that was given, others that of
    `group_name`.

    Parameters
    ----------
    topics : columns `name`, `primary_keyword`, `mixed` and `size`
    keywords : of each topic, columns of KEYWORDS
    group_of : int (k,), the group of each topic
    fields : as `node_fields` returns them
    given : groups that a person made: name and topics
    """
    names, mixed = [], []
    for group, (narrow, by_fields, broad, by_broad) in enumerate(
        zip(*fields["group"], *fields["broad"], strict=True)
    ):
        members = topics[group_of == group].sort_values("size", ascending=False, kind="stable")
        first = [keywords[topic].iloc[:1] for topic in members.index[:IN_NAME]]
        by_words = sum(int(of_topic["papers"].sum()) for of_topic in first) / max(members["size"].sum(), 1)
        primary = list(members["primary_keyword"][:IN_NAME])
        words = group_name((narrow, by_fields), (broad, by_broad), (primary, by_words))
        alone = len(members) == 1
        names.append(members["name"].iloc[0] if alone else SEPARATOR.join(words))
        mixed.append(bool(members["mixed"].iloc[0]) if alone else bool(narrow and by_fields < COVERED))
    for name, of_person in given:
        names[int(group_of[of_person[0]])], mixed[int(group_of[of_person[0]])] = name, False
    return distinct(names), mixed


def hierarchy_table(
    nodes: pd.DataFrame,
    keywords: pd.DataFrame,
    topics: pd.DataFrame,
    fields: dict[str, tuple[list[list[str]], np.ndarray]],
    given: list[tuple[str, list[int]]],
    papers: int,
) -> pd.DataFrame:
    """The nodes with their names, keywords and fields, with the columns of HIERARCHY.

    Parameters
    ----------
    nodes : table with the columns of NODES; the subtopics of a topic follow each other
    keywords : table with the columns of KEYWORDS
    topics, fields, given : as in `named_groups`
    papers : number of all papers
    """
    by_level = dict(list(nodes.groupby("level", sort=False)))
    of_nodes = {
        level: keywords_by_node(keywords, level, len(of_level)) for level, of_level in by_level.items()
    }
    group_names, group_mixed = named_groups(
        topics, of_nodes["topic"], parents_of(nodes, "topic"), fields, given
    )
    names = {"topic": topics["name"].tolist(), "group": group_names, "subtopic": []}
    mixed = {
        "topic": topics["mixed"].tolist(),
        "group": group_mixed,
        "subtopic": [False] * len(fields["subtopic"][0]),
    }
    if "subtopic" in by_level:
        for parent, below in by_level["subtopic"].groupby("parent"):
            parent_name = names["topic"][int(parent)]
            of_siblings = [of_nodes["subtopic"][node] for node in below["node"]]
            words = words_in_names(of_siblings, parent_name, below["size"].to_numpy())
            numbered = [f"{parent_name} ({i})" for i in range(1, len(below) + 1)]
            names["subtopic"] += names_of(words, numbered)
    return nodes.assign(
        share=nodes["size"] / papers,
        tentative=nodes["stability"] < STABLE_SUBTOPIC,
        mixed=[of_node for level in by_level for of_node in mixed[level]],
        name=[name for level in by_level for name in names[level]],
        keywords=[list(of_node["keyword"]) for level in by_level for of_node in of_nodes[level]],
        fields=[of_node for level in by_level for of_node in fields[level][0]],
    )[HIERARCHY.names]
