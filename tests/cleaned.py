"""clean, run in the process of the test on lines that are given as bytes."""

import json
from pathlib import Path

import pyarrow.parquet as pq

import clean
from measure import cleaned_files, command_line


def run_clean(data: bytes | Path, out: Path, **flags):
    """Run clean in this process: (rows of papers.parquet, the ledger, the digest)."""
    source = data if isinstance(data, Path) else out.parent / "snapshot.jsonl"
    if not isinstance(data, Path):
        source.write_bytes(data)
    files = cleaned_files(out)
    clean.main(command_line("clean", snapshot=source, **files, **flags))
    ledger = json.loads(files["ledger"].read_text())
    return pq.read_table(files["papers"]).to_pylist(), ledger, files["digest"].read_bytes()


def counts(ledger: dict) -> dict:
    return {name: bucket["count"] for name, bucket in ledger["buckets"].items() if bucket["count"]}
