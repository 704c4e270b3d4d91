"""What runs again after which change: the table in docs/reruns.md, asserted row by row.

What should run is derived from the rules: the steps that read what changed, and all below them. What does
run is what Snakemake says, in a copy of a finished project per case. `UPDATE=1 python -m pytest -n 0
tests/test_reruns.py -k table` writes the table. `REAL_PARTS=1 KILLS=50 python -m pytest -n 0 -s tests/test_reruns.py
-k kills` is the long version of the last test.
"""

import json
import os
import random
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from itertools import cycle
from pathlib import Path

import pytest
import yaml

from conftest import ABSTRACT, ENVIRONMENT, REAL_PARTS, ROOT, needs_real_parts, script_server
from encoders import tiny_bert
from kills import VICTIMS, Kill, differences, run_killed, run_undisturbed
from rule_tables import default_rules
from rules import RUN_STEPS, SCRIPTS, env, imports
from workflow import arguments, copy_project, dry_run, ran, read, sample_lines, snakemake

PAGE = ROOT / "docs" / "reruns.md"
SCHEMA = yaml.safe_load((ROOT / "rules" / "config.schema.yaml").read_text())
BEFORE = {
    "facets": "clean",
    "digest": "clean",
    "metadata": "clean",
    "chosen": "select_k",
}  # input functions that ask a checkpoint
PAPERS = 150
# There are too few papers for the second candidate. K is therefore 3 on any processor and with any seed.
CONFIG = """\
input: data/papers.jsonl
embed: {model: model, max_tokens: 32, device: cpu, precision: float32}
scan_k: {sample: 100}
select_k: {candidates: [3, 70]}
cluster: {n_init: 8, smooth: 0}
terms: {min_count: 3}
project: {method: tsne}
plot: {dpi: 50}
"""
OTHER = CONFIG.replace("max_tokens: 32", "max_tokens: 24") + "clean: {limit: 110}\n"


# What should run


@cache
def above(step: str) -> frozenset[str]:
    """The steps whose files a step reads."""
    made = {
        r"\w+".join(map(re.escape, re.split(r"\{[^}]*\}", str(path)))): name  # wildcards
        for name, rule in default_rules().items()
        for path in rule.output
    }
    found = set()
    for item in default_rules()[step].input:
        if callable(item):
            found.add(BEFORE[item.__name__])
        else:
            found |= {name for pattern, name in made.items() if re.fullmatch(pattern, str(item))}
    return frozenset(found)


def below(steps: Iterable[str]) -> set[str]:
    """Steps, and all that read what they write, directly or not."""
    found = set(steps)
    while more := {step for step in RUN_STEPS if above(step) & found} - found:
        found |= more
    return found


def using(file: str) -> set[str]:
    """The steps that have a file as their script, a module, an environment or another input."""
    return {
        step
        for step in RUN_STEPS
        if ROOT / file in imports(SCRIPTS / f"{step}.py")[0]
        or file in (f"scripts/{step}.py", str(env(default_rules()[step]).relative_to(ROOT)))
        or file in map(str, default_rules()[step].input)
    }


# The cases


@dataclass
class Case:
    """A change, its row of the table, and what should run.

    Attributes
    ----------
    runs : the steps that should run, or a function that derives them from the rules when the test runs
    encoded : texts that are encoded again; None: all
    change : of the copy of the project
    flags : of snakemake
    """

    what: str
    runs: set[str] | Callable[[], set[str]]
    change: Callable[[Path], object] = lambda folder: None
    flags: tuple[str, ...] = ()
    encoded: int | None = 0

    @property
    def expected(self) -> set[str]:
        """The steps that should run."""
        return self.runs() if callable(self.runs) else self.runs


def append(file: str, text: str) -> Callable[[Path], object]:
    """Add a line to a file."""

    def change(folder: Path) -> None:
        with (folder / file).open("a") as stream:
            stream.write(text + "\n")

    return change


