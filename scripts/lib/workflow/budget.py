"""Memory, time and disk of each step: the source of what the rules request.

The formulas are linear in the sizes of `Size.units`. They are approximations fitted to the runs in
docs/measurements/whole-runs.md (two cores, 4,464 real and 10,000 to 2.9 million synthetic papers). Memory is the peak
that the system reports for the process, with the pages of the files that it reads. The GPU formulas of `embed` and
`explain` are calculated, not measured.
"""

import importlib.util
import json
import os
from math import ceil, inf, log
from pathlib import Path
from typing import NamedTuple

# Bytes of a paper in a snapshot, rather too few: more papers are expected than there are.
BYTES_PER_PAPER = {"packed": 400, "plain": 1500}
# A request is this many times the fit: another machine, a slower disk, other texts.
MEMORY_MARGIN = 1.5
TIME_MARGIN = 6
LEAST_MB = 1000
LEAST_MINUTES = 10
DIVIDED = 5_000  # papers of a topic on which subtopics are compared, as in lib/clusters/hierarchy.py
SHOWN = 500_000  # papers in map.html with the default settings
TOKENS = 200  # of a paper
ENCODINGS = 20  # of a paper in `explain`; the backward passes cost as much as five
CUDA_TOKENS = 65_536  # in the largest batches, as in lib/embeddings/batch_size.py
LARGE_ENCODER = (
    1024,
    0.604,
)  # dimension and GFLOP per token of e5-large-v2, for one whose files are not here


class Size(NamedTuple):
    """What memory and time depend on.

    Attributes
    ----------
    papers : papers of the corpus
    dim : numbers per vector
    sample : papers in which topics are searched
    topics : largest number of topics
    parts : jobs that share the encoding
    gflop : arithmetic of the encoder per token, in GFLOP
    gpu : whether the step computes on a GPU
    """

    papers: int
    dim: int
    sample: int
    topics: int
    parts: int
    gflop: float
    gpu: bool

    def units(self) -> dict[str, float]:
        """The quantities that a `LinearModel` is linear in."""
        sample_gb = self.sample * self.dim * 4e-9
        return {
            "base": 1,
            "papers": self.papers / 1e6,  # millions
            "vectors": self.papers * self.dim * 2e-9,  # GB as float16
            "sample": sample_gb,  # GB as float32
            "clusterings": sample_gb * self.topics,  # GB of the sample times topics
            # GB as float32 of the papers that are compared to divide topics
            "divided": min(self.papers, DIVIDED * self.topics) * self.dim * 4e-9,
            "shown": min(self.papers, SHOWN) / 1e6,  # millions of papers in map.html
            "part": self.papers / self.parts / 1e6,  # millions of papers per part
            "part_vectors": self.papers / self.parts * self.dim * 2e-9,  # GB as float16 per part
            "topics": self.topics,
            "gflop": self.gflop,
            "gpu": self.gpu,
            # PFLOP per part, of encoding TOKENS per paper
            "encode": self.papers / self.parts * TOKENS * self.gflop * 1e-6 * self.gpu,
            "cpu_encode": self.papers / self.parts * TOKENS * self.gflop * 1e-6 * (not self.gpu),
            # PFLOP, of encoding one paper per topic without some of its words
            "explain": self.topics * ENCODINGS * TOKENS * self.gflop * 1e-6 * self.gpu,
            "cpu_explain": self.topics * ENCODINGS * TOKENS * self.gflop * 1e-6 * (not self.gpu),
        }


LinearModel = dict[str, float]

