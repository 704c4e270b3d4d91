"""Open a snapshot, whatever it is packed and encoded with, and cut JSON lines into blocks of whole lines."""

import bz2
import codecs
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO, Any, Protocol, Self, cast

import zstandard

from lib.cli import UserError

# Large enough that handing a block to a thread costs little beside its work, small enough that a
# few blocks at a time stay well below the memory limit.
BLOCK_BYTES = 4 << 20
# Smaller pieces cost time in calls, larger ones in memory: they unpack to a few times their size.
PIECE_BYTES = 256 << 10
# The longest records of arXiv have some 100 kB; a line of this length is not a record.
MAX_LINE_BYTES = 64 << 20
# A row of column names, and a second row that is not JSON
TABLE_HEAD = re.compile(rb"""["\w -]+([,;\t])["\w -]+(?:\1["\w -]*)*\r?\n(?!\s*\{)""")
HEAD_BYTES = 4096  # enough to recognise what a file is; the header of a tar archive has 512


@dataclass(frozen=True)
class Block:
    """Whole lines of the snapshot; `first_line` is the number of the first one, counted from 1.

    `faults` are the reasons why records of other formats cannot be read, by their place in the block.
    """

    first_line: int
    data: bytes
    faults: dict[int, str] = field(default_factory=dict)


class Readable(Protocol):
    """What can be read; an empty result is the end."""

    def read(self, size: int, /) -> bytes: ...


class Pieces:
    """Pieces of bytes as a stream, with a look at its beginning."""

    def __init__(self, pieces: Iterator[bytes]):
        self.pieces = pieces
        self.head = self._gather(HEAD_BYTES)
        self.unread = self.head

    def _gather(self, size: int) -> bytes:
        gathered, length = [], 0
        while length < size and (piece := next(self.pieces, None)) is not None:
            gathered.append(piece)
            length += len(piece)
        return b"".join(gathered)

    def look(self, size: int) -> bytes:
        """The next pieces that have `size` bytes or more, which stay to be read."""
        if len(self.unread) < size:
            self.unread += self._gather(size - len(self.unread))
        return self.unread

    def read(self, size: int) -> bytes:
        """The next whole pieces that have `size` bytes or more; fewer only at the end."""
        unread, self.unread = self.unread, b""
        return unread + self._gather(size - len(unread)) if unread else self._gather(size)


@contextmanager
def open_snapshot(path: Path) -> Iterator[Pieces]:
    """Open a snapshot for streaming, unpacked and in UTF-8.

    The first bytes tell plain, gzip, zstd, bzip2, xz and zip apart, and what they unpack to tells
    a tar archive, UTF-16, UTF-32, and lines that end in carriage returns alone.

    Raises
    ------
    UserError
        The file is missing, empty or a damaged archive.
    """
    if path.is_dir():
        raise UserError(f"{path}: is a folder; set `input` in config.yaml to files")
    if not path.is_file():
        raise UserError(f"{path}: no such file; set `input` in config.yaml to the snapshot")
    with path.open("rb", buffering=0) as file:
        with damage_named(path):
            content = Pieces(_unpacked(file, path))
            if _is_tar(content.head):
                content = Pieces(_tar_member(content, path))
            if encoding := _wide_encoding(content.head):
                content = Pieces(_transcoded(content, encoding))
            if _has_lone_returns(content.head):
                content = Pieces(piece.replace(b"\r", b"\n") for piece in _read_pieces(content, PIECE_BYTES))
        yield content


