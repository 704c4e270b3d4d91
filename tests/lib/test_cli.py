"""What scripts print, in every locale."""

import subprocess
import sys

import numpy as np
import pytest

import measure
from conftest import ENVIRONMENT, ROOT, keyword_inputs, pq_write, script, term_files

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
    outputs = {"keywords": tmp_path / "k.parquet", "csv": tmp_path / "k.csv"}
    command = measure.script(
        "keywords",
        **keyword_inputs(tmp_path),
        assignments=pq_write(tmp_path / "a.parquet", id=ids, topic=np.arange(40, dtype=np.int32) % 2),
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
