import shutil
from itertools import pairwise

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoTokenizer,
    BertConfig,
    BertModel,
    ModernBertConfig,
    ModernBertModel,
    MPNetConfig,
    MPNetModel,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from encoders import MINILM, abstracts, change_json, encoder_with_layout, reference_vectors, tiny_bert
from lib.cli import UserError
from lib.embeddings import encoder as enc
from lib.embeddings import loading
from lib.embeddings.attention import KERNELS, implementation
from lib.embeddings.device import emulates, pick_attention, pick_device
from lib.embeddings.pipeline import attention_kernels, model_flops

CPU = torch.device("cpu")
EMULATED = emulates(CPU, "bfloat16")
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("encoder") / "tiny")


@pytest.fixture(scope="module")
def real():
    """Texts of 3 to 256 tokens: an empty one, a word, real abstracts, one that is truncated."""
    texts = ["", "graph", "graph theory", *abstracts(14), abstracts(1)[0], " ".join(abstracts(5))]
    return [text[: 40 * i] if 3 <= i < 10 else text for i, text in enumerate(texts)]


def load(folder, **options):
    return enc.load(folder, device=CPU, **({"max_tokens": 256} | options))


def encode_and_count(encoder, texts):
    """Vectors in the order of the texts, by the encoder's own batches, and the counts of all batches."""
    tokens = encoder.tokenize(texts)
    vectors = np.full((len(texts), encoder.dim), np.nan, np.float32)
    counts = enc.Counts()
    batches = ((at, [tokens.ids[i] for i in at]) for at in encoder.batches(tokens.lengths))
    for at, made, added in encoder.encode_each(batches):
        vectors[at] = made
        counts += added
    return vectors, counts


def encode(encoder, texts):
    """Vectors in the order of the texts, by the encoder's own batches."""
    return encode_and_count(encoder, texts)[0]


# the vectors


def test_packed_equals_padded_equals_reference_on_minilm(real):
    texts = real[:11] + real[-1:]
    expected = reference_vectors(MINILM, texts, 256)
    lengths = load(MINILM).tokenize(texts).lengths
    assert lengths.min() <= 3 and lengths.max() == 256 and len(set(lengths)) > 10
    for attention in ("sequence", "sdpa", "eager"):
        encoder = load(MINILM, attention=attention, budget=1500)
        assert np.abs(encode(encoder, texts) - expected).max() <= 1e-5, attention
        assert encoder.packed == (attention == "sequence")


def test_one_text_alone_and_identical_texts(tiny, real):
    for attention in ("sequence", "sdpa"):
        encoder = load(tiny, attention=attention)
        alone = encode(encoder, real[5:6])
        assert np.abs(alone - reference_vectors(tiny, real[5:6], 256)).max() <= 1e-5
        same = encode(encoder, real[5:6] * 9)
        assert np.abs(same - alone).max() <= 1e-6


def test_bfloat16_is_within_a_thousandth_of_float32():
    # few tokens where a processor emulates bfloat16
    texts, limits = (abstracts(8), {"max_tokens": 32, "budget": 256}) if EMULATED else (abstracts(100), {})
    full, half = (encode(load(MINILM, precision=p, **limits), texts) for p in ("float32", "bfloat16"))
    assert (full * half).sum(1).min() >= 0.999
    assert np.abs(full - half).max() > 1e-6  # it did run in another precision


@pytest.mark.parametrize(
    "precision",
    [
        "float32",
        pytest.param(
            "bfloat16",
            marks=pytest.mark.skipif(EMULATED, reason="needs a processor with bfloat16 instructions"),
        ),
    ],
)
def test_a_vector_does_not_depend_on_what_else_is_encoded(precision):
    texts = [text[: 60 + 21 * i] for i, text in enumerate(abstracts(20))]
    encoder = load(MINILM, precision=precision, max_tokens=96)
    assert len(set(encoder.padded_length(encoder.tokenize(texts).lengths))) >= 3
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
    expected = reference_vectors(tmp_path, real, 256)
    for attention in ("sequence", "sdpa"):
        assert np.abs(encode(load(tmp_path, attention=attention), real) - expected).max() <= 1e-5


