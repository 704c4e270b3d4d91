"""clean: compressed and damaged files, and files of other formats."""

import gzip
import io
import json
import random
import zipfile
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import clean
from cleaned import counts, run_clean
from conftest import ABSTRACT, as_lines, assert_refused, paper, script
from lib.cli import UserError
from lib.records.snapshot import blocks
from measure import cleaned_files, command_line
from workflow import copy_project, snakemake

KINDS = ["uncompressed", "gzip", "gzip, two members", "zstd", "zip"]
MANY = as_lines(*(paper(f"2301.{i:05d}", title=str(random.Random(i).random())) for i in range(800)))
BAD = {
    "empty": (b"", {}, "empty"),
    "empty, packed": (gzip.compress(b""), {}, "the file is empty"),
    "object of papers": (
        json.dumps({key: paper(key) for key in ("1", "2", "3")}).encode(),
        {},
        "each seems to hold a paper; write one per line: `jq -c '.[]'`",
    ),
    "columns": (
        json.dumps({key: {"0": value, "1": value} for key, value in paper().items()}).encode(),
        {},
        "each seems to be a column of a table",
    ),
    "lists as columns": (
        json.dumps({key: [value, value] for key, value in paper().items()}).encode(),
        {},
        "`id` is a JSON array of 2 ids",
    ),
    "nested": (
        json.dumps({"_source": paper(), "refs": [{"title": "x"}]}).encode(),
        {},
        "`_source.id`, `_source.title`",
    ),
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n", {}, "PDF"),
    "html": (b"\n<!DOCTYPE html><html><title>404</title></html>\n", {}, "HTML"),
    "malformed": (as_lines(*(paper(str(i)) for i in range(97))) + b"{\n" * 3, {}, "max_malformed_share"),
    "other fields": (
        as_lines(paper()),
        {"fields": {"id": "pmid"}},
        "line 1: `pmid` is missing or null. The first record has `id`, `title`",
    ),
    "nothing left": (as_lines(paper()), {"since": "2024-01-01"}, "no paper is left"),
    "blank lines": (b"\n\n\n", {}, "all 3 lines are blank"),
    "unmatched glob": (as_lines(paper()), {"categories": ["math.*", "c.*"]}, "clean.categories: 'c.*'"),
}


def compressed(kind: str, data: bytes) -> bytes:
    if kind == "gzip":
        return gzip.compress(data)
    if kind == "gzip, two members":
        half = len(data) // 2
        return gzip.compress(data[:half]) + gzip.compress(data[half:])
    if kind == "zstd":
        sink = pa.BufferOutputStream()
        with pa.CompressedOutputStream(sink, "zstd") as stream:
            stream.write(data)
        return sink.getvalue().to_pybytes()
    if kind == "zip":
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("arxiv-metadata-oai-snapshot.json", data)
        return file.getvalue()
    return data


@pytest.mark.parametrize("kind", KINDS)
def test_compression_is_detected_by_content_and_permuting_lines_changes_no_byte(monkeypatch, out, kind):
    first = run_clean(MANY, out)
    before = [(out / name).read_bytes() for name in ("papers.parquet", "papers.digest")]
    lines = MANY.splitlines(keepends=True)
    random.Random(3).shuffle(lines)
    monkeypatch.setattr(clean, "blocks", partial(blocks, size=20_000))
    again = run_clean(compressed(kind, b"".join(lines)), out, threads=2)
    assert again[0] == first[0]
    assert [(out / name).read_bytes() for name in ("papers.parquet", "papers.digest")] == before


def cleaned(files: list, out, **flags):
    """Run clean on files: (titles by id, the ledger)."""
    clean.main(command_line("clean", snapshot=files, **cleaned_files(out), **flags))
    rows = pq.read_table(out / "papers.parquet", columns=["id", "title"]).to_pylist()
    return {row["id"]: row["title"] for row in rows}, json.loads((out / "ledger.json").read_text())


def as_csv(**titles: str) -> str:
    rows = "".join(f'{key},{title},"{ABSTRACT}"\n' for key, title in titles.items())
    return f"id,title,abstract\n{rows}"


@pytest.mark.parametrize("kind", ["csv", "csl"])
def test_local_ids_of_two_files_lose_no_paper(tmp_path, out, capsys, kind):
    """7 is another paper in each file, and 8 is the same one."""
    parts = {"a": {"7": "Fish swim", "8": "Birds fly"}, "b": {"7": "Stars shine", "8": "Birds  FLY"}}
    files = []
    for name, titles in parts.items():
        files.append(tmp_path / f"{name}.{kind}")
        items = [
            {"id": i, "type": "article-journal", "title": t, "abstract": ABSTRACT} for i, t in titles.items()
        ]
        files[-1].write_text(as_csv(**titles) if kind == "csv" else json.dumps(items))
    found, ledger = cleaned(files, out)
    assert sorted(found.values()) == ["Birds FLY", "Fish swim", "Stars shine"]
    assert "8" in found and all(key.partition(":")[0] in "78" for key in found)
    assert counts(ledger) == {"kept": 3, "duplicate": 1}
    said = capsys.readouterr().err
    assert f"such as 7 (a.{kind}, record 1; b.{kind}, record 1)" in said
    assert cleaned(files[::-1], out)[0].keys() == found.keys()
    assert cleaned(files[:1], out)[0] == parts["a"]  # ids of one file stay


