"""Read a JSON-lines snapshot as blocks of whole lines, whatever it is compressed with."""

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pyarrow as pa

from lib.cli import UserError

# Large enough that handing a block to a thread costs little beside its work, small enough that a
# few blocks at a time stay well below the memory limit.
BLOCK_BYTES = 4 << 20
# The longest records of arXiv have some 100 kB; a line of this length is not a record.
MAX_LINE_BYTES = 64 << 20


@dataclass(frozen=True)
class Block:
    """Whole lines of the snapshot; `first_line` is the number of the first one, counted from 1."""

    first_line: int
    data: bytes


@contextmanager
def open_snapshot(path: Path) -> Iterator[IO[bytes]]:
    """Open a snapshot for streaming. The first bytes tell plain, gzip, zstd and zip apart.

    Raises
    ------
    UserError
        The file is missing, empty or a damaged archive.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file; set `input` in config.yaml to the snapshot")
    with path.open("rb") as file:
        magic = file.read(4)
    if not magic:
        raise UserError(f"{path}: the file is empty; download it again")
    with _damage_named(path):
        if magic.startswith(b"PK"):
            archive = zipfile.ZipFile(path)
            stream = archive.open(_member(archive, path))
        elif magic.startswith(b"\x1f\x8b"):
            stream = pa.input_stream(str(path), compression="gzip")
        elif magic == b"\x28\xb5\x2f\xfd":
            stream = pa.input_stream(str(path), compression="zstd")
        else:
            stream = path.open("rb", buffering=0)
    with stream:
        yield stream


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    """Turn the errors of the archive readers into a message that names the file."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, pa.ArrowException) as error:
        raise UserError(f"{path}: truncated or damaged archive ({error}); download it again") from error
    except (NotImplementedError, RuntimeError) as error:  # a method unknown to zipfile, a password
        raise UserError(f"{path}: cannot be unpacked ({error}); unpack it yourself") from error
    except OSError as error:
        if error.errno is not None:
            raise
        # pyarrow reports a damaged stream as an OSError without a number
        raise UserError(f"{path}: truncated or damaged archive ({error}); download it again") from error


def _member(archive: zipfile.ZipFile, path: Path) -> str:
    names = [name for name in archive.namelist() if name.lower().endswith((".json", ".jsonl"))]
    if len(names) != 1:
        raise UserError(
            f"{path}: expected one .json or .jsonl file inside, found {len(names)} in {archive.namelist()[:5]}"
        )
    return names[0]


def blocks(stream: IO[bytes], path: Path, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """Cut a stream of bytes at line ends into blocks of about `size` bytes.

    Raises
    ------
    UserError
        A line is longer than any record, or the file is in another format (PDF, HTML, CSV, …).
    """
    line, rest = 1, b""

    def read() -> bytes:
        with _damage_named(path):
            return stream.read(size)

    while data := read():
        if line == 1 and not rest:
            data = data.removeprefix(b"\xef\xbb\xbf")
            _refuse_other_formats(data, path)
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


def _refuse_other_formats(data: bytes, path: Path) -> None:
    head = data[:4096].lstrip()
    found = None
    if head.startswith(b"%PDF"):
        found = "a PDF"
    elif head.startswith(b"<"):
        found = "an HTML or XML page (an error page saved by a download, perhaps)"
    elif head.startswith(b"["):
        found = "one JSON array; turn it into JSON lines with `jq -c '.[]'`"
    elif head.startswith(b"PAR1"):
        found = "a Parquet file"
    if found:
        raise UserError(f"{path}, line 1: this is {found}; expected JSON lines, one object per line")
