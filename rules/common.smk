"""Functions for the configuration and for the inputs, params and resources of the rules."""

import ast
import getpass
import json
import re
import subprocess
import sys
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from shutil import which

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from snakemake import __version__ as snakemake_version
from snakemake.exceptions import WorkflowError
from snakemake.logging import logger
from snakemake.settings.types import DeploymentMethod

ROOT = Path(workflow.basedir)
sys.path.insert(0, str(ROOT / "scripts"))

from lib import budget

SCHEMA_FILE = str(ROOT / "rules/config.schema.yaml")
SCHEMA = yaml.load(
    Path(SCHEMA_FILE).read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
)
OWN_FOLDERS = (
    "bench",
    "containers",
    "data",
    "docs",
    "envs",
    "presets",
    "profiles",
    "rules",
    "scripts",
    "tests",
    "tools",
)

# A package in ~/.local must not replace one of the environment, and files are in UTF-8 whatever
# the locale.
shell.prefix("export PYTHONNOUSERSITE=1 PYTHONUTF8=1; ")


def convert_types(config, schema):
    """Convert what YAML and the command line read differently: dates to text, `k: "25"` to 25."""
    for key, entry in schema["properties"].items():
        value = config.get(key)
        if isinstance(value, dict) and "properties" in entry:
            convert_types(value, entry)
        elif isinstance(value, dict):
            config[key] = {k: None if v == "null" else v for k, v in value.items()}
        elif isinstance(value, date):
            config[key] = value.isoformat()
        elif isinstance(value, list):
            if "string" not in entry.get("items", {}).get("type", ""):
                config[key] = [
                    yaml.safe_load(v) if isinstance(v, str) else v for v in value
                ]
        elif isinstance(value, str):
            if "string" not in entry.get("type", "string") or value == "null":
                config[key] = yaml.safe_load(value)


