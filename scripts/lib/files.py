"""Write outputs atomically, and name a damaged input in an error message."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lib.cli import UserError


@contextmanager
def atomic_outputs(*paths: Path) -> Iterator[list[Path]]:
    """Yield a temporary path beside each output, and move all into place if nothing failed.

    A script that fails or is killed therefore never leaves half an output.
    """
    temporary = [path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}") for path in paths]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield temporary
        for part, path in zip(temporary, paths, strict=True):
            part.replace(path)
    finally:
        for part in temporary:
            part.unlink(missing_ok=True)


def read_number(path: Path) -> int:
    """The whole number that a text file holds."""
    try:
        return int(path.read_text())
    except ValueError as error:
        raise damaged(path, "text file with one number", error) from None


def damaged(path: Path, kind: str, error: Exception | str) -> UserError:
    """The error for an input that is not of the kind it should be, or is truncated."""
    return UserError(f"{path}: not a {kind}, or truncated ({error}); delete it and run again")
