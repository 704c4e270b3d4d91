"""The whole workflow through profiles/slurm on a real SLURM of one node, as one job, and without SLURM."""

import csv
import sys
import tempfile
import time
from pathlib import Path

from measure import ROOT, command, table

sys.path.insert(0, str(ROOT / "tests"))
PAPERS = 600


def run(folder: Path, results: str, env: dict, *flags: str, before: tuple = ()) -> tuple[float, float]:
    """Map the papers with a cache of their own: elapsed seconds, and those of all steps added up."""
    started = time.time()
    snakefile = ["--directory", folder, "--snakefile", folder / "Snakefile"]
    keys = [f"pathvars={{results: {results}}}", f"embed={{cache: cache/{results}}}"]
    settings = ["--configfile", folder / "mine.yaml", "--config", *keys]
    command([*before, sys.executable, "-m", "snakemake", *snakefile, *flags, *settings], env)
    elapsed = time.time() - started
    steps = 0.0
    for path in (folder / results / "benchmarks").rglob("*.tsv"):
        with path.open() as file:
            steps += float(next(csv.DictReader(file, delimiter="\t"))["s"])
    return elapsed, steps


def main() -> None:
    import slurm_node
    from conftest import ENVIRONMENT
    from workflow import copy_project, sample_lines

    if slurm_node.missing():
        sys.exit(f"bench slurm: {slurm_node.missing()}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "project"
        folder.mkdir()
        copy_project(folder, sample_lines(PAPERS), "input: data/papers.jsonl\n")
        (Path(temporary) / "slurm").mkdir()
        local = run(folder, "local", ENVIRONMENT, "--cores", "2")
        with slurm_node.one_node(Path(temporary) / "slurm") as slurm:
            env = slurm | ENVIRONMENT | {"PATH": f"{slurm['PATH'].partition(':')[0]}:{ENVIRONMENT['PATH']}"}
            one_job = run(
                folder, "job", env, "--cores", "2", before=("srun", "--cpus-per-task=2", "--mem=16G")
            )
            on_slurm = run(folder, "slurm", env, f"--workflow-profile={folder / 'profiles' / 'slurm'}")
    ways = {"--cores 2": local, "the same as one job": one_job, "profiles/slurm": on_slurm}
    rows = [[way, *seconds, seconds[0] - local[0]] for way, seconds in ways.items()]
    table(
        f"slurm: {PAPERS} papers, nothing in the cache",
        ["way", "seconds", "of these in steps", "more seconds"],
        rows,
    )
