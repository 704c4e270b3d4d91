"""The schema of the config, what is written from it, the presets, and messages for mistakes."""

import copy
import json
import subprocess

import pytest
import yaml
from jsonschema import Draft202012Validator
from snakemake.exceptions import WorkflowError

import document
from conftest import ENVIRONMENT, ROOT
from lib.workflow import checks
from lib.workflow import config as configs
from workflow import SCHEMA, check

CONFIG = yaml.safe_load((ROOT / "config.yaml").read_text())


def leaves(schema: dict, prefix: str = "") -> dict[str, dict]:
    """The keys of the config as `section.key`, with their schemas."""
    found = {}
    for key, entry in schema["properties"].items():
        deeper = leaves(entry, f"{prefix}{key}.") if "properties" in entry else {prefix + key: entry}
        found |= deeper
    return found


def flat(config: dict, prefix: str = "") -> dict:
    """The values of the config as `section.key`."""
    found = {}
    for key, value in config.items():
        nested = isinstance(value, dict) and prefix + key not in leaves(SCHEMA)
        found |= flat(value, f"{prefix}{key}.") if nested else {prefix + key: value}
    return found


@pytest.fixture
def warnings(monkeypatch) -> list[str]:
    """What is warned of."""
    texts: list[str] = []
    monkeypatch.setattr(checks.logger, "warning", texts.append)
    return texts


@pytest.mark.parametrize("path", document.pages(), ids=lambda path: path.name)
def test_written_files_are_up_to_date(path):
    assert path.read_text() == document.pages()[path], "run `make docs`"


def test_config_has_the_keys_and_defaults_of_the_schema():
    assert flat(CONFIG) == {key: entry["default"] for key, entry in leaves(SCHEMA).items()}


def test_configuration_page_names_every_key_with_its_default():
    rows = [line.split(" | ") for line in (ROOT / "docs" / "configuration.md").read_text().splitlines()]
    named = {
        row[0].strip("| †`"): yaml.safe_load(row[1].strip("`")) for row in rows if row[0].startswith("| `")
    }
    assert named == {key: entry["default"] for key, entry in leaves(SCHEMA).items()}


def test_table_of_the_readme_has_the_defaults_of_the_schema():
    keys = leaves(SCHEMA)
    rows = [line.strip("| ").split(" | ") for line in (ROOT / "README.md").read_text().splitlines()]
    rows = [row for row in rows if len(row) == 3 and row[0].strip("`") in keys]
    assert len(rows) >= 8
    for key, _, default in rows:
        entry = keys[key.strip("`")]
        assert yaml.safe_load(default.strip("`").replace("—", "null")) == entry["default"], key


@pytest.mark.parametrize("key", leaves(SCHEMA))
def test_every_key_is_described_and_its_default_is_valid(key):
    entry = leaves(SCHEMA)[key]
    assert entry["description"].endswith(".")
    Draft202012Validator(entry).validate(entry["default"])


def test_sections_refuse_unknown_keys():
    for section in [SCHEMA, *SCHEMA["properties"].values()]:
        if "properties" in section:
            assert section["additionalProperties"] is False and section["description"]


@pytest.mark.parametrize("preset", sorted(path.name for path in (ROOT / "presets").glob("*.yaml")))
def test_presets_are_valid(preset):
    settings = yaml.safe_load((ROOT / "presets" / preset).read_text())
    Draft202012Validator(SCHEMA).validate({"input": "mine.jsonl"} | settings)


