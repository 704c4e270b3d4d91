"""The command line of every script: its flags, its errors, its progress bar and its messages."""

import argparse
import errno
import io
import json
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:  # it takes as long to import as pyarrow, and most steps show no bar
    from tqdm import tqdm

FLAGS_FROM = "--flags-from="
T = TypeVar("T")


class UserError(Exception):
    """A mistake that the user can correct. The message names the fault, its place and the remedy."""


class FileOrNone(argparse.Action):
    """Take the one file of a flag, or None."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        setattr(namespace, self.dest, values[0] if values else None)


class Parser(argparse.ArgumentParser):
    """An argument parser whose flags are all required and all have a help text.

    Defaults live in `rules/config.schema.yaml` alone; the rules pass every setting on.
    """

    def __init__(self, doc: str | None):
        super().__init__(description=(doc or "").strip().split("\n")[0], allow_abbrev=False)

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """The flags, or those in the file of `--flags-from`: a command with thousands of files is too long."""
        args = sys.argv[1:] if args is None else list(args)
        if len(args) == 1 and args[0].startswith(FLAGS_FROM):
            args = json.loads(Path(args[0].removeprefix(FLAGS_FROM)).read_text("utf-8"))
        return super().parse_args(args, namespace)

    def flag(self, name: str, kind: Callable[[str], Any], about: str, **options: Any) -> None:
        """Add a required flag, for example `flag("--k", int, "number of topics")`."""
        self.add_argument(name, type=kind, required=True, help=about, **options)

    def inputs(self, **files: str) -> None:
        """Add a flag for each input file; the values name the file."""
        for name, about in files.items():
            self.flag(f"--{name.replace('_', '-')}", Path, f"input: {about}")

    def optional_inputs(self, **files: str) -> None:
        """Add a flag for each input file that some runs lack; its value is the path or None."""
        for name, about in files.items():
            self.flag(
                f"--{name.replace('_', '-')}",
                Path,
                f"input, or nothing: {about}",
                nargs="*",
                action=FileOrNone,
            )

    def outputs(self, **files: str) -> None:
        """Add a flag for each output file; the values name the file."""
        for name, about in files.items():
            self.flag(f"--{name.replace('_', '-')}", Path, f"output: {about}")

    def threads(self) -> None:
        """Add the flag `--threads`."""
        self.flag("--threads", int, "number of cores to use")


def optional(kind: Callable[[str], T]) -> Callable[[str], T | None]:
    """The type of a flag that may be null; the rules print a null of the config as "None"."""

    def parse(text: str) -> T | None:
        return None if text in ("None", "") else kind(text)

    parse.__name__ = getattr(kind, "__name__", "value")  # argparse names it in its error message
    return parse


def boolean(text: str) -> bool:
    """The type of a flag that is "True" or "False", as the rules print a boolean of the config."""
    if text not in ("True", "False"):
        raise argparse.ArgumentTypeError(f"expected True or False, not {text!r}")
    return text == "True"


def container_hint() -> str:
    """A hint for messages about a missing or read-only path inside an Apptainer image."""
    if "APPTAINER_CONTAINER" not in os.environ:
        return ""
    return (
        "; inside the image only the working directory is there, and symbolic links out of it lead nowhere: bind "
        'their file system with `apptainer-args: "--nv -B /scratch"` in the profile'
    )


def run(main: Callable[[], None]) -> None:
    """Run the main function of a script.

    A UserError or a lack of memory ends the script with one line on stderr and exit status 1, without a traceback.
    """
    # Logs hold titles and keywords in any script, which a Latin-1 or C locale could not print.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    # A scheduler stops a job with SIGTERM. As an exception it lets the script clean up.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except UserError as error:
        sys.exit(f"error: {error}")
    except MemoryError as error:
        sys.exit(
            f"error: out of memory ({str(error) or 'no details'}); `make budget` prints what each step needs"
        )
    except KeyboardInterrupt:
        sys.exit("interrupted")
    except OSError as error:
        paths = (errno.ENOENT, errno.EACCES, errno.EROFS, errno.EEXIST)
        if error.errno not in (*paths, errno.ENOSPC, errno.EDQUOT):
            raise
        hint = container_hint() if error.errno in paths else ""
        sys.exit(f"error: {error.filename or 'a file'}: {error.strerror}{hint}")


def progress(items: Iterable[T] | None = None, **options: Any) -> "tqdm":
    """A tqdm bar on stderr. Into a log file it writes one line every ten seconds.

    The variable PROGRESS_SECONDS sets another interval; `make run` in a terminal sets one second.
    """
    from tqdm import tqdm

    terminal = sys.stderr.isatty()
    interval = 0.1 if terminal else float(os.environ.get("PROGRESS_SECONDS", "10"))
    defaults = {"dynamic_ncols": terminal, "mininterval": interval, "smoothing": 0.05}
    return tqdm(items, file=sys.stderr, **defaults | options)


def say(text: str) -> None:
    """Print one of the few figures that show how the step went."""
    print(text, flush=True)


def warn(text: str) -> None:
    """Print a warning on stderr."""
    print(f"warning: {text}", file=sys.stderr, flush=True)


def three_digits(value: float | None, unknown: str = "–") -> str:
    """A measure as text."""
    return unknown if value is None else f"{value:.3f}"
