"""Files of VOSviewer (map and network) and of VOSviewer Online (JSON).

Formats: https://app.vosviewer.com/docs/file-types/
"""

import html
import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

MOST_CLUSTERS = 1000
LEAST_ITEMS = 3  # VOSviewer Online opens no network with fewer


@dataclass
class Items:
    """What VOSviewer shows; an item is called by its place, counted from 1.

    Attributes
    ----------
    labels : text of each item
    points : float (n, 2)
    clusters : int (n,), 1 and up; 0 for none
    descriptions, urls : text of each item, or None
    weights : for each name numbers (n,), at least 0
    scores : for each name numbers (n,); NaN where unknown
    """

    labels: list[str]
    points: np.ndarray
    clusters: np.ndarray
    descriptions: list[str | None] = field(default_factory=list)
    urls: list[str | None] = field(default_factory=list)
    weights: dict[str, np.ndarray] = field(default_factory=dict)
    scores: dict[str, np.ndarray] = field(default_factory=dict)


def clusters_of(topics: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, bool]:
    """The cluster of each item, int (n,), 0 for none: its topic, or its group if there are too many topics.

    Parameters
    ----------
    topics : int (n,), codes of topics; -1 for none
    groups : int (k,), the group of each topic

    Returns
    -------
    the clusters, and whether they are the topics
    """
    if len(groups) <= MOST_CLUSTERS:
        return topics + 1, True
    return np.where(topics < 0, 0, np.append(groups, -1)[topics] + 1), False


def frame_of(items: Items) -> pd.DataFrame:
    """The columns of a map file; empty cells are unknown."""
    columns = {
        "id": np.arange(1, len(items.labels) + 1),
        "label": [label or "untitled" for label in items.labels],
        "description": [html.escape(text) if text else None for text in items.descriptions] or None,
        "url": items.urls or None,
        "x": _rounded(items.points[:, 0]),
        "y": _rounded(items.points[:, 1]),
        "cluster": pd.array(np.where(items.clusters > 0, items.clusters, -1), "Int64"),
    }
    columns["cluster"][items.clusters <= 0] = pd.NA
    columns |= {f"weight<{name}>": values for name, values in items.weights.items()}
    columns |= {f"score<{name}>": _rounded(values) for name, values in items.scores.items()}
    return pd.DataFrame({name: values for name, values in columns.items() if values is not None})


def _rounded(values: np.ndarray) -> np.ndarray:
    """Six digits are more than anyone sees: 0.300000011920929 would be 0.3."""
    return np.array([float(f"{value:.6g}") for value in values.tolist()])


def write_map(path: Path, items: Items) -> None:
    """Write the map file."""
    frame_of(items).to_csv(path, sep="\t", index=False)


def write_network(path: Path, pairs: np.ndarray, strengths: np.ndarray) -> None:
    """Write the network file: two items and the strength of their link per line.

    Parameters
    ----------
    pairs : int64 (m, 2), places of items from 0
    strengths : numbers (m,), at least 0
    """
    pd.DataFrame({"a": pairs[:, 0] + 1, "b": pairs[:, 1] + 1, "s": _rounded(strengths)}).to_csv(
        path, sep="\t", index=False, header=False
    )


def write_online(
    path: Path,
    items: Items,
    pairs: np.ndarray,
    strengths: np.ndarray,
    clusters: list[str],
    words: dict[str, str],
) -> None:
    """Write the JSON file of VOSviewer Online.

    Parameters
    ----------
    pairs, strengths : as in `write_network`
    clusters : names of the clusters 1, 2, …
    words : what items, links and clusters are called
    """
    rows = frame_of(items).to_dict("records")
    network = {
        "items": [_item(row) for row in rows],
        "links": [
            {"source_id": a + 1, "target_id": b + 1, "strength": strength}
            for (a, b), strength in zip(pairs.tolist(), _rounded(strengths).tolist(), strict=True)
        ],
        "clusters": [{"cluster": i, "label": name} for i, name in enumerate(clusters, 1)],
    }
    content = {"network": network, "config": {"terminology": words}}
    # not json.dump, whose encoder is written in Python and takes thirty times as long
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def _item(row: dict) -> dict:
    """The row of a map file as an object: weights and scores are objects in it, and unknown values are left out."""
    item: dict = {}
    for name, value in row.items():
        if value is None or pd.isna(value):
            continue
        kind, _, of = name.partition("<")
        if of:
            item.setdefault(f"{kind}s", {})[of[:-1]] = value
        else:
            item[name] = value
    return item
