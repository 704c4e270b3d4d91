"""`clean` beside the plain way on 100,000 papers, and its memory on a file ten times as long."""

import os
import sys

from measure import OUT, ROOT, command, script, table, unpacked_100k

PLAIN = """
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
            input=snapshot,
            threads=threads,
            papers=folder / "papers.parquet",
            ledger=folder / "clean.json",
            digest=folder / "papers.digest",
        )
    )


def ten_times(snapshot):
    """The snapshot ten times over under ten sets of ids."""
    path = OUT / "arxiv-1m.jsonl"
    if not path.exists():
        with path.open("wb") as target:
            for copy in range(10):
                with snapshot.open("rb") as source:
                    for line in source:
                        target.write(line.replace(b'{"id": "', b'{"id": "%d.' % copy, 1))
    return path


def main() -> None:
    snapshot = unpacked_100k()
    size = snapshot.stat().st_size / 1e6
    threads = os.cpu_count()
    plain = min(command([sys.executable, "-c", PLAIN, snapshot, OUT / "plain.parquet"]) for _ in range(3))
    best = min(ours(snapshot, threads) for _ in range(3))
    long = ours(ten_times(snapshot), threads)
    rows = [
        ["plain (json.loads, list of dicts, pandas, to_parquet)", plain[0], size / plain[0], 1.0, plain[1]],
        [f"ours, {threads} threads", best[0], size / best[0], plain[0] / best[0], best[1]],
        ["ours, ten times the papers", long[0], 10 * size / long[0], 10 * plain[0] / long[0], long[1]],
    ]
    header = ["way", "seconds", "MB/s", "times plain", "peak MB"]
    table(f"clean: {size:,.0f} MB of JSON lines, best of 3 ({ROOT.name})", header, rows)
    print(f"\nPeak memory at ten times the papers: {long[1] / best[1]:.2f} times.")