MEMORY_MB: dict[str, LinearModel] = {
    "clean": {"base": 330, "papers": 80},
    "terms": {"base": 330, "papers": 885},
    "embed": {"base": 1000, "gflop": 2900, "papers": 200, "part_vectors": 2200, "gpu": 4000},
    "gather": {"base": 140, "papers": 11},
    "neighbors": {"base": 190, "papers": 400, "vectors": 1000, "sample": 450, "gpu": 4000},
    "works": {"base": 300, "papers": 2060},
    "smooth": {"base": 150, "papers": 50, "vectors": 1000, "sample": 1100},
    "scan_k": {"base": 225, "papers": 50, "sample": 3900},
    "select_k": {"base": 160},
    "cluster": {"base": 200, "papers": 400, "vectors": 1000, "sample": 3000, "gpu": 4000},
    "edit": {"base": 200, "papers": 400, "vectors": 1000},  # by arithmetic
    "hierarchy": {"base": 170, "papers": 300, "sample": 600},
    "keywords": {"base": 190, "papers": 480, "sample": 1900},  # 500 of it for vectors of terms, by arithmetic
    "label": {"base": 280, "papers": 775},
    "trends": {"base": 275, "papers": 50},
    "changes": {"base": 275, "papers": 320},
    "explain": {"base": 800, "gflop": 8000, "papers": 1500, "gpu": 4000},  # the backward pass by arithmetic
    "project": {"base": 360, "papers": 1200, "sample": 1100},
    "search": {"base": 300, "papers": 100, "vectors": 1000},
    "plot": {"base": 400, "papers": 50, "sample": 600},
    "explore": {"base": 130, "papers": 180, "shown": 5900},
    "atlas": {"base": 250, "papers": 350},
    "evaluate": {"base": 350, "papers": 1800, "sample": 900},
    "report": {"base": 190},
    "papers": {"base": 400, "papers": 265},
    "export": {"base": 290, "papers": 10300},
    "methods": {"base": 160},
}
SECONDS: dict[str, LinearModel] = {
    "clean": {"base": 1.3, "papers": 45},
    "terms": {"base": 1.2, "papers": 148},
    "embed": {"base": 8, "papers": 5, "encode": 8, "cpu_encode": 7400},
    "gather": {"base": 0.8, "vectors": 1},
    "neighbors": {"base": 0.7, "papers": 240},
    "works": {"base": 1.5, "papers": 52},
    "smooth": {"base": 1.4, "papers": 10, "sample": 71},
    "scan_k": {"base": 2.1, "sample": 25, "clusterings": 1.0, "topics": 0.12},
    "select_k": {"base": 2},
    "cluster": {"base": 2.2, "papers": 5, "sample": 78, "topics": 0.45, "vectors": 57},
    "edit": {"base": 2, "topics": 0.45, "vectors": 40},
    "hierarchy": {"base": 1, "topics": 0.22, "divided": 130},
    "keywords": {"base": 1.1, "papers": 20.5, "sample": 2},
    "label": {"base": 3, "papers": 6.3},
    "trends": {"base": 3.8, "papers": 0.9},
    "changes": {"base": 4, "papers": 6},
    "explain": {"base": 8, "papers": 5, "topics": 0.2, "explain": 16, "cpu_explain": 9000},
    "project": {"base": 4, "papers": 160},
    "search": {"base": 10, "papers": 30},
    "plot": {"base": 4.2, "papers": 1.3},
    "explore": {"base": 1, "papers": 2.5, "shown": 70},
    "atlas": {"base": 4, "papers": 35},
    "evaluate": {"base": 6, "papers": 50, "sample": 15},
    "report": {"base": 1.7},
    "papers": {"base": 1, "papers": 58},
    "export": {"base": 2, "papers": 390},
    "methods": {"base": 1.5, "papers": 0.3},
}

# Seconds of 100,000 and of 2.9 million synthetic papers on two cores, before K-means became faster
# (docs/measurements/whole-runs.md). Where they grow faster than the papers, so does what is expected beyond LARGEST.
SMALLER, LARGEST = 100_000, 2_900_000
MEASURED = {
    "clean": (4.65, 95.5),
    "terms": (12.1, 303),
    "gather": (1.11, 4.29),
    "neighbors": (25.7, 908),
    "smooth": (29.3, 42.9),
    "select_k": (1.62, 1.34),
    "cluster": (36.9, 272),
    "keywords": (3.0, 27.8),
    "label": (2.92, 14.4),
    "hierarchy": (39.4, 91.4),
    "trends": (2.09, 4.69),
    "project": (9.76, 380),
    "plot": (4.04, 5.84),
    "explore": (3.32, 18.0),
    "evaluate": (12.6, 111),
}
# What lets a step handle more papers than fit into memory, or into a day
MORE_MEMORY = {"embed": "more embed.parts", "scan_k": "a smaller scan_k.sample"}
MORE_TIME = {
    "embed": "embed.parts on several GPUs",
    "neighbors": "neighbors.gpus: 1",
    "cluster": "cluster.gpus: 1",
    "explain": "explain.papers_per_topic: 0",
}
OTHERWISE = "a larger machine, or a random sample of the papers (clean.limit)"

# MB that a rule with eight threads needs beside that of the runs of the fits, which had two: each thread of `scan_k` and
# `cluster` holds a half of the sample in float32 (arithmetic), each of `embed` and `explain` a batch, and each of `neighbors`
# candidates (measured)
MORE_THREADS_MB: dict[str, LinearModel] = {
    "embed": {"base": 1100, "gpu": -1100},
    "explain": {"base": 1100, "gpu": -1100},
    "neighbors": {"sample": 1500},
    "scan_k": {"sample": 3000},
    "cluster": {"sample": 3000},
}
# MB of the files that stay in the results folder with the default settings
DISK_MB: dict[str, LinearModel] = {
    "clean": {"papers": 840},
    "terms": {"papers": 900},
    "gather": {"vectors": 1000},
    "neighbors": {"papers": 90},
    "smooth": {"sample": 3500},
    "cluster": {"papers": 33},
    "edit": {"papers": 23},
    "project": {"papers": 16},
    "search": {"papers": 64, "base": 3},
    "plot": {"base": 1},
    "explore": {"shown": 115},
    "atlas": {"papers": 90},
    "report": {"base": 2},
    "papers": {"papers": 435},
    "export": {"papers": 5000},
}


