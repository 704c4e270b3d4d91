"""What every script shares: its command line, its errors, its outputs and its progress bar."""

import argparse
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


class UserError(Exception):
    """A mistake that the user can mend: the message says what is wrong, where, and what to do."""


def parser(doc: str | None) -> argparse.ArgumentParser:
    """An argument parser whose --help opens with the first line of the script's docstring."""
    return argparse.ArgumentParser(description=(doc or "").strip().split("\n")[0])


def optional(kind: Callable[[str], T]) -> Callable[[str], T | None]:
    """A flag's type that reads "None", as the workflow prints a null of config.yaml, as None."""

    def parse(text: str) -> T | None:
        return None if text in ("None", "") else kind(text)

    parse.__name__ = kind.__name__
    return parse


def boolean(text: str) -> bool:
    """A flag's type that reads "True" and "False", as the workflow prints them."""
    if text not in ("True", "False"):
        raise argparse.ArgumentTypeError(f"expected True or False, not {text!r}")
    return text == "True"


def run(main: Callable[[], None]) -> None:
    """Run a script's main; a user's mistake ends it with one line on stderr and status 1."""
    # a scheduler's stop becomes an exit that cleans up after itself
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EROFS, errno.EDQUOT):
            raise
        sys.exit(f"error: {error.filename or 'a file'}: {error.strerror}")


@contextmanager
def written(*paths: Path) -> Iterator[list[Path]]:
    """Yield a temporary path beside each output; move them into place only if nothing failed."""
    paths = tuple(Path(path) for path in paths)
    asides = [path.with_name(f".{path.name}.{os.getpid()}.part{path.suffix}") for path in paths]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
    try:
        yield asides
        for aside, path in zip(asides, paths, strict=True):
            aside.replace(path)
    finally:
        for aside in asides:
            aside.unlink(missing_ok=True)


def progress(items: Iterable[T] | None = None, **options) -> tqdm:
    """A tqdm bar on stderr; in a log file one line every ten seconds instead of ten a second."""
    live = sys.stderr.isatty()
    options = {"dynamic_ncols": live, "mininterval": 0.1 if live else 10.0, "smoothing": 0.05} | options
    return tqdm(items, file=sys.stderr, **options)


def say(text: str) -> None:
    """Print one of the few figures by which a reader judges the step."""
    print(text, flush=True)
