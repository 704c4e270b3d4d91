"""Check the configuration, bring it into one form, and read from it what decides a result."""

import os
import re
import sys
from calendar import monthrange
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from snakemake.exceptions import WorkflowError

from .named_files import as_list, file_of, name_faults, named_inputs
from .word_lists import bundled_lists, stop_word_file

Config = dict[str, Any]
# Folders of the workflow that results must not go into.
SOURCES = (
    *("bench", "containers", "data", "docs", "envs", "presets", "profiles", "rules", "scripts"),
    *("tests", "tools"),
)
# The other keys that name a file: section, key, and what to set it to.
FILES = (
    ("terms", "synonyms", "a thesaurus in the form of VOSviewer, or to null"),
    ("keywords", "head_words", "a list of words"),
    ("label", "category_names", "a CSV file with the columns category and name"),
)
HEADED = {"terms.synonyms": ("label", "replace by"), "label.category_names": ("category", "name")}


def read_schema(root: Path) -> dict[str, Any]:
    """rules/config.schema.yaml of the workflow in a folder."""
    text = (root / "rules/config.schema.yaml").read_text("utf-8")
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def complete(config: Config, schema: dict, root: Path) -> Config:
    """The config with all keys, in one form.

    A relative path that is the default of its key names a file of the workflow, wherever the workflow runs.

    Parameters
    ----------
    config : as Snakemake read it; its values are converted in place
    root : the folder of the workflow

    Raises
    ------
    WorkflowError
        With all faults of the config: the key, and what to write instead.
    """
    convert_types(config, schema)
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    faults = [fault for error in validator.iter_errors(config) for fault in describe(error, schema)]
    files, missing = named_inputs(config.get("input"), schema["properties"]["input"]["default"], root)
    faults += missing + file_faults(config, schema, root) + results_fault(config, root)
    faults += word_list_faults(config, root) + locale_faults(config) + llm_fault(config)
    if isinstance(config.get("previous"), str):
        faults += name_faults("previous", config["previous"])
    faults += edits_fault(config)
    if faults:
        raise WorkflowError(
            "The configuration (config.yaml, --configfile, --config, or `config:` of a module) has faults:",
            *faults,
        )
    whole = canonical(with_defaults(config, schema), schema)
    whole["input"] = files[0] if len(files) == 1 else files
    if whole["previous"] is not None:
        whole["previous"] = os.path.normpath(whole["previous"])  # another spelling re-runs nothing
    for section, key, _ in FILES:
        if whole[section][key] is not None:
            whole[section][key] = file_of(whole[section][key], default_of(schema, section, key), root)
    return whole


def with_defaults(config: Config, schema: dict) -> Config:
    """The config with the defaults of the schema for the keys that it lacks."""
    return {
        key: with_defaults(config.get(key, {}), entry)
        if "properties" in entry
        else config.get(key, entry["default"])
        for key, entry in schema["properties"].items()
    }


def default_of(schema: dict, section: str, key: str) -> str:
    """The default of a key."""
    return schema["properties"][section]["properties"][key]["default"]


def convert_types(config: Config, schema: dict) -> None:
    """Convert what YAML and the command line read differently: dates to text, `k: "25"` to 25."""
    for key, entry in schema["properties"].items():
        value = config.get(key)
        if key in config and value is None and "properties" in entry:
            config[key] = {}  # a section of comments alone
        elif isinstance(value, dict) and "properties" in entry:
            convert_types(value, entry)
        elif isinstance(value, dict):
            config[key] = {k: None if v == "null" else v for k, v in value.items()}
        elif isinstance(value, date):
            config[key] = value.isoformat()
        elif entry.get("format") == "date":
            config[key] = whole_date(value, last=key == "until")
        elif isinstance(value, list):
            if "string" not in entry.get("items", {}).get("type", ""):
                config[key] = [yaml.safe_load(v) if isinstance(v, str) else v for v in value]
        elif isinstance(value, str) and ("string" not in entry.get("type", "string") or value == "null"):
            config[key] = yaml.safe_load(value)