def test_any_architecture_counts_its_arithmetic(tmp_path, tiny, real):
    encoder = load(tiny)
    _, counts = encode_and_count(encoder, real)
    lengths = encoder.tokenize(real).lengths
    assert counts.tokens == lengths.sum() and counts.padding_tokens > 0
    per_layer = 64 * 64 * 4 + 2 * 64 * 128
    expected = 2 * 2 * per_layer * lengths.sum() + 4 * 2 * 64 * (lengths**2).sum()
    assert model_flops(encoder.model, counts) == expected
    folder = tiny_bert(tmp_path)
    sizes = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
    ModernBertModel(ModernBertConfig(vocab_size=30522, pad_token_id=0, **sizes)).save_pretrained(folder)
    encoder = load(folder)
    _, counts = encode_and_count(encoder, real)
    assert np.array_equal(encoder.tokenize(real).lengths, lengths)
    # one matrix makes q, k and v; the first matrix of the MLP makes its input and its gate
    per_layer = 64 * 3 * 64 + 64 * 64 + 64 * 2 * 64 + 64 * 64
    expected = 2 * 3 * per_layer * lengths.sum() + 4 * 3 * 64 * (lengths**2).sum()
    assert model_flops(encoder.model, counts) == expected


@pytest.mark.parametrize("kernel", KERNELS)
def test_every_packed_kernel_can_be_asked_of_transformers(tiny, monkeypatch, kernel):
    """transformers looks up a name with "flash" in it on the hub."""
    monkeypatch.setattr(loading, "pick_attention", lambda wanted, *_: wanted)
    encoder = load(tiny, attention=kernel)
    assert encoder.packed and encoder.model.config._attn_implementation == implementation(kernel)
    assert "flash" not in implementation(kernel)


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
    counts = enc.Counts()
    for batch in batches:
        counts += encoder.start([tokens.ids[i] for i in batch])[1]
    for batch, call in zip(batches, calls, strict=True):
        lengths = [len(tokens.ids[i]) for i in batch]
        assert call.get("attention_mask") is None
        assert call["input_ids"].tolist() == [[t for i in batch for t in tokens.ids[i].tolist()]]
        assert call["position_ids"].tolist() == [[p for n in lengths for p in range(n)]]
        ends = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
        assert call["cu_seq_lens_q"].tolist() == ends == call["cu_seq_lens_k"].tolist()
        assert call["cu_seq_lens_q"].dtype == torch.int32
        assert call["max_length_q"] == max(lengths) == call["max_length_k"]
    assert counts.padding_tokens == 0
    assert counts.tokens == tokens.lengths.sum()
    assert counts.squared_lengths == (tokens.lengths**2).sum()


