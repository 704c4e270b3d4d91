"""`papers` and `export` on the texts of the bundled papers, repeated, with made-up topics, facets and neighbors.

`make bench ARGS=exchange`. EXCHANGE_PAPERS is the number of papers (100,000); with more, only `papers` is measured.
The results of a run of the bundled papers must be in `results/`.
"""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from measure import OUT, ROOT, command, script, table

PAPERS = int(os.environ.get("EXCHANGE_PAPERS", "100000"))
EXPORTED = 100_000  # more papers are not exported here
TOPICS, DIM, NEAR, BLOCK = 40, 384, 20, 65_536


def main() -> None:
    inputs = write_inputs(OUT / f"exchange-{PAPERS}", PAPERS)
    out = OUT / f"exchange-{PAPERS}" / "out"
    out.mkdir(exist_ok=True)
    made = {"table": out / "papers.parquet", "csv": out / "papers.csv", "views": out / "topics.sql"}
    graph = inputs.pop("embeddings")
    flags = {
        "category_names": ROOT / "data/words/arxiv_categories.csv",
        "template": ROOT / "scripts/templates/topics.sql",
    }
    rows = [["papers", *command(script("papers", **inputs, **flags, **made)), size(out)]]
    if PAPERS <= EXPORTED:
        for name in ("memberships", "coordinates", "works", "assignments"):
            del inputs[name]
        files = exported(OUT / f"exchange-{PAPERS}" / "exchange")
        measured = command(script("export", **inputs, embeddings=graph, table=made["table"], **files))
        rows.append(["export", *measured, size(OUT / f"exchange-{PAPERS}" / "exchange")])
    table(f"{PAPERS:,} papers", ["step", "seconds", "peak MB", "processor seconds", "MB written"], rows)


