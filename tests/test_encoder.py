import shutil
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    LlamaConfig,
    LlamaModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from encoders import MINILM, abstracts, plain, tiny_bert
from lib import encoder as enc
from lib.cli import UserError
from lib.device import pick_attention, pick_device, pick_precision
from lib.model import hash_files

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="module")
def real():
    """Texts of 3 to 256 tokens: nothing, a word, real abstracts, one cut."""
    texts = ["", "graph", "graph theory", *abstracts(14), abstracts(1)[0], " ".join(abstracts(5))]
    return [text[: 40 * i] if 3 <= i < 10 else text for i, text in enumerate(texts)]


def load(folder, **options):
    return enc.load(folder, device=CPU, **({"max_tokens": 256} | options))


def encode(encoder, texts):
    """Rows in the order of the texts, by the encoder's own batches."""
    tokens = encoder.tokenize(texts)
    vectors = np.full((len(texts), encoder.dim), np.nan, np.float32)
    for batch in encoder.batches(tokens.lengths):
        vectors[batch] = encoder.encode([tokens.ids[i] for i in batch])
    return vectors


# the vectors


def test_packed_equals_padded_equals_plain_on_minilm(real):
    expected = plain(MINILM, real, 256)
    lengths = load(MINILM).tokenize(real).lengths
    assert lengths.min() <= 3 and lengths.max() == 256 and len(set(lengths)) > 10
    for attention in ("sequence", "sdpa", "eager"):
        encoder = load(MINILM, attention=attention, budget=1500)
        assert np.abs(encode(encoder, real) - expected).max() <= 1e-5, attention
        assert encoder.packed == (attention == "sequence")


def test_one_text_alone_and_identical_texts(tiny, real):
    for attention in ("sequence", "sdpa"):
        encoder = load(tiny, attention=attention)
        alone = encode(encoder, real[5:6])
        assert np.abs(alone - plain(tiny, real[5:6], 256)).max() <= 1e-5
        same = encode(encoder, real[5:6] * 9)
        assert np.abs(same - alone).max() <= 1e-6


def test_bfloat16_is_within_a_thousandth_of_float32():
    texts = abstracts(100)
    tokens = load(MINILM).tokenize(texts)
    full, half = (encode(load(MINILM, precision=p), texts) for p in ("float32", "bfloat16"))
    assert len(tokens.ids) == 100
    assert (full * half).sum(1).min() >= 0.999
    assert np.abs(full - half).max() > 1e-6  # it did run in another precision


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_vector_does_not_depend_on_what_else_is_encoded(precision):
    texts = [text[: 60 + 7 * i] for i, text in enumerate(abstracts(60))]
    encoder = load(MINILM, precision=precision, max_tokens=96)
    assert len(set(encoder.padded_length(encoder.tokenize(texts).lengths))) == 3
    together = encode(encoder, texts)
    rng = np.random.default_rng(3)
    for count in (1, 1, 2, 3, 17):
        some = rng.permutation(len(texts))[:count]
        assert np.array_equal(encode(encoder, [texts[i] for i in some]), together[some]), count


@pytest.mark.parametrize(("config", "model"), [(XLMRobertaConfig, XLMRobertaModel), (BertConfig, BertModel)])
def test_positions_start_where_the_architecture_counts_from(tmp_path, real, config, model):
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    sizes |= {"vocab_size": 30522, "pad_token_id": 0, "initializer_range": 0.2}
    tiny_bert(tmp_path)
    model(config(**sizes)).save_pretrained(tmp_path)
    expected = plain(tmp_path, real, 256)
    for attention in ("sequence", "sdpa"):
        assert np.abs(encode(load(tmp_path, attention=attention), real) - expected).max() <= 1e-5


