"""gather: row r is row r // N of part r mod N, and the summaries of the parts add up."""

import json

import numpy as np
import pytest

import gather
import measure
from conftest import assert_refused, pq_write, script
from gather import combine, interleave
from lib.cli import UserError
from lib.embeddings.schema import EmbeddingsSummary, PartSummary
from summaries import EMBEDDINGS


@pytest.mark.parametrize("rows", [1, 7, 8, 100])
@pytest.mark.parametrize("n", [1, 3, 7])
@pytest.mark.parametrize("chunk", [1, 10, 8192])
def test_interleave_puts_each_row_back(monkeypatch, rows, n, chunk):
    monkeypatch.setattr("gather.CHUNK", chunk)
    whole = np.arange(rows * 2, dtype=np.float16).reshape(rows, 2)
    parts = [whole[i::n] for i in range(n)]
    np.testing.assert_array_equal(np.concatenate(list(interleave(parts, rows))), whole)


SETTINGS = ("files", "prefix", "max_tokens", "pooling", "precision", "dtype")


def part_summary(**changes) -> dict:
    """The summary of a part that encoded 6 papers and took 4 from the cache."""
    return EMBEDDINGS | changes


CARD = {"device": "H100", "attention": "varlen", "kernels": ["flash"]}
RESUMED = [  # the keys of the first in another order; an early version recorded nothing
    {"origin": dict(reversed(EMBEDDINGS["origins"][0]["origin"].items())), "papers": 3, "share": 0.3},
    {"origin": CARD, "papers": 5, "share": 0.5},
    {"origin": None, "papers": 2, "share": 0.2},
]


def test_combine_adds_up():
    total = combine([part_summary(), part_summary(origins=RESUMED, encode_seconds=1.0, truncated_papers=0)])
    assert total["papers"] == 20 and total["cache_hits"] == 8 and total["cache_misses"] == 12
    assert total["truncated_papers"] == 1 and total["truncated_tokens"] == 10 and total["parts"] == 2
    (cpu,) = EMBEDDINGS["origins"]
    assert [(entry["origin"], entry["papers"]) for entry in total["origins"]] == [
        (cpu["origin"], 13),
        (CARD, 5),
        (None, 2),
    ]
    assert [entry["share"] for entry in total["origins"]] == [13 / 20, 5 / 20, 2 / 20]
    assert total["padding_share"] == 400 / 1600 and total["unknown_tokens"] == 6
    assert total["tokens_per_second"] == 1200 / 3
    assert total["flops_per_second"] == 2000 / 3
    assert total["share_of_matmul_rate"] == pytest.approx(2000 / 3 / 4000)
    assert total["seconds"] == 6 and all(total[key] == EMBEDDINGS[key] for key in SETTINGS)
    assert set(total) == EmbeddingsSummary.__required_keys__


def test_truncation_is_not_known_if_one_part_does_not_know_it():
    total = combine([part_summary(), part_summary(truncated_papers=None, truncated_tokens=None)])
    assert total["truncated_papers"] is None and total["truncated_tokens"] is None
    assert total["tokens"] == 1200


@pytest.mark.parametrize(
    ("key", "other", "said"),
    [
        ("files", {"model.safetensors": "def"}, "different files;"),
        ("prefix", "query: ", "different prefix (, query: );"),
        ("max_tokens", 128, "different max_tokens (128, 256);"),
        ("pooling", "cls", "different pooling (cls, mean);"),
        ("precision", "bfloat16", "different precision (bfloat16, float32);"),
        ("dtype", "float32", "different dtype (float16, float32);"),
    ],
)
def test_parts_encoded_with_other_settings_are_refused(key, other, said):
    with pytest.raises(UserError) as caught:
        combine([part_summary(), part_summary(), part_summary(**{key: other})])
    assert said in str(caught.value)


def test_combine_of_parts_that_encoded_nothing_has_no_speed():
    idle = part_summary(cache_misses=0, tokens=0, padding_tokens=0, encode_seconds=0, model_flops=0)
    total = combine([idle, idle | {"matmul_flops_per_second": None}])
    assert total["tokens_per_second"] is None and total["flops_per_second"] is None
    assert total["padding_share"] == 0
    # a part that ran speaks for one that did not
    assert combine([idle | {"device": "none"}, part_summary()])["device"] == "cpu"


