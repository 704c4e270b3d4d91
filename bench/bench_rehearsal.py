"""Every rule but `embed` on 2.9 million synthetic papers, under a hard limit on memory.

The snapshot recombines real sentences of arxiv-100k under new ids, seeded; the vectors are 2.9 million x 1024
float16 with planted topics. Needs about 25 GB of disk below bench/out and a quarter of an hour on two
cores. A part of it: `REHEARSAL_PAPERS=200000 python bench/run.py rehearsal`.
"""

import json
import os

import numpy as np

from bench_kmeans import DIM
from measure import NOTHING_ENCODED, OUT, ROOT, command, script, table, unpacked_100k

PAPERS = int(os.environ.get("REHEARSAL_PAPERS", "2900000"))
CANDIDATES = (5, 10, 15, 20, 30, 40)
PLANTED = 40
# What the rules ask for at the first attempt, where it is not 4 GB.
LIMIT_GB = {"clean": 2, "gather": 2, "scan_k": 3, "select_k": 1, "keywords": 12, "project": 8, "report": 1}


def snapshot(path) -> None:
    """JSON lines in the snapshot's layout: titles and sentences of real papers, recombined."""
    rng = np.random.default_rng(0)
    records = [json.loads(line) for line in unpacked_100k().open("rb")]
    sentences = [[s.strip() for s in r["abstract"].split(". ") if s.strip()] for r in records]
    months = [f"{year % 100:02d}{month:02d}" for year in range(2007, 2027) for month in range(1, 13)]
    with path.open("w", encoding="utf-8") as file:
        for i in range(PAPERS):
            # a paper keeps to one field's sentences: those of a paper and of its neighbours in the file
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
    """The parts of a float16 matrix of unit rows around PLANTED directions, of unequal size."""
    rng = np.random.default_rng(1)
    centres = rng.standard_normal((PLANTED, DIM)).astype(np.float32)
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    share = rng.dirichlet(np.full(PLANTED, 3.0))
    noise = rng.standard_normal((65536, DIM)).astype(np.float32) * np.float32(1.6 / np.sqrt(DIM))
    paths = []
    for part in range(parts):
        paths.append(path / f"{part}.npy")
        n = len(range(part, rows, parts))
        with paths[-1].open("wb") as file:
            np.lib.format.write_array_header_1_0(
                file, {"descr": "<f2", "fortran_order": False, "shape": (n, DIM)}
            )
            for start in range(0, n, 8192):
                size = min(8192, n - start)
                # noise of other rows, turned: cheap, and no two rows are the same
                block = np.roll(noise[rng.integers(len(noise), size=size)], int(rng.integers(DIM)), axis=1)
                block += centres[rng.choice(PLANTED, size, p=share)]
                file.write((block / np.linalg.norm(block, axis=1, keepdims=True)).astype(np.float16))
    return paths


def main() -> None:
    folder = OUT / f"rehearsal-{PAPERS}"
    folder.mkdir(parents=True, exist_ok=True)

    def f(name: str):
        return folder / name

    source = f("snapshot.jsonl")
    if not source.exists():
        snapshot(source)
    rows = []

    def step(name: str, title: str | None = None, **options) -> None:
        limit = LIMIT_GB.get(name, 4)
        seconds, peak = command(script(name, **options), memory_gb=limit)
        rows.append([title or name, seconds, peak, limit])
        print(rows[-1], flush=True)

    threads = os.cpu_count()
    papers = f("papers.parquet")
    step(
        "clean",
        input=source,
        threads=threads,
        papers=papers,
        ledger=f("clean.json"),
        digest=f("papers.digest"),
    )
    import pyarrow.parquet as pq

    kept = pq.read_metadata(papers).num_rows
    parts = 8
    made = vectors(folder, kept, parts)
    facts = NOTHING_ENCODED | {
        "model": "synthetic",
        "dim": DIM,
        "max_tokens": 0,
        "precision": "",
        "device": "",
    }
    abouts = [f(f"{i}.json") for i in range(parts)]
    for path in abouts:
        path.write_text(json.dumps(facts))
    embeddings = f("embeddings.npy")
    step(
        "gather", papers=papers, vectors=made, facts=abouts, embeddings=embeddings, about=f("embeddings.json")
    )
    for path in made:
        path.unlink()
    scans = []
    for k in CANDIDATES:
        scans.append(f(f"scan-{k}.json"))
        step(
            "scan_k",
            f"scan_k, K = {k}",
            papers=papers,
            embeddings=embeddings,
            k=k,
            threads=threads,
            scan=scans[-1],
        )
    curves = {
        "k": f("k.json"),
        "chosen": f("k.txt"),
        "table": f("k_selection.csv"),
        "figure": f("k_selection.png"),
    }
    step("select_k", scans=scans, **curves)
    assigned = {"centroids": f("centroids.npy"), "assignments": f("assignments.parquet")}
    common = {"papers": papers, "embeddings": embeddings}
    step("cluster", **common, chosen=f("k.txt"), threads=threads, **assigned, about=f("cluster.json"))
    words = f("keywords.parquet")
    step(
        "keywords",
        papers=papers,
        assignments=assigned["assignments"],
        max_papers=300_000,
        threads=threads,
        keywords=words,
        csv=f("keywords.csv"),
    )
    named = {
        "representatives": f("representatives.parquet"),
        "topics": f("topics.parquet"),
        "csv": f("topics.csv"),
    }
    step("label", **common, **assigned, keywords=words, threads=threads, **named)
    placed = {"coordinates": f("coordinates.parquet"), "about": f("project.json")}
    step("project", **common, threads=threads, **placed)
    shown = {
        "coordinates": placed["coordinates"],
        "assignments": assigned["assignments"],
        "topics": named["topics"],
    }
    measures = {"cluster": f("cluster.json"), "project": f("project.json")}
    step("plot", **shown, **measures, map=f("map.png"))
    templates = ROOT / "scripts" / "templates"
    step("explore", papers=papers, **shown, template=templates / "explore.html", map=f("map.html"))
    judged = {"assignments": assigned["assignments"], "topics": named["topics"]}
    step("evaluate", papers=papers, **judged, **measures, evaluation=f("evaluation.json"))
    accounts = {"ledger": f("clean.json"), "embeddings": f("embeddings.json"), "k": curves["k"]}
    accounts |= {"evaluation": f("evaluation.json"), "topics": named["topics"], "scans": curves["table"]}
    pictures = {"curves": curves["figure"], "map": f("map.png"), "representatives": named["representatives"]}
    step("report", **accounts, **pictures, template=templates / "report.html", report=f("report.html"))
    size = source.stat().st_size / 1e9
    title = f"rehearsal: {kept:,} papers, {size:.1f} GB of JSON lines, {kept:,} x {DIM} float16"
    table(title, ["rule", "seconds", "peak MB", "limit GB"], rows)
