"""The schema of the config, what is written from it, the presets, and messages for mistakes."""

import copy
import json
import os
import shlex
import shutil
import subprocess

import pytest
import yaml
from jsonschema import Draft202012Validator
from snakemake.exceptions import WorkflowError

import document
from conftest import ENVIRONMENT, ROOT, as_lines, paper
from lib.workflow import checks, requests
from lib.workflow import config as configs
from workflow import copy_project, sample_lines, snakemake

SCHEMA = yaml.safe_load((ROOT / "rules" / "config.schema.yaml").read_text())
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


def check(config: dict) -> dict:
    """The config as the rules see it."""
    return configs.complete(copy.deepcopy(config), SCHEMA, ROOT)


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


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a folder of monthly files, and others that lie there."""
    for name in ("2026-02.jsonl", "2026-01.csv", ".hidden.csv", "README.md", "x.csv.md5", "more/2026-03.ris"):
        file = tmp_path / "monthly" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x" * 1000)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "monthly"


@pytest.mark.parametrize(
    ("value", "files"),
    [
        ("monthly", ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/", ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/2026-*", ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/**/*.ris", ["more/2026-03.ris"]),
        (["monthly/2026-02.jsonl", "monthly/2026-01.csv"], ["2026-01.csv", "2026-02.jsonl"]),
        (["monthly/*.csv", "monthly/2026-01.csv", "monthly"], ["2026-01.csv", "2026-02.jsonl"]),
        ("monthly/2026-01.csv", ["2026-01.csv"]),
    ],
)
def test_input_is_files_in_one_order(folder, value, files):
    expected = [f"monthly/{name}" for name in files]
    assert check({"input": value})["input"] == (expected if len(expected) > 1 else expected[0])


def test_the_papers_of_all_files_are_expected(folder):
    config = check({"input": "monthly", "pathvars": {"results": "none"}})
    one = check({"input": "monthly/2026-02.jsonl", "pathvars": {"results": "none"}})
    assert requests.papers_of_corpus(config) == 2 * requests.papers_of_corpus(one)


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


@pytest.fixture
def read_only(tmp_path):
    """A folder in which nobody can write; root needs a file system for that."""
    folder = tmp_path / "read-only"
    folder.mkdir(mode=0o500)
    if os.geteuid():
        yield folder
        return
    mount = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_results_that_cannot_be_written_are_refused_at_the_start(read_only, tmp_path):
    config = f"input: data/papers.jsonl\npathvars: {{results: {read_only}/runs/one}}\n"
    folder = copy_project(tmp_path / "project", sample_lines(30), config)
    command = ["snakemake", "--cores", "1", "--configfile", "mine.yaml"]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=120
    )
    assert result.returncode != 0 and "Traceback" not in result.stderr
    assert f"pathvars.results: {read_only} cannot be written to" in result.stderr
    assert "checkpoint clean" not in result.stderr  # no job was started


def test_a_mistake_ends_snakemake_without_a_traceback():
    command = ["snakemake", "-n", "--cores", "1", "--config", "cluster={kk: 5}"]
    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=120
    )
    said = result.stdout + result.stderr  # a dry run logs to stdout
    assert result.returncode != 0 and "Traceback" not in said
    assert "WorkflowError" in said and "cluster.kk: unknown key; did you mean 'k'?" in said


@pytest.mark.parametrize(("title", "sound"), [("Größe 量子", False), ("A title", True)])
def test_texts_that_the_locale_cannot_pass_on_are_refused(title, sound, tmp_path):
    (tmp_path / "mine.yaml").write_text(
        f"plot: {{title: {title}}}\npathvars: {{results: {tmp_path}}}", "utf-8"
    )
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    result = subprocess.run(
        ["snakemake", "-n", "--cores", "1", "--configfile", tmp_path / "mine.yaml"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env=ENVIRONMENT | ascii_only,
        check=False,
        timeout=120,
    )
    said = result.stdout + result.stderr
    assert (result.returncode == 0) == sound and "Traceback" not in said
    assert (r"plot.title: 'Gr\xf6\xdfe \u91cf\u5b50' needs a UTF-8 locale" in said) != sound


@pytest.mark.parametrize(
    "name",
    [
        "a b.jsonl",
        'it\'s "q".jsonl',
        "-x.jsonl",
        "a,b.jsonl",
        "#1.jsonl",
        "größe 量子.jsonl",
        "$HOME;*&.jsonl",
    ],
)
def test_input_of_any_other_name_reaches_clean(name, tmp_path):
    """From the config through Snakemake and the shell to the script."""
    records = [paper(f"2301.{i:05d}") for i in range(12)]
    (tmp_path / name).write_bytes(as_lines(*records))
    for folder in ("rules", "scripts", "envs", "data", "profiles", "docs"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    for file in ("Snakefile", "config.yaml", "CITATION.cff"):
        (tmp_path / file).symlink_to(ROOT / file)
    (tmp_path / "mine.yaml").write_text(json.dumps({"input": name, "pathvars": {"results": "größe/a,b=c"}}))
    snakemake(tmp_path, "--until", "clean")
    ledger = json.loads((tmp_path / "größe/a,b=c/corpus/ledger.json").read_text("utf-8"))
    assert ledger["input"] == name and ledger["lines"] == 12


def dry(*settings: str) -> str:
    """What `make -n run` says: it checks its variables and prints the commands that it would run."""
    command = ["make", "--no-print-directory", "-n", "run", "CORES=1", *settings]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return result.stdout + result.stderr


def test_make_passes_input_results_and_config_on():
    said = dry("INPUT=a.jsonl", "RESULTS=runs/a", "CONFIG=cluster='{k: 7}'")
    assert """--config 'input=a.jsonl' 'pathvars={results: "runs/a"}' cluster='{k: 7}'""" in said
    assert "--config" not in dry("ARGS=-n")
    assert "pass config keys as CONFIG" in dry("INPUT=a.jsonl", "ARGS=--config x=1")


@pytest.mark.parametrize("setting", ["cluster.k=25", "k=25", "cluster", "cluster: {k: 25}", "=25"])
def test_make_refuses_config_that_snakemake_cannot_read(setting):
    said = dry(f"CONFIG=plot='{{title: a.b=c}}' {setting}")
    (line,) = said.splitlines()
    assert f"*** CONFIG: {setting.split()[0]}" in line and """write CONFIG="cluster='{k: 25}'\"""" in line


