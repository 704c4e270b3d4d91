"""The model's own pooling, Dense layers, prompt and length: vectors equal sentence-transformers'."""

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from encoders import MINILM, MODULES, POOLING, PROMPT, abstracts, change_json, encoder_with_layout, tiny_bert
from lib.cli import UserError
from lib.embeddings import encoder as enc
from lib.embeddings.modules import read_layout

CPU = torch.device("cpu")
NEW = "sentence_transformers.sentence_transformer.modules."
CLS = {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
LAST = {"pooling_mode_mean_tokens": False, "pooling_mode_lasttoken": True}
UNPOOLED = {"pooling_mode": "mean", "include_prompt": False}
LEFT = {"truncation_side": "left"}
IDENTITY = {"bias": False, "activation_function": "torch.nn.modules.linear.Identity"}
LAYOUTS = {
    "BERT, mean": ("Bert", {}),
    "BERT, cls (bge)": ("Bert", {"pooling": CLS}),
    "BERT, cls, in the words of today": ("Bert", {"pooling": {"pooling_mode": "cls"}, "package": NEW}),
    "BERT, max": ("Bert", {"pooling": {"pooling_mode": ["max"]}}),
    "BERT, max without prompt": (
        "Bert",
        {"pooling": {"pooling_mode": "max", "include_prompt": False}, "prompts": PROMPT},
    ),
    "BERT, Dense with tanh (LaBSE)": (
        "Bert",
        {"pooling": CLS, "modules": ("Transformer", "Pooling", "Dense", "Normalize")},
    ),
    "BERT, Dense behind Normalize": (
        "Bert",
        {"modules": ("Transformer", "Pooling", "Normalize", "Dropout", "Dense"), "package": NEW},
    ),
    "BERT, prompt": ("Bert", {"prompts": PROMPT}),
    "BERT, prompts without a default": ("Bert", {"prompts": PROMPT | {"default_prompt_name": None}}),
    "BERT, prompt that is not pooled": (
        "Bert",
        {"prompts": PROMPT, "pooling": {"pooling_mode_mean_tokens": True, "include_prompt": False}},
    ),
    "BERT, cls behind the prompt": (
        "Bert",
        {"prompts": PROMPT, "pooling": {"pooling_mode": "cls", "include_prompt": False}},
    ),
    "BERT, short": ("Bert", {"transformer": {"max_seq_length": 24}}),
    "BERT, no length": ("Bert", {"transformer": {"max_seq_length": None}}),
    "BERT, the length of its tokenizer before its own": (
        "Bert",
        {"transformer": {"max_seq_length": 90, "tokenizer_args": {"model_max_length": 40}}},
    ),
    "BERT, only the length of its tokenizer": (
        "Bert",
        {"transformer": {"max_seq_length": None, "processor_kwargs": {"model_max_length": 40}}},
    ),
    "BERT, first dimensions": ("Bert", {"prompts": {"truncate_dim": 16}}),
    "BERT, more dimensions than it has": ("Bert", {"prompts": {"truncate_dim": 99}}),
    "BERT, first dimensions behind Dense": (
        "Bert",
        {"modules": (*POOLING, "Dense"), "prompts": PROMPT | {"truncate_dim": 20}},
    ),
    "BERT, the end of long texts": ("Bert", {"tokenizer": LEFT}),
    "BERT, the end of long texts, prompt": ("Bert", {"tokenizer": LEFT, "prompts": PROMPT}),
    "BERT, the end of long texts, prompt that is not pooled": (
        "Bert",
        {"tokenizer": LEFT, "prompts": PROMPT, "pooling": UNPOOLED},
    ),
    "BERT, Dense without bias": ("Bert", {"modules": (*POOLING, "Dense"), "dense": {"bias": False}}),
    "ALBERT": ("Albert", {}),
    "XLM-RoBERTa, mean": ("XLMRoberta", {}),
    "MPNet": ("MPNet", {}),
    "DistilBERT, cls": ("DistilBert", {"pooling": CLS}),
    "ModernBERT, windows": ("ModernBert", {}),
    "ModernBERT, cls": ("ModernBert", {"pooling": CLS}),
    "Nomic BERT": ("NomicBert", {}),
    "EuroBERT, groups of heads": ("EuroBert", {}),
    "T5 (gtr, sentence-t5)": (
        "T5",
        {"modules": ("Transformer", "Pooling", "Dense", "Normalize"), "dense": IDENTITY},
    ),
    "T5, prompt that is not pooled (instructor)": (
        "T5",
        {"prompts": PROMPT, "pooling": {"pooling_mode": "mean", "include_prompt": False}},
    ),
    "Qwen3, last": ("Qwen3", {"pooling": LAST}),
    "Qwen3, last, prompt": ("Qwen3", {"pooling": LAST, "prompts": PROMPT}),
    "Qwen3, last, the end of long texts": ("Qwen3", {"pooling": LAST, "tokenizer": LEFT}),
    "Llama, last": ("Llama", {"pooling": LAST}),
    "Mistral, causal windows": ("Mistral", {"pooling": LAST}),
    "Gemma 2, last, no sdpa": ("Gemma2", {"pooling": LAST}),
    "Gemma 3 (EmbeddingGemma)": ("Gemma3Text", {"modules": MODULES, "dense": IDENTITY, "prompts": PROMPT}),
}
NOT_PACKED = ("MPNet", "T5", "Gemma2")
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def texts():
    """Texts of 3 to several hundred tokens."""
    return [
        "graph",
        "spin glass",
        *(text[: 60 * i] for i, text in enumerate(abstracts(10), 1)),
        *abstracts(4),
    ]


def encode(folder, texts, **options):
    encoder = enc.load(folder, device=CPU, **options)
    tokens = encoder.tokenize(texts)
    vectors = np.zeros((len(texts), encoder.dim), np.float32)
    for at in encoder.batches(tokens.lengths):
        vectors[at] = encoder.encode([tokens.ids[i] for i in at])
    return vectors


def assert_equal(vectors, expected):
    assert vectors.shape == expected.shape
    assert (vectors * expected).sum(1).min() > 1 - 1e-5
    assert np.abs(vectors - expected).max() < 1e-4


@pytest.mark.parametrize("name", LAYOUTS)
def test_vectors_equal_those_of_sentence_transformers(tmp_path, texts, name):
    family, layout = LAYOUTS[name]
    folder = encoder_with_layout(tmp_path, family, **layout)
    expected = SentenceTransformer(str(folder), device="cpu").encode(texts, normalize_embeddings=True)
    similarity = expected @ expected.T
    assert np.median(similarity) < 0.99  # another pooling would be seen
    assert_equal(encode(folder, texts), expected)
    assert_equal(encode(folder, texts, attention="eager"), expected)
    if family in NOT_PACKED:
        with pytest.raises(
            UserError, match=r"embed\.attention: sequence packs papers, .* \(.*\); set it to auto"
        ):
            encode(folder, texts, attention="sequence")
    else:
        assert_equal(encode(folder, texts, attention="sequence", budget=600), expected)


def test_the_bundled_model_is_pooled_as_sentence_transformers_does(texts):
    layout = read_layout(MINILM)
    assert (layout.pooling, layout.pooled, layout.prefix, layout.max_tokens) == ("mean", "mean", "", 256)
    expected = SentenceTransformer(str(MINILM), device="cpu").encode(texts, normalize_embeddings=True)
    assert_equal(encode(MINILM, texts), expected)


@pytest.mark.parametrize("modules", [("Transformer", "Pooling"), MODULES])
def test_a_vector_from_the_head_does_not_depend_on_its_batch(tmp_path, modules):
    folder = encoder_with_layout(tmp_path, "Bert", modules=modules, prompts={"truncate_dim": 10})
    texts = [text[: 60 + 5 * i] for i, text in enumerate(abstracts(60))]
    together = encode(folder, texts)
    assert together.shape == (60, 10)
    for some in ([0], [5, 7], list(range(20, 60))):
        assert np.array_equal(encode(folder, [texts[i] for i in some]), together[some])


def test_first_dimensions_have_a_fingerprint_of_their_own(tmp_path):
    folder = encoder_with_layout(tmp_path, "Bert", prompts=PROMPT | {"truncate_dim": 16}, pooling=UNPOOLED)
    assert read_layout(folder).pooled == "mean without prefix, first 16 dimensions"
    assert read_layout(folder, "cls", "").pooled == "cls, first 16 dimensions"


def test_the_side_of_truncation_may_be_that_of_the_tokenizers_library(tmp_path, texts):
    folder = encoder_with_layout(tmp_path, "Bert")
    end = {"direction": "Left", "max_length": 50, "strategy": "LongestFirst", "stride": 9}
    start = encode(folder, texts)
    change_json(folder / "tokenizer.json", truncation=end)
    expected = SentenceTransformer(str(folder), device="cpu").encode(texts, normalize_embeddings=True)
    assert_equal(encode(folder, texts), expected)
    assert np.abs(expected - start).max() > 0.01


def test_what_the_config_sets_replaces_what_the_model_says(tmp_path, texts):
    folder = encoder_with_layout(tmp_path, "Bert", pooling=CLS, prompts=PROMPT)
    model = SentenceTransformer(str(folder), device="cpu")
    expected = model.encode(texts, normalize_embeddings=True, prompt="query: ")
    assert_equal(encode(folder, texts, prefix="query: "), expected)
    expected = model.encode(texts, normalize_embeddings=True, prompt="")
    assert_equal(encode(folder, texts, prefix=""), expected)
    expected = {}
    for mode, ours in (("mean", "mean"), ("max", "max"), ("lasttoken", "last")):
        model[1].pooling_mode = mode
        expected[ours] = model.encode(texts, normalize_embeddings=True)
        assert_equal(encode(folder, texts, pooling=ours), expected[ours])
    assert (expected["mean"] * expected["max"]).sum(1).max() < 0.99
    model[1].pooling_mode, model.max_seq_length = "cls", 40
    assert_equal(encode(folder, texts, max_tokens=40), model.encode(texts, normalize_embeddings=True))


def test_a_prompt_is_put_into_lower_case_if_the_model_does(tmp_path):
    prompts = {"prompts": {"map": "Topic: "}, "default_prompt_name": "map"}
    folder = encoder_with_layout(tmp_path, "Bert", prompts=prompts, transformer={"do_lower_case": True})
    assert read_layout(folder).prefix == "topic: "
    assert read_layout(folder, prefix="Query: ").prefix == "query: "
    encoder_with_layout(tmp_path, "Bert", prompts=prompts)
    assert read_layout(folder).prefix == "Topic: "


def test_a_folder_without_modules_is_pooled_by_the_mean(tmp_path):
    folder = tiny_bert(tmp_path)
    layout = read_layout(folder)
    assert (layout.pooled, layout.prefix, layout.dense) == ("mean", "", ())
    assert layout.max_tokens == 512
    assert read_layout(folder, "cls", "query: ", 99).pooled == "cls"


def test_the_limit_of_a_model_that_states_none_or_a_huge_one(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "t5"}')
    assert read_layout(tmp_path).max_tokens == 512
    (tmp_path / "config.json").write_text('{"model_type": "qwen3", "max_position_embeddings": 32768}')
    assert read_layout(tmp_path).max_tokens == 8192
    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 1e30}')
    assert read_layout(tmp_path).max_seq_length is None
    (tmp_path / "tokenizer_config.json").write_text('{"model_max_length": 700}')
    assert read_layout(tmp_path).max_tokens == 700 == read_layout(tmp_path).max_seq_length


def test_a_prefix_must_leave_room_for_a_text(tmp_path):
    folder = encoder_with_layout(tmp_path, "Bert", prompts=PROMPT)
    with pytest.raises(UserError, match=r"embed\.prefix: its \d+ tokens leave no room .*`embed\.max_tokens`"):
        enc.load(folder, device=CPU, max_tokens=8)
