"""What the tests of `methods` read and write, and where its numbers are looked up."""

import importlib
import json
import re
from pathlib import Path

import pandas as pd

import methods
from conftest import ROOT
from exchange_inputs import write_papers
from lib.records.ledger import BUCKETS
from measure import command_line
from report_inputs import report_inputs
from summaries import CLUSTER, PROJECT

TEMPLATES = ROOT / "scripts/templates"


CONFIG = {"cluster": {"n_init": 160}, "llm": {"url": None, "model": None}, "seed": 3}


ABOUT = {"versions": {"Snakemake": "9.1", "this workflow, commit": "abc"}, "cite": "Authors (2026). Maps."}


COUNTS = {
    "kept": 1234,
    "malformed_json": 3,
    "no_title": 5,
    "duplicate": 11,
    "short_abstract": 7,
    "no_abstract": 9,
    "note": 2,
}


SETTINGS = {"limit": 1300, "categories": ["cs.*"], "since": "2001-01-01", "until": None}


NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?(?: %)?")


# of scales, not of this run
FIXED = ("0 for chance, 1 for",)


UNREFINED = {"refined": False}


def methods_inputs(folder: Path, changes: dict | None = None, **of_papers) -> dict:
    """The inputs of `methods`; `changes` are other values of the keys of JSON files, by flag."""
    _, table = write_papers(folder, **of_papers)
    assert len(table) > 10
    made = report_inputs(folder)
    flags = {
        name: made[name] for name in ("ledger", "works", "embeddings", "selection", "evaluation", "edits")
    }
    flags |= {name: made[name] for name in ("topics", "hierarchy", "trends")}
    flags |= {
        "table": folder / "papers.parquet",
        "cluster": folder / "cl.json",
        "project": folder / "pr.json",
    }
    flags["cluster"].write_text(json.dumps(CLUSTER))
    flags["project"].write_text(json.dumps(PROJECT))
    ledger = json.loads(flags["ledger"].read_text()) | {"lines": sum(COUNTS.values()), "settings": SETTINGS}
    buckets = {bucket: {"count": COUNTS.get(bucket, 0), "first": []} for bucket in BUCKETS}
    flags["ledger"].write_text(json.dumps(ledger | {"buckets": buckets}))
    flags["scans"] = folder / "k_selection.csv"
    flags["scans"].write_text("k,silhouette,stable_share\n2,0.1,0.95\n30,0.05,0.4\n")
    for name in ("papers", "metadata", "facets"):
        flags[f"{name}_digest"] = folder / f"{name}.digest"
        flags[f"{name}_digest"].write_text(f"{name}0123\n")
    changes = changes or {}
    works = {"records": COUNTS["kept"], "works": COUNTS["kept"] - 2, "joined": 2} | changes.get("works", {})
    for flag, values in (changes | {"works": works}).items():
        path = flags[flag]
        path.write_text(json.dumps(json.loads(path.read_text()) | values))
    flags |= {"template": TEMPLATES / "methods.md", "text_template": TEMPLATES / "methods.txt"}
    flags |= {"bibliography": TEMPLATES / "methods.bib", "flow_template": TEMPLATES / "flow.svg"}
    return flags | {"config": CONFIG, "about": ABOUT}


def outputs(folder: Path) -> dict[str, Path]:
    return {"methods": folder / "methods.md", "bib": folder / "methods.bib", "flow": folder / "flow.svg"}


def write_methods(folder: Path, changes: dict | None = None, **of_papers) -> tuple[dict, str]:
    """The inputs, and the text of methods.md."""
    flags = methods_inputs(folder, changes, **of_papers)
    methods.main(command_line("methods", **flags, **outputs(folder)))
    return flags, (folder / "methods.md").read_text()


def text_of(page: str) -> str:
    return page.partition("## Text")[2].partition("## Flow")[0]


def numbers_in(text: str) -> list[str]:
    """The numbers of the text, without those in names of files, in citations and of scales."""
    bare = re.sub(r"`[^`]*`|\[@[^\]]*\]", "", text)
    for fixed in FIXED:
        bare = bare.replace(fixed, "")
    return NUMBER.findall(bare)


def sources_in(page: str) -> list[tuple[str, str, str]]:
    rows = re.findall(
        r"^\| (.+) \| `(.+)` \| `(.+)` \|$", page.partition("## Where each figure")[2], flags=re.M
    )
    return [(text, file, key) for text, file, key in rows]


def looked_up(file: str, key: str, files: dict[str, Path]):
    """The value that a source names, by other means than those of the step."""
    if file.endswith(".py"):
        module = ".".join(Path(file).with_suffix("").parts[1:])
        return getattr(importlib.import_module(module), key)
    if file.endswith((".parquet", ".csv")):
        frame = pd.read_csv(files[file]) if file.endswith(".csv") else pd.read_parquet(files[file])
        what, _, rest = key.partition(" of ")
        name, _, wanted = rest.partition(" = ")
        column = frame[name]
        if what in ("min", "max"):
            return getattr(column, what)()
        if not wanted:
            return column.notna().sum()
        return (
            column.isna().sum()
            if wanted == "null"
            else (column.astype(str).str.lower() == wanted.lower()).sum()
        )
    content = CONFIG if file == "config" else json.loads(files[file].read_text())
    if key.startswith("count of "):
        rows, wanted = key.removeprefix("count of ").split(" = ")
        name, own = rows.split(".")
        return sum(row[own] == wanted for row in content[name])
    total = 0
    for path in key.split(" + "):
        value = content
        for part in path.split("."):
            value = value[part]
        total += value
    return total


def assert_true(page: str, flags: dict) -> None:
    """Each number of the text is in the table of sources, and is what its source says."""
    files = {name: flags[flag] for flag, (name, *_) in {**methods.SUMMARIES, **methods.TABLES}.items()}
    files["clusters/k_selection.csv"] = flags["scans"]
    sources = sources_in(page)
    for text, file, key in sources:
        value, number = looked_up(file, key, files), text.removesuffix(" %").replace(",", "")
        digits = len(number.partition(".")[2])
        scale = 100 if text.endswith("%") else 1
        assert abs(float(number) - scale * float(value)) <= 0.51 * 10**-digits, (text, file, key)
    texts = [text for text, _, _ in sources]
    found = numbers_in(text_of(page))
    assert found and set(found) <= set(texts), set(found) - set(texts)
    assert set(texts) <= set(found)
