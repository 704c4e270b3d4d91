"""Ways to lay papers out: the steps `neighbors` and `project`, beside umap-learn, openTSNE and PaCMAP.

Seconds and fidelity. On the MiniLM vectors of the bundled papers, to which noisy mixtures
of neighbors are added up to LAYOUT_PAPERS (100,000). The mixtures are not papers: they keep the local structure, and
neighbors are easier to keep than among real papers. The other packages are installed into bench/out.
"""

import os
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bench_space import encoded
from measure import OUT, ROOT, command, overlay, script, table

PAPERS = int(os.environ.get("LAYOUT_PAPERS", "100000"))
WAYS = {
    "umap": "umap.UMAP(random_state=0).fit_transform",
    "umap-unseeded": "umap.UMAP().fit_transform, without a seed",
    "opentsne": "openTSNE, from a PCA start",
    "pacmap": "PaCMAP",
}
PACKAGES = ["umap-learn==0.5.12", "pynndescent==0.7.0", "openTSNE==1.0.4", "pacmap==0.9.1", "faiss-cpu"]


def enlarged(vectors: np.ndarray, n: int) -> np.ndarray:
    """The unit rows float32 (m, dim), and mixtures of three neighbors each with noise up to n rows."""
    from lib.embeddings.nearest import exact_neighbors

    rng = np.random.default_rng(0)
    near, _ = exact_neighbors(vectors, vectors, 10, os.cpu_count() or 1, exclude_self=True)
    more = max(n - len(vectors), 0)
    at = rng.integers(len(vectors), size=more)
    three = np.stack([at, *(near[at, rng.integers(10, size=more)] for _ in range(2))], 1)
    mixed = np.einsum("ij,ijk->ik", rng.dirichlet(np.ones(3), more).astype(np.float32), vectors[three])
    mixed += rng.normal(size=mixed.shape).astype(np.float32) * np.float32(0.5 / np.sqrt(mixed.shape[1]))
    rows = np.concatenate([vectors, mixed])[:n]
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def run_steps(rows: np.ndarray, threads: int) -> tuple[list, list, np.ndarray]:
    """Run `neighbors` and `project`: (seconds, peak MB, processor seconds) of each, and the positions."""
    folder = OUT / "layout"
    folder.mkdir(parents=True, exist_ok=True)
    papers, embeddings = folder / "papers.parquet", folder / "embeddings.npy"
    nothing = pa.nulls(len(rows), pa.string())
    pq.write_table(
        pa.table({"id": [f"{i:09d}" for i in range(len(rows))], "primary_category": nothing}), papers
    )
    np.save(embeddings, rows.astype(np.float16))
    inputs = {"papers": papers, "embeddings": embeddings, "threads": threads}
    graph = {name: folder / f"{name}.npy" for name in ("neighbors", "similarities")}
    found = command(script("neighbors", **inputs, **graph, summary=folder / "neighbors.json"))
    plane = folder / "coordinates.parquet"
    laid = command(script("project", **inputs, **graph, coordinates=plane, summary=folder / "project.json"))
    columns = pq.read_table(plane)
    return found, laid, np.stack([columns["x"].to_numpy(), columns["y"].to_numpy()], 1)


def main() -> None:
    from lib.map.fidelity import fidelity

    threads = os.cpu_count() or 1
    rows = enlarged(encoded("bundled", ROOT / "data" / "sample.jsonl.gz", None)[0], PAPERS)
    source = OUT / "layout-vectors.npy"
    np.save(source, rows)
    path = f"{overlay('layouts', PACKAGES)}:{ROOT / 'scripts'}"
    checked = np.random.default_rng(1).choice(len(rows), min(2000, len(rows)), replace=False)
    found = []

    def add(title: str, spent: tuple | list, plane: np.ndarray) -> None:
        measured = fidelity(rows, plane, checked, 15, np.full(len(rows), -1))
        seconds, peak, processor = spent
        found.append([title, seconds, processor, peak, measured.neighbors_kept, measured.trustworthiness])
        print(found[-1], flush=True)

    graph, laid, plane = run_steps(rows, threads)
    add("step `project`, with the graph of `neighbors`", laid, plane)
    both = [graph[0] + laid[0], max(graph[1], laid[1]), graph[2] + laid[2]]
    add("steps `neighbors` and `project` together", both, plane)
    for way, title in WAYS.items():
        target = OUT / f"layout-{way}.npy"
        args = [sys.executable, ROOT / "bench" / "layouts.py", way, source, threads, target]
        add(title, command(args, env={"PYTHONPATH": path}), np.load(target))
    columns = ["way", "seconds", "processor seconds", "peak MB", "neighbors kept", "trustworthiness"]
    table(f"layout of {len(rows):,} vectors, one run each", columns, found)


if __name__ == "__main__":
    main()
