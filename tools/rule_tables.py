"""The tables of steps in the docs, from the rules as Snakemake parses them."""

import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from snakemake.api import SnakemakeApi
from snakemake.settings.types import ConfigSettings, OutputSettings, ResourceSettings, StorageSettings

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from lib.workflow import budget
from lib.workflow.steps import stages

# The corpora of the table of requests. arXiv is encoded on a GPU.
BUNDLED = budget.Size(papers=4464, dim=384, sample=4464, topics=40, parts=1, gflop=0.0212, gpu=False)
ARXIV = budget.Size(papers=2_900_000, dim=1024, sample=100_000, topics=120, parts=8, gflop=0.604, gpu=False)
GPU_STEPS = ("embed", "explain")


def parse_rules(**config: Any) -> dict[str, Any]:
    """The rules of Snakemake by name, without `all`; `config` replaces defaults of the schema."""
    config.setdefault("input", str(ROOT / "data" / "sample.jsonl.gz"))
    with SnakemakeApi(OutputSettings(quiet={"all"})) as api:
        workflow = api.workflow(
            resource_settings=ResourceSettings(),
            config_settings=ConfigSettings(config=config, replace_workflow_config=True),
            storage_settings=StorageSettings(),
            snakefile=ROOT / "Snakefile",
            workdir=ROOT,
        )
        return {rule.name: rule for rule in workflow._workflow.rules if rule.name != "all"}


@cache
def default_rules() -> dict[str, Any]:
    """The rules with the default config, by name; the Snakefile is parsed at the first call."""
    return parse_rules()


def cores_on_slurm(step: str) -> int:
    """The cores that a rule requests with profiles/slurm."""
    profile = yaml.safe_load((ROOT / "profiles/slurm/config.yaml").read_text())
    return profile["set-threads"].get(step) or default_rules()[step].resources["_cores"].value


def files(items: Any, folder: str) -> str:
    """The names of the outputs of a rule; in bold those outside a folder."""
    names = [re.sub(r",[^}]*}", "}", str(item)).removeprefix("results/") for item in items]
    short = [
        f"`{name.removeprefix(folder)}`" if name.startswith(folder) else f"**`{name}`**" for name in names
    ]
    return ", ".join(dict.fromkeys(short))


def step_table() -> str:
    """The steps of each stage: what they do, and which results they write."""
    text = (
        "| stage | step | task | writes in `results/STAGE/` (in bold: in `results/`) |\n|---|---|---|---|\n"
    )
    for stage, steps in stages(ROOT).items():
        for i, step in enumerate(steps):
            rule = default_rules()[step]
            name = f"`{stage}`" if i == 0 else ""
            text += f"| {name} | `{step}` | {rule.docstring} | {files(rule.output, f'{stage}/')} |\n"
    return text


def request_table() -> str:
    """Cores, memory and time that each step requests for the bundled papers and for arXiv."""
    text = "| step | cores | bundled papers: MB | minutes | arXiv, 8 parts: MB | minutes |\n"
    text += "|---|---:|---:|---:|---:|---:|\n"
    for steps in stages(ROOT).values():
        for step in steps:
            sizes = (BUNDLED, ARXIV._replace(gpu=step in GPU_STEPS))
            numbers = [
                f"{request(step, size):,}"
                for size in sizes
                for request in (budget.requested_mb, budget.requested_minutes)
            ]
            text += f"| `{step}` | {cores_on_slurm(step)} | {' | '.join(numbers)} |\n"
    return text


def with_table(page: str, table: str) -> str:
    """A page with a table in place of the one that begins with the same line."""
    first = re.escape(table.partition("\n")[0])
    replaced, count = re.subn(rf"^{first}\n(?:\|.*\n)+", lambda _: table, page, flags=re.MULTILINE)
    if count != 1:
        raise ValueError(f"the page has {count} tables that begin with {first}")
    return replaced
