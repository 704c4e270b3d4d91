"""Interleave the vectors of all parts into embeddings.npy, row i for row i of the papers."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from lib.arrays import read_array, release_pages, write_npy_header
from lib.cli import Parser, UserError, progress, run, say
from lib.embeddings.provenance import share_origins
from lib.embeddings.schema import EmbeddingsSummary, PartSummary
from lib.files import atomic_outputs, read_json, write_json
from lib.tables import count_rows

CHUNK = 8192  # rows written at a time: 16 MB at 1024 float16


def interleave(parts: list[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """Yield chunks of rows in order; row r is row r // N of part r mod N.

    Parameters
    ----------
    parts : N arrays (rows // N or one more, dim), float16 or float32; memory-mapped ones are read
        a chunk at a time
    """
    n = len(parts)
    step = max(1, CHUNK // n) * n
    for start in range(0, rows, step):
        chunk = np.empty((min(step, rows - start), parts[0].shape[1]), parts[0].dtype)
        for i, part in enumerate(parts):
            rows_of_part = chunk[i::n]
            first = start // n
            rows_of_part[:] = part[first : first + len(rows_of_part)]
            release_pages(part, first, first + len(rows_of_part))
        yield chunk


def check_parts(parts: list[np.ndarray], paths: list[Path], rows: int) -> None:
    """Raise a UserError unless every part has its rows, and all have the same width and type."""
    first = parts[0]
    for i, (part, path) in enumerate(zip(parts, paths, strict=True)):
        due = len(range(i, rows, len(parts)))
        if part.ndim != 2 or len(part) != due:
            raise UserError(
                f"{path}: expected {due:,} vectors, found {part.shape}; delete {path.parent} and run again"
            )
        if part.dtype not in (np.float16, np.float32) or (part.dtype, part.shape[1]) != (
            first.dtype,
            first.shape[1],
        ):
            raise UserError(
                f"{path}: {part.dtype} of width {part.shape[1]}, but {paths[0]} is {first.dtype} of width "
                f"{first.shape[1]}; delete {path.parent} and run again"
            )


def combine(summaries: list[PartSummary]) -> EmbeddingsSummary:
    """Add up the counts of all parts. Settings must agree; they are read from the parts that encoded papers."""
    parts: list[dict[str, Any]] = [dict(summary) for summary in summaries]
    for key in ("files", "prefix", "max_tokens", "pooling", "precision", "dtype"):
        if len(different := {str(part[key]) for part in parts}) > 1:
            values = "" if key == "files" else f" ({', '.join(sorted(different))})"
            raise UserError(
                f"gather: the parts were encoded with different {key}{values}; set `embed.device` and "
                "`embed.precision` to values other than auto, delete the folder of the parts and run again"
            )
    total = dict(next((part for part in parts if part["cache_misses"]), parts[0]))
    added = ("papers", "tokens", "padding_tokens", "unknown_tokens", "truncated_papers", "truncated_tokens")
    for key in (*added, "cache_hits", "cache_misses", "encode_seconds", "seconds", "model_flops"):
        total[key] = sum(part[key] or 0 for part in parts)
    if any(part["truncated_papers"] is None for part in parts):
        total["truncated_papers"] = total["truncated_tokens"] = None  # not known of cached vectors
    total["origins"] = share_origins(
        (entry["origin"], entry["papers"]) for part in summaries for entry in part["origins"]
    )
    computed = total["tokens"] + total["padding_tokens"]
    total["padding_share"] = total["padding_tokens"] / computed if computed else 0.0
    seconds, rate = total["encode_seconds"], total["matmul_flops_per_second"]
    total["tokens_per_second"] = total["tokens"] / seconds if seconds else None
    total["flops_per_second"] = total["model_flops"] / seconds if seconds else None
    total["share_of_matmul_rate"] = total["flops_per_second"] / rate if seconds and rate else None
    return EmbeddingsSummary(**total, parts=len(parts))  # type: ignore[typeddict-item]


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet")
    cli.flag("--vectors", Path, "inputs: .npy of each part, in order", nargs="+")
    cli.flag("--summaries", Path, "inputs: .json of each part, in order", nargs="+")
    cli.outputs(embeddings="embeddings.npy", summary="embeddings.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    parts = [read_array(path, mapped=True) for path in args.vectors]
    rows = count_rows(args.papers)
    check_parts(parts, args.vectors, rows)
    summary = combine([read_json(path, PartSummary) for path in args.summaries])
    shape = (rows, parts[0].shape[1])
    with atomic_outputs(args.embeddings, args.summary) as (embeddings, summary_file):
        with embeddings.open("wb") as file, progress(total=rows, unit="row", desc="gather") as bar:
            write_npy_header(file, shape, parts[0].dtype)
            for chunk in interleave(parts, rows):
                file.write(chunk.data)
                bar.update(len(chunk))
        write_json(summary_file, summary)
    say(f"{rows:,} x {shape[1]} {parts[0].dtype}, {summary['cache_hits']:,} of them from the cache")


if __name__ == "__main__":
    run(main)
