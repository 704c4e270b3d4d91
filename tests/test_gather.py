"""gather: row r is row r // N of part r mod N, and the account of the parts adds up."""

import json

import numpy as np
import pytest

from conftest import assert_refused, pq_write, script
from gather import combine, interleave


@pytest.mark.parametrize("rows", [1, 7, 8, 100])
@pytest.mark.parametrize("n", [1, 3, 7])
@pytest.mark.parametrize("chunk", [1, 10, 8192])
def test_interleave_puts_each_row_back(monkeypatch, rows, n, chunk):
    monkeypatch.setattr("gather.CHUNK", chunk)
    whole = np.arange(rows * 2, dtype=np.float16).reshape(rows, 2)
    parts = [whole[i::n] for i in range(n)]
    np.testing.assert_array_equal(np.concatenate(list(interleave(parts, rows))), whole)


def facts(**changes) -> dict:
    """The account of a part that encoded 6 papers and took 4 from the cache."""
    numbers = {
        "papers": 10,
        "tokens": 600,
        "padding_tokens": 200,
        "truncated_papers": 1,
        "truncated_tokens": 5,
        "cache_hits": 4,
        "cache_misses": 6,
        "encode_seconds": 2.0,
        "seconds": 3.0,
        "model_flops": 1000.0,
        "matmul_flops_per_second": 4000.0,
    }
    return {"model": "m", "dim": 2, "kernels": ["sdpa"], "device": "cpu"} | numbers | changes


def test_combine_adds_up():
    total = combine([facts(), facts(kernels=["varlen"], encode_seconds=1.0, truncated_papers=0)])
    assert total["papers"] == 20 and total["cache_hits"] == 8 and total["cache_misses"] == 12
    assert total["truncated_papers"] == 1 and total["truncated_tokens"] == 10 and total["parts"] == 2
    assert total["kernels"] == ["sdpa", "varlen"]
    assert total["padding_share"] == 400 / 1600
    assert total["tokens_per_second"] == 1200 / 3
    assert total["flops_per_second"] == 2000 / 3
    assert total["share_of_matmul_rate"] == pytest.approx(2000 / 3 / 4000)


def test_combine_of_parts_that_encoded_nothing_has_no_speed():
    idle = facts(cache_misses=0, tokens=0, padding_tokens=0, encode_seconds=0, model_flops=0, kernels=[])
    total = combine([idle, idle | {"matmul_flops_per_second": None}])
    assert total["tokens_per_second"] is None and total["flops_per_second"] is None
    assert total["padding_share"] == 0 and total["kernels"] == []
    # a part that ran speaks for one that did not
    assert combine([idle | {"device": "none"}, facts()])["device"] == "cpu"


def run_gather(tmp_path, out, *parts: np.ndarray | bytes, rows: int = 5):
    papers = pq_write(tmp_path / "papers.parquet", id=[str(i) for i in range(rows)])
    vectors, accounts = [], []
    for i, part in enumerate(parts):
        vectors.append(tmp_path / f"{i}.npy")
        accounts.append(tmp_path / f"{i}.json")
        accounts[-1].write_text(json.dumps(facts()))
        if isinstance(part, bytes):
            vectors[-1].write_bytes(part)
        else:
            np.save(vectors[-1], part)
    return script(
        "gather",
        papers=papers,
        vectors=vectors,
        facts=accounts,
        embeddings=out / "e.npy",
        about=out / "e.json",
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
    "no array": ([WHOLE[:3], b"no array"], "1.npy"),
    "empty file": ([WHOLE[:3], b""], "1.npy"),
}


@pytest.mark.parametrize("case", BAD)
def test_parts_that_do_not_fit_are_refused(tmp_path, out, case):
    parts, said = BAD[case]
    assert_refused(run_gather(tmp_path, out, *parts), out, said)


def test_truncated_part_is_refused(tmp_path, out):
    np.save(tmp_path / "t.npy", np.zeros((5, 300), np.float16))
    data = (tmp_path / "t.npy").read_bytes()[:-100]
    assert_refused(run_gather(tmp_path, out, data), out, "0.npy")
