"""Encode texts as unit vectors with a transformer, without computing on padding.

On CUDA a batch is packed: the tokens of many papers form one row, `cu_seq_lens` says where
each paper begins, positions restart at each paper, and the attention kernel keeps papers apart.
Other devices have no such kernel. There a batch holds papers of one length, rounded up to the next
multiple of 16 or 32. A vector then does not depend on its batch: kernels add in a different order for a
different length, so that the last bits of a resumed run would differ. Odd lengths are also slow; in
bfloat16 the rounding gains more than its padding costs.

On the CPU each core computes a batch of its own (except for models that change in the course, see `parallel`). Threads
that share a batch wait for each other after every operation, which takes half of the speed beside other programs; and the
last bits would depend on their number.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from lib.cli import UserError
from lib.embeddings.attention import KERNELS, packed_inputs, register_kernels
from lib.embeddings.batch_size import LEAST_TOKENS, LENGTH_STEP, default_budget
from lib.embeddings.loading import load_config, load_model, load_tokenizer, prefix_tokens, readable
from lib.embeddings.model import first_position, positions
from lib.embeddings.modules import read_layout
from lib.embeddings.pooling import Head, load_head, pool_packed, pool_padded
from lib.pools import ahead, in_threads
from lib.rows import ranges

T = TypeVar("T")

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
UNKNOWN = ("[UNK]", "<unk>")


@dataclass
class Tokens:
    """Tokenized texts, special tokens included.

    Attributes
    ----------
    ids : one int32 array per text, at most `max_tokens` long
    truncated_texts, truncated_tokens : how many texts were cut, and by how many tokens in all
    unknown_tokens : tokens that stand for what the tokenizer does not know
    """

    ids: list[np.ndarray]
    truncated_texts: int
    truncated_tokens: int
    unknown_tokens: int = 0

    @property
    def lengths(self) -> np.ndarray:
        """Tokens per text: int64 (n,)."""
        return np.array([len(i) for i in self.ids], np.int64)


@dataclass
class Counts:
    """The work in a batch or in many: tokens of papers, padding, and squared lengths of papers.

    The squared lengths are what attention costs.
    """

    tokens: int = 0
    padding_tokens: int = 0
    squared_lengths: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.tokens + other.tokens,
            self.padding_tokens + other.padding_tokens,
            self.squared_lengths + other.squared_lengths,
        )


@dataclass
class Encoder:
    """A loaded model and how to run it; see `load`."""

    model: Any
    tokenizer: Any
    device: torch.device
    precision: str
    attention: str
    prefix: str
    max_tokens: int
    budget: int  # tokens in a batch
    head: Head  # the layers after pooling
    pooling: str = "mean"
    skip: int = 0  # tokens at the start of each text that are not pooled
    limit: int | None = None  # positions of the model
    first_position: int = 0
    padding_id: int = 0

    @property
    def packed(self) -> bool:
        """Whether batches are packed."""
        return self.attention in KERNELS

    @property
    def parallel(self) -> bool:
        """Whether batches may be computed at once: not where rotary embeddings change when they meet a longer text."""
        kinds = [str(getattr(part, "rope_type", "")) for part in self.model.modules()]
        return not any(name in kind for kind in kinds for name in ("dynamic", "longrope"))

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""
        return self.head.dim

    @property
    def unknown_ids(self) -> list[int]:
        """The tokens that stand for what the tokenizer does not know, by their usual names."""
        return [i for name in UNKNOWN if (i := self.tokenizer.token_to_id(name)) is not None]

    def tokenize(self, texts: list[str]) -> Tokens:
        """Tokenize with the prefix, and cut at `max_tokens`."""
        encodings = self.tokenizer.encode_batch_fast([self.prefix + text for text in texts])
        cut = [sum(len(o.ids) - sum(o.special_tokens_mask) for o in e.overflowing) for e in encodings]
        ids = [np.array(e.ids, np.int32) for e in encodings]
        unknown = np.isin(np.concatenate([np.empty(0, np.int32), *ids]), self.unknown_ids)
        return Tokens(ids, sum(c > 0 for c in cut), sum(cut), int(unknown.sum()))

    def batches(self, lengths: np.ndarray) -> Iterator[np.ndarray]:
        """Yield row numbers, longest papers first, as many at a time as the token budget holds.

        A packed batch costs the sum of its lengths. All papers of a padded batch have one padded
        length.
        """
        order = np.argsort(-lengths, kind="stable")
        costs = self.padded_length(lengths[order])
        start = 0
        while start < len(order):
            if self.packed:
                total = np.cumsum(lengths[order[start : start + self.budget]])
                count = int(np.searchsorted(total, self.budget, "right"))
            else:
                same = int(np.searchsorted(-costs, -costs[start], "right")) - start
                count = min(same, self.budget // int(costs[start]))
            count = max(count, 1)
            yield order[start : start + count]
            start += count

    def padded_length(self, lengths: np.ndarray) -> np.ndarray:
        """Lengths rounded up to what is computed when padded, at most the positions of the model."""
        step = LENGTH_STEP[self.precision]
        rounded = np.maximum(-(-lengths // step), 1) * step
        return np.minimum(rounded, self.limit) if self.limit else rounded

    def encode(self, tokens: list[np.ndarray]) -> np.ndarray:
        """Unit vectors of a batch, computed by the calling thread: float32 (n, dim)."""
        return self._compute(tokens)[0].cpu().numpy()

    def encode_each(
        self, batches: Iterable[tuple[T, list[np.ndarray]]]
    ) -> Generator[tuple[T, np.ndarray, Counts], None, None]:
        """Encode batches: what came with each batch, its vectors (float32 (n, dim)) and its work, in order.

        Batches are computed ahead: on the CPU by as many threads as PyTorch uses now, each with one batch at a time, and
        on a GPU while the caller handles earlier vectors.
        """
        if self.device.type == "cpu":
            threads = torch.get_num_threads() if self.parallel else 1
            yield from in_threads(self._computed, batches, threads, begin=_use_one_thread, wait=False)
        else:
            for given, (wait, counts) in ahead((given, self.start(tokens)) for given, tokens in batches):
                yield given, wait(), counts

    def start(self, tokens: list[np.ndarray]) -> tuple[Callable[[], np.ndarray], Counts]:
        """Start a batch; returns the function that waits for its vectors, and its work. The CPU computes it here."""
        vectors, counts = self._compute(tokens)
        return _copy_to_host(vectors), counts

    def _computed(self, batch: tuple[T, list[np.ndarray]]) -> tuple[T, np.ndarray, Counts]:
        vectors, counts = self._compute(batch[1])
        return batch[0], vectors.numpy(), counts

    def _compute(self, tokens: list[np.ndarray]) -> tuple[torch.Tensor, Counts]:
        """Unit vectors of a batch on the device, and its work.

        If memory runs out, the batch is halved, and so is the token budget of the batches to come.
        """
        lengths = np.array([len(t) for t in tokens])
        try:
            vectors, computed = self._packed(tokens) if self.packed else self._padded(tokens)
            counts = Counts(int(lengths.sum()), computed - int(lengths.sum()), int((lengths**2).sum()))
            return torch.nn.functional.normalize(self.head(vectors), dim=1), counts
        except RuntimeError as error:
            # the CPU allocator does not raise a class of its own
            if not isinstance(error, torch.OutOfMemoryError) and "DefaultCPUAllocator" not in str(error):
                raise
            if len(tokens) == 1:
                raise UserError(
                    f"embed: out of memory on a single paper of {len(tokens[0])} tokens; use a device with "
                    "more memory, fewer threads (--set-threads embed=1), a smaller model or a smaller `embed.max_tokens`"
                ) from None
        cost = lengths.sum() if self.packed else len(tokens) * self.padded_length(lengths).max()
        self.budget = min(self.budget, max(int(cost) // 2, self.max_tokens))
        torch.cuda.empty_cache()
        middle = len(tokens) // 2
        halves = self._compute(tokens[:middle]), self._compute(tokens[middle:])
        return torch.cat([vectors for vectors, _ in halves]), halves[0][1] + halves[1][1]

    def _on_device(self, array: np.ndarray) -> torch.Tensor:
        """A copy on the device. On CUDA the copy only begins, and waits for no earlier batch."""
        cuda = self.device.type == "cuda"
        tensor = torch.from_numpy(array)
        return (tensor.pin_memory() if cuda else tensor).to(self.device, non_blocking=cuda)

    @torch.inference_mode()
    def _packed(self, tokens: list[np.ndarray]) -> tuple[torch.Tensor, int]:
        """Pooled vectors of papers packed into one row, and the number of tokens computed."""
        lengths = np.array([len(t) for t in tokens])
        ends = np.cumsum(lengths)
        restarting = ranges(np.full(len(lengths), self.first_position), lengths)
        longest = int(lengths.max())
        # all copies before the first kernel
        ids = self._on_device(np.concatenate(tokens).astype(np.int64))[None]
        position_ids = self._on_device(restarting)[None]
        cu_seq_lens = self._on_device(np.concatenate([[0], ends]).astype(np.int32))
        counts = self._on_device(lengths)
        inputs = packed_inputs(ids, position_ids, cu_seq_lens, longest)
        hidden = self.model(**inputs).last_hidden_state[0]
        return pool_packed(hidden, counts, self.pooling, self.skip), int(ends[-1])

    @torch.inference_mode()
    def _padded(self, tokens: list[np.ndarray]) -> tuple[torch.Tensor, int]:
        """Pooled vectors of padded papers, and the number of tokens computed."""
        lengths = np.array([len(t) for t in tokens])
        longest = int(self.padded_length(lengths).max())
        rows = max(len(tokens), min(LEAST_TOKENS, self.budget) // longest)
        ids = np.full((rows, longest), self.padding_id, np.int64)
        mask = np.zeros((rows, longest), np.int64)
        for i in range(rows):
            t = tokens[min(i, len(tokens) - 1)]  # the last paper again, to fill a small batch
            ids[i, : len(t)] = t
            mask[i, : len(t)] = 1
        attended = self._on_device(mask)
        hidden = self.model(input_ids=self._on_device(ids), attention_mask=attended).last_hidden_state
        n = len(tokens)
        return pool_padded(hidden[:n], attended[:n], self.pooling, self.skip), ids.size


def _copy_to_host(vectors: torch.Tensor) -> Callable[[], np.ndarray]:
    """Begin to copy vectors to the host; returns the function that waits for them."""
    if vectors.device.type != "cuda":
        return lambda: vectors.cpu().numpy()
    host = vectors.to("cpu", non_blocking=True)  # into pinned memory
    copied = torch.cuda.Event()
    copied.record()

    def wait() -> np.ndarray:
        copied.synchronize()
        return host.numpy().copy()  # pinned memory is scarce, and is used again

    return wait


def load(
    folder: Path,
    *,
    device: torch.device,
    precision: str = "float32",
    attention: str = "auto",
    pooling: str = "auto",
    prefix: str | None = None,
    max_tokens: int | None = None,
    budget: int | None = None,
) -> Encoder:
    """Load an encoder from a folder: safetensors only, and no code from the model's repository.

    Parameters
    ----------
    precision : float32, bfloat16 or float16
    attention : auto, a name in KERNELS, sdpa or eager
    pooling, prefix, max_tokens : see `read_layout`
    budget : tokens in a batch; None takes `default_budget`

    Raises
    ------
    UserError
        `max_tokens` is larger than the model's positions, a file cannot be read, the layout or the
        architecture is not supported, or the attention asked for does not suit it.
    """
    register_kernels()
    if device.type == "cuda":
        torch.cuda.set_device(device)  # events and synchronisation use the current device
    with readable(folder):
        layout = read_layout(folder, pooling, prefix, max_tokens)
        limit = positions(folder)
        _check_max_tokens(layout.max_tokens, limit)
        config = load_config(folder)
        tokenizer = load_tokenizer(folder, layout.max_tokens)
        skip = prefix_tokens(tokenizer, layout.prefix, layout.max_tokens)
        model, attention = load_model(folder, config, device, precision, DTYPES[precision], attention)
        head = load_head(folder, layout.dense, model.config.hidden_size, layout.truncate_dim)
    # padding is never attended to, so a tokenizer needs no padding token
    padding = model.config.pad_token_id
    return Encoder(
        model.eval().to(device),
        tokenizer,
        device,
        precision,
        attention,
        layout.prefix,
        layout.max_tokens,
        budget or default_budget(config, device, precision, layout.max_tokens),
        head.to(device),
        layout.pooling,
        skip=0 if layout.include_prefix else skip,
        limit=limit,
        first_position=first_position(folder),
        padding_id=padding if padding is not None and padding >= 0 else 0,
    )


def _use_one_thread() -> None:
    torch.set_num_threads(1)


def _check_max_tokens(max_tokens: int, limit: int | None) -> None:
    if limit and max_tokens > limit:
        raise UserError(
            f"config key embed.max_tokens: {max_tokens} is more than the {limit} positions of this "
            f"model; set it to {limit} or less"
        )
