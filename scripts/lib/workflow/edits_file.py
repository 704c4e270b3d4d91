"""The file of edits that the config key `edits` names: read and checked before any job."""

import json
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from snakemake.exceptions import WorkflowError

from .config import Config

Edit = dict[str, Any]
# Kinds of edits: those that change which papers a topic has, and those of words
OF_PAPERS = ("merge", "split", "hide", "pin", "move", "seed")
OF_WORDS = ("rename", "describe", "drop_words", "group", "note")
NEED_TOPIC = {"rename", "describe", "merge", "split", "hide", "pin", "move"}
ABOUT = ("note", "by", "date")  # of an edit


def read_edits(config: Config, root: Path) -> list[Edit]:
    """The edits in the order of the file, each with its `kind`, `value` and `line`; none without a file.

    An entry with several kinds becomes one edit per kind.

    Raises
    ------
    WorkflowError
        With all faults of the file: the line, and what to write instead.
    """
    return _read(Path(config["edits"]), root) if config["edits"] else []


def text_of(config: Config) -> str:
    """The text of the file, to the end of which entries can be added; empty without a file."""
    return extensible(Path(config["edits"]).read_text("utf-8-sig")) if config["edits"] else ""


def extensible(text: str) -> str:
    """The text of a list, such that a line `- entry` can follow it.

    Only a list in brackets or with a margin is written anew.
    """
    entries = yaml.load(text, yaml.BaseLoader) or []
    dumped = yaml.safe_dump(entries, sort_keys=False, allow_unicode=True) if entries else ""
    ended = text if not text or text.endswith("\n") else f"{text}\n"
    try:
        follows = yaml.load(f"{ended}- entry\n", yaml.BaseLoader) == [*entries, "entry"]
    except yaml.YAMLError:
        return dumped
    return ended if follows else dumped


@cache
def _read(file: Path, root: Path) -> list[Edit]:
    try:
        text = file.read_text("utf-8-sig")
        # All values as text: 0704.0001 is an id, not a number
        entries, tree = yaml.load(text, yaml.BaseLoader), yaml.compose(text, yaml.BaseLoader)
    except UnicodeDecodeError as error:
        raise WorkflowError(f"edits: {file} is not in UTF-8 (byte {error.start}); save it as UTF-8") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        problem = getattr(error, "problem", None) or error
        raise WorkflowError(
            f"edits: {file}{place}: {problem}. Put texts that hold `: ` or `#` into quotes, and begin the lines of an entry at "
            "one margin"
        ) from None
    if tree is None or not entries:
        return []
    if not isinstance(entries, list):
        raise WorkflowError(f"edits: {file} is not a list; begin each edit with a dash: `- topic: t7f3a`")
    lines = [node.start_mark.line + 1 for node in tree.value]
    schema = json.loads((root / "rules/edits.schema.json").read_text("utf-8"))
    validator = Draft202012Validator({**schema["$defs"]["edit"], "$defs": schema["$defs"]})
    faults, edits = [], []
    for entry, line, node in zip(map(typed, entries), lines, tree.value, strict=True):
        if fault := twice(node) or fault_of(entry, validator):
            faults.append(f"{file}, line {line}: {fault}")
        else:
            edits += parts_of(entry, line)
    if faults:
        raise WorkflowError("The edits have faults:", *faults)
    return edits


def twice(node: yaml.Node) -> str | None:
    """What is wrong with an entry in which a key stands twice, since YAML would take the last one; None if none does."""
    if not isinstance(node, yaml.MappingNode):
        return None
    names = [key.value for key, _ in node.value]
    repeated = next((name for name in names if names.count(name) > 1), None)
    return f"{repeated} stands twice; begin another entry with a dash" if repeated else None


def typed(value: Any, key: str = "") -> Any:
    """A value of YAML, all of whose leaves are text, with numbers and `true` where the schema has them."""
    if isinstance(value, dict):
        return {name: typed(each, name) for name, each in value.items()}
    if isinstance(value, list):
        return [typed(each) for each in value]
    if key in ("hide", "pin", "subtopics"):
        return {"true": True, "yes": True}.get(str(value).lower(), value)
    if key == "into":
        return int(value) if str(value).isdecimal() else value
    return value


def fault_of(entry: Any, validator: Draft202012Validator) -> str | None:
    """What is wrong with an entry, or None."""
    error = best_match(validator.iter_errors(entry))
    if error:
        return described(error)
    kinds = kinds_of(entry)
    if not kinds:
        return f"nothing to do; write one of {', '.join((*OF_WORDS, *OF_PAPERS))}"
    if "topic" in entry and "papers" in entry:
        return "both `topic` and `papers`; keep one"
    if not {"topic", "papers"} & set(entry) and (lacking := sorted(NEED_TOPIC & set(kinds))):
        return f"{lacking[0]}: of which topic? Add its key, as `topic: t7f3a`, or `papers: [ids]`"
    if entry.get("topic") in entry.get("merge", []):
        return f"merge: {entry['topic']} cannot become part of itself"
    return None


def described(error: ValidationError) -> str:
    """An error of the schema in words."""
    place = ".".join(map(str, error.absolute_path))
    known = error.schema.get("properties", {}) if isinstance(error.schema, dict) else {}
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(known))
        near = get_close_matches(unknown[0], known, 1)
        hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
        return f"{place + '.' if place else ''}{unknown[0]}: unknown; {hint}"
    if error.validator == "const":
        return f"{place}: write true, or take the line out"
    about = error.schema.get("description") if isinstance(error.schema, dict) else None
    return f"{place or 'edit'}: {error.message}{f' ({about})' if about else ''}"


def kinds_of(entry: Edit) -> list[str]:
    """The kinds of an entry; `note` is one only if there is no other."""
    kinds = [kind for kind in (*OF_PAPERS, *OF_WORDS) if kind in entry and kind != "note"]
    return kinds or [kind for kind in ("note",) if kind in entry]


def parts_of(entry: Edit, line: int) -> list[Edit]:
    """An entry as one edit per kind."""
    shared = {key: entry[key] for key in ("topic", "papers", *ABOUT) if key in entry}
    return [{"kind": kind, "value": entry[kind], **shared, "line": line} for kind in kinds_of(entry)]


def chosen(edits: list[Edit], *kinds: str) -> list[Edit]:
    """What decides the result of a step: the edits of some kinds, without notes and lines."""
    return [
        {key: value for key, value in edit.items() if key not in (*ABOUT, "line")}
        for edit in edits
        if edit["kind"] in kinds
    ]


def without_lines(edits: list[Edit]) -> list[Edit]:
    """The edits with their notes: a line that is put before them runs nothing again."""
    return [{key: value for key, value in edit.items() if key != "line"} for edit in edits]


def lines(edits: list[Edit]) -> list[int]:
    """The line of each edit in the file."""
    return [edit["line"] for edit in edits]
