"""Shared by several tests: made-up papers, planted subjects, and the scripts as a user runs them."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score

import measure
from browser import AXE, chromium, opened
from lib.records.schema import FACET_ROWS
from lib.words.words import read_words
from script_server import ScriptServer

ROOT = Path(__file__).resolve().parent.parent
# rules call `python` and `snakemake` by name: these are those of the environment of the tests
# Without what `make test` hands on to the make of a test
OF_MAKE = ("MAKEFLAGS", "MFLAGS", "MAKEOVERRIDES", "MAKELEVEL", "ARGS")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in OF_MAKE} | {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
}
ABSTRACT = "An abstract of more than fifty characters, so that clean keeps the paper that it is of."
STOP_WORDS = read_words(ROOT / "data/words/stop_words.txt")
EVIL = r"""<script>alert(1)</script> "quoted" 'single' </script><b>&amp; $\frac{1}{2}$ \'etale {{ 7*7 }}"""


# They take as long again. SLURM and Apptainer need root, and packages that `.ci/run` installs.
REAL_PARTS = os.environ.get("REAL_PARTS", "0") != "0"
needs_real_parts = pytest.mark.skipif(
    not REAL_PARTS,
    reason="REAL_PARTS=1 runs real SLURM, conda and Apptainer, and kills",
)


def pytest_collection_modifyitems(items: list) -> None:
    """Put the files that take longest first, so that no core waits for them at the end."""
    longest = [
        f"test_{name}.py"
        for name in (
            "slurm",
            "apptainer",
            "chain_kills",
            "reruns",
            "workflow",
            "two_corpora",
            "conda",
            "embed_kills",
            "embed",
        )
    ]
    items.sort(key=lambda item: item.path.name not in longest)


def paper(key: str = "2301.00001", **changes) -> dict:
    """A record of the snapshot. A key whose value is `...` is left out."""
    record = {
        "id": key,
        "title": f"On the subject of {key}",
        "abstract": ABSTRACT,
        "categories": "math.AG hep-th",
        "versions": [{"version": "v1", "created": "Mon, 2 Jan 2023 19:18:42 GMT"}],
        "update_date": "2023-02-03",
    } | changes
    return {name: value for name, value in record.items() if value is not ...}


def as_lines(*records) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


@cache
def script_server() -> ScriptServer:
    """The server of scripts, one for all workers."""
    return ScriptServer(Path(os.environ["SCRIPT_SERVER"]), ENVIRONMENT)


def pytest_configure(config) -> None:
    """Start the server of scripts; the workers take its folder from their environment."""
    if not hasattr(config, "workerinput"):
        os.environ["SCRIPT_SERVER"] = mkdtemp(prefix="scripts-")
        script_server().start()


def pytest_unconfigure(config) -> None:
    """End the server of scripts."""
    if not hasattr(config, "workerinput"):
        script_server().close()


def script(step: str, **flags) -> subprocess.CompletedProcess:
    """Run scripts/<step>.py with these flags and the defaults of the schema for the others."""
    return script_server().run(measure.script(step, **flags)[1:], ROOT, ENVIRONMENT)


def assert_refused(result: subprocess.CompletedProcess, out: Path, *said: str) -> None:
    """The script failed with all these texts in its message, without a traceback and without output files."""
    assert result.returncode != 0, result.stdout
    assert "Traceback" not in result.stderr, result.stderr[-2000:]
    for text in said:
        assert text in result.stderr
    left = [path for path in out.rglob("*") if path.is_file()] if out.exists() else []
    assert not left


SUBJECTS = {
    "galaxy": "galaxy redshift telescope quasar supernova spiral dust luminosity",
    "prime": "prime integer lattice zeta modular divisor sieve congruence",
    "neuron": "neuron cortex synapse spike axon dendrite brain plasticity",
    "qubit": "qubit entanglement decoherence photon gate teleportation superconducting circuit",
}


CATEGORIES = ("astro-ph.GA", "math.NT", "q-bio.NC", "quant-ph")


def all_counted(path: Path, rows: int) -> Path:
    """works.parquet of records that are a work each."""
    return pq_write(path, counted=[True] * rows)


