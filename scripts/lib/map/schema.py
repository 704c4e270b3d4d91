"""Schemas of the files of this stage: coordinates, the terms of the search and the tables for Embedding Atlas.

docs/files.md is written from them (`make docs`).
"""

from pathlib import Path
from typing import TypedDict

import numpy as np
import pyarrow as pa

from lib.columns import column
from lib.tables import read_table

COORDINATES = pa.schema(
    [
        column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        column("x", pa.float32(), "position on the map"),
        column("y", pa.float32(), "position on the map"),
    ]
)


def read_points(path: Path) -> np.ndarray:
    """The positions in coordinates.parquet: float32 (n, 2)."""
    table = read_table(path, COORDINATES, ["x", "y"])
    return np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)


class ProjectSummary(TypedDict):
    """How the map was laid out and how faithful it is, measured on `checked` of the `compared` papers.

    UMAP is fitted on all papers, and `refined` by steps of t-SNE if the config says so. t-SNE may be fitted on some, which are then those that are compared.

    `category_accuracy` is the share of papers that have the primary category of most of their `n_neighbors` nearest
    papers, and `category_accuracy_on_map` the same with the nearest on the map.

    With `previous`, `placed` new papers were put among the others, which moved by the median `moved`, a share of the larger
    side of the map.
    """

    method: str
    refined: bool
    papers: int
    fitted: int
    compared: int
    checked: int
    n_neighbors: int
    neighbors_kept: float
    neighbors_kept_at_random: float
    trustworthiness: float
    category_accuracy: float | None
    category_accuracy_on_map: float | None
    placed: int | None
    moved: float | None
    seconds: float


SEARCH_TERMS = pa.schema(
    [
        column("term", pa.string(), "a word or a bigram; row i is row i of map/search/terms.npy"),
        column("papers", pa.int64(), "papers that have it; the most frequent term is first"),
        column("titles", pa.int64(), "papers that have it in the title"),
    ]
)

# Embedding Atlas counts and colors by texts. Nodes of the hierarchy are therefore here by name.
ATLAS = pa.schema(
    [
        column("id", pa.string(), "id of the paper; row i is row i of the papers"),
        column("title", pa.string(), "its title, TeX converted to Unicode"),
        column("topic", pa.string(), "name of its topic"),
        column("group", pa.string(), "name of the group of the topic"),
        column(
            "subtopic",
            pa.string(),
            "first keyword of the topic and name of the subtopic; null if it has none",
        ),
        column("category", pa.string(), "its first category"),
        column("year", pa.int32(), "year of its first version"),
        column("similarity", pa.float32(), "cosine to the centroid of its topic"),
        column("x", pa.float32(), "position on the map"),
        column("y", pa.float32(), "position on the map"),
        column("link", pa.string(), "its address by the config key `link`; null if there is none"),
        column(
            "neighbors",
            pa.struct({"ids": pa.list_(pa.int32()), "distances": pa.list_(pa.float32())}),
            "rows of its 10 nearest papers, nearest first, and 1 minus their cosines",
        ),
    ]
)


# The command line of Embedding Atlas 0.26.0 asks for `text`, and its viewer reads `content`.
ATLAS_LABELS = pa.schema(
    [
        column("x", pa.float64(), "position on the map"),
        column("y", pa.float64(), "position on the map"),
        column("text", pa.string(), "name of a group, topic or subtopic"),
        column("content", pa.string(), "the same"),
        column(
            "level",
            pa.int32(),
            "0 for groups, 1 for topics, 2 for subtopics and whole topics; levels may be missing",
        ),
        column("priority", pa.int64(), "number of papers; of names that would overlap, the larger is shown"),
    ]
)
