"""Delete from the embedding cache every vector that none of the given corpora uses.

Segments in which all vectors are used stay as they are; of the others the used vectors move to new
segments. Vectors of every model and setting are kept as long as a corpus holds their text. Run it
while no `embed` job runs: one that does might be reading what is deleted.
"""

from pathlib import Path

import numpy as np

from lib.cache import FORMAT, Cache, text_hashes
from lib.cli import UserError, parser, run, say
from lib.files import read_json


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--cache", type=Path, default=Path("cache/embeddings"))
    cli.add_argument("--papers", type=Path, nargs="+", default=[Path("results/papers.parquet")])
    cli.add_argument("--dry-run", action="store_true", help="only say what would go")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    if not args.cache.is_dir():
        raise UserError(f"{args.cache}: no such cache")
    used = np.unique(np.concatenate([text_hashes(papers) for papers in args.papers]))
    for manifest in sorted(args.cache.glob("*/manifest.json")):
        settings = read_json(manifest)
        if settings.pop("format", None) != FORMAT:
            say(f"{manifest.parent.name}: of another format, left alone")
            continue
        cache = Cache(args.cache, settings)
        kept = dropped = 0
        for path, hashes, vectors in cache.segments(set_aside=not args.dry_run):
            keep = np.isin(hashes, used)
            kept += int(keep.sum())
            dropped += int((~keep).sum())
            if keep.all() or args.dry_run:
                continue
            if keep.any():
                cache.append(hashes[keep], vectors[keep])  # before the old one goes: a kill loses nothing
            path.unlink()
        if not args.dry_run:
            for litter in (*cache.folder.glob(".*.part"), *cache.folder.glob("*.corrupt")):
                litter.unlink()
        would = "would drop" if args.dry_run else "dropped"
        say(f"{cache.folder.name}: {would} {dropped:,} vectors, kept {kept:,}")


if __name__ == "__main__":
    run(main)