def run_gather(tmp_path, out, *parts: np.ndarray | bytes, rows: int = 5, summary: str | None = None):
    """Run the script; `summary` replaces the text of each summary."""
    papers = pq_write(tmp_path / "papers.parquet", id=[str(i) for i in range(rows)])
    vectors, summaries = [], []
    for i, part in enumerate(parts):
        vectors.append(tmp_path / f"{i}.npy")
        summaries.append(tmp_path / f"{i}.json")
        summaries[-1].write_text(json.dumps(part_summary()) if summary is None else summary)
        if isinstance(part, bytes):
            vectors[-1].write_bytes(part)
        else:
            np.save(vectors[-1], part)
    return script(
        "gather",
        papers=papers,
        vectors=vectors,
        summaries=summaries,
        embeddings=out / "e.npy",
        summary=out / "e.json",
    )


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_cli_writes_the_interleaved_array(tmp_path, out, dtype):
    whole = np.random.default_rng(0).normal(size=(5, 3)).astype(dtype)
    result = run_gather(tmp_path, out, whole[0::2], whole[1::2])
    assert result.returncode == 0, result.stderr
    written = np.load(out / "e.npy", mmap_mode="r")
    assert written.dtype == dtype and written.flags.c_contiguous
    np.testing.assert_array_equal(written, whole)
    assert json.loads((out / "e.json").read_text())["parts"] == 2


WHOLE = np.zeros((5, 3), np.float16)
BAD = {
    "one vector too few": ([WHOLE[:3], WHOLE[:1]], "1.npy: expected 2 vectors, found (1, 3)"),
    "one vector too many": ([WHOLE[:3], WHOLE[:3]], "1.npy: expected 2 vectors, found (3, 3)"),
    "parts in the wrong order": ([WHOLE[:2], WHOLE[:3]], "0.npy"),
    "another dimension": ([WHOLE[:3], WHOLE[:2, :2]], "1.npy"),
    "another type": ([WHOLE[:3], WHOLE[:2].astype(np.float32)], "1.npy"),
    "not an array": ([WHOLE[:3], b"not an array"], "1.npy"),
    "empty file": ([WHOLE[:3], b""], "1.npy"),
}


@pytest.mark.parametrize("case", BAD)
def test_parts_that_do_not_fit_are_refused(tmp_path, out, case):
    parts, said = BAD[case]
    assert_refused(run_gather(tmp_path, out, *parts), out, said)


@pytest.mark.parametrize("key", sorted(PartSummary.__required_keys__))
def test_the_summary_of_a_part_needs_every_key(tmp_path, key):
    """In this process, since a script for each key takes long."""
    summary = part_summary()
    del summary[key]
    papers = pq_write(tmp_path / "papers.parquet", id=[str(i) for i in range(5)])
    np.save(tmp_path / "0.npy", WHOLE)
    (tmp_path / "0.json").write_text(json.dumps(summary))
    flags = {"papers": papers, "vectors": [tmp_path / "0.npy"], "summaries": [tmp_path / "0.json"]}
    flags |= {"embeddings": tmp_path / "e.npy", "summary": tmp_path / "e.json"}
    with pytest.raises(UserError, match=rf"0\.json: .*it lacks {key}\b"):
        gather.main(measure.command_line("gather", **flags))
    assert not (tmp_path / "e.npy").exists() and not (tmp_path / "e.json").exists()


@pytest.mark.parametrize("text", ["", "{", "[1, 2]", "{}"])
def test_a_damaged_summary_is_refused(tmp_path, out, text):
    assert_refused(run_gather(tmp_path, out, WHOLE, summary=text), out, "0.json: not a ")


def test_truncated_part_is_refused(tmp_path, out):
    np.save(tmp_path / "t.npy", np.zeros((5, 300), np.float16))
    data = (tmp_path / "t.npy").read_bytes()[:-100]
    assert_refused(run_gather(tmp_path, out, data), out, "0.npy")
