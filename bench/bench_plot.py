"""The step `plot` on synthetic coordinates: 2.9 million papers (PLOT_PAPERS) in 40 topics, and fewer."""

import json
import os
from typing import get_type_hints

import numpy as np
import pyarrow as pa

from measure import OUT, command, script, table

PAPERS = int(os.environ.get("PLOT_PAPERS", "2900000"))
TOPICS = 40


def inputs(n: int) -> dict:
    """The inputs of `plot`: heavy-tailed clumps on the plane, four to a topic, of unequal sizes."""
    from lib.clusters.schema import ASSIGNMENTS, ClusterSummary
    from lib.clusters.ward import ward_linkage
    from lib.figures.palette import hex_colors, topic_colors
    from lib.map.schema import COORDINATES, ProjectSummary
    from lib.naming.schema import HIERARCHY
    from lib.naming.schema import TOPICS as SCHEMA
    from lib.tables import write_table

    folder = OUT / f"plot-{n}"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(TOPICS, 2)) * [4, 3]
    clumps = centers[:, None] + rng.normal(size=(TOPICS, 4, 2)) * 0.5
    topic = rng.choice(TOPICS, n, p=rng.dirichlet(np.full(TOPICS, 3.0)))
    points = clumps[topic, rng.integers(4, size=n)] + 0.2 * rng.standard_t(3, size=(n, 2))
    files = {
        name: folder / f"{name}.parquet" for name in ("coordinates", "assignments", "topics", "hierarchy")
    }
    empty = {name: pa.nulls(n) for name in ASSIGNMENTS.names}
    ids = pa.array(np.arange(n)).cast(pa.string())
    write_table(
        files["coordinates"], pa.table({"id": ids, "x": points[:, 0], "y": points[:, 1]}), COORDINATES
    )
    write_table(files["assignments"], pa.table(empty | {"topic": topic}), ASSIGNMENTS)
    names = [f"topic {i} · keyword · another keyword" for i in range(TOPICS)]
    empty = {name: pa.nulls(TOPICS) for name in SCHEMA.names}
    named = pa.table(
        empty | {"topic": range(TOPICS), "name": names, "color": hex_colors(topic_colors(centers))}
    )
    write_table(files["topics"], named, SCHEMA)
    empty = {name: pa.nulls(TOPICS + 1) for name in HIERARCHY.names}
    nodes = {
        "level": ["group"] + ["topic"] * TOPICS,
        "node": [0, *range(TOPICS)],
        "parent": [None] + [0] * TOPICS,
    }
    nodes |= {"size": [n, *np.bincount(topic, minlength=TOPICS)], "name": ["all", *names]}
    nodes |= {"keywords": [["keyword"]] * (TOPICS + 1), "fields": [[]] * (TOPICS + 1)}
    write_table(files["hierarchy"], pa.table(empty | {k: pa.array(v) for k, v in nodes.items()}), HIERARCHY)
    files["linkage"] = folder / "linkage.npy"
    np.save(files["linkage"], ward_linkage(centers, np.ones(TOPICS)))
    measures = dict.fromkeys(("neighbors_kept", "neighbors_kept_at_random", "trustworthiness"), 0.5)
    counts = dict.fromkeys(("papers", "fitted", "compared", "checked"), n)
    project = {"method": "umap", "refined": True, "n_neighbors": 15, "seconds": 1} | counts
    project |= measures | {"category_accuracy": None, "category_accuracy_on_map": None}
    cluster = dict.fromkeys(get_type_hints(ClusterSummary)) | {"k": TOPICS, "papers": n, "silhouette": 0.1}
    project = dict.fromkeys(get_type_hints(ProjectSummary)) | project
    for name, content in {"project": project, "cluster": cluster}.items():
        files[name] = folder / f"{name}.json"
        files[name].write_text(json.dumps(content))
    return files | {"maps": folder / "map.png", "tree": folder / "tree.png"}


def main() -> None:
    rows = []
    for n in (4_500, 100_000, PAPERS):
        seconds, peak, processor = command(script("plot", **inputs(n)))
        rows.append([f"{n:,}", seconds, processor, peak])
    table("plot, synthetic coordinates, 200 dpi", ["papers", "seconds", "processor seconds", "peak MB"], rows)
