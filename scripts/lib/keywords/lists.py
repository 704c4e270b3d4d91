"""The keywords of all nodes: topics against all others, groups likewise, subtopics against those of their topic.

An edit of one topic changes no word of another: topics with the same papers as before the edits keep the keywords that
they have without edits. The other topics are weighted against the edited topics.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from lib.clusters.nodes import parents_of, siblings
from lib.clusters.partitions import count_pairs
from lib.keywords.model import Keyword, KeywordModel
from lib.keywords.quality import coherence
from lib.keywords.schema import KEYWORDS, MeanCoherence
from lib.rows import label_sizes
from lib.words.term_files import Terms

Dropped = tuple[frozenset[str], dict[int, frozenset[str]]]
Lists = list[list[Keyword]]


@dataclass(frozen=True)
class Kept:
    """The keywords of the topics that edits did not touch, as they are without edits.

    Attributes
    ----------
    same : int (k,), code before the edits of each topic whose papers are the same, else -1
    topics, subtopics : keywords by code; none for nodes of other topics
    coherence : of all topics as they are without edits
    """

    same: np.ndarray
    topics: Lists
    subtopics: Lists
    coherence: MeanCoherence

    @property
    def words(self) -> frozenset[str]:
        """The keywords and terms, in lower case."""
        return frozenset(
            word.lower() for listed in self.topics for each in listed for word in (each.keyword, each.term)
        )


def lists_of(
    model: KeywordModel, parents: np.ndarray, top: int, out: list[frozenset[str]]
) -> tuple[Lists, Lists]:
    """The keywords of topics, against all others, and of subtopics, against those of their topic.

    Parameters
    ----------
    model : its leaves are the k topics (papers in no subtopic), and then the subtopics
    parents : int (m,), the topic of each subtopic; -1 for subtopics without keywords
    out : words that are keywords neither of a topic nor of its subtopics, k
    """
    k = len(out)
    subtopics: Lists = [[] for _ in parents]
    for numbers, places in siblings(parents):
        if (topic := parents[numbers[0]]) >= 0:
            found = model.keywords_of(np.r_[np.full(k, -1), places], top, [out[topic]] * len(numbers))
            for number, keywords in zip(numbers.tolist(), found, strict=True):
                subtopics[number] = keywords
    return model.keywords_of(np.r_[np.arange(k), parents], top, out), subtopics


def unwanted(dropped: Dropped, k: int) -> list[frozenset[str]]:
    """The words that are not keywords of each topic, k."""
    everywhere, of_topic = dropped
    return [everywhere | of_topic.get(topic, frozenset()) for topic in range(k)]


def keyword_table(
    model: KeywordModel, nodes: pd.DataFrame, top: int, dropped: Dropped, kept: Kept | None = None
) -> pd.DataFrame:
    """The `top` keywords of each node, highest-weighted first, with the columns of KEYWORDS.

    Parameters
    ----------
    model : its leaves are the topics (papers in no subtopic), and then the subtopics
    nodes : table with the columns of NODES
    dropped : words that are keywords of no node, and those of no node of certain topics, by code
    kept : keywords that edits of other topics do not change; the other topics have none of these
    """
    group_of, parents = parents_of(nodes, "topic"), parents_of(nodes, "subtopic")
    k, n_groups = len(group_of), int(group_of.max(initial=-1)) + 1
    out = unwanted(dropped, k)
    if kept is None:
        topics, subtopics = lists_of(model, parents, top, out)
    else:
        touched = np.where(kept.same[parents] < 0, parents, -1)
        topics, subtopics = lists_of(model, touched, top, [words | kept.words for words in out])
        topics = [kept.topics[topic] if kept.same[topic] >= 0 else topics[topic] for topic in range(k)]
        subtopics = [
            kept.subtopics[at] if kept.same[topic] >= 0 else subtopics[at]
            for at, topic in enumerate(parents.tolist())
        ]
    of_groups = model.keywords_of(group_of[np.r_[np.arange(k), parents]], top, [dropped[0]] * n_groups)
    return table_of({"group": of_groups, "topic": topics, "subtopic": subtopics})


def same_papers(labels: np.ndarray, before: np.ndarray, k: int) -> np.ndarray:
    """The class before that has the same objects as each class: int (k,), -1 if there is none.

    Parameters
    ----------
    labels, before : int (n,), the class of each object now and before; -1 for none
    """
    k_before = int(before.max(initial=-1)) + 1
    both = (labels >= 0) & (before >= 0)
    shared = count_pairs(labels[both], before[both], k, k_before)
    sizes, sizes_before = label_sizes(labels, k), label_sizes(before, k_before)
    most = shared.argmax(1)
    alike = (shared.max(1) == sizes) & (sizes_before[most] == sizes) & (sizes > 0)
    return np.where(alike, most, -1)


def kept_lists(
    corpus: Terms,
    vectors: np.ndarray,
    head_words: frozenset[str],
    labels: tuple[np.ndarray, np.ndarray, np.ndarray],
    parents: np.ndarray,
    out: list[frozenset[str]],
    top: int,
    rows: np.ndarray,
) -> Kept:
    """The keywords of the topics that edits did not touch, computed on the topics before the edits.

    Parameters
    ----------
    labels : topic before the edits, topic, and subtopic of each paper: int (n,) each, -1 for papers that do not count
    parents : int (m,), the topic of each subtopic
    out : words that are keywords neither of a topic nor of its subtopics, k
    rows : int (r,), the papers whose windows are counted
    """
    found, topics, subtopics = labels
    k, k_found = len(out), int(found.max()) + 1
    same = same_papers(topics, found, k)
    inside = (subtopics >= 0) & (topics >= 0)
    leaf_of = np.where(inside & (same[topics] >= 0), k_found + subtopics, found)
    parents_found = same[parents]
    model = KeywordModel.of(corpus, vectors, leaf_of, np.r_[np.arange(k_found), parents_found], head_words)
    out_found = [frozenset[str]()] * k_found
    for topic in np.flatnonzero(same >= 0).tolist():
        out_found[same[topic]] = out[topic]
    of_topics, of_subtopics = lists_of(model, parents_found, top, out_found)
    plain = model.keywords_of(np.r_[np.arange(k_found), parents_found], top)
    measured = coherence(corpus, table_of({"topic": plain}), k_found, rows)
    return Kept(
        same,
        [of_topics[code] if code >= 0 else [] for code in same.tolist()],
        of_subtopics,
        MeanCoherence(npmi=measured["npmi"], c_v=measured["c_v"]),
    )


def table_of(levels: dict[str, Lists]) -> pd.DataFrame:
    """The table of keywords, with the columns of KEYWORDS, from the lists of the nodes 0, 1, … of each level."""
    rows = [
        (level, node, rank, *keyword)
        for level, lists in levels.items()
        for node, keywords in enumerate(lists)
        for rank, keyword in enumerate(keywords, 1)
    ]
    return pd.DataFrame(rows, columns=KEYWORDS.names)
