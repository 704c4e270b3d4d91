"""The blocks of a snapshot, and what it may be packed and encoded with."""

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from conftest import as_lines, paper
from lib.cli import UserError
from lib.records.snapshot import PIECE_BYTES, blocks, open_snapshot

LINES = as_lines(*(paper(f"2301.{i:05d}", title=f"Größe {i} 量子 👑") for i in range(300)))
PARTS = [LINES[:1000], LINES[1000:50_000], LINES[50_000:]]  # cut inside lines
LONG = LINES * 20  # more than several pieces, however well it packs


@pytest.mark.parametrize("size", [1, 2, 7, 50, 10_000])
@pytest.mark.parametrize("data", [b"ab\n\ncdefgh\nij", b"a\n", b"\n\n", b"abc"])
def test_blocks_are_whole_lines_with_their_numbers(data, size):
    cut = list(blocks(io.BytesIO(data), Path("x"), size=size))
    assert b"".join(block.data for block in cut) == data
    at = 1
    for block in cut:
        assert block.first_line == at
        at += block.data.count(b"\n")
        assert block.data.endswith(b"\n") or block is cut[-1]


def read(folder: Path, data: bytes) -> bytes:
    """The content that is read of a file with these bytes. Its name does not tell what it is."""
    path = folder / "papers.dat"
    path.write_bytes(data)
    with open_snapshot(path) as stream:
        return b"".join(block.data for block in blocks(stream, path))


