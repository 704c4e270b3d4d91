"""The speed of the encoder relative to the device, and the attention kernels that ran."""

import time
from typing import Any

import numpy as np
import torch

from lib.embeddings.device import emulates
from lib.embeddings.encoder import DTYPES, Counts, Encoder


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
    found = sorted({name for name in names if any(word in name.lower() for word in words)})
    # off CUDA the generic entry point runs too; the most specific name says which kernel ran
    found = [name for name in found if "for_cpu" in name] or found or ["matmul + softmax (eager)"]
    return [name + unseen for name in found]
