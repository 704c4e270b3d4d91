"""The files that config keys name, by paths, folders and patterns."""

import os
import re
from glob import glob, has_magic
from pathlib import Path
from typing import Any

# Names in a folder of papers that do not hold papers: hidden files, checksums, notes, programs, logs
NO_DATA = re.compile(
    r"^\.|^(readme|license|copying|changelog|manifest)\b|~$"
    r"|\.(md5|sha1|sha256|sig|asc|md|rst|log|py|r|sh|smk|ya?ml|toml|ini|part|crdownload|tmp)$",
    re.IGNORECASE,
)


def file_of(value: str, default: str, root: Path) -> str:
    """A file that a key names, as a path from the working directory."""
    return os.path.normpath(root / value) if value == default and not Path(value).is_file() else value


def as_list(value: str | list[str]) -> list[str]:
    """The value of a key that takes one text or several."""
    return [value] if isinstance(value, str) else list(value)


def files_of(value: str) -> list[str]:
    """The files that a path, a folder or a pattern names.

    A folder names the files directly in it, except hidden ones and those whose names say that they hold no papers.
    """
    if Path(value).is_dir():
        inside = [path for path in Path(value).iterdir() if path.is_file()]
        return [str(path) for path in inside if not NO_DATA.search(path.name)]
    if Path(value).is_file():
        return [value]
    # Path.glob takes no absolute pattern
    return [file for file in glob(value, recursive=True) if Path(file).is_file()]  # noqa: PTH207


def named_inputs(given: Any, default: str, root: Path) -> tuple[list[str], list[str]]:
    """The files that the key `input` names, sorted, each once; and faults: it names none, or an odd name."""
    if not isinstance(given, str | list) or not all(isinstance(value, str) for value in given):
        return [], []  # the schema reports it
    files: set[str] = set()
    faults = []
    for value in as_list(given):
        path = file_of(value, default, root)
        named = files_of(path)
        files.update(named)
        if odd := [fault for file in [path, *named] for fault in name_faults("input", file)]:
            faults.append(odd[0])
        elif not named:
            fault = "no such file"
            if Path(path).is_dir():
                fault = "no file of papers in the folder"
            elif has_magic(path):
                fault = "no file matches the pattern"
            faults.append(
                f"input: {fault}: {path}; set it to a file of papers, a folder, a pattern, or a list"
            )
    distinct: dict[str, str] = {}
    for file in sorted(files):
        distinct.setdefault(os.path.realpath(file), file)  # one file by two names is one input
    return list(distinct.values()), faults


def name_faults(key: str, file: str) -> list[str]:
    """A fault if Snakemake cannot read the name of a file."""
    if not set("<>{}") & set(file):
        return []
    return [
        f"{key}: {file}: Snakemake has a use of its own for the characters < > {{ }} in a path; "
        "rename the file or its folder"
    ]
