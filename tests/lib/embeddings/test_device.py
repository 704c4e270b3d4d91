"""Devices, kernels and precisions: what is taken, and what is refused."""

import pytest
import torch

from lib.cli import UserError
from lib.embeddings.device import emulates, pick_attention, pick_device, pick_precision

CPU = torch.device("cpu")


def test_devices_and_kernels_that_are_not_here(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UserError, match=r"embed\.device: 'cuda'.*set `embed\.device` to auto or cpu"):
        pick_device("cuda")
    for attention in ("varlen", "flash_attention_2"):
        with pytest.raises(UserError, match=r"embed\.attention.*set it to auto"):
            pick_attention(attention, CPU, "bfloat16")
    assert pick_attention("auto", CPU, "bfloat16") == "sdpa"
    with pytest.raises(UserError, match=r"embed\.attention"):
        pick_attention("varlen", torch.device("cuda"), "float32")


@pytest.mark.parametrize(
    ("has", "allowed", "precision"),
    [
        ({"amx_bf16", "avx512_fp16"}, None, "bfloat16"),
        ({"avx512_bf16"}, None, "bfloat16"),
        ({"avx512_bf16"}, "AVX512_CORE_BF16", "bfloat16"),
        ({"avx512_bf16"}, "default", "bfloat16"),
        ({"avx512_bf16"}, "", "bfloat16"),
        ({"avx512_bf16"}, "no such value", "bfloat16"),  # oneDNN ignores it
        ({"amx_bf16", "avx512_bf16"}, "AVX2", "float32"),
        ({"amx_bf16", "avx512_bf16"}, "AVX512_CORE", "float32"),
        ({"avx512_f", "avx512_vnni"}, None, "float32"),
        ({"avx2"}, None, "float32"),
        (set(), None, "float32"),
    ],
)
def test_precision_is_what_the_cpu_has(monkeypatch, has, allowed, precision):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: dict.fromkeys(has, True))
    monkeypatch.delenv("ONEDNN_MAX_CPU_ISA", raising=False)
    if allowed is not None:
        monkeypatch.setenv("ONEDNN_MAX_CPU_ISA", allowed)
    assert pick_precision("auto", CPU) == precision
    assert emulates(CPU, "bfloat16") == (precision == "float32")
    assert emulates(CPU, "float16") == ("avx512_fp16" not in has)
    assert not emulates(CPU, "float32")
    assert pick_precision("float16", CPU) == "float16"  # as asked; `embed` warns


def test_nothing_is_said_of_processors_that_were_not_measured(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"architecture": "arm64", "bf16": True})
    assert pick_precision("auto", CPU) == "float32"
    assert not emulates(CPU, "bfloat16") and not emulates(CPU, "float16")
