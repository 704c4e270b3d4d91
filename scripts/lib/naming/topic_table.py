"""The table of topics."""

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.clusters.schema import ClusterSummary
from lib.keywords.schema import MIXED, Coherence
from lib.naming.names import distinct, names_of
from lib.naming.schema import TOPICS
from lib.naming.titles import short_titles

NAME_CHARS = 40  # characters of a title that names a topic without keywords


def words_in_name(keywords: list[str], fields: list[str], parts: list[str], mixed: bool) -> list[str]:
    """What names a topic: its keywords; of a mixed topic its fields or else its parts, if these are two at least."""
    return next((words for words in (fields, parts) if mixed and len(words) > 1), keywords)


def topic_table(
    assignments: pd.DataFrame,
    categories: pa.Array,
    keywords: list[list[tuple[str, float]]],
    fields: list[list[str]],
    parts: list[list[str]],
    in_labels: pd.DataFrame,
    coherence: Coherence,
    cluster: ClusterSummary,
    colors: list[str],
    works: int,
) -> pd.DataFrame:
    """One row per topic, with the columns of TOPICS and lasting numbers.

    Parameters
    ----------
    assignments : columns `topic` (codes) and `silhouette`, one row per paper
    categories : the primary category of each paper
    keywords : (keyword, weight) of each topic, highest-weighted first
    fields, parts : of each topic its fields, and the first keywords of its subtopics, largest subtopic first
    in_labels : `id`, `title` and `shown` of the paper in each topic's label
    cluster : stability of each topic on random halves, its number and its key
    colors : color of each topic, as #rrggbb
    works : number of all works
    """
    in_topic = assignments[assignments["topic"] >= 0]
    papers = in_topic["silhouette"].astype(float).groupby(in_topic["topic"])
    words = [[word for word, _ in pairs] for pairs in keywords]
    titles = [short_titles(title, NAME_CHARS)[-1] for title in in_labels["title"]]
    primary = distinct(
        [of_topic[0] if of_topic else title for of_topic, title in zip(words, titles, strict=True)]
    )
    mixed = [npmi is not None and npmi < MIXED for npmi in coherence["npmi_by_topic"]]
    in_names = [words_in_name(*of_topic) for of_topic in zip(words, fields, parts, mixed, strict=True)]
    table = pd.DataFrame(
        {
            **identities(cluster),
            "size": papers.size(),
            "share": papers.size() / works,
            "name": names_of(in_names, titles),
            "label": [
                f"{word} | {title}" if of_topic else title
                for word, title, of_topic in zip(primary, in_labels["shown"], words, strict=True)
            ],
            "primary_keyword": primary,
            "keywords": words,
            "fields": fields,
            "npmi": pd.Series(coherence["npmi_by_topic"], dtype=float),
            "c_v": pd.Series(coherence["c_v_by_topic"], dtype=float),
            "mixed": mixed,
            "representative_id": in_labels["id"],
            "representative_title": in_labels["title"],
            "silhouette": papers.mean(),
            "stability": pd.Series(cluster["stability_by_topic"], dtype=float),
            "color": colors,
        }
    ).reset_index(drop=True)
    of_categories = main_categories(categories, assignments["topic"].to_numpy(), len(table))
    of_a_person = {"was": None, "description": None, "by_hand": False}
    return table.assign(**of_a_person).join(of_categories)[TOPICS.names]


def identities(cluster: ClusterSummary) -> dict[str, list]:
    """What a topic keeps in later runs: the columns `topic`, `key` and `since`."""
    return {"topic": cluster["numbers"], "key": cluster["keys"], "since": cluster["since"]}


def main_categories(categories: pa.Array, topics: np.ndarray, k: int) -> pd.DataFrame:
    """The most frequent category of each topic and its share: `main_category`, `main_category_share`.

    Parameters
    ----------
    categories : string (n,), null for papers without categories
    topics : int (n,), 0 to k - 1; -1 for unassigned papers
    """
    encoded = categories.dictionary_encode()
    names = encoded.dictionary.to_pylist()
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    known = (codes >= 0) & (topics >= 0)
    width = max(len(names), 1)
    counts = np.bincount(topics[known] * width + codes[known], minlength=k * width).reshape(k, width)
    return pd.DataFrame(
        {
            "main_category": [names[row.argmax()] if row.any() else None for row in counts],
            "main_category_share": counts.max(1) / np.maximum(counts.sum(1), 1),
        }
    )
