"""Attention on packed batches: the kernels, how transformers calls them, and which models they suit."""

import copy
import inspect
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from transformers import AttentionInterface

from lib.cli import UserError

Kernel = Callable[..., torch.Tensor]
Window = tuple[int, int]  # tokens to the left and to the right that a token attends to; -1: all
# What models pass on to the attention function of a packed batch, besides q, k and v.
EXPECTED_TENSORS = {"cu_seq_lens_q", "cu_seq_lens_k", "position_ids"}
FLASH_WIDTH = 256  # FlashAttention 2 takes heads of a multiple of 8 up to this width
TRACE = "packed_trace"


def flash_attn_kernel(q, k, v, cu_seq_lens, longest, scale, window: Window) -> torch.Tensor:
    """FlashAttention 2 from the package flash-attn."""
    from flash_attn import flash_attn_varlen_func

    return flash_attn_varlen_func(
        q,
        k,
        v,
        cu_seq_lens,
        cu_seq_lens,
        longest,
        longest,
        softmax_scale=scale,
        causal=window[1] == 0,
        window_size=window,
    )


def varlen_kernel(q, k, v, cu_seq_lens, longest, scale, window: Window) -> torch.Tensor:
    """The FlashAttention kernel that comes with PyTorch.

    Without splits, the attention of a paper does not depend on what else is in the batch.
    """
    from torch.nn.attention.varlen import varlen_attn

    out: Any = varlen_attn(
        q,
        k,
        v,
        cu_seq_lens,
        cu_seq_lens,
        longest,
        longest,
        scale=scale,
        window_size=window,
        enable_gqa=q.shape[1] != k.shape[1],
        num_splits=1,
    )
    return out


def sequence_kernel(q, k, v, cu_seq_lens, longest, scale, window: Window) -> torch.Tensor:
    """Attention paper by paper: slow, right on every device; the tests compare the others with it."""
    outputs = []
    for a, b in pairwise(cu_seq_lens.tolist()):
        qp, kp, vp = (x[a:b].transpose(0, 1) for x in (q, k, v))
        left, right = (b - a if side < 0 else side for side in window)
        to_the_right = torch.arange(b - a, device=q.device) - torch.arange(b - a, device=q.device)[:, None]
        mask = (to_the_right >= -left) & (to_the_right <= right) if window != (-1, -1) else None
        attended = torch.nn.functional.scaled_dot_product_attention(
            qp, kp, vp, attn_mask=mask, scale=scale, enable_gqa=q.shape[1] != k.shape[1]
        )
        outputs.append(attended.transpose(0, 1))
    return torch.cat(outputs)


# Each takes q of shape (tokens, heads, width), k and v (with as many heads or fewer, each for a group
# of those of q), `cu_seq_lens` int32 (papers + 1,) with the position where each paper begins, the
# length of the longest paper, the scale of the softmax and the window.
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
    """Make the packed kernels attention functions of transformers.

    It builds no mask for a function of which it knows no mask, which is what packing needs.
    """
    for name, kernel in KERNELS.items():
        AttentionInterface.register(implementation(name), _attention_function(kernel))


def _attention_function(kernel: Kernel) -> Callable:
    def attention(
        module, query, key, value, attention_mask, scaling=None, **kwargs: Any
    ) -> tuple[torch.Tensor, None]:
        # (1, heads, tokens, width) -> (tokens, heads, width)
        q, k, v = (x.squeeze(0).transpose(0, 1) for x in (query, key, value))
        window = attention_window(module, kwargs.get("is_causal"), kwargs.get("sliding_window"))
        out = kernel(q, k, v, kwargs["cu_seq_lens_q"], kwargs["max_length_q"], scaling, window)
        return out.unsqueeze(0), None

    return attention


def attention_window(module: Any, is_causal: bool | None, sliding_window: int | None) -> Window:
    """The window of a layer.

    Parameters
    ----------
    module : the attention layer; it says whether it is causal if the call does not
    sliding_window : tokens to each side, the token itself included
    """
    causal = module.is_causal if is_causal is None else is_causal
    if getattr(getattr(module, "config", None), "is_causal", None) is False:
        causal = False  # a decoder that was made bidirectional
    left = sliding_window - 1 if sliding_window else -1
    return left, 0 if causal else left


def why_not_packed(model_class: Any, config: Any, attention: str) -> str | None:
    """Why a packed kernel cannot compute what this architecture does; None if it can.

    One packed batch is traced on the `meta` device, which computes nothing. Every layer must call the
    attention function, must pass on where each paper begins, and must not ask for what no kernel takes.
    """
    parameters = inspect.signature(model_class.forward).parameters
    if not model_class._supports_attention_backend:
        return f"{model_class.__name__} accepts no other attention function"
    if "position_ids" not in parameters:
        return f"{model_class.__name__} takes no positions"
    layers: list[str] = []

    def traced(module, query, key, value, attention_mask, scaling=None, **kwargs: Any) -> tuple:
        unknown = {name for name, item in kwargs.items() if isinstance(item, torch.Tensor)} - EXPECTED_TENSORS
        unknown |= {"softcap"} if kwargs.get("softcap") else set()
        if unknown or attention_mask is not None:
            raise UserError(f"{type(module).__name__} adds {', '.join(unknown) or 'a mask'} to the attention")
        width = query.shape[-1]
        if value.shape[-1] != width or (attention != "sequence" and (width % 8 or width > FLASH_WIDTH)):
            raise UserError(f"FlashAttention takes no heads of width {width}")
        _ = kwargs["cu_seq_lens_q"], kwargs["max_length_q"]
        attention_window(module, kwargs.get("is_causal"), kwargs.get("sliding_window"))
        layers.append(type(module).__name__)
        return torch.empty_like(query).transpose(1, 2), None

    AttentionInterface.register(TRACE, traced)
    try:
        with torch.device("meta"), torch.inference_mode():
            model = model_class._from_config(copy.deepcopy(config), attn_implementation=TRACE).eval()
            row = torch.zeros(1, 16, dtype=torch.int64)
            starts = torch.zeros(3, dtype=torch.int32)
            model(**packed_inputs(row, row, starts, 8))
    except UserError as error:
        return str(error)
    except Exception as error:  # the code of any architecture may run into what `meta` lacks
        return f"{model_class.__name__} cannot be traced ({type(error).__name__}: {error})"
    if len(layers) != config.num_hidden_layers:
        return f"{model_class.__name__} has layers that are not attention"
    return None


def packed_inputs(ids: torch.Tensor, positions: torch.Tensor, starts: torch.Tensor, longest: int) -> dict:
    """What a model gets for a packed batch.

    Parameters
    ----------
    ids, positions : int64 (1, tokens)
    starts : int32 (papers + 1,), where each paper begins, and the end of the last
    longest : tokens of the longest paper
    """
    lengths = {"max_length_q": longest, "max_length_k": longest}
    return {
        "input_ids": ids,
        "position_ids": positions,
        "cu_seq_lens_q": starts,
        "cu_seq_lens_k": starts,
        **lengths,
    }
