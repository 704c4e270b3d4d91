"""clean: compressed and damaged files, and files of other formats."""

import gzip
import io
import json
import random
import zipfile
from functools import partial

import pyarrow as pa
import pytest

import clean
from cleaned import counts, run_clean
from conftest import as_lines, assert_refused, paper, script
from lib.cli import UserError
from lib.records.snapshot import blocks
from measure import cleaned_files

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


def test_missing_input_is_refused(tmp_path, out):
    result = script("clean", snapshot=tmp_path / "absent.zip", **cleaned_files(out))
    assert_refused(result, out, "absent.zip")


def test_one_malformed_line_in_a_hundred_is_accepted(out):
    data = as_lines(*(paper(str(i)) for i in range(99))) + b"{\n"
    _, ledger, _ = run_clean(data, out)
    assert counts(ledger) == {"kept": 99, "malformed_json": 1}
