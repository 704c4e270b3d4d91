"""Put the map, the choice of K, the topics, the measures and the ledger on one HTML page."""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from lib.cli import Parser, optional, run, say, three_digits
from lib.clusters.schema import KSelection
from lib.clusters.stability import STABLE
from lib.edits.schema import APPLIED, REPLACED, Edits
from lib.embeddings.schema import EmbeddingsSummary
from lib.evaluation.brief import in_brief
from lib.evaluation.report_tables import (
    explanation_rows,
    ledger_bars,
    level_rows,
    step_rows,
    topic_rows,
    trend_cells,
)
from lib.evaluation.report_texts import (
    agreement_rows,
    before_and_after,
    contents,
    count,
    encoding,
    headline,
    map_sentences,
    truncation,
    unknown_to_encoder,
    word_rows,
)
from lib.evaluation.schema import Evaluation
from lib.explain.schema import EXPLAINED, EXPLANATIONS, ExplainSummary
from lib.figures.explanation_figure import plot_first_explanation
from lib.figures.page import content_policy, embed_file, render
from lib.figures.style import save
from lib.files import atomic_outputs, read_json
from lib.keywords.schema import MIXED
from lib.naming.schema import HIERARCHY, REPRESENTATIVES, TOPICS
from lib.records.schema import Ledger
from lib.tables import read_csv, read_table
from lib.trends.news import STREAMS, line_of, opening
from lib.trends.periods import FALSE_DISCOVERIES, IN_SAMPLE, MIN_PAPERS, SURE, shares_by_year, span, uneven
from lib.trends.schema import PERIODS, SUBTOPIC_TRENDS, TRENDS, News
from lib.workflow.encoders import language_warning
from lib.works.schema import WorksSummary


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        ledger="ledger.json",
        works="works.json",
        embeddings="embeddings.json",
        selection="k.json",
        scans="k_selection.csv",
        curves="k_selection.png",
        evaluation="evaluation.json",
        edits="edits.json",
        topics="topics.parquet",
        representatives="representatives.parquet",
        hierarchy="hierarchy.parquet",
        tree="hierarchy.png",
        trends="trends.parquet",
        periods="periods.parquet",
        subtopic_trends="subtopic_trends.parquet",
        trend_figure="trends.png",
        explanations="explanations.parquet",
        explained="explained.parquet",
        explain="explain.json",
        map="map.png",
        digest="papers.digest",
        template="report.html",
        style="its style sheet",
        behavior="its JavaScript",
    )
    cli.optional_inputs(
        changes="changes.json, what is new since the earlier run", change_figure="changes.png"
    )
    cli.flag("--benchmarks", Path, "folder of the times and memory of the steps")
    cli.flag("--about", json.loads, "versions, and keys that differ from their defaults, as JSON")
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.outputs(report="report.html", explanation_figure="explanations.png")
    return cli.parse_args(argv)


def topic_values(args: argparse.Namespace, evaluation: Evaluation) -> dict[str, Any]:
    """Values of the template: the opening, the topics, the hierarchy and the trends."""
    topics = read_table(args.topics, TOPICS).to_pylist()
    representatives = read_table(args.representatives, REPRESENTATIVES).to_pylist()
    periods = read_table(args.periods, PERIODS).to_pandas()
    years, shares = shares_by_year(periods)
    cells = trend_cells(read_table(args.trends, TRENDS).to_pylist(), years, shares)
    rows = topic_rows(topics, representatives, cells, args.link)
    return {
        "brief": in_brief(rows, span(periods), read_json(args.ledger, Ledger), evaluation),
        "topics": rows,
        "largest": max(topic["size"] for topic in topics),
        "stable_from": STABLE,
        "mixed_below": MIXED,
        "has_fields": any(topic["fields"] for topic in topics),
        "levels": level_rows(
            read_table(args.hierarchy, HIERARCHY).to_pylist(),
            read_table(args.subtopic_trends, SUBTOPIC_TRENDS).to_pylist(),
            IN_SAMPLE if uneven(years) else "",
        ),
        "has_trends": bool(cells),
        "uneven": uneven(years),
        "least_papers": MIN_PAPERS,
        "sure_papers": SURE,
        "false_discoveries": FALSE_DISCOVERIES,
    }


def explanation_values(args: argparse.Namespace, evaluation: Evaluation) -> tuple[dict[str, Any], Figure]:
    """What the template shows of the explanations, and their figure."""
    explain = read_json(args.explain, ExplainSummary)
    words = read_table(args.explanations, EXPLANATIONS).to_pandas()
    papers = read_table(args.explained, EXPLAINED).to_pandas()
    topics = read_table(args.topics, TOPICS).to_pylist()
    size_of = {topic["topic"]: topic["size"] for topic in topics}
    papers = papers.sort_values("topic", key=lambda t: -t.map(size_of), kind="stable")
    correlations = evaluation["keyword_correlation"]
    rows = explanation_rows(words, papers, explain["influential_words"], correlations, topics, args.link)
    figure = plot_first_explanation(words, papers, {topic["topic"]: topic["name"] for topic in topics})
    return {"explain": explain, "explanations": rows}, figure


