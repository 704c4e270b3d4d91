"""The files of the input: where a line stands, and what is wrong with files that are not read rightly."""

from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lib.cli import UserError, warn
from lib.formats.advice import remedy
from lib.records.fields import FieldPaths
from lib.records.ledger import LedgerCounts
from lib.records.records import Filters, Parsed
from lib.records.schema import LedgerEntry


@dataclass
class File:
    """A file of the input.

    Attributes
    ----------
    path : of the file
    name : as the ledger and messages call it
    before : the records of the files before it; `lines` count on from file to file
    unit : what is counted, "line" or "record"
    fields : the paths of the values
    blocks : the number of its blocks
    state : its size and time when it was opened
    """

    path: Path
    name: str
    before: int = 0
    unit: str = "line"
    fields: FieldPaths | None = None
    blocks: int = 0
    state: tuple[int, int] = (0, 0)


def state(path: Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds of a file."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def check_unchanged(files: list[File]) -> None:
    """Raise a UserError if a file was changed while it was read, as one that is still downloaded.

    Snakemake would not notice: the outputs are newer than the file.
    """
    for file in files:
        if not file.path.is_file() or state(file.path) != file.state:
            raise UserError(f"{file.path}: it was changed while it was read; run again when it is complete")


def located(files: list[File], line: int) -> tuple[File, str]:
    """The file of a line that is counted from file to file, and what the line is called in it."""
    file = files[bisect_left([file.before for file in files], line) - 1]
    return file, f"{file.unit} {line - file.before}"


def unit_of(files: list[File]) -> str:
    """What is counted in all files: "line" if each is of JSON lines, else "record"."""
    return "line" if all(file.unit == "line" for file in files) else "record"


def check_block(files: list[File], number: int, parsed: Parsed) -> None:
    """Raise a UserError if no record of the first block of a file can be read: it has another format."""
    firsts = np.cumsum([0, *(file.blocks for file in files)])
    if number not in firsts or len(parsed.ids) or not parsed.ledger.counts["malformed_json"]:
        return
    line, reason = parsed.ledger.first["malformed_json"][0]
    file, place = located(files[: int(np.searchsorted(firsts, number, "right"))], line)
    expected = "Expected JSON lines: one object per line (`jq -c .` writes them)"
    raise UserError(
        f"{file.path}, {place}: {reason}; no {file.unit} of the first block is a paper"
        + (f". {expected}" if file.unit == "line" else "")
    )


def check_corpus(
    files: list[File], ledger: LedgerCounts, kept: int, filters: Filters, matched: set[str], share: float
) -> None:
    """Raise a UserError for a damaged snapshot, a pattern without a paper, or an empty corpus."""
    malformed = ledger.counts["malformed_json"] + ledger.counts["not_an_object"]
    unit = unit_of(files)
    path = f"{files[0].path}" + (f" and {len(files) - 1:,} other files" if len(files) > 1 else "")
    if malformed > share * ledger.lines:
        first = sorted(ledger.first["malformed_json"] + ledger.first["not_an_object"])[:3]
        examples = "; ".join(f"{place_of(files, line)}: {reason}" for line, reason in first)
        raise UserError(
            f"{path}: {malformed:,} of {ledger.lines:,} {unit}s are malformed, more than "
            f"clean.max_malformed_share allows ({share:.2%}); {examples}"
        )
    if unmatched := [glob for glob in filters.categories if glob not in matched]:
        raise UserError(
            f"config key clean.categories: {', '.join(map(repr, unmatched))} matches no paper of {path}; "
            "patterns are like 'cs.*', 'math.AG' or 'hep-*'"
        )
    if ledger.counts["blank"] == ledger.lines:
        raise UserError(
            f"{path}: no paper is left, since all {ledger.lines:,} lines are blank; download it again"
        )
    if not kept:
        for bucket in ("no_id", "no_title", "no_abstract"):
            if 2 * ledger.counts[bucket] > ledger.lines:
                line, reason = ledger.first[bucket][0]
                file, place = located(files, line)
                advice = remedy(file.path, fields_of(file), bucket.removeprefix("no_"))
                raise UserError(f"{file.path}: no paper is left ({ledger}); {place}: {reason}.{advice}")
        raise UserError(f"{path}: no paper is left ({ledger}); loosen the filters of `clean` in the config")


def place_of(files: list[File], line: int) -> str:
    """A line as messages call it; with its file if there are several."""
    file, place = located(files, line)
    return f"{file.name}, {place}" if len(files) > 1 else place


def entry(files: list[File], line: int, reason: str) -> LedgerEntry:
    """A line in the ledger."""
    file, _ = located(files, line)
    located_entry = LedgerEntry(line=line - file.before, reason=reason)
    if len(files) > 1:
        located_entry["file"] = file.name
    return located_entry


def warn_of_local_ids(files: list[File], parted: list[tuple[str, int, int]]) -> None:
    """Warn of ids that stand for different papers in different files."""
    if parted:
        name, first, second = parted[0]
        warn(
            f"{len(parted):,} ids stand for other papers in another file, such as {name} ({place_of(files, first)}; "
            f"{place_of(files, second)}). All are kept, each with a hash of its title behind the id"
        )


def fields_of(file: File) -> FieldPaths:
    """The fields of a file that has been read."""
    assert file.fields is not None
    return file.fields