class Planted:
    """Papers of four subjects of different sizes: texts, unit vectors and the files of the contract."""

    sizes = (48, 36, 30, 26)

    def __init__(self, folder: Path):
        rng = np.random.default_rng(7)
        self.folder = folder
        self.truth = rng.permutation(np.repeat(np.arange(4), self.sizes))
        n = len(self.truth)
        centers = rng.normal(size=(4, 24))
        rows = centers[self.truth] + 0.8 * rng.normal(size=(n, 24))
        self.vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
        vocabularies = [words.split() for words in SUBJECTS.values()]
        self.texts, self.titles = [], []
        for subject in self.truth:
            words = rng.choice(vocabularies[subject], 12)
            title = f"The {words[0]} and the {words[1]}"
            body = " of the ".join(words)
            self.titles.append(title)
            self.texts.append(f"{title.lower()}. {body}. we propose a new method and show results.")
        self.ids = [f"2301.{i:05d}" for i in range(n)]
        self.papers = pq_write(
            folder / "papers.parquet",
            id=self.ids,
            title=self.titles,
            text=self.texts,
            abstract=self.texts,
            published=[date(2023, 1, 1 + i % 28) for i in range(n)],
            categories=[[CATEGORIES[t]] for t in self.truth],
            primary_category=[CATEGORIES[t] for t in self.truth],
        )
        self.works = all_counted(folder / "works.parquet", n)
        self.facets = folder / "facets.parquet"
        pq.write_table(FACET_ROWS.empty_table(), self.facets)
        self.embeddings = folder / "embeddings.npy"
        np.save(self.embeddings, self.vectors)
        self.chosen = folder / "k.txt"
        self.chosen.write_text("4\n")

    def through_label(self) -> None:
        """Run cluster, hierarchy, keywords and label into the folder."""
        at, inputs = self.folder, {"papers": self.papers, "embeddings": self.embeddings}
        write_sample(at, self.papers, self.embeddings, smooth=0)
        assignments = at / "assignments.parquet"
        keywords = at / "keywords.parquet"
        levels = {name: at / f"{name}.parquet" for name in ("nodes", "subtopics")}
        steps = [
            script(
                "cluster",
                **inputs,
                **sample_files(at),
                chosen=self.chosen,
                smooth=0,
                centroids=at / "centroids.npy",
                search=at / "search.npy",
                assignments=assignments,
                memberships=at / "memberships.parquet",
                summary=at / "cluster.json",
            ),
            script(
                "hierarchy",
                embeddings=self.embeddings,
                assignments=assignments,
                centroids=at / "centroids.npy",
                **levels,
                linkage=at / "linkage.npy",
            ),
            script("terms", papers=self.papers, min_count=2, **term_files(at)),
            script(
                "keywords",
                **term_files(at),
                embeddings=self.embeddings,
                assignments=assignments,
                **levels,
                works=self.works,
                keywords=keywords,
                csv=at / "keywords.csv",
                coherence=at / "coherence.json",
            ),
            script(
                "label",
                **inputs,
                assignments=assignments,
                centroids=at / "centroids.npy",
                cluster=at / "cluster.json",
                **levels,
                keywords=keywords,
                coherence=at / "coherence.json",
                works=self.works,
                representatives=at / "representatives.parquet",
                topics=at / "topics.parquet",
                csv=at / "topics.csv",
                hierarchy=at / "hierarchy.parquet",
                hierarchy_csv=at / "hierarchy.csv",
                edits_file=at / "edits.json",
            ),
        ]
        assert [step.returncode for step in steps] == [0] * len(steps), [step.stderr for step in steps]


def term_files(folder: Path) -> dict[str, Path]:
    """The files of `terms` by flag."""
    return {flag: folder / name for flag, name in measure.TERMS.items()}


def graph_files(folder: Path) -> dict[str, Path]:
    """The files of `neighbors` by flag."""
    return {"neighbors": folder / "neighbors.npy", "similarities": folder / "similarities.npy"}


def sample_files(folder: Path) -> dict[str, Path]:
    """The files of `neighbors` and `smooth` that `cluster` reads, by flag."""
    names = ("rows", "vectors", "half_rows", "half_vectors")
    return graph_files(folder) | {name: folder / f"{name}.npy" for name in names}


def write_sample(folder: Path, papers: Path, embeddings: Path, **changes) -> None:
    """Run neighbors and smooth into a folder."""
    inputs, graph = {"papers": papers, "embeddings": embeddings}, graph_files(folder)
    found = script("neighbors", **inputs, **graph, summary=folder / "neighbors.json")
    assert found.returncode == 0, found.stderr
    smoothed = script("smooth", **inputs | sample_files(folder) | changes)
    assert smoothed.returncode == 0, smoothed.stderr


def assert_broken_embeddings_are_refused(
    run: Callable[..., subprocess.CompletedProcess], planted: Planted, out: Path
) -> None:
    """`run(planted, out, embeddings=file)` names a row that is not finite, and a wrong number of rows."""
    file = out.parent / "e.npy"
    broken = planted.vectors.copy()
    broken[11] = np.nan
    np.save(file, broken)
    assert_refused(run(planted, out, embeddings=file), out, "row 11")
    np.save(file, planted.vectors[1:])
    assert_refused(run(planted, out, embeddings=file), out, "e.npy", "139 vectors for 140")


