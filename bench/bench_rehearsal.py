"""The rules on 2.9 million made-up papers, each limited to the memory that it requests.

The snapshot recombines real sentences of the corpus under new ids, seeded; the vectors are 2.9 million x 1024
float16, made of real ones (lifelike.py). Texts and vectors have nothing to do with each other. `embed` and
`explain`, which need an encoder, `search` and the steps after `evaluate` do not run. Needs about 25 GB of disk below
bench/out. A part of it: `REHEARSAL_PAPERS=100000 python bench/run.py rehearsal`.
"""

import json
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from bench_space import corpora
from lifelike import DIM, Lifelike
from measure import (
    CLEANED,
    NOTHING_ENCODED,
    OUT,
    TERMS,
    command,
    corpus,
    default_flags,
    page_files,
    script,
    table,
)

PAPERS = int(os.environ.get("REHEARSAL_PAPERS", "2900000"))
CANDIDATES = (5, 10, 15, 20, 30, 40)
PARTS = 8
THREADS = os.cpu_count()
GRAPH = {"neighbors": "neighbors.npy", "similarities": "similarities.npy"}
SAMPLE = {name: f"{name}.npy" for name in ("rows", "vectors", "half_rows", "half_vectors")}
TREND_FILES = {
    "trends": "trends.parquet",
    "csv": "trends.csv",
    "periods": "periods.parquet",
    "subtopic_trends": "subtopic_trends.parquet",
    "subtopic_csv": "subtopic_trends.csv",
    "subtopic_periods": "subtopic_periods.parquet",
    "figure": "trends.png",
}


