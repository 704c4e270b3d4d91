import json
from hashlib import blake2b

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import prune_cache
from lib.cli import UserError
from lib.embeddings.cache import HASH, Cache

ORIGIN = {"device": "cpu", "attention": "sdpa", "kernels": ["kernel"]}


def hashes(*texts: str) -> np.ndarray:
    return np.sort(np.array([blake2b(t.encode(), digest_size=16).digest() for t in texts], HASH))


def corpus(path, texts):
    codes = [blake2b(t.encode(), digest_size=16).digest() for t in texts]
    pq.write_table(pa.table({"text_hash": pa.array(codes, pa.binary(16))}), path)
    return str(path)


def prune(tmp_path, *args):
    prune_cache.main(["--cache", str(tmp_path / "cache"), *args])


def test_only_what_no_corpus_uses_goes(tmp_path):
    caches = [Cache(tmp_path / "cache", {"model": name}) for name in ("one", "two")]
    for cache in caches:
        cache.append(hashes("a", "b"), np.float16([[1, 2], [3, 4]]), ORIGIN)  # part used
        cache.append(hashes("c"), np.float16([[5, 6]]), None)  # unused
        cache.append(hashes("d"), np.float16([[7, 8]]), None)  # all used
    before = [cache.fill(hashes("a", "d"), None)[1] for cache in caches]
    papers = [corpus(tmp_path / "x.parquet", ["a"]), corpus(tmp_path / "y.parquet", ["d", "new"])]

    prune(tmp_path, "--papers", *papers, "--dry-run")
    assert all(cache.fill(hashes("a", "b", "c", "d"), None)[0].all() for cache in caches)

    prune(tmp_path, "--papers", *papers)
    for cache, was in zip(caches, before, strict=True):
        found, vectors, origins = cache.fill(hashes("a", "d"), None)
        assert sorted(str(origin) for origin, _ in origins) == sorted([str(ORIGIN), "None"])
        assert found.all()
        np.testing.assert_array_equal(vectors, was)
        assert not cache.fill(hashes("b", "c"), None)[0].any()
        assert len(list(cache.folder.glob("*.safetensors"))) == 2


def test_a_dry_run_leaves_a_damaged_segment_where_it_is(tmp_path, capfd):
    cache = Cache(tmp_path / "cache", {"model": "one"})
    cache.append(hashes("a"), np.float16([[1, 2]]), None)
    (segment,) = cache.folder.glob("*.safetensors")
    segment.write_bytes(segment.read_bytes()[:-1])
    papers = corpus(tmp_path / "x.parquet", ["a"])
    prune(tmp_path, "--papers", papers, "--dry-run")
    assert segment.exists() and "damaged segment" in capfd.readouterr().err
    prune(tmp_path, "--papers", papers)
    assert not segment.exists()


def test_leftovers_go_but_not_in_a_dry_run(tmp_path):
    cache = Cache(tmp_path / "cache", {"model": "one"})
    leftovers = [cache.folder / ".0123.part", cache.folder / "4567.corrupt"]
    for path in leftovers:
        path.write_text("")
    papers = corpus(tmp_path / "x.parquet", ["a"])
    prune(tmp_path, "--papers", papers, "--dry-run")
    assert all(path.exists() for path in leftovers)
    prune(tmp_path, "--papers", papers)
    assert not any(path.exists() for path in leftovers)


def test_a_folder_of_another_format_is_left_as_it_is(tmp_path, capfd):
    cache = Cache(tmp_path / "cache", {"model": "one"})
    cache.append(hashes("a"), np.float16([[1, 2]]), None)
    (cache.folder / "manifest.json").write_text(json.dumps({"format": 99, "model": "one"}))
    before = sorted(cache.folder.iterdir())
    prune(tmp_path, "--papers", corpus(tmp_path / "x.parquet", ["b"]))
    assert sorted(cache.folder.iterdir()) == before
    assert f"{cache.folder.name}: another format, left as it is" in capfd.readouterr().out


@pytest.mark.parametrize("manifest", ["", "[1]", "{"])
def test_a_damaged_manifest_is_named(tmp_path, manifest):
    cache = Cache(tmp_path / "cache", {"model": "one"})
    cache.append(hashes("a"), np.float16([[1, 2]]), None)
    (cache.folder / "manifest.json").write_text(manifest)
    with pytest.raises(UserError, match=r"manifest\.json: not a JSON file"):
        prune(tmp_path, "--papers", corpus(tmp_path / "x.parquet", ["b"]))
    assert len(list(cache.folder.glob("*.safetensors"))) == 1


def test_a_cache_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(UserError, match="cache: no such cache"):
        prune(tmp_path, "--papers", corpus(tmp_path / "x.parquet", ["a"]))


@pytest.mark.parametrize("given", [["--cache", "cache"], ["--papers", "x.parquet"]])
def test_the_cache_and_the_corpora_must_be_given(given, capsys):
    with pytest.raises(SystemExit, match="2"):
        prune_cache.main(given)
    missing = {"--cache", "--papers"} - set(given)
    assert f"required: {missing.pop()}" in capsys.readouterr().err
