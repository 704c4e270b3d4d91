"""`terms` beside scikit-learn's CountVectorizer with the same analyser."""

import os
import sys

import pyarrow.parquet as pq

from measure import OUT, ROOT, TERMS, cleaned_files, command, corpus, script, table


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
    header = ["way", "seconds", "papers/s", "processor seconds", "peak MB", "times CountVectorizer"]
    table(f"terms: {n:,} papers of {corpus().name}", header, rows)
