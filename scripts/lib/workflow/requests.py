"""The memory and the time that a job requests, from the config and from what earlier steps wrote."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from . import budget
from .chains import topics_of_previous
from .checks import changes_since
from .config import Config, results_folder
from .named_files import as_list

PACKED = (".gz", ".zst", ".bz2", ".xz", ".zip", ".tgz")

# Every job asks for it, and the files of an encoder do not change during a run.
_layers = cache(budget.encoder_size)


def papers_of_corpus(config: Config) -> int:
    """How many papers there are, or about how many at most before `clean` has run with these settings."""
    ledger = results_folder(config) / "corpus/ledger.json"
    made, changed = changes_since(ledger, config)
    if made and not changed:
        return json.loads(ledger.read_text("utf-8"))["buckets"]["kept"]["count"]
    files = [Path(file) for file in as_list(config["input"])]
    papers = sum(budget.expected_papers(file.stat().st_size, file.suffix in PACKED) for file in files)
    return min(papers, config["clean"]["limit"] or papers)


def encoder_size(config: Config) -> tuple[int, float]:
    """The dimension of the vectors and the GFLOP per token of the encoder, see lib.workflow.budget."""
    model = config["embed"]["model"]
    dim, gflop = _layers(model)
    summary = results_folder(config) / "embeddings/embeddings.json"
    if summary.is_file():
        made = json.loads(summary.read_text("utf-8"))
        dim = made["dim"] if made["model"] == model else dim
    return dim, gflop


def candidates(config: Config) -> list[int]:
    """The numbers of topics to scan.

    Only a K that the config sets or that an earlier run has, if any: other candidates would not affect the result.
    """
    k = config["cluster"]["k"] or topics_of_previous(config)
    return [k] if k else sorted(set(config["select_k"]["candidates"]))


def size(config: Config, step: str, k: int | None = None) -> budget.Size:
    """The size of the work of a step; `k` is the number of topics of a scan."""
    papers = papers_of_corpus(config)
    dim, gflop = encoder_size(config)
    return budget.Size(
        papers=papers,
        dim=dim,
        sample=min(papers, config["scan_k"]["sample"]),
        topics=k or max(candidates(config)),
        parts=config["embed"]["parts"],
        gflop=gflop,
        gpu=bool(config.get(step, {}).get("gpus", config["embed"]["gpus"])),
    )


def requests(config: Config, step: str) -> dict[str, Callable[..., int]]:
    """The resources mem_mb and runtime of a rule: from the table in lib/workflow/budget.py, times the attempt."""

    def of(wildcards: Any) -> budget.Size:
        return size(config, step, int(wildcards.k) if step == "scan_k" else None)

    return {
        "mem_mb": lambda wildcards, attempt: budget.requested_mb(step, of(wildcards), attempt),
        "runtime": lambda wildcards, attempt: budget.requested_minutes(step, of(wildcards), attempt),
    }


def scan_threads(config: Config) -> int:
    """Threads of a scan: one for few papers, since a second one would wait for Python's lock most of the time.

    The scans then run side by side.
    """
    return 1 if size(config, "scan_k").sample < 20_000 else 8
