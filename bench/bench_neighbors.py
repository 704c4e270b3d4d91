"""The graph of nearest papers: ours beside faiss, usearch and pynndescent at equal recall.

On MiniLM vectors of 20,000 papers of CORPUS (of the bundled papers, if that is not given), and on NEIGHBORS_PAPERS
(200,000) vectors of 1024 dimensions made of them (lifelike.py). Each way runs with more effort until it finds GOAL (0.9)
of the neighbors. On the small corpus it then runs again, and on one core, to see whether the bits are the same.
The libraries are installed into bench/out.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench_space import corpora
from lifelike import lifelike_file
from measure import OUT, ROOT, command, overlay, table

PAPERS = int(os.environ.get("NEIGHBORS_PAPERS", "200000"))
K = 20
GOAL = float(os.environ.get("GOAL", "0.9"))
CHECKED = 500  # rows whose neighbors are compared with the exact ones
THREADS = os.cpu_count() or 1
PACKAGES = ["faiss-cpu==1.15.1", "usearch==2.26.6", "numkong==7.8.6"]
PROBED = (4_000, 8_000, 16_000, 32_000, 64_000)
BEAM = (32, 64, 128, 256, 512)
WAYS = {  # title and efforts
    "exact": ("ours, exact", (0,)),
    "inverted": ("ours, inverted file, {} probed", PROBED),
    "inverted-100": ("ours, inverted file, cells of 100, {} probed", PROBED),
    "faiss-flat": ("faiss, exact", (0,)),
    "faiss-ivf": ("faiss, PCA128, IVF, SQfp16, refined, {} probed", PROBED),
    "faiss-hnsw": ("faiss, HNSW32, SQfp16, efSearch {}", BEAM),
    "usearch": ("usearch, f16, expansion {}", BEAM),
    "pynndescent": ("pynndescent, {} neighbors", (21, 30, 45, 60)),
}
EXACT = ("exact", "faiss-flat")  # at 200,000 papers they take many minutes


@dataclass
class Run:
    """One graph: its rows int32 (n, K), what it cost, and the share of the neighbors that it has."""

    rows: np.ndarray
    seconds: float
    processor: float
    peak: float
    recall: float = 0.0


def build(way: str, effort: int, source: Path, threads: int, path: str) -> Run:
    """Run a way in a process of its own."""
    target = OUT / f"graph-{way}"
    program = [sys.executable, ROOT / "bench" / "graphs.py", way, effort, source, K, threads, target]
    _, peak, _ = command(program, env={"PYTHONPATH": path})
    measured = json.loads(Path(f"{target}.json").read_text())
    return Run(np.load(f"{target}.npy"), measured["seconds"], measured["processor"], peak)


def nearest_exactly(vectors: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The K nearest other rows of some rows, by plain products: int (len(rows), K)."""
    queries = vectors[rows].astype(np.float32)
    similar = np.concatenate(
        [queries @ vectors[at : at + 65536].astype(np.float32).T for at in range(0, len(vectors), 65536)],
        axis=1,
    )
    similar[np.arange(len(rows)), rows] = -np.inf
    return np.argpartition(-similar, K, axis=1)[:, :K]


def same_bits(way: str, effort: int, source: Path, path: str, first: np.ndarray) -> str:
    """Whether a second run, and one on one core, gave the same rows."""
    again, alone = (build(way, effort, source, threads, path).rows for threads in (THREADS, 1))
    return f"{'yes' if np.array_equal(first, again) else 'no'} / {'yes' if np.array_equal(first, alone) else 'no'}"


def compare(source: Path, ways: list[str], path: str, repeat: bool) -> list[list]:
    """A row per way and effort."""
    vectors = np.load(source, mmap_mode="r")
    checked = np.random.default_rng(0).choice(len(vectors), CHECKED, replace=False)
    exact = nearest_exactly(vectors, checked)
    found = []
    for way in ways:
        title, efforts = WAYS[way]
        for effort in efforts:
            run = build(way, effort, source, THREADS, path)
            kept = [len(np.intersect1d(a, b)) for a, b in zip(run.rows[checked], exact, strict=True)]
            run.recall = float(np.mean(kept)) / K
            enough = run.recall >= GOAL
            same = same_bits(way, effort, source, path, run.rows) if repeat and enough else ""
            found.append(
                [title.format(f"{effort:,}"), run.seconds, run.processor, run.peak, run.recall, same]
            )
            print(found[-1], file=sys.stderr, flush=True)
            if enough:
                break
    return found


def main() -> None:
    path = f"{overlay('graphs', PACKAGES)}:{ROOT / 'scripts'}"
    *_, (name, vectors, _) = corpora(20_000)
    small = OUT / f"graph-vectors-{name}.npy"
    np.save(small, vectors.astype(np.float16))
    header = ["way", "seconds", "processor seconds", "peak MB", "recall", "same bits again / on one core"]
    wanted = os.environ.get("WAYS", " ".join(WAYS)).split()
    table(
        f"{K} nearest of {len(vectors):,} x {vectors.shape[1]}",
        header,
        compare(small, wanted, path, repeat=True),
    )
    large = lifelike_file(vectors, PAPERS, name)
    ways = [way for way in wanted if way not in EXACT]
    table(
        f"{K} nearest of {PAPERS:,} x 1024, made up",
        header[:-1],
        [row[:-1] for row in compare(large, ways, path, repeat=False)],
    )


if __name__ == "__main__":
    main()