def replace(file: str, old: str, new: str) -> Callable[[Path], object]:
    """Change the text of a file."""

    def change(folder: Path) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))

    return change


def delete(*names: str) -> Callable[[Path], object]:
    """Delete files or folders."""

    def change(folder: Path) -> None:
        for name in names:
            path = folder / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    return change


def edit_papers(edit: Callable[[list[dict]], object]) -> Callable[[Path], object]:
    """Change the records of the snapshot."""

    def change(folder: Path) -> None:
        path = folder / "data" / "papers.jsonl"
        records = [json.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        edit(records)
        path.write_bytes(b"".join(json.dumps(record).encode() + b"\n" for record in records) + BLANK)

    return change


def touch(*patterns: str) -> Callable[[Path], object]:
    """Give files the time of now."""

    def change(folder: Path) -> None:
        for pattern in patterns:
            for path in folder.glob(pattern):
                path.touch()

    return change


# Snakemake compares files below 1 MB by content; real snapshots are larger
BLANK = b" " * 1_100_000 + b"\n"
ALL = set(RUN_STEPS)
NEW = {"id": "9912.99999", "title": "A paper that was not there before", "abstract": ABSTRACT}
WITHDRAWN = "This paper has been withdrawn by the author due to a crucial error in the main equation."
SOURCES = ("rules/*", "scripts/**/*.py", "scripts/**/*.html", "envs/*", "data/words/*", "Snakefile", "*.yaml")


def other_value(section: str) -> str:
    """A config key of a section and another value for it: `plot={dpi: 51}`."""
    base = yaml.safe_load(CONFIG).get(section, {})
    for key, entry in SCHEMA["properties"][section]["properties"].items():
        value = base.get(key, entry["default"])
        if not entry.get("execution_only") and type(value) is int:
            return f"{section}={{{key}: {value + 1}}}"
        if section == "works":
            return f"works={{{key}: {next(other for other in entry['enum'] if other != value)}}}"
    raise LookupError(section)


SHARED = {  # keys that other steps than that of their section read
    "scan_k={sample: 101}": {"smooth"},
    "cluster={smooth: 2}": {"smooth", "cluster"},
    "llm={model: another}": {"label"},
}
SECTIONS = [
    name
    for name, entry in SCHEMA["properties"].items()
    if "properties" in entry and name not in ("pathvars", "select_k", "llm")
]
KEYS = [other_value(section) for section in SECTIONS] + list(SHARED)[1:]
RUN_ONLY = "embed={device: auto, batch_tokens: 2048, cache: elsewhere, gpus: 1, image: x.sif}"
EDITED = {
    "scripts/plot.py": "a script",
    "scripts/embed.py": "the script of `embed`",
    "scripts/lib/lloyd.py": "a module of several steps",
    "scripts/lib/cli.py": "the module of all steps",
    "scripts/lib/naming/schema.py": "the schema of topics.csv",
    "scripts/templates/report.html": "a template",
    "data/words/stop_words.txt": "the stop words",
    "envs/map.yaml": "an environment",
}
DELETED = [
    "embeddings/embeddings.npy",
    "clusters/assignments.parquet",
    "topics/trends.png",
    "map.html",
    "evaluation/evaluation.json",
]


def below_file(name: str) -> set[str]:
    """The steps that run when a file of the results is deleted; vectors come back from the cache by `embed`."""
    rules = default_rules()
    writer = next(step for step in RUN_STEPS if f"results/{name}" in map(str, rules[step].output))
    return below({"embed"} if name.startswith("embeddings/") else {writer})


def below_metadata() -> set[str]:
    """The steps that run when a date or a category changes, but no text."""
    readers = {
        step
        for step in RUN_STEPS
        if any(getattr(f, "__name__", "") == "metadata" for f in default_rules()[step].input)
    }
    assert readers >= {"label", "trends", "explore", "evaluate"} and not readers & {"embed", "cluster"}
    return {"clean"} | below(readers)


def cases() -> list[Case]:
    """All rows of the table."""
    some = [
        Case("nothing", set()),
        Case("other cores (`--cores 1`)", set(), flags=("--cores", "1")),
        Case("all scripts, rules, environments and word lists touched", set(), touch(*SOURCES)),
        Case("snapshot touched (1 MB or more)", {"clean"}, touch("data/papers.jsonl")),
        Case(
            "snapshot with its lines in another order",
            {"clean", "report", "methods"},
            edit_papers(lambda r: r.reverse()),
        ),
        Case("one paper added", ALL, edit_papers(lambda r: r.append(r[0] | NEW)), encoded=1),
        Case("one paper edited", ALL, edit_papers(lambda r: r[9].update(title="Another title")), encoded=1),
        Case("one paper withdrawn", ALL, edit_papers(lambda r: r[9].update(abstract=WITHDRAWN))),
        Case(
            "one paper in another category",
            below_metadata,
            edit_papers(lambda r: r[9].update(categories="cs.XX")),
        ),
        Case(
            "the date of one paper corrected",
            below_metadata,
            edit_papers(lambda r: r[9].update(versions=[{"created": "Mon, 2 Apr 2001 18:09:58 GMT"}])),
        ),
        Case(
            "an author of one paper corrected",
            lambda: {"clean"} | below({"works"}),
            edit_papers(lambda r: r[9].update(authors="A. Lee", authors_parsed=[["Lee", "A.", ""]])),
        ),
        Case(
            "`clean={facets: [doi]}`",
            lambda: {"clean"} | below({"works"}),
            flags=("--config", "clean={facets: [doi]}"),
        ),
    ]
    for file, what in EDITED.items():
        mark = "<!-- a comment -->" if file.endswith("html") else "# a comment"
        some.append(
            Case(f"a comment in {what} (`{file}`)", lambda file=file: below(using(file)), append(file, mark))
        )
    some += [
        Case("a comment in `scripts/lib/cli.py`, then `touch -d 2000-01-01`", set(), comment_and_age),
        Case(
            "a line of code in a script (`scripts/plot.py`)",
            lambda: below({"plot"}),
            append("scripts/plot.py", "X = 1"),
        ),
        Case("a comment in a rule", set(), replace("rules/map.smk", "rule plot:", "# a comment\nrule plot:")),
        Case(
            "the command of all rules (`COMMAND` in `scripts/lib/workflow/steps.py`)",
            set(),
            replace("scripts/lib/workflow/steps.py", "python {input", "python  {input"),
        ),
        Case("threads of all rules", set(), change_threads),
        Case(
            "a default written out (`embed={gpus: 0}`)",
            set(),
            flags=("--config", "embed={gpus: 0}"),
        ),
        Case(
            "keys that decide only how a step runs (device, cache, batch, GPU, image)",
            set(),
            flags=("--config", RUN_ONLY),
        ),
    ]
    for setting in KEYS:
        section = setting.partition("=")[0]
        seeds = SHARED.get(setting, {section})
        expected = {"clean", "report", "methods"} if section == "clean" else partial(below, seeds)
        texts = None if section == "embed" else 0
        some.append(Case(f"`{setting}`", expected, flags=("--config", setting), encoded=texts))
    some += [
        Case(
            "more parts (`embed={parts: 2}`)",
            lambda: below({"embed"}),
            flags=("--config", "embed={parts: 2}"),
        ),
        Case(
            "`seed=2`",
            lambda: below({"scan_k", "cluster", "hierarchy", "project"}),
            flags=("--config", "seed=2"),
        ),
        Case("candidates in another order", set(), flags=("--config", "select_k={candidates: [70, 3]}")),
        Case(
            "one candidate more, and K stays the same",
            {"scan_k", "select_k", "report", "methods"},
            flags=("--config", "select_k={candidates: [3, 70, 80]}"),
        ),
        Case(
            "one candidate less",
            {"select_k", "report", "methods"},
            flags=("--config", "select_k={candidates: [PROPOSED]}"),
        ),
        Case(
            "`cluster.k` set to what was proposed",
            {"select_k", "report", "methods"},
            flags=("--config", "cluster={k: PROPOSED}"),
        ),
    ]
    for name in DELETED:
        some.append(Case(f"`{name}` deleted", partial(below_file, name), delete(f"results/{name}")))
    return [
        *some,
        Case("`clusters/k.json` deleted", {"select_k"}, delete("results/clusters/k.json")),
        Case("`corpus/papers.parquet` deleted", {"clean"}, delete("results/corpus/papers.parquet")),
        Case("the results folder deleted, not the cache", ALL, delete("results")),
        Case("`.snakemake` deleted", set(), delete(".snakemake")),
    ]


def comment_and_age(folder: Path) -> None:
    """Add a comment to a module of all steps, and give the file an early time."""
    append("scripts/lib/cli.py", "# a comment")(folder)
    os.utime(folder / "scripts/lib/cli.py", (946684800, 946684800))


def change_threads(folder: Path) -> None:
    """Ask for other threads in every rule."""
    for path in (folder / "rules").glob("*.smk"):
        path.write_text(re.sub(r"threads: \d+", "threads: 3", path.read_text()))


CASES = cases()


# What does run


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    """The workflow, run once on few papers with a tiny encoder."""
    folder = copy_project(tmp_path_factory.mktemp("project"), [*sample_lines(PAPERS), BLANK], CONFIG)
    (folder / "model").mkdir()
    tiny_bert(folder / "model")
    if REAL_PARTS:
        (folder / "needed.json").write_text(json.dumps(run_undisturbed(folder)))
    else:
        snakemake(folder)
    return folder


def run_checkpoints(folder: Path, flags: tuple[str, ...]) -> set[str]:
    """The steps that run. A dry run shows what follows a checkpoint only once the checkpoint has run."""
    steps = set(dry_run(folder, *flags))
    if "clean" in steps:
        steps = set(ran(snakemake(folder, *flags, "--until", "clean"))) | set(dry_run(folder, *flags))
    if "select_k" in steps and "embed" not in steps and "cluster" in steps:
        again = ran(snakemake(folder, *flags, "--until", "select_k"))
        steps = steps - below({"select_k"}) | set(again) | set(dry_run(folder, *flags))
    return steps & ALL


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
def test_what_runs_again(project, tmp_path, case):
    folder = tmp_path / "copy"
    shutil.copytree(project, folder)
    case.change(folder)
    proposed = str(read(project, "clusters/k.json")["proposed"])
    flags = tuple(flag.replace("PROPOSED", proposed) for flag in case.flags)
    assert run_checkpoints(folder, flags) == case.expected
    encoded = 0
    if "embed" in case.expected:
        snakemake(folder, *flags, "--until", "gather")
        encoded = read(folder, "embeddings/embeddings.json")["cache_misses"]
    papers = read(project, "embeddings/embeddings.json")["cache_misses"]
    assert encoded == (papers if case.encoded is None else case.encoded)


# What must not be missed


def test_all_asks_for_what_the_readme_lists():
    """So that a deleted file comes back."""
    table = (ROOT / "README.md").read_text().partition("| file in `results/`")[2].partition("\n\n")[0]
    listed = {
        name for row in table.splitlines()[2:] for name in re.findall(r"`([\w/]+\.\w+)`", row.split("|")[1])
    }
    asked = set(re.findall(r'"<results>/(.+)"', (ROOT / "Snakefile").read_text().partition("rule all:")[2]))
    assert len(listed) > 12 and listed <= asked


def test_papers_of_other_settings_are_found(project):
    """A cluster job may write papers after Snakemake was killed, whose records are then those of an earlier run."""
    path = project / "results" / "corpus" / "ledger.json"
    before = path.read_bytes()
    ledger = json.loads(before)
    ledger["settings"]["limit"] = 200
    path.write_text(json.dumps(ledger))
    command = ["snakemake", "-n", "--cores", "1", "--configfile", "mine.yaml"]
    try:
        result = subprocess.run(
            command, cwd=project, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=100
        )
        assert result.returncode != 0
        assert "papers.parquet was made with another clean.limit" in result.stdout + result.stderr
        assert dry_run(project, "--forcerun", "clean")["clean"] == 1
        assert dry_run(project, "--config", "clean={limit: 200}")["clean"] == 1  # its records are of no limit
    finally:
        path.write_bytes(before)
    assert dry_run(project) == {}


def test_a_second_run_in_the_folder_stops_and_leaves_the_first_one_alone(project, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(project, folder)
    command = ["snakemake", *arguments("--forcerun", "scan_k", "evaluate")]
    with (folder / "first.log").open("w") as log:
        env = script_server().environment
        first = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=log)
        while not any((folder / ".snakemake" / "locks").glob("*")):
            assert first.poll() is None, (folder / "first.log").read_text()
            time.sleep(0.002)
        first.send_signal(signal.SIGSTOP)  # else it may begin a step, and the second run stop at its file
        second = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, env=ENVIRONMENT, check=False
        )
        first.send_signal(signal.SIGCONT)
        assert first.wait() == 0
    assert second.returncode != 0
    assert "Directory cannot be locked" in second.stdout + second.stderr
    assert {"scan_k", "evaluate"} <= set(ran((folder / "first.log").read_text()))
    assert differences(folder / "results", project / "results") == []


