"""Encode every N-th paper as a unit vector, and reuse cached vectors.

New vectors are written to the cache every 30 seconds, so a killed job loses at most 30 seconds of work.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lib.cli import Parser, UserError, optional, run, say, warn
from lib.embeddings.cache import Cache, Lookup, text_hashes, variants
from lib.embeddings.model import hash_files, locate
from lib.embeddings.modules import Layout, read_layout
from lib.embeddings.provenance import check_image, share_origins
from lib.embeddings.schema import Origin, PartSummary
from lib.files import atomic_outputs, write_json
from lib.tables import read_batches

if TYPE_CHECKING:  # PyTorch takes a second to import, transformers some: only if they are needed
    import torch

    from lib.embeddings.encoder import Encoder
    from lib.embeddings.pipeline import Texts

FLASH = "flash"  # the value of embed.attention by which a step without a FlashAttention kernel fails
UNKNOWN_SHARE = 0.05  # of the tokens, above which a warning is printed; English texts have next to none
READ_ROWS = 2048  # rows of the papers read at a time
# How many times as long as float32 an emulated precision took for products of 256 to 2,048 rows, with AVX-512
# and with AVX2
EMULATION = {"bfloat16": "5 to 80", "float16": "75 to 700"}


@dataclass
class Part:
    """The rows of the papers that belong to one part, and the hashes of their texts.

    Row r of the papers belongs to part r mod N. New papers, which sort last, are thus spread evenly.

    Attributes
    ----------
    papers : path of papers.parquet
    hashes : S16 (n_distinct,), sorted
    inverse : int64 (n_rows,), the position of each row of the part in `hashes`
    """

    papers: Path
    part: int
    parts: int
    hashes: np.ndarray
    inverse: np.ndarray

    @classmethod
    def read(cls, papers: Path, part: int, parts: int) -> "Part":
        """Read the hashes; raises a UserError if the part has no papers."""
        hashes, inverse = np.unique(text_hashes(papers)[part::parts], return_inverse=True)
        if not len(hashes):
            raise UserError(f"embed: part {part} of {parts} holds no paper; set `embed.parts` lower")
        return cls(papers, part, parts, hashes, inverse)

    def texts(self, wanted: np.ndarray) -> Iterator["Texts"]:
        """Yield the wanted texts, some at a time, each distinct text once.

        Parameters
        ----------
        wanted : bool (n_distinct,), over `hashes`
        """
        from lib.embeddings.pipeline import Texts

        first = np.zeros(len(self.inverse), bool)
        first[np.unique(self.inverse, return_index=True)[1]] = True
        chosen = first & wanted[self.inverse]
        row = 0
        for batch in read_batches(self.papers, ["id", "text"], READ_ROWS):
            rows = np.arange(row, row + len(batch))
            row += len(batch)
            of_part = rows[rows % self.parts == self.part]
            of_part = of_part[chosen[of_part // self.parts]]
            papers = batch.take(of_part - rows[0])
            yield Texts(of_part // self.parts, papers["id"].to_pylist(), papers["text"].to_pylist())


def prefix(text: str) -> str | None:
    """The type of --prefix. Unlike `optional(str)` it keeps an empty text, which turns the prompt off."""
    return None if text == "None" else text


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(papers="papers.parquet")
    cli.flag("--part", int, "number of this part, from 0")
    cli.flag("--parts", int, "number of parts")
    cli.flag("--model", str, "package:NAME/FOLDER, the path of a folder, or a Hugging Face id")
    cli.flag("--revision", optional(str), "commit, branch or tag of a Hugging Face model")
    cli.flag("--pooling", str, "of the tokens", choices=["auto", "mean", "cls", "last", "max"])
    cli.flag("--prefix", prefix, "text put before each paper; None: the model's default prompt")
    cli.flag("--max-tokens", optional(int), "longer papers are truncated; None: the model's own limit")
    cli.flag("--device", str, "where to compute", choices=["auto", "cuda", "mps", "cpu"])
    cli.flag("--precision", str, "of the computation", choices=["auto", "bfloat16", "float16", "float32"])
    cli.flag(
        "--attention",
        str,
        "attention function",
        choices=["auto", "flash", "flash_attention_2", "varlen", "sdpa", "eager"],
    )
    cli.flag("--batch-tokens", optional(int), "tokens in a batch; None: from the device")
    cli.flag("--dtype", str, "of the stored vectors", choices=["float16", "float32"])
    cli.flag("--cache", optional(Path), "folder of the embedding cache; None: no cache")
    cli.threads()
    cli.outputs(vectors=".npy of this part", summary=".json of this part")
    return cli.parse_args(argv)


def load_encoder(args: argparse.Namespace, folder: Path, device: "torch.device", precision: str) -> "Encoder":
    """Load the encoder; raises a UserError if it would run without a flash kernel that is required."""
    import torch

    from lib.embeddings.encoder import load

    torch.set_num_threads(args.threads)
    encoder = load(
        folder,
        device=device,
        precision=precision,
        attention="auto" if args.attention == FLASH else args.attention,
        pooling=args.pooling,
        prefix=args.prefix,
        max_tokens=args.max_tokens,
        budget=args.batch_tokens,
    )
    if args.attention == FLASH and not encoder.packed:
        raise UserError(
            f"embed.attention: no flash kernel can run here ({encoder.attention} on {device.type} in "
            f"{precision}); run on CUDA in bfloat16 or float16, or set it to auto"
        )
    return encoder


def encode_missing(
    encoder: "Encoder",
    part: Part,
    cached: np.ndarray,
    vectors: np.ndarray,
    cache: Cache | None,
    require_flash: bool,
) -> tuple[Origin, dict[str, Any]]:
    """Encode the texts that were not found, in place in `vectors`, and store them in the cache.

    Parameters
    ----------
    cached : bool (n_distinct,), over `part.hashes`
    vectors : (n_distinct, dim)

    Returns
    -------
    how they were computed, and what the encoding adds to the summary of the part
    """
    from lib.embeddings.device import name_device
    from lib.embeddings.pipeline import encode_all, matmul_rate, model_flops

    origin = Origin(device=name_device(encoder.device), attention=encoder.attention, kernels=[])

    def store(rows: np.ndarray, new: np.ndarray, kernels: list[str]) -> None:
        at = part.inverse[rows]
        vectors[at] = new
        origin["kernels"] = kernels
        if cache:
            cache.append(part.hashes[at], vectors[at], origin)

    begun = time.perf_counter()
    total = int(np.count_nonzero(~cached))
    encoded = encode_all(encoder, part.texts(~cached), total, store, require_flash=require_flash)
    seconds = time.perf_counter() - begun
    known = not cached.any()  # truncation is not known of vectors from the cache
    return origin, {
        "tokens": encoded.counts.tokens,
        "padding_tokens": encoded.counts.padding_tokens,
        "unknown_tokens": encoded.unknown_tokens,
        "truncated_papers": encoded.truncated_papers if known else None,
        "truncated_tokens": encoded.truncated_tokens if known else None,
        "encode_seconds": seconds,
        "model_flops": model_flops(encoder.model, encoded.counts),
        "matmul_flops_per_second": matmul_rate(encoder.device, encoder.precision),
    }


def warn_of_emulation(device: "torch.device", precision: str) -> None:
    """Warn if papers are about to be encoded in a precision that the device emulates."""
    from lib.embeddings.device import emulates

    if emulates(device, precision):
        warn(
            f"embed.precision: this processor has no instructions for {precision}, or ONEDNN_MAX_CPU_ISA forbids them. "
            f"PyTorch emulates this precision, which took {EMULATION[precision]} times as long as float32 where it was "
            "measured. Set `embed.precision` to auto or float32"
        )


def warn_of_other_precisions(root: Path, settings: dict, wanted: str) -> None:
    """Warn if `auto` chose another precision here than on the machine that filled the cache."""
    others = variants(root, settings, "precision")
    if wanted == "auto" and others:
        warn(
            f"embed.precision: auto means {settings['precision']} on this device, but the cache also holds vectors "
            f"of this model in {', '.join(others)}. These are different vectors and are not used. Set "
            f"`embed.precision: {others[0]}` to use them."
        )


def warn_of_long_texts(layout: Layout) -> None:
    """Warn if the limit of tokens is above that of the model."""
    if layout.max_seq_length and layout.max_tokens > layout.max_seq_length:
        warn(
            f"embed.max_tokens: {layout.max_tokens} is more than the {layout.max_seq_length} tokens at which this model "
            "truncates (max_seq_length); it may not have been trained on longer texts. Set "
            f"`embed.max_tokens: {layout.max_seq_length}`, or null, to truncate as it does"
        )


def warn_of_unknown_tokens(unknown: int, tokens: int) -> None:
    """Warn if many tokens are unknown to the tokenizer: the vectors then mean little."""
    if unknown > UNKNOWN_SHARE * tokens:
        warn(
            f"embed.model: {unknown / tokens:.0%} of the tokens are unknown to this model's tokenizer, probably "
            "because it was made for other languages. The vectors mean little for these texts. Use a multilingual "
            "model, such as sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
        )


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    check_image()
    start = time.perf_counter()
    folder = locate(args.model, args.revision)
    from lib.embeddings.device import pick_device, pick_precision

    device = pick_device(args.device, args.part)
    precision = pick_precision(args.precision, device)
    layout = read_layout(folder, args.pooling, args.prefix, args.max_tokens)
    warn_of_long_texts(layout)
    # the files of a model decide a vector, its name does not
    settings: dict[str, Any] = {"files": hash_files(folder, layout.folders), "prefix": layout.prefix}
    settings |= {"max_tokens": layout.max_tokens, "pooling": layout.pooled}
    settings |= {"precision": precision, "dtype": args.dtype}
    part = Part.read(args.papers, args.part, args.parts)
    cache = args.cache and Cache(args.cache, settings)
    nothing = Lookup(np.zeros(len(part.hashes), bool), None, [])
    cached, vectors, origins = cache.fill(part.hashes, None) if cache else nothing
    misses = int(np.count_nonzero(~cached))

    encoding: dict[str, Any] = {"tokens": 0, "padding_tokens": 0, "unknown_tokens": 0}
    encoding |= {"truncated_papers": None, "truncated_tokens": None, "encode_seconds": 0.0}
    encoding |= {"model_flops": 0.0, "matmul_flops_per_second": None}
    if misses:
        if cache:
            warn_of_other_precisions(args.cache, settings, args.precision)
        warn_of_emulation(device, precision)
        encoder = load_encoder(args, folder, device, precision)
        if vectors is None:
            vectors = np.empty((len(part.hashes), encoder.dim), args.dtype)
        origin, encoding = encode_missing(encoder, part, cached, vectors, cache, args.attention == FLASH)
        origins = [*origins, (origin, np.flatnonzero(~cached))]
        warn_of_unknown_tokens(encoding["unknown_tokens"], encoding["tokens"])
    assert vectors is not None  # a part has papers, found or encoded

    rows = len(part.inverse)
    summary: dict[str, Any] = {"model": args.model, "revision": args.revision, **settings}
    summary |= {"dim": int(vectors.shape[1]), "device": device.type, **encoding, "papers": rows}
    papers = np.bincount(part.inverse)  # per distinct text
    summary |= {"origins": share_origins((origin, int(papers[texts].sum())) for origin, texts in origins)}
    summary |= {"cache_hits": rows - misses, "cache_misses": misses}
    summary |= {"seconds": time.perf_counter() - start}
    with atomic_outputs(args.vectors, args.summary) as (vectors_file, summary_file):
        np.save(vectors_file, vectors[part.inverse])
        write_json(summary_file, PartSummary(**summary))  # type: ignore[typeddict-item]
    speed = (
        f", {encoding['tokens'] / encoding['encode_seconds']:,.0f} tokens/s on {device.type} in {precision}"
        if misses
        else ""
    )
    say(f"{rows:,} papers: {misses:,} encoded, {rows - misses:,} from the cache{speed}")
    if encoding["truncated_papers"]:
        say(f"{encoding['truncated_papers']:,} papers truncated at {layout.max_tokens} tokens")


if __name__ == "__main__":
    run(main)
