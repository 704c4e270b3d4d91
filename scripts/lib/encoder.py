"""Encode texts to unit vectors with a transformer, without computing on padding.

On CUDA a batch is packed: the tokens of many papers stand in one row, `cu_seq_lens` says where
each paper begins, positions restart at each, and the attention kernel keeps papers apart. On other
devices there is no such kernel, and a batch holds papers of one length, rounded up to the next
multiple of 32. What a paper's vector is does then not depend on what else is in the batch: kernels
sum in another order for another length, so that a resumed run would differ in the last bits. The
odd lengths are also the slow ones; in bfloat16 the rounding more than pays for its padding.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from transformers import (
    MODEL_MAPPING,
    AttentionInterface,
    AttentionMaskInterface,
    AutoConfig,
    AutoModel,
    AutoTokenizer,
)

from lib.cli import UserError
from lib.device import pick_attention
from lib.model import first_position, positions

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
# Tokens in a padded batch: enough to fill the cores, few enough that activations stay in cache.
CPU_TOKENS = 4096
LENGTH_STEP = 32  # padded lengths are multiples of this, the height of a tile of AMX twice
# Products of fewer rows take kernels that sum in another order; a smaller batch is filled up.
LEAST_TOKENS = 1024


def flash_attn_kernel(q, k, v, cu, longest, scale):
    from flash_attn import flash_attn_varlen_func

    return flash_attn_varlen_func(q, k, v, cu, cu, longest, longest, softmax_scale=scale)


def varlen_kernel(q, k, v, cu, longest, scale):
    from torch.nn.attention.varlen import varlen_attn

    return varlen_attn(q, k, v, cu, cu, longest, longest, scale=scale)


def sequence_kernel(q, k, v, cu, longest, scale):
    """Attention paper by paper: slow, right on every device; what the fast kernels are tested by."""
    ends = cu.tolist()
    heads = [
        torch.nn.functional.scaled_dot_product_attention(
            *(x[a:b].transpose(0, 1) for x in (q, k, v)), scale=scale
        ).transpose(0, 1)
        for a, b in pairwise(ends)
    ]
    return torch.cat(heads)


KERNELS: dict[str, Callable] = {
    "flash_attention_2": flash_attn_kernel,
    "varlen": varlen_kernel,
    "sequence": sequence_kernel,
}
# What transformers knows them by: a name with "flash" in it would be looked for on the hub.
REGISTERED = {name: "packed_" + name.replace("flash_attention", "fa") for name in KERNELS}


def _register(name: str, kernel: Callable) -> None:
    """Make a packed kernel an attention function of transformers, for which no mask is built."""

    def attention(module, query, key, value, attention_mask, scaling=None, **kwargs):
        if kwargs.get("sliding_window") or getattr(module, "is_causal", False):
            raise UserError(
                f"config key embed.attention: {name} here sees whole papers in both directions, which "
                f"{type(module).__name__} of this model does not; set it to sdpa"
            )
        # (1, heads, tokens, width) -> (tokens, heads, width)
        q, k, v = (x.squeeze(0).transpose(0, 1) for x in (query, key, value))
        out = kernel(q, k, v, kwargs["cu_seq_lens_q"], kwargs["max_length_q"], scaling)
        return out.unsqueeze(0), None

    AttentionInterface.register(REGISTERED[name], attention)
    AttentionMaskInterface.register(REGISTERED[name], lambda *args, **kwargs: None)


for _name, _kernel in KERNELS.items():
    _register(_name, _kernel)


@dataclass
class Tokens:
    """Tokenised texts, special tokens included.

    Attributes
    ----------
    ids : list of int32 arrays, one a text, at most `max_tokens` long
    truncated_texts, truncated_tokens : how many texts were cut, and by how many tokens in all
    """

    ids: list[np.ndarray]
    truncated_texts: int
    truncated_tokens: int

    @property
    def lengths(self) -> np.ndarray:
        return np.array([len(i) for i in self.ids], np.int64)


@dataclass
class Encoder:
    """A loaded model and how to run it; see `load`."""

    model: torch.nn.Module
    tokenizer: object
    device: torch.device
    precision: str
    attention: str
    prefix: str
    max_tokens: int
    budget: int
    limit: int | None = None  # positions of the model
    first_position: int = 0
    tokenizer_padding: int = 0
    padded_tokens: int = 0
    real_tokens: int = 0
    squared_lengths: int = 0  # sum of each paper's tokens squared: what attention costs

    @property
    def packed(self) -> bool:
        return self.attention in KERNELS

    @property
    def dim(self) -> int:
        return self.model.config.hidden_size

    def tokenize(self, texts: list[str]) -> Tokens:
        """Tokenise with the prefix and cut at `max_tokens`."""
        encodings = self.tokenizer.encode_batch_fast([self.prefix + text for text in texts])
        cut = [sum(len(o.ids) - sum(o.special_tokens_mask) for o in e.overflowing) for e in encodings]
        ids = [np.array(e.ids, np.int32) for e in encodings]
        return Tokens(ids, sum(c > 0 for c in cut), sum(cut))

    def batches(self, lengths: np.ndarray) -> Iterator[np.ndarray]:
        """Yield rows, longest papers first, as many as the token budget holds.

        Packed, a batch costs the sum of its lengths; padded, all of it have one padded length.
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
        """Lengths rounded up to what is computed when padded, as far as the model has positions."""
        rounded = np.maximum(-(-lengths // LENGTH_STEP), 1) * LENGTH_STEP
        return np.minimum(rounded, self.limit) if self.limit else rounded

    def encode(self, tokens: list[np.ndarray]) -> np.ndarray:
        """Unit vectors of a batch: float32 (n, dim)."""
        return self.start(tokens)()

    def start(self, tokens: list[np.ndarray]) -> Callable[[], np.ndarray]:
        """Start a batch; a call of what is returned waits for its unit vectors, float32 (n, dim).

        A GPU computes while its next batch is prepared and started. Where memory is short, the
        batch is halved, and so is the token budget of those to come.
        """
        try:
            vectors = self._packed(tokens) if self.packed else self._padded(tokens)
            return _arriving(torch.nn.functional.normalize(vectors, dim=1))
        except RuntimeError as error:
            # the allocator of the CPU raises no class of its own
            if not isinstance(error, torch.OutOfMemoryError) and "DefaultCPUAllocator" not in str(error):
                raise
            if len(tokens) == 1:
                raise UserError(
                    f"embed: out of memory on a single paper of {len(tokens[0])} tokens; use a device with "
                    "more, a smaller model or a smaller `embed.max_tokens`"
                ) from None
        lengths = np.array([len(t) for t in tokens])
        cost = lengths.sum() if self.packed else len(tokens) * self.padded_length(lengths).max()
        self.budget = min(self.budget, max(int(cost) // 2, self.max_tokens))
        torch.cuda.empty_cache()
        middle = len(tokens) // 2
        halves = [self.start(tokens[:middle]), self.start(tokens[middle:])]
        return lambda: np.concatenate([arrived() for arrived in halves])

    def _count(self, lengths: np.ndarray, computed: int) -> None:
        self.real_tokens += int(lengths.sum())
        self.padded_tokens += computed - int(lengths.sum())
        self.squared_lengths += int((lengths**2).sum())

    def _on_device(self, array: np.ndarray) -> torch.Tensor:
        """A copy on the device; on CUDA it is only begun, and waits for no batch before it."""
        cuda = self.device.type == "cuda"
        tensor = torch.from_numpy(array)
        return (tensor.pin_memory() if cuda else tensor).to(self.device, non_blocking=cuda)

    @torch.inference_mode()
    def _packed(self, tokens: list[np.ndarray]) -> torch.Tensor:
        lengths = np.array([len(t) for t in tokens])
        ends = np.cumsum(lengths)
        places = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths) + self.first_position
        longest = int(lengths.max())
        # all copies before the first kernel
        ids = self._on_device(np.concatenate(tokens).astype(np.int64))[None]
        position_ids = self._on_device(places)[None]
        bounds = self._on_device(np.concatenate([[0], ends]).astype(np.int32))
        counts = self._on_device(lengths)
        hidden = self.model(
            input_ids=ids,
            position_ids=position_ids,
            cu_seq_lens_q=bounds,
            cu_seq_lens_k=bounds,
            max_length_q=longest,
            max_length_k=longest,
        ).last_hidden_state[0]
        # (tokens, dim) -> (n, dim): the mean over each paper's own tokens, summed in float32;
        # `unsafe`, since the check of the lengths would wait for the device
        mean = torch.segment_reduce(hidden.float(), "mean", lengths=counts, unsafe=True)
        self._count(lengths, int(ends[-1]))
        return mean

    @torch.inference_mode()
    def _padded(self, tokens: list[np.ndarray]) -> torch.Tensor:
        lengths = np.array([len(t) for t in tokens])
        longest = int(self.padded_length(lengths).max())
        rows = max(len(tokens), min(LEAST_TOKENS, self.budget) // longest)
        ids = np.full((rows, longest), self.tokenizer_padding, np.int64)
        mask = np.zeros((rows, longest), np.int64)
        for i in range(rows):
            t = tokens[min(i, len(tokens) - 1)]  # the last paper again, to fill a small batch
            ids[i, : len(t)] = t
            mask[i, : len(t)] = 1
        seen = self._on_device(mask)
        hidden = self.model(input_ids=self._on_device(ids), attention_mask=seen).last_hidden_state
        weights = seen[: len(tokens), :, None].float()
        mean = (hidden[: len(tokens)].float() * weights).sum(1) / weights.sum(1)
        self._count(lengths, ids.size)
        return mean


def _arriving(vectors: torch.Tensor) -> Callable[[], np.ndarray]:
    """Begin to copy vectors to the host, and return what waits for them."""
    if vectors.device.type != "cuda":
        return lambda: vectors.cpu().numpy()
    host = vectors.to("cpu", non_blocking=True)  # into pinned memory
    copied = torch.cuda.Event()
    copied.record()

    def wait() -> np.ndarray:
        copied.synchronize()
        return host.numpy().copy()  # pinned memory is dear, and is used again

    return wait


def load(
    folder: Path,
    *,
    device: torch.device,
    precision: str = "float32",
    attention: str = "auto",
    prefix: str = "",
    max_tokens: int = 512,
    budget: int | None = None,
) -> Encoder:
    """Load an encoder from a folder: safetensors only, and no code out of the model's repository.

    Raises
    ------
    UserError
        `max_tokens` is beyond the model's positions, or the tokenizer cannot be read.
    """
    if device.type == "cuda":
        torch.cuda.set_device(device)  # events and synchronisation are of the current one
    try:
        limit = positions(folder)
        if limit and max_tokens > limit:
            raise UserError(
                f"config key embed.max_tokens: {max_tokens} is more than the {limit} positions of this "
                f"model; set it to {limit} or less"
            )
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        architecture = MODEL_MAPPING.get(type(config), None)
        wanted, attention = attention, pick_attention(attention, device, precision, architecture)
        front = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        tokenizer = front.backend_tokenizer
        model, report = AutoModel.from_pretrained(
            folder,
            dtype=DTYPES[precision],
            attn_implementation=REGISTERED.get(attention, attention),
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (OSError, ValueError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise UserError(f"embed.model: {folder} cannot be loaded ({error})") from None
    if missing := [key for key in report["missing_keys"] if "pooler" not in key]:
        raise UserError(
            f"embed.model: {folder} lacks {len(missing)} weights of its architecture ({sorted(missing)[0]}, ...), "
            "which would be filled with random numbers; take a complete copy"
        )
    if wanted == "auto" and attention in KERNELS and not _sees_whole_papers(model):
        attention = "sdpa"
        model.set_attn_implementation(attention)
    if attention in KERNELS and not model._supports_attention_backend:  # its own would mix the papers
        raise UserError(
            f"config key embed.attention: {type(model).__name__} takes no attention from outside; set it "
            "to eager"
        )
    if len(front) <= len(front.all_special_ids):  # transformers makes one up where there are no files
        raise UserError(f"embed.model: {folder} holds no tokenizer, or one of no words; take a complete copy")
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    # the id is never attended to, so a tokenizer without a padding token needs none
    padding = model.config.pad_token_id
    return Encoder(
        model.eval().to(device),
        tokenizer,
        device,
        precision,
        attention,
        prefix,
        max_tokens,
        budget or default_budget(model, device, max_tokens),
        limit=limit,
        first_position=first_position(folder),
        tokenizer_padding=padding if padding is not None and padding >= 0 else 0,
    )


def _sees_whole_papers(model: torch.nn.Module) -> bool:
    """Whether each token attends to all of its paper, before and after: all that packed kernels do."""
    return not any(
        getattr(part, "sliding_window", None) or getattr(part, "is_causal", False) for part in model.modules()
    )


def default_budget(model: torch.nn.Module, device: torch.device, max_tokens: int) -> int:
    """Tokens in a batch: on CUDA from the free memory, at most what already fills the device."""
    if device.type != "cuda":
        return max(CPU_TOKENS, max_tokens)
    free, _ = torch.cuda.mem_get_info(device)
    # A layer holds about its input, output, q, k, v and the inner activations twice, 2 bytes each;
    # 65,536 tokens saturate the matrix units of an H200 at any width we know.
    config = model.config
    token = 2 * (8 * config.hidden_size + 2 * getattr(config, "intermediate_size", 4 * config.hidden_size))
    return int(min(65536, max(max_tokens, 0.5 * free / token)))


def model_flops(encoder: Encoder) -> float:
    """Arithmetic of what was encoded: 2 operations a weight and token, and 4 dim n² a layer.

    Embedding tables are looked up, not multiplied, and padding is not counted as work.
    """
    config = encoder.model.config
    weights = sum(
        part.weight.numel()
        for name, part in encoder.model.named_modules()
        if isinstance(part, torch.nn.Linear) and "pooler" not in name
    )
    attention = 4 * config.num_hidden_layers * config.hidden_size * encoder.squared_lengths
    return 2.0 * weights * encoder.real_tokens + attention


def matmul_rate(device: torch.device, precision: str, size: int | None = None) -> float:
    """Operations a second of a large square matrix product, the most the device gives in practice."""
    n = size or (8192 if device.type == "cuda" else 2048)
    a, b = (torch.randn(n, n, device=device).to(DTYPES[precision]) for _ in range(2))
    sync = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    a @ b
    best = float("inf")
    for _ in range(5):
        sync()
        start = time.perf_counter()
        a @ b
        sync()
        best = min(best, time.perf_counter() - start)
    return 2.0 * n**3 / best


def attention_kernels(encoder: Encoder, tokens: list[np.ndarray]) -> list[str]:
    """Encode one batch under the profiler; the names of the attention kernels that really ran."""
    from torch.profiler import ProfilerActivity, profile

    cuda = encoder.device.type == "cuda"
    kinds = [ProfilerActivity.CPU] + [ProfilerActivity.CUDA] * cuda
    counts = encoder.real_tokens, encoder.padded_tokens, encoder.squared_lengths
    with profile(activities=kinds) as trace:
        encoder.encode(tokens)
    encoder.real_tokens, encoder.padded_tokens, encoder.squared_lengths = counts
    events = trace.events()
    on_device = [e.name for e in events if e.device_type == torch.autograd.DeviceType.CUDA] if cuda else []
    names = on_device or [e.name for e in events]
    unseen = " (dispatched; no kernels visible)" if cuda and not on_device else ""  # a barred CUPTI
    words = ("flash", "fmha", "attention", "attn")
    found = sorted({name for name in names if any(word in name.lower() for word in words)})
    # off CUDA the generic entry point is called too; the most specific name says what ran
    found = [name for name in found if "for_cpu" in name] or found or ["matmul + softmax (eager)"]
    return [name + unseen for name in found]