def news_values(args: argparse.Namespace) -> dict[str, Any]:
    """Values of the template: what is new since the earlier run, if there is one."""
    if args.changes is None:
        return {"news": []}
    news = read_json(args.changes, News)
    of_kind: dict[str, list[dict]] = {}
    for change in news["changes"]:
        line = line_of(change, news["run"]).split(": ", 1)[1]
        line += ", by an edit" if change["by_edit"] else ""
        of_kind.setdefault(change["kind"], []).append(change | {"line": line})
    return {"news": opening(news), "moves": news["moves"][:STREAMS], "of_kind": of_kind}


def edit_values(args: argparse.Namespace, evaluation: Evaluation) -> dict[str, Any]:
    """Values of the template: what became of the edits, and the measures before and after those of papers."""
    edits = read_json(args.edits, Edits)["edits"]
    return {
        "edits": edits,
        "left": [edit for edit in edits if edit["status"] not in (APPLIED, REPLACED)],
        "replaced": sum(edit["status"] == REPLACED for edit in edits),
        "measured": before_and_after(evaluation),
    }


def measured_values(args: argparse.Namespace, evaluation: Evaluation) -> dict[str, Any]:
    """Values of the template: the choice of K and of the evaluation."""
    scans, agreement = read_csv(args.scans), agreement_rows(evaluation)
    if not agreement:
        scans = scans.drop(columns="ami_primary", errors="ignore")
    return {
        "title": f"{evaluation['papers']:,} papers in {evaluation['k']} topics",
        "facts": headline(evaluation),
        "map_sentences": map_sentences(evaluation["map"]),
        "selection": read_json(args.selection, KSelection),
        "scan_columns": list(scans),
        "scans": scans.to_numpy().tolist(),
        "agreement": agreement,
        "words": word_rows(evaluation),
    }


def corpus_values(args: argparse.Namespace, evaluation: Evaluation) -> dict[str, Any]:
    """Values of the template: the lines of the snapshot and of the embeddings."""
    ledger, embeddings = read_json(args.ledger, Ledger), read_json(args.embeddings, EmbeddingsSummary)
    return {
        "ledger": ledger,
        "buckets": ledger_bars(ledger),
        "kept": 100 * ledger["buckets"]["kept"]["count"] / max(ledger["lines"], 1),
        "contents": contents(ledger, evaluation["corpus"]),
        "works": read_json(args.works, WorksSummary),
        "contents_of_the_run": [
            *language_rows(ledger, embeddings["model"]),
            *unknown_to_encoder(embeddings),
            truncation(embeddings),
        ],
        "embeddings": embeddings,
        "encoding": encoding(embeddings),
    }


def language_rows(ledger: Ledger, model: str) -> list[tuple[str, str]]:
    """The warning that papers are in languages that the encoder may not know, as a row; none if it knows them."""
    text = language_warning(ledger["languages"], model)
    return [("Languages and the encoder", text)] if text else []


def run_values(args: argparse.Namespace) -> dict[str, Any]:
    """Values of the template: times, memory, versions, settings and digests of the run."""
    steps = [step for step in step_rows(args.benchmarks) if step["name"] != "report"]  # this one still runs
    return {
        "steps": steps,
        "seconds": sum(step["seconds"] for step in steps),
        "versions": args.about["versions"] | {"Python": platform.python_version()},
        "changed": args.about["changed"],
        "cite": args.about["cite"],
        "digest": args.digest.read_text("utf-8").strip(),
    }


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    evaluation = read_json(args.evaluation, Evaluation)
    style, behavior = args.style.read_text("utf-8"), args.behavior.read_text("utf-8")
    explanations, explanation_figure = explanation_values(args, evaluation)
    with atomic_outputs(args.report, args.explanation_figure) as (report_file, figure_file):
        save(explanation_figure, figure_file, 150)
        figures = {"map": args.map, "tree": args.tree, "trends": args.trend_figure, "curves": args.curves}
        figures["explanations"] = figure_file
        if args.change_figure:
            figures["changes"] = args.change_figure
        page = render(
            args.template,
            policy=content_policy(behavior, style, images=True),
            style=style,
            behavior=behavior,
            figures={name: embed_file(path) for name, path in figures.items()},
            count=count,
            three_digits=three_digits,
            **topic_values(args, evaluation),
            **explanations,
            **news_values(args),
            **edit_values(args, evaluation),
            **measured_values(args, evaluation),
            **corpus_values(args, evaluation),
            **run_values(args),
        )
        report_file.write_text(page, encoding="utf-8")
    say(f"{len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
