"""Attention on packed batches: the kernels, and how transformers calls them."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface

from lib.cli import UserError

Kernel = Callable[..., torch.Tensor]


def flash_attn_kernel(q, k, v, cu_seq_lens, longest, scale) -> torch.Tensor:
    """FlashAttention 2 from the package flash-attn."""
    from flash_attn import flash_attn_varlen_func

    return flash_attn_varlen_func(q, k, v, cu_seq_lens, cu_seq_lens, longest, longest, softmax_scale=scale)


def varlen_kernel(q, k, v, cu_seq_lens, longest, scale) -> torch.Tensor:
    """The FlashAttention kernel that comes with PyTorch."""
    from torch.nn.attention.varlen import varlen_attn

    out: Any = varlen_attn(q, k, v, cu_seq_lens, cu_seq_lens, longest, longest, scale=scale)
    return out


def sequence_kernel(q, k, v, cu_seq_lens, longest, scale) -> torch.Tensor:
    """Attention paper by paper: slow, right on every device; the tests compare the others with it."""
    outputs = []
    for a, b in pairwise(cu_seq_lens.tolist()):
        qp, kp, vp = (x[a:b].transpose(0, 1) for x in (q, k, v))
        attended = torch.nn.functional.scaled_dot_product_attention(qp, kp, vp, scale=scale)
        outputs.append(attended.transpose(0, 1))
    return torch.cat(outputs)


# Each takes q, k, v of shape (tokens, heads, width), `cu_seq_lens` int32 (papers + 1,) with the
# position where each paper begins, the length of the longest paper and the scale of the softmax.
KERNELS: dict[str, Kernel] = {
    "flash_attention_2": flash_attn_kernel,
    "varlen": varlen_kernel,
    "sequence": sequence_kernel,
}


def implementation(attention: str) -> str:
    """The name by which transformers knows an attention function.

    transformers looks up a name with "flash" in it on the hub, so packed kernels have other names.
    """
    return f"packed_{attention.replace('flash_attention', 'fa')}" if attention in KERNELS else attention


def register_kernels() -> None:
    """Make the packed kernels attention functions of transformers. No mask is built for them."""
    for name, kernel in KERNELS.items():
        AttentionInterface.register(implementation(name), _attention_function(name, kernel))
        AttentionMaskInterface.register(implementation(name), lambda *args, **kwargs: None)


def _attention_function(name: str, kernel: Kernel) -> Callable:
    def attention(
        module, query, key, value, attention_mask, scaling=None, **kwargs: Any
    ) -> tuple[torch.Tensor, None]:
        if kwargs.get("sliding_window") or getattr(module, "is_causal", False):
            raise UserError(
                f"config key embed.attention: {name} lets each token attend to the whole paper, which "
                f"{type(module).__name__} of this model does not; set it to sdpa"
            )
        # (1, heads, tokens, width) -> (tokens, heads, width)
        q, k, v = (x.squeeze(0).transpose(0, 1) for x in (query, key, value))
        out = kernel(q, k, v, kwargs["cu_seq_lens_q"], kwargs["max_length_q"], scaling)
        return out.unsqueeze(0), None

    return attention


def attends_to_whole_papers(model: torch.nn.Module) -> bool:
    """Whether each token attends to its whole paper: the only pattern the packed kernels compute."""
    return not any(
        getattr(part, "sliding_window", None) or getattr(part, "is_causal", False) for part in model.modules()
    )
