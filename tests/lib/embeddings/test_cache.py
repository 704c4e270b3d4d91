import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from cached_rows import SETTINGS, hashes, lookup, vectors
from safetensors.numpy import save_file

from lib.cli import UserError
from lib.embeddings import cache as module
from lib.embeddings.cache import Cache, fingerprint, variants

ORIGIN = {"device": "cpu", "attention": "sdpa", "kernels": ["kernel"]}


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path, SETTINGS)


def store(cache, *numbers):
    before = set(cache.folder.iterdir())
    cache.append(hashes(*numbers), vectors(*numbers), ORIGIN)
    (path,) = set(cache.folder.iterdir()) - before
    assert path.suffix == ".safetensors"
    return path


def test_what_is_written_is_read(cache):
    assert lookup(cache, 1, 2, 3) == []
    store(cache, 7, 3, 0, 14)
    store(cache, 5, 999)
    assert lookup(cache, *range(20)) == [0, 3, 5, 7, 14]
    assert lookup(cache, 999) == [999]
    assert lookup(cache, 8) == []
    found, rows, _ = cache.fill(hashes(), None)
    assert len(found) == 0 and rows is None


def test_rows_given_are_kept_where_the_cache_knows_nothing(cache):
    store(cache, 2)
    wanted = np.sort(hashes(1, 2))
    given = np.ones((2, 8), np.float16)
    found, rows, _ = cache.fill(wanted, given)
    assert found.sum() == 1 and rows is given
    assert (rows[~found] == 1).all() and np.array_equal(rows[found], vectors(2))


def test_a_vector_keeps_how_it_was_computed(cache):
    store(cache, 1, 2)
    cache.append(hashes(3), vectors(3), None)
    wanted = np.sort(hashes(1, 3, 9))
    found, _, origins = cache.fill(wanted, None)
    by_hash = {bytes(wanted[row]): origin for origin, rows in origins for row in rows}
    assert by_hash == {bytes(hashes(1)[0]): ORIGIN, bytes(hashes(3)[0]): None} and found.sum() == 2


def test_segments_of_the_first_version_are_read(cache):
    """Their metadata hold only a checksum of the tensors."""
    codes = np.frombuffer(hashes(1, 2).tobytes(), np.uint8).reshape(-1, 16)
    digest = hashlib.blake2b(codes.tobytes() + vectors(1, 2).tobytes(), digest_size=16)
    tensors = {"hashes": codes, "vectors": vectors(1, 2)}
    save_file(tensors, cache.folder / "old.safetensors", {"checksum": digest.hexdigest()})
    assert lookup(cache, 1, 2, 3) == [1, 2]
    ((origin, rows),) = cache.fill(np.sort(hashes(1, 2)), None).origins
    assert origin is None and sorted(rows) == [0, 1]


def test_a_text_stored_twice_is_harmless(cache):
    store(cache, 1, 2)
    store(cache, 2, 1, 3)
    assert lookup(cache, 1, 2, 3) == [1, 2, 3]


def test_segments_of_one_folder_serve_the_next_process(cache, tmp_path):
    store(cache, 1, 2)
    assert lookup(Cache(tmp_path, SETTINGS), 1, 2, 3) == [1, 2]


@pytest.mark.parametrize("key", ["files", "prefix", "max_tokens", "pooling", "precision"])
def test_another_setting_is_another_folder(cache, tmp_path, key):
    store(cache, 1)
    other = Cache(tmp_path, SETTINGS | {key: "other"})
    assert other.folder != cache.folder
    assert lookup(other, 1) == []


def test_the_fingerprint_does_not_hang_on_the_order_of_keys():
    assert fingerprint(dict(reversed(SETTINGS.items()))) == fingerprint(SETTINGS)


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 16
    path.write_bytes(data)


def other_tensors(path):
    save_file({"something": np.zeros(3)}, path)


def unsigned(path):
    save_file({"hashes": np.zeros((2, 16), np.uint8), "vectors": vectors(1, 2)}, path)


