"""Choose the device, the precision and the attention that a machine can do.

Apart from the encoder because a run that finds all its vectors in the cache needs no more than
this of PyTorch, and transformers takes seconds to import.
"""

import torch

from lib.cli import UserError


def pick_device(
    wanted: str, part: int = 0, *, key: str = "embed.device", instead: str = "auto or cpu"
) -> torch.device:
    """`auto` takes CUDA, then MPS, then the CPU; a device asked for by name must be there.

    Parameters
    ----------
    key, instead : the config key that asked, and what to set it to where there is none
    """
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted == "auto":
        return _numbered(next(name for name, here in present.items() if here), part)
    if not present[wanted]:
        raise UserError(
            f"config key {key}: {wanted!r} was asked for but PyTorch {torch.__version__} sees no such "
            "device here; check `nvidia-smi` and CUDA_VISIBLE_DEVICES, install a CUDA build of PyTorch, or "
            f"set `{key}` to {instead}"
        )
    return _numbered(wanted, part)


def _numbered(name: str, part: int) -> torch.device:
    """Of several visible GPUs the part's own: jobs side by side then do not crowd onto the first.

    Where the scheduler gives each job one GPU (CUDA_VISIBLE_DEVICES), that is the only visible one.
    """
    return torch.device(name, part % torch.cuda.device_count()) if name == "cuda" else torch.device(name)


def pick_precision(wanted: str, device: torch.device) -> str:
    """`auto` takes bfloat16 where the device has instructions for it, else what is fast and safe."""
    if wanted != "auto":
        return wanted
    if device.type == "cuda":
        return "bfloat16" if torch.cuda.get_device_capability(device)[0] >= 8 else "float16"
    if device.type == "cpu" and (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()):
        return "bfloat16"
    return "float32"


def pick_attention(wanted: str, device: torch.device, precision: str, model: type | None = None) -> str:
    """`auto` takes flash_attn where it is installed, else PyTorch's varlen; off CUDA, sdpa.

    Parameters
    ----------
    model : the class of the model: `auto` then takes the fastest that this architecture can do
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
            f"config key embed.attention: {wanted!r} runs on CUDA in bfloat16 or float16 only, on "
            f"cards from Ampere on, not on this {device.type} in {precision}; set it to auto"
        )
    if wanted == "flash_attention_2":
        try:
            import flash_attn  # noqa: F401
        except ImportError:
            raise UserError(
                "config key embed.attention: flash_attention_2 needs the package flash-attn; install it, or "
                "set `embed.attention` to auto or varlen (the same kernel out of PyTorch)"
            ) from None
    return wanted
