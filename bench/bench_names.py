"""How many topics keep their name from month to month: thirteen monthly updates by the scripts of the workflow.

On MiniLM vectors of the bundled papers. Every month runs all steps from `neighbors` to `label` on the papers submitted until
then, with the month before as the earlier run; each paper counts as a work. KS="17 40" chooses the numbers of topics of the
first month.
"""

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench_space import corpora, folder_of
from measure import OUT, TERMS, command, script, table
from months import monthly

KS = [int(k) for k in os.environ.get("KS", "17 40").split()]
THREADS = 2
GRAPH = ("neighbors", "similarities")
SAMPLE = ("rows", "vectors", "half_rows", "half_vectors")
LABELED = {
    "representatives": "representatives.parquet",
    "topics": "topics.parquet",
    "csv": "topics.csv",
    "hierarchy": "hierarchy.parquet",
    "hierarchy_csv": "hierarchy.csv",
    "edits_file": "edits.json",
}


def within(folder: Path, names: tuple[str, ...], ending: str) -> dict[str, Path]:
    return {name: folder / f"{name}.{ending}" for name in names}


def prepare(folder: Path, papers: pa.Table, vectors: np.ndarray, rows: np.ndarray) -> dict[str, Path]:
    """The papers and vectors of a month, and what does not depend on topics; returns papers and embeddings."""
    folder.mkdir(parents=True, exist_ok=True)
    inputs = {"papers": folder / "papers.parquet", "embeddings": folder / "embeddings.npy"}
    pq.write_table(papers.take(rows), inputs["papers"])
    np.save(inputs["embeddings"], vectors[rows])
    pq.write_table(pa.table({"counted": np.ones(len(rows), bool)}), folder / "works.parquet")
    graph = within(folder, GRAPH, "npy")
    command(script("neighbors", **inputs, **graph, threads=THREADS, summary=folder / "neighbors.json"))
    command(script("smooth", **inputs, **graph, threads=THREADS, **within(folder, SAMPLE, "npy")))
    terms = {flag: folder / file for flag, file in TERMS.items()}
    command(script("terms", papers=inputs["papers"], threads=THREADS, **terms))
    return inputs


def label(month: Path, inputs: dict[str, Path], folder: Path, k: int, before: Path | None) -> list[dict]:
    """The topics of a month, rows of topics.parquet; `before` holds those of the month before."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "k.txt").write_text(f"{k}\n")
    embeddings = {"embeddings": inputs["embeddings"]}
    assigned = {"assignments": folder / "assignments.parquet"}
    centroids, summary = {"centroids": folder / "centroids.npy"}, folder / "cluster.json"
    made = {"search": folder / "search.npy", "memberships": folder / "memberships.parquet"}
    files = inputs | within(month, GRAPH + SAMPLE, "npy") | assigned | centroids | made
    history: dict[str, dict] = {"cluster": {}, "label": {}}
    if before:
        history["cluster"]["previous_assignments"] = before / "assignments.parquet"
        history["cluster"]["previous_summary"] = before / "cluster.json"
        history["label"]["previous_topics"] = before / "topics.parquet"
    command(
        script(
            "cluster",
            chosen=folder / "k.txt",
            threads=THREADS,
            summary=summary,
            **files,
            **history["cluster"],
        )
    )
    levels = within(folder, ("nodes", "subtopics"), "parquet")
    tree = {"linkage": folder / "linkage.npy", "threads": THREADS}
    command(script("hierarchy", **embeddings, **assigned, **centroids, **levels, **tree))
    words = {"keywords": folder / "keywords.parquet", "coherence": folder / "coherence.json"}
    works = {"works": month / "works.parquet"}
    terms = {flag: month / file for flag, file in TERMS.items()}
    listed = words | {"csv": folder / "keywords.csv"}
    command(script("keywords", **terms, **embeddings, **assigned, **levels, **works, **listed))
    outputs = {flag: folder / file for flag, file in LABELED.items()}
    found = inputs | assigned | centroids | {"cluster": summary} | levels | words | works
    command(script("label", **found, **history["label"], **outputs))
    return pq.read_table(outputs["topics"], columns=["topic", "name"]).to_pylist()


def kept(before: list[dict], after: list[dict]) -> tuple[int, int]:
    """How many topics go on, and how many of them have the name that they had."""
    names = {row["topic"]: row["name"] for row in before}
    going_on = [row for row in after if row["topic"] in names]
    return len(going_on), sum(row["name"] == names[row["topic"]] for row in going_on)


def main() -> None:
    name, vectors, _ = next(corpora(0))
    papers = pq.read_table(folder_of(name, None) / "papers.parquet")
    snapshots = monthly(papers["published"].to_numpy().astype("datetime64[D]"))
    folder, rows = OUT / "names", []
    months = [folder / f"month-{i}" for i in range(len(snapshots))]
    halves = vectors.astype(np.float16)
    inputs = [prepare(month, papers, halves, at) for month, at in zip(months, snapshots, strict=True)]
    for k in KS:
        runs: list[Path | None] = [folder / f"{k}-{i}" for i in range(len(snapshots))]
        chain = zip(months, inputs, runs, [None, *runs[:-1]], strict=True)
        topics = [label(month, of_month, run, k, before) for month, of_month, run, before in chain]
        counts = np.array([kept(*pair) for pair in pairwise(topics)])
        since = kept(topics[0], topics[-1])
        shares = counts[:, 1] / counts[:, 0]
        went_on, same = counts.sum(0).tolist()
        rows.append(
            [f"{name}, K = {k}", len(topics[-1]), went_on, same / went_on, float(shares.min()), *since]
        )
    header = ["corpus", "topics at the end", "topics that go on, all months", "names kept per month"]
    table("Names", [*header, "worst month", "go on since the first", "with its name"], rows)
