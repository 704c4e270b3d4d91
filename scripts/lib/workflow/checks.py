"""What a run checks and says before its first job and after its last."""

import fcntl
import getpass
import json
import os
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from shutil import which

from snakemake.exceptions import WorkflowError
from snakemake.logging import logger

from .config import Config, results_folder
from .edits_file import OF_PAPERS
from .encoders import language_warning
from .named_files import as_list


def changes_since(ledger: Path, config: Config) -> tuple[str, list[str]]:
    """What a ledger was made of: its input, and the keys of the config that differ from those of that run."""
    try:
        made = json.loads(Path(ledger).read_text("utf-8"))
        files = as_list(made["input"])
        names = [Path(file).name for file in as_list(config["input"])]
        changed = [] if [Path(file).name for file in files] == names else ["input"]  # some have their folders
        changed += [
            f"clean.{key}" for key, value in config["clean"].items() if made["settings"].get(key) != value
        ]
        return files[0] + (f" and {len(files) - 1} other files" if files[1:] else ""), changed
    except (OSError, ValueError, KeyError, AttributeError):
        return "", []  # missing or damaged; the steps that read it report it


def warn_of_another_corpus(config: Config) -> None:
    """Warn before results of another input, or of other settings of `clean`, are replaced."""
    results = results_folder(config)
    made, changed = changes_since(results / "corpus/ledger.json", config)
    if changed:
        logger.warning(
            f"warning: {results} holds the map of {made}, made with another {', '.join(changed)}; this run "
            "replaces it. To keep both, give this run a folder of its own: "
            "--config 'pathvars={results: runs/NAME}' or `make run RESULTS=runs/NAME`."
        )


def check_papers(papers: Path, ledger: Path, config: Config) -> None:
    """Raise a WorkflowError if Snakemake considers papers of other settings up to date.

    Snakemake's records are stale if its main process was killed while a cluster job kept writing.
    """
    changed = changes_since(ledger, config)[1]
    if changed:
        raise WorkflowError(
            f"{papers} was made with another {', '.join(changed)} than the config says, and Snakemake considers it up "
            "to date, probably because a run was killed. Run again with `--forcerun clean`."
        )


def check_number_of_topics(digest: Path, config: Config) -> None:
    """Raise a WorkflowError if cluster.k is above the number of papers, before anything is encoded."""
    papers, k = int(Path(digest).read_text("utf-8").split()[1]), config["cluster"]["k"]
    if k is not None and k > papers:
        raise WorkflowError(f"config key cluster.k: {k} topics of {papers} papers; set it lower, or to null")


@cache
def _warn_once(text: str) -> None:
    logger.warning(text)


def warn_of_languages(ledger: Path, config: Config) -> None:
    """Warn before papers are encoded by a model that does not know their language."""
    languages = json.loads(Path(ledger).read_text("utf-8")).get("languages", {})
    if text := language_warning(languages, config["embed"]["model"]):
        _warn_once(f"warning: {text}")


def lock_results(config: Config) -> int | None:
    """Hold the results folder until this process ends, however it ends.

    Snakemake's own locks do not: when a run ends, it deletes those of all runs of the working directory.

    Returns
    -------
    The descriptor of the folder, which stays open, or None if the file system has no locks.

    Raises
    ------
    WorkflowError
        The folder cannot be written to, or another run holds it.
    """
    folder = results_folder(config)
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not os.access(existing, os.W_OK):
        raise WorkflowError(
            f"pathvars.results: {existing} cannot be written to; make it writable, or set the key to another folder"
        )
    folder.mkdir(parents=True, exist_ok=True)
    try:
        return lock_folder(folder)
    except BlockingIOError:
        raise WorkflowError(
            f"pathvars.results: another run is writing to {folder}; wait until it ends, or give this run another folder"
        ) from None


def lock_folder(folder: Path) -> int | None:
    """Hold a folder; the descriptor, which stays open, or None if the file system has no locks.

    Raises
    ------
    BlockingIOError
        Another process holds it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise
        return None  # some network file systems
    return descriptor


def require_apptainer_for_image(config: Config, uses_apptainer: bool) -> None:
    """Raise a WorkflowError if a step would run outside the image that the config names."""
    if config["embed"]["image"] and not uses_apptainer:
        raise WorkflowError(
            f"embed.image is {config['embed']['image']}, but without `--sdm apptainer` the step would run outside "
            "it. Add `--sdm apptainer` (or `--sdm conda apptainer`), or set embed.image to null."
        )


def warn_of_running_jobs() -> None:
    """Warn of SLURM jobs that a killed run left in this folder: this run would submit them again."""
    if not which("squeue"):
        return
    command = ["squeue", "--noheader", "--user", getpass.getuser(), "--format=%i|%Z|%k"]
    try:
        lines = subprocess.check_output(
            command, text=True, timeout=20, stderr=subprocess.DEVNULL
        ).splitlines()
    except (OSError, subprocess.SubprocessError):
        return  # SLURM does not answer; submitting reports why
    jobs = [line.split("|", 2) for line in lines if line.count("|") >= 2]
    left = [
        (job, comment.removeprefix("rule_"))
        for job, folder, comment in jobs
        if comment.startswith("rule_") and Path(folder) == Path.cwd()
    ]
    if left:
        logger.warning(
            f"warning: jobs of an earlier run are still in the queue for this folder: "
            f"{', '.join(f'{job} ({name})' for job, name in left)}. This run submits the same work again. Stop it, "
            f"run `scancel {' '.join(job for job, _ in left)}`, and start it again, unless they belong to a run "
            "with another results folder."
        )


def warn_of_steps(config: Config) -> None:
    """Show the warnings in the logs of all steps, each once."""
    warnings: dict[str, Path] = {}
    for log in sorted((results_folder(config) / "logs").rglob("*.log")):
        for line in re.split(r"[\r\n]", log.read_text("utf-8", "replace")):
            if line.startswith("warning: "):
                warnings.setdefault(line, log)
    for line, log in warnings.items():
        logger.warning(f"{line} ({log})")


def remove_edited(config: Config) -> None:
    """Delete the edited topics of a former run, once the topics have no edits of papers: a later run would follow them."""
    folder = results_folder(config)
    try:
        edits = json.loads((folder / "topics/edits.json").read_text("utf-8"))["edits"]
    except (OSError, ValueError, KeyError):
        return
    if (folder / "clusters/edited").is_dir() and not any(edit["kind"] in OF_PAPERS for edit in edits):
        shutil.rmtree(folder / "clusters/edited")


def remove_parts(config: Config) -> None:
    """Delete the parts of the embeddings that a killed run left.

    Snakemake deletes them right after `gather`, or never.
    """
    folder = results_folder(config) / "embeddings"
    whole = folder / "embeddings.npy"
    if not whole.is_file():
        return
    for part in (folder / "parts").glob("*"):
        if part.stat().st_mtime <= whole.stat().st_mtime:
            part.unlink()
