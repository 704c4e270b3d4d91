"""Layouts of models that are not supported, or damaged, are refused by name."""

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

from encoders import MODULES, POOLING, PROMPT, change_json, encoder_with_layout, write_layout
from lib.cli import UserError
from lib.embeddings import encoder as enc
from lib.embeddings.modules import read_layout

CPU = torch.device("cpu")
REFUSED = {
    "weighted mean": ({"pooling": {"pooling_mode_weightedmean_tokens": True}}, "pools by weightedmean"),
    "root of the length": (
        {"pooling": {"pooling_mode": "mean_sqrt_len_tokens"}},
        "pools by mean_sqrt_len_tokens.*set `embed.pooling` to mean, cls, last or max",
    ),
    "two poolings": (
        {"pooling": {"pooling_mode_cls_token": True, "pooling_mode_max_tokens": True}},
        "pools by cls and max",
    ),
    "a list of poolings": ({"pooling": {"pooling_mode": ["mean", "max"]}}, "pools by mean and max"),
    "no pooling": ({"modules": ("Transformer",)}, "starts with Transformer; only"),
    "nothing": ({"modules": ()}, "starts with nothing; only"),
    "words": ({"modules": ("WordEmbeddings", "Pooling")}, "starts with WordEmbeddings, Pooling; only"),
    "a router": ({"modules": ("Router",)}, "starts with Router; only"),
    "CLIP": ({"modules": ("CLIPModel",)}, "starts with CLIPModel; only"),
    "layers between": (
        {"modules": ("Transformer", "WeightedLayerPooling", "Pooling")},
        "WeightedLayerPooling",
    ),
    "LSTM": ({"modules": ("Transformer", "LSTM", "Pooling")}, "starts with Transformer, LSTM; only"),
    "LayerNorm": ({"modules": (*POOLING, "LayerNorm")}, "the module LayerNorm .*not supported"),
    "CNN": ({"modules": (*POOLING, "CNN")}, "the module CNN .*not supported"),
    "code of its own": (
        {"modules": ("custom_st.Transformer", "Pooling")},
        "code of its own .custom_st.Transformer",
    ),
    "an activation": (
        {"modules": (*POOLING, "Dense"), "dense": {"activation_function": "torch.nn.Softmax"}},
        r"activation torch\.nn\.Softmax .*not supported; supported are Identity, Tanh",
    ),
    "an activation of its own": (
        {"modules": (*POOLING, "Dense"), "dense": {"activation_function": "my_code.Tanh"}},
        r"activation my_code\.Tanh",
    ),
    "a residual": ({"modules": (*POOLING, "Dense"), "dense": {"use_residual": True}}, "use_residual"),
    "Dense on tokens": (
        {"modules": (*POOLING, "Dense"), "dense": {"module_input_name": "token_embeddings"}},
        "module_input_name 'token_embeddings'",
    ),
    "another task": ({"transformer": {"transformer_task": "fill-mask"}}, "transformer_task fill-mask"),
    "messages": (
        {"transformer": {"modality_config": {"message": {"method": "forward"}}}},
        r"other than plain text \(message\)",
    ),
    "options of the config": (
        {"transformer": {"config_args": {"is_decoder": True}}},
        "config_args: is_decoder",
    ),
    "options of the tokenizer": (
        {"transformer": {"processing_kwargs": {"text": {"padding": "max_length"}}}},
        "processing_kwargs: text",
    ),
    "another side of truncation": (
        {"transformer": {"tokenizer_args": {"truncation_side": "left"}}},
        "tokenizer_args: truncation_side",
    ),
    "a prompt that is not there": (
        {"prompts": {"prompts": {}, "default_prompt_name": "map"}},
        "default prompt 'map' .*set `embed.prefix`",
    ),
}
DAMAGED = ("", "{", '{"a": ', "null", '"text"', "7", "[7]", "\x00")
WRONG = (None, True, "128", "", [], [7], {}, {"text": 7}, 0, -5, 1.5)
READ = {
    "modules.json": (),
    "config.json": ("model_type", "max_position_embeddings", "pad_token_id"),
    "tokenizer_config.json": ("model_max_length",),
    "sentence_bert_config.json": (
        *("max_seq_length", "do_lower_case", "transformer_task", "modality_config", "processing_kwargs"),
        *("model_args", "config_args", "tokenizer_args", "processor_kwargs"),
    ),
    "config_sentence_transformers.json": ("prompts", "default_prompt_name", "truncate_dim"),
    "1_Pooling/config.json": ("pooling_mode", "pooling_mode_mean_tokens", "include_prompt"),
    "2_Dense/config.json": ("activation_function", "bias", "use_residual", "module_input_name"),
}
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return encoder_with_layout(tmp_path_factory.mktemp("plain"), "Bert")


