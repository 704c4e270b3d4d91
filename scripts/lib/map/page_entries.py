"""What map.html lists: topics, groups, subtopics, their trends, and the papers."""

from collections import Counter

import numpy as np
import pandas as pd
import pyarrow as pa

from lib.figures.label_layout import densest_points, group_middles
from lib.map.page_data import codes_of, nodes_of, one_line
from lib.map.search_space import PAPER_STEP, TERM_STEP
from lib.naming.titles import latex_to_text
from lib.rows import positions

NONE = 65535  # no topic, no subtopic, or no second topic
OTHERS = 2  # further topics that the card of a paper shows, with a share of at least LEAST_PERCENT
LEAST_PERCENT = 5
KEYWORDS = 8  # shown per topic
CATEGORIES = 2000  # that can be chosen: the most frequent
# Blocks that the first picture does not need, in the order in which the page reads them
LATE = (
    *("titles", "ids", "authors", "journals", "dois", "cited", "days", "near"),
    *("terms", "termPapers", "termTitles", "termSpace", "space", "abstracts"),
)


def on_map(anchors: np.ndarray, frame: np.ndarray) -> list[dict]:
    """Positions from 0 to 1 in the frame, as the page reads them. anchors : (k, 2); frame : (2, 2)."""
    positions = (anchors - frame[0]) / (frame[1] - frame[0])
    return [{"x": round(float(x), 5), "y": round(float(y), 5)} for x, y in positions]


def topic_entries(topics: list[dict], anchors: np.ndarray, frame: np.ndarray) -> list[dict]:
    """The topics as the page lists them.

    Parameters
    ----------
    topics : rows of topics.parquet
    anchors : float64 (k, 2), where each topic is densest
    frame : float64 (2, 2), the lowest and the highest corner of the map
    """
    return [
        {
            "key": topic["key"],
            "name": one_line(topic["name"]),
            "keywords": [one_line(word) for word in topic["keywords"][:KEYWORDS]],
            "fields": [one_line(field) for field in topic["fields"]],
            "mixed": topic["mixed"],
            "byHand": topic["by_hand"],
            "description": one_line(topic["description"] or ""),
            "size": topic["size"],
            "color": topic["color"],
            **place,
        }
        for topic, place in zip(topics, on_map(anchors, frame), strict=True)
    ]


def node_entries(nodes: list[dict], places: list[dict]) -> list[dict]:
    """The groups, or the subtopics, of hierarchy.parquet as the page lists them."""
    return [
        {
            "name": one_line(node["name"]),
            "keywords": [one_line(word) for word in node["keywords"][:KEYWORDS]],
            "fields": [one_line(field) for field in node["fields"]],
            "mixed": node["mixed"],
            "tentative": node["tentative"],
            "size": node["size"],
            "parent": node["parent"],
            **place,
        }
        for node, place in zip(nodes, places, strict=True)
    ]


def levels(
    hierarchy: list[dict], points: np.ndarray, subtopic_of: np.ndarray, anchors: np.ndarray, frame: np.ndarray
) -> tuple[list[dict], list[dict], list[int]]:
    """The groups and the subtopics as the page lists them, and the group of each topic.

    Parameters
    ----------
    hierarchy : rows of hierarchy.parquet
    points : float32 (n, 2)
    subtopic_of : int (n,), -1 for papers without
    anchors : float64 (k, 2), where each topic is densest
    frame : float64 (2, 2), the lowest and the highest corner of the map
    """
    groups, topics, subtopics = (nodes_of(hierarchy, level) for level in ("group", "topic", "subtopic"))
    group_of = np.array([topic["parent"] for topic in topics], int)
    sizes = np.array([topic["size"] for topic in topics], float)
    middles = group_middles(anchors, sizes, group_of, len(groups))
    centers = densest_points(points, subtopic_of, len(subtopics))
    below = node_entries(subtopics, on_map(centers, frame))
    return node_entries(groups, on_map(middles, frame)), below, group_of.tolist()


def trend_entries(trends: list[dict], shares: np.ndarray) -> list[dict]:
    """The trend of each topic or subtopic, its change per year, and its shares in the years that are shown.

    Parameters
    ----------
    trends : rows of trends.parquet or subtopic_trends.parquet
    shares : float64 (k, m); they are not shown if m is below 2
    """
    shown = shares if shares.shape[1] > 1 else np.empty((len(trends), 0))
    return [
        {
            "trend": trend["trend"],
            "change": trend["change_per_year"],
            "low": trend["low"],
            "high": trend["high"],
            "shares": [float(f"{share:.3g}") for share in row],
        }
        for trend, row in zip(trends, shown, strict=True)
    ]