def blobs(n: int, k: int, dim: int = 16, noise: float = 0.9, seed: int = 0) -> np.ndarray:
    """Unit rows float32 (n, dim) around k directions, so noisy that the clusters overlap."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(k, dim))[rng.integers(k, size=n)] + noise * rng.normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def random_rows(n: int, dim: int) -> np.ndarray:
    """Unit rows float32 (n, dim) in random directions."""
    rows = np.random.default_rng(0).normal(size=(n, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def assert_subjects_lie_apart(planted: Planted, points: np.ndarray) -> None:
    """The layout of the first planted papers keeps neighbors and separates the subjects."""
    assert np.isfinite(points).all()
    vectors, truth = planted.vectors[: len(points)], planted.truth[: len(points)]
    assert trustworthiness(vectors.astype(float), points, n_neighbors=8, metric="cosine") > 0.8
    assert silhouette_score(points, truth) > 0.4


# curves over six candidates: a silhouette that is never high, and stable topics up to K = 10
LOW = [0.20, 0.15, 0.12, 0.10, 0.08, 0.06]
REPEATING = [1.0, 0.85, 0.6, 0.5, 0.4, 0.3]


def scan_result(k: int, silhouette: float, stable_share: float, spread: float = 0.001) -> dict:
    """The scan of one candidate, as scan_k writes it."""
    return {
        "k": k,
        "papers": 5000,
        "sample": 1000,
        "skipped": None,
        "silhouette": [silhouette - spread, silhouette, silhouette + spread],
        "inertia": [1 - 0.1 * k**0.5] * 3,
        "stable_share": [stable_share] * 3,
        "sizes": [1000 - 10 * (k - 1), *[10] * (k - 1)],
        "stability_seeds": [0.9, 0.7, 0.8],
        "stability_halves": [0.5] * 3,
        "ami_primary": 0.4,
        "seconds": 1.0,
    }


def skipped_scan(k: int, papers: int, reason: str) -> dict:
    """The scan of a candidate for which there were too few papers, as scan_k writes it."""
    lists = ("silhouette", "inertia", "stable_share", "sizes", "stability_seeds", "stability_halves")
    empty = {name: [] for name in lists}
    changes = {"papers": papers, "sample": papers, "skipped": reason, "ami_primary": None}
    return scan_result(k, 0, 0) | empty | changes


def scan_results(silhouettes: list[float], stable_share: list[float], spread: float = 0.001) -> list[dict]:
    """The scans of as many candidates as there are values."""
    grid = [5, 10, 15, 20, 30, 40][: len(silhouettes)]
    return [scan_result(*row, spread) for row in zip(grid, silhouettes, stable_share, strict=True)]


def pq_write(path: Path, **columns) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def playwright():
    """Playwright, imported only where a test opens a page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="module")
def browser(playwright):
    """Headless Chromium, one for the tests of a file."""
    with chromium(playwright) as started:
        yield started


@pytest.fixture(scope="session")
def map_file(tmp_path_factory) -> Path:
    """map.html of the four made-up topics."""
    from page_inputs import write_page

    return write_page(tmp_path_factory.mktemp("map"))


@pytest.fixture
def page(browser, map_file):
    """map.html in a browser. The tests of the report have a page of their own."""
    with opened(browser, map_file) as shown:
        yield shown


@pytest.fixture(scope="session")
def planted(tmp_path_factory) -> Planted:
    """Four planted subjects that went through cluster, keywords and label."""
    corpus = Planted(tmp_path_factory.mktemp("planted"))
    corpus.through_label()
    return corpus


@pytest.fixture(scope="module")
def one_thread():
    """One thread for PyTorch: those of small models mostly wait for one another, and other tests use the other cores."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def out(tmp_path) -> Path:
    """An empty folder for outputs."""
    folder = tmp_path / "out"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def axe(tmp_path_factory) -> str:
    """The script of axe-core, from npm."""
    folder = tmp_path_factory.mktemp("axe")
    packed = shutil.which("npm") and subprocess.run(
        ["npm", "pack", AXE], cwd=folder, capture_output=True, check=False
    )
    if not packed or packed.returncode:
        pytest.skip(f"npm cannot get {AXE}")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        archive.extractall(folder, filter="data")
    return (folder / "package" / "axe.min.js").read_text("utf-8")
