"""`embed` on papers it has never seen, on the same papers again, and with one in a hundred new."""

import json
import os
import shutil

import numpy as np

from measure import OUT, cleaned_files, command, corpus, count_lines, script, table

PAPERS = 10_000


def papers(count: int):
    """The papers.parquet of a sample of this size; a larger sample holds all papers of a smaller one."""
    folder = OUT / "cache" / str(count)
    folder.mkdir(parents=True)
    files = cleaned_files(folder)
    command(script("clean", snapshot=corpus(), limit=count, threads=os.cpu_count(), **files))
    return files["papers"]


def main() -> None:
    shutil.rmtree(OUT / "cache", ignore_errors=True)
    count = min(PAPERS, int(0.9 * count_lines(corpus())))
    old, more = papers(count), papers(count + count // 100)
    runs = [("the first time", old), ("the same papers again", old), ("with 1 % new papers", more)]
    rows, vectors = [], []
    for way, source in runs:
        files = {"vectors": OUT / "cache" / "0.npy", "summary": OUT / "cache" / "0.json"}
        cache = OUT / "cache" / "segments"
        seconds, peak, _ = command(
            script("embed", papers=source, cache=cache, threads=os.cpu_count(), **files)
        )
        summary = json.loads(files["summary"].read_text())
        vectors.append(np.load(files["vectors"]))
        rows.append(
            [
                way,
                summary["papers"],
                summary["cache_misses"],
                seconds,
                rows[0][3] / seconds if rows else 1.0,
                peak,
            ]
        )
    header = ["run", "papers", "encoded", "seconds", "times faster", "peak MB"]
    table("embed: MiniLM-L6-v2 with a cache, whole runs of the script", header, rows)
    same = np.array_equal(vectors[0].view(np.uint16), vectors[1].view(np.uint16))
    print(f"\nVectors of the second run are {'' if same else 'NOT '}those of the first, bit for bit.")