MISTAKES = {
    "misspelt key": ({"cluster": {"kk": 5}}, "cluster.kk", "did you mean 'k'"),
    "misspelt section": ({"clusters": {"k": 5}}, "clusters", "did you mean 'cluster'"),
    "key without its section": ({"results": "x"}, "results: unknown key; did you mean 'pathvars.results'?"),
    "key of several sections": ({"gpus": 1}, "did you mean 'embed.gpus' or 'neighbors.gpus' or"),
    "wrong type": ({"cluster": {"k": "many"}}, "cluster.k", "'many'"),
    "negative number": ({"keywords": {"top": -3}}, "keywords.top", "-3"),
    "unknown choice": ({"project": {"method": "pca"}}, "project.method", "umap"),
    "not a date": ({"clean": {"since": "2015-13"}}, "clean.since"),
    "a day as a number": ({"clean": {"since": 20150101}}, "clean.since"),
    "impossible date": ({"clean": {"since": "2015-02-31"}}, "clean.since"),
    "missing input": ({"input": "absent.json"}, "input", "absent.json"),
    "pattern without a file": ({"input": "absent-*.csv"}, "input: no file matches the pattern: absent-*.csv"),
    "one missing of a list": ({"input": ["data/sample.jsonl.gz", "b.ris"]}, "input: no such file: b.ris"),
    "folder without papers": ({"input": "docs/measurements"}, "input: no file of papers in the folder"),
    "empty list": ({"input": []}, "input: [] should be non-empty"),
    "number as input": ({"input": 5}, "input: 5 is not of type"),
    "missing words": ({"terms": {"stop_words": "absent.txt"}}, "terms.stop_words", "absent.txt"),
    "section that is a number": ({"embed": 5}, "embed"),
    "results in the scripts": ({"pathvars": {"results": "scripts/out"}}, "pathvars.results", "runs/astro"),
    "results in the root": ({"pathvars": {"results": "."}}, "pathvars.results", "of the workflow itself"),
    "results below a file": (
        {"pathvars": {"results": "config.yaml/r"}},
        "pathvars.results",
        "is a file, not a folder",
    ),
    "results with a space": ({"pathvars": {"results": "a b"}}, "pathvars.results", "letters, digits"),
    "results with a quote": ({"pathvars": {"results": "it's"}}, "pathvars.results", "letters, digits"),
    "results that look like a flag": ({"pathvars": {"results": "-r"}}, "pathvars.results", "letters, digits"),
    "results with a variable": ({"pathvars": {"results": "$HOME/x"}}, "pathvars.results", "letters, digits"),
    "results in the home folder": ({"pathvars": {"results": "~/x"}}, "pathvars.results", "letters, digits"),
    "results with a brace": ({"pathvars": {"results": "a{b}"}}, "pathvars.results", "letters, digits"),
    "input with a brace": ({"input": "{x}.jsonl"}, "input: {x}.jsonl", "< > { }", "rename"),
    "input with a path variable": ({"input": "<results>/x.jsonl"}, "input: <results>", "< > { }", "rename"),
    "no list of the language": (
        {"terms": {"stop_words": ["en", "xx"]}},
        "terms.stop_words",
        "language xx",
        "de, ",
    ),
    "missing list among several": (
        {"terms": {"stop_words": ["auto", "absent.txt"]}},
        "terms.stop_words",
        "absent.txt",
    ),
    "synonyms without heading": (
        {"terms": {"synonyms": "README.md"}},
        "terms.synonyms: the first line of",
        "lacks label and replace by",
    ),
    "other columns": (
        {"label": {"category_names": "data/words/stop_words.txt"}},
        "label.category_names: the first line of",
        "lacks category and name",
    ),
    "words in one": ({"terms": {"more_stop_words": ["two words"]}}, "terms.more_stop_words"),
    "missing synonyms": ({"terms": {"synonyms": "absent.txt"}}, "terms.synonyms", "absent.txt"),
    "words with a brace": ({"terms": {"stop_words": "a{.txt"}}, "terms.stop_words: a{.txt", "rename"),
    "another path variable": ({"pathvars": {"logs": "x"}}, "pathvars.logs", "unknown key"),
    "misspelt field": ({"clean": {"fields": {"titel": "x"}}}, "clean.fields.titel", "did you mean 'title'?"),
    "unknown field": ({"clean": {"fields": {"x": "y"}}}, "clean.fields.x", "known are id, title, abstract"),
    "a language model without its name": ({"llm": {"url": "http://localhost:1/v1"}}, "llm.model: set it"),
    "an address with a password": ({"llm": {"url": "https://me:pw@x.org", "model": "m"}}, "llm.url"),
    "a key": ({"llm": {"key_variable": "sk-1"}}, "llm.key_variable: the value is not the name"),
    "field that is a number": ({"clean": {"fields": {1: "y"}}}, "clean.fields.1: unknown key"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_named(case):
    config, *said = MISTAKES[case]
    with pytest.raises(WorkflowError) as caught:
        check({"input": "data/sample.jsonl.gz"} | config)
    for text in said:
        assert text in str(caught.value)
    assert "()" not in str(caught.value)


def test_a_key_in_place_of_its_variable_is_not_shown():
    with pytest.raises(WorkflowError) as caught:
        check({"input": "data/sample.jsonl.gz", "llm": {"key_variable": "sk-very-secret"}})
    assert "secret" not in str(caught.value)


def test_all_mistakes_are_named_at_once():
    config = {"input": "absent", "cluster": {"k": 0, "sed": 1}, "plot": {"dpi": "x"}}
    with pytest.raises(WorkflowError) as caught:
        check(config)
    assert all(key in str(caught.value) for key in ("input", "cluster.k", "cluster.sed", "plot.dpi"))


def test_values_of_the_command_line_are_converted():
    config = copy.deepcopy(CONFIG)
    config["clean"]["since"] = yaml.safe_load("2015-01-01")
    config["cluster"]["k"] = "25"
    config["select_k"]["candidates"] = ["5", 7]
    config["clean"]["limit"] = "null"
    config["clean"]["fields"] = {"title": "name", "published": "null"}
    config["terms"] = None  # a section of comments alone
    config = check(config)
    fields = config["clean"]["fields"]
    assert fields.pop("title") == "name" and set(fields.values()) == {None}
    assert config["terms"] == CONFIG["terms"]
    assert config["clean"]["since"] == "2015-01-01" and config["cluster"]["k"] == 25
    assert config["select_k"]["candidates"] == [5, 7] and config["clean"]["limit"] is None


@pytest.mark.parametrize(
    ("value", "first", "last"),
    [
        (2020, "2020-01-01", "2020-12-31"),
        ("2020", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2020-02-03", "2020-02-03", "2020-02-03"),
        (None, None, None),
        ("null", None, None),
    ],
)
def test_a_year_or_month_is_a_whole_one(value, first, last):
    config = copy.deepcopy(CONFIG)
    config["clean"] |= {"since": value, "until": value}
    clean = check(config)["clean"]
    assert (clean["since"], clean["until"]) == (first, last)


def test_params_are_the_keys_that_decide_a_result_in_the_order_of_the_schema():
    backwards = {
        name: dict(reversed(section.items())) for name, section in CONFIG.items() if isinstance(section, dict)
    }
    for name, section in backwards.items():
        keys = SCHEMA["properties"][name]["properties"]
        decide = [key for key, entry in keys.items() if not entry.get("execution_only")]
        assert list(configs.settings(backwards, SCHEMA, name)) == decide
    machine = {"device", "batch_tokens", "cache", "parts", "gpus", "image"}
    embed = configs.settings(CONFIG, SCHEMA, "embed")
    assert machine == set(configs.execution(CONFIG, SCHEMA, "embed"))
    assert machine.isdisjoint(embed) and "precision" in embed


def test_what_means_the_same_is_the_same_text():
    """Snakemake compares params by their text."""
    plain = copy.deepcopy(CONFIG)
    plain["clean"]["categories"] = ["cs.*", "math.AG"]
    plain["project"]["perplexity"] = 30.0

    other = copy.deepcopy(plain)
    other["clean"]["categories"].reverse()
    other["clean"]["fields"] = dict(reversed(other["clean"]["fields"].items()))
    other["project"] |= {"perplexity": 30, "seed": 0.0}
    other = {k: dict(reversed(v.items())) if isinstance(v, dict) else v for k, v in reversed(other.items())}
    assert repr(other) != repr(plain)
    one, two = configs.canonical(plain, SCHEMA), configs.canonical(other, SCHEMA)
    assert repr(one) == repr(two) and one == plain

    # a field that is left out is one that is null
    del other["clean"]["fields"]["updated"]
    plain["clean"]["fields"]["updated"] = None
    assert repr(configs.canonical(plain, SCHEMA)) == repr(configs.canonical(other, SCHEMA))
    other["select_k"]["candidates"] = [7]
    assert repr(configs.canonical(plain, SCHEMA)) != repr(configs.canonical(other, SCHEMA))


def test_more_topics_than_papers_are_refused_before_anything_is_encoded(tmp_path):
    """The digest says how many papers there are."""
    file = tmp_path / "papers.digest"
    file.write_text("0123abcd  30 papers\n")
    for k in (None, 30):
        checks.check_number_of_topics(file, {"cluster": {"k": k}})
    with pytest.raises(WorkflowError, match=r"cluster\.k: 31 topics of 30 papers"):
        checks.check_number_of_topics(file, {"cluster": {"k": 31}})


def test_warnings_of_steps_are_shown_once(warnings, tmp_path):
    (tmp_path / "logs/embed").mkdir(parents=True)
    for part in (0, 1):
        (tmp_path / f"logs/embed/{part}.log").write_text("80%|\rwarning: half precision\n3 papers\n")
    (tmp_path / "logs/clean.log").write_text("3 lines\nwarning: no dates\n")
    checks.warn_of_steps({"pathvars": {"results": str(tmp_path)}})
    shown = [text.partition(" (")[0] for text in warnings]
    assert shown == ["warning: no dates", "warning: half precision"] and "clean.log" in warnings[0]


def test_another_corpus_in_the_same_folder_is_announced(warnings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ledger = tmp_path / "results" / "corpus" / "ledger.json"
    ledger.parent.mkdir(parents=True)
    warn = checks.warn_of_another_corpus
    ledger.write_text(json.dumps({"input": "sample.jsonl.gz", "settings": CONFIG["clean"]}))
    warn(CONFIG)
    assert not warnings
    warn(CONFIG | {"input": "other/mine.jsonl", "clean": CONFIG["clean"] | {"limit": 9}})
    (text,) = warnings
    assert "results holds the map of sample.jsonl.gz" in text
    assert "input, clean.limit" in text and "make run RESULTS=" in text
    several = CONFIG | {"input": ["x/a.csv", "x/b.ris"]}
    ledger.write_text(json.dumps({"input": ["a.csv", "b.ris"], "settings": CONFIG["clean"]}))
    warn(several)
    warn(several | {"input": ["x/a.csv", "x/c.ris"]})
    assert len(warnings) == 2 and "the map of a.csv and 1 other files" in warnings[1]
    ledger.write_text("{")  # the steps that read it name it
    warn(CONFIG | {"input": "x"})
    assert len(warnings) == 2


def test_a_mistake_ends_snakemake_without_a_traceback():
    command = ["snakemake", "-n", "--cores", "1", "--config", "cluster={kk: 5}"]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=120
    )
    said = result.stdout + result.stderr  # a dry run logs to stdout
    assert result.returncode != 0 and "Traceback" not in said
    assert "WorkflowError" in said and "cluster.kk: unknown key; did you mean 'k'?" in said


def test_the_earlier_run_has_one_spelling_and_a_name_that_snakemake_can_read():
    assert check({"input": "data/sample.jsonl.gz", "previous": "./runs/../runs/a/"})["previous"] == "runs/a"
    with pytest.raises(WorkflowError, match="previous: "):
        check({"input": "data/sample.jsonl.gz", "previous": "runs/{a}"})