def test_packed_kernels_refuse_what_they_would_get_wrong(tmp_path, real):
    sizes = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
    for name, config, model in (
        ("local", ModernBertConfig, ModernBertModel),
        ("causal", LlamaConfig, LlamaModel),
        ("of its own", MPNetConfig, MPNetModel),
    ):
        folder = tiny_bert(tmp_path / name)
        model(config(vocab_size=30522, pad_token_id=0, **sizes)).save_pretrained(folder)
        with pytest.raises(UserError, match=r"embed\.attention.*set it to (sdpa|eager)"):
            encode(load(folder, attention="sequence"), real)


def test_any_architecture_counts_its_arithmetic(tmp_path, tiny, real):
    encoder = load(tiny)
    encode(encoder, real)
    lengths = encoder.tokenize(real).lengths
    per_layer = 64 * 64 * 4 + 2 * 64 * 128
    expected = 2 * 2 * per_layer * lengths.sum() + 4 * 2 * 64 * (lengths**2).sum()
    assert enc.model_flops(encoder) == expected
    folder = tiny_bert(tmp_path)
    sizes = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
    ModernBertModel(ModernBertConfig(vocab_size=30522, pad_token_id=0, **sizes)).save_pretrained(folder)
    encoder = load(folder)
    encode(encoder, real)
    assert enc.model_flops(encoder) > 0


@pytest.mark.parametrize("kernel", enc.KERNELS)
def test_every_packed_kernel_can_be_asked_of_transformers(tiny, monkeypatch, kernel):
    """transformers has views of its own on names with "flash" in them."""
    monkeypatch.setattr(enc, "pick_attention", lambda wanted, *_: wanted)
    encoder = load(tiny, attention=kernel)
    assert encoder.packed and encoder.model.config._attn_implementation == enc.REGISTERED[kernel]


# what the model is given


def spy(monkeypatch, encoder):
    calls, forward = [], encoder.model.forward

    def watched(*args, **kwargs):
        calls.append(kwargs)
        return forward(*args, **kwargs)

    monkeypatch.setattr(encoder.model, "forward", watched)
    return calls


def test_packed_rows_have_no_padding_and_positions_that_restart(monkeypatch, tiny, real):
    encoder = load(tiny, attention="sequence", budget=600)
    calls = spy(monkeypatch, encoder)
    tokens = encoder.tokenize(real)
    batches = list(encoder.batches(tokens.lengths))
    assert len(batches) > 2
    for batch in batches:
        encoder.encode([tokens.ids[i] for i in batch])
    for batch, call in zip(batches, calls, strict=True):
        lengths = [len(tokens.ids[i]) for i in batch]
        assert call.get("attention_mask") is None
        assert call["input_ids"].tolist() == [[t for i in batch for t in tokens.ids[i].tolist()]]
        assert call["position_ids"].tolist() == [[p for n in lengths for p in range(n)]]
        ends = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
        assert call["cu_seq_lens_q"].tolist() == ends == call["cu_seq_lens_k"].tolist()
        assert call["cu_seq_lens_q"].dtype == torch.int32
        assert call["max_length_q"] == max(lengths) == call["max_length_k"]
    assert encoder.padded_tokens == 0
    assert encoder.real_tokens == tokens.lengths.sum()
    assert encoder.squared_lengths == (tokens.lengths**2).sum()


def test_padded_tokens_are_counted(monkeypatch, tiny, real):
    encoder = load(tiny, budget=2048)
    calls = spy(monkeypatch, encoder)
    encode(encoder, real)
    assert encoder.padded_tokens == sum(c["input_ids"].numel() for c in calls) - encoder.real_tokens > 0
    for call in calls:
        assert call["input_ids"].shape[1] % enc.LENGTH_STEP == 0
        # nothing but the tokens of a text is attended to, and each has at least [CLS] and [SEP]
        assert call["attention_mask"].sum(1).min() >= 2
        assert not call["input_ids"][call["attention_mask"] == 0].any()


