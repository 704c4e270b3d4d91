"""The tests themselves: helpers are in helper modules, and collecting the tests parses no Snakefile."""

import ast
import runpy
from pathlib import Path

import pytest
from snakemake.api import SnakemakeApi

import rule_tables
from conftest import ROOT

TESTS = sorted((ROOT / "tests").rglob("test_*.py"))


def imported(file: Path) -> set[str]:
    """The modules that a file imports, anywhere in it."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    return {*names, *(str(node.module) for node in nodes if isinstance(node, ast.ImportFrom))}


def test_no_test_imports_another():
    """What two of them need is in a helper module, such as rules.py."""
    names = {file.stem for file in TESTS}
    assert len(names) == len(TESTS) > 50, "two test files have one name"
    for file in (ROOT / "tests").rglob("*.py"):
        assert not names & {part for name in imported(file) for part in name.split(".")}, file


@pytest.mark.parametrize(
    "file",
    [file for file in TESTS if "rule_tables" in imported(file) and file != Path(__file__)],
    ids=lambda file: file.name,
)
def test_the_snakefile_is_not_parsed_at_import(file, monkeypatch):
    """Each worker imports all tests."""

    def refuse(*_, **__):
        raise AssertionError(f"{file.name} parses the Snakefile when it is imported")

    monkeypatch.setattr(SnakemakeApi, "workflow", refuse)
    monkeypatch.setattr(rule_tables, "default_rules", refuse)
    runpy.run_path(str(file))