def snapshot(path) -> None:
    """JSON lines in the snapshot's layout: titles and sentences of real papers, recombined."""
    rng = np.random.default_rng(0)
    records = [json.loads(line) for line in corpus().open("rb")]
    sentences = [[s.strip() for s in r["abstract"].split(". ") if s.strip()] for r in records]
    months = [f"{year % 100:02d}{month:02d}" for year in range(2007, 2027) for month in range(1, 13)]
    with path.open("w", encoding="utf-8") as file:
        for i in range(PAPERS):
            # a paper keeps to one field's sentences: those of a paper and of its neighbors in the file
            a, b = rng.integers(len(records)), rng.integers(1, 4)
            near = [sentences[(a + j) % len(records)] for j in range(b)]
            pool = [s for some in near for s in some] or ["We study it"]
            picked = rng.permutation(len(pool))[: rng.integers(4, 12)]
            base = records[a]
            month, number = divmod(i, PAPERS // len(months) + 1)
            record = {
                "id": f"{months[month]}.{number:05d}",
                "submitter": base["submitter"],
                "authors": base["authors"],
                "title": base["title"],
                "comments": base["comments"],
                "journal-ref": base["journal-ref"],
                "doi": base["doi"],
                "report-no": None,
                "categories": base["categories"],
                "license": base["license"],
                "abstract": "  " + ".\n".join(pool[j] for j in picked) + ".\n",
                "versions": [{"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"}],
                "update_date": "2008-11-26",
                "authors_parsed": base["authors_parsed"],
            }
            file.write(json.dumps(record) + "\n")


def vectors(path, rows: int, parts: int) -> list:
    """The parts of a float16 matrix of unit rows like the real ones of the corpus."""
    from lib.arrays import write_npy_header

    *_, (_, real, _) = corpora(20_000)
    source = Lifelike(real)
    paths = []
    for part in range(parts):
        paths.append(path / f"{part}.npy")
        n = len(range(part, rows, parts))
        with paths[-1].open("wb") as file:
            write_npy_header(file, (n, DIM), np.float16)
            for block in source.blocks(n, seed=part):
                file.write(block.astype(np.float16).data)
    return paths


class Rehearsal:
    """Runs steps in one folder, and keeps a row per step for the table."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.rows: list[list] = []

    def file(self, name: str) -> Path:
        """A file of the rehearsal."""
        return self.folder / name

    def step(self, name: str, title: str | None = None, **flags) -> None:
        """Run a step with the memory that its rule requests, and compare with what scripts/lib/workflow/budget.py expects."""
        from lib.workflow import budget

        sample = min(PAPERS, default_flags("smooth")["sample"])
        size = budget.Size(
            papers=PAPERS,
            dim=DIM,
            sample=sample,
            topics=flags.get("k", max(CANDIDATES)),
            parts=PARTS,
            gflop=0.0,  # nothing is encoded
            gpu=False,
        )
        limit = budget.requested_mb(name, size)
        seconds, peak, processor = command(script(name, **flags), memory_gb=limit * 1e6 / 2**30)
        expected = (budget.value(budget.SECONDS[name], size), budget.value(budget.MEMORY_MB[name], size))
        self.rows.append([title or name, expected[0], seconds, processor, expected[1], peak, limit])
        print(self.rows[-1], flush=True)

    def files(self, **names: str) -> dict[str, Path]:
        """Files by flag."""
        return {flag: self.file(name) for flag, name in names.items()}


def corpus_stage(run: Rehearsal) -> dict[str, Path]:
    """clean and terms: returns the papers."""
    source = run.file("snapshot.jsonl")
    if not source.exists():
        snapshot(source)
    outputs = run.files(**CLEANED)
    run.step("clean", snapshot=source, threads=THREADS, **outputs)
    run.step("terms", papers=outputs["papers"], threads=THREADS, **run.files(**TERMS))
    return {"papers": outputs["papers"]}


def embeddings_stage(run: Rehearsal, papers: dict[str, Path]) -> dict[str, Path]:
    """gather of synthetic parts: returns papers and embeddings."""
    kept = pq.read_metadata(papers["papers"]).num_rows
    parts = vectors(run.folder, kept, PARTS)
    summaries = [run.file(f"{i}.json") for i in range(PARTS)]
    for part, path in enumerate(summaries):
        counts = {"dim": DIM, "papers": len(range(part, kept, PARTS))}
        path.write_text(json.dumps(NOTHING_ENCODED | counts))
    outputs = run.files(embeddings="embeddings.npy", summary="embeddings.json")
    run.step("gather", **papers, vectors=parts, summaries=summaries, **outputs)
    for path in parts:
        path.unlink()
    return papers | {"embeddings": outputs["embeddings"]}


def clusters_stage(run: Rehearsal, inputs: dict[str, Path]) -> None:
    """neighbors, works, smooth, scan_k of every candidate, select_k and cluster."""
    graph = run.files(**GRAPH)
    run.step("neighbors", **inputs, threads=THREADS, **graph, summary=run.file("neighbors.json"))
    found = run.files(works="works.parquet", summary="works.json")
    run.step("works", papers=inputs["papers"], facets=run.file("facets.parquet"), **graph, **found)
    sample = run.files(**SAMPLE)
    run.step("smooth", **inputs, **graph, threads=THREADS, **sample)
    scans = [run.file(f"scan-{k}.json") for k in CANDIDATES]
    for k, scan in zip(CANDIDATES, scans, strict=True):
        run.step("scan_k", f"scan_k, K = {k}", **inputs, **sample, k=k, threads=THREADS, scan=scan)
    selected = run.files(
        selection="k.json", chosen="k.txt", table="k_selection.csv", figure="k_selection.png"
    )
    run.step("select_k", scans=scans, **selected)
    outputs = run.files(centroids="centroids.npy", search="search.npy", summary="cluster.json")
    outputs |= run.files(assignments="assignments.parquet", memberships="memberships.parquet")
    chosen = selected["chosen"]
    run.step("cluster", **inputs, **graph, **sample, chosen=chosen, threads=THREADS, **outputs)


def topics_stage(run: Rehearsal, inputs: dict[str, Path]) -> None:
    """hierarchy, keywords, label and trends."""
    assigned = run.files(assignments="assignments.parquet")
    centroids = run.files(centroids="centroids.npy")
    embeddings = {"embeddings": inputs["embeddings"]}
    tree = run.files(linkage="linkage.npy")
    levels = run.files(nodes="nodes.parquet", subtopics="subtopics.parquet")
    run.step("hierarchy", **embeddings, **assigned, **centroids, threads=THREADS, **levels, **tree)
    outputs = run.files(keywords="keywords.parquet", csv="keywords.csv", coherence="coherence.json")
    works = run.files(works="works.parquet")
    run.step("keywords", **run.files(**TERMS), **embeddings, **assigned, **levels, **works, **outputs)
    sources = run.files(
        cluster="cluster.json",
        keywords="keywords.parquet",
        coherence="coherence.json",
        centroids="centroids.npy",
    )
    outputs = run.files(
        representatives="representatives.parquet",
        topics="topics.parquet",
        csv="topics.csv",
        hierarchy="hierarchy.parquet",
        hierarchy_csv="hierarchy.csv",
        edits_file="edits.json",
    )
    run.step("label", **inputs, **sources, **assigned, **levels, **works, **outputs)
    topics = run.files(topics="topics.parquet") | assigned
    subtopics = run.files(subtopics="subtopics.parquet", hierarchy="hierarchy.parquet")
    run.step("trends", papers=inputs["papers"], **topics, **subtopics, **works, **run.files(**TREND_FILES))


def map_stage(run: Rehearsal, inputs: dict[str, Path]) -> None:
    """project, plot and explore."""
    graph = run.files(**GRAPH)
    outputs = run.files(coordinates="coordinates.parquet", summary="project.json")
    run.step("project", **inputs, **graph, threads=THREADS, **outputs)
    shown = run.files(
        coordinates="coordinates.parquet", assignments="assignments.parquet", topics="topics.parquet"
    )
    summaries = run.files(cluster="cluster.json", project="project.json")
    levels = run.files(hierarchy="hierarchy.parquet", linkage="linkage.npy")
    outputs = run.files(maps="map.png", tree="hierarchy.png")
    run.step("plot", **shown, **levels, **summaries, **outputs)
    trends = ("trends", "periods", "subtopic_trends", "subtopic_periods")
    shown |= run.files(**{name: f"{name}.parquet" for name in trends})
    shown |= run.files(hierarchy="hierarchy.parquet", subtopics="subtopics.parquet")
    shown |= run.files(memberships="memberships.parquet")
    run.step(
        "explore",
        papers=inputs["papers"],
        neighbors=graph["neighbors"],
        facets=run.file("facets.parquet"),
        **shown,
        **page_files(),
        map=run.file("map.html"),
    )


def evaluation_stage(run: Rehearsal, inputs: dict[str, Path]) -> None:
    """evaluate."""
    from lib.explain.schema import EXPLANATIONS
    from lib.tables import write_table

    sources = run.files(
        **TERMS,
        assignments="assignments.parquet",
        works="works.parquet",
        keywords="keywords.parquet",
        coherence="coherence.json",
        coordinates="coordinates.parquet",
        cluster="cluster.json",
        project="project.json",
        explanations="explanations.parquet",
    )
    nothing = EXPLANATIONS.empty_table()  # `explain` needs an encoder
    write_table(sources["explanations"], nothing, EXPLANATIONS)
    run.step("evaluate", papers=inputs["papers"], **sources, evaluation=run.file("evaluation.json"))


def main() -> None:
    run = Rehearsal(OUT / f"rehearsal-{corpus().stem}-{PAPERS}")
    run.folder.mkdir(parents=True, exist_ok=True)
    papers = corpus_stage(run)
    inputs = embeddings_stage(run, papers)
    for stage in (clusters_stage, topics_stage, map_stage, evaluation_stage):
        stage(run, inputs)
    kept = pq.read_metadata(papers["papers"]).num_rows
    size = run.file("snapshot.jsonl").stat().st_size / 1e9
    title = f"rehearsal: {kept:,} papers, {size:.1f} GB of JSON lines, {kept:,} x {DIM} float16"
    columns = ["expected seconds", "seconds", "processor seconds", "expected MB", "peak MB", "limit MB"]
    table(title, ["rule", *columns], run.rows)