def former_topics(
    ids: pa.ChunkedArray,
    topic_of: np.ndarray,
    names: dict[int, str],
    earlier: pa.Table,
    former: dict[int, str],
) -> tuple[list[str], dict[str, np.ndarray]]:
    """What the page says of an earlier run: names of topics that papers left, and one array per column.

    A topic that goes on has its name of today. The columns: `added`, uint8 (n,), is 1 for papers that the earlier run did
    not have; `was`, uint16 (n,), is the position of the former topic in the names counted from 1, and 0 for papers that
    stayed in their topic or had none.

    Parameters
    ----------
    ids : of the papers, in the order of the page
    topic_of : int (n,), their lasting numbers of topics
    names, former : of the topics of this run and of the earlier one, by lasting number
    earlier : columns id and topic of the papers of the earlier run
    """
    at = positions(earlier["id"], ids)
    old = np.where(at >= 0, earlier["topic"].to_numpy()[at], -1)
    moved = (old >= 0) & (old != topic_of)
    code, left = pd.factorize(old[moved], sort=True)
    was = np.zeros(len(old), np.uint16)
    was[moved] = code + 1
    texts = [one_line((former | names)[number]) for number in left.tolist()]
    return texts, {"added": (at < 0).astype(np.uint8), "was": was}


def share_blocks(topic_of: np.ndarray, best: np.ndarray, shares: np.ndarray) -> dict[str, np.ndarray]:
    """The shares of the papers in topics, in percent, rounded down.

    The columns: `share`, uint8 (n,), of the own topic, 0 if it is not among the best; `others`, uint16 (n, OTHERS), the
    largest others of at least LEAST_PERCENT, NONE where there are fewer; `otherShares`, uint8 (n, OTHERS), their shares.

    Parameters
    ----------
    topic_of : int (n,), codes; -1 for none
    best : int32 (n, b), codes of the best topics, largest share first; -1: none
    shares : float32 (n, b), in whole thousandths
    """
    percent = np.rint(shares * 1000).astype(int) // 10
    own = best == topic_of[:, None]
    far = own | (best < 0) | (percent < LEAST_PERCENT)
    first = np.argsort(far, axis=1, kind="stable")[:, :OTHERS]
    absent = np.take_along_axis(far, first, 1)
    missing = ((0, 0), (0, OTHERS - first.shape[1]))
    others = np.where(absent, NONE, np.take_along_axis(best, first, 1))
    other_shares = np.where(absent, 0, np.take_along_axis(percent, first, 1))
    return {
        "share": (percent * own).max(1, initial=0).astype(np.uint8),
        "others": np.pad(others, missing, constant_values=NONE).astype(np.uint16),
        "otherShares": np.pad(other_shares, missing).astype(np.uint8),
    }


def search_blocks(
    papers: np.ndarray, terms: np.ndarray, table: pa.Table, n: int
) -> tuple[dict, dict[str, np.ndarray | list[str]]]:
    """What the page says of the search as a whole, and its columns.

    Parameters
    ----------
    papers, terms : int8 (m, components) and (t, components), of the papers on the page and of the terms
    table : columns of SEARCH_TERMS
    n : papers of the corpus
    """
    blocks = {
        "space": papers.T,  # a component after another: each has numbers of its own size, which is packed better
        "termSpace": terms.T,
        "termPapers": table["papers"].to_numpy().astype(np.uint32),
        "termTitles": table["titles"].to_numpy().astype(np.uint32),
        "terms": [one_line(term) for term in table["term"].to_pylist()],
    }
    return {"papers": n, "paperStep": PAPER_STEP, "termStep": TERM_STEP}, blocks


def category_entries(categories: list[str], names: dict[str, str]) -> list[str]:
    """The name of each category in words; empty for one without a name, or that is its own name."""
    return ["" if names.get(each, each) == each else one_line(names[each]) for each in categories]


def paper_blocks(papers: pa.Table, assigned: pa.Table) -> tuple[dict, dict[str, np.ndarray | list[str]]]:
    """What the page says of the papers as a whole, and one array or list of texts per column.

    Parameters
    ----------
    papers : columns id, title, primary_category and published, in the order of the page
    assigned : columns topic, similarity, second_topic, silhouette and outlier of the same papers
    """
    categories = [one_line(c) if c else None for c in papers["primary_category"].to_pylist()]
    frequent = Counter(c for c in categories if c).most_common(CATEGORIES)
    names = sorted(name for name, _ in frequent)
    year = papers["published"].to_numpy(zero_copy_only=False).astype("datetime64[Y]")
    year = np.where(np.isnat(year), 0, year.astype(np.int64) + 1970)
    dated = year[year > 0]
    similarity = np.nan_to_num(assigned["similarity"].to_numpy())
    silhouette = np.nan_to_num(assigned["silhouette"].to_numpy())
    blocks = {
        "second": assigned["second_topic"].fill_null(-1).to_numpy().astype(np.uint16),  # -1 becomes NONE
        "nearer": (silhouette < 0).astype(np.uint8),
        "topic": assigned["topic"].to_numpy().astype(np.uint16),  # -1 becomes NONE
        "category": codes_of(categories, names),
        "year": year.astype(np.uint16),
        "similarity": np.round(np.clip(similarity, 0, 1) * 255).astype(np.uint8),
        "outlier": assigned["outlier"].to_numpy(zero_copy_only=False).astype(np.uint8),
        "titles": [one_line(latex_to_text(title)) for title in papers["title"].to_pylist()],
        "ids": [one_line(identifier) for identifier in papers["id"].to_pylist()],
    }
    years = [int(dated.min()), int(dated.max())] if len(dated) else None
    return {"categories": names, "years": years}, blocks