@contextmanager
def damage_named(path: Path) -> Iterator[None]:
    """Turn the errors of the archive readers into a message that names the file."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        zstandard.ZstdError,
        tarfile.TarError,
        EOFError,
    ) as error:
        raise UserError(f"{path}: truncated or damaged archive ({error}); download it again") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path}: truncated or damaged {error.encoding.upper()} ({error.reason}); download it again"
        ) from error
    except (NotImplementedError, RuntimeError) as error:  # a method unknown to zipfile, a password
        raise UserError(f"{path}: cannot be unpacked ({error}); unpack it yourself") from error
    except OSError as error:
        if error.errno is not None:
            raise
        # bz2 reports a damaged stream as an OSError without a number
        raise UserError(f"{path}: truncated or damaged archive ({error}); download it again") from error


def _read_pieces(file: Readable, size: int) -> Iterator[bytes]:
    while piece := file.read(size):
        yield piece


def _unzstd() -> Any:
    # `zstd --long=31` writes a window of 2 GiB; by default a reader refuses more than 128 MiB
    return zstandard.ZstdDecompressor(max_window_size=1 << 31).decompressobj()


# Each unpacker reads one member, has `eof` behind it, and leaves what follows in `unused_data`.
UNPACKERS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(zlib.MAX_WBITS | 16),
    "zstd": _unzstd,
    "bzip2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
}


def _packing(head: bytes) -> str | None:
    """The key of UNPACKERS for data that begin with these bytes."""
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    # the second form is a frame with other data for a reader to skip, which pzstd writes first
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return "zstd"
    if head.startswith(b"BZh"):
        return "bzip2"
    return "xz" if head.startswith(b"\xfd7zXZ\0") else None


def _unpacked(file: IO[bytes], path: Path) -> Iterator[bytes]:
    """The content of a snapshot, of whatever it is packed with."""
    head = file.read(6)
    if not head:
        raise UserError(f"{path}: the file is empty; download it again")
    file.seek(0)
    if head.startswith(b"PK"):
        with zipfile.ZipFile(file) as archive, archive.open(_zip_member(archive, path)) as member:
            yield from _read_pieces(member, PIECE_BYTES)
    elif packing := _packing(head):
        yield from _unpacked_members(file, packing, path)
    else:
        yield from _read_pieces(file, BLOCK_BYTES)


def _unpacked_members(file: Readable, packing: str, path: Path) -> Iterator[bytes]:
    """The content of compressed members one after another, as `gunzip` or `unzstd` unpack them.

    Zero bytes behind a member are padding. What else follows could be damaged data: gunzip would
    only warn, and the papers in it would be missing.
    """
    member = UNPACKERS[packing]()
    while data := file.read(PIECE_BYTES):
        while data:
            if member.eof:
                data = data.lstrip(b"\0")
                if 0 < len(data) < 6:
                    data += file.read(PIECE_BYTES)
                if not data:
                    break
                if _packing(data) != packing:
                    raise UserError(
                        f"{path}: unexpected data after the end of the {packing} stream ({data[:16]!r}); "
                        f"download it again, or unpack it with {packing} and check that no paper is missing"
                    )
                member = UNPACKERS[packing]()
            yield member.decompress(data)
            data = member.unused_data if member.eof else b""
    if not member.eof:
        raise EOFError(f"it ends in the middle of the {packing} data")


DATA_SUFFIXES = (
    *(".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".txt", ".ris", ".bib", ".nbib", ".ciw", ".xml"),
)


def _holds_papers(name: str) -> bool:
    """Whether a file in an archive is data. macOS adds a twin `._x.jsonl` to each file `x.jsonl`."""
    path = PurePosixPath(name)
    hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    hidden |= path.name.lower().startswith(("readme", "license"))
    return not hidden and path.suffix.lower() in DATA_SUFFIXES


# Documents that are zip archives, by a file in each
OFFICE = {
    "xl/workbook.xml": "a workbook of Excel; save it as CSV (UTF-8)",
    "word/document.xml": "a document of Word; leave it out",
    "ppt/presentation.xml": "a presentation; leave it out",
    "content.xml": "an OpenDocument file; save a table in it as CSV (UTF-8), and leave out a text",
}


def _zip_member(archive: zipfile.ZipFile, path: Path) -> str:
    if office := OFFICE.keys() & set(archive.namelist()):
        raise UserError(f"{path}: this is {OFFICE[min(office)]}")
    names = [name for name in archive.namelist() if _holds_papers(name)]
    if len(names) != 1:
        raise _not_one_member(path, "zip", f"{len(names)} in {(names or archive.namelist())[:5]}")
    return names[0]


def _not_one_member(path: Path, kind: str, members: str) -> UserError:
    return UserError(
        f"{path}: expected one file of papers inside the {kind} archive, found {members}; "
        "unpack it, and set `input` to the files"
    )


def _is_tar(head: bytes) -> bool:
    """Whether data begin with the header of a tar archive, which has a checksum."""
    try:
        tarfile.TarInfo.frombuf(head[: tarfile.BLOCKSIZE], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


class _Header(tarfile.TarInfo):
    """The header of a member, whose damage tarfile would take for the end of the archive."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if any(buf):  # zeros are the end, or padding
                raise tarfile.ReadError(f"{error} in the tar archive") from None
            raise


