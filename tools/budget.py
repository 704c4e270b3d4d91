"""Print what a run will need of time, memory and disk per step, and beside it what the last run needed.

Takes the flags of Snakemake that decide the config (`--configfile`, `--config`) and ignores the others. The
fits are in scripts/lib/budget.py. A measurement of two seconds says how fast the cores of this machine are.
"""

import argparse
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
from snakemake.api import SnakemakeApi
from snakemake.cli import parse_config
from snakemake.exceptions import WorkflowError
from snakemake.settings.types import (
    ConfigSettings,
    OutputSettings,
    Quietness,
    ResourceSettings,
    StorageSettings,
)
from threadpoolctl import threadpool_limits

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from lib import budget
from lib.evaluation.report_tables import step_rows

SECOND = 1.0  # of each of the two measurements
# One core of the machine of the fits: half of the 187 GFLOP/s of docs/benchmarks.md, and words counted there.
PRODUCTS_PER_SECOND = 93e9
WORDS_PER_SECOND = 12.8e6
CORES = 2  # of that machine
# Times faster in bfloat16 with AMX than without, about: no matrix product of numpy shows it.
AMX = {"embed": 2.5}
FILES = {  # the large ones
    "clean": ("corpus/papers.parquet",),
    "terms": ("corpus/*.npy", "corpus/vocabulary.parquet"),
    "gather": ("embeddings/embeddings.npy",),
    "neighbors": ("embeddings/neighbors.npy", "embeddings/similarities.npy"),
    "smooth": ("clusters/sample/*.npy",),
    "cluster": ("clusters/assignments.parquet",),
    "project": ("map/coordinates.parquet",),
    "explore": ("map.html",),
    "plot": ("map.png",),
    "report": ("report.html",),
}
COLUMNS = ("step", "jobs", "seconds", "real", "MB", "real", "disk MB", "real")


def best_rate(work: Callable[[], float]) -> float:
    """The most units of work per second, in bursts of one call, for a second of processor time."""
    best, end = 0.0, time.process_time() + SECOND
    while time.process_time() < end:
        start = time.perf_counter()
        done = work()
        best = max(best, done / (time.perf_counter() - start))
    return best


def measure_speed() -> float:
    """How fast a core of this machine is, with 1 for one of the machine of the fits.

    The geometric mean of two ratios: of matrix products (float32) and of words that Python counts.
    """
    rows = np.random.default_rng(0).standard_normal((512, 512), np.float32)
    words = "the quick brown fox jumps over the lazy dog".split() * 2000

    def products() -> float:
        for _ in range(4):
            rows @ rows
        return 4 * 2.0 * len(rows) ** 3

    def count() -> float:
        counts: dict[str, int] = {}
        for word in words:
            counts[word] = counts.get(word, 0) + 1
        return len(words)

    with threadpool_limits(1):
        ratios = best_rate(products) / PRODUCTS_PER_SECOND * best_rate(count) / WORDS_PER_SECOND
    return ratios**0.5


def has_amx() -> bool:
    """Whether the processor multiplies matrices in bfloat16 with AMX."""
    about = Path("/proc/cpuinfo")
    return about.is_file() and "amx_bf16" in about.read_text()


def parse_workflow(argv: list[str]) -> tuple[dict, dict[str, int]]:
    """The names that the Snakefile defines, and the threads of each step."""
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0], allow_abbrev=False)
    cli.add_argument("--configfile", "--configfiles", nargs="+", type=Path, default=[])
    cli.add_argument("--config", nargs="+", default=[], help="as for snakemake")
    known, _ = cli.parse_known_args(argv)
    for path in known.configfile:
        if not path.is_file():
            sys.exit(f"error: no such file: {path}")
    settings = ConfigSettings(config=parse_config(known.config), configfiles=known.configfile)
    with SnakemakeApi(OutputSettings(quiet={Quietness.ALL})) as api:
        try:
            workflow = api.workflow(
                resource_settings=ResourceSettings(cores=os.cpu_count()),
                config_settings=settings,
                storage_settings=StorageSettings(),
                snakefile=ROOT / "Snakefile",
            )._workflow
        except WorkflowError as error:
            sys.exit(f"error: {error}")
        # `atlas` is made on request, not by `make run`
        rules = {rule.name: rule for rule in workflow.rules if rule.name not in ("all", "atlas")}
        names = workflow.globals
        cores = {}
        for name, rule in rules.items():
            job = count_jobs(name, names)[0]  # the threads of some rules depend on the corpus
            cores[name] = int(rule.resources["_cores"].evaluate(job).value)
        return names, cores


