"""Interleave the parts' vectors into embeddings.npy, row i for row i of papers.parquet."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from lib.cli import UserError, parser, progress, run, say, written
from lib.files import give_back, read_array, read_json

CHUNK = 8192  # rows written at once: 16 MB at 1024 float16


def interleave(parts: list[np.ndarray], rows: int) -> Iterator[np.ndarray]:
    """Yield chunks of rows in order, where row r is row r // N of part r mod N.

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
            mine = chunk[i::n]
            first = start // n
            mine[:] = part[first : first + len(mine)]
            give_back(part, first, first + len(mine))
        yield chunk


def check(parts: list[np.ndarray], paths: list[Path], rows: int) -> None:
    """Stop unless each part has the rows that are its own, and all one width and type."""
    first = parts[0]
    for i, (part, path) in enumerate(zip(parts, paths, strict=True)):
        due = len(range(i, rows, len(parts)))
        if part.ndim != 2 or len(part) != due:
            raise UserError(
                f"{path}: expected {due:,} vectors, found {part.shape}; delete results/embed and run again"
            )
        if part.dtype not in (np.float16, np.float32) or (part.dtype, part.shape[1]) != (
            first.dtype,
            first.shape[1],
        ):
            raise UserError(
                f"{path}: {part.dtype} of width {part.shape[1]}, but {paths[0]} is {first.dtype} of width "
                f"{first.shape[1]}; delete results/embed and run again"
            )


def combine(facts: list[dict]) -> dict:
    """One account of all parts: counts are added, what must agree is taken from the parts that ran."""
    for key in ("files", "prefix", "max_tokens", "pooling", "precision", "dtype"):
        if len(found := {str(f.get(key)) for f in facts}) > 1:
            values = "" if key == "files" else f" ({', '.join(sorted(found))})"
            raise UserError(
                f"gather: the parts were encoded with different {key}{values}; set "
                "`embed.device` and `embed.precision` instead of auto, delete results/embed and run again"
            )
    ran = [f for f in facts if f["cache_misses"]] or facts[:1]
    total = dict(ran[0])
    added = ("papers", "tokens", "padding_tokens", "truncated_papers", "truncated_tokens")
    for key in (*added, "cache_hits", "cache_misses", "encode_seconds", "seconds", "model_flops"):
        total[key] = sum(f[key] or 0 for f in facts)
    if any(f["truncated_papers"] is None for f in facts):
        total["truncated_papers"] = total["truncated_tokens"] = None  # not known of what was cached
    total["kernels"] = sorted({name for f in facts for name in f["kernels"]})
    computed = total["tokens"] + total["padding_tokens"]
    total["padding_share"] = total["padding_tokens"] / computed if computed else 0.0
    seconds = total["encode_seconds"]
    total["tokens_per_second"] = total["tokens"] / seconds if seconds else None
    rate = total.pop("matmul_flops_per_second", None)
    total["flops_per_second"] = total["model_flops"] / seconds if seconds else None
    total["share_of_matmul_rate"] = total["flops_per_second"] / rate if seconds and rate else None
    total["parts"] = len(facts)
    return total


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument(
        "--vectors", type=Path, nargs="+", required=True, help="inputs: .npy of each part, in order"
    )
    cli.add_argument(
        "--facts", type=Path, nargs="+", required=True, help="inputs: .json of each part, in order"
    )
    cli.add_argument("--embeddings", type=Path, required=True, help="output: embeddings.npy")
    cli.add_argument("--about", type=Path, required=True, help="output: embeddings.json")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    parts = [read_array(path, mapped=True) for path in args.vectors]
    rows = pq.read_metadata(args.papers).num_rows
    check(parts, args.vectors, rows)
    facts = combine([read_json(path) for path in args.facts])
    with written(args.embeddings, args.about) as (embeddings, about):
        with embeddings.open("wb") as file, progress(total=rows, unit="row", desc="gather") as bar:
            header = {"descr": parts[0].dtype.str, "fortran_order": False, "shape": (rows, parts[0].shape[1])}
            np.lib.format.write_array_header_1_0(file, header)
            for chunk in interleave(parts, rows):
                file.write(chunk)
                bar.update(len(chunk))
        about.write_text(json.dumps(facts, indent=1) + "\n")
    say(f"{rows:,} x {parts[0].shape[1]} {parts[0].dtype}, {facts['cache_hits']:,} of them from the cache")


if __name__ == "__main__":
    run(main)
