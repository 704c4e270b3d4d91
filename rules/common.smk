"""Functions for the inputs, params and resources of the rules, and what is said before and after a run."""

import ast
import getpass
import json
import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from shutil import which

from snakemake import __version__ as snakemake_version
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

sys.path.insert(0, str(ROOT / "scripts"))

from lib.workflow import budget

# A package in ~/.local must not replace one of the environment, and files are in UTF-8 whatever
# the locale.
shell.prefix("export PYTHONNOUSERSITE=1 PYTHONUTF8=1; ")


def changes_since(ledger, config):
    """What a ledger was made of: its input, and the keys of the config that differ from those of that run."""
    try:
        made = json.loads(Path(ledger).read_text("utf-8"))
        other = [] if made["input"] == Path(config["input"]).name else ["input"]
        other += [
            f"clean.{key}"
            for key, value in config["clean"].items()
            if made["settings"].get(key) != value
        ]
        return made["input"], other
    except (OSError, ValueError, KeyError, AttributeError):
        return "", []  # missing or damaged; the steps that read it say so


def warn_of_another_corpus(config):
    """Warn before results of another input, or of other settings of `clean`, are replaced."""
    made, other = changes_since(results_folder(config) / "corpus/ledger.json", config)
    if other and workflow.is_main_process:
        logger.warning(
            f"warning: {results_folder(config)} holds the map of {made}, made with another "
            f"{', '.join(other)}; this run replaces it. To keep both, give this run a folder of its own: "
            "--config 'pathvars={results: runs/NAME}' or `make run RESULTS=runs/NAME`."
        )


def about_run(wildcards, threads):
    """Versions, and the keys that differ from their defaults, as JSON; params that Snakemake does not track."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty"]
    found = (
        subprocess.run(command, capture_output=True, text=True)
        if which("git")
        else None
    )
    commit = found.stdout.strip() if found and found.returncode == 0 else "unknown"
    versions = {"this workflow, commit": commit, "Snakemake": snakemake_version}
    return json.dumps({"versions": versions, "changed": changed_keys(config, SCHEMA)})


def statements(node):
    """All statements of a syntax tree: ten times fewer nodes than `ast.walk` visits."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, field, []):
            yield child
            yield from statements(child)


