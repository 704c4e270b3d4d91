"""Memory, time and disk of each step: the source of what the rules request.

The formulas are linear in the sizes of `Size.units`. They are rough: most rest on the runs in
docs/benchmarks.md (two cores, 600 to 2.9 million papers), and those of `hierarchy`, `tree`, `trends` and
`explain` are extrapolated from the bundled papers. `embed` on a GPU is arithmetic, not measured.
"""

from math import ceil
from typing import NamedTuple

# Bytes of a paper in a snapshot, rather too few: more papers are expected than there are.
BYTES_PER_PAPER = {"packed": 400, "plain": 1500}
# A request is this many times the fit: another machine, a slower disk, other texts.
MEMORY_MARGIN = 1.5
TIME_MARGIN = 6
LEAST_MB = 1000
LEAST_MINUTES = 10


class Size(NamedTuple):
    """What memory and time depend on.

    Attributes
    ----------
    papers : papers of the corpus
    dim : numbers per vector
    sample : papers in which topics are searched
    topics : largest number of topics
    parts : jobs that share the encoding
    gpu : whether the step computes on a GPU
    """

    papers: int
    dim: int
    sample: int
    topics: int
    parts: int
    gpu: bool

    def units(self) -> dict[str, float]:
        """The quantities that a `Fit` is linear in."""
        sample_gb = self.sample * self.dim * 4e-9
        return {
            "base": 1,
            "papers": self.papers / 1e6,  # millions
            "vectors": self.papers * self.dim * 2e-9,  # GB as float16
            "sample": sample_gb,  # GB as float32
            "clusterings": sample_gb * self.topics,  # GB of the sample times topics
            "part": self.papers / self.parts / 1e6,  # millions of papers per part
            "part_vectors": self.papers / self.parts * self.dim * 2e-9,  # GB as float16 per part
            "topics": self.topics,
            "gpu": self.gpu,
            "cpu_topics": self.topics * (not self.gpu),
            "cpu_part": self.papers / self.parts / 1e6 * (not self.gpu),  # millions of papers per part
        }


Fit = dict[str, float]

MEMORY_MB: dict[str, Fit] = {
    "clean": {"base": 1000, "papers": 80},
    "terms": {"base": 600, "papers": 2000},
    "embed": {"base": 2500, "papers": 200, "part_vectors": 2200, "gpu": 4000},
    "gather": {"base": 200, "papers": 20},
    "neighbors": {"base": 400, "papers": 500, "sample": 4000, "gpu": 4000},
    "smooth": {"base": 200, "papers": 300, "sample": 3000},
    "scan_k": {"base": 300, "papers": 50, "sample": 5000},
    "select_k": {"base": 200},
    "cluster": {"base": 300, "papers": 400, "sample": 4000, "gpu": 4000},
    "hierarchy": {"base": 300, "papers": 800},
    "keywords": {"base": 200, "papers": 1500},
    "label": {"base": 300, "papers": 300},
    "tree": {"base": 300, "papers": 1500},
    "trends": {"base": 300, "papers": 400},
    "explain": {"base": 2500, "papers": 1500, "gpu": 4000},
    "project": {"base": 600, "papers": 700},
    "plot": {"base": 250, "papers": 300},
    "explore": {"base": 200, "papers": 450},
    "evaluate": {"base": 350, "papers": 1000},
    "report": {"base": 200},
}
SECONDS: dict[str, Fit] = {
    "clean": {"base": 2, "papers": 30},
    "terms": {"base": 2, "papers": 150},
    "embed": {"base": 15, "papers": 5, "part": 1000, "cpu_part": 50_000},
    "gather": {"base": 2, "vectors": 3},
    "neighbors": {"base": 2, "papers": 60},
    "smooth": {"base": 2, "papers": 5, "sample": 20},
    "scan_k": {"base": 3, "sample": 40, "clusterings": 2.5},
    "select_k": {"base": 3},
    "cluster": {"base": 4, "sample": 60, "vectors": 60},
    "hierarchy": {"base": 4, "papers": 60},
    "keywords": {"base": 2, "papers": 20},
    "label": {"base": 3, "papers": 5},
    "tree": {"base": 5, "papers": 20},
    "trends": {"base": 5, "papers": 10},
    "explain": {"base": 20, "papers": 20, "topics": 0.5, "cpu_topics": 25},
    "project": {"base": 60, "papers": 100},
    "plot": {"base": 5, "papers": 6},
    "explore": {"base": 4, "papers": 3},
    "evaluate": {"base": 5, "papers": 60},
    "report": {"base": 3},
}

# MB of the files that stay in the results folder, measured on the 4,464 bundled papers
DISK_MB: dict[str, Fit] = {
    "clean": {"papers": 840},
    "terms": {"papers": 900},
    "gather": {"vectors": 1000},
    "neighbors": {"papers": 90},
    "smooth": {"sample": 1750},
    "cluster": {"papers": 23},
    "project": {"papers": 16},
    "plot": {"base": 1},
    "explore": {"papers": 100},
    "report": {"base": 2},
}


def value(fit: Fit, size: Size) -> float:
    """The value of a linear formula."""
    units = size.units()
    return sum(slope * units[unit] for unit, slope in fit.items())


def requested_mb(step: str, size: Size, attempt: int = 1) -> int:
    """The memory in MB that a rule requests; each attempt requests more."""
    return max(LEAST_MB, 100 * ceil(MEMORY_MARGIN * value(MEMORY_MB[step], size) / 100)) * attempt


def requested_minutes(step: str, size: Size, attempt: int = 1) -> int:
    """The time limit in minutes that a rule requests; each attempt requests more."""
    return max(LEAST_MINUTES, ceil(TIME_MARGIN * value(SECONDS[step], size) / 60)) * attempt


def expected_papers(snapshot_bytes: int, packed: bool) -> int:
    """About how many papers a snapshot holds at most, from the size of its file."""
    return ceil(snapshot_bytes / BYTES_PER_PAPER["packed" if packed else "plain"])