def value(model: LinearModel, size: Size) -> float:
    """The value of a linear formula."""
    units = size.units()
    return sum(slope * units[unit] for unit, slope in model.items())


def exponent(step: str) -> float | None:
    """The power of the number of papers by which the seconds of a step grew; None if it was not measured.

    A part of the work of some steps depends on the sample alone, so that their exponent is small.
    """
    if step not in MEASURED:
        return None
    few, many = MEASURED[step]
    return log(many / few) / log(LARGEST / SMALLER)


def seconds(step: str, size: Size) -> float:
    """The seconds of a step; beyond LARGEST papers the fit grows by the measured exponent, if that is above 1."""
    beyond = max(size.papers / LARGEST, 1.0)
    return value(SECONDS[step], size) * beyond ** max((exponent(step) or 1.0) - 1.0, 0.0)


def papers_in(step: str, size: Size, mb: float) -> float:
    """How many papers a step handles in this much memory; infinite if its memory does not grow with them."""
    more = size._replace(papers=2 * size.papers)
    now, then = (value(MEMORY_MB[step], each) for each in (size, more))
    return inf if then <= now else size.papers + (mb - now) * size.papers / (then - now)


def requested_mb(step: str, size: Size, attempt: int = 1) -> int:
    """The memory in MB that a rule requests; each attempt requests more."""
    needed = value(MEMORY_MB[step], size) + value(MORE_THREADS_MB.get(step, {}), size)
    return max(LEAST_MB, 100 * ceil(MEMORY_MARGIN * needed / 100)) * attempt


def requested_minutes(step: str, size: Size, attempt: int = 1) -> int:
    """The time limit in minutes that a rule requests; each attempt requests more."""
    return max(LEAST_MINUTES, ceil(TIME_MARGIN * seconds(step, size) / 60)) * attempt


def gpu_gb(size: Size) -> float:
    """GB on a GPU when `embed` fills its largest batches: CUDA itself, weights, activations; not measured."""
    weights = size.gflop  # two operations per token and two bytes each
    activations = 2e-9 * 16 * size.dim * CUDA_TOKENS  # a layer holds about 16 numbers per dimension
    return 1 + weights + activations


def encoder_size(model: str) -> tuple[int, float]:
    """The dimension of an encoder and its GFLOP per token, from its config.json if that is on this machine.

    Two operations per weight of the layers: 4 d² in attention and 2 d m in between, without the products
    of attention itself. LARGE_ENCODER if the file is missing or names its sizes differently.

    Parameters
    ----------
    model : as `embed.model` names it
    """
    for file in config_files(model):
        try:
            config = json.loads(file.read_text("utf-8"))
            dim, layers, inner = (
                next(int(config[name]) for name in names if name in config)
                for names in (
                    ("hidden_size", "d_model", "dim"),
                    ("num_hidden_layers", "num_layers", "n_layers"),
                    ("intermediate_size", "d_ff", "hidden_dim"),
                )
            )
        except (OSError, ValueError, TypeError, StopIteration, RuntimeError):
            continue
        return dim, 2e-9 * layers * (4 * dim**2 + 2 * dim * inner)
    return LARGE_ENCODER


def config_files(model: str) -> list[Path]:
    """Where config.json of an encoder may be: in a package, in a folder, or in the cache of Hugging Face."""
    if model.startswith("package:"):
        name, _, inside = model.removeprefix("package:").partition("/")
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            return []
        found = list(spec.submodule_search_locations or []) if spec else []
        return [Path(folder) / inside / "config.json" for folder in found]
    home = Path(os.environ.get("HF_HOME", "~/.cache/huggingface")).expanduser()
    hub = Path(os.environ.get("HF_HUB_CACHE", home / "hub"))
    cached = (hub / f"models--{model.replace('/', '--')}").glob("snapshots/*/config.json")
    return [Path(model).expanduser() / "config.json", *cached]


def expected_papers(snapshot_bytes: int, packed: bool) -> int:
    """About how many papers a snapshot holds at most, from the size of its file."""
    return ceil(snapshot_bytes / BYTES_PER_PAPER["packed" if packed else "plain"])
