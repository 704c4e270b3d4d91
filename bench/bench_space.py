"""Does centring help: K-means on unit vectors as they are, and less their mean vector.

On MiniLM vectors of the bundled papers and of 8,000 papers of CORPUS, if that is given. The silhouette of
a clustering is computed in the space it was clustered in, and on the vectors as they are. Only the second
can be compared between spaces. All columns are means over the same clusterings.
"""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from measure import OUT, ROOT, cleaned_files, command, corpus, script, table


def centred(sample: np.ndarray) -> np.ndarray:
    """Rows less their mean, of unit length again."""
    moved = sample - sample.mean(0, dtype=np.float64).astype(np.float32)
    return moved / np.linalg.norm(moved, axis=1, keepdims=True)


def encoded(name: str, snapshot, limit: int | None) -> tuple[np.ndarray, list[str]]:
    """The vectors of a corpus, float32 (n, dim), and the primary categories. They are kept in bench/out."""
    from lib.vectors import open_embeddings, take

    folder = OUT / f"vectors-{name}-{limit}"
    papers, vectors = folder / "papers.parquet", folder / "vectors.npy"
    if not vectors.exists():
        command(script("clean", snapshot=snapshot, limit=limit, threads=2, **cleaned_files(folder)))
        made = {
            "vectors": vectors,
            "summary": folder / "summary.json",
            "cache": ROOT / "cache" / "embeddings",
        }
        command(script("embed", papers=papers, threads=2, **made))
    raw = take(open_embeddings(vectors), np.arange(pq.read_metadata(papers).num_rows))
    return raw, pq.read_table(papers, columns=["primary_category"])["primary_category"].to_pylist()


def folder_of(name: str, limit: int | None) -> Path:
    """Where `encoded` keeps a corpus of `corpora`."""
    return OUT / f"vectors-{name}-{limit if name not in ('bundled', 'others') else None}"


def other_papers() -> Path:
    """The papers of CORPUS that readers judged, as JSON lines: 6,000 that are not of computer science."""
    from readings import read_topics

    path = OUT / "others.jsonl"
    if not path.exists():
        wanted = set(read_topics("others"))
        lines = [line for line in corpus().open("rb") if json.loads(line)["id"] in wanted]
        path.write_bytes(b"".join(lines))
    return path


def corpora(limit: int, others: bool = False) -> Iterator[tuple[str, np.ndarray, list[str]]]:
    """Name, vectors and categories of the bundled papers and, if CORPUS is given, of `limit` papers of it.

    `others`: then also of `other_papers`.
    """
    yield "bundled", *encoded("bundled", ROOT / "data" / "sample.jsonl.gz", None)
    if os.environ.get("CORPUS"):
        yield corpus().stem, *encoded(corpus().stem, corpus(), limit)
        if others:
            yield "others", *encoded("others", other_papers(), None)


def texts(folder: Path) -> list[str]:
    """The titles and abstracts of a corpus."""
    columns = pq.read_table(folder / "papers.parquet", columns=["title", "abstract"]).to_pydict()
    return [f"{title}. {abstract}" for title, abstract in zip(*columns.values(), strict=True)]


def measured(name: str, raw: np.ndarray, primary: list[str]) -> list[list]:
    from sklearn.metrics import adjusted_mutual_info_score

    from lib.clusters.kmeans import KMeans
    from lib.clusters.silhouette import cosine_silhouette
    from scan_k import cluster_repeatedly, stability_of_halves

    rng = np.random.default_rng(0)
    half_rows = np.array([rng.permutation(len(raw))[: len(raw) // 2] for _ in range(5)])
    rows = []
    for k in (10, 20, 40):
        for space, sample in (("as it is", raw), ("centred", centred(raw))):
            labels, of_halves = cluster_repeatedly(
                sample, sample[half_rows], k, KMeans.of_sample(sample), seeds=5, threads=2
            )
            own = np.mean([cosine_silhouette(sample, found, k, 2).mean() for found in labels])
            same = np.mean([cosine_silhouette(raw, found, k, 2).mean() for found in labels])
            ami = np.mean([adjusted_mutual_info_score(primary, found) for found in labels])
            stable = np.mean(stability_of_halves(len(sample), half_rows, of_halves))
            rows.append([f"{name}, K = {k}, {space}", *map(float, (own, same, stable, ami))])
            print(json.dumps(rows[-1]), file=sys.stderr)
    return rows


def main() -> None:
    rows = [row for each in corpora(8000) for row in measured(*each)]
    header = [
        "vectors",
        "silhouette in its space",
        "silhouette as it is",
        "stability over halves",
        "AMI with categories",
    ]
    table("Centring (MiniLM, 256 tokens)", header, rows)
