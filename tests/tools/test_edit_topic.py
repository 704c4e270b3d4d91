"""edit_topic: adds one entry to the file of edits, and checks it against a finished run."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

import edit_topic
from conftest import ENVIRONMENT, ROOT, pq_write
from lib.workflow import edits_file

EXISTING = (
    "# of the librarian\n- {topic: t0a00, pin: true}   # stays\n- seed: {name: Fusion, words: [plasma]}\n"
)
TODAY = {"date": "2026-03-01"}


class Calendar(date):
    """Stands still, since a test may run at midnight."""

    @classmethod
    def today(cls) -> date:
        return date.fromisoformat(TODAY["date"])


@pytest.fixture
def finished(tmp_path) -> Path:
    for folder in ("topics", "corpus"):
        (tmp_path / "results" / folder).mkdir(parents=True)
    pq_write(
        tmp_path / "results/topics/topics.parquet",
        key=["t0a00", "t0a01", "t7f3a"],
        name=["galaxy", "prime", "qubit · photon"],
    )
    pq_write(tmp_path / "results/corpus/papers.parquet", id=["0704.0001", "0704.0010", "hep-th/9901001"])
    return tmp_path / "results"


@pytest.fixture
def add(finished, tmp_path, monkeypatch):
    """Run the tool with flags, in a folder of its own: the edits then in the file, without lines."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(edit_topic, "date", Calendar)

    def act(*flags: str, file: str = "edits.yaml") -> list[dict]:
        edits_file._read.cache_clear()
        edit_topic.main([*flags, f"--results={finished}"])
        return read(tmp_path / file)

    return act


def read(file: Path) -> list[dict]:
    edits_file._read.cache_clear()
    return edits_file.without_lines(edits_file.read_edits({"edits": str(file)}, ROOT))


def test_each_variable_becomes_an_edit_after_those_that_are_there(add, tmp_path, capsys):
    (tmp_path / "edits.yaml").write_text(EXISTING)
    before = read(tmp_path / "edits.yaml")
    about = {"topic": "t7f3a", "note": "why", "by": "ms", **TODAY}
    after = add(
        "--topic=t7f3a", "--name=Qubits", "--describe=Two words.", "--merge=t0a00 t0a01", "--papers=0704.0001 0704.0010",
        "--note=why", "--by=ms",
    )  # fmt: skip
    assert after[: len(before)] == before
    assert sorted(after[len(before) :], key=lambda edit: edit["kind"]) == [
        {"kind": "describe", "value": "Two words.", **about},
        {"kind": "merge", "value": ["t0a00", "t0a01"], **about},
        {"kind": "move", "value": {"papers": ["0704.0001", "0704.0010"]}, **about},
        {"kind": "rename", "value": "Qubits", **about},
    ]
    assert (tmp_path / "edits.yaml").read_text().startswith(EXISTING)
    assert add("--topic=t0a01", "--hide=1")[-1] == {"kind": "hide", "value": True, "topic": "t0a01", **TODAY}
    assert "Next: run as before" in capsys.readouterr().out


def test_a_new_file_and_one_that_the_config_names_are_written(add, tmp_path, capsys):
    assert [edit["kind"] for edit in add("--topic=t0a01", "--note=look again")] == ["note"]
    assert 'CONFIG="edits=edits.yaml"' in capsys.readouterr().out
    (tmp_path / "config.yaml").write_text("edits: mine.yaml\n")
    assert len(add("--topic=t0a01", "--name=Primes", file="mine.yaml")) == 1
    assert "CONFIG" not in capsys.readouterr().out
    assert len(add("--topic=t0a01", "--name=Primes", "--edits=sub/a.yaml", file="sub/a.yaml")) == 1


def test_lines_end_as_those_of_the_file(add, tmp_path):
    text = EXISTING.replace("\n", "\r\n").encode()
    (tmp_path / "edits.yaml").write_bytes(text)
    assert add("--topic=t0a01", "--name=Primes")[-1]["value"] == "Primes"
    written = (tmp_path / "edits.yaml").read_bytes()
    assert written.startswith(text) and written.count(b"\n") == written.count(b"\r\n")