def whole_date(value: Any, last: bool) -> Any:
    """The first or last day (ISO 8601) of a year or month such as 2020 or "2020-06"; other values as they are."""
    match = re.fullmatch(r"(\d{4})(?:-(0[1-9]|1[0-2]))?", str(value))
    if value == "null":
        return None
    if not match or isinstance(value, bool) or not 1 <= int(match[1]) <= 9999:
        return value
    year, month = int(match[1]), int(match[2] or (12 if last else 1))
    day = monthrange(year, month)[1] if last else 1
    return f"{year:04}-{month:02}-{day:02}"


def describe(error: ValidationError, schema: dict) -> list[str]:
    """The faults in an error of the schema's validator."""
    key = ".".join(map(str, error.absolute_path))
    if error.validator == "required":
        missing = sorted(set(error.validator_value) - set(error.instance))
        return [f"{name}: missing; {schema['properties'][name]['description']}" for name in missing]
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        names = sorted(set(error.instance) - set(known), key=str)
    elif "propertyNames" in error.absolute_schema_path:
        known, names = error.schema["enum"], [error.instance]
    else:
        if key == "llm.key_variable":  # perhaps the key itself, which must not be shown
            error.message = "the value is not the name of an environment variable"
        description = error.schema.get("description")
        suffix = f" ({description})" if description else ""
        return [f"{key or 'config'}: {error.message}{suffix}"]
    faults = []
    for name in names:
        near = [full for full in key_names(schema) if full.endswith(f".{name}") and not key]
        near = near or get_close_matches(str(name).lower(), known, 1, 0.5)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known are {', '.join(known)}"
        full = f"{key}.{name}" if key else name
        faults.append(f"{full}: unknown key; {hint}")
    return faults


def key_names(schema: dict) -> list[str]:
    """The keys of all sections, as `section.key`."""
    sections = schema["properties"].items()
    return [f"{name}.{key}" for name, entry in sections for key in entry.get("properties", {})]


def first_line(file: str) -> str:
    """The first line of a text file, in lower case."""
    with Path(file).open("rb") as lines:
        return lines.readline(1000).decode("utf-8", "replace").lower()


def file_faults(config: Config, schema: dict, root: Path) -> list[str]:
    """Faults of the keys that name a file: it does not exist, or Snakemake cannot read its name."""
    faults = []
    for section, key, wanted in FILES:
        keys = config.get(section)
        value = keys.get(key) if isinstance(keys, dict) else None
        if not isinstance(value, str):
            continue
        file, name = file_of(value, default_of(schema, section, key), root), f"{section}.{key}"
        if odd := name_faults(name, file):
            faults += odd
        elif not Path(file).is_file():
            fault = "a folder, not a file" if Path(file).is_dir() else "no such file"
            faults.append(f"{name}: {fault}: {file}; set it to {wanted}")
        elif missing := [column for column in HEADED.get(name, ()) if column not in first_line(file)]:
            faults.append(
                f"{name}: the first line of {file} lacks {' and '.join(missing)}; set it to {wanted}"
            )
    return faults


def edits_fault(config: Config) -> list[str]:
    """A fault if the file of edits is not there."""
    file = config.get("edits")
    if not isinstance(file, str) or Path(file).is_file():
        return []
    fault = "a folder, not a file" if Path(file).is_dir() else "no such file"
    return [f"edits: {fault}: {file}; set it to a list of edits, such as edits.yaml, or to null"]


def word_list_faults(config: Config, root: Path) -> list[str]:
    """Faults of terms.stop_words: a file that does not exist, or a language without a list."""
    keys = config.get("terms")
    given = keys.get("stop_words", "auto") if isinstance(keys, dict) else "auto"
    faults = []
    for value in as_list(given) if isinstance(given, str | list) else []:
        if not isinstance(value, str) or value == "auto":
            continue
        file = stop_word_file(value, root)
        if odd := name_faults("terms.stop_words", file):
            faults += odd
        elif not Path(file).is_file() and re.fullmatch("[a-z]{2,3}", value):
            known = ", ".join(bundled_lists(root))
            faults.append(
                f"terms.stop_words: no list for the language {value}; name a file of words, or one of {known}"
            )
        elif not Path(file).is_file():
            fault = "a folder, not a file" if Path(file).is_dir() else "no such file"
            faults.append(f"terms.stop_words: {fault}: {file}; set it to a list of words")
    return faults


