"""How close made-up vectors (lifelike.py) come to the real ones that they are made of.

MiniLM vectors of the bundled papers, and of 20,000 papers of CORPUS if that is given, beside as many made-up ones.
"""

import os

import numpy as np

from bench_space import corpora
from lifelike import Lifelike
from measure import table

NEIGHBORS = 20
KS = (10, 20, 40)
STARTS = 5
THREADS = os.cpu_count() or 1


def properties(vectors: np.ndarray) -> list[float]:
    """Cosines to the first and the last neighbor, energy in 128 axes, recall; silhouettes and iterations per K."""
    from lib.clusters.seeding import initial_centroids
    from lib.clusters.silhouette import cosine_silhouette
    from lib.embeddings.nearest import InvertedFile, exact_neighbors
    from lib.lloyd import lloyd
    from lib.parallel import map_tasks
    from lib.projection import principal_axes

    near, cosines = exact_neighbors(vectors, vectors, NEIGHBORS, THREADS, exclude_self=True)
    projections = vectors @ principal_axes(vectors, 128)
    # what `project` looks into: 4,000 points per query, whatever the size of the corpus
    found, _ = InvertedFile.build(vectors, THREADS).search(vectors, NEIGHBORS + 1, THREADS)
    kept = np.mean([len(np.intersect1d(a, b)) for a, b in zip(near, found, strict=True)]) / NEIGHBORS
    shape = []
    for k in KS:
        runs = list(
            map_tasks(
                range(STARTS), THREADS, lambda seed, k=k: lloyd(vectors, initial_centroids(vectors, k, seed))
            )
        )
        best = min(runs, key=lambda run: run.inertia)
        shape.append(float(cosine_silhouette(vectors, best.labels, k, THREADS).mean()))
        shape.append(float(np.mean([run.iterations for run in runs])))
    energy = float(np.einsum("ij,ij->", projections, projections) / len(vectors))
    return [float(np.median(cosines[:, 0])), float(np.median(cosines[:, -1])), energy, float(kept), *shape]


def main() -> None:
    rows = []
    for name, vectors, _ in corpora(20_000):
        made_up = np.concatenate(list(Lifelike(vectors).blocks(len(vectors), vectors.shape[1])))
        rows.append([f"{name}, real", len(vectors), *properties(vectors)])
        rows.append([f"{name}, made up", len(vectors), *properties(made_up)])
    header = [
        "vectors",
        "papers",
        "cosine to neighbor 1",
        f"to neighbor {NEIGHBORS}",
        "energy in 128 axes",
        "recall",
    ]
    header += [title for k in KS for title in (f"silhouette, K = {k}", "iterations")]
    table("Real vectors and vectors made of them", header, rows)


if __name__ == "__main__":
    main()
