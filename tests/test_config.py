"""config.yaml, its schema, the presets, and what is said of a mistake in them."""

import re
import subprocess

import pytest
import yaml
from jsonschema import Draft202012Validator

from conftest import ENVIRONMENT, ROOT

SCHEMA = yaml.safe_load((ROOT / "rules" / "config.schema.yaml").read_text())
CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())
# names that say it all, where the schema's description adds nothing for a reader of config.yaml
SELF_EXPLAINED = {
    "cluster.seed",
    "cluster.sample",
    "label.representatives_per_topic",
    "project.neighbours",
    "project.seed",
    "project.method",
    "plot.dpi",
    "select_k.candidates",
}


def leaves(schema: dict, prefix: str = "") -> dict[str, dict]:
    found = {}
    for key, entry in schema["properties"].items():
        deeper = leaves(entry, f"{prefix}{key}.") if "properties" in entry else {prefix + key: entry}
        found |= deeper
    return found


def flat(config: dict, prefix: str = "") -> dict:
    found = {}
    for key, value in config.items():
        found |= flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
    return found


def snakemake(*flags: str) -> subprocess.CompletedProcess:
    command = ["snakemake", "-n", "--cores", "1", "--directory", str(ROOT), *flags]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=120
    )


def test_config_has_the_keys_and_defaults_of_the_schema():
    defaults = {key: entry.get("default") for key, entry in leaves(SCHEMA).items()}
    assert flat(CONFIG) == defaults


@pytest.mark.parametrize("key", leaves(SCHEMA))
def test_every_key_is_described_and_its_default_is_valid(key):
    entry = leaves(SCHEMA)[key]
    assert entry["description"].endswith(".")
    assert "default" in entry
    Draft202012Validator(entry).validate(entry["default"])


def test_sections_refuse_unknown_keys():
    for section in [SCHEMA, *SCHEMA["properties"].values()]:
        if "properties" in section:
            assert section["additionalProperties"] is False and section["description"]


def test_every_key_of_the_config_is_commented():
    section, bare = "", set()
    before = ""
    for line in (ROOT / "config.yaml").read_text().splitlines():
        if match := re.match(r"( *)(\w+):(.*)", line):
            indent, key, rest = match.groups()
            section = "" if not indent and rest.strip() else (section if indent else f"{key}.")
            # a section of its own needs no comment; a key does, at its side or above
            if (indent or rest.strip()) and "#" not in rest and not before.lstrip().startswith("#"):
                bare.add(f"{section}{key}" if indent else key)
        before = line
    assert bare <= SELF_EXPLAINED


@pytest.mark.parametrize("preset", sorted(path.name for path in (ROOT / "presets").glob("*.yaml")))
def test_presets_are_valid(preset):
    config = yaml.safe_load((ROOT / "presets" / preset).read_text())
    Draft202012Validator(SCHEMA).validate(config)


MISTAKES = {
    "misspelt key": ("cluster={kk: 5}", "cluster.kk", "did you mean 'k'"),
    "misspelt section": ("clusters={k: 5}", "clusters", "did you mean 'cluster'"),
    "wrong type": ("cluster={k: many}", "cluster.k", "'many'"),
    "negative number": ("keywords={top: -3}", "keywords.top", "-3"),
    "unknown choice": ("project={method: pca}", "project.method", "umap"),
    "no date": ("clean={since: 2015}", "clean.since"),
    "impossible date": ("clean={since: 2015-02-31}", "clean.since"),
    "missing input": ("input=absent.json", "input", "absent.json"),
    "section that is a number": ("embed=5", "embed"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named_without_a_traceback(case):
    setting, *said = MISTAKES[case]
    result = snakemake("--config", setting)
    assert result.returncode != 0
    said_all = result.stdout + result.stderr  # a dry run logs to stdout
    assert "WorkflowError" in said_all
    assert "Traceback" not in said_all
    for text in said:
        assert text in said_all


def test_all_mistakes_are_told_at_once_and_good_values_pass():
    result = snakemake("--config", "cluster={k: 0, sed: 1}", "plot={dpi: x}")
    assert all(key in result.stdout + result.stderr for key in ("cluster.k", "cluster.sed", "plot.dpi"))
    result = snakemake(
        "--config", "cluster={k: 7}", "clean={since: 2015-01-01}", "select_k={candidates: [4]}"
    )
    assert result.returncode == 0, result.stderr
