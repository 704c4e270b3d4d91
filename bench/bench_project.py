"""Ways to lay papers out, beside UMAP with a seed: seconds, fidelity, and whether two runs are equal.

On the MiniLM vectors of the bundled papers, to which noisy mixtures of neighbors are added up to LAYOUT_PAPERS
(20,000). The mixtures are not papers: they keep the local structure, and neighbors are easier to keep than among
real papers. openTSNE and PaCMAP are installed into bench/out.
"""

import os
import sys

import numpy as np

from bench_space import encoded
from measure import OUT, ROOT, command, overlay, table

PAPERS = int(os.environ.get("LAYOUT_PAPERS", "20000"))
WAYS = {
    "umap": "umap.UMAP(random_state=0).fit_transform",
    "project": "project: UMAP on exact neighbors, from a PCA start",
    "umap-unseeded": "umap.UMAP().fit_transform, without a seed",
    "opentsne": "openTSNE, from a PCA start",
    "pacmap": "PaCMAP",
}


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


def main() -> None:
    from lib.map.fidelity import fidelity

    threads = os.cpu_count() or 1
    rows = enlarged(encoded("bundled", ROOT / "data" / "sample.jsonl.gz", None)[0], PAPERS)
    source = OUT / "layout-vectors.npy"
    np.save(source, rows)
    path = f"{overlay('layouts', ['openTSNE==1.0.4', 'pacmap==0.9.1', 'faiss-cpu'])}:{ROOT / 'scripts'}"
    checked = np.random.default_rng(1).choice(len(rows), min(2000, len(rows)), replace=False)
    found = []
    for way, title in WAYS.items():
        planes = []
        for run in range(2):
            target = OUT / f"layout-{way}-{run}.npy"
            seconds, peak, processor = command(
                [sys.executable, ROOT / "bench" / "layouts.py", way, source, threads, target],
                env={"PYTHONPATH": path},
            )
            planes.append(np.load(target))
        measured = fidelity(rows, planes[0], checked, 15, np.full(len(rows), -1))
        same = "yes" if np.array_equal(*planes) else "no"
        found.append(
            [title, seconds, processor, peak, measured.neighbors_kept, measured.trustworthiness, same]
        )
        print(found[-1], flush=True)
    columns = ["way", "seconds", "processor seconds", "peak MB", "neighbors kept", "trustworthiness"]
    table(f"layout of {len(rows):,} vectors, second run of two", [*columns, "deterministic"], found)


if __name__ == "__main__":
    main()
