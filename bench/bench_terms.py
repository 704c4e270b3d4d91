"""`terms` and `keywords` beside scikit-learn's CountVectorizer with the same analyser."""

import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.clusters.schema import ASSIGNMENTS
from measure import OUT, ROOT, TERMS, cleaned_files, command, corpus, script, table

K = 40


def main() -> None:
    folder = OUT / f"terms-{corpus().stem}"
    folder.mkdir(parents=True, exist_ok=True)
    papers = folder / "papers.parquet"
    if not papers.exists():
        command(script("clean", snapshot=corpus(), threads=os.cpu_count(), **cleaned_files(folder)))
    n = pq.read_metadata(papers).num_rows
    files = {flag: folder / name for flag, name in TERMS.items()}
    rows = []

    def row(way: str, args: list) -> None:
        seconds, peak, processor = command(args, {"PYTHONPATH": str(ROOT / "scripts")})
        rows.append([way, seconds, n / seconds, processor, peak, rows[0][1] / seconds if rows else 1.0])

    row("CountVectorizer, our analyser", [sys.executable, ROOT / "bench" / "terms_baseline.py", papers])
    row("**terms, 1 thread**", script("terms", papers=papers, threads=1, **files))
    row(
        f"**terms, {os.cpu_count()} threads**",
        script("terms", papers=papers, threads=os.cpu_count(), **files),
    )
    topics = np.random.default_rng(0).integers(K, size=n).astype(np.int32)
    assignments = folder / "assignments.parquet"
    filled = {
        field.name: topics if field.name == "topic" else pa.nulls(n, field.type) for field in ASSIGNMENTS
    }
    pq.write_table(pa.table(filled, schema=ASSIGNMENTS), assignments)
    read = {name: files[name] for name in ("vocabulary", "terms", "term_offsets")}
    outputs = {"keywords": folder / "keywords.parquet", "csv": folder / "keywords.csv"}
    np.save(folder / "centroids.npy", np.zeros((K, 1), np.float32))  # of which only the number is read
    read["centroids"] = folder / "centroids.npy"
    read["works"] = folder / "works.parquet"
    pq.write_table(pa.table({"counted": np.ones(n, bool)}), read["works"])
    row("keywords of the stored terms", script("keywords", assignments=assignments, **read, **outputs))
    header = ["way", "seconds", "papers/s", "processor seconds", "peak MB", "times CountVectorizer"]
    table(f"terms: {n:,} papers of {corpus().name}", header, rows)
