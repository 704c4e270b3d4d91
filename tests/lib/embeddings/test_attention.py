"""The packed kernels: windows, groups of heads, and which architectures they suit."""

import inspect
import sys
from types import SimpleNamespace

import pytest
import torch
import transformers
from torch.nn.attention import varlen

from lib.embeddings.attention import (
    KERNELS,
    attention_window,
    register_kernels,
    sequence_kernel,
    varlen_kernel,
    why_not_packed,
)

LENGTHS = (5, 1, 17, 9)
STARTS = torch.tensor([0, 5, 6, 23, 32], dtype=torch.int32)
WINDOWS = [(-1, -1), (-1, 0), (3, 3), (3, 0), (0, 0), (40, 40)]


def heads(count: int, device: str = "cpu", width: int = 8) -> torch.Tensor:
    return torch.randn(sum(LENGTHS), count, width, device=device)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kv_heads", [4, 2, 1])
def test_the_reference_kernel_is_the_softmax_of_each_paper_within_its_window(window, kv_heads):
    torch.manual_seed(0)
    q, k, v = heads(4), heads(kv_heads), heads(kv_heads)
    out = sequence_kernel(q, k, v, STARTS, 17, 0.3, window)
    paper = torch.repeat_interleave(torch.arange(4), torch.tensor(LENGTHS))
    at = torch.arange(32)
    left, right = (100 if side < 0 else side for side in window)
    allowed = (paper[:, None] == paper) & (at[:, None] - at <= left) & (at - at[:, None] <= right)
    for head in range(4):
        group = head * kv_heads // 4
        scores = 0.3 * q[:, head] @ k[:, group].T
        expected = scores.masked_fill(~allowed, -torch.inf).softmax(1) @ v[:, group]
        assert (out[:, head] - expected).abs().max() < 1e-6


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("kv_heads", [4, 1])
def test_the_kernel_of_pytorch_takes_what_we_give_it(window, kv_heads, monkeypatch):
    """On the `meta` device, which checks shapes and arguments and computes nothing."""
    calls, varlen_attn = [], varlen.varlen_attn

    def watched(*args, **kwargs):
        calls.append(inspect.signature(varlen_attn).bind(*args, **kwargs).arguments)
        return varlen_attn(*args, **kwargs)

    monkeypatch.setattr(varlen, "varlen_attn", watched)
    q, k, v = (heads(count, "meta").half() for count in (4, kv_heads, kv_heads))
    out = varlen_kernel(q, k, v, STARTS.to("meta"), 17, 0.3, window)
    assert out.shape == q.shape and out.dtype == q.dtype
    (call,) = calls
    # without splits, a vector does not depend on what else is in the batch
    assert call["num_splits"] == 1 and call["window_size"] == window and call["scale"] == 0.3
    assert call["enable_gqa"] == (kv_heads == 1)


def test_flash_attn_gets_causality_and_windows(monkeypatch):
    calls = []

    def flash_attn_varlen_func(*args, **kwargs):
        calls.append(kwargs)
        return args[0]

    module = SimpleNamespace(flash_attn_varlen_func=flash_attn_varlen_func)
    monkeypatch.setitem(sys.modules, "flash_attn", module)
    for window in WINDOWS:
        KERNELS["flash_attention_2"](heads(4), heads(2), heads(2), STARTS, 17, 0.3, window)
        expected = {"softmax_scale": 0.3, "causal": window[1] == 0, "window_size": window}
        assert calls.pop() == expected


def test_the_window_is_that_of_the_layer():
    layer = SimpleNamespace(is_causal=False)
    assert attention_window(layer, None, None) == (-1, -1)
    assert attention_window(layer, None, 9) == (8, 8)
    assert attention_window(layer, True, 9) == (8, 0)  # the call overrides the layer
    layer = SimpleNamespace(is_causal=True)
    assert attention_window(layer, None, None) == (-1, 0)
    layer.config = SimpleNamespace(is_causal=False)  # a decoder that was made bidirectional
    assert attention_window(layer, None, None) == (-1, -1)


@pytest.mark.parametrize(
    ("family", "said"),
    [
        ("Bert", None),
        ("XLMRoberta", None),
        ("DistilBert", None),
        ("ModernBert", None),
        ("Qwen3", None),
        ("Mistral", None),
        ("Gemma3Text", None),
        ("Gemma2", "Gemma2Attention adds softcap"),
        ("GptOss", "GptOssAttention adds s_aux"),
        ("T5Encoder", "accepts no other attention function"),
        ("MPNet", "accepts no other attention function"),
        ("DebertaV2", "accepts no other attention function"),
        ("Xmod", "cannot be traced"),
    ],
)
def test_what_a_packed_kernel_cannot_compute_is_said(family, said):
    register_kernels()
    config = getattr(transformers, f"{family.removesuffix('Encoder')}Config")(num_hidden_layers=2)
    reason = why_not_packed(getattr(transformers, f"{family}Model"), config, "sequence")
    assert reason is None if said is None else said in reason


def test_layers_other_than_attention_would_mix_papers():
    config = transformers.Lfm2Config(num_hidden_layers=2, layer_types=["conv", "full_attention"])
    assert "has layers that are not attention" in why_not_packed(transformers.Lfm2Model, config, "sequence")


def test_flash_kernels_take_only_some_widths_of_heads():
    config = transformers.BertConfig(hidden_size=48, num_attention_heads=4, num_hidden_layers=1)
    assert why_not_packed(transformers.BertModel, config, "sequence") is None
    assert "no heads of width 12" in why_not_packed(transformers.BertModel, config, "varlen")
    config = transformers.Gemma3TextConfig(head_dim=512, num_hidden_layers=1)
    assert "no heads of width 512" in why_not_packed(transformers.Gemma3TextModel, config, "varlen")
