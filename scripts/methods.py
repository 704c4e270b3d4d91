"""Write the methods paragraph for a paper, the works that it cites, and the flow of records."""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import pyarrow as pa

from lib.cli import Parser, run, say
from lib.clusters.k_selection import ENOUGH
from lib.clusters.schema import ClusterSummary, KSelection
from lib.clusters.stability import STABLE
from lib.edits.schema import APPLIED, Edits
from lib.embeddings.schema import EmbeddingsSummary
from lib.evaluation.schema import Evaluation
from lib.exchange.facts import Facts
from lib.exchange.methods import flow_boxes, paragraphs, placed, render_text, works_cited
from lib.exchange.schema import PAPER_ROWS
from lib.files import atomic_outputs, read_json
from lib.map.schema import ProjectSummary
from lib.naming.schema import HIERARCHY, TOPICS
from lib.records.ledger import NOT_KEPT, NOT_READ
from lib.records.schema import Ledger
from lib.tables import read_csv, read_table
from lib.trends.periods import FALSE_DISCOVERIES
from lib.trends.schema import TRENDS
from lib.works.schema import WorksSummary

# What the text calls the files, and their kinds
SUMMARIES: dict[str, tuple[str, Any]] = {
    "ledger": ("corpus/ledger.json", Ledger),
    "works": ("corpus/works.json", WorksSummary),
    "embeddings": ("embeddings/embeddings.json", EmbeddingsSummary),
    "selection": ("clusters/k.json", KSelection),
    "cluster": ("clusters/cluster.json", ClusterSummary),
    "evaluation": ("evaluation/evaluation.json", Evaluation),
    "project": ("map/project.json", ProjectSummary),
    "edits": ("topics/edits.json", Edits),
}
TABLES: dict[str, tuple[str, pa.Schema, list[str]]] = {
    "table": ("papers.parquet", PAPER_ROWS, ["year", "topic", "counted"]),
    "topics": ("topics/topics.parquet", TOPICS, ["by_hand", "keywords"]),
    "hierarchy": ("topics/hierarchy.parquet", HIERARCHY, ["level"]),
    "trends": ("topics/trends.parquet", TRENDS, ["q_value", "trend"]),
}
CONSTANTS = {
    "enough": ("scripts/lib/clusters/k_selection.py", "ENOUGH", ENOUGH),
    "stable": ("scripts/lib/clusters/stability.py", "STABLE", STABLE),
    "rate": ("scripts/lib/trends/periods.py", "FALSE_DISCOVERIES", FALSE_DISCOVERIES),
}
NAMED = 3  # input files that the text names


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        ledger="ledger.json",
        works="works.json",
        embeddings="embeddings.json",
        selection="k.json",
        scans="k_selection.csv",
        cluster="cluster.json",
        evaluation="evaluation.json",
        project="project.json",
        edits="edits.json",
        table="papers.parquet of `papers`",
        topics="topics.parquet",
        hierarchy="hierarchy.parquet",
        trends="trends.parquet",
        papers_digest="papers.digest",
        metadata_digest="metadata.digest",
        facets_digest="facets.digest",
        template="methods.md",
        text_template="methods.txt, its text",
        bibliography="methods.bib, works that may be cited",
        flow_template="flow.svg",
    )
    cli.flag("--config", json.loads, "keys of the config by section, as JSON")
    cli.flag("--about", json.loads, "versions, and how the workflow is cited, as JSON")
    cli.outputs(methods="methods.md", bib="methods.bib", flow="flow.svg")
    return cli.parse_args(argv)


def read_facts(args: argparse.Namespace) -> Facts:
    """All that the text takes its figures from."""
    files = vars(args)
    summaries = {name: read_json(files[flag], kind) for flag, (name, kind) in SUMMARIES.items()}
    tables = {
        name: read_table(files[flag], schema, columns) for flag, (name, schema, columns) in TABLES.items()
    }
    scans = read_csv(args.scans)
    tables["clusters/k_selection.csv"] = pa.table(
        {name: scans[name].astype(float).to_numpy() for name in ("k", "stable_share")}
    )
    return Facts(
        summaries=summaries | {"config": args.config},
        tables=tables,
        constants={(file, name): value for file, name, value in CONSTANTS.values()},
    )


