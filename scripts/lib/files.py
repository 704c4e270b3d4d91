"""Write outputs atomically, read and write JSON, and name a damaged input or a full disk in an error message."""

import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar, cast

from lib.cli import UserError

J = TypeVar("J", bound=Mapping)


@contextmanager
def atomic_outputs(*paths: Path) -> Iterator[list[Path]]:
    """Yield a temporary path next to each output, and move all into place if nothing failed.

    A script that fails or is killed therefore never leaves an incomplete output. What a killed script left is
    deleted by the next one.

    Raises
    ------
    UserError
        The disk is full; names the outputs.
    """
    temporary = [path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}") for path in paths]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        for leftover in path.parent.glob(f".{path.name}.*.part{path.suffix}"):
            leftover.unlink(missing_ok=True)
    try:
        yield temporary
        for part, path in zip(temporary, paths, strict=True):
            part.replace(path)
    except OSError as error:
        if not is_full(error):
            raise
        free = shutil.disk_usage(paths[0].parent).free / 1e6
        raise UserError(
            f"{', '.join(map(str, paths))}: cannot be written, the disk is full ({free:,.0f} MB free); free some "
            "space and run again"
        ) from None
    finally:
        for part in temporary:
            part.unlink(missing_ok=True)


@contextmanager
def scratch_folder(prefix: str, parent: Path) -> Iterator[Path]:
    """Yield a new folder in `parent`. Delete it at the end, and also the folders that killed scripts left."""
    for leftover in parent.glob(f"{prefix}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as folder:
        yield Path(folder)


def is_full(error: OSError) -> bool:
    """Whether an error means that the disk or the quota is full.

    numpy raises an error without a number when fewer bytes were written than asked for.
    """
    return error.errno in (errno.ENOSPC, errno.EDQUOT) or (error.errno is None and "written" in str(error))


def read_number(path: Path) -> int:
    """The whole number that a text file holds."""
    try:
        return int(path.read_text())
    except ValueError as error:
        raise damaged(path, "text file with one number", error) from None


def damaged(path: Path, kind: str, error: Exception | str) -> UserError:
    """The error for an input of the wrong kind, or one that is truncated.

    Raises
    ------
    MemoryError
        That was the error: nothing is wrong with the file.
    """
    if isinstance(error, MemoryError):
        raise error
    return UserError(f"{path}: not a {kind}, or truncated ({error}); delete it and run again")


def read_json(path: Path, kind: type[J]) -> J:
    """The object in a JSON file; it must have all keys of the TypedDict `kind`."""
    try:
        content = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise damaged(path, "JSON file with an object", error) from None
    if missing := [key for key in kind.__annotations__ if key not in content]:
        raise damaged(path, f"{kind.__name__} file of this version", f"it lacks {', '.join(missing)}")
    return cast(J, content)


def write_json(path: Path, content: Mapping) -> None:
    """Write an object as a JSON file."""
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