DAMAGE = {
    "a bit of a vector": lambda path: flip(path, -1),
    "a bit of a hash": lambda path: flip(path, -2 * 2 * 8 - 20),
    "a bit of the header's length": lambda path: flip(path, 0),
    "a bit of the origin": lambda path: flip(path, path.read_bytes().index(b"sdpa")),
    "a bit of the checksum": lambda path: flip(path, path.read_bytes().index(b"checksum") + 15),
    "truncated": lambda path: os.truncate(path, path.stat().st_size - 1),
    "truncated in the header": lambda path: os.truncate(path, 20),
    "empty": lambda path: os.truncate(path, 0),
    "garbage": lambda path: path.write_bytes(os.urandom(500)),
    "zeros": lambda path: path.write_bytes(bytes(500)),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"more"),
    "other tensors": other_tensors,
    "no checksum": unsigned,
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_a_damaged_segment_is_set_aside(cache, capfd, kind):
    store(cache, 5, 6)
    path = store(cache, 1, 2)
    DAMAGE[kind](path)
    assert lookup(cache, 1, 2, 5, 6) == [5, 6]
    assert not path.exists() and path.with_suffix(".corrupt").exists()
    assert path.name in capfd.readouterr().err
    store(cache, 1, 2)  # the run encodes them again
    assert lookup(cache, 1, 2, 5, 6) == [1, 2, 5, 6]
    assert not capfd.readouterr().err  # the warning comes only once


def test_every_single_bit_is_covered(cache):
    path = store(cache, 1)
    sound = path.read_bytes()
    for at in range(0, len(sound), 3):
        path.write_bytes(sound)
        flip(path, at)
        assert lookup(cache, 1) in ([], [1])  # never a wrong vector; only padding of the header may differ
        path.unlink(missing_ok=True)


def test_a_segment_that_cannot_be_read_is_left_alone(cache, capfd, monkeypatch):
    path = store(cache, 1)

    def refuse(*_):
        raise OSError(errno.EIO, "Input/output error", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(module, "safe_open", refuse)
        assert lookup(cache, 1) == []
    assert "Input/output error" in capfd.readouterr().err
    assert path.exists()
    assert lookup(cache, 1) == [1]


def test_what_a_kill_leaves_is_ignored(cache):
    path = store(cache, 1)
    (cache.folder / ".0123.part").write_bytes(path.read_bytes()[:40])
    assert lookup(cache, 1) == [1]


def test_a_segment_pruned_meanwhile_is_no_error(cache, monkeypatch):
    store(cache, 1)
    gone = store(cache, 2)
    real = module._read

    def pruned(path):
        gone.unlink(missing_ok=True)
        return real(path)

    monkeypatch.setattr(module, "_read", pruned)
    assert lookup(cache, 1, 2) in ([1], [1, 2])


# folders that cannot be used


def test_a_file_in_the_place_of_the_folder(tmp_path):
    (tmp_path / "cache").write_text("")
    with pytest.raises(UserError, match=r"embed\.cache: .*set it to null"):
        Cache(tmp_path / "cache", SETTINGS)


def test_a_read_only_folder_refuses_to_be_made_but_serves(tmp_path, cache, monkeypatch):
    store(cache, 1)
    real = Path.open

    def read_only(self, mode="r", *args, **kwargs):
        if "w" in mode:
            raise OSError(errno.EROFS, "Read-only file system", str(self))
        return real(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", read_only)
    assert lookup(Cache(tmp_path, SETTINGS), 1) == [1]
    with pytest.raises(UserError, match=r"embed\.cache.*Read-only file system.*null"):
        cache.append(hashes(2), vectors(2), ORIGIN)
    with pytest.raises(UserError, match=r"embed\.cache.*Read-only file system.*another folder"):
        Cache(tmp_path, SETTINGS | {"prefix": "new"})


def test_a_full_disk_keeps_what_was_stored(cache, monkeypatch):
    store(cache, 1)

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(UserError, match=r"embed\.cache.*No space left.*stored before is safe"):
            cache.append(hashes(2), vectors(2), ORIGIN)
    assert [path.suffix for path in sorted(cache.folder.iterdir())].count(".part") == 0
    assert lookup(cache, 1, 2) == [1]


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        (json.dumps({"format": 99}), "has format 99, this version reads 1"),
        ("{}", "has format None"),
        ("[]", "embed.cache"),
        ("", "embed.cache"),
        ("\x00\x00", "embed.cache"),
    ],
)
def test_a_folder_of_another_format_is_refused(tmp_path, cache, manifest, message):
    (cache.folder / "manifest.json").write_text(manifest)
    with pytest.raises(UserError, match=message) as caught:
        Cache(tmp_path, SETTINGS)
    assert "another" in str(caught.value)


