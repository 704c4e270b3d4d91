"""`clean` beside the baseline on at least 100,000 papers, and its memory on ten times the papers."""

import os
import sys

from measure import OUT, command, corpus, repeated, script, table

BASELINE = """
import json, re, sys
from hashlib import blake2b
import pandas as pd
rows = []
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    title, abstract = " ".join(record["title"].split()), " ".join(record["abstract"].split())
    if len(abstract) < 50 or re.match(r"(this|the) (paper|article).{0,20}withdrawn", abstract, re.I):
        continue
    text = f"{title}. {abstract}".lower()
    categories = record["categories"].split()
    versions = record["versions"]
    rows.append({
        "id": record["id"], "title": title, "abstract": abstract, "text": text, "categories": categories,
        "primary_category": categories[0], "published": versions[0]["created"] if versions else None,
        "updated": record["update_date"], "text_hash": blake2b(text.encode(), digest_size=16).digest(),
    })
frame = pd.DataFrame(rows).drop_duplicates("id", keep="last").sort_values("id")
frame["published"] = pd.to_datetime(frame["published"], format="%a, %d %b %Y %H:%M:%S GMT")
frame["updated"] = pd.to_datetime(frame["updated"])
frame.to_parquet(sys.argv[2], compression="zstd")
"""


def ours(snapshot, threads: int) -> tuple[float, float]:
    folder = OUT / "clean"
    folder.mkdir(parents=True, exist_ok=True)
    return command(
        script(
            "clean",
            snapshot=snapshot,
            threads=threads,
            papers=folder / "papers.parquet",
            ledger=folder / "ledger.json",
            digest=folder / "papers.digest",
        )
    )


def main() -> None:
    snapshot = corpus(least=100_000)
    size = snapshot.stat().st_size / 1e6
    threads = os.cpu_count()
    baseline = min(
        command([sys.executable, "-c", BASELINE, snapshot, OUT / "baseline.parquet"]) for _ in range(3)
    )
    best = min(ours(snapshot, threads) for _ in range(3))
    long = ours(repeated(snapshot, 10), threads)
    rows = [
        [
            "baseline (json.loads, list of dicts, pandas, to_parquet)",
            baseline[0],
            size / baseline[0],
            1.0,
            baseline[1],
        ],
        [f"ours, {threads} threads", best[0], size / best[0], baseline[0] / best[0], best[1]],
        ["ours, ten times the papers", long[0], 10 * size / long[0], 10 * baseline[0] / long[0], long[1]],
    ]
    header = ["way", "seconds", "MB/s", "times baseline", "peak MB"]
    table(f"clean: {size:,.0f} MB of JSON lines, {snapshot.name}, best of 3", header, rows)
    print(f"\nPeak memory at ten times the papers: {long[1] / best[1]:.2f} times.")
