"""`gather` of 2.9 million x 1024 float16 from eight parts, beside copying the file."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from lib.arrays import write_npy_header
from measure import NOTHING_ENCODED, OUT, command, script, table

ROWS, DIM, PARTS = 2_900_000, 1024, 8


def main() -> None:
    folder = OUT / "gather"
    folder.mkdir(parents=True, exist_ok=True)
    papers = folder / "papers.parquet"
    pq.write_table(pa.table({"row": np.arange(ROWS)}), papers)
    block = np.random.default_rng(0).standard_normal((4096, DIM)).astype(np.float16)
    vectors, summaries = [], []
    for part in range(PARTS):
        rows = len(range(part, ROWS, PARTS))
        vectors.append(folder / f"{part}.npy")
        summaries.append(folder / f"{part}.json")
        summaries[-1].write_text(json.dumps(NOTHING_ENCODED))
        with vectors[-1].open("wb") as file:
            write_npy_header(file, (rows, DIM), np.float16)
            for start in range(0, rows, len(block)):
                file.write(block[: min(len(block), rows - start)].data)
    out = folder / "embeddings.npy"
    ours = command(
        script(
            "gather",
            papers=papers,
            vectors=vectors,
            summaries=summaries,
            embeddings=out,
            summary=folder / "embeddings.json",
        )
    )
    copy = command(["cp", out, folder / "copy.npy"])
    (folder / "copy.npy").unlink()
    for path in (*vectors, out):
        path.unlink()
    rows = [["cp of the result", *copy, 1.0], ["gather", *ours, ours[0] / copy[0]]]
    table(f"gather: {ROWS:,} x {DIM} float16, {PARTS} parts", ["way", "seconds", "peak MB", "times cp"], rows)