def copy_of(plain, folder, **layout):
    shutil.copytree(plain, folder)
    return write_layout(folder, **layout)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_supported_is_refused_by_name(plain, tmp_path, name):
    layout, said = REFUSED[name]
    with pytest.raises(UserError, match=rf"^embed\.model: .*{said}"):
        read_layout(copy_of(plain, tmp_path / "copy", **layout))


def test_a_pooling_that_is_set_takes_the_place_of_one_that_is_not_supported(plain, tmp_path):
    folder = copy_of(plain, tmp_path / "copy", pooling={"pooling_mode": ["mean", "max"]})
    assert read_layout(folder, "mean").pooled == "mean"


def test_layouts_that_are_not_whole_are_refused(plain, tmp_path):
    folder = copy_of(plain, tmp_path / "copy", modules=(*POOLING, "Dense"))
    assert read_layout(folder).folders == ("2_Dense",)
    weights = folder / "2_Dense" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(UserError, match=r"2_Dense/model\.safetensors cannot be loaded"):
        enc.load(folder, device=CPU)
    weights.unlink()
    with pytest.raises(UserError, match=r"2_Dense/model\.safetensors is missing; other weight formats"):
        enc.load(folder, device=CPU)
    (folder / "1_Pooling" / "config.json").write_text("[]")
    with pytest.raises(UserError, match=r"the content of .*1_Pooling/config\.json is \[\], not an object"):
        read_layout(folder)
    (folder / "1_Pooling" / "config.json").write_text("{}")
    with pytest.raises(UserError, match=r"1_Pooling/config\.json says nothing about a pooling"):
        read_layout(folder)
    assert read_layout(folder, "cls").pooled == "cls"
    (folder / "1_Pooling" / "config.json").write_text("{")
    with pytest.raises(UserError, match=r"1_Pooling/config\.json cannot be loaded"):
        read_layout(folder)
    (folder / "1_Pooling" / "config.json").unlink()
    with pytest.raises(UserError, match=r"1_Pooling/config\.json is missing; take a complete copy"):
        read_layout(folder)
    (folder / "modules.json").write_text('[{"path": ""}]')
    with pytest.raises(UserError, match=r"modules\.json has a module without type or path"):
        read_layout(folder)


def read_all(folder):
    """Let the padding token and the length of the tokenizer matter too."""
    change_json(folder / "config.json", model_type="xlm-roberta")
    change_json(folder / "sentence_bert_config.json", max_seq_length=None)


@pytest.mark.parametrize("name", READ)
def test_damaged_settings_are_refused_by_file_and_never_end_in_another_error(plain, tmp_path, name):
    folder = copy_of(plain, tmp_path / "copy", modules=(*POOLING, "Dense"), prompts=PROMPT)
    read_all(folder)
    file, refused = folder / name, []
    whole = json.loads(file.read_text())
    for content in DAMAGED:
        file.write_text(content)
        with pytest.raises(
            UserError, match=rf"^embed\.model: .*{name}.*(take a complete copy|choose another)"
        ):
            read_layout(folder)
    for key in READ[name]:
        for value in WRONG:
            file.write_text(json.dumps(whole | {key: value}))
            try:
                read_layout(folder)
            except UserError as error:
                assert name.split("/")[0] in str(error) and "\n" not in str(error)
                refused.append((key, str(error)))
    # each key has a type, and a value of another one is told by the key, the file and what to do
    for key in READ[name]:
        said = f"embed.model: {key} in {file} is "
        assert any(
            error.startswith(said) and "; correct it, or take" in error for k, error in refused if k == key
        )


