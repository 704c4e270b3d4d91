"""`works` on made-up corpora: 100,000 and 1 million records with authors and DOIs, one in fifty a copy with changes.

Titles and abstracts are those of the corpus, with some words exchanged. The neighbors are random, as in the worst case
of an encoder for which 40 % of all neighbors have a cosine of at least .85.
"""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from measure import OUT, command, corpus, script, table

SIZES = (100_000, 1_000_000)
K = 20
COPIES = 50  # one record in this many


def made_up(folder: Path, n: int) -> dict[str, Path]:
    """The inputs of the step, of n records."""
    rng = np.random.default_rng(0)
    with corpus().open(encoding="utf-8") as file:
        real = [json.loads(line) for line in file]
    words = " ".join(each["title"] for each in real[:2000]).split()
    copies = n // COPIES
    ids, titles, abstracts = [], [], []
    for i in range(n - copies):
        base = real[i % len(real)]
        title = base["title"].split()
        for at in rng.integers(0, len(title), 3) if i >= len(real) else ():
            title[at] = words[rng.integers(len(words))]
        ids.append(f"{1000 + i // 20_000:04d}.{i:08d}")
        titles.append(" ".join(title))
        abstracts.append(" ".join(base["abstract"].split()[i % 7 :]))
    for i in range(copies):
        ids.append(f"9999.{i:08d}")
        titles.append(titles[i * 3].upper())
        abstracts.append(abstracts[i * 3][:-100])
    papers = folder / "papers.parquet"
    hashes = pa.array([rng.bytes(16) for _ in range(n)], pa.binary(16))
    day = rng.integers(11_000, 20_000, n).astype(np.int32)
    day[n - copies :] = day[: 3 * copies : 3]
    days = pa.array(day).cast(pa.date32())
    columns = {"id": ids, "title": titles, "abstract": abstracts, "published": days, "text_hash": hashes}
    pq.write_table(pa.table(columns), papers, row_group_size=8192, compression="zstd")
    neighbors = rng.integers(0, n, (n, K), np.int32)
    cosines = np.sort(rng.beta(8, 2, (n, K)).astype(np.float16), 1)[:, ::-1].copy()
    neighbors[n - copies :, 0], cosines[n - copies :, 0] = np.arange(copies) * 3, 0.97
    np.save(folder / "neighbors.npy", neighbors)
    np.save(folder / "similarities.npy", cosines)
    authors = [f"{chr(65 + i % 26)}. Name{i % 5003}" for i in range(n - copies)]
    of_record = [[authors[i], "Ann Other"] for i in range(n - copies)] + [
        [authors[i * 3]] for i in range(copies)
    ]
    rows = [(key, "authors", name) for key, names in zip(ids, of_record, strict=True) for name in names * 2]
    rows += [(key, "doi", f"10.1016/made.{key}") for key in ids[: n - copies : 2]]
    facet_columns = dict(zip(("id", "facet", "value"), zip(*rows, strict=True), strict=True))
    pq.write_table(
        pa.table({name: pa.array(values) for name, values in facet_columns.items()}), folder / "f.parquet"
    )
    graph = {"neighbors": folder / "neighbors.npy", "similarities": folder / "similarities.npy"}
    return {"papers": papers, "facets": folder / "f.parquet", **graph}


def main() -> None:
    rows = []
    for n in SIZES:
        folder = OUT / f"works-{n}"
        folder.mkdir(parents=True, exist_ok=True)
        outputs = {"works": folder / "works.parquet", "summary": folder / "works.json"}
        seconds, peak, processor = command(script("works", **made_up(folder, n), **outputs))
        summary = json.loads(outputs["summary"].read_text())
        rows.append([f"{n:,}", seconds, processor, peak, summary["joined"]])
        print(rows[-1], flush=True)
    header = ["records", "seconds", "processor seconds", "peak MB", "joined"]
    table("works: made-up records", header, rows)


if __name__ == "__main__":
    main()