@pytest.mark.parametrize("setting", ["plot='{title: \"a.b = (c)\"}' link='{id}'", "input=a.b.jsonl", ""])
def test_make_accepts_config_that_snakemake_can_read(setting):
    assert "***" not in dry(f"CONFIG={setting}")


@pytest.mark.parametrize("name", ["O'Neil's library.ris", "My Library (1), ü & co.ris", 'the "best".bib'])
@pytest.mark.parametrize("target", [["run"], ["update", "NAME=x"], ["assign"]])
def test_make_passes_any_name_of_a_file_on(name, target):
    command = ["make", "--no-print-directory", "-n", *target, "CORES=1", f"INPUT={name}"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {f"input={name}", f"--input={name}"} & set(shlex.split(said))


@pytest.mark.parametrize(
    ("settings", "listed"),
    [([], True), (["ARGS=-n"], False), (["ARGS=--quiet -np"], False), (["ARGS=--dry-run"], False)],
)
def test_make_export_lists_what_it_wrote(tmp_path, settings, listed):
    """With another `snakemake`, which does nothing; make finds it in its environment."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/snakemake").symlink_to("/bin/true")
    results = tmp_path / "my runs (a) & b"
    (results / "exchange").mkdir(parents=True)
    command = ["make", "--no-print-directory", f"--old-file={tmp_path}/.run", "export", f"VENV={tmp_path}"]
    command += [f"RESULTS={results}", *settings]
    options = {"cwd": ROOT, "capture_output": True, "text": True, "env": ENVIRONMENT}
    unfinished = subprocess.run(command, **options, check=False)
    assert unfinished.returncode and "is not the folder of a finished run" in unfinished.stderr
    (results / "papers.parquet").touch()
    absent = subprocess.run(command, **options, check=False)
    assert ("exchange" in absent.stderr) == listed  # a folder without files is told
    (results / "exchange/ris.zip").touch()
    made = subprocess.run(command, **options, check=True)
    assert made.stdout == (f"Result: {results}/exchange/ris.zip\n" if listed else "")


def test_make_refuses_a_config_file_that_does_not_exist():
    for flag in ("--configfile absent.yml", "--configfile=absent.yml", "--configfile config.yaml absent.yml"):
        (line,) = dry(f"ARGS={flag} -n").splitlines()
        assert "*** no such file: absent.yml" in line
    assert "***" not in dry("ARGS=--configfile presets/arxiv.yaml --configfile=config.yaml absent.jsonl -n")


def test_make_refuses_variables_that_it_does_not_know():
    (line,) = dry("INPUTS=a.jsonl", "RESULT=x", "CONFIG=cluster='{k: 7}'").splitlines()
    assert "*** unknown: INPUTS RESULT;" in line or "*** unknown: RESULT INPUTS;" in line
    assert "INPUT RESULTS CONFIG ARGS" in line
    assert "***" not in dry(
        "INPUT=a", "RESULTS=b", "ARGS=-n", "PAPERS=p", "CACHE=c", "CORPUS=d", "VENV=.venv"
    )


def test_make_run_passes_on_what_it_is_given(tmp_path):
    """Make in a folder where nothing is set up: `snakemake` is a stand-in that prints its arguments."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    stand_in = tmp_path / "bin" / "snakemake"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\nfor each in "$@"; do echo "[$each]"; done\n')
    stand_in.chmod(0o755)

    def run(*settings: str) -> list[str]:
        # of .venv make takes the time only
        command = ["make", "--no-print-directory", "--old-file=.venv/.run", "run", *settings]
        env = ENVIRONMENT | {"PATH": f"{stand_in.parent}:{ENVIRONMENT['PATH']}"}
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()

    assert run("ARGS=-n")[2:] == ["[--logger]", "[steps]", "[-n]"]
    assert run("RESULTS=runs/a", "K=25")[4:] == [
        "[--config]",
        '[pathvars={results: "runs/a"}]',
        "[cluster={k: 25}]",
    ]


def test_make_update_names_the_run_it_follows_and_prints_the_news(tmp_path):
    """`snakemake` is a stand-in that prints its arguments."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "tools").symlink_to(ROOT / "tools")
    (tmp_path / "scripts").symlink_to(ROOT / "scripts")
    stand_in = tmp_path / "bin" / "snakemake"
    stand_in.parent.mkdir()
    stand_in.write_text('#!/bin/sh\nfor each in "$@"; do echo "[$each]"; done\n')
    stand_in.chmod(0o755)

    def update(*settings: str) -> list[str]:
        command = ["make", "--no-print-directory", "--old-file=.venv/.run", "update", *settings]
        env = ENVIRONMENT | {"PATH": f"{stand_in.parent}:{ENVIRONMENT['PATH']}"}
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=env, check=False)
        return result.stdout.splitlines() if result.returncode == 0 else result.stderr.splitlines()

    first = update("NAME=2026-08", "INPUT=a b.zip", "CONFIG=cluster='{k: 25}'", "ARGS=-n")
    assert first[0] == "Previous: none is finished, so that this run starts a chain"
    folder = '[pathvars={results: "runs/2026-08"}]'
    assert first[5:] == ["[--config]", "[input=a b.zip]", folder, "[cluster={k: 25}]", "[-n]"]

    for name in ("clusters/assignments.parquet", "clusters/cluster.json", "topics/topics.parquet"):
        (tmp_path / "runs/2026-08" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "runs/2026-08" / name).touch()
    (tmp_path / "runs/2026-08/map").mkdir()
    for name in ("coordinates.parquet", "project.json"):
        (tmp_path / "runs/2026-08/map" / name).touch()
    (tmp_path / "runs/2026-08/report.html").touch()
    (tmp_path / "runs/2026-09/logs").mkdir(parents=True)
    (tmp_path / "runs/2026-09/logs/changes.log").write_text("16 of 17 topics go on.\n")
    (tmp_path / "runs/2026-09/map.png").touch()
    second = update("NAME=2026-09")
    assert second[0] == "Previous: runs/2026-08"
    folder = '[pathvars={results: "runs/2026-09"}]'
    assert second[5:8] == ["[--config]", folder, "[previous=runs/2026-08]"]
    assert second[8:] == ["16 of 17 topics go on."]
    assert "error: name the new run" in update()[0]
    assert "is finished; choose another name" in update("NAME=2026-08")[0]


def test_the_earlier_run_has_one_spelling_and_a_name_that_snakemake_can_read():
    assert check({"input": "data/sample.jsonl.gz", "previous": "./runs/../runs/a/"})["previous"] == "runs/a"
    with pytest.raises(WorkflowError, match="previous: "):
        check({"input": "data/sample.jsonl.gz", "previous": "runs/{a}"})