def count_jobs(step: str, names: dict) -> list[SimpleNamespace]:
    """The wildcards of the jobs of a step."""
    if step == "scan_k":
        return [SimpleNamespace(k=str(k)) for k in names["CANDIDATES"]]
    parts = range(names["config"]["embed"]["parts"]) if step == "embed" else range(1)
    return [SimpleNamespace(part=str(part)) for part in parts]


def chosen_k(config: dict, folder: Path) -> int | None:
    """The number of topics, if the config sets it or a run has chosen it."""
    chosen = folder / "clusters/k.txt"
    return config["cluster"]["k"] or (int(chosen.read_text()) if chosen.is_file() else None)


def predict(
    step: str, names: dict, threads: int, speed: float, k: int | None
) -> tuple[int, float, float, float]:
    """Jobs, seconds one after another on this machine, MB of memory of a job, and MB of disk.

    The largest candidate stands for K as long as K is not known.
    """
    jobs = count_jobs(step, names)
    sizes = [names["size"](step, job) for job in jobs]
    if k and step != "scan_k":
        sizes = [size._replace(topics=k) for size in sizes]
    start = budget.SECONDS[step]["base"]
    speed *= AMX.get(step, 1) if not sizes[0].gpu and has_amx() else 1
    cores = min(threads, os.cpu_count() or 1)
    work = sum(budget.value(budget.SECONDS[step], size) - start for size in sizes)
    seconds = (len(jobs) * start + work * min(threads, CORES) / cores) / speed
    memory = max(budget.value(budget.MEMORY_MB[step], size) for size in sizes)
    return len(jobs), seconds, memory, budget.value(budget.DISK_MB.get(step, {}), sizes[0])


def written(step: str, folder: Path) -> list[Path]:
    """The files that a step has written to the results folder."""
    return [path for pattern in FILES.get(step, ()) for path in folder.glob(pattern)]


def figure(value: float | None) -> str:
    """A figure in whole numbers, or with one digit below ten."""
    return "" if value is None else f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


def main(argv: list[str] | None = None) -> None:
    names, threads = parse_workflow(sys.argv[1:] if argv is None else argv)
    config, folder = names["config"], names["results_folder"](names["config"])
    k = chosen_k(config, folder)
    speed = measure_speed()
    size = names["size"]("clean", SimpleNamespace())
    known = names["changes_since"](folder / "corpus/ledger.json", config)[0]
    print(
        f"{'' if known else 'at most about '}{size.papers:,} papers x {size.dim}, {os.cpu_count()} cores, "
        f"{speed:.2f} times the speed of those of docs/benchmarks.md\n"
    )
    rows: list[list[str]] = []
    total = [0.0, 0.0, 0.0, 0.0]
    real = {row["name"]: row for row in step_rows(folder / "benchmarks")}
    for step, cores in threads.items():
        jobs, seconds, memory, disk = predict(step, names, cores, speed, k)
        last = real.get(step, {"seconds": None, "peak": None})
        there = sum(path.stat().st_size for path in written(step, folder)) / 1e6
        rows.append(
            [
                step,
                str(jobs),
                *map(figure, (seconds, last["seconds"], memory, last["peak"], disk, there or None)),
            ]
        )
        total = [a + (b or 0) for a, b in zip(total, (seconds, last["seconds"], disk, there), strict=True)]
    rows.append(
        ["all, one after another", "", figure(total[0]), figure(total[1]), "", "", *map(figure, total[2:])]
    )
    widths = [max(len(row[i]) for row in [COLUMNS, *rows]) for i in range(len(COLUMNS))]
    for row in [COLUMNS, *rows]:
        print(
            "  ".join(
                cell.rjust(w) if i else cell.ljust(w)
                for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            )
        )
    vectors = size.units()["vectors"] * 1000
    free = shutil.disk_usage(folder if folder.exists() else Path.cwd()).free / 1e6
    print(
        f"\nBeside it, for a time: {vectors:,.0f} MB of parts, {vectors:,.0f} MB of smoothed vectors, "
        f"{size.papers * 1700 / 1e6:,.0f} MB of scratch of clean. The cache grows by {vectors:,.0f} MB. "
        f"{free:,.0f} MB are free."
    )
    if config["embed"]["gpus"]:
        print(
            f"GPU memory of embed: about {budget.gpu_gb(size):.1f} GB at its largest batches, by arithmetic. A GPU with "
            "less gets smaller batches."
        )
    print("`real` is of the last run of each step in this folder; other programs slow a step down.")


if __name__ == "__main__":
    main()
