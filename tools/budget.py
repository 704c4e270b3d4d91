"""Print what a run will need of time, memory and disk per step, and beside it what the last run needed.

Takes the flags of Snakemake that decide the config (`--configfile`, `--config`) and ignores the others. The
fits are in scripts/lib/workflow/budget.py. A measurement of two seconds says how fast the cores of this machine are.
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

from lib.evaluation.report_tables import step_rows
from lib.workflow import budget
from lib.workflow.checks import changes_since
from lib.workflow.config import Config, results_folder
from lib.workflow.requests import candidates, size

SECOND = 1.0  # of each of the two measurements
# One core of the machine of the fits: half of the 187 GFLOP/s of docs/measurements/clustering.md, and words counted.
PRODUCTS_PER_SECOND = 93e9
WORDS_PER_SECOND = 12.8e6
CORES = 2  # of that machine
DAY = 86_400
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
ALL = "all, one after another"
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


def parse_workflow(argv: list[str]) -> tuple[Config, dict[str, int], int | None]:
    """The config, the threads of each step, and the number of papers of `--papers`."""
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0], allow_abbrev=False)
    cli.add_argument("--configfile", "--configfiles", nargs="+", type=Path, default=[])
    cli.add_argument("--config", nargs="+", default=[], help="as for snakemake")
    cli.add_argument("--papers", type=int, help="instead of those of the input")
    known, _ = cli.parse_known_args(argv)
    if known.papers is not None and known.papers < 1:
        sys.exit(f"error: --papers: {known.papers}; take 1 or more")
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
        # `atlas` and `export` are made on request, not by `make run`
        rules = {rule.name: rule for rule in workflow.rules if rule.name not in ("all", "atlas", "export")}
        config = workflow.globals["config"]
        cores = {}
        for name, rule in rules.items():
            job = count_jobs(name, config)[0]  # the threads of some rules depend on the corpus
            cores[name] = int(rule.resources["_cores"].evaluate(job).value)
        return config, cores, known.papers


def count_jobs(step: str, config: Config) -> list[SimpleNamespace]:
    """The wildcards of the jobs of a step."""
    if step == "scan_k":
        return [SimpleNamespace(k=str(k)) for k in candidates(config)]
    parts = range(config["embed"]["parts"]) if step == "embed" else range(1)
    return [SimpleNamespace(part=str(part)) for part in parts]


def size_of(config: Config, step: str, job: SimpleNamespace) -> budget.Size:
    """The size of the work of a job."""
    return size(config, step, int(job.k) if step == "scan_k" else None)


def chosen_k(config: dict, folder: Path) -> int | None:
    """The number of topics, if the config sets it or a run has chosen it."""
    chosen = folder / "clusters/k.txt"
    return config["cluster"]["k"] or (int(chosen.read_text()) if chosen.is_file() else None)


def predict(
    step: str, config: Config, threads: int, speed: float, k: int | None, papers: int | None = None
) -> tuple[int, float, float, float]:
    """Jobs, seconds one after another on this machine, MB of memory of a job, and MB of disk.

    The largest candidate stands for K as long as K is not known.

    Parameters
    ----------
    papers : instead of those of the input
    """
    jobs = count_jobs(step, config)
    sizes = [resized(size_of(config, step, job), config, papers) for job in jobs]
    if k and step != "scan_k":
        sizes = [size._replace(topics=k) for size in sizes]
    start = budget.SECONDS[step]["base"]
    speed *= AMX.get(step, 1) if not sizes[0].gpu and has_amx() else 1
    cores = min(threads, os.cpu_count() or 1)
    work = sum(budget.seconds(step, size) - start for size in sizes)
    seconds = (len(jobs) * start + work * min(threads, CORES) / cores) / speed
    memory = max(budget.value(budget.MEMORY_MB[step], size) for size in sizes)
    return len(jobs), seconds, memory, budget.value(budget.DISK_MB.get(step, {}), sizes[0])


def resized(size: budget.Size, config: Config, papers: int | None) -> budget.Size:
    """The size of the work for another number of papers."""
    if papers is None:
        return size
    return size._replace(papers=papers, sample=min(papers, config["scan_k"]["sample"]))


def limits(
    steps: list[str], config: Config, papers: int, seconds: dict[str, float], ram_mb: float
) -> list[str]:
    """What breaks on this machine as the papers grow, and what would carry it, a line each: memory first."""
    sizes = {
        step: resized(size_of(config, step, count_jobs(step, config)[0]), config, papers) for step in steps
    }
    room = {step: budget.papers_in(step, size, ram_mb) for step, size in sizes.items()}
    lines = []
    for step in sorted(room, key=lambda step: room[step]):
        if room[step] < papers:
            remedy = budget.MORE_MEMORY.get(step, budget.OTHERWISE)
            lines.append(f"{step}: memory is full at about {room[step] / 1e6:,.1f} million papers; {remedy}")
        if seconds[step] > DAY:
            remedy = budget.MORE_TIME.get(step, budget.OTHERWISE)
            lines.append(f"{step}: takes {seconds[step] / DAY:,.1f} days; {remedy}")
    return lines


def memory_mb() -> float:
    """The memory of this machine in MB."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e6


