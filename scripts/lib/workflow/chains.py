"""The chain of runs: what the config key `previous` names, and whether a run can follow it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from .config import Config, results_folder

# What a run reads of the one before it; the report of the earlier run needs more
FILES = (
    "clusters/assignments.parquet",
    "clusters/cluster.json",
    "topics/topics.parquet",
    "map/coordinates.parquet",
    "map/project.json",
)
HISTORY = "topics/history.parquet"  # too, of a run that follows another


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
    if missing := missing_files(folder):
        raise WorkflowError(
            f"previous: {folder} holds no finished run, {missing[0]} is missing; finish that run, or name another"
        )
    summary = read_summary(folder)
    if "lineage" not in summary:
        raise WorkflowError(
            f"previous: {folder} was made by an older version of this workflow, whose topics have no lasting numbers or no "
            "lineage (cluster.json lacks `lineage`). Map its papers again with this version, and follow that run."
        )
    k = config["cluster"]["k"]
    if config["cluster"]["history"] == "freeze" and k not in (None, summary["k"]):
        raise WorkflowError(
            f"cluster.k: {k} topics, but `cluster.history: freeze` keeps the {summary['k']} of {folder}; set cluster.k to "
            "null, or cluster.history to follow"
        )
    if follows(summary, summary_of(results)):
        raise WorkflowError(
            f"previous: {folder} follows {results}, or a run that follows it; a chain cannot be a circle. Give this run "
            "a folder of its own"
        )


def follows(later: dict[str, Any], earlier: dict[str, Any]) -> bool:
    """Whether a run follows another, at once or through others: its lineage begins with that of the other one.

    Parameters
    ----------
    later, earlier : cluster.json of both; of no chain if they lack `lineage`
    """
    runs = earlier.get("lineage", [])
    ancestors = later.get("lineage", [])[:-1]
    return bool(runs) and ancestors[: len(runs)] == runs


def missing_files(folder: Path) -> list[str]:
    """The files that a later run would read of a folder, and that are not there."""
    files = FILES if summary_of(folder).get("run", 0) == 0 else (*FILES, HISTORY)
    return [file for file in files if not (folder / file).is_file()]


def warn_of_another_chain(config: Config) -> None:
    """Warn before the results of a run that followed another one are replaced, and of an earlier run of another encoder."""
    results = results_folder(config)
    followed = summary_of(results).get("lineage", [])[:-1]
    previous = config["previous"]
    lineage = read_summary(Path(previous))["lineage"] if previous else []
    if followed and not lineage:
        logger.warning(
            f"warning: the topics of {results} continue those of an earlier map. `previous` is null, so this run gives "
            "them new numbers, names and places. To go on, set `previous` to the folder of the earlier map"
        )
    elif followed != lineage and summary_of(results):
        logger.warning(
            f"warning: {results} holds a map that does not follow {previous} as it is now; this run replaces its topics"
        )
    if previous and (encoder := encoder_of(Path(previous))) not in (None, config["embed"]["model"]):
        logger.warning(
            f"warning: the papers of {previous} were encoded by {encoder}, and those of this run by "
            f"{config['embed']['model']}: more papers than usual change their topic, once"
        )


def encoder_of(folder: Path) -> str | None:
    """The model that encoded the papers of a run; None if it is not known."""
    try:
        return json.loads((folder / "embeddings/embeddings.json").read_text("utf-8"))["model"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


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
    return [str(Path(config["previous"], HISTORY))]


def settings_of_history(config: Config) -> tuple[str, ...]:
    """The keys of `cluster` that decide how topics continue those of an earlier run; without one, none."""
    history = config["cluster"]["history"]
    if config["previous"] is None:
        return ()
    return ("k", "stay", "history") if history == "follow" else ("history",)


def clustered(folder: str | Path) -> str:
    """The folder of the topics of a finished run: as edits changed them, or as `cluster` found them."""
    edited = Path(folder, "clusters/edited")
    return str(edited if (edited / "edits.json").is_file() else edited.parent)


def of_edits(config: Config, name: str) -> list[str]:
    """A file of the edits of the earlier run; nothing without one, or if it has no edits of papers."""
    file = Path(config["previous"] or "", "clusters/edited", name)
    return [str(file)] if config["previous"] and file.is_file() else []