@pytest.mark.parametrize("attention", ["sequence", "sdpa"])
@pytest.mark.parametrize("budget", [16, 300, 4096])
def test_batches_hold_every_row_once_within_the_budget(tiny, attention, budget):
    encoder = load(tiny, attention=attention, budget=budget)
    lengths = np.random.default_rng(0).integers(2, 257, 500)
    batches = list(encoder.batches(lengths))
    assert sorted(np.concatenate(batches).tolist()) == list(range(500))
    flat = lengths[np.concatenate(batches)]
    assert (np.diff(flat) <= 0).all()  # longest first
    for batch in batches:
        mine = lengths[batch]
        cost = mine.sum() if attention == "sequence" else len(mine) * (-(-mine.max() // 32) * 32)
        assert cost <= budget or len(batch) == 1
    if attention == "sequence":  # and no batch could have taken the next one's first text
        for batch, following in pairwise(batches):
            assert lengths[batch].sum() + lengths[following[0]] > budget
    assert list(encoder.batches(np.array([], np.int64))) == []


# tokenising

HARD = {
    "nothing": "",
    "blank": " \n\t ",
    "long": "entropy of black holes " * 4348,
    "emoji": "🚀🤖 👩‍👩‍👧‍👦 🇩🇪",
    "control": "a\x00b\x01\x1f\x7f\u200b\ufeff c\ud7ff",
    "right to left": "שלום עולם مرحبا بالعالم \u202eabc\u202c",
    "unknown": "𓀀 𓀁 𓀂 ᚠᚢᚦ ꙮ",
    "special": "[CLS] [SEP] [PAD] [MASK] [UNK]",
    "surrogate-like": "e\u0301" * 300,
}


@pytest.mark.parametrize("attention", ["sequence", "sdpa"])
def test_hard_texts_get_the_plain_vectors(tiny, attention):
    assert len(HARD["long"]) > 100_000
    texts = [*HARD.values(), *abstracts(3)]
    vectors = encode(load(tiny, attention=attention), texts)
    assert np.isfinite(vectors).all()
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6
    assert np.abs(vectors - plain(tiny, texts, 256)).max() <= 1e-5


def test_truncation_is_counted(tiny):
    texts = [*HARD.values(), *abstracts(30)]
    free = AutoTokenizer.from_pretrained(tiny)
    whole = [len(ids) for ids in free(texts, truncation=False)["input_ids"]]
    tokens = load(tiny, max_tokens=100).tokenize(texts)
    assert tokens.lengths.tolist() == [min(n, 100) for n in whole]
    assert tokens.truncated_texts == sum(n > 100 for n in whole) > 5
    assert tokens.truncated_tokens == sum(max(n - 100, 0) for n in whole)


def test_prefix_stands_before_each_text(tiny, real):
    expected = plain(tiny, ["query: " + text for text in real], 256)
    prefixed = encode(load(tiny, prefix="query: "), real)
    assert np.abs(prefixed - expected).max() <= 1e-5
    assert np.abs(prefixed - encode(load(tiny), real)).max() > 1e-3


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A model whose tokenizer has no padding token and adds no special ones."""
    folder = tmp_path_factory.mktemp("bare")
    tiny_bert(folder, pad_token_id=None)
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        (folder / name).unlink()
    words = {"[UNK]": 0, "graph": 1, "theory": 2, "spin": 3}
    backend = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="[UNK]").save_pretrained(folder)
    return folder


@pytest.mark.parametrize("attention", ["sequence", "sdpa"])
def test_tokenizer_without_padding_token(bare, attention):
    assert AutoTokenizer.from_pretrained(bare).pad_token is None
    texts = ["graph theory spin spin", "spin", "graph graph"]
    expected = np.concatenate([plain_unpadded(bare, text) for text in texts])
    assert np.abs(encode(load(bare, attention=attention), texts) - expected).max() <= 1e-5


@torch.inference_mode()
def plain_unpadded(folder, text):
    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    mean = BertModel.from_pretrained(folder).eval()(input_ids=ids).last_hidden_state.mean(1)
    return (mean / mean.norm()).numpy()


# refusals


def test_max_tokens_beyond_the_positions(tiny, tmp_path):
    with pytest.raises(UserError, match=r"embed\.max_tokens: 600 is more than the 512 positions"):
        load(tiny, max_tokens=600)
    # not only multiples of the step: the last position is used, none beyond it
    short = tiny_bert(tmp_path, max_position_embeddings=50)
    texts = ["", *abstracts(3)]
    assert np.abs(encode(load(short, max_tokens=50), texts) - plain(short, texts, 50)).max() <= 1e-5


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
    ],
)
def test_out_of_memory_halves_the_batch(monkeypatch, tiny, real, error):
    expected = encode(load(tiny), real)
    encoder = load(tiny, budget=4096)
    real_padded, sizes, failed = encoder._padded, [], []

    def short_of_memory(tokens):
        if len(tokens) > 2:
            failed.append(int(encoder.padded_length(np.array([len(t) for t in tokens])).max()) * len(tokens))
            raise error
        sizes.append(len(tokens))
        return real_padded(tokens)

    monkeypatch.setattr(encoder, "_padded", short_of_memory)
    vectors = encode(encoder, real)
    assert np.abs(vectors - expected).max() <= 1e-6
    assert sum(sizes) == len(real) and max(sizes) == 2
    assert encoder.budget == max(min(failed) // 2, 256) < 4096  # half of the smallest that did not fit
    monkeypatch.setattr(encoder, "_padded", lambda tokens: short_of_memory(tokens * 3))
    with pytest.raises(UserError, match=r"single paper of 7 tokens.*embed\.max_tokens"):
        encoder.encode([np.arange(7, dtype=np.int32)])


def test_other_errors_of_the_device_are_not_taken_for_lack_of_memory(monkeypatch, tiny):
    def broken(tokens):
        raise RuntimeError("CUDA error: an illegal memory access was encountered")

    encoder = load(tiny)
    monkeypatch.setattr(encoder, "_padded", broken)
    with pytest.raises(RuntimeError, match="illegal memory access"):
        encoder.encode([np.arange(7, dtype=np.int32)] * 4)


def test_auto_takes_what_the_architecture_can_do(tmp_path, real, monkeypatch):
    """MPNet brings an attention of its own: neither sdpa nor a packed kernel may stand in for it."""
    tiny_bert(tmp_path)
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    MPNetModel(MPNetConfig(**sizes, initializer_range=0.2)).save_pretrained(tmp_path)
    encoder = load(tmp_path, attention="auto")
    assert encoder.attention == "eager"
    assert np.abs(encode(encoder, real) - plain(tmp_path, real, 256)).max() <= 1e-5
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (7, 5))
    assert pick_attention("auto", torch.device("cuda"), "float16", BertModel) == "sdpa"  # no kernel for it
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (9, 0))
    for model, expected in ((MPNetModel, {"eager"}), (BertModel, {"varlen", "flash_attention_2"})):
        assert pick_attention("auto", torch.device("cuda"), "bfloat16", model) in expected


@pytest.mark.parametrize(
    ("config", "model", "expected"),
    [
        (BertConfig, BertModel, "sequence"),
        (ModernBertConfig, ModernBertModel, "sdpa"),
        (LlamaConfig, LlamaModel, "sdpa"),
    ],
)
def test_auto_packs_only_where_tokens_see_the_whole_paper(
    tmp_path, real, monkeypatch, config, model, expected
):
    sizes = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
    tiny_bert(tmp_path)
    torch.manual_seed(0)
    model(config(vocab_size=30522, pad_token_id=0, **sizes)).save_pretrained(tmp_path)
    monkeypatch.setattr(enc, "pick_attention", lambda *args: "sequence")
    encoder = load(tmp_path, attention="auto")
    assert encoder.attention == expected
    assert np.abs(encode(encoder, real) - plain(tmp_path, real, 256)).max() <= 1e-5


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


def test_precision_is_what_the_cpu_has(monkeypatch):
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    for has, precision in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda has=has: has)
        assert pick_precision("auto", CPU) == precision
    assert pick_precision("float16", CPU) == "float16"


def damaged(kind, source, folder):
    shutil.copytree(source, folder)
    weights = folder / "model.safetensors"
    if kind == "truncated weights":
        weights.write_bytes(weights.read_bytes()[:1000])
    elif kind == "weights of something else":
        save_file({"x": torch.zeros(3)}, weights)
    elif kind == "one weight missing":
        tensors = load_file(weights)
        del tensors["encoder.layer.1.output.dense.weight"]
        save_file(tensors, weights, {"format": "pt"})
    elif kind == "another shape":
        tensors = load_file(weights)
        tensors["encoder.layer.1.output.dense.weight"] = torch.zeros(3, 3)
        save_file(tensors, weights, {"format": "pt"})
    elif kind == "config is no JSON":
        (folder / "config.json").write_text("{")
    elif kind == "no tokenizer":
        for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
            (folder / name).unlink()
    return folder


@pytest.mark.parametrize(
    "kind",
    [
        "truncated weights",
        "weights of something else",
        "one weight missing",
        "another shape",
        "config is no JSON",
        "no tokenizer",
    ],
)
def test_a_damaged_model_folder_is_refused(tiny, tmp_path, kind):
    folder = damaged(kind, tiny, tmp_path / "damaged")
    assert hash_files(folder) != hash_files(tiny)
    with pytest.raises(UserError, match=r"embed\.model: .*damaged"):
        load(folder)


def test_the_profiler_names_a_kernel_and_counts_nothing(tiny, real):
    encoder = load(tiny)
    tokens = encoder.tokenize(real[:4])
    assert any("flash" in name for name in enc.attention_kernels(encoder, tokens.ids))
    eager = load(tiny, attention="eager")
    assert not any("flash" in name for name in enc.attention_kernels(eager, tokens.ids))
    assert encoder.real_tokens == encoder.padded_tokens == encoder.squared_lengths == 0


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_packed_vectors_are_the_plain_ones_by_a_flash_kernel(real):
    device = pick_device("cuda")
    expected = plain(MINILM, real, 256)
    encoder = enc.load(MINILM, device=device, precision="bfloat16", max_tokens=256, budget=1500)
    assert encoder.packed
    vectors = encode(encoder, real)
    assert (vectors * expected).sum(1).min() >= 0.999
    assert encoder.padded_tokens == 0
    tokens = encoder.tokenize(real)
    assert any("flash" in name.lower() for name in enc.attention_kernels(encoder, tokens.ids))
    torch.cuda.set_sync_debug_mode("error")  # to start a batch waits for nothing
    try:
        waits = [encoder.start([ids]) for ids in tokens.ids]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert (np.concatenate([wait() for wait in waits]) * expected).sum(1).min() >= 0.999
    exact = enc.load(MINILM, device=device, precision="float32", max_tokens=256)
    assert np.abs(encode(exact, real) - expected).max() <= 1e-4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_that_is_nearly_full_batches_are_halved(real):
    device = pick_device("cuda")
    encoder = enc.load(MINILM, device=device, precision="bfloat16", max_tokens=256, budget=1 << 20)
    texts = abstracts(2000)
    expected = encode(encoder, texts)
    torch.cuda.empty_cache()
    hold = torch.empty(torch.cuda.mem_get_info(device)[0] - (200 << 20), dtype=torch.uint8, device=device)
    encoder.budget = 1 << 20
    assert (encode(encoder, texts) * expected).sum(1).min() >= 0.999
    assert encoder.budget < 1 << 20
    del hold
