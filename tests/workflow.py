"""Copies of the project, and the jobs that Snakemake starts in them."""

import copy
import gzip
import json
import os
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import yaml
from snakemake import cli

from conftest import ENVIRONMENT, ROOT, script_server
from lib.workflow import config as configs

SCHEMA = yaml.safe_load((ROOT / "rules" / "config.schema.yaml").read_text())

FILES = [  # of the results of a run
    "corpus/ledger.json",
    "corpus/papers.parquet",
    "corpus/facets.parquet",
    *(f"corpus/{name}.digest" for name in ("papers", "metadata", "facets")),
    *(
        f"corpus/{name}"
        for name in ("vocabulary.parquet", "tokens.npy", "offsets.npy", "terms.npy", "term_offsets.npy")
    ),
    "embeddings/embeddings.npy",
    "embeddings/embeddings.json",
    "embeddings/neighbors.npy",
    "embeddings/similarities.npy",
    "embeddings/neighbors.json",
    "corpus/works.parquet",
    "corpus/works.json",
    *(f"clusters/sample/{name}.npy" for name in ("rows", "vectors", "half_rows", "half_vectors")),
    "clusters/k.json",
    "clusters/k.txt",
    "clusters/k_selection.csv",
    "clusters/k_selection.png",
    "clusters/centroids.npy",
    "clusters/search.npy",
    "clusters/assignments.parquet",
    "clusters/memberships.parquet",
    "clusters/cluster.json",
    "clusters/nodes.parquet",
    "clusters/subtopics.parquet",
    "clusters/linkage.npy",
    "clusters/scan_k/70.json",
    "clusters/scan_k/5.json",
    "topics/keywords.parquet",
    "topics/keywords.csv",
    "topics/coherence.json",
    "topics/representatives.parquet",
    *(f"topics/hierarchy.{kind}" for kind in ("parquet", "csv")),
    "map/hierarchy.png",
    *(f"topics/trends.{kind}" for kind in ("parquet", "csv", "png")),
    "topics/periods.parquet",
    *(f"topics/subtopic_{name}" for name in ("trends.parquet", "trends.csv", "periods.parquet")),
    *(f"topics/{name}" for name in ("explanations.parquet", "explained.parquet", "explain.json")),
    "topics/topics.parquet",
    "topics/edits.json",
    "topics.csv",
    "papers.csv",
    "papers.parquet",
    "topics.sql",
    "methods.md",
    "methods.bib",
    "flow.svg",
    "map/coordinates.parquet",
    "map/project.json",
    *(f"map/search/{name}" for name in ("papers.npy", "terms.npy", "terms.parquet")),
    "map.png",
    "map.html",
    "evaluation/evaluation.json",
    "evaluation/explanations.png",
    "report.html",
]


def check(config: dict) -> dict:
    """The config as the rules see it."""
    return configs.complete(copy.deepcopy(config), SCHEMA, ROOT)


def sample_lines(count: int) -> list[bytes]:
    """Bundled papers of all years and subjects."""
    with gzip.open(ROOT / "data" / "sample.jsonl.gz") as file:
        lines = list(file)
    return lines[:: len(lines) // count][:count]


def copy_project(folder: Path, lines: list[bytes], config: str) -> Path:
    """The workflow in a folder, with papers in data/papers.jsonl and a config in mine.yaml."""
    for name in ("rules", "scripts", "envs", "profiles", "presets", "docs", "data/words"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml", "CITATION.cff"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "data" / "papers.jsonl").write_bytes(b"".join(lines))
    # config.yaml names the bundled sample; mine.yaml names another
    (folder / "mine.yaml").write_text(config)
    return folder


def arguments(*flags: str) -> list[str]:
    """The command line after `snakemake`. A later --cores counts."""
    return ["--cores", "2", "--configfile", "mine.yaml", *flags]


def fork_snakemake(folder: Path, command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run snakemake in a fork of this process, where it is imported already: exit status and all that it printed."""
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:  # pragma: no cover
            try:
                signal.alarm(900)
                os.chdir(folder)
                for stream in (1, 2):
                    os.dup2(said.fileno(), stream)
                sys.stdout = sys.stderr = os.fdopen(said.fileno(), "w", closefd=False)
                os.environ.clear()
                os.environ.update(environment)
                cli.main(command)
            except SystemExit as end:
                sys.stdout.flush()
                os._exit(int(end.code or 0))
            finally:
                os._exit(70)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said.seek(0)
        return status, said.read().decode(errors="replace")


def in_fork(folder: Path, flags: tuple[str, ...], environment: dict[str, str]) -> str:
    """Run snakemake in a copy of the project: all that it printed. It must succeed."""
    status, text = fork_snakemake(folder, arguments(*flags), environment)
    assert status == 0, text[-6000:]
    return text


def snakemake(folder: Path, *flags: str, environment: dict[str, str] | None = None) -> str:
    """Run snakemake in a copy of the project: all that it printed. It must succeed.

    Parameters
    ----------
    environment : that of the server of scripts if None; with ENVIRONMENT, Python starts each script
    """
    return in_fork(folder, flags, environment or script_server().environment)


def dry_run(folder: Path, *flags: str) -> dict[str, int]:
    """The jobs of a dry run."""
    return jobs(in_fork(folder, ("-n", *flags), ENVIRONMENT))


def jobs(said: str) -> dict[str, int]:
    """The jobs per rule in the job tables that snakemake printed, without `all`; the last table counts."""
    found: dict[str, int] = {}
    for table in re.findall(r"^job +count\n-.*\n((?:\w+ +\d+\n)+)", said, flags=re.M):
        found |= {name: int(n) for name, n in (line.split() for line in table.splitlines())}
    assert found or "Nothing to be done" in said, said[-3000:]
    return {name: n for name, n in found.items() if name not in ("all", "total")}


def ran(said: str) -> list[str]:
    """The rule of each job that was started."""
    return re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):$", said, flags=re.M)


def read(folder: Path, name: str):
    """A file of the results: an array, a table or an object."""
    path = folder / "results" / name
    if path.suffix == ".json":
        return json.loads(path.read_text())
    return np.load(path) if path.suffix == ".npy" else pq.read_table(path)
