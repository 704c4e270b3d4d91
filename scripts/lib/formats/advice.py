"""What to set when the fields of a config are not those of the records."""

from collections import Counter
from pathlib import Path
from typing import Any

from lib.formats.content import content
from lib.formats.sources import SOURCES, source_of
from lib.records.fields import FieldPaths, paths_of
from lib.records.lenient import read_leniently
from lib.records.records import OPTIONAL
from lib.records.snapshot import blocks, open_snapshot


def first_record(path: Path, fields: FieldPaths) -> dict[str, Any]:
    """The first record of a file, with all its keys; empty if none can be read."""
    with open_snapshot(path) as stream:
        found = content(stream, path, fields, whole=True)
        for block in found.blocks or blocks(stream, path):
            for line in block.data.split(b"\n"):
                record, fault, _ = read_leniently(line)
                if not fault:
                    return record
            break
    return {}


def remedy(path: Path, fields: FieldPaths, field: str) -> str:
    """How to have a field read: the preset of the records if they are known, else their paths."""
    record = first_record(path, fields)
    if preset := preset_of(record):
        return f"\nThis {preset}"
    return (
        f" The first record has {_keys(record)}. Set clean.fields.{field} to the path in this file, or use a preset "
        "of its kind (presets/)"
    )


def preset_of(record: dict[str, Any]) -> str:
    """Which preset to add for a record, for messages; an empty text if it is of no known service."""
    name = source_of(record)
    return f"looks like {SOURCES[name].name}: add --configfile presets/{name}.yaml" if name else ""


def _keys(record: dict[str, Any]) -> str:
    several = several_papers(record)
    names = list(record)[:10] if several else list(paths_of(record))[:60]
    return (", ".join(f"`{name}`" for name in names) or "no keys") + several


def several_papers(record: dict[str, Any]) -> str:
    """A hint if a record seems to hold several papers, as the answers of web services do; else an empty text."""

    def has_title(value: Any) -> bool:
        return isinstance(value, dict) and any("title" in str(key).lower() for key in value)

    values = list(record.values())
    if len(values) > 1 and all(map(has_title, values)):
        return " (each seems to hold a paper; write one per line: `jq -c '.[]'`)"
    if len(values) > 1 and all(
        isinstance(value, list | dict) and len(value) == len(values[0]) > 1 for value in values
    ):
        return " (each seems to be a column of a table; pandas writes rows by `to_json(orient='records', lines=True)`)"
    if has_title(record) or any(map(has_title, values)):
        return ""
    lists = [key for key, value in record.items() if isinstance(value, list) and any(map(has_title, value))]
    return (
        f" (`{lists[0]}` seems to hold the papers; write one per line: `jq -c '.{lists[0]}[]'`)"
        if lists
        else ""
    )


def _preset_has_more(record: dict[str, Any], names: list[str], fields: FieldPaths) -> bool:
    """Whether the preset of a record has paths for these names that are not tried yet, as those of pages are."""
    source = source_of(record)
    paths = SOURCES[source].fields if source else {}
    return any(not set(paths.get(name, ())) <= set(fields.paths[name]) for name in names)


def missing_fields(path: Path, filled: Counter[str], fields: FieldPaths, records: int) -> list[str]:
    """A warning for each optional path that is in no record."""
    missing = [name for name in OPTIONAL if records and fields.paths[name] and not filled[name]]
    record = first_record(path, fields) if missing else {}
    if _preset_has_more(record, missing, fields):
        return [f"{' and '.join(missing)} missing or empty in all records; this {preset_of(record)}"]
    return [
        f"{fields.describe(name)} is missing or empty in all records, so {name} is "
        f"{'known from the ids of arXiv only' if name == 'published' else 'empty'}; the first record has "
        f"{_keys(record)}; set clean.fields.{name} to its path, or to null"
        for name in missing
    ]
