"""Encode every N-th paper to a unit vector, taking from the cache what was encoded before.

Papers are tokenised a window at a time, sorted by length and encoded in batches of a token budget;
every half minute what is done goes to the cache. A killed job loses that, and what was on its way.
"""

import json
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow.parquet as pq

from lib.cache import Cache, text_hashes
from lib.cli import UserError, boolean, optional, parser, progress, run, say, written
from lib.model import hash_files, locate

T = TypeVar("T")

# Papers sorted by length together. The first are few, so that the device soon has work; later ones
# make batches of like lengths, and 20 MB of text to hold.
FIRST_WINDOW, WINDOW = 2048, 16384


@dataclass
class Part:
    """The rows of papers.parquet that belong to one part, with the hashes of their texts.

    Attributes
    ----------
    hashes : S16 (n_distinct,), sorted
    inverse : int64 (n_rows,), the place of each row of the part in `hashes`
    """

    hashes: np.ndarray
    inverse: np.ndarray


def read_part(papers: Path, part: int, parts: int) -> Part:
    """Row r belongs to part r mod N, so that new papers, which sort last, spread evenly."""
    hashes, inverse = np.unique(text_hashes(papers)[part::parts], return_inverse=True)
    return Part(hashes, inverse)


def texts(
    papers: Path, part: int, parts: int, wanted: np.ndarray
) -> Iterator[tuple[np.ndarray, list[str], list[str]]]:
    """Yield (places among the part's rows, ids, texts) of the wanted rows, a few at a time.

    Parameters
    ----------
    wanted : bool (n_rows,), over the rows of the part
    """
    row = 0
    for batch in pq.ParquetFile(papers).iter_batches(FIRST_WINDOW, columns=["id", "text"]):
        rows = np.arange(row, row + len(batch))
        row += len(batch)
        mine = rows[rows % parts == part]
        mine = mine[wanted[mine // parts]]
        chosen = batch.take(mine - rows[0])
        yield mine // parts, chosen["id"].to_pylist(), chosen["text"].to_pylist()


def windows(some: Iterable[tuple[np.ndarray, list, list]]) -> Iterator[tuple[np.ndarray, list, list]]:
    """Join what `texts` yields until it makes a window; each may hold twice as much as the one before."""
    size = FIRST_WINDOW
    places, ids, held = [], [], []
    for more_places, more_ids, more in some:
        places.append(more_places)
        ids += more_ids
        held += more
        if len(held) >= size:
            yield np.concatenate(places), ids, held
            places, ids, held = [], [], []
            size = min(2 * size, WINDOW)
    if held:
        yield np.concatenate(places), ids, held


def check(vectors: np.ndarray, ids: list[str]) -> None:
    """Stop on a vector that is not finite, and name its paper."""
    sound = np.isfinite(vectors).all(1)
    if not sound.all():
        name = ids[int(np.flatnonzero(~sound)[0])]
        raise UserError(
            f"embed: the vector of paper {name} is not finite; the weights are damaged, or the model "
            "overflows at this precision (set `embed.precision` to float32)"
        )


@dataclass
class Seen:
    """What was seen on the way: names of the attention kernels that ran, and what was cut."""

    kernels: list[str] = field(default_factory=list)
    truncated_papers: int = 0
    truncated_tokens: int = 0


def one_ahead(items: Iterable[T]) -> Iterator[T]:
    """Yield each item only when the next one has been made: what making it started has time to end."""
    held = deque()
    for item in items:
        held.append(item)
        if len(held) > 1:
            yield held.popleft()
    yield from held


def started(encoder, tokenizing: Iterable, seen: Seen, require_flash: bool) -> Iterator[tuple]:
    """Start batch after batch: yield (places, ids, the call that waits for the vectors).

    Parameters
    ----------
    tokenizing : futures of (places, ids, tokens) of a window, of None after the last
    seen : is filled in
    """
    from lib.encoder import attention_kernels

    for job in tokenizing:
        if (window := job.result()) is None:
            return
        places, ids, tokens = window
        seen.truncated_papers += tokens.truncated_texts
        seen.truncated_tokens += tokens.truncated_tokens
        if not tokens.lengths.all():
            name = ids[int(np.argmin(tokens.lengths))]
            raise UserError(f"embed: the text of paper {name} holds no token of this model's tokenizer")
        for batch in encoder.batches(tokens.lengths):
            mine = [tokens.ids[i] for i in batch]
            if not seen.kernels:
                seen.kernels = attention_kernels(encoder, mine)
                if require_flash and not any("flash" in name.lower() for name in seen.kernels):
                    raise UserError(
                        f"embed.require_flash: the profiler saw {', '.join(seen.kernels)}, no flash kernel"
                    )
            yield places[batch], [ids[i] for i in batch], encoder.start(mine)


def finished(batches: Iterable, flush_seconds: float, bar) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Wait for batch after batch: yield (places, vectors) as often as they are to be stored.

    An interrupt or a scheduler's stop goes on after what is done has been yielded too.
    """
    rows, done, last = [], [], time.monotonic()
    try:
        for places, ids, wait in batches:
            vectors = wait()
            check(vectors, ids)
            rows.append(places)
            done.append(vectors)
            bar.update(len(places))
            if time.monotonic() - last > flush_seconds or sum(map(len, rows)) >= WINDOW:
                yield np.concatenate(rows), np.concatenate(done)
                rows, done, last = [], [], time.monotonic()
    except (KeyboardInterrupt, SystemExit):
        if rows:
            yield np.concatenate(rows), np.concatenate(done)
        raise
    if rows:
        yield np.concatenate(rows), np.concatenate(done)


def encode_all(
    encoder, some: Iterable, total: int, store, *, flush_seconds: float = 30.0, require_flash: bool = False
) -> Seen:
    """Encode texts; `store(places, vectors)` gets float32 unit rows as they are done.

    The device never waits: while it computes a batch, the next one is prepared and started, the
    next window is read and tokenised, and vectors done before are stored.

    Parameters
    ----------
    some : (places, ids, texts) as `texts` yields them, `total` of them in all
    store : called in a thread of its own, one call at a time
    """
    seen = Seen()
    source = windows(some)

    def tokenize_next() -> tuple | None:
        window = next(source, None)
        return window and (*window[:2], encoder.tokenize(window[2]))

    # the thread that starts batches would wait 5 ms for the others each time, longer than a kernel runs
    sys.setswitchinterval(2e-4)
    with (
        progress(total=total, unit="paper", desc="embed") as bar,
        ThreadPoolExecutor(1) as tokenizer,
        ThreadPoolExecutor(1) as writer,
    ):
        tokenizing = (tokenizer.submit(tokenize_next) for _ in count())
        batches = started(encoder, one_ahead(tokenizing), seen, require_flash)
        segments = finished(one_ahead(batches), flush_seconds, bar)
        for writing in one_ahead(writer.submit(store, *segment) for segment in segments):
            writing.result()
    return seen


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--part", type=int, default=0)
    cli.add_argument("--parts", type=int, default=1)
    cli.add_argument("--model", required=True, help="package:NAME/FOLDER, a folder, or a hub id")
    cli.add_argument("--revision", type=optional(str))
    cli.add_argument("--prefix", default="")
    cli.add_argument("--max-tokens", type=int, default=512)
    cli.add_argument("--device", choices=["auto", "cuda", "mps", "cpu"], default="auto")
    cli.add_argument("--precision", choices=["auto", "bfloat16", "float16", "float32"], default="auto")
    cli.add_argument(
        "--attention", choices=["auto", "flash_attention_2", "varlen", "sdpa", "eager"], default="auto"
    )
    cli.add_argument("--require-flash", type=boolean, default=False)
    cli.add_argument("--batch-tokens", type=optional(int), help="tokens in a batch (from free memory)")
    cli.add_argument(
        "--dtype", choices=["float16", "float32"], default="float16", help="of the stored vectors"
    )
    cli.add_argument("--cache", type=optional(Path))
    cli.add_argument("--flush-seconds", type=float, default=30.0, help="what a kill may lose of the work")
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--vectors", type=Path, required=True, help="output: .npy")
    cli.add_argument("--facts", type=Path, required=True, help="output: .json")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    start = time.perf_counter()
    folder = locate(args.model, args.revision)
    # not before the checks above: importing PyTorch takes a second
    from lib.device import pick_device, pick_precision

    device = pick_device(args.device, args.part)
    precision = pick_precision(args.precision, device)
    settings = {
        "model": args.model,
        "revision": args.revision,
        "files": hash_files(folder),
        "prefix": args.prefix,
        "max_tokens": args.max_tokens,
        "pooling": "mean",
        "precision": precision,
        "dtype": args.dtype,
    }
    # what the model is called does not decide a vector, what its files hold does
    cache = args.cache and Cache(
        args.cache, {k: v for k, v in settings.items() if k not in ("model", "revision")}
    )
    part = read_part(args.papers, args.part, args.parts)
    found, vectors = cache.fill(part.hashes, None) if cache else (np.zeros(len(part.hashes), bool), None)
    misses = int(np.count_nonzero(~found))

    facts = {"device": device.type, "attention": None, "kernels": [], "tokens": 0, "padding_tokens": 0}
    facts |= {"truncated_papers": None, "truncated_tokens": None, "encode_seconds": 0.0, "model_flops": 0.0}
    if misses:
        import torch

        from lib import encoder as enc

        torch.set_num_threads(args.threads)
        model = enc.load(
            folder,
            device=device,
            precision=precision,
            attention=args.attention,
            prefix=args.prefix,
            max_tokens=args.max_tokens,
            budget=args.batch_tokens,
        )
        if args.require_flash and not model.packed:
            raise UserError(
                f"embed.require_flash: no flash kernel can run here ({model.attention} on {device.type} in "
                f"{precision}); those of CUDA are meant: run there in bfloat16 or float16, or set it to false"
            )
        if vectors is None:
            vectors = np.empty((len(part.hashes), model.dim), args.dtype)
        first = np.zeros(len(part.inverse), bool)
        first[np.unique(part.inverse, return_index=True)[1]] = True
        wanted = first & ~found[part.inverse]

        def store(places: np.ndarray, rows: np.ndarray) -> None:
            at = part.inverse[places]
            vectors[at] = rows
            if cache:
                cache.append(part.hashes[at], vectors[at])

        begun = time.perf_counter()
        seen = encode_all(
            model,
            texts(args.papers, args.part, args.parts, wanted),
            misses,
            store,
            flush_seconds=args.flush_seconds,
            require_flash=args.require_flash,
        )
        seconds = time.perf_counter() - begun
        facts |= {
            "attention": model.attention,
            "kernels": seen.kernels,
            "tokens": model.real_tokens,
            "padding_tokens": model.padded_tokens,
            # of papers out of the cache it is not known
            "truncated_papers": None if found.any() else seen.truncated_papers,
            "truncated_tokens": None if found.any() else seen.truncated_tokens,
            "encode_seconds": seconds,
            "model_flops": enc.model_flops(model),
            "matmul_flops_per_second": enc.matmul_rate(device, precision),
        }
    if vectors is None:
        raise UserError(f"embed: part {args.part} of {args.parts} holds no paper; set `embed.parts` lower")

    with written(args.vectors, args.facts) as (vectors_file, facts_file):
        np.save(vectors_file, vectors[part.inverse])
        facts = settings | {"dim": int(vectors.shape[1])} | facts
        facts |= {
            "papers": len(part.inverse),
            "cache_hits": len(part.inverse) - misses,
            "cache_misses": misses,
            "seconds": time.perf_counter() - start,
        }
        facts_file.write_text(json.dumps(facts, indent=1) + "\n")
    speed = f", {facts['tokens'] / facts['encode_seconds']:,.0f} tokens/s on {device.type}" if misses else ""
    say(f"{len(part.inverse):,} papers: {misses:,} encoded, {facts['cache_hits']:,} from the cache{speed}")
    if facts["truncated_papers"]:
        say(f"{facts['truncated_papers']:,} papers cut at {args.max_tokens} tokens")


if __name__ == "__main__":
    run(main)