def _tar_member(stream: Pieces, path: Path) -> Iterator[bytes]:
    """The content of the only file of papers in a tar archive."""
    members: list[str] = []
    others: list[str] = []
    # `r|` reads forwards only; `ignore_zeros` reads to the end, beyond the mark where tar stops
    file = cast(IO[bytes], stream)  # tarfile asks for no more than `read`
    with tarfile.open(
        fileobj=file, mode="r|", bufsize=PIECE_BYTES, ignore_zeros=True, tarinfo=_Header
    ) as archive:
        for info in archive:
            if not (info.isfile() and _holds_papers(info.name)):
                others = [*others, info.name][:5]
                continue
            members.append(info.name)
            if len(members) > 1:
                raise _not_one_member(path, "tar", f"several: {', '.join(members)}")
            if member := archive.extractfile(info):  # always, for a file
                yield from _read_pieces(member, PIECE_BYTES)
    if not members:
        raise _not_one_member(path, "tar", f"0 in {others}")


def _wide_encoding(head: bytes) -> str | None:
    """UTF-16 or UTF-32, if data begin with its mark or with two of its ASCII characters."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32-le" if head[0] else "utf-32-be"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16-le" if head[0] == 0xFF else "utf-16-be"
    # JSON begins with two characters of ASCII (RFC 4627, section 3)
    zeros = {"x000": "utf-32-le", "000x": "utf-32-be", "x0x0": "utf-16-le", "0x0x": "utf-16-be"}
    return zeros.get("".join("x" if byte else "0" for byte in head[:4]))


def _transcoded(stream: Pieces, encoding: str) -> Iterator[bytes]:
    """The content in UTF-8. A lone surrogate stays invalid, so that only its line is malformed."""
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    for data in _read_pieces(stream, PIECE_BYTES):
        yield decoder.decode(data).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _has_lone_returns(head: bytes) -> bool:
    """Whether lines end in carriage returns alone, as old programs for the Mac write them."""
    if b"\n" in head or b"\r" not in head[:-1]:
        return False
    return not head.startswith((b"{", b"[")) or re.search(rb"\}\s*\r\s*\{", head) is not None


def blocks(stream: Readable, path: Path, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Cut a stream of bytes at line ends into blocks of about `size` bytes.

    Raises
    ------
    UserError
        A line is longer than any record, or the file is packed twice.
    """
    line, rest = 1, b""

    def read() -> bytes:
        with damage_named(path):
            return stream.read(size)

    while data := read():
        if line == 1 and not rest:
            data = data.removeprefix(b"\xef\xbb\xbf")
            if _packing(data[:6]) or data.startswith(b"PK\x03\x04"):
                raise UserError(f"{path}: this is packed twice; unpack it once")
        cut = data.rfind(b"\n") + 1
        if cut == 0:
            rest += data
            if len(rest) > MAX_LINE_BYTES:
                raise UserError(f"{path}, line {line}: longer than 64 MiB; expected one JSON object per line")
            continue
        whole = rest + data[:cut]
        rest = data[cut:]
        yield Block(line, whole)
        line += whole.count(b"\n")
    if rest:
        yield Block(line, rest)