def test_a_list_in_brackets_is_written_anew(add, tmp_path, capsys):
    (tmp_path / "edits.yaml").write_text("[{topic: t0a00, pin: true}] # brackets\n")
    assert [edit["kind"] for edit in add("--topic=t0a01", "--name=Primes")] == ["pin", "rename"]
    assert "without its comments" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--name=x"], "TOPIC: of which topic"),
        (["--topic=t0a01"], "nothing to do"),
        (["--topic=t0a01", "--by=ms"], "nothing to do"),
        (["--topic=t0a01", "--hide=yes"], "write HIDE=1"),
        (["--topic=t7f3b", "--name=x"], r"no topic has the key 't7f3b'; did you mean t7f3a \(qubit"),
        (["--topic=Prime", "--name=x"], r"did you mean t0a01 \(prime\)"),
        (["--topic=t0a00", "--merge=t7f3a t0a02"], "MERGE: no topic has the key 't0a02'; did you mean t0a0"),
        (["--topic=zzzz", "--name=x"], "topics.csv lists the keys"),
        (["--topic=t0a01", "--name=GALAXY"], "topic t0a00 has the name 'galaxy'"),
        (["--topic=t0a01", "--merge=t0a01"], "cannot become part of itself"),
        (["--topic=t0a01", "--merge=t0a00 t0a00"], "merge"),
        (["--topic=t0a01", "--papers=0704.0001 nope"], "PAPERS: the run has no paper nope"),
        (["--topic=t0a01", "--name=\udcff"], "NAME: not in UTF-8"),
    ],
)
def test_a_mistake_is_named_and_the_file_stays_as_it_was(add, tmp_path, flags, said):
    (tmp_path / "edits.yaml").write_text(EXISTING)
    with pytest.raises(edit_topic.UserError, match=said):
        add(*flags)
    assert (tmp_path / "edits.yaml").read_text() == EXISTING
    assert {path.name for path in tmp_path.iterdir()} == {"edits.yaml", "results"}


def test_topics_that_edits_make_can_be_edited_before_the_next_run(add, tmp_path):
    (tmp_path / "edits.yaml").write_text(f"{EXISTING}- {{topic: t7f3a, split: {{into: 3}}}}\n")
    seeded = edit_topic.seed_key("Fusion")
    assert add(f"--topic={seeded}", "--describe=Of plasmas")[-1]["topic"] == seeded
    assert add("--topic=t7f3a-2", "--name=Photons")[-1]["topic"] == "t7f3a-2"


def test_a_topic_that_an_edit_ended_is_told_from_one_that_never_was(add, tmp_path):
    (tmp_path / "edits.yaml").write_text("- {topic: tdedc, hide: true}\n- {topic: t0a00, merge: [te6be]}\n")
    for key in ("tdedc", "te6be"):
        with pytest.raises(edit_topic.UserError, match=f"ends the topic {key}; take its line out"):
            add(f"--topic={key}", "--name=x")


def test_faults_of_the_file_come_first(add, tmp_path):
    (tmp_path / "edits.yaml").write_text("- {topic: t0a00, renam: x}\n")
    with pytest.raises(edit_topic.UserError, match="line 1: renam: unknown"):
        add("--topic=t0a01", "--name=x")
    (tmp_path / "config.yaml").write_text("edits: [\n")
    with pytest.raises(edit_topic.UserError, match=r"config\.yaml: not YAML"):
        add("--topic=t0a01", "--name=x")


def test_make_hands_texts_on_as_they_are(tmp_path):
    name = r"""a "b" 'c' $x $$ \n `id` $(y) $(shell touch made) $\alpha$ # é"""
    file = tmp_path / "edits.yaml"
    make = ["make", "--no-print-directory", "--old-file=.venv/.run", "edit", f"RESULTS={tmp_path}/none"]
    command = [*make, "TOPIC=t7f3a", f"NAME={name}", f"NOTE={name}", f"EDITS={file}"]
    first_day = date.today()
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert result.returncode == 0, result.stderr
    assert "keys are not checked" in result.stderr
    edit = read(file)[0]
    assert first_day <= date.fromisoformat(edit.pop("date")) <= date.today()
    assert edit == {"kind": "rename", "value": name, "topic": "t7f3a", "note": name}
    assert not (ROOT / "made").exists()
    nothing = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert nothing.returncode != 0 and "make edit TOPIC=t7f3a" in nothing.stderr
    assert "Traceback" not in nothing.stderr
