"""Functions for the configuration and for the rules' inputs and resources."""

from datetime import date
from difflib import get_close_matches
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from snakemake.exceptions import WorkflowError

# a package in ~/.local must not stand in for one of the environment's
shell.prefix("export PYTHONNOUSERSITE=1; ")


def settle_types(config, schema):
    """Read what YAML and the command line give otherwise: dates as text, `k: 25` of --config as 25."""
    for key, entry in schema["properties"].items():
        value = config.get(key)
        if isinstance(value, dict) and "properties" in entry:
            settle_types(value, entry)
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


def check_config(config, schema_file):
    """Stop at what the schema refuses, with the key and what to write instead."""
    faults = []
    schema = yaml.safe_load(Path(workflow.basedir, schema_file).read_text())
    settle_types(config, schema)
    for error in Draft202012Validator(
        schema, format_checker=FormatChecker()
    ).iter_errors(config):
        key = ".".join(map(str, error.absolute_path))
        if error.validator == "additionalProperties":
            known = error.schema["properties"]
            for name in sorted(set(error.instance) - set(known), key=str):
                near = get_close_matches(str(name), known, 1)
                hint = (
                    f"did you mean {near[0]!r}?"
                    if near
                    else f"known are {', '.join(known)}"
                )
                faults.append(f"{key + '.' if key else ''}{name}: unknown key; {hint}")
        else:
            faults.append(
                f"{key or 'config'}: {error.message} ({error.schema.get('description', '')})"
            )
    snapshot = config.get("input")
    if isinstance(snapshot, str) and not Path(snapshot).is_file():
        faults.append(
            f"input: no such file: {snapshot}; set it to the snapshot (JSON lines, .gz, .zst or .zip)"
        )
    if faults:
        raise WorkflowError(
            "The configuration (config.yaml, --configfile, --config) has faults:",
            *faults,
        )


def digest(wildcards):
    """papers.digest; asking for it makes the graph be drawn anew once `clean` has run."""
    return checkpoints.clean.get().output.digest


def chosen(wildcards):
    """k.txt: all that hangs on `cluster` asks for it, so that one more candidate runs nothing more."""
    return checkpoints.select_k.get().output.chosen


def lib(*names):
    """Files of scripts/lib: inputs of the rules, so that a change in one runs these again."""
    return [f"scripts/lib/{name}.py" for name in names]


def scaled(mb):
    """Memory that doubles, triples, … with each attempt, for a profile that retries."""

    def memory(wildcards, attempt):
        return mb * attempt

    return memory
