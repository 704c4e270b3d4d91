"""What a step is made of: its code, its command, and the stages that the rules form."""

import ast
import hashlib
import json
import os
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

import yaml

LONGEST = 100_000  # bytes; Linux takes no argument above 131,072, and the shell gets the whole command as one
# Inputs of a rule that are not flags of its script.
NO_FLAGS = {"script", "lib", "env", "version", "metadata", "facets_version", "choice", "includes"}
# A package in ~/.local must not replace one of the environment, and files are in UTF-8 whatever the locale.
COMMAND = "PYTHONNOUSERSITE=1 PYTHONUTF8=1 python {input.script:q} {params.flags} >{log} 2>&1"


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements of a syntax tree: ten times fewer nodes than `ast.walk` visits."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for child in getattr(node, field, []):
            yield child
            yield from statements(child)


@cache
def imported_files(root: Path, file: str) -> frozenset[str]:
    """The files of scripts/lib that a Python file imports, directly or through each other, as paths from `root`."""
    files: set[str] = set()
    for node in statements(ast.parse((root / file).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lib"):
            modules = [str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        else:
            continue
        for module in modules:
            path = f"scripts/{module.replace('.', '/')}.py"
            if module.startswith("lib.") and (root / path).is_file():
                files |= {path, *imported_files(root, path)}
    return frozenset(files)


def flag(name: str, value: Any) -> str:
    """A flag of a script: `--name=value`, or `--name one two` for a list; a dict becomes JSON."""
    name = f"--{name.replace('_', '-')}"
    if isinstance(value, list | tuple):
        return " ".join([name, *(shlex.quote(str(each)) for each in value)])
    return f"{name}={shlex.quote(json.dumps(value) if isinstance(value, dict) else str(value))}"


def flags(*settings: Mapping[str, Any], takes: Sequence[str] = ()) -> Callable[..., str]:
    """The flags of a step: one per named input, output and setting, as a function for `params:`.

    Snakemake does not track its value, since it takes `threads`; inputs and settings are tracked by themselves.

    Parameters
    ----------
    settings : values by name; a function is called when the step runs, and not at each reading of the rules
    takes : wildcards, or "threads", which the script takes too
    """

    def values(wildcards: Any, input: Any, output: Any, threads: int) -> str:
        files = {name: files for name, files in input.items() if name not in NO_FLAGS}
        files |= dict(output.items())
        asked = {key: value for each in settings for key, value in each.items()}
        asked = {key: value() if callable(value) else value for key, value in asked.items()}
        more = {name: threads if name == "threads" else wildcards[name] for name in takes}
        return shortened(" ".join(flag(key, value) for key, value in (files | asked | more).items()))

    return values


def shortened(text: str) -> str:
    """The flags of a command; a text longer than a command may be is put into a file, which the script reads.

    The file is named by its content, so that jobs on other machines write the same one.
    """
    if len(text.encode()) < LONGEST:
        return text
    args = json.dumps(shlex.split(text))
    path = Path(".snakemake/flags") / f"{hashlib.sha256(args.encode()).hexdigest()[:16]}.json"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(args, "utf-8")
        part.replace(path)
    return f"--flags-from={path}"


def version(root: Path) -> str:
    """The commit of the workflow in a folder; "unknown" without Git."""
    if (root / ".commit").is_file():  # unpacked from a repository
        return (root / ".commit").read_text().strip()
    if not which("git") or not (root / ".git").exists():
        return "unknown"
    command = ["git", "-C", str(root), "describe", "--always", "--dirty"]
    described = subprocess.run(command, capture_output=True, text=True, check=False)
    return described.stdout.strip() if described.returncode == 0 else "unknown"


def citation(root: Path) -> str:
    """How the workflow is cited, from CITATION.cff."""
    about = yaml.safe_load((root / "CITATION.cff").read_text("utf-8"))
    people = [
        each.get("name") or f"{each['given-names']} {each['family-names']}" for each in about["authors"]
    ]
    year = str(about["date-released"])[:4]
    return f"{', '.join(people)} ({year}). {about['title']}, version {about['version']}."


def about(root: Path, snakemake: str, changed: Mapping[str, Any]) -> dict[str, Any]:
    """What the report says of a run: versions, the config keys that differ from their defaults, and how it is cited."""
    versions = {"this workflow, commit": version(root), "Snakemake": snakemake}
    return {"versions": versions, "changed": dict(changed), "cite": citation(root)}


def stages(root: Path) -> dict[str, list[str]]:
    """The steps of each stage, in the order of the Snakefile and of the files in rules/."""
    included = re.findall(
        r'^include: here.join\("rules/(\w+)\.smk"\)', (root / "Snakefile").read_text("utf-8"), re.MULTILINE
    )
    rules = {name: (root / f"rules/{name}.smk").read_text("utf-8") for name in included}
    steps = {
        name: re.findall(r"^(?:rule|checkpoint) (\w+):", text, re.MULTILINE) for name, text in rules.items()
    }
    return {name: found for name, found in steps.items() if found}