def test_padded_tokens_are_counted(monkeypatch, tiny, real):
    encoder = load(tiny, budget=2048)
    calls = spy(monkeypatch, encoder)
    _, counts = encode_and_count(encoder, real)
    lengths = encoder.tokenize(real).lengths
    assert counts.tokens == lengths.sum() and counts.squared_lengths == (lengths**2).sum()
    assert counts.padding_tokens == sum(c["input_ids"].numel() for c in calls) - lengths.sum() > 0
    for call in calls:
        assert call["input_ids"].shape[1] % enc.LENGTH_STEP["float32"] == 0
        # only the tokens of a text are attended to; each text has at least [CLS] and [SEP]
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
        cost = mine.sum() if attention == "sequence" else len(mine) * (-(-mine.max() // 16) * 16)
        assert cost <= budget or len(batch) == 1
    if attention == "sequence":  # no batch has room for the first text of the next one
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
def test_hard_texts_get_the_reference_vectors(tiny, attention):
    assert len(HARD["long"]) > 100_000
    texts = [*HARD.values(), *abstracts(3)]
    vectors = encode(load(tiny, attention=attention), texts)
    assert np.isfinite(vectors).all()
    assert np.abs(np.linalg.norm(vectors, axis=1) - 1).max() < 1e-6
    assert np.abs(vectors - reference_vectors(tiny, texts, 256)).max() <= 1e-5


@pytest.mark.parametrize("side", ["right", "left"])
def test_truncation_is_counted(tiny, tmp_path, side):
    tiny = shutil.copytree(tiny, tmp_path / "copy")
    change_json(tiny / "tokenizer_config.json", truncation_side=side)
    texts = [*HARD.values(), *abstracts(30)]
    free = AutoTokenizer.from_pretrained(tiny)
    whole = [len(ids) for ids in free(texts, truncation=False)["input_ids"]]
    tokens = load(tiny, max_tokens=100).tokenize(texts)
    expected = free(texts, truncation=True, max_length=100)["input_ids"]
    assert [ids.tolist() for ids in tokens.ids] == expected
    assert tokens.lengths.tolist() == [min(n, 100) for n in whole]
    assert tokens.truncated_texts == sum(n > 100 for n in whole) > 5
    assert tokens.truncated_tokens == sum(max(n - 100, 0) for n in whole)


def test_prefix_stands_before_each_text(tiny, real):
    expected = reference_vectors(tiny, ["query: " + text for text in real], 256)
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
    expected = np.concatenate([reference_unpadded(bare, text) for text in texts])
    assert np.abs(encode(load(bare, attention=attention), texts) - expected).max() <= 1e-5


@torch.inference_mode()
def reference_unpadded(folder, text):
    ids = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")["input_ids"]
    mean = BertModel.from_pretrained(folder).eval()(input_ids=ids).last_hidden_state.mean(1)
    return (mean / mean.norm()).numpy()


# limits, and what the device can do


def test_max_tokens_beyond_the_positions(tiny, tmp_path):
    with pytest.raises(UserError, match=r"embed\.max_tokens: 600 is more than the 512 positions"):
        load(tiny, max_tokens=600)
    # 50 is not a multiple of the step; the last position is used, and none beyond it
    short = tiny_bert(tmp_path, max_position_embeddings=50)
    texts = ["", *abstracts(3)]
    assert (
        np.abs(encode(load(short, max_tokens=50), texts) - reference_vectors(short, texts, 50)).max() <= 1e-5
    )


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
    vectors, counts = encode_and_count(encoder, real)
    assert np.abs(vectors - expected).max() <= 1e-6
    assert sum(sizes) == len(real) and max(sizes) == 2
    lengths = encoder.tokenize(real).lengths
    assert counts.tokens == lengths.sum() and counts.squared_lengths == (lengths**2).sum()
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
    """MPNet has its own attention: neither sdpa nor a packed kernel may replace it."""
    tiny_bert(tmp_path)
    torch.manual_seed(0)
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    MPNetModel(MPNetConfig(**sizes, initializer_range=0.2)).save_pretrained(tmp_path)
    encoder = load(tmp_path, attention="auto")
    assert encoder.attention == "eager"
    assert np.abs(encode(encoder, real) - reference_vectors(tmp_path, real, 256)).max() <= 1e-5
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (7, 5))
    assert pick_attention("auto", torch.device("cuda"), "float16", BertModel) == "sdpa"  # no kernel for it
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda *_: (9, 0))
    for model, expected in ((MPNetModel, {"eager"}), (BertModel, {"varlen", "flash_attention_2"})):
        assert pick_attention("auto", torch.device("cuda"), "bfloat16", model) in expected


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("Bert", "sequence"),
        ("ModernBert", "sequence"),
        ("Qwen3", "sequence"),
        ("T5", "sdpa"),
        ("MPNet", "eager"),
        ("Gemma2", "eager"),
    ],
)
def test_auto_packs_where_a_kernel_can_compute_the_attention(tmp_path, real, monkeypatch, family, expected):
    folder = encoder_with_layout(tmp_path, family)
    padded = encode(load(folder, max_tokens=128, attention="eager"), real[1:])
    monkeypatch.setattr(loading, "pick_attention", lambda *args: "sequence")
    encoder = load(folder, attention="auto", max_tokens=128)
    assert encoder.attention == expected
    assert np.abs(encode(encoder, real[1:]) - padded).max() <= 1e-5


def test_the_profiler_names_a_kernel(tiny, real):
    encoder = load(tiny)
    tokens = encoder.tokenize(real[:4])
    assert any("flash" in name for name in attention_kernels(encoder, tokens.ids))
    eager = load(tiny, attention="eager")
    assert not any("flash" in name for name in attention_kernels(eager, tokens.ids))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_packed_vectors_are_the_reference_ones_by_a_flash_kernel(real):
    device = pick_device("cuda")
    expected = reference_vectors(MINILM, real, 256)
    encoder = enc.load(MINILM, device=device, precision="bfloat16", max_tokens=256, budget=1500)
    assert encoder.packed
    vectors, counts = encode_and_count(encoder, real)
    assert (vectors * expected).sum(1).min() >= 0.999
    assert counts.padding_tokens == 0
    tokens = encoder.tokenize(real)
    assert any("flash" in name.lower() for name in attention_kernels(encoder, tokens.ids))
    torch.cuda.set_sync_debug_mode("error")  # starting a batch waits for nothing
    try:
        started = [encoder.start([ids]) for ids in tokens.ids]
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert (np.concatenate([wait() for wait, _ in started]) * expected).sum(1).min() >= 0.999
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


@pytest.mark.parametrize(("kind", "parallel"), [("default", True), ("dynamic", False)])
def test_a_model_that_changes_with_longer_texts_computes_one_batch_at_a_time(tmp_path, kind, parallel):
    folder = encoder_with_layout(tmp_path, "Qwen3")
    change_json(folder / "config.json", rope_parameters={"rope_type": kind, "rope_theta": 1e4, "factor": 2.0})
    assert load(folder, max_tokens=64).parallel == parallel