# Kills


@needs_real_parts
def test_kills_change_nothing(project, tmp_path):
    """Passes with two configs in one folder by turns, so that each pass replaces the results of the other.

    In a pass each step is killed once, and the workflow run again until it is done.
    """
    number, seed = int(os.environ.get("KILLS", "3")), int(os.environ.get("SEED", "0"))
    chance = random.Random(seed)
    needed = json.loads((project / "needed.json").read_text())
    folder = tmp_path / "killed"
    shutil.copytree(project, folder)
    delete("results", "cache", ".snakemake")(folder)
    calm = {CONFIG: project / "results"}
    if number > len(needed):
        other = tmp_path / "other"
        shutil.copytree(folder, other)
        (other / "mine.yaml").write_text(OTHER)
        run_undisturbed(other)
        calm[OTHER] = other / "results"
    hits: list[str] = []
    for config in cycle(calm):
        (folder / "mine.yaml").write_text(config)
        if len(calm) == 1 and (folder / "results").exists():  # a kill came too late in the first pass
            delete("results", "cache", ".snakemake")(folder)
        steps = chance.sample(sorted(needed), min(len(needed), number - len(hits)))
        plan = {step: Kill(chance.choice(VICTIMS), chance.uniform(0.2, 0.95)) for step in steps}
        hits += run_killed(folder, plan, needed)
        print(f"{len(hits)} of {number} kills", flush=True)
        assert differences(folder / "results", calm[config]) == []
        if len(hits) >= number:
            return


# The table


def row(case: Case) -> str:
    """A row of the table."""
    for first in RUN_STEPS:
        if case.expected == below({first}) and len(case.expected) > 3:
            jobs = "all steps" if case.expected == ALL else f"`{first}` and all steps below it"
            break
    else:
        jobs = ", ".join(f"`{step}`" for step in RUN_STEPS if step in case.expected) or "none"
    texts = "all" if case.encoded is None else str(case.encoded)
    return f"| {case.what} | {jobs} | {texts} |\n"


def test_the_table_of_the_page_is_that_of_this_file():
    table = "| change | steps that run | texts encoded |\n|---|---|---:|\n" + "".join(map(row, CASES))
    pattern = r"\| change \| steps that run .*\n(?:\|.*\n)+"
    page = PAGE.read_text()
    if os.environ.get("UPDATE"):
        PAGE.write_text(re.sub(pattern, lambda _: table, page))
    assert table in PAGE.read_text(), "run UPDATE=1 python -m pytest tests/test_reruns.py -k table"
