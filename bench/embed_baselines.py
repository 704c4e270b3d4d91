"""The ways that bench_embed.py compares ours with: transformers, sentence-transformers and ONNX Runtime."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from measure import OUT, command, overlay

MAX_TOKENS = 512
# sentence-transformers' OpenVINO backend, and what of .venv is too new for it
OPENVINO = [
    "openvino==2026.4.1",
    "openvino-telemetry==2025.2.0",
    "optimum==2.3.0",
    "optimum-intel==2.2.0",
    "transformers==5.5.4",
    "tokenizers==0.22.2",
    "huggingface-hub==1.33.0",
    "httpx==0.28.1",
    "httpcore==1.0.9",
    "h11==0.16.0",
    "anyio==4.16.0",
]

# ONNX Runtime and what exports a model for it; optimum's export wants an older transformers than ours
ONNX = [
    "onnxruntime==1.32.0",
    "onnx==1.23.2",
    "ml-dtypes==0.6.0",
    "protobuf==7.36.2",
    "flatbuffers==25.12.19",
    "onnxscript==0.7.2",
    "onnx-ir==1.1.0",
]
HINTS = {"float32": "f32", "bfloat16": "bf16"}  # of OpenVINO, which chooses the precision itself without one


def baseline(
    folder: Path, some: list[str], device, precision: str, sort: bool, batch: int
) -> tuple[np.ndarray, float]:
    """Padded batches by transformers: (unit vectors, padding share)."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    from lib.embeddings.encoder import DTYPES

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = (
        AutoModel.from_pretrained(folder, dtype=DTYPES[precision], attn_implementation="sdpa")
        .to(device)
        .eval()
    )
    order = np.argsort([-len(t) for t in some]) if sort else np.arange(len(some))
    out = np.empty((len(some), model.config.hidden_size), np.float32)
    real = computed = 0
    with torch.inference_mode():
        for start in range(0, len(some), batch):
            rows = order[start : start + batch]
            inputs = tokenizer(
                [some[i] for i in rows],
                padding=True,
                truncation=True,
                max_length=MAX_TOKENS,
                return_tensors="pt",
            ).to(device)
            hidden = model(**inputs).last_hidden_state.float()
            mask = inputs["attention_mask"][..., None].float()
            mean = (hidden * mask).sum(1) / mask.sum(1)
            out[rows] = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
            real += int(mask.sum())
            computed += mask.numel()
    return out, 1 - real / computed


def sentence_transformers(
    folder: Path, some: list[str], device, precision: str, attention: str, batch: int
) -> np.ndarray:
    """sentence-transformers as its documentation advises: half precision, sorted, large batches."""
    model = sentence_model(folder, device, precision, attention)
    vectors = model.encode(some, batch_size=batch, normalize_embeddings=True, convert_to_numpy=True)
    return vectors.astype(np.float32)


def sentence_model(folder: Path, device, precision: str, attention: str, **openvino):
    """A model of sentence-transformers. With flash_attention_2 it packs its batches; `openvino` is its backend of this name.

    Parameters
    ----------
    openvino : further settings of that backend
    """
    from sentence_transformers import SentenceTransformer, models

    from lib.embeddings.encoder import DTYPES

    if attention == "openvino":
        settings = {"INFERENCE_PRECISION_HINT": HINTS[precision]} | openvino
        model = SentenceTransformer(
            str(exported(folder)), backend="openvino", model_kwargs={"ov_config": settings}
        )
        model.max_seq_length = MAX_TOKENS
        return model
    word = models.Transformer(
        str(folder),
        max_seq_length=MAX_TOKENS,
        model_kwargs={"dtype": DTYPES[precision], "attn_implementation": attention},
    )
    pooling = models.Pooling(word.get_word_embedding_dimension(), pooling_mode="mean")
    return SentenceTransformer(modules=[word, pooling], device=str(device))


def exported(folder: Path) -> Path:
    """A model for the OpenVINO backend, exported by a child of its own: its documentation says to save it."""
    target = OUT / f"openvino-{folder.name}"
    if not target.exists():
        code = """
import sys
from sentence_transformers import SentenceTransformer, models
word = models.Transformer(sys.argv[1], backend="openvino", model_kwargs={"export": True})
pooling = models.Pooling(word.get_word_embedding_dimension(), pooling_mode="mean")
SentenceTransformer(modules=[word, pooling], backend="openvino").save_pretrained(sys.argv[2])
"""
        command(
            [sys.executable, "-c", code, folder, f"{target}.part"],
            {"PYTHONPATH": str(overlay("openvino", OPENVINO))},
        )
        Path(f"{target}.part").rename(target)
    return target


def onnx_runtime(folder: Path, some: list[str], batch: int) -> np.ndarray:
    """Padded batches by ONNX Runtime on all cores, in the precision of the exported model: float32."""
    return padded_by_onnx(folder, some, batch, len(os.sched_getaffinity(0)))()


def padded_by_onnx(folder: Path, some: list[str], batch: int, threads: int) -> Callable[[], np.ndarray]:
    """Load the model into ONNX Runtime; returns what encodes the texts, sorted by length: float32 (n, dim)."""
    import onnxruntime
    from transformers import AutoTokenizer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(exported_onnx(folder), options, providers=["CPUExecutionProvider"])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    order = np.argsort([-len(text) for text in some], kind="stable")

    def encode() -> np.ndarray:
        out = []
        for start in range(0, len(some), batch):
            chosen = [some[i] for i in order[start : start + batch]]
            inputs = tokenizer(
                chosen, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="np"
            )
            given = {name: inputs[name].astype(np.int64) for name in ("input_ids", "attention_mask")}
            (hidden,) = session.run(None, given)
            mask = given["attention_mask"][..., None].astype(np.float32)
            mean = (hidden * mask).sum(1) / mask.sum(1)
            out.append(mean / np.linalg.norm(mean, axis=1, keepdims=True))
        return np.concatenate(out)[np.argsort(order)]

    return encode


def exported_onnx(folder: Path) -> Path:
    """A model for ONNX Runtime, exported in float32 by a child of its own."""
    target = OUT / f"onnx-{folder.name}.onnx"
    if not target.exists():
        code = """
import sys
import torch
from transformers import AutoModel
model = AutoModel.from_pretrained(sys.argv[1], attn_implementation="eager").eval()
class Tokens(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model
    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
some = torch.ones(2, 32, dtype=torch.long)
names = ["input_ids", "attention_mask"]
axes = {name: {0: "papers", 1: "tokens"} for name in [*names, "hidden"]}
torch.onnx.export(Tokens(), (some, some), sys.argv[2], input_names=names, output_names=["hidden"],
                  dynamic_axes=axes, opset_version=17, dynamo=False)
"""
        part = f"{target}.part"
        command([sys.executable, "-c", code, folder, part], {"PYTHONPATH": str(overlay("onnx", ONNX))})
        Path(part).rename(target)
    return target
