import errno
import json
import re

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from transformers import AutoTokenizer

import embed
import gather
import measure
from conftest import script
from encoders import (
    MINILM,
    abstracts,
    encoder_with_layout,
    reference_vectors,
    same,
    stored,
    tiny_bert,
    write_layout,
    write_papers,
)
from lib.cli import UserError
from lib.embeddings import cache as cache_module
from lib.embeddings import encoder as enc
from lib.embeddings import pipeline
from lib.embeddings.device import pick_device

PROMPT = {"prompts": {"map": "topic: "}, "default_prompt_name": "map"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    return tiny_bert(tmp_path_factory.mktemp("embed") / "tiny")


@pytest.fixture(scope="module")
def corpus():
    return abstracts(320)


@pytest.fixture
def run(tmp_path, tiny):
    """Run embed's main on texts; returns the vectors and the summary."""

    def call(texts, *, cache="cache", name="0", ids=None, **flags):
        papers = write_papers(tmp_path / f"papers-{name}.parquet", texts, ids)
        outputs = tmp_path / f"{name}.npy", tmp_path / f"{name}.json"
        flags = {"model": tiny, "max_tokens": 64, "device": "cpu", "precision": "float32"} | flags
        flags |= {"papers": papers, "cache": cache and tmp_path / cache}
        flags |= {"vectors": outputs[0], "summary": outputs[1]}
        embed.main(measure.command_line("embed", **flags))
        return np.load(outputs[0]), json.loads(outputs[1].read_text())

    return call


# one run


def test_rows_are_those_of_the_papers(run, tiny, corpus):
    texts = [*corpus[:40], corpus[3], "", corpus[3]]
    vectors, summary = run(texts)
    assert vectors.dtype == np.float16 and vectors.shape == (43, 64)
    assert np.abs(vectors - reference_vectors(tiny, texts, 64)).max() < 5e-4
    assert same(vectors[3], vectors[40]) and same(vectors[3], vectors[42])
    assert summary["papers"] == 43 and summary["cache_hits"] + summary["cache_misses"] == 43
    assert summary["cache_misses"] == 41  # distinct texts
    (entry,) = summary["origins"]
    assert (entry["papers"], entry["share"]) == (43, 1.0)
    assert entry["origin"]["attention"] == "sdpa" and entry["origin"]["device"] == "cpu"
    assert entry["origin"]["kernels"]
    lengths = enc.load(tiny, device=pick_device("cpu"), max_tokens=64).tokenize(list(set(texts))).lengths
    assert summary["tokens"] == lengths.sum()
    assert summary["truncated_papers"] == (lengths == 64).sum()
    assert summary["padding_tokens"] > 0 and summary["encode_seconds"] > 0
    weights = 2 * (4 * 64 * 64 + 2 * 64 * 128)  # of two layers; the batch of the profiler does not count
    assert summary["model_flops"] == 2 * weights * lengths.sum() + 2 * 4 * 64 * (lengths**2).sum()


def test_texts_that_the_tokenizer_does_not_know_are_named(run, tiny, corpus, capsys):
    english, thai = corpus[:4], ["งานวิจัยนี้ศึกษา และ โดยใช้ ควอนตัม กับ โฟตอน"] * 4
    _, summary = run(english, name="1")
    assert summary["unknown_tokens"] == 0 and "unknown" not in capsys.readouterr().err
    _, summary = run([*english, *(f"{i} {text}" for i, text in enumerate(thai))], name="2")
    tokenizer = AutoTokenizer.from_pretrained(tiny)
    assert summary["unknown_tokens"] == 4 * tokenizer.tokenize(thai[0]).count("[UNK]") > 0
    said = capsys.readouterr().err
    share = summary["unknown_tokens"] / summary["tokens"]
    assert (
        f"{share:.0%} of the tokens are unknown to this model's tokenizer" in said and "embed.model" in said
    )


def test_windows_do_not_change_a_row(run, corpus, monkeypatch):
    whole, summary = run(corpus, cache=None)
    monkeypatch.setattr(embed, "READ_ROWS", 20)
    monkeypatch.setattr(pipeline, "FIRST_WINDOW", 20)
    monkeypatch.setattr(pipeline, "WINDOW", 50)
    counts = encoded(monkeypatch)
    windowed, also = run(corpus, cache=None)
    # a read has 20 rows; the size of a window doubles up to 50
    assert counts == [20, 40, 60, 60, 60, 60, 20]
    assert same(windowed, whole)
    assert also["tokens"] == summary["tokens"] and also["truncated_tokens"] == summary["truncated_tokens"] > 0


def test_float32_vectors_are_kept_whole(run, tiny, corpus):
    vectors, _ = run(corpus[:10], dtype="float32")
    assert vectors.dtype == np.float32
    assert np.abs(vectors - reference_vectors(tiny, corpus[:10], 64)).max() <= 1e-5
    again, summary = run(corpus[:10], dtype="float32")
    assert same(again, vectors) and summary["cache_misses"] == 0


def test_parts_and_gather_give_the_rows_of_one_part(run, corpus, tmp_path):
    texts = [*corpus[:100], corpus[0]]
    one, _ = run(texts, cache="one")
    for part in range(3):
        vectors, summary = run(texts, name=f"part{part}", parts=3, part=part, cache="three")
        assert same(vectors, one[part::3]) and summary["papers"] == len(vectors)
    flags = {
        "papers": tmp_path / "papers-part0.parquet",
        "vectors": [tmp_path / f"part{i}.npy" for i in range(3)],
        "summaries": [tmp_path / f"part{i}.json" for i in range(3)],
        "embeddings": tmp_path / "all.npy",
        "summary": tmp_path / "all.json",
    }
    gather.main(measure.command_line("gather", **flags))
    assert same(np.load(tmp_path / "all.npy"), one)
    total = json.loads((tmp_path / "all.json").read_text())
    assert total["papers"] == 101 and total["parts"] == 3
    # the parts wrote one cache, which serves a run with one part
    again, summary = run(texts, cache="three")
    assert same(again, one) and summary["cache_misses"] == 0


def test_more_parts_than_papers(run, corpus):
    with pytest.raises(UserError, match=r"part 2 of 3 holds no paper; set `embed\.parts` lower"):
        run(corpus[:2], parts=3, part=2)


# the cache


def test_a_second_run_loads_no_model_and_changes_no_bit(run, corpus, monkeypatch):
    first, _ = run(corpus[:60])
    monkeypatch.setattr(enc, "load", lambda *_, **__: pytest.fail("the model was loaded"))
    second, summary = run(corpus[:60])
    assert same(second, first)
    assert summary["cache_misses"] == 0 and summary["cache_hits"] == 60 and summary["tokens"] == 0


def encoded(monkeypatch) -> list[int]:
    """Collect how many texts are tokenised at a time."""
    counts, tokenize = [], enc.Encoder.tokenize

    def watched(self, texts):
        counts.append(len(texts))
        return tokenize(self, texts)

    monkeypatch.setattr(enc.Encoder, "tokenize", watched)
    return counts


def test_exactly_the_new_papers_are_encoded(run, corpus, monkeypatch, tmp_path):
    old, _ = run(corpus[:300])
    counts = encoded(monkeypatch)
    grown, summary = run(corpus[:303])
    assert sum(counts) == 3 == summary["cache_misses"] and summary["cache_hits"] == 300
    assert same(grown[:300], old)
    assert same(grown, run(corpus[:303], cache=None)[0])
    # a narrower corpus, in another order
    counts.clear()
    narrow, _ = run(corpus[10:200][::-1])
    assert same(narrow, old[10:200][::-1]) and not counts
    assert sorted(stored(tmp_path / "cache")) == sorted(set(stored(tmp_path / "cache")))


def test_what_decides_a_vector_decides_the_folder(run, corpus, tmp_path):
    run(corpus[:20])
    for flags in ({"prefix": "query: "}, {"max_tokens": 32}, {"precision": "bfloat16"}, {"dtype": "float32"}):
        _, summary = run(corpus[:20], **flags)
        assert summary["cache_misses"] == 20, flags
    assert len(list((tmp_path / "cache").iterdir())) == 5


def test_the_pooling_and_the_prompt_of_the_model_decide_the_folder(run, corpus, tmp_path):
    model = encoder_with_layout(tmp_path / "model", "Bert", prompts=PROMPT)
    vectors, summary = run(corpus[:20], model=model, prefix=None)
    assert (summary["pooling"], summary["prefix"]) == ("mean", "topic: ")
    again, summary = run(corpus[:20], model=model, prefix="topic: ", pooling="mean")
    assert summary["cache_misses"] == 0 and same(again, vectors)
    seen = [vectors]
    for pooling, prefix in (("auto", ""), ("cls", ""), ("last", ""), ("max", "topic: ")):
        vectors, summary = run(corpus[:20], model=model, pooling=pooling, prefix=prefix)
        assert (summary["pooling"], summary["prefix"]) == (pooling.replace("auto", "mean"), prefix)
        assert summary["cache_misses"] == 20 and not any(same(vectors, other) for other in seen)
        seen.append(vectors)
    # only the files of the layout change
    write_layout(model, pooling={"pooling_mode": "mean", "include_prompt": False}, prompts=PROMPT)
    vectors, summary = run(corpus[:20], model=model, prefix=None)
    assert summary["pooling"] == "mean without prefix" and summary["cache_misses"] == 20
    write_layout(model, modules=("Transformer", "Pooling", "Dense"), prompts=PROMPT)
    vectors, summary = run(corpus[:20], model=model, prefix=None)
    assert summary["dim"] == 24 == vectors.shape[1] and summary["cache_misses"] == 20
    assert "2_Dense/model.safetensors" in summary["files"]


def test_the_fingerprint_of_the_bundled_model_is_that_of_earlier_versions():
    """So that what was encoded is found again."""
    layout = embed.read_layout(MINILM)
    settings = {"files": embed.hash_files(MINILM, layout.folders), "prefix": layout.prefix}
    settings |= {"max_tokens": layout.max_tokens, "pooling": layout.pooled}
    settings |= {"precision": "float32", "dtype": "float16"}
    assert cache_module.fingerprint(settings) == "04949e994ac54169964cdedc"


def test_a_length_beyond_that_of_the_model_gives_a_warning(run, corpus, tmp_path, capfd):
    model = encoder_with_layout(tmp_path / "model", "Bert", transformer={"max_seq_length": 48})
    _, summary = run(corpus[:20], model=model, max_tokens=None)
    assert summary["max_tokens"] == 48 and "warning" not in capfd.readouterr().err
    _, summary = run(corpus[:20], model=model, max_tokens=40)
    assert summary["max_tokens"] == 40 and "warning" not in capfd.readouterr().err
    _, summary = run(corpus[:20], model=model, max_tokens=64)
    assert summary["max_tokens"] == 64
    said = "warning: embed.max_tokens: 64 is more than the 48 tokens .*Set `embed.max_tokens: 48`, or null"
    assert re.search(said, capfd.readouterr().err)


def test_the_same_weights_elsewhere_are_the_same_model(run, corpus, tiny, tmp_path):
    first, _ = run(corpus[:20])
    (tmp_path / "moved").symlink_to(tiny)
    moved, summary = run(corpus[:20], model=tmp_path / "moved", attention="eager", batch_tokens=500)
    assert summary["cache_misses"] == 0 and same(moved, first)


def test_a_resumed_run_knows_how_all_vectors_were_computed(run, corpus):
    _, first = run([*corpus[:12], corpus[0]])
    (sdpa,) = first["origins"]
    _, again = run([*corpus[:12], corpus[0]])
    assert again["cache_misses"] == 0 and again["origins"] == [sdpa]
    _, resumed = run([*corpus[:16], corpus[0]], attention="eager")
    assert [(entry["papers"], entry["share"]) for entry in resumed["origins"]] == [(13, 13 / 17), (4, 4 / 17)]
    before, new = (entry["origin"] for entry in resumed["origins"])
    assert before == sdpa["origin"] and new["attention"] == "eager" and new["kernels"] != before["kernels"]


def test_no_cache(run, corpus, tmp_path):
    first, _ = run(corpus[:20], cache=None)
    again, summary = run(corpus[:20], cache=None)
    assert summary["cache_misses"] == 20 and same(again, first)
    assert not list(tmp_path.rglob("*.safetensors"))


def test_a_planted_corrupt_segment_is_found_and_computed_again(run, corpus, tmp_path, capfd):
    expected, _ = run(corpus[:60])
    run(corpus[60:100], name="more")
    (first, _) = segments = sorted(tmp_path.rglob("*.safetensors"))
    rows = len(load_file(first)["hashes"])
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 1
    first.write_bytes(data)
    capfd.readouterr()
    vectors, summary = run(corpus[:100])
    assert "damaged segment set aside" in capfd.readouterr().err
    assert first.with_suffix(".corrupt").exists() and len(segments) == 2
    assert summary["cache_misses"] == rows
    assert same(vectors[:60], expected)
    assert run(corpus[:100])[1]["cache_misses"] == 0


def test_a_full_disk_is_said_and_leaves_no_outputs(run, corpus, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(cache_module.os, "fsync", full)
        with pytest.raises(UserError, match=r"embed\.cache.*No space left on device"):
            run(corpus[:20])
    assert not list(tmp_path.glob("*.npy")) and not list(tmp_path.rglob("*.part*"))
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"embed\.cache.*set it to null"):
        run(corpus[:20], cache="file")


@pytest.fixture
def auto_is_float32(monkeypatch):
    """A processor without bfloat16 instructions."""
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx2": True})


def warnings(capfd) -> list[str]:
    return [line for line in capfd.readouterr().err.splitlines() if line.startswith("warning: ")]


def test_auto_warns_of_vectors_in_another_precision(run, corpus, capfd, auto_is_float32):
    run(corpus[:12], precision="bfloat16")
    (slow,) = warnings(capfd)
    assert "no instructions for bfloat16" in slow and "5 to 80 times as long as float32" in slow
    _, summary = run(corpus[:12], precision="auto")
    assert summary["cache_misses"] == 12 and summary["precision"] == "float32"
    (warning,) = warnings(capfd)
    assert "embed.precision: auto means float32 on this device" in warning
    assert "vectors of this model in bfloat16." in warning
    assert "Set `embed.precision: bfloat16`" in warning
    # the advice works
    assert run(corpus[:12], precision="bfloat16")[1]["cache_misses"] == 0
    assert warnings(capfd) == []


def test_no_warning_of_another_precision_where_it_does_not_matter(run, corpus, capfd, auto_is_float32):
    run(corpus[:12], precision="bfloat16")
    capfd.readouterr()
    run(corpus[:12], precision="float32")  # not auto
    run(corpus[:12], precision="auto")  # all vectors are found
    run(corpus[:12], precision="auto", cache=None)
    run(corpus[:12], precision="auto", prefix="query: ")  # vectors with another prefix are not an alternative
    run(corpus[:12], precision="auto", cache="empty")
    assert warnings(capfd) == []


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_nothing_is_measured_in_a_precision_that_the_processor_emulates(
    run, corpus, auto_is_float32, precision
):
    _, summary = run(corpus[:2], precision=precision, max_tokens=8, batch_tokens=8)
    assert summary["matmul_flops_per_second"] is None and summary["encode_seconds"] > 0
    _, summary = run(corpus[:2], max_tokens=8)
    assert summary["matmul_flops_per_second"] > 1e8


# vectors that must not be written


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_names_its_paper(corpus, tmp_path, value):
    broken = tiny_bert(tmp_path / "broken")
    tensors = load_file(broken / "model.safetensors")
    tokenizer = AutoTokenizer.from_pretrained(broken)
    # only the row of one word is damaged, so papers without the word are sound
    tensors["embeddings.word_embeddings.weight"][tokenizer.convert_tokens_to_ids("gravity")] = value
    save_file(tensors, broken / "model.safetensors", {"format": "pt"})
    texts = ["one text", "gravity", "another text"]
    papers = write_papers(tmp_path / "papers.parquet", texts, ["0704.0001", "hep-th/9901001", "2401.00001"])
    flags = {"papers": papers, "model": broken, "cache": tmp_path / "cache", "device": "cpu"}
    flags |= {"vectors": tmp_path / "0.npy", "summary": tmp_path / "0.json"}
    ended = script("embed", **flags)
    assert ended.returncode == 1
    assert "error: embed: the vector of paper hep-th/9901001 is not finite" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(tmp_path.glob("*.npy")) and not (tmp_path / "0.json").exists()
    assert not list((tmp_path / "cache").rglob("*.safetensors"))


def test_a_text_without_any_token_is_named(run, tiny, monkeypatch):
    tokenize = enc.Encoder.tokenize

    def bare(self, texts):
        tokens = tokenize(self, texts)
        tokens.ids = [ids[1:-1] for ids in tokens.ids]
        return tokens

    monkeypatch.setattr(enc.Encoder, "tokenize", bare)
    with pytest.raises(UserError, match=r"the text of paper second holds no token"):
        run(["a text", "\x00", "more"], ids=["first", "second", "third"])
