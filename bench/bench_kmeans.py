"""K-means and the K sweep beside scikit-learn and faiss, and K-means of 2.9 million papers."""

import os
import sys
import time
from pathlib import Path

import numpy as np

from measure import OUT, ROOT, command, table

THREADS = os.cpu_count()
DIM = 1024


def topical(rows: int, seed: int = 0, topics: int = 60) -> np.ndarray:
    """Unit float32 rows about as hard to cluster as e5 vectors: silhouettes of a few hundredths."""
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((topics, DIM)).astype(np.float32)
    centers /= np.linalg.norm(centers, axis=1, keepdims=True)
    out = np.empty((rows, DIM), np.float32)
    for start in range(0, rows, 8192):
        n = min(8192, rows - start)
        mix = rng.dirichlet(np.full(topics, 0.12), n).astype(np.float32)
        block = mix @ centers + rng.standard_normal((n, DIM)).astype(np.float32) * (1.1 / np.sqrt(DIM))
        out[start : start + n] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return out


def timed(function, *args, **options):
    start = time.perf_counter()
    result = function(*args, **options)
    return time.perf_counter() - start, result


def same_start() -> None:
    """One K-means from one start: ours, scikit-learn's and faiss's."""
    from sklearn.cluster import KMeans

    from lib.clusters.seeding import initial_centroids
    from lib.lloyd import lloyd

    sample = topical(20_000)
    first = initial_centroids(sample, 40, 0)
    seconds, ours = timed(lloyd, sample, first, threads=THREADS)
    theirs_seconds, theirs = timed(KMeans(40, init=first, n_init=1, tol=1e-4).fit, sample)
    rows = [
        ["ours", seconds, ours.inertia, ours.iterations],
        ["scikit-learn", theirs_seconds, float(theirs.inertia_), theirs.n_iter_],
    ]
    try:
        import faiss

        index = faiss.Kmeans(DIM, 40, niter=ours.iterations, max_points_per_centroid=10**9)
        faiss_seconds, _ = timed(index.train, sample, init_centroids=first)
        distance, _ = index.index.search(sample, 1)
        rows.append(["faiss", faiss_seconds, float(distance.sum()), ours.iterations])
    except ImportError:
        rows.append(["faiss (pip install faiss-cpu)", "not installed", "", ""])
    table("K-means, 20,000 x 1024, K = 40, one start", ["way", "seconds", "inertia", "iterations"], rows)
    print(f"\nLabels equal to scikit-learn's: {np.mean(ours.labels == theirs.labels_):.2%}.")


def sweep() -> None:
    """Six Ks on 100,000 x 1024 as `scan_k` does it, beside KMeans + silhouette_score on 20,000."""
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    from lib.clusters.kmeans import KMeans as OurKMeans
    from scan_k import RUNS, scan
    from smooth import SPLITS

    candidates = (5, 10, 15, 20, 30, 40)
    sample = topical(100_000)
    rng = np.random.default_rng(0)
    half_rows = np.array([half for _ in range(SPLITS) for half in np.split(rng.permutation(len(sample)), 2)])
    halves = sample[half_rows].astype(np.float16)
    method = OurKMeans.of_sample(sample)
    begun = time.perf_counter()
    for k in candidates:
        scan(sample, sample, half_rows, halves, k, method, seeds=RUNS, threads=THREADS)
    full = time.perf_counter() - begun
    begun = time.perf_counter()
    for k in candidates:
        scan(sample, sample, half_rows[:1], halves[:1], k, method, seeds=1, threads=THREADS)
    once = time.perf_counter() - begun

    small = sample[:20_000]
    baseline_kmeans = baseline_silhouette = 0.0
    for k in candidates:
        seconds, model = timed(KMeans(k, n_init=1, random_state=0).fit, small)
        baseline_kmeans += seconds
        seconds, _ = timed(silhouette_score, small, model.labels_, metric="cosine")
        baseline_silhouette += seconds
    # K-means grows with the number of papers, the silhouette of all pairs with its square
    whole = 5 * baseline_kmeans + 25 * baseline_silhouette
    rows = [
        ["baseline on 20,000: KMeans (one start)", baseline_kmeans, ""],
        ["baseline on 20,000: silhouette_score", baseline_silhouette, ""],
        ["baseline on 100,000, one run per K (5 x and 25 x these)", whole, 1.0],
        ["ours on 100,000, one run and one half per K", once, whole / once],
        [f"ours on 100,000, {RUNS} runs and {2 * SPLITS} halves per K", full, whole / full],
    ]
    table("K sweep, 5 to 40, x 1024", ["way", "seconds", "times baseline"], rows)


