"""`clean` beside other readers on at least 100,000 papers, and its memory on ten times the papers."""

import os

from clean_baselines import BASELINES, run
from measure import OUT, cleaned_files, command, corpus, repeated, script, table


def ours(snapshot, threads: int) -> tuple[float, float, float]:
    folder = OUT / "clean"
    folder.mkdir(parents=True, exist_ok=True)
    return command(
        script(
            "clean",
            snapshot=snapshot,
            threads=threads,
            **cleaned_files(folder),
        )
    )


def main() -> None:
    snapshot = corpus(least=100_000)
    size = snapshot.stat().st_size / 1e6
    threads = os.cpu_count()
    baselines = {name: min(run(name, snapshot) for _ in range(3)) for name in BASELINES}
    best = min(ours(snapshot, threads) for _ in range(3))
    long = ours(repeated(snapshot, 10), threads)
    first = next(iter(baselines.values()))[0]
    rows = [[name, *figures(measured, size, first)] for name, measured in baselines.items()]
    rows.append([f"**ours, {threads} threads**", *figures(best, size, first)])
    rows.append(["ours, ten times the papers", *figures(long, 10 * size, 10 * first)])
    header = ["way", "seconds", "MB/s", "times baseline", "processor seconds", "peak MB"]
    table(f"clean: {size:,.0f} MB of JSON lines, {snapshot.name}, best of 3", header, rows)
    print(f"\nPeak memory at ten times the papers: {long[1] / best[1]:.2f} times.")


def figures(measured: tuple[float, float, float], size: float, baseline: float) -> list[float]:
    """A row of the table: seconds, MB/s, times baseline, processor seconds, peak MB."""
    seconds, peak, processor = measured
    return [seconds, size / seconds, baseline / seconds, processor, peak]