def names_of(inputs: str | list[str]) -> str:
    """The input files in words; nothing if there are many."""
    names = [inputs] if isinstance(inputs, str) else inputs
    return ", ".join(f"`{name}`" for name in names) if len(names) <= NAMED else ""


def with_keywords(topics: pa.Table) -> str:
    """Which of the topics have keywords: all, some or none."""
    counts = [len(words) for words in topics["keywords"].to_pylist()]
    return "all" if all(counts) else "some" if any(counts) else "none"


def selection_of(settings: dict[str, Any]) -> str:
    """The filters of `clean` in words, each as code."""
    chosen = {key: settings.get(key) for key in ("categories", "since", "until")}
    shown = {
        key: ", ".join(value) if isinstance(value, list) else value for key, value in chosen.items() if value
    }
    return "; ".join(f"{key} `{value}`" for key, value in shown.items())


def text_of(args: argparse.Namespace, facts: Facts) -> str:
    """The text, with citations in the form of pandoc."""
    ledger = facts.summaries["corpus/ledger.json"]
    keys = [
        (" + ".join(f"buckets.{bucket}.count" for bucket in buckets), name)
        for buckets, name in (*NOT_READ, *NOT_KEPT)
        if any(ledger["buckets"][bucket]["count"] for bucket in buckets)
    ]
    edits = facts.summaries["topics/edits.json"]["edits"]
    text = render_text(
        args.text_template,
        n=facts.n,
        v=facts.value,
        cite=facts.cite,
        constants=CONSTANTS,
        dropped=keys,
        inputs=names_of(ledger["input"]),
        selection=selection_of(ledger["settings"]),
        encoder=f"`{facts.summaries['embeddings/embeddings.json']['model']}`",
        keywords=with_keywords(facts.tables["topics/topics.parquet"]),
        edited=any(edit["status"] == APPLIED for edit in edits),
    )
    return paragraphs(text)


def versions(args: argparse.Namespace, facts: Facts) -> dict[str, str]:
    """Versions and digests by name."""
    encoder = facts.summaries["embeddings/embeddings.json"]
    digests = {name: path.read_text("utf-8").strip() for name, path in digest_files(args).items()}
    return {
        **args.about["versions"],
        "Python": platform.python_version(),
        "seed": str(args.config["seed"]),
        "encoder": encoder["model"],
        **({"revision of the encoder": encoder["revision"]} if encoder["revision"] else {}),
        **{f"SHA-256 of {name} of the encoder": digest for name, digest in encoder["files"].items()},
        **digests,
        "assignments of this run": facts.summaries["clusters/cluster.json"]["lineage"][-1],
    }


def digest_files(args: argparse.Namespace) -> dict[str, Path]:
    return {
        "ids and texts (papers.digest)": args.papers_digest,
        "titles, categories and dates (metadata.digest)": args.metadata_digest,
        "authors, journals and DOIs (facets.digest)": args.facets_digest,
    }


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    facts = read_facts(args)
    text = text_of(args, facts)
    boxes, height = placed(flow_boxes(facts))
    encoder = facts.summaries["embeddings/embeddings.json"]["model"]
    page = render_text(
        args.template,
        text=text,
        cite=[
            f"This workflow: {args.about['cite']}",
            f"The encoder `{encoder}`: by its own paper or model card",
            "The works of methods.bib that the text cites",
        ],
        versions=versions(args, facts).items(),
        sources=list(facts.used),
    )
    with atomic_outputs(args.methods, args.bib, args.flow) as (methods_file, bib_file, flow_file):
        methods_file.write_text(page, encoding="utf-8")
        bib_file.write_text(works_cited(args.bibliography, list(facts.cited)), encoding="utf-8")
        flow_file.write_text(render_text(args.flow_template, boxes=boxes, height=height), encoding="utf-8")
    say(f"{len(facts.used)} figures, {len(facts.cited)} works cited")


if __name__ == "__main__":
    run(main)
