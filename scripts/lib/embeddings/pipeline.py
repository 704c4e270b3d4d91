"""Encode a stream of texts so that the device never waits for the next batch.

Four stages run side by side: texts are read and tokenized a window ahead, a batch is started before those in
progress are waited for, and a thread stores what is done.
"""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count
from typing import Any, NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from lib.cli import UserError, progress
from lib.embeddings.device import emulates
from lib.embeddings.encoder import DTYPES, Counts, Encoder, Tokens
from lib.pools import ahead

# Papers that are sorted by length together. The first windows are small, so that the device soon
# has work; later ones give batches of similar lengths, at the price of 20 MB of text in memory.
FIRST_WINDOW, WINDOW = 2048, 16384
FLUSH_SECONDS = 30.0  # what is done is stored this often: a kill loses this much work


class Texts(NamedTuple):
    """Texts to encode: their row numbers int (n,), the ids of their papers, and the texts."""

    rows: np.ndarray
    ids: list[str]
    texts: list[str]


class Papers(NamedTuple):
    """The papers of a batch: row numbers int (n,) and ids."""

    rows: np.ndarray
    ids: list[str]


@dataclass
class Encoded:
    """What was encoded: attention kernels that ran, tokens counted, and what was truncated."""

    kernels: list[str] = field(default_factory=list)
    counts: Counts = field(default_factory=Counts)
    truncated_papers: int = 0
    truncated_tokens: int = 0
    unknown_tokens: int = 0


def encode_all(
    encoder: Encoder,
    texts: Iterable[Texts],
    total: int,
    store: Callable[[np.ndarray, np.ndarray, list[str]], None],
    *,
    require_flash: bool = False,
) -> Encoded:
    """Encode texts; `store(rows, vectors, kernels)` gets float32 unit vectors as they are done.

    Parameters
    ----------
    texts : `total` texts, some at a time
    store : called in a thread of its own, one call at a time
    require_flash : raise a UserError if the first batch ran without a FlashAttention kernel
    """
    encoded = Encoded()
    source = windows(texts)

    def tokenize_next() -> tuple[Texts, Tokens] | None:
        window = next(source, None)
        return window and (window, encoder.tokenize(window.texts))

    # A thread that starts batches would wait 5 ms for the others each time, longer than a kernel.
    sys.setswitchinterval(2e-4)
    with (
        progress(total=total, unit="paper", desc="embed") as bar,
        ThreadPoolExecutor(1) as tokenizer,
        ThreadPoolExecutor(1) as writer,
    ):
        tokenizing = ahead(tokenizer.submit(tokenize_next) for _ in count())
        batches = batches_of(encoder, tokenizing, encoded, require_flash)
        with closing(encoder.encode_each(batches)) as done:
            segments = collect(done, encoded, bar)
            for writing in ahead(writer.submit(store, *segment, encoded.kernels) for segment in segments):
                writing.result()
    return encoded


def windows(texts: Iterable[Texts]) -> Iterator[Texts]:
    """Join texts to windows. Each window may be twice as large as the one before."""
    size = FIRST_WINDOW
    rows: list[np.ndarray] = []
    ids: list[str] = []
    joined: list[str] = []
    for part in texts:
        rows.append(part.rows)
        ids += part.ids
        joined += part.texts
        if len(joined) >= size:
            yield Texts(np.concatenate(rows), ids, joined)
            rows, ids, joined = [], [], []
            size = min(2 * size, WINDOW)
    if joined:
        yield Texts(np.concatenate(rows), ids, joined)


def batches_of(
    encoder: Encoder,
    tokenizing: Iterable[Future[tuple[Texts, Tokens] | None]],
    encoded: Encoded,
    require_flash: bool,
) -> Iterator[tuple[Papers, list[np.ndarray]]]:
    """Yield the papers and the tokens of one batch after another, longest papers of a window first; adds to `encoded`."""
    for job in tokenizing:
        if (window := job.result()) is None:
            return
        texts, tokens = window
        encoded.truncated_papers += tokens.truncated_texts
        encoded.truncated_tokens += tokens.truncated_tokens
        encoded.unknown_tokens += tokens.unknown_tokens
        if not tokens.lengths.all():
            name = texts.ids[int(np.argmin(tokens.lengths))]
            raise UserError(f"embed: the text of paper {name} holds no token of this model's tokenizer")
        for at in encoder.batches(tokens.lengths):
            ids = [tokens.ids[i] for i in at]
            if not encoded.kernels:
                encoded.kernels = attention_kernels(encoder, ids)
                if require_flash and not any("flash" in name.lower() for name in encoded.kernels):
                    raise UserError(
                        f"embed.attention is flash, but the profiler saw {', '.join(encoded.kernels)}, no flash kernel"
                    )
            yield Papers(texts.rows[at], [texts.ids[i] for i in at]), ids