def size(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e6


def exported(folder: Path) -> dict[str, Path]:
    """The outputs of `export` by flag."""
    names = {
        "topics_graph": "topics.graphml",
        "parts_graph": "subtopics.graphml",
        "papers_graph": "papers.graphml",
    }
    for kind in ("topics", "papers"):
        names |= {f"{kind}_map": f"{kind}_map.txt", f"{kind}_network": f"{kind}_network.txt"}
        names |= {f"{kind}_online": f"{kind}.json"}
    names |= {"ris": "ris.zip", "csl": "csl-json.zip"}
    return {flag: folder / name for flag, name in names.items()}


def write_inputs(folder: Path, n: int) -> dict[str, Path]:
    """The inputs of both steps; files that are there from an earlier bench stay."""
    names = (
        "papers",
        "facets",
        "works",
        "assignments",
        "memberships",
        "subtopics",
        "topics",
        "hierarchy",
        "coordinates",
    )
    files = {name: folder / f"{name}.parquet" for name in names}
    files |= {name: folder / f"{name}.npy" for name in ("neighbors", "similarities", "embeddings")}
    if all(path.exists() for path in files.values()):
        return files
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    topic = rng.integers(0, TOPICS, n).astype(np.int32)
    write_texts(files, n, rng)
    write_numbers(files, topic, rng)
    write_topics(files, topic)
    near = (np.arange(n)[:, None] + rng.integers(1, 60, (n, NEAR)).cumsum(1)) % n
    np.save(files["neighbors"], near.astype(np.int32))
    np.save(files["similarities"], np.full((n, NEAR), 0.5, np.float16))
    few = min(n, EXPORTED)  # `papers` does not read the vectors
    vectors = rng.normal(size=(few, DIM)).astype(np.float32)
    np.save(
        files["embeddings"], (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    )
    return files


def write_texts(files: dict[str, Path], n: int, rng: np.random.Generator) -> None:
    """papers.parquet and facets.parquet: three authors, a DOI, a journal and five references per paper."""
    from lib.records.facets import WRITTEN
    from lib.records.schema import PAPERS as SCHEMA

    texts = pq.read_table(ROOT / "results/corpus/papers.parquet")
    names = [
        f"{given} {family}"
        for given in ("Ana", "J. R.", "Wei")
        for family in map("Name{}".format, range(9999))
    ]
    with (
        pq.ParquetWriter(files["papers"], SCHEMA) as papers,
        pq.ParquetWriter(files["facets"], WRITTEN) as facets,
    ):
        for start in range(0, n, BLOCK):
            rows = np.arange(start, min(start + BLOCK, n))
            block = texts.take(rows % len(texts))
            ids = [f"p{row:08d}" for row in rows.tolist()]
            papers.write_table(block.set_column(0, "id", pa.array(ids)).cast(SCHEMA))
            cited = rng.integers(0, n, (len(rows), 5))
            authors = rng.integers(0, len(names), (len(rows), 3))
            values = [
                [
                    *(names[a] for a in people),
                    f"10.1000/{key}",
                    "Journal of Benches",
                    *(f"10.1000/p{c:08d}" for c in to),
                ]
                for key, people, to in zip(ids, authors.tolist(), cited.tolist(), strict=True)
            ]
            kinds = ["authors"] * 3 + ["doi", "journal"] + ["references"] * 5
            columns = {
                "id": np.repeat(ids, 10),
                "facet": kinds * len(ids),
                "position": [0, 1, 2, 0, 0, 0, 1, 2, 3, 4] * len(ids),
                "value": [value for of_paper in values for value in of_paper],
                "key": pa.nulls(10 * len(ids), pa.string()),
            }
            facets.write_table(pa.table(columns).cast(WRITTEN))


def write_numbers(files: dict[str, Path], topic: np.ndarray, rng: np.random.Generator) -> None:
    """The tables with a row per paper."""
    n = len(topic)
    ids = pa.array([f"p{row:08d}" for row in range(n)])
    similarity = rng.random(n).astype(np.float32)
    second = ((topic + 1) % TOPICS).astype(np.int32)
    assigned = {
        "id": ids,
        "topic": topic,
        "similarity": similarity,
        "margin": similarity / 4,
        "second_topic": second,
    }
    nothing = {"silhouette": similarity, "outlier": similarity < 0.02, "age": pa.nulls(n, pa.int32())}
    points = rng.normal(size=(n, 2)).astype(np.float32) + topic[:, None]
    best = pa.ListArray.from_arrays(
        np.arange(0, 2 * n + 1, 2, dtype=np.int32), np.stack([topic, second], 1).ravel()
    )
    shares = pa.ListArray.from_arrays(best.offsets, np.tile(np.array([0.7, 0.3], np.float32), n))
    tables = {
        "works": {"id": ids, "work": ids, "role": pa.array(["article"] * n), "counted": np.ones(n, bool)},
        "assignments": assigned | nothing,
        "memberships": {"topics": best, "shares": shares},
        "subtopics": {"id": ids, "subtopic": pa.nulls(n, pa.int32())},
        "coordinates": {"id": ids, "x": points[:, 0], "y": points[:, 1]},
    }
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), files[name])


def write_topics(files: dict[str, Path], topic: np.ndarray) -> None:
    """topics.parquet and hierarchy.parquet: one group."""
    from lib.naming.schema import HIERARCHY
    from lib.naming.schema import TOPICS as SCHEMA

    names = [f"topic {i} · keyword · another keyword" for i in range(TOPICS)]
    columns = {name: pa.nulls(TOPICS) for name in SCHEMA.names}
    columns |= {"topic": range(TOPICS), "name": names, "key": [f"t{i:04x}" for i in range(TOPICS)]}
    pq.write_table(pa.table(columns).cast(SCHEMA), files["topics"])
    nodes = {name: pa.nulls(TOPICS + 1) for name in HIERARCHY.names}
    nodes |= {"level": ["group"] + ["topic"] * TOPICS, "node": [0, *range(TOPICS)], "name": ["all", *names]}
    nodes |= {
        "parent": pa.array([None] + [0] * TOPICS),
        "size": [len(topic), *np.bincount(topic, minlength=TOPICS)],
    }
    pq.write_table(pa.table(nodes).cast(HIERARCHY), files["hierarchy"])
