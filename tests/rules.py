"""The steps, their rules as Snakemake parses them, and what their scripts import."""

import ast
import sys
from functools import cache
from pathlib import Path

from conftest import ROOT
from lib.workflow.steps import stages

SCRIPTS = ROOT / "scripts"
STAGES = stages(ROOT)
STEPS = [step for steps in STAGES.values() for step in steps]
# those of `all` in a run without an earlier one and without edits; `atlas` and `export` are made on request
RUN_STEPS = [step for step in STEPS if step not in ("atlas", "export", "changes", "edit")]


@cache
def imports(file: Path) -> tuple[frozenset[str], frozenset[str]]:
    """What a file imports, directly or not: (files of lib, third-party packages)."""
    lib, others = set(), set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        for name in names:
            top, path = name.partition(".")[0], SCRIPTS / f"{name.replace('.', '/')}.py"
            if top == "lib" and path.is_file():
                lib.add(path)
            elif top != "lib" and top not in sys.stdlib_module_names:
                others.add(top)
    for path in list(lib):
        more, packages = imports(path)
        lib |= more
        others |= packages
    return frozenset(lib), frozenset(others)


def env(rule) -> Path:
    return ROOT / str(dict(named(rule.input))["env"])


def named(items) -> list[tuple[str, object]]:
    """The named inputs or outputs of a rule; those given as a list are a list."""
    return [
        (name, items[i] if end is None else list(items[i:end])) for name, (i, end) in items._names.items()
    ]
