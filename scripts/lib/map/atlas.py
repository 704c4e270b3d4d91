"""The tables for Embedding Atlas: their columns, and how they are filled."""

import numpy as np
import pyarrow as pa

from lib.figures.label_layout import densest_points, group_middles
from lib.figures.page import paper_url
from lib.map.page_data import nodes_of, one_line
from lib.map.schema import ATLAS, ATLAS_LABELS
from lib.naming.titles import latex_to_text

NEIGHBORS = 10  # per paper: they are most of the file


def label_rows(
    hierarchy: list[dict], points: np.ndarray, topic: np.ndarray, subtopic: np.ndarray
) -> pa.Table:
    """The rows of labels.parquet: names of groups (if useful), topics and subtopics.

    Embedding Atlas shows names of level n from a zoom of 2^n, and hides them at a zoom of 2.4 * 2^n unless the
    level is the last one. A topic without subtopics is therefore named at the level of the subtopics too.

    Parameters
    ----------
    hierarchy : rows of hierarchy.parquet
    points : float32 (n, 2)
    topic, subtopic : int (n,); the subtopic is -1 for papers without
    """
    groups, topics, subtopics = (nodes_of(hierarchy, level) for level in ("group", "topic", "subtopic"))
    anchors = densest_points(points, topic, len(topics))
    sizes = np.array([node["size"] for node in topics], float)
    middles = group_middles(anchors, sizes, np.array([node["parent"] for node in topics], int), len(groups))
    divided = {node["parent"] for node in subtopics}
    whole = [node for node in topics if node["node"] not in divided]
    finest = np.concatenate(
        [densest_points(points, subtopic, len(subtopics)), anchors[[node["node"] for node in whole]]]
    )
    levels = (
        [(groups, middles)] if 1 < len(groups) <= len(topics) / 2 else []
    )  # else a group per topic, or one
    levels += [(topics, anchors)]
    levels += [([*subtopics, *whole], finest)] if subtopics else []
    rows = [
        {
            "x": float(x),
            "y": float(y),
            "text": one_line(node["name"]),
            "content": one_line(node["name"]),
            "level": level,
            "priority": node["size"],
        }
        for level, (nodes, places) in enumerate(levels)
        for node, (x, y) in zip(nodes, places, strict=True)
    ]
    return pa.Table.from_pylist(rows, ATLAS_LABELS)


def names_by_level(hierarchy: list[dict], topics: list[dict]) -> tuple[list[str], list[str], list[str]]:
    """The name of each topic, of the group of each topic, and of each subtopic after its topic's first keyword.

    Subtopics of two topics may have the same name; with the keyword no two are the same.
    """
    groups = [one_line(node["name"]) for node in nodes_of(hierarchy, "group")]
    of_topics = [one_line(topic["name"]) for topic in topics]
    of_groups = [groups[node["parent"]] for node in nodes_of(hierarchy, "topic")]
    of_subtopics = [
        one_line(f"{topics[node['parent']]['primary_keyword']}: {node['name']}")
        for node in nodes_of(hierarchy, "subtopic")
    ]
    return of_topics, of_groups, of_subtopics


def neighbor_lists(rows: np.ndarray, cosines: np.ndarray) -> pa.StructArray:
    """The column `neighbors`: the ids (rows) and distances (1 - cosine) of the nearest papers, both (n, k)."""
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1]
    distances = np.maximum(1 - cosines.astype(np.float32), 0)
    lists = [pa.ListArray.from_arrays(offsets, values.ravel()) for values in (rows, distances)]
    return pa.StructArray.from_arrays(lists, ["ids", "distances"])


def atlas_rows(
    papers: pa.Table,
    placed: dict[str, np.ndarray],
    names: tuple[list[str], list[str], list[str]],
    near: tuple[np.ndarray, np.ndarray],
    link: str | None,
) -> pa.Table:
    """The rows of atlas.parquet for some papers.

    Parameters
    ----------
    papers : columns id, title, primary_category and published
    placed : points float32 (n, 2), topic and subtopic int (n,), -1 for none, similarity float32 (n,), of the same papers
    names : of topics, of the group of each topic, of subtopics
    near : rows and cosines of the nearest papers, both (n, k)
    link : the config key `link`
    """
    of_topics, of_groups, of_subtopics = names
    year = papers["published"].to_numpy(zero_copy_only=False).astype("datetime64[Y]")
    ids = papers["id"].to_pylist()
    columns = {
        "id": ids,
        "title": [one_line(latex_to_text(title)) for title in papers["title"].to_pylist()],
        "topic": [of_topics[topic] if topic >= 0 else None for topic in placed["topic"]],
        "group": [of_groups[topic] if topic >= 0 else None for topic in placed["topic"]],
        "subtopic": [of_subtopics[number] if number >= 0 else None for number in placed["subtopic"]],
        "category": papers["primary_category"],
        "year": pa.array(year.astype(np.int64) + 1970, pa.int32(), mask=np.isnat(year)),
        "similarity": placed["similarity"],
        "x": placed["points"][:, 0],
        "y": placed["points"][:, 1],
        "link": pa.array([paper_url(link, identifier) for identifier in ids], pa.string()),
        "neighbors": neighbor_lists(*near),
    }
    return pa.table(columns).cast(ATLAS)
