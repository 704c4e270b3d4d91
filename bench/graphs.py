"""Find the nearest rows of every row in one of several ways: `graphs.py WAY EFFORT VECTORS K THREADS TARGET`.

For bench_neighbors.py. Writes the rows, int32 (n, k), to TARGET.npy, and seconds and processor seconds to
TARGET.json. What is imported or compiled at the first call is so before the clock starts.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np


def exact(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    from lib.embeddings.nearest import exact_neighbors

    rows = vectors.astype(np.float32)
    return exact_neighbors(rows, rows, k, threads, exclude_self=True)[0]


def inverted(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    """The effort is the number of papers whose projections are compared with that of a paper."""
    from lib.embeddings import nearest

    assert nearest.GRAPH_PROBED_POINTS  # a constant of another name would leave the effort as it is
    nearest.GRAPH_PROBED_POINTS = effort
    return nearest.InvertedFile.build(vectors, threads).graph(k, threads)[0]


def inverted_100(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    """With cells of 100 papers in place of 400."""
    from lib.embeddings import nearest

    assert nearest.CELL == 400
    nearest.CELL = 100
    try:
        return inverted(vectors, k, threads, effort)
    finally:
        nearest.CELL = 400


def faiss_index(vectors: np.ndarray, description: str, threads: int):
    """An index of faiss with all rows, by squared distance, which orders unit rows as the cosine does."""
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.index_factory(vectors.shape[1], description)
    train = vectors[np.unique(np.linspace(0, len(vectors) - 1, min(len(vectors), 200_000)).astype(int))]
    index.train(train.astype(np.float32))
    for start in range(0, len(vectors), 65536):
        index.add(vectors[start : start + 65536].astype(np.float32))
    return index


def faiss_search(index, vectors: np.ndarray, k: int) -> np.ndarray:
    return np.concatenate(
        [
            index.search(vectors[start : start + 8192].astype(np.float32), k + 1)[1]
            for start in range(0, len(vectors), 8192)
        ]
    )


def faiss_flat(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    return faiss_search(faiss_index(vectors, "Flat", threads), vectors, k)


def faiss_ivf(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    """As our inverted file: 128 principal components, cells of 400, eight candidates per neighbor compared again."""
    import faiss

    cells = max(1, len(vectors) // 400)
    index = faiss_index(vectors, f"PCA128,IVF{cells},SQfp16,Refine(SQfp16)", threads)
    faiss.ParameterSpace().set_index_parameter(index, "nprobe", max(1, min(cells, effort // 400)))
    faiss.ParameterSpace().set_index_parameter(index, "k_factor_rf", 8)
    return faiss_search(index, vectors, k)


def faiss_hnsw(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    import faiss

    index = faiss_index(vectors, "HNSW32_SQfp16", threads)
    faiss.ParameterSpace().set_index_parameter(index, "efSearch", effort)
    return faiss_search(index, vectors, k)


def usearch(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    from usearch.index import Index

    index = Index(ndim=vectors.shape[1], metric="ip", dtype="f16", expansion_search=effort)
    numbers = np.arange(len(vectors), dtype=np.uint64)
    found = []
    for start in range(0, len(vectors), 65536):
        index.add(numbers[start : start + 65536], vectors[start : start + 65536], threads=threads)
    for start in range(0, len(vectors), 65536):
        found.append(index.search(vectors[start : start + 65536], k + 1, threads=threads).keys)
    return np.concatenate(found)


def pynndescent(vectors: np.ndarray, k: int, threads: int, effort: int) -> np.ndarray:
    """The effort is the number of neighbors that are searched for."""
    from pynndescent import NNDescent

    rows = vectors.astype(np.float32)
    index = NNDescent(rows, metric="dot", n_neighbors=effort, random_state=0, n_jobs=threads)
    return index.neighbor_graph[0][:, : k + 1]


WAYS = {
    way.__name__.replace("_", "-"): way
    for way in (exact, inverted, inverted_100, faiss_flat, faiss_ivf, faiss_hnsw, usearch, pynndescent)
}


def without_self(rows: np.ndarray, k: int) -> np.ndarray:
    """The first k of each row that are not the row itself: int32 (n, k)."""
    rows = rows.astype(np.int32)
    itself = rows == np.arange(len(rows), dtype=np.int32)[:, None]
    first = np.argsort(itself, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(rows, first, 1)


def main() -> None:
    way, effort, source, k, threads, target = sys.argv[1:]
    vectors = np.load(source, mmap_mode="r")
    run = WAYS[way]
    some = np.random.default_rng(0).standard_normal((2000, vectors.shape[1]), np.float32)
    run(some.astype(np.float16), int(k), int(threads), int(effort))
    begun, processor = time.perf_counter(), time.process_time()
    found = run(vectors, int(k), int(threads), int(effort))
    measured = {"seconds": time.perf_counter() - begun, "processor": time.process_time() - processor}
    np.save(f"{target}.npy", without_self(found, int(k)))
    Path(f"{target}.json").write_text(json.dumps(measured))


if __name__ == "__main__":
    main()
