"""Which heavy packages each step imports when it starts: one more costs every run 0.1 to 3 seconds.

`make bench ARGS=start` measures the time. A step may import more later, where it needs it.
"""

import subprocess
import sys

import pytest

from conftest import ROOT

HEAVY = {
    "PIL",
    "igraph",
    "jinja2",
    "jsonschema",
    "matplotlib",
    "numba",
    "pandas",
    "scipy",
    "sklearn",
    "torch",
}
HEAVY |= {"tqdm", "transformers", "umap", "yaml"}
# the packages of HEAVY that the scripts of a row import, in all
STARTS = {
    "clean cluster embed gather neighbors scan_k smooth terms works": set(),
    "search": {"scipy"},
    "edit hierarchy papers": {"pandas"},
    "atlas methods": {"jinja2", "pandas"},
    "evaluate keywords label": {"pandas", "scipy"},
    "explore": {"jinja2", "pandas", "scipy"},
    "project": {"numba", "scipy", "yaml"},
    "select_k": {"PIL", "matplotlib", "pandas"},
    "changes plot trends": {"PIL", "matplotlib", "pandas", "scipy"},
    "report": {"PIL", "jinja2", "matplotlib", "pandas", "scipy"},
    "export": {"PIL", "igraph", "jinja2", "matplotlib", "pandas"},
}


@pytest.mark.parametrize(("scripts", "packages"), STARTS.items(), ids=STARTS)
def test_scripts_start_without_heavy_packages_that_they_may_not_need(scripts, packages):
    code = f"import {', '.join(scripts.split())}, sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "scripts", capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) & HEAVY == packages


def test_every_script_is_in_the_table():
    listed = [name for row in STARTS for name in row.split()]
    # explaining is PyTorch's work
    assert sorted([*listed, "explain"]) == sorted(path.stem for path in (ROOT / "scripts").glob("*.py"))
