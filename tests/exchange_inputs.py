"""Made-up results of a run for the steps of the stage `exchange`, and one table per paper of them."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import export
from conftest import ROOT, pq_write
from measure import command_line
from page_inputs import write_inputs
from papers import main

NAMES = ROOT / "data/words/arxiv_categories.csv"
TEMPLATE = ROOT / "scripts/templates/topics.sql"
FACETS = {
    "journal": {0: ["Journal of Salt"], 5: ["=cmd|'/c calc'!A1"]},
    "doi": {0: ["10.1000/first", "10.1000/second"], 7: ["10.1000/seven"]},
    "authors": {0: ["Ana de Novak", "Bo Silva"], 1: ["CERN Collaboration"], 149: ["Li Wei"]},
}


def with_columns(path: Path, **columns) -> Path:
    """Add columns to a table, or replace them."""
    table = pq.read_table(path)
    return pq_write(path, **dict(zip(table.column_names, table.columns, strict=True)) | columns)


def facet_table(path: Path, ids: list[str], facets: dict[str, dict[int, list[str]]]) -> Path:
    """facets.parquet: values by facet and row of the paper."""
    rows = [
        (ids[row], name, position, value, value.split("/works/")[-1] if "/works/" in value else None)
        for row in range(len(ids))
        for name in sorted(facets)
        for position, value in enumerate(facets[name].get(row, []))
    ]
    columns = list(zip(*rows, strict=True)) or [[]] * 5
    kinds = (pa.string(), pa.string(), pa.int32(), pa.string(), pa.string())
    names = ("id", "facet", "position", "value", "key")
    return pq_write(path, **{n: pa.array(c, k) for n, c, k in zip(names, columns, kinds, strict=True)})


def exchange_inputs(folder: Path, facets=FACETS, near: int = 20, lists: bool = True, **changes) -> dict:
    """The inputs of `papers`: those of the page, and margins, works, facets and a graph of neighbors.

    The first five papers of topic 0 are versions of the sixth one. Every third paper has two categories.
    """
    folder.parent.mkdir(exist_ok=True)
    inputs = write_inputs(folder, **changes)
    ids = pq.read_table(inputs["papers"])["id"].to_pylist()
    n, rng = len(ids), np.random.default_rng(4)
    primary = pq.read_table(inputs["papers"])["primary_category"].to_pylist()
    categories = [None if p is None else [p, "cs.LG"] if i % 3 == 0 else [p] for i, p in enumerate(primary)]
    abstracts = [
        f'The paper {i} is about salts & soils, and measures the "fine" ones of them.' for i in range(n)
    ]
    with_columns(inputs["papers"], categories=pa.array(categories, pa.list_(pa.string())), abstract=abstracts)
    similarity = pq.read_table(inputs["assignments"])["similarity"].to_numpy()
    with_columns(inputs["assignments"], margin=(similarity - 0.25).astype(np.float32))
    near = min(near, n - 1)
    rows = np.stack([(np.arange(n) + 1 + step) % n for step in range(near)], 1)
    np.save(folder / "n.npy", rows.astype(np.int32))
    vectors = rng.normal(size=(n, 16))
    np.save(folder / "e.npy", (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16))
    np.save(folder / "sim.npy", np.sort(rng.random((n, near)).astype(np.float16))[:, ::-1])
    same = min(5, n - 1)
    works = [ids[same] if i < same else key for i, key in enumerate(ids)]
    counted = [i >= same for i in range(n)]
    names = ("papers", "assignments", "memberships", "subtopics", "topics", "hierarchy", "coordinates")
    return {name: inputs[name] for name in names} | {
        "facets": facet_table(folder / "f.parquet", ids, facets),
        "works": pq_write(folder / "w.parquet", id=ids, work=works, role=["article"] * n, counted=counted),
        "neighbors": folder / "n.npy",
        "similarities": folder / "sim.npy",
        "category_names": NAMES,
        "template": TEMPLATE,
    }


def outputs(folder: Path) -> dict[str, Path]:
    """The outputs of `papers` by flag."""
    return {"table": folder / "papers.parquet", "csv": folder / "papers.csv", "views": folder / "topics.sql"}


def write_papers(folder: Path, **changes) -> tuple[dict, pa.Table]:
    """The inputs of `papers`, and the table."""
    inputs = exchange_inputs(folder / "in", **changes)
    main(command_line("papers", **inputs, **outputs(folder)))
    return inputs, pq.read_table(folder / "papers.parquet")


EXPORTED = {
    "topics_graph": "topics.graphml",
    "parts_graph": "subtopics.graphml",
    "papers_graph": "papers.graphml",
    **{
        f"{kind}_{flag}": f"vosviewer_{kind}{end}"
        for kind in ("topics", "papers")
        for flag, end in (("map", "_map.txt"), ("network", "_network.txt"), ("online", ".json"))
    },
    "ris": "ris.zip",
    "csl": "csl-json.zip",
}
READ_BY_EXPORT = (
    *(
        "papers",
        "facets",
        "subtopics",
        "topics",
        "hierarchy",
        "neighbors",
        "similarities",
    ),
)


def export_flags(inputs: dict, folder: Path) -> dict:
    """The flags of `export`, from the inputs of `papers` and the folder of its outputs."""
    files = {name: inputs[name] for name in READ_BY_EXPORT}
    files |= {"table": folder / "papers.parquet", "embeddings": inputs["papers"].with_name("e.npy")}
    return files | {flag: folder / "exchange" / name for flag, name in EXPORTED.items()}


def write_exports(
    folder: Path, link: str | None = "https://example.org/{id}", **changes
) -> tuple[dict, Path]:
    """Run `papers` and `export`: the inputs of `papers`, and the folder of the exported files."""
    inputs, _ = write_papers(folder, **changes)
    export.main(command_line("export", **export_flags(inputs, folder), link=link))
    return inputs, folder / "exchange"