WHOLE = """
import sys, time
sys.path.insert(0, sys.argv[2])
import numpy as np
from lib.clusters.kmeans import kmeans
from lib.clusters.silhouette import cosine_silhouette
from lib.lloyd import lloyd
from lib.vectors import open_embeddings, take
threads = int(sys.argv[3])
vectors = open_embeddings(sys.argv[1])
rows = np.sort(np.random.default_rng(0).permutation(len(vectors))[:100_000])
t = time.perf_counter()
first = kmeans(take(vectors, rows), 40, seeds=[0], threads=threads)
a = time.perf_counter()
result = lloyd(vectors, first.centroids, threads=threads)
b = time.perf_counter()
silhouette = cosine_silhouette(vectors, result.labels, 40, threads)
c = time.perf_counter()
print("RESULT", a - t, b - a, result.iterations, c - b, silhouette.mean(dtype=np.float64))
"""


def product_rate() -> float:
    """float32 operations per second of the products that K-means is made of, on all cores."""
    from lib.arrays import CHUNK
    from lib.parallel import for_chunks

    rows = topical(8 * CHUNK)
    across = np.ascontiguousarray(rows[:40].T)
    out = np.empty((THREADS, CHUNK, 40), np.float32)

    def work(a: int, b: int) -> None:
        for _ in range(20):
            np.matmul(rows[a:b], across, out=out[(a // CHUNK) % THREADS])

    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        for_chunks(len(rows), THREADS, work)
        best = min(best, time.perf_counter() - start)
    return 2.0 * 20 * len(rows) * 40 * DIM / best


def archive(papers: int) -> Path:
    """A float16 .npy file of this many rows; written once."""
    from lib.arrays import write_npy_header

    path = OUT / f"vectors-{papers}.npy"
    if not path.exists():
        OUT.mkdir(parents=True, exist_ok=True)
        block = topical(100_000)
        with path.open("wb") as file:
            write_npy_header(file, (papers, DIM), np.float16)
            rng = np.random.default_rng(1)
            for start in range(0, papers, len(block)):
                some = block[: papers - start]
                some = some + rng.standard_normal(some.shape, np.float32) * np.float32(0.2 / np.sqrt(DIM))
                file.write((some / np.linalg.norm(some, axis=1, keepdims=True)).astype(np.float16).data)
    return path


def whole(papers: int = 2_900_000) -> None:
    """K-means and exact silhouette of the whole archive, from a memory-mapped float16 file."""
    path = archive(papers)
    rate = product_rate()
    log = OUT / "whole.txt"
    args = [sys.executable, "-c", WHOLE, path, ROOT / "scripts", THREADS]
    _, peak, _ = command(["sh", "-c", '"$@" > ' + str(log), "sh", *args])
    first, lloyd_s, iterations, silhouette_s, _ = map(float, log.read_text().split("RESULT")[1].split())
    floor = 2.0 * papers * 40 * DIM * iterations / rate
    rows = [
        ["seeding on 100,000", first, "", ""],
        [f"Lloyd, {iterations:.0f} iterations", lloyd_s, floor, lloyd_s / floor],
        ["exact silhouette", silhouette_s, "", ""],
    ]
    header = ["step", "seconds", f"products alone at {rate / 1e9:.0f} GFLOP/s", "times that"]
    table(f"{papers:,} x {DIM} float16, K = 40", header, rows)
    print(
        f"\nPeak memory: {peak:,.0f} MB, of which the mapped file's pages count but can be dropped at any time."
    )


def main() -> None:
    same_start()
    sweep()
    whole()
