"""New papers in the topics of a finished run: whether papers of the run get their own topics, and the speed.

On MiniLM vectors of the bundled papers and of 20,000 papers of CORPUS, if that is given, each paper left out of its own
nearest papers, alone, by sevens and all together. The speed is that of 10,000 vectors against 100,000, in 384 dimensions
(lifelike.py), without encoding. With LIBRARIES=bertopic beside `transform` of BERTopic, whose model is fitted on FITTED.
"""

import json
import os
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from bench_quality import PACKAGES
from bench_space import corpora
from lifelike import Lifelike
from measure import OUT, ROOT, command, overlay, table

KS, STARTS, NEAR, THREADS = (17, 40), 24, 20, 2
NEW, CORPUS_SIZE, FITTED = 10_000, 100_000, 20_000
MAP_NEIGHBORS = 15


def run_of(vectors: np.ndarray, near: np.ndarray, k: int):
    """The labels of a run on float16 unit rows, as `cluster` finds them, and what new papers are compared with."""
    from lib.clusters.assignment import lower_fences, measure_membership
    from lib.clusters.kmeans import kmeans
    from lib.clusters.new_papers import TopicSpace
    from lib.clusters.smoothing import smoothed
    from lib.lloyd import cluster_sums, lloyd
    from lib.vectors import unit

    with TemporaryDirectory() as folder, smoothed(vectors, near, Path(folder), THREADS) as rows:
        sample = unit(rows[np.random.default_rng(0).permutation(len(rows))[:20_000]])
        starts = kmeans(sample, k, seeds=list(range(STARTS)), threads=THREADS).centroids
        clustering = lloyd(rows, starts, threads=THREADS)
    sums, counts = cluster_sums(vectors, clustering.labels, k, THREADS)
    centroids = (sums / counts[:, None]).astype(np.float32)
    membership = measure_membership(vectors, clustering.labels, centroids, THREADS)
    fences = lower_fences(membership.similarity, clustering.labels, k)
    # the centroids to which rows were assigned, or, in a version before `assigned_by`, their means
    search = getattr(clustering, "assigned_by", clustering.centroids)
    return clustering.labels, membership, TopicSpace(search, centroids, fences)


def on_itself(name: str, vectors: np.ndarray, k: int) -> list:
    """A row of the table: how many papers get their own topic, and the largest difference in similarity."""
    from lib.clusters.new_papers import assign, nearest_topics
    from lib.embeddings.nearest import nearest_rows, scan
    from lib.vectors import unit

    stored = vectors.astype(np.float16)
    near, _, _ = nearest_rows(stored, NEAR, THREADS)
    labels, membership, space = run_of(stored, near, k)
    order = np.random.default_rng(1).permutation(len(stored))
    same, difference, neighbors = [], 0.0, []
    for batch, papers in ((1, 1500), (7, 1500), (len(stored), len(stored))):
        found = np.empty(papers, np.int32)
        for start in range(0, papers, batch):
            at = order[start : min(start + batch, papers)]
            rows, _ = scan(unit(stored[at]), stored, NEAR, THREADS, at)
            made = assign(stored[at], stored, rows, space, THREADS)
            found[start : start + len(at)] = made.labels
            difference = max(difference, np.abs(made.membership.similarity - membership.similarity[at]).max())
            neighbors.append((np.sort(rows) == np.sort(near[at])).all(1).mean() * len(at))
        same.append((found == labels[order[:papers]]).mean())
    alike = sum(neighbors) / (3000 + len(stored))
    unsmoothed = (nearest_topics(stored, space.centroids, THREADS) == labels).mean()
    return [
        f"{name}, K = {k}",
        *(f"{share:.2%}" for share in same),
        f"{alike:.2%}",
        f"{difference:.1e}",
        f"{unsmoothed:.0%}",
    ]


def speed(vectors: np.ndarray) -> list[list]:
    """Rows of the table: seconds and processor seconds of the batch, alone and beside BERTopic."""
    from lib.clusters.new_papers import TopicSpace, assign
    from lib.embeddings.nearest import nearest_points
    from lib.map.layout import interpolate
    from lib.vectors import unit

    made = np.concatenate(list(Lifelike(vectors).blocks(CORPUS_SIZE + NEW, vectors.shape[1])))
    corpus, new = made[:CORPUS_SIZE].astype(np.float16), made[CORPUS_SIZE:].astype(np.float16)
    means = np.ascontiguousarray(made[:100])
    space, places = TopicSpace(means, means, np.zeros(100, np.float32)), made[:CORPUS_SIZE, :2]
    rows = []
    for n in (1, 1_000, NEW):
        begun = time.perf_counter(), time.process_time()
        near, cosines = nearest_points(unit(new[:n]), corpus, NEAR, THREADS)
        assign(new[:n], corpus, near, space, THREADS)
        interpolate(near[:, :MAP_NEIGHBORS], cosines[:, :MAP_NEIGHBORS], places)
        took = time.perf_counter() - begun[0], time.process_time() - begun[1]
        rows.append([f"ours, {n:,} papers against {CORPUS_SIZE:,}", *took, "–"])
    if "bertopic" in os.environ.get("LIBRARIES", "").split():
        files = [OUT / "assign-fitted.npy", OUT / "assign-new.npy"]
        for file, of in zip(files, (corpus[:FITTED], new), strict=True):
            np.save(file, of)
        target = OUT / "assign-bertopic.json"
        program = [sys.executable, ROOT / "bench" / "bertopic_transform.py", *files, 100, target]
        command(program, env={"PYTHONPATH": str(overlay("quality", PACKAGES))})
        theirs = json.loads(target.read_text())
        title = f"BERTopic, transform of {NEW:,} papers, fitted on {FITTED:,}"
        rows.append([title, theirs["seconds"], theirs["processor"], f"{theirs['same']:.0%}"])
    return rows


def main() -> None:
    found = list(corpora(20_000))
    header = ["papers of the run", "own topic: alone", "by sevens", "together", "the same 20 nearest papers"]
    header += ["similarity differs by", "own topic without smoothing"]
    table("Own topics", header, [on_itself(name, rows, k) for name, rows, _ in found for k in KS])
    header = ["way", "seconds", "processor s", "own topic of papers of the model"]
    table("Speed, vectors given", header, speed(found[0][1]))