def check_config(config):
    """Raise a WorkflowError with all faults of the config: the key, and what to write instead."""
    convert_types(config, SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    faults = [fault for e in validator.iter_errors(config) for fault in describe(e)]
    faults += file_faults(config) + results_fault(config) + locale_faults(config)
    faults += llm_fault(config)
    if faults:
        raise WorkflowError(
            "The configuration (config.yaml, --configfile, --config) has faults:",
            *faults,
        )


def describe(error):
    """The faults in an error of the schema's validator."""
    key = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        names = sorted(set(error.instance) - set(known), key=str)
    elif "propertyNames" in error.absolute_schema_path:
        known, names = error.schema["enum"], [error.instance]
    else:
        if key == "llm.key_variable":  # perhaps the key itself, which must not be shown
            error.message = "the value is not the name of an environment variable"
        description = error.schema.get("description")
        suffix = f" ({description})" if description else ""
        return [f"{key or 'config'}: {error.message}{suffix}"]
    faults = []
    for name in names:
        near = get_close_matches(str(name).lower(), known, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        full = f"{key}.{name}" if key else name
        faults.append(f"{full}: unknown key; {hint}")
    return faults


def file_faults(config):
    """Faults of the keys that name an input file: it does not exist, or Snakemake cannot read its name."""
    terms, keywords = (
        section if isinstance(section := config.get(name), dict) else {}
        for name in ("terms", "keywords")
    )
    files = {
        "input": (
            config.get("input"),
            "set it to the snapshot (JSON lines, plain or packed)",
        ),
        "terms.stop_words": (
            terms.get("stop_words"),
            "set it to a list of words",
        ),
        "keywords.head_words": (
            keywords.get("head_words"),
            "set it to a list of words",
        ),
    }
    faults = []
    for key, (file, remedy) in files.items():
        if not isinstance(file, str):
            continue
        if set("<>{}") & set(file):
            faults.append(
                f"{key}: {file}: Snakemake has a use of its own for the characters < > {{ }} in a path; "
                "rename the file or its folder"
            )
        elif not Path(file).is_file():
            what = "a folder, not a file" if Path(file).is_dir() else "no such file"
            faults.append(f"{key}: {what}: {file}; {remedy}")
    return faults


def results_folder(config):
    """The folder of all results, as far as the config is sound."""
    paths = config.get("pathvars")
    return Path(
        str(paths.get("results", "results")) if isinstance(paths, dict) else "results"
    )


def results_fault(config):
    """A fault if results would go into a folder of the repository."""
    folder = results_folder(config).resolve()
    inside = ROOT.resolve()
    own = [inside / name for name in OWN_FOLDERS]
    if folder == inside or any(
        folder == path or path in folder.parents for path in own
    ):
        return [
            f"pathvars.results: {results_folder(config)} is a folder of the workflow itself; "
            "name another one, such as results or runs/astro"
        ]
    return []


def llm_fault(config):
    """A fault if a language model is to be asked whose name is not given."""
    llm = config.get("llm")
    if not isinstance(llm, dict) or not llm.get("url") or llm.get("model"):
        return []
    return ["llm.model: set it to the name of the model to ask at llm.url"]


def locale_faults(value, key=""):
    """Faults of texts which the locale of this session would garble on their way to the scripts."""
    encoding = sys.getfilesystemencoding()
    if isinstance(value, dict):
        return [
            fault
            for name, entry in value.items()
            for fault in locale_faults(entry, f"{key}.{name}" if key else name)
        ]
    if isinstance(value, list):
        return [fault for entry in value for fault in locale_faults(entry, key)]
    if encoding == "utf-8" or not isinstance(value, str) or value.isascii():
        return []
    return [
        f"{key}: {ascii(value)} needs a UTF-8 locale, and that of this session is {encoding}; "
        "run `export PYTHONUTF8=1` first"
    ]


def canonical(value, schema):
    """The config as plain values in one order: sections as in the schema, globs sorted, numbers of one type.

    Snakemake compares params by their text, in which `{a: 1, b: 2}` and `{b: 2, a: 1}` differ, and so
    do 30 and 30.0.
    """
    if isinstance(value, dict) and "propertyNames" in schema:
        return {key: value.get(key) for key in schema["propertyNames"]["enum"]}
    if isinstance(value, dict):
        keys = schema["properties"].items()
        return {
            key: canonical(value[key], entry) for key, entry in keys if key in value
        }
    if isinstance(value, list):
        return sorted(value) if schema.get("uniqueItems") else list(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if "number" in schema["type"] else int(value)
    return value


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


def settings(section):
    """The keys of a config section that decide what a step computes, in the order of the schema.

    Keys that are `execution_only` in the schema are left out, so that a change of them re-runs
    nothing.
    """
    keys = SCHEMA["properties"][section]["properties"]
    return {
        key: config[section][key]
        for key, entry in keys.items()
        if not entry.get("execution_only")
    }


def execution(section):
    """The keys that `settings` leaves out, as params that Snakemake does not track.

    Snakemake does not track the value of a params function that takes `threads`.
    """

    def keys(wildcards, threads):
        tracked = settings(section)
        return {k: value for k, value in config[section].items() if k not in tracked}

    return keys


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


def changed_keys(config, schema, prefix=""):
    """The config keys, as `section.key`, whose values are not the defaults of the schema."""
    changed = {}
    for key, entry in schema["properties"].items():
        if "properties" in entry:
            changed |= changed_keys(config[key], entry, f"{prefix}{key}.")
        elif config[key] != entry["default"]:
            changed[prefix + key] = config[key]
    return changed


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


@cache
def encoder_size(model):
    """The dimension of the vectors and the GFLOP per token of an encoder, see lib.budget."""
    dim, gflop = budget.encoder_size(model)
    summary = results_folder(config) / "embeddings/embeddings.json"
    if summary.is_file():
        made = json.loads(summary.read_text("utf-8"))
        dim = made["dim"] if made["model"] == model else dim
    return dim, gflop


def size(step, wildcards):
    """The size of the work of a step."""
    papers = papers_of_corpus()
    candidates = [int(wildcards.k)] if step == "scan_k" else CANDIDATES
    dim, gflop = encoder_size(config["embed"]["model"])
    return budget.Size(
        papers=papers,
        dim=dim,
        sample=min(papers, config["scan_k"]["sample"]),
        topics=max(candidates),
        parts=config["embed"]["parts"],
        gflop=gflop,
        gpu=bool(config.get(step, {}).get("gpus", config["embed"]["gpus"])),
    )


def memory(step):
    """The resource mem_mb of a rule: from the table in scripts/lib/budget.py, times the attempt."""
    return lambda wildcards, attempt: budget.requested_mb(
        step, size(step, wildcards), attempt
    )


def minutes(step):
    """The resource runtime of a rule: from the table in scripts/lib/budget.py, times the attempt."""
    return lambda wildcards, attempt: budget.requested_minutes(
        step, size(step, wildcards), attempt
    )


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


def refuse_ignored_image():
    """Raise a WorkflowError if a step would run outside the image that the config names."""
    method = workflow.deployment_settings.deployment_method
    if config["embed"]["image"] and DeploymentMethod.APPTAINER not in method:
        raise WorkflowError(
            f"embed.image is {config['embed']['image']}, but without `--sdm apptainer` the step would run outside "
            "it. Add `--sdm apptainer` (or `--sdm conda apptainer`), or set embed.image to null."
        )
