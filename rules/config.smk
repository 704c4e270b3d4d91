"""Check the configuration, bring it into one form, and read from it what decides a result."""

import sys
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from snakemake.exceptions import WorkflowError

ROOT = Path(workflow.basedir)
SCHEMA_FILE = str(ROOT / "rules/config.schema.yaml")
SCHEMA = yaml.load(
    Path(SCHEMA_FILE).read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
)
OWN_FOLDERS = (
    "bench",
    "containers",
    "data",
    "docs",
    "envs",
    "presets",
    "profiles",
    "rules",
    "scripts",
    "tests",
    "tools",
)


def convert_types(config, schema):
    """Convert what YAML and the command line read differently: dates to text, `k: "25"` to 25."""
    for key, entry in schema["properties"].items():
        value = config.get(key)
        if isinstance(value, dict) and "properties" in entry:
            convert_types(value, entry)
        elif isinstance(value, dict):
            config[key] = {k: None if v == "null" else v for k, v in value.items()}
        elif isinstance(value, date):
            config[key] = value.isoformat()
        elif isinstance(value, list):
            if "string" not in entry.get("items", {}).get("type", ""):
                config[key] = [
                    yaml.safe_load(v) if isinstance(v, str) else v for v in value
                ]
        elif isinstance(value, str):
            if "string" not in entry.get("type", "string") or value == "null":
                config[key] = yaml.safe_load(value)


def check_config(config):
    """Raise a WorkflowError with all faults of the config: the key, and what to write instead."""
    convert_types(config, SCHEMA)
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker())
    faults = [fault for e in validator.iter_errors(config) for fault in describe(e)]
    faults += file_faults(config) + results_fault(config) + locale_faults(config)
    faults += llm_fault(config)
    if faults:
        raise WorkflowError(
            "The configuration (config.yaml, --configfile, --config) has faults:",
            *faults,
        )


def describe(error):
    """The faults in an error of the schema's validator."""
    key = ".".join(map(str, error.absolute_path))
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
        near = get_close_matches(str(name).lower(), known, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        full = f"{key}.{name}" if key else name
        faults.append(f"{full}: unknown key; {hint}")
    return faults


def file_faults(config):
    """Faults of the keys that name an input file: it does not exist, or Snakemake cannot read its name."""
    terms, keywords = (
        section if isinstance(section := config.get(name), dict) else {}
        for name in ("terms", "keywords")
    )
    files = {
        "input": (
            config.get("input"),
            "set it to the snapshot (JSON lines, plain or packed)",
        ),
        "terms.stop_words": (
            terms.get("stop_words"),
            "set it to a list of words",
        ),
        "keywords.head_words": (
            keywords.get("head_words"),
            "set it to a list of words",
        ),
    }
    faults = []
    for key, (file, remedy) in files.items():
        if not isinstance(file, str):
            continue
        if set("<>{}") & set(file):
            faults.append(
                f"{key}: {file}: Snakemake has a use of its own for the characters < > {{ }} in a path; "
                "rename the file or its folder"
            )
        elif not Path(file).is_file():
            what = "a folder, not a file" if Path(file).is_dir() else "no such file"
            faults.append(f"{key}: {what}: {file}; {remedy}")
    return faults


def results_folder(config):
    """The folder of all results, as far as the config is sound."""
    paths = config.get("pathvars")
    return Path(
        str(paths.get("results", "results")) if isinstance(paths, dict) else "results"
    )


def results_fault(config):
    """A fault if results would go into a folder of the repository."""
    folder = results_folder(config).resolve()
    inside = ROOT.resolve()
    own = [inside / name for name in OWN_FOLDERS]
    if folder == inside or any(
        folder == path or path in folder.parents for path in own
    ):
        return [
            f"pathvars.results: {results_folder(config)} is a folder of the workflow itself; "
            "name another one, such as results or runs/astro"
        ]
    return []


def llm_fault(config):
    """A fault if a language model is to be asked whose name is not given."""
    llm = config.get("llm")
    if not isinstance(llm, dict) or not llm.get("url") or llm.get("model"):
        return []
    return ["llm.model: set it to the name of the model to ask at llm.url"]


def locale_faults(value, key=""):
    """Faults of texts which the locale of this session would garble on their way to the scripts."""
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
        f"{key}: {ascii(value)} needs a UTF-8 locale, and that of this session is {encoding}; "
        "run `export PYTHONUTF8=1` first"
    ]


def canonical(value, schema):
    """The config as plain values in one order: sections as in the schema, globs sorted, numbers of one type.

    Snakemake compares params by their text, in which `{a: 1, b: 2}` and `{b: 2, a: 1}` differ, and so
    do 30 and 30.0.
    """
    if isinstance(value, dict) and "propertyNames" in schema:
        return {key: value.get(key) for key in schema["propertyNames"]["enum"]}
    if isinstance(value, dict):
        keys = schema["properties"].items()
        return {
            key: canonical(value[key], entry) for key, entry in keys if key in value
        }
    if isinstance(value, list):
        return sorted(value) if schema.get("uniqueItems") else list(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value) if "number" in schema["type"] else int(value)
    return value


def settings(section):
    """The keys of a config section that decide what a step computes, in the order of the schema.

    Keys that are `execution_only` in the schema are left out, so that a change of them re-runs
    nothing.
    """
    keys = SCHEMA["properties"][section]["properties"]
    return {
        key: config[section][key]
        for key, entry in keys.items()
        if not entry.get("execution_only")
    }


def execution(section):
    """The keys that `settings` leaves out, as params that Snakemake does not track.

    Snakemake does not track the value of a params function that takes `threads`.
    """

    def keys(wildcards, threads):
        tracked = settings(section)
        return {k: value for k, value in config[section].items() if k not in tracked}

    return keys


def changed_keys(config, schema, prefix=""):
    """The config keys, as `section.key`, whose values are not the defaults of the schema."""
    changed = {}
    for key, entry in schema["properties"].items():
        if "properties" in entry:
            changed |= changed_keys(config[key], entry, f"{prefix}{key}.")
        elif config[key] != entry["default"]:
            changed[prefix + key] = config[key]
    return changed