def written(step: str, folder: Path) -> list[Path]:
    """The files that a step has written to the results folder."""
    return [path for pattern in FILES.get(step, ()) for path in folder.glob(pattern)]


def figure(value: float | None) -> str:
    """A figure in whole numbers, or with one digit below ten."""
    return "" if value is None else f"{value:,.1f}" if value < 10 else f"{value:,.0f}"


def print_rows(rows: list[list[str]]) -> None:
    """Print rows of cells, the first column to the left and the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for name, *cells in rows:
        line = [name.ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True))]
        print("  ".join(line))


def beside_the_last_run(expected: dict[str, tuple[int, float, float, float]], folder: Path) -> None:
    """Print what is expected of each step beside what the last run in this folder took."""
    rows = [list(COLUMNS)]
    total = [0.0, 0.0, 0.0, 0.0]
    real = {row["name"]: row for row in step_rows(folder / "benchmarks")}
    for step, (jobs, seconds, memory, disk) in expected.items():
        last = real.get(step, {"seconds": None, "peak": None})
        there = sum(path.stat().st_size for path in written(step, folder)) / 1e6
        cells = (seconds, last["seconds"], memory, last["peak"], disk, there or None)
        rows.append([step, str(jobs), *map(figure, cells)])
        total = [a + (b or 0) for a, b in zip(total, (seconds, last["seconds"], disk, there), strict=True)]
    print_rows([*rows, [ALL, "", figure(total[0]), figure(total[1]), "", "", *map(figure, total[2:])]])
    print("\n`real` is of the last run of each step in this folder; other programs slow a step down.")


def beyond_what_was_measured(
    expected: dict[str, tuple[int, float, float, float]], config: Config, papers: int
) -> None:
    """Print what is expected of each step for another number of papers, how it grows, and what breaks first."""
    rows = [["step", "jobs", "seconds", "exponent", "MB", "disk MB"]]
    for step, (jobs, seconds, memory, disk) in expected.items():
        grown = budget.exponent(step)
        rows.append(
            [step, str(jobs), figure(seconds), f"{grown:.2f}" if grown else "", *map(figure, (memory, disk))]
        )
    total = [sum(found[i] for found in expected.values()) for i in (1, 3)]
    print_rows([*rows, [ALL, "", figure(total[0]), "", "", figure(total[1])]])
    print(
        f"\nThe exponent is that of the seconds from {budget.SMALLER:,} to {budget.LARGEST:,} papers, as measured. Beyond "
        "these, all figures are extrapolated from the fits."
    )
    ram = memory_mb()
    times = {step: found[1] for step, found in expected.items()}
    print(
        f"\nWhat breaks first on this machine ({ram / 1000:,.0f} GB, {os.cpu_count()} cores), and what carries it:"
    )
    for line in limits(list(expected), config, papers, times, ram) or ["nothing"]:
        print(f"- {line}")


def main(argv: list[str] | None = None) -> None:
    config, threads, papers = parse_workflow(sys.argv[1:] if argv is None else argv)
    folder = results_folder(config)
    k = chosen_k(config, folder)
    speed = measure_speed()
    work = resized(size(config, "clean"), config, papers)
    known = papers or changes_since(folder / "corpus/ledger.json", config)[0]
    print(
        f"{'' if known else 'at most about '}{work.papers:,} papers x {work.dim}, {os.cpu_count()} cores, "
        f"{speed:.2f} times the speed of those of docs/measurements/whole-runs.md\n"
    )
    expected = {step: predict(step, config, cores, speed, k, papers) for step, cores in threads.items()}
    if papers:
        beyond_what_was_measured(expected, config, papers)
    else:
        beside_the_last_run(expected, folder)
    vectors = work.units()["vectors"] * 1000
    free = shutil.disk_usage(folder if folder.exists() else Path.cwd()).free / 1e6
    print(
        f"\nBeside it, for a time: {vectors:,.0f} MB of parts, {vectors:,.0f} MB of smoothed vectors, "
        f"{work.papers * 1700 / 1e6:,.0f} MB of scratch of clean. The cache grows by {vectors:,.0f} MB. "
        f"{free:,.0f} MB are free."
    )
    if config["embed"]["gpus"]:
        print(
            f"GPU memory of embed: about {budget.gpu_gb(work):.1f} GB at its largest batches, by arithmetic. A GPU with "
            "less gets smaller batches."
        )


if __name__ == "__main__":
    main()
