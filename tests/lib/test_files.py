"""Outputs appear whole or not at all, and a full disk names the output."""

import json
import os
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pyarrow as pa
import pytest

from lib.cli import UserError
from lib.files import atomic_outputs, scratch_folder
from lib.map.schema import COORDINATES
from lib.tables import write_table


def test_outputs_appear_together_or_not_at_all(tmp_path):
    one, two = tmp_path / "new" / "one.npy", tmp_path / "new" / "two.json"
    with pytest.raises(KeyError), atomic_outputs(one, two) as (first, _):
        first.write_text("half")
        raise KeyError
    assert list((tmp_path / "new").iterdir()) == []
    with atomic_outputs(one, two) as (first, second):
        first.write_text("1")
        second.write_text("2")
        assert not one.exists() and first.suffix == ".npy"
    assert (one.read_text(), two.read_text()) == ("1", "2")


def test_what_a_killed_script_left_is_deleted(tmp_path):
    code = (
        "import os, signal, sys; from pathlib import Path; from lib.files import *\n"
        "folder = Path(sys.argv[1])\n"
        "with atomic_outputs(folder / 'a.npy') as (part,), scratch_folder('.clean-', folder) as scratch:\n"
        "    part.write_text('half'); (scratch / 'x').write_text('y')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    scripts = Path(__file__).resolve().parents[2] / "scripts"
    killed = subprocess.run(
        [sys.executable, "-c", code, tmp_path], check=False, env=os.environ | {"PYTHONPATH": str(scripts)}
    )
    assert killed.returncode == -9 and len(list(tmp_path.iterdir())) == 2
    (tmp_path / "b.npy").write_text("another output")
    with atomic_outputs(tmp_path / "a.npy") as (part,), scratch_folder(".clean-", tmp_path):
        part.write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npy", "b.npy"]


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 128 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)]
    if os.getuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a file system can be mounted only by root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def write_figure(path: Path) -> None:
    plt.imsave(path, np.random.default_rng(0).random((400, 400)))


NOISE = np.random.default_rng(0).random((100_000,)).astype(np.float32)
WRITERS = {
    "array.npy": lambda path: np.save(path, NOISE),
    "text.json": lambda path: path.write_text(json.dumps(NOISE.tolist())),
    "table.parquet": lambda path: write_table(
        path, pa.table({"id": [str(i) for i in range(len(NOISE))], "x": NOISE, "y": NOISE}), COORDINATES
    ),
    "figure.png": write_figure,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_full_disk_names_the_output(small_disk, name):
    paths = [small_disk / "first.txt", small_disk / name, small_disk / "last.txt"]
    with pytest.raises(UserError) as caught, atomic_outputs(*paths) as (first, part, _):
        first.write_text("small")
        WRITERS[name](part)
    assert f", {small_disk / name}, " in str(caught.value) and "the disk is full (0 MB free)" in str(
        caught.value
    )
    assert list(small_disk.iterdir()) == []