def refusal(folder: Path, data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        read(folder, data)
    assert str(folder / "papers.dat") in str(caught.value)
    return str(caught.value)


def long_window(data: bytes) -> bytes:
    """As `zstd --long=31` packs a stream whose length it does not know: with a window of 2 GiB."""
    settings = zstandard.ZstdCompressionParameters(window_log=31, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=settings).compressobj()
    return packer.compress(data) + packer.flush()


PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "zstd, long window": long_window,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def tar(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("data", [LINES, LONG, LINES.rstrip(b"\n")], ids=["short", "long", "no line end"])
def test_every_packing_is_read(tmp_path, kind, data):
    assert read(tmp_path, PACK[kind](data)) == data
    assert read(tmp_path, data) == data


@pytest.mark.parametrize("kind", PACK)
def test_members_one_after_another_and_padding_are_read(tmp_path, kind):
    members = [PACK[kind](part) for part in PARTS]
    assert read(tmp_path, b"".join(members)) == LINES
    assert read(tmp_path, b"".join(members) + bytes(4096)) == LINES
    assert read(tmp_path, bytes(16).join(members) + bytes(1)) == LINES
    assert read(tmp_path, b"".join([members[0], PACK[kind](b""), *members[1:]])) == LINES


@pytest.mark.parametrize("kind", ["gzip", "bzip2"])
def test_members_may_end_anywhere_in_a_piece(tmp_path, kind):
    """The first member ends a few bytes before, at or behind the end of what is read at once."""
    noise = [bytes(f'{{"id": "{i * 7919 % 1_000_003}"}}\n', "ascii") for i in range(2)]
    end = PACK[kind](noise[1])
    for short in (-3, -1, 0, 1, 3, 8):
        if kind == "gzip":  # a comment in the header makes a member as long as wanted
            first = gzip.compress(noise[0])
            comment = b"x" * (PIECE_BYTES + short - len(first) - 1) + b"\0"
            first = first[:3] + b"\x10" + first[4:10] + comment + first[10:]
            assert len(first) == PIECE_BYTES + short
        else:
            first = PACK[kind](noise[0])
            first += bytes(PIECE_BYTES + short - len(first))  # padding up to there
        assert read(tmp_path, first + end) == b"".join(noise)


def test_frames_of_zstd_that_hold_other_data_are_skipped(tmp_path):
    def skippable(number: int, content: bytes) -> bytes:
        return bytes([0x50 + number]) + b"\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content

    pack = PACK["zstd"]
    data = skippable(0, b"pzst") + pack(PARTS[0]) + skippable(15, b"") + pack(PARTS[1]) + pack(PARTS[2])
    assert read(tmp_path, data + skippable(3, b"end")) == LINES


@pytest.mark.parametrize("kind", PACK)
@pytest.mark.parametrize("behind", [b"x", b"\n", b"PK\x03\x04", b"<html>", b"\x1f", b"\0\0some text"])
def test_what_else_follows_is_refused_by_name(tmp_path, kind, behind):
    said = refusal(tmp_path, PACK[kind](LINES) + behind)
    packing = kind.partition(",")[0]
    assert f"unexpected data after the end of the {packing} stream" in said


@pytest.mark.parametrize("kind", PACK)
def test_truncated_members_are_refused(tmp_path, kind):
    whole = PACK[kind](LONG)
    for cut in (len(whole) - 1, len(whole) - 5, len(whole) // 2, 8):
        assert "truncated or damaged archive" in refusal(tmp_path, whole[:cut])
        assert "truncated or damaged archive" in refusal(tmp_path, PACK[kind](LINES) + whole[:cut])


@pytest.mark.parametrize("kind", ["gzip", "bzip2", "xz"])
def test_a_damaged_byte_is_noticed(tmp_path, kind):
    whole = bytearray(PACK[kind](LINES))
    whole[len(whole) // 2] ^= 0x55
    assert "truncated or damaged archive" in refusal(tmp_path, bytes(whole))


TWINS = {
    "._papers.jsonl": b"\0\x05\x16\x07",
    "__MACOSX/._papers.jsonl": b"\0\x05",
    ".DS_Store": b"\0\0\0\1Bud1",
}


@pytest.mark.parametrize(
    "name", ["papers.jsonl", "data/2026/papers.JSON", "./papers.ndjson", "a" * 150 + ".json"]
)
@pytest.mark.parametrize("packing", [None, *PACK])
def test_the_one_file_of_a_tar_archive_is_read(tmp_path, name, packing):
    pack = PACK[packing] if packing else bytes
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        assert read(tmp_path, pack(tar({name: LINES}, form))) == LINES
        assert (
            read(tmp_path, pack(tar({**TWINS, "data/": b"", name: LINES, "README.md": b"# x"}, form)))
            == LINES
        )


def test_a_long_tar_archive_is_read(tmp_path):
    for pack in (bytes, gzip.compress, PACK["zstd"]):
        assert read(tmp_path, pack(tar({"papers.json": LONG}, tarfile.USTAR_FORMAT))) == LONG


@pytest.mark.parametrize("name", ["papers.jsonl", "data/2026/papers.json", "dépôt/Größe.JSONL"])
def test_the_one_file_of_a_zip_archive_is_read(tmp_path, name):
    assert read(tmp_path, zipped({name: LINES})) == LINES
    twins = {**TWINS, f"__MACOSX/{Path(name).parent}/._{Path(name).name}": b"\0\x05\x16\x07"}
    assert read(tmp_path, zipped({"data/": b"", **twins, name: LINES, "README.md": b"# x"})) == LINES


@pytest.mark.parametrize(("kind", "pack"), [("tar", tar), ("zip", zipped)])
def test_archives_without_one_file_of_papers_are_refused(tmp_path, kind, pack):
    said = refusal(tmp_path, pack({"a.jsonl": LINES, "b.jsonl": LINES}))
    assert f"inside the {kind} archive" in said and "a.jsonl" in said and "b.jsonl" in said
    said = refusal(tmp_path, pack({"papers.dat": b"id,title\n"}))
    assert f"inside the {kind} archive" in said and "found 0 in ['papers.dat']" in said


def test_tar_archives_behind_another_are_not_passed_over(tmp_path):
    said = refusal(tmp_path, tar({"a.jsonl": LINES}) + tar({"b.jsonl": LINES}))
    assert "several: a.jsonl, b.jsonl" in said
    assert "truncated or damaged" in refusal(tmp_path, tar({"a.jsonl": LINES})[: len(LINES) - 700])
    packed = gzip.compress(tar({"a.jsonl": LINES}))
    assert "truncated or damaged" in refusal(tmp_path, packed[:-4] + b"\0\0\0\0")  # a wrong length


def test_a_damaged_header_is_not_the_end_of_a_tar_archive(tmp_path):
    # a header, 300 lines, padding to 512 bytes, and the next header
    whole = tar({"a.jsonl": LINES, "b.jsonl": LINES})
    second = 512 + -(-len(LINES) // 512) * 512
    assert whole[second:].startswith(b"b.jsonl")
    damaged = whole[:second] + b"B" + whole[second + 1 :]
    assert "bad checksum in the tar archive" in refusal(tmp_path, damaged)
    assert "truncated header in the tar archive" in refusal(tmp_path, whole[: second + 100])


@pytest.mark.parametrize("mark", ["\ufeff", ""], ids=["mark", "no mark"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8"])
def test_every_utf_is_read(tmp_path, encoding, mark):
    wide = (mark + LONG.decode()).encode(encoding)
    for data in (wide, gzip.compress(wide), zipped({"a.json": wide}), gzip.compress(tar({"a.json": wide}))):
        assert read(tmp_path, data) == LONG
    assert read(tmp_path, (mark + '\r\n{"id": "ਊ਍"}').encode(encoding)) == '\r\n{"id": "ਊ਍"}'.encode()


def test_damaged_utf_16(tmp_path):
    wide = LINES.decode().encode("utf-16")
    assert "truncated or damaged UTF-16" in refusal(tmp_path, wide[:-1])
    # a lone surrogate spoils its own line only
    found = read(tmp_path, '{"id": "\ud800"}\n{"id": "1"}\n'.encode("utf-16", "surrogatepass")).split(b"\n")
    assert found[1] == b'{"id": "1"}'
    with pytest.raises(UnicodeDecodeError):
        found[0].decode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "the file is empty"),
        (gzip.compress(gzip.compress(LINES)), "packed twice"),
        (gzip.compress(zipped({"a.json": LINES})), "packed twice"),
        (zipped({"a.json": gzip.compress(LINES)}), "packed twice"),
    ],
)
def test_files_packed_twice_and_empty_ones_are_refused(tmp_path, data, said):
    assert said in refusal(tmp_path, data)
