"""clean, run in the process of the test on lines that are given as bytes."""

import json
from pathlib import Path

import pyarrow.parquet as pq

import clean
from measure import command_line


def run_clean(data: bytes | Path, out: Path, **flags):
    """Run clean in this process: (rows of papers.parquet, the ledger, the digest)."""
    source = data if isinstance(data, Path) else out.parent / "snapshot.jsonl"
    if not isinstance(data, Path):
        source.write_bytes(data)
    papers, ledger, digest = out / "papers.parquet", out / "ledger.json", out / "papers.digest"
    clean.main(command_line("clean", snapshot=source, papers=papers, ledger=ledger, digest=digest, **flags))
    return pq.read_table(papers).to_pylist(), json.loads(ledger.read_text()), digest.read_bytes()


def counts(ledger: dict) -> dict:
    return {name: bucket["count"] for name, bucket in ledger["buckets"].items() if bucket["count"]}