@pytest.mark.parametrize(
    ("name", "key", "value", "said"),
    [
        ("sentence_bert_config.json", "max_seq_length", "128", 'is "128", not a whole number from 1'),
        ("sentence_bert_config.json", "max_seq_length", 0, "is 0, not a whole number from 1"),
        ("sentence_bert_config.json", "max_seq_length", True, "is true, not a whole number"),
        ("config_sentence_transformers.json", "prompts", ["a"], r'is \["a"\], not an object'),
        ("config_sentence_transformers.json", "truncate_dim", -1, "is -1, not a whole number from 1"),
        ("config_sentence_transformers.json", "truncate_dim", 0, "is 0, not a whole number from 1"),
        ("1_Pooling/config.json", "pooling_mode", 3, "is 3, not text or a list"),
        ("1_Pooling/config.json", "include_prompt", None, "is null, not true or false"),
        ("2_Dense/config.json", "activation_function", None, "is null, not text"),
        ("config.json", "pad_token_id", None, "is null, not a whole number"),
        ("tokenizer_config.json", "model_max_length", "512", 'is "512", not a whole number or a number'),
    ],
)
def test_a_value_of_another_type_is_named(plain, tmp_path, name, key, value, said):
    folder = copy_of(plain, tmp_path / "copy", modules=(*POOLING, "Dense"), prompts=PROMPT)
    read_all(folder)
    change_json(folder / name, **{key: value})
    with pytest.raises(
        UserError, match=rf"^embed\.model: {key} in .*/copy/{name} {said}.*; correct it, or take"
    ):
        read_layout(folder)


@pytest.mark.parametrize(
    "entry", [None, 7, [], "Transformer", {"type": 1, "path": ""}, {"type": "a", "path": None}]
)
def test_a_damaged_module_is_refused(plain, tmp_path, entry):
    folder = copy_of(plain, tmp_path / "copy")
    (folder / "modules.json").write_text(json.dumps([entry]))
    with pytest.raises(UserError, match=r"^embed\.model: .*modules\.json .*take a complete copy"):
        read_layout(folder)


def test_a_prompt_that_is_no_text_is_refused(plain, tmp_path):
    prompts = {"prompts": {"map": 7}, "default_prompt_name": "map"}
    folder = copy_of(plain, tmp_path / "copy", prompts=prompts)
    with pytest.raises(UserError, match=r"map in .*config_sentence_transformers\.json is 7, not text"):
        read_layout(folder)


def test_dense_layers_must_fit(plain, tmp_path):
    folder = copy_of(plain, tmp_path / "copy", modules=MODULES)
    (folder / "2_Dense" / "model.safetensors").write_bytes(
        (folder / "3_Dense" / "model.safetensors").read_bytes()
    )
    with pytest.raises(UserError, match="holds no layer for vectors of width 48"):
        enc.load(folder, device=CPU)


@pytest.mark.parametrize(
    ("config", "changed", "said"),
    [
        ({"bias": True}, {"linear.bias": None}, r"holds linear\.weight \[24, 48\], but .* with a bias"),
        ({}, {"linear.bias": None}, "but a Dense layer with a bias is expected"),
        ({"bias": False}, {"linear.bias": torch.ones(24)}, "but a Dense layer without a bias is expected"),
        ({"bias": True}, {"linear.bias": torch.ones(7)}, r"holds linear\.bias \[7\], linear\.weight"),
        ({"bias": True}, {"linear.bias": torch.ones(1)}, r"holds linear\.bias \[1\], linear\.weight"),
        ({"bias": True}, {"residual.weight": torch.ones(24, 48)}, r"residual\.weight \[24, 48\], but"),
        ({"bias": True}, {"linear.weight": None}, "holds no layer for vectors of width 48"),
    ],
)
def test_weights_of_a_dense_layer_must_be_those_of_its_config(plain, tmp_path, config, changed, said):
    """sentence-transformers refuses them too."""
    folder = copy_of(plain, tmp_path / "copy", modules=(*POOLING, "Dense"), dense=config)
    weights = folder / "2_Dense" / "model.safetensors"
    tensors = load_file(weights) | changed
    save_file({name: tensor for name, tensor in tensors.items() if tensor is not None}, weights)
    with pytest.raises(UserError, match=rf"^embed\.model: .*2_Dense/model\.safetensors .*{said}"):
        enc.load(folder, device=CPU)
    with pytest.raises((RuntimeError, ValueError)):
        SentenceTransformer(str(folder), device="cpu")


def test_other_folders_of_modules_and_adapters_are_refused(plain, tmp_path):
    folder = copy_of(plain, tmp_path / "copy")
    entries = json.loads((folder / "modules.json").read_text())
    for path, said in (
        ("0_Transformer", "is in its folder 0_Transformer"),
        ("../other", "outside the model"),
    ):
        entries[0]["path"] = path
        (folder / "modules.json").write_text(json.dumps(entries))
        with pytest.raises(UserError, match=said):
            read_layout(folder)
    (folder / "adapter_config.json").write_text("{}")
    with pytest.raises(UserError, match=r"holds an adapter .*merge_and_unload"):
        read_layout(folder)