def test_the_manifest_says_what_the_folder_is_for(cache):
    assert json.loads((cache.folder / "manifest.json").read_text()) == SETTINGS | {"format": module.FORMAT}


def test_variants_are_the_other_values_of_one_setting(tmp_path, cache):
    assert variants(tmp_path, SETTINGS, "precision") == []  # its own folder does not count
    for precision in ("bfloat16", "float16"):
        store(Cache(tmp_path, SETTINGS | {"precision": precision}), 1)
    # two settings differ
    store(Cache(tmp_path, SETTINGS | {"precision": "float64", "prefix": "query: "}), 1)
    store(Cache(tmp_path, SETTINGS | {"max_tokens": 128}), 1)
    assert sorted(variants(tmp_path, SETTINGS, "precision")) == ["bfloat16", "float16"]
    assert variants(tmp_path, SETTINGS, "max_tokens") == [128]
    # settings that the cache does not hold itself
    assert variants(tmp_path, SETTINGS | {"precision": "new", "max_tokens": 128}, "precision") == ["float32"]
    assert variants(tmp_path, SETTINGS | {"files": "def"}, "precision") == []
    assert variants(tmp_path / "missing", SETTINGS, "precision") == []
    Cache(tmp_path, SETTINGS | {"precision": "empty"})  # a manifest without vectors
    assert "empty" not in variants(tmp_path, SETTINGS, "precision")


@pytest.mark.parametrize("manifest", ["", "[]", "{}", "\x00", None, "another format"])
def test_variants_skip_a_manifest_that_cannot_be_read(tmp_path, cache, manifest):
    store(Cache(tmp_path, SETTINGS | {"precision": "float16"}), 1)
    other = Cache(tmp_path, SETTINGS | {"precision": "bfloat16"})
    store(other, 1)
    path = other.folder / "manifest.json"
    if manifest is None:
        path.unlink()
        path.mkdir()
    elif manifest == "another format":
        path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 99}))
    else:
        path.write_text(manifest)
    assert variants(tmp_path, SETTINGS, "precision") == ["float16"]


WRITER = """
import sys
from pathlib import Path
import numpy as np
from cached_rows import SETTINGS, hashes, lookup, vectors
from lib.embeddings.cache import Cache

start = int(sys.argv[2])
cache = Cache(Path(sys.argv[1]), SETTINGS)
print("ready", flush=True)
sys.stdin.readline()
for i in range(start, start + 300, 10):
    cache.append(hashes(*range(i, i + 10)), vectors(*range(i, i + 10)), None)
    assert set(lookup(cache, *range(1000))) >= set(range(start, i + 10))
"""


def test_writers_at_once_lose_nothing(tmp_path):
    here = Path(__file__).parent
    path = os.pathsep.join([str(here), str(here.parents[2] / "scripts")])
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, tmp_path, str(start)],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for start in (0, 200, 400)
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    cache = Cache(tmp_path, SETTINGS)
    assert lookup(cache, *range(1000)) == list(range(700))
    assert len(list(cache.folder.glob("*.safetensors"))) == 90
    assert not list(cache.folder.glob("*.corrupt")) and not list(cache.folder.glob(".*"))
