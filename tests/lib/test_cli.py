"""What scripts print, in every locale."""

import shlex
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

import measure
from conftest import ENVIRONMENT, ROOT, all_counted, pq_write, script, term_files
from lib.cli import Parser
from lib.workflow.steps import flag, shortened

LOCALES = {
    "Latin-1 streams": {"PYTHONIOENCODING": "latin-1"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "POSIX": {"LC_ALL": "POSIX", "LANG": "", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
}
WORDS = "γαλαξίας 量子 schrödinger 👑 \udcff"  # the last one stands for a bad byte in a file's name
PROGRAM = f"""
from lib.cli import UserError, run, say, warn

def main():
    say({WORDS!a})
    warn({WORDS!a})
    raise UserError({WORDS!a})

run(main)
"""


@pytest.mark.parametrize("locale", LOCALES)
def test_every_character_is_printed_in_utf_8(locale):
    result = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT / "scripts",
        capture_output=True,
        env=ENVIRONMENT | LOCALES[locale],
        check=False,
    )
    printed = WORDS.encode("utf-8", "backslashreplace").decode()
    assert result.returncode == 1
    assert result.stdout.decode() == f"{printed}\n"
    assert result.stderr.decode() == f"warning: {printed}\nerror: {printed}\n"


@pytest.mark.parametrize("locale", LOCALES)
def test_keywords_in_greek_are_printed_and_written(locale, tmp_path):
    ids = [f"2301.{i:05d}" for i in range(40)]
    words = ("γαλαξίας αστέρας", "νευρώνας εγκέφαλος")
    text = [f"{words[i % 2]} {words[i % 2]}." for i in range(40)]
    papers = pq_write(tmp_path / "p.parquet", title=[words[i % 2] for i in range(40)], text=text)
    assert script("terms", papers=papers, **term_files(tmp_path)).returncode == 0
    np.save(tmp_path / "e.npy", np.eye(2, dtype=np.float32)[np.arange(40) % 2])
    outputs = {
        "keywords": tmp_path / "k.parquet",
        "csv": tmp_path / "k.csv",
        "coherence": tmp_path / "c.json",
    }
    nodes = pq_write(
        tmp_path / "n.parquet",
        level=["group", "topic", "topic"],
        node=pa.array([0, 0, 1], pa.int32()),
        parent=pa.array([None, 0, 0], pa.int32()),
        size=[40, 20, 20],
        stability=pa.nulls(3, pa.float64()),
    )
    command = measure.script(
        "keywords",
        **term_files(tmp_path),
        embeddings=tmp_path / "e.npy",
        nodes=nodes,
        subtopics=pq_write(tmp_path / "s.parquet", subtopic=pa.nulls(40, pa.int32())),
        assignments=pq_write(tmp_path / "a.parquet", id=ids, topic=np.arange(40, dtype=np.int32) % 2),
        works=all_counted(tmp_path / "w.parquet", 40),
        **outputs,
    )
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, env=ENVIRONMENT | LOCALES[locale], check=False
    )
    assert result.returncode == 0, result.stderr
    said = result.stdout.decode()
    assert "topic 0" in said and "γαλαξίας" in said and "εγκέφαλος" in said
    assert "γαλαξίας" in outputs["csv"].read_text("utf-8")


@pytest.mark.parametrize("path", sorted((ROOT / "scripts").glob("*.py")), ids=lambda path: path.stem)
def test_every_script_starts_through_run(path):
    assert path.read_text("utf-8").endswith('if __name__ == "__main__":\n    run(main)\n')


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not enforce RLIMIT_DATA")
def test_a_lack_of_memory_is_no_fault_of_a_file(tmp_path):
    """The limit is too small for the table; the exit status is that of an error, without a traceback."""
    path = pq_write(tmp_path / "papers.parquet", id=["x" * 1000] * 300_000)
    code = (
        "import resource, pathlib, lib.cli, lib.tables, lib.records.schema as schema\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (300 << 20, 300 << 20))\n"
        f"lib.cli.run(lambda: lib.tables.read_table(pathlib.Path({str(path)!r}), schema.PAPERS, ['id']))"
    )
    variables = ENVIRONMENT | {"ARROW_DEFAULT_MEMORY_POOL": "system", "PYTHONPATH": str(ROOT / "scripts")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1 and done.stderr.startswith("error: out of memory"), done.stderr
    assert "make budget" in done.stderr and "truncated" not in done.stderr


def test_flags_that_are_too_long_for_a_command_come_from_a_file(tmp_path, monkeypatch):
    """5,000 files with odd names; Linux takes 131,072 bytes for one argument."""
    monkeypatch.chdir(tmp_path)
    names = [f"data/a name 'of' part {i:05d} @\u00e9.jsonl" for i in range(5000)]
    text = " ".join([flag("snapshot", names), flag("fields", {"id": "a b"})])
    short = shortened(text)
    assert len(text) > 131_072 and len(short) < 100 and shortened(text) == short
    assert shortened("--k=5") == "--k=5"
    cli = Parser("About.")
    cli.flag("--snapshot", str, "files", nargs="+")
    cli.flag("--fields", str, "fields")
    args = cli.parse_args(shlex.split(short))
    assert args.snapshot == names and args.fields == '{"id": "a b"}'