@cache
def imported_files(file):
    """The files of scripts/lib that a Python file imports, directly or through each other."""
    found = set()
    for node in statements(ast.parse((ROOT / file).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lib"):
            inside = [f"{node.module}.{alias.name}" for alias in node.names]
            modules = [node.module, *inside]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            path = f"scripts/{module.replace('.', '/')}.py"
            if module.startswith("lib.") and (ROOT / path).is_file():
                found |= {path, *imported_files(path)}
    return frozenset(found)


def code(step):
    """The inputs `script` and `lib` of a rule: its script and the files that the script imports."""
    script = f"scripts/{step}.py"
    return {"script": script, "lib": sorted(imported_files(script))}


def digest(wildcards):
    """papers.digest. Asking for it makes Snakemake evaluate the graph again once `clean` has run.

    Raises a WorkflowError if Snakemake takes papers of other settings for up to date. Its records are
    those of an earlier run if its main process was killed while a cluster job went on to write the papers.
    """
    output = checkpoints.clean.get().output  # not reached while `clean` has to run
    other = changes_since(output.ledger, config)[1]
    if other:
        raise WorkflowError(
            f"{output.papers} was made with another {', '.join(other)} than the config says, and Snakemake "
            "takes it for up to date, most likely since a run was killed. Run again with `--forcerun clean`."
        )
    check_number_of_topics(output.digest)
    return output.digest


def check_number_of_topics(digest):
    """Raise a WorkflowError if cluster.k is above the number of papers, before anything is encoded."""
    papers, k = int(Path(digest).read_text("utf-8").split()[1]), config["cluster"]["k"]
    if k is not None and k > papers:
        raise WorkflowError(
            f"config key cluster.k: {k} topics of {papers} papers; set it lower, or to null"
        )


def warn_of_steps():
    """Show the warnings in the logs of all steps."""
    logs = results_folder(config) / "logs"
    said = {}
    for log in sorted(logs.rglob("*.log")):
        for line in re.split(r"[\r\n]", log.read_text("utf-8", "replace")):
            if line.startswith("warning: "):
                said.setdefault(line, log)
    for line, log in said.items():
        logger.warning(f"{line} ({log})")


def chosen(wildcards):
    """k.txt. Steps that read the assignments depend on it too, so that one more candidate re-runs none of them."""
    return checkpoints.select_k.get().output.chosen


TERMS = {
    "vocabulary": "<results>/corpus/vocabulary.parquet",
    **{
        name: f"<results>/corpus/{name}.npy"
        for name in ("tokens", "offsets", "terms", "term_offsets")
    },
}
# The papers change when their digest does, not when their file is written again.
CORPUS = {"papers": ancient("<results>/corpus/papers.parquet"), "digest": digest}
ASSIGNED = {
    "assignments": "<results>/clusters/assignments.parquet",
    "chosen": chosen,
}


def remove_parts():
    """Delete the parts of the embeddings that a killed run left.

    Snakemake deletes them right after `gather`, or never.
    """
    folder = results_folder(config) / "embeddings"
    whole = folder / "embeddings.npy"
    if not (workflow.is_main_process and whole.is_file()):
        return
    for part in (folder / "parts").glob("*"):
        if part.stat().st_mtime <= whole.stat().st_mtime:
            part.unlink()


def papers_of_corpus():
    """How many papers there are, or about how many at most before `clean` has run with these settings."""
    ledger = results_folder(config) / "corpus/ledger.json"
    snapshot = Path(config["input"])
    made, other = changes_since(ledger, config)
    if made and not other:
        return json.loads(ledger.read_text("utf-8"))["buckets"]["kept"]["count"]
    packed = snapshot.suffix in (".gz", ".zst", ".bz2", ".xz", ".zip", ".tgz")
    papers = budget.expected_papers(snapshot.stat().st_size, packed)
    return min(papers, config["clean"]["limit"] or papers)


# Every job asks for it, and the files of an encoder do not change during a run.
encoder_layers = cache(budget.encoder_size)


def encoder_size(model):
    """The dimension of the vectors and the GFLOP per token of an encoder, see lib.workflow.budget."""
    dim, gflop = encoder_layers(model)
    summary = results_folder(config) / "embeddings/embeddings.json"
    if summary.is_file():
        made = json.loads(summary.read_text("utf-8"))
        dim = made["dim"] if made["model"] == model else dim
    return dim, gflop


def size(step, wildcards):
    """The size of the work of a step."""
    papers = papers_of_corpus()
    most = max(CANDIDATES)
    dim, gflop = encoder_size(config["embed"]["model"])
    return budget.Size(
        papers=papers,
        dim=dim,
        sample=min(papers, config["scan_k"]["sample"]),
        topics=int(wildcards.k) if step == "scan_k" else most,
        parts=config["embed"]["parts"],
        gflop=gflop,
        gpu=bool(config.get(step, {}).get("gpus", config["embed"]["gpus"])),
    )


def memory(step):
    """The resource mem_mb of a rule: from the table in scripts/lib/workflow/budget.py, times the attempt."""
    return lambda wildcards, attempt: budget.requested_mb(
        step, size(step, wildcards), attempt
    )


def minutes(step):
    """The resource runtime of a rule: from the table in scripts/lib/workflow/budget.py, times the attempt."""
    return lambda wildcards, attempt: budget.requested_minutes(
        step, size(step, wildcards), attempt
    )


def scan_threads(wildcards):
    """Threads of a scan: one for few papers, since a second one would wait for Python's lock most of the time.

    The scans then run side by side.
    """
    return 1 if size("scan_k", wildcards).sample < 20_000 else 8


def warn_of_running_jobs():
    """Warn of SLURM jobs that a killed run left in this folder: this run would submit them again."""
    if not which("squeue"):
        return
    command = ["squeue", "--noheader", "--user", getpass.getuser(), "--format=%i|%Z|%k"]
    try:
        lines = subprocess.check_output(
            command, text=True, timeout=20, stderr=subprocess.DEVNULL
        ).splitlines()
    except (OSError, subprocess.SubprocessError):
        return  # SLURM does not answer; submitting says why
    jobs = [line.split("|", 2) for line in lines if line.count("|") >= 2]
    own = [
        (job, comment.removeprefix("rule_"))
        for job, folder, comment in jobs
        if comment.startswith("rule_") and Path(folder) == Path.cwd()
    ]
    if own:
        logger.warning(
            f"warning: jobs of an earlier run are still in the queue for this folder: "
            f"{', '.join(f'{job} ({name})' for job, name in own)}. This run submits the same work again. Stop it, "
            f"run `scancel {' '.join(job for job, _ in own)}`, and start it again, unless they belong to a run "
            "with another results folder."
        )


def refuse_read_only_results():
    """Raise a WorkflowError if no file can be written for `pathvars.results`, before a job is submitted."""
    folder = results_folder(config).absolute()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(there, os.W_OK):
        raise WorkflowError(
            f"pathvars.results: {there} cannot be written to; make it writable, or set the key to another folder"
        )


def refuse_ignored_image():
    """Raise a WorkflowError if a step would run outside the image that the config names."""
    method = workflow.deployment_settings.deployment_method
    if config["embed"]["image"] and DeploymentMethod.APPTAINER not in method:
        raise WorkflowError(
            f"embed.image is {config['embed']['image']}, but without `--sdm apptainer` the step would run outside "
            "it. Add `--sdm apptainer` (or `--sdm conda apptainer`), or set embed.image to null."
        )