def results_folder(config: Config) -> Path:
    """The folder of all results; the default if the config is not valid."""
    paths = config.get("pathvars")
    return Path(str(paths.get("results", "results")) if isinstance(paths, dict) else "results")


def results_fault(config: Config, root: Path) -> list[str]:
    """A fault if results would go into a folder of the workflow, or below a file."""
    folder, root = results_folder(config).resolve(), root.resolve()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not existing.is_dir():
        return [f"pathvars.results: {existing} is a file, not a folder; name another folder"]
    sources = [root / name for name in SOURCES]
    if folder == root or any(folder == path or path in folder.parents for path in sources):
        return [
            f"pathvars.results: {results_folder(config)} is a folder of the workflow itself; "
            "name another one, such as results or runs/astro"
        ]
    return []


def llm_fault(config: Config) -> list[str]:
    """A fault if a language model is to be asked whose name is not given."""
    llm = config.get("llm")
    if not isinstance(llm, dict) or not llm.get("url") or llm.get("model"):
        return []
    return ["llm.model: set it to the name of the model to ask at llm.url"]


def locale_faults(value: Any, key: str = "") -> list[str]:
    """Errors: values that the locale of the session cannot encode."""
    encoding = sys.getfilesystemencoding()
    if isinstance(value, dict):
        return [
            fault
            for name, entry in value.items()
            for fault in locale_faults(entry, f"{key}.{name}" if key else name)
        ]
    if isinstance(value, list):
        return [fault for entry in value for fault in locale_faults(entry, key)]
    if encoding == "utf-8" or not isinstance(value, str) or value.isascii():
        return []
    return [
        f"{key}: {value!a} needs a UTF-8 locale, and that of this session is {encoding}; "
        "run `export PYTHONUTF8=1` first"
    ]


def canonical(value: Any, schema: dict) -> Any:
    """The config as plain values in one order: sections as in the schema, globs sorted, numbers of one type.

    Snakemake compares params by their text, in which `{a: 1, b: 2}` and `{b: 2, a: 1}` differ, and so
    do 30 and 30.0.
    """
    if isinstance(value, dict) and "propertyNames" in schema:
        known = schema["propertyNames"]["enum"]
        return {
            key: value.get(key) for key in known if key in schema["default"] or value.get(key) is not None
        }
    if isinstance(value, dict):
        keys = schema["properties"].items()
        return {key: canonical(value[key], entry) for key, entry in keys if key in value}
    if isinstance(value, list):
        return sorted(value) if schema.get("uniqueItems") else list(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value) if "number" in schema["type"] else int(value)
    return value


def settings(config: Config, schema: dict, section: str) -> Config:
    """The keys of a section that decide what a step computes, in the order of the schema.

    Keys that are `execution_only` in the schema are left out, so that a change of them re-runs nothing.
    """
    keys = schema["properties"][section]["properties"]
    return {key: config[section][key] for key, entry in keys.items() if not entry.get("execution_only")}


def execution(config: Config, schema: dict, section: str) -> Config:
    """The keys of a section that `settings` leaves out."""
    tracked = settings(config, schema, section)
    return {key: value for key, value in config[section].items() if key not in tracked}


def changed_keys(config: Config, schema: dict, prefix: str = "") -> Config:
    """The config keys, as `section.key`, whose values are not the defaults of the schema."""
    changed: Config = {}
    for key, entry in schema["properties"].items():
        if "properties" in entry:
            changed |= changed_keys(config[key], entry, f"{prefix}{key}.")
        elif config[key] != entry["default"]:
            changed[prefix + key] = config[key]
    return changed
