import sys
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import prune_cache
from lib.cache import HASH, Cache


def hashes(*texts: str) -> np.ndarray:
    return np.sort(np.array([blake2b(t.encode(), digest_size=16).digest() for t in texts], HASH))


def corpus(path, texts):
    codes = [blake2b(t.encode(), digest_size=16).digest() for t in texts]
    pq.write_table(pa.table({"text_hash": pa.array(codes, pa.binary(16))}), path)
    return str(path)


def prune(monkeypatch, tmp_path, *args):
    monkeypatch.setattr(sys, "argv", ["prune_cache", "--cache", str(tmp_path / "cache"), *args])
    prune_cache.main()


def test_only_what_no_corpus_uses_goes(tmp_path, monkeypatch):
    caches = [Cache(tmp_path / "cache", {"model": name}) for name in ("one", "two")]
    for cache in caches:
        cache.append(hashes("a", "b"), np.float16([[1, 2], [3, 4]]))  # part used
        cache.append(hashes("c"), np.float16([[5, 6]]))  # unused
        cache.append(hashes("d"), np.float16([[7, 8]]))  # all used
    before = [cache.fill(hashes("a", "d"), None)[1] for cache in caches]
    papers = [corpus(tmp_path / "x.parquet", ["a"]), corpus(tmp_path / "y.parquet", ["d", "new"])]

    prune(monkeypatch, tmp_path, "--papers", *papers, "--dry-run")
    assert all(cache.fill(hashes("a", "b", "c", "d"), None)[0].all() for cache in caches)

    prune(monkeypatch, tmp_path, "--papers", *papers)
    for cache, was in zip(caches, before, strict=True):
        found, vectors = cache.fill(hashes("a", "d"), None)
        assert found.all()
        np.testing.assert_array_equal(vectors, was)
        assert not cache.fill(hashes("b", "c"), None)[0].any()
        assert len(list(cache.folder.glob("*.safetensors"))) == 2


def test_a_dry_run_leaves_a_damaged_segment_where_it_is(tmp_path, monkeypatch, capfd):
    cache = Cache(tmp_path / "cache", {"model": "one"})
    cache.append(hashes("a"), np.float16([[1, 2]]))
    (segment,) = cache.folder.glob("*.safetensors")
    segment.write_bytes(segment.read_bytes()[:-1])
    papers = corpus(tmp_path / "x.parquet", ["a"])
    prune(monkeypatch, tmp_path, "--papers", papers, "--dry-run")
    assert segment.exists() and "damaged segment" in capfd.readouterr().err
    prune(monkeypatch, tmp_path, "--papers", papers)
    assert not segment.exists()
