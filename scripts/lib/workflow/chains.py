"""The chain of runs: what the config key `previous` names, and whether a run can follow it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from .config import Config, results_folder

# What a run reads of the one before it; the report of the earlier run needs more
FILES = (
    "clusters/assignments.parquet",
    "clusters/cluster.json",
    "topics/topics.parquet",
    "map/coordinates.parquet",
)


def check_previous(config: Config) -> None:
    """Raise a WorkflowError if the earlier run cannot be followed: it is this one, is unfinished, or is too old."""
    if config["previous"] is None:
        return
    folder, results = Path(config["previous"]), results_folder(config)
    if folder.resolve() == results.resolve():
        raise WorkflowError(
            f"previous: {folder} is the results folder of this run; give this run another one: "
            "`make run RESULTS=runs/NAME`, or pathvars.results"
        )
    if missing := [file for file in FILES if not (folder / file).is_file()]:
        raise WorkflowError(
            f"previous: {folder} holds no finished run, {missing[0]} is missing; finish that run, or name another"
        )
    summary = read_summary(folder)
    if "numbers" not in summary:
        raise WorkflowError(
            f"previous: {folder} was made by an older version of this workflow, which had no lasting numbers of topics "
            "(cluster.json lacks `numbers`). Map its papers again with this version, and follow that run."
        )
    if follows(summary, summary_of(results)):
        raise WorkflowError(
            f"previous: {folder} follows {results}, or a run that follows it; a chain cannot be a circle. Give this run "
            "a folder of its own"
        )


def follows(later: dict[str, Any], earlier: dict[str, Any]) -> bool:
    """Whether a run follows another, at once or through others: it has all keys that the other one gave.

    Parameters
    ----------
    later, earlier : cluster.json of both; of no chain if they lack `keys`
    """
    keys = earlier.get("keys", [])
    return bool(keys) and later.get("run", 0) > earlier["run"] and later["keys"][: len(keys)] == keys


@cache
def read_summary(folder: Path) -> dict[str, Any]:
    """cluster.json of an earlier run."""
    summary = summary_of(folder)
    if not summary:
        raise WorkflowError(f"previous: {folder}/clusters/cluster.json cannot be read; run that map again")
    return summary


def summary_of(folder: Path) -> dict[str, Any]:
    """cluster.json of a run; empty if it cannot be read."""
    try:
        return dict(json.loads((folder / "clusters/cluster.json").read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return {}


def topics_of_previous(config: Config) -> int | None:
    """The number of topics of the earlier run, which this one starts from; None without one."""
    if config["previous"] is None or config["cluster"]["history"] == "fresh":
        return None
    return read_summary(Path(config["previous"]))["k"]


def history_of(config: Config) -> list[str]:
    """history.parquet of the earlier run; nothing without one, or if it is the first of its chain."""
    if config["previous"] is None or not read_summary(Path(config["previous"]))["run"]:
        return []
    return [str(Path(config["previous"], "topics/history.parquet"))]
