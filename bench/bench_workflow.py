"""`make run` on the bundled papers in a fresh copy: all of it, all but `embed`, and again."""

import csv
import shutil
import sys

from measure import OUT, ROOT, command, table

COPIED = ("Snakefile", "config.yaml", "rules", "scripts", "envs", "profiles", "docs", "data")


def main() -> None:
    copy = OUT / "workflow"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / name)
    run = [
        sys.executable,
        "-m",
        "snakemake",
        "--cores",
        "all",
        "--directory",
        copy,
        "--snakefile",
        copy / "Snakefile",
    ]
    first, memory, _ = command(run)
    again, _, _ = command(run)
    seconds = {}
    for path in sorted(copy.glob("results/benchmarks/**/*.tsv")):
        with path.open() as file:
            row = next(csv.DictReader(file, delimiter="\t"))
        step = path.relative_to(copy / "results" / "benchmarks").parts[0].removesuffix(".tsv")
        seconds[step] = seconds.get(step, 0.0) + float(row["s"])
    rest = sum(s for step, s in seconds.items() if step != "embed")
    rows = [["make run, all", first], ["make run again", again], ["all rules but embed, added up", rest]]
    rows += [[f"rule {step}", s] for step, s in sorted(seconds.items(), key=lambda item: -item[1])]
    table("workflow: the bundled papers", ["what", "seconds"], rows)
    print(f"\nPeak memory of the largest process: {memory:,.0f} MB.")
