"""Choose the device, the precision and the attention function for a machine.

This module does not import transformers, which takes seconds: a run that finds all its vectors in
the cache does not need it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from lib.cli import UserError

# What an x86 processor needs to multiply matrices in a precision; without it PyTorch emulates
INSTRUCTIONS = {"bfloat16": ("amx_bf16", "avx512_bf16"), "float16": ("amx_fp16", "avx512_fp16")}
# Values of ONEDNN_MAX_CPU_ISA with which oneDNN, which computes the products, does not use these instructions
NARROW = {"SSE41", "AVX", "AVX2", "AVX2_VNNI", "AVX2_VNNI_2", "AVX512_CORE", "AVX512_CORE_VNNI"}
FORBIDDING = {"bfloat16": NARROW, "float16": NARROW | {"AVX512_CORE_BF16"}}


def pick_device(
    wanted: str, part: int = 0, *, key: str = "embed.device", instead: str = "auto or cpu"
) -> torch.device:
    """`auto` takes CUDA, else MPS, else the CPU. A device given by name must be present.

    Parameters
    ----------
    key, instead : the config key for the message, and what to set it to if there is no such device
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return _numbered(next(name for name, is_present in present.items() if is_present), part)
    if not present[wanted]:
        raise UserError(
            f"config key {key}: {wanted!r} is set, but PyTorch {torch.__version__} finds no such "
            "device on this machine; check `nvidia-smi` and CUDA_VISIBLE_DEVICES, install a CUDA build of PyTorch, or "
            f"set `{key}` to {instead}"
        )
    return _numbered(wanted, part)


@contextmanager
def gpu_for(key: str) -> Iterator[torch.device]:
    """The GPU on which a step computes if a config key is 1.

    Raises
    ------
    UserError
        There is none, or its memory does not suffice; names the key.
    """
    device = pick_device("cuda", key=key, instead="0")
    try:
        yield device
    except torch.OutOfMemoryError:
        raise UserError(
            f"config key {key}: the GPU has too little free memory; end what else runs on it, or set it to 0 to "
            "compute on the CPU"
        ) from None


def _numbered(name: str, part: int) -> torch.device:
    """Give each part a GPU of its own, so that jobs side by side do not all take the first.

    If the scheduler gives each job one GPU (CUDA_VISIBLE_DEVICES), only that one is visible.
    """
    return torch.device(name, part % torch.cuda.device_count()) if name == "cuda" else torch.device(name)


def name_device(device: torch.device) -> str:
    """The name of a graphics card, or `cpu` or `mps`."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def unit_tensor(rows: torch.Tensor) -> torch.Tensor:
    """What `lib.vectors.unit` does, on the device of the rows."""
    if rows.dtype == torch.float32:
        return rows
    rows = rows.float()
    return rows / rows.square().sum(1, keepdim=True).sqrt()


def has_instructions(precision: str) -> bool:
    """Whether this x86 processor multiplies matrices in a half precision, and oneDNN may use that."""
    has = torch.cpu.get_capabilities()
    allowed = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper() not in FORBIDDING[precision]
    return allowed and any(has.get(name) for name in INSTRUCTIONS[precision])


def emulates(device: torch.device, precision: str) -> bool:
    """Whether a device computes in this precision without instructions for it; not known of other processors than x86."""
    x86 = torch.cpu.get_capabilities().get("architecture", "x86_64") == "x86_64"
    return device.type == "cpu" and precision != "float32" and x86 and not has_instructions(precision)


def pick_precision(wanted: str, device: torch.device) -> str:
    """`auto` takes bfloat16 if the device has instructions for it, else what is fast and safe."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device)[0] >= 8 else "float16"
    return "bfloat16" if device.type == "cpu" and has_instructions("bfloat16") else "float32"


def pick_attention(wanted: str, device: torch.device, precision: str, model: Any = None) -> str:
    """`auto` takes flash_attn if it is installed, else PyTorch's varlen; off CUDA it takes sdpa.

    Parameters
    ----------
    model : the class of the model; `auto` takes the fastest function that this architecture supports
    """
    flash = (
        device.type == "cuda"
        and precision != "float32"
        and torch.cuda.get_device_capability(device)[0] >= 8  # FlashAttention 2 begins with Ampere
    )
    if wanted == "auto":
        if model and not getattr(model, "_supports_sdpa", False):
            return "eager"
        if not flash or (model and not model._supports_attention_backend):
            return "sdpa"
        try:
            import flash_attn
        except ImportError:
            return "varlen"
        return "flash_attention_2"
    if wanted in ("flash_attention_2", "varlen") and not flash:
        raise UserError(
            f"config key embed.attention: {wanted!r} runs only on CUDA, in bfloat16 or float16 and on "
            f"cards since Ampere, not on this {device.type} in {precision}; set it to auto"
        )
    if wanted == "flash_attention_2":
        try:
            import flash_attn  # noqa: F401
        except ImportError:
            raise UserError(
                "config key embed.attention: flash_attention_2 needs the package flash-attn; install it, or "
                "set `embed.attention` to auto or varlen (the same kernel in PyTorch)"
            ) from None
    return wanted