def test_ids_that_hold_for_all_files_are_duplicates(tmp_path, out, capsys):
    for name, title in (("a", "Fish swim"), ("b", "Stars shine")):
        (tmp_path / f"{name}.csv").write_text(as_csv(e7=title).replace("id,", "EID,", 1))
        (tmp_path / f"{name}.jsonl").write_bytes(as_lines(paper("2301.00001", title=title)))
    for kind in ("csv", "jsonl"):
        found, ledger = cleaned([tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"], out)
        assert list(found.values()) == ["Stars shine"] and counts(ledger) == {"kept": 1, "duplicate": 1}
    assert "stand for other papers" not in capsys.readouterr().err


def test_a_packed_copy_is_not_read_and_another_file_of_its_name_is(tmp_path, out, capsys):
    plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
    plain.write_text(as_csv(x="Fish swim"))
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    _, ledger = cleaned([plain, packed], out)
    assert counts(ledger) == {"kept": 1} and ledger["input"] == ["a.csv", "a.csv.gz"]
    assert f"{packed} holds the same as {plain}, and is not read" in capsys.readouterr().err
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(UserError, match=r"a\.csv\.gz: truncated or damaged"):
        cleaned([plain, packed], out)
    packed.write_bytes(gzip.compress(as_csv(y="Stars shine").encode()))
    _, ledger = cleaned([plain, packed], out)
    assert counts(ledger) == {"kept": 2}


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path, out):
    files = [tmp_path / folder / "a.jsonl" for folder in ("x", "y")]
    for i, file in enumerate(files):
        file.parent.mkdir()
        file.write_bytes(as_lines(paper(f"2301.0000{i + 1}")) + b"{\n")
    _, ledger = cleaned(files, out, max_malformed_share=0.6)
    assert ledger["input"] == ["x/a.jsonl", "y/a.jsonl"]
    assert [e["file"] for e in ledger["buckets"]["malformed_json"]["first"]] == ledger["input"]


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize("share", [0.02, 0.6, 0.97])
def test_truncated_archives_are_refused(out, kind, share):
    data = compressed(kind, MANY)
    with pytest.raises(UserError, match=r"snapshot\.jsonl"):
        run_clean(data[: int(len(data) * share)], out)
    assert list(out.iterdir()) == []


def test_damaged_archives_are_refused(out):
    for kind in ("gzip", "zstd", "zip"):
        data = bytearray(compressed(kind, MANY))
        data[len(data) // 2] ^= 0xFF
        with pytest.raises(UserError, match=r"snapshot\.jsonl"):
            run_clean(bytes(data), out)
        assert list(out.iterdir()) == []


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_refused(tmp_path, out, case):
    data, flags, said = BAD[case]
    source = tmp_path / "snapshot.json"
    source.write_bytes(data)
    result = script("clean", snapshot=source, **flags, **cleaned_files(out))
    assert_refused(result, out, said, *(() if "glob" in case else ("snapshot.json",)))


@pytest.mark.parametrize("change", ["longer", "replaced", "gone"])
def test_a_file_that_is_changed_while_it_is_read_is_refused(monkeypatch, tmp_path, out, change):
    """As a download that is not complete. Snakemake would take what was read for the whole file."""
    source = tmp_path / "growing.jsonl"
    lines = as_lines(*(paper(f"2301.{i:05}") for i in range(200)))
    source.write_bytes(lines)

    def while_read(stream, path):
        for number, block in enumerate(blocks(stream, path, size=4_000)):
            yield block
            if number == 0 and change == "longer":
                with source.open("ab") as file:
                    file.write(lines[: len(lines) // 2])
            elif number == 0:
                source.unlink()
                if change == "replaced":
                    source.write_bytes(lines)

    monkeypatch.setattr(clean, "blocks", while_read)
    with pytest.raises(UserError, match=r"growing\.jsonl: it was changed while it was read"):
        run_clean(source, out)
    assert not list(out.iterdir())


def test_missing_input_is_refused(tmp_path, out):
    result = script("clean", snapshot=tmp_path / "absent.zip", **cleaned_files(out))
    assert_refused(result, out, "absent.zip")


def test_one_malformed_line_in_a_hundred_is_accepted(out):
    data = as_lines(*(paper(str(i)) for i in range(99))) + b"{\n"
    _, ledger, _ = run_clean(data, out)
    assert counts(ledger) == {"kept": 99, "malformed_json": 1}


def test_thousands_of_files_do_not_make_a_command_too_long(tmp_path):
    """5,000 files, whose names alone are longer than an argument of a command may be."""
    project = copy_project(tmp_path / "project", [], "input: data/parts\n")
    parts = project / "data" / "parts"
    parts.mkdir()
    for i in range(5000):
        name = f"a-name-of-some-length-for-the-part-of-number-{i:05d}.jsonl"
        (parts / name).write_bytes(as_lines(paper(f"2301.{i:05d}", title=str(i))))
    snakemake(project, "--until", "clean")
    assert pq.read_metadata(project / "results/corpus/papers.parquet").num_rows == 5000
    assert json.loads((project / "results/corpus/ledger.json").read_text())["lines"] == 5000