def collect(
    done: Iterable[tuple[Papers, np.ndarray, Counts]], encoded: Encoded, bar: tqdm
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Collect the vectors of batches; yields (rows, vectors) each time they should be stored. Adds to `encoded`.

    After an interrupt or a scheduler's stop, what was collected is yielded before the exception goes on.
    """
    rows: list[np.ndarray] = []
    collected: list[np.ndarray] = []
    last = time.monotonic()
    try:
        for papers, vectors, counts in done:
            check_finite(vectors, papers.ids)
            encoded.counts += counts
            rows.append(papers.rows)
            collected.append(vectors)
            bar.update(len(vectors))
            if time.monotonic() - last > FLUSH_SECONDS or sum(map(len, rows)) >= WINDOW:
                yield np.concatenate(rows), np.concatenate(collected)
                rows, collected, last = [], [], time.monotonic()
    except (KeyboardInterrupt, SystemExit):
        if rows:
            yield np.concatenate(rows), np.concatenate(collected)
        raise
    if rows:
        yield np.concatenate(rows), np.concatenate(collected)


def check_finite(vectors: np.ndarray, ids: list[str]) -> None:
    """Raise a UserError for a vector that is not finite, with the id of its paper."""
    finite = np.isfinite(vectors).all(1)
    if not finite.all():
        name = ids[int(np.flatnonzero(~finite)[0])]
        raise UserError(
            f"embed: the vector of paper {name} is not finite; the weights are damaged, or the model "
            "overflows at this precision (set `embed.precision` to float32)"
        )


def model_flops(model: Any, counts: Counts) -> float:
    """The arithmetic of what was encoded: 2 operations per weight and token, 4 width n² per layer.

    The width is that of all heads. Embedding tables are looked up, not multiplied. Padding does not
    count as work. Attention counts as if each token attended to the whole paper.
    """
    config = model.config
    weights = sum(
        part.weight.numel()
        for name, part in model.named_modules()
        if isinstance(part, torch.nn.Linear) and "pooler" not in name
    )
    head = getattr(config, "head_dim", None)
    width = config.num_attention_heads * head if head else config.hidden_size
    attention = 4 * config.num_hidden_layers * width * counts.squared_lengths
    return 2.0 * weights * counts.tokens + attention


def matmul_rate(device: torch.device, precision: str) -> float | None:
    """Operations per second of a large square matrix product: the most the device does in practice.

    None in a precision that the device emulates: one product could take a minute.
    """
    if emulates(device, precision):
        return None
    n = 8192 if device.type == "cuda" else 2048
    a, b = (torch.randn(n, n, device=device).to(DTYPES[precision]) for _ in range(2))
    sync = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    a @ b
    best = float("inf")
    for _ in range(3):
        sync()
        start = time.perf_counter()
        a @ b
        sync()
        best = min(best, time.perf_counter() - start)
    return 2.0 * n**3 / best


def attention_kernels(encoder: Encoder, tokens: list[np.ndarray]) -> list[str]:
    """Encode one batch under the profiler; returns the names of the attention kernels that ran."""
    from torch.profiler import ProfilerActivity, profile

    cuda = encoder.device.type == "cuda"
    with profile(activities=[ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * cuda) as trace:
        encoder.encode(tokens)
    events = trace.events()
    on_device = [e.name for e in events if e.device_type == torch.autograd.DeviceType.CUDA] if cuda else []
    names = on_device or [e.name for e in events]
    unseen = " (dispatched; no kernels visible)" if cuda and not on_device else ""  # CUPTI is barred
    words = ("flash", "fmha", "attention", "attn")
    kernels = sorted({name for name in names if any(word in name.lower() for word in words)})
    # off CUDA the generic entry point runs too; the most specific name says which kernel ran
    kernels = [name for name in kernels if "for_cpu" in name] or kernels or ["matmul + softmax (eager)"]
    return [name + unseen for name in kernels]
