"""Delete cached vectors that no corpus uses.

A vector is kept as long as one of the given corpora holds its text, whatever the model. Segments
without unused vectors stay as they are; of the others the used vectors move to new segments. Do not
run it while an `embed` job runs, which might be reading what is deleted.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from lib.cli import UserError, run, say
from lib.embeddings.cache import FORMAT, Cache, text_hashes
from lib.files import damaged


def prune(cache: Cache, used: np.ndarray, dry_run: bool) -> tuple[int, int]:
    """Delete the vectors whose hash is not used; returns how many were kept and how many dropped."""
    kept = dropped = 0
    for path, hashes, vectors, origin in cache.segments(set_aside=not dry_run):
        keep = np.isin(hashes, used)
        kept += int(keep.sum())
        dropped += int((~keep).sum())
        if keep.all() or dry_run:
            continue
        if keep.any():
            # before the old one is deleted, so that a kill loses nothing
            cache.append(hashes[keep], vectors[keep], origin)
        path.unlink()
    if not dry_run:
        for leftover in (*cache.folder.glob(".*.part"), *cache.folder.glob("*.corrupt")):
            leftover.unlink()
    return kept, dropped


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    cli.add_argument("--cache", type=Path, required=True, help="folder of the cache (embed.cache)")
    cli.add_argument(
        "--papers", type=Path, nargs="+", required=True, help="papers.parquet of every corpus to keep"
    )
    cli.add_argument("--dry-run", action="store_true", help="say what would be deleted, and delete nothing")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    if not args.cache.is_dir():
        raise UserError(f"{args.cache}: no such cache")
    used = np.unique(np.concatenate([text_hashes(papers) for papers in args.papers]))
    for manifest in sorted(args.cache.glob("*/manifest.json")):
        try:
            settings = dict(json.loads(manifest.read_text()))
        except (ValueError, TypeError) as error:
            raise damaged(manifest, "JSON file with an object", error) from None
        if settings.pop("format", None) != FORMAT:
            say(f"{manifest.parent.name}: another format, left as it is")
            continue
        cache = Cache(args.cache, settings)
        kept, dropped = prune(cache, used, args.dry_run)
        verb = "would delete" if args.dry_run else "deleted"
        say(f"{cache.folder.name}: {verb} {dropped:,} vectors, kept {kept:,}")


if __name__ == "__main__":
    run(main)
