"""Model folders that cannot be encoded with are refused by name."""

import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import BartConfig, CLIPConfig, ViTConfig

from encoders import change_json, tiny_bert
from lib.cli import UserError
from lib.embeddings import encoder as enc
from lib.embeddings.model import hash_files

CPU = torch.device("cpu")
pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("refused") / "tiny")


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
    elif kind == "config is not JSON":
        (folder / "config.json").write_text("{")
    elif kind == "config is a list":
        (folder / "config.json").write_text("[]")
    elif kind == "width is text":
        change_json(folder / "config.json", hidden_size="64")
    elif kind == "padding beyond the vocabulary":
        change_json(folder / "config.json", pad_token_id=10**6)
    elif kind == "tokenizer is cut":
        (folder / "tokenizer.json").write_bytes((folder / "tokenizer.json").read_bytes()[:1000])
    elif kind == "side of truncation":
        change_json(folder / "tokenizer_config.json", truncation_side="top")
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
        "config is not JSON",
        "config is a list",
        "width is text",
        "padding beyond the vocabulary",
        "tokenizer is cut",
        "side of truncation",
        "no tokenizer",
    ],
)
def test_a_damaged_model_folder_is_refused(tiny, tmp_path, kind):
    folder = damaged(kind, tiny, tmp_path / "copy")
    assert hash_files(folder) != hash_files(tiny)
    said = {"one weight missing": "lacks 1 weights", "no tokenizer": "has no tokenizer"}
    said["weights of something else"] = r"lacks \d\d weights"
    said["config is a list"] = r"config\.json is \[\], not an object"
    said["width is text"] = r"config\.json cannot be loaded \(.*'hidden_size'"
    said["padding beyond the vocabulary"] = r"cannot be loaded \(.*Padding_idx"
    said["tokenizer is cut"] = said["side of truncation"] = r"\(tokenizer\.json, .*\) cannot be loaded"
    with pytest.raises(
        UserError, match=rf"^embed\.model: .*/copy\W{said.get(kind, '.*cannot be loaded')}"
    ) as e:
        enc.load(folder, device=CPU, max_tokens=256)
    assert "\n" not in str(e.value)


@pytest.mark.parametrize(
    ("name", "config", "said"),
    [
        (
            "BartModel",
            BartConfig(d_model=16),
            "BartModel .*encoders with a decoder than those of the T5 family",
        ),
        ("CLIPModel", CLIPConfig(), "CLIPModel .*models of more than texts"),
        ("ViTModel", ViTConfig(), "ViTModel .*models without an encoder of texts"),
        (None, BartConfig(), r"Bart .*config\.json.* is not supported"),
    ],
)
def test_other_architectures_are_refused_by_name(tiny, tmp_path, name, config, said):
    folder = damaged("no weights of its own", tiny, tmp_path / "copy")
    config.architectures = [name] if name else None
    config.save_pretrained(folder)
    with pytest.raises(UserError, match=rf"^embed\.model: {said}"):
        enc.load(folder, device=CPU, max_tokens=32)


def test_an_unknown_architecture_is_refused_by_name(tiny, tmp_path):
    folder = damaged("no weights of its own", tiny, tmp_path / "copy")
    (folder / "config.json").write_text('{"model_type": "new_encoder"}')
    with pytest.raises(UserError, match=r"^embed\.model: .*new_encoder"):
        enc.load(folder, device=CPU, max_tokens=256)
