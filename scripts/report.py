"""Put the map, the choice of K, the topics, the measures and the ledger on one HTML page."""

import argparse
import base64
from pathlib import Path

import pandas as pd

from lib.cli import Parser, optional, run, say
from lib.corpus.ledger import VERDICTS
from lib.files import atomic_outputs
from lib.map.page import paper_url, render
from lib.summaries import (
    Agreement,
    CorpusSummary,
    EmbeddingsSummary,
    Evaluation,
    KSelection,
    Ledger,
    read_json,
)
from lib.tables import REPRESENTATIVES, TOPICS, read_csv, read_table

PAPERS_PER_TOPIC = 3


def headline(evaluation: Evaluation) -> list[tuple[str, str]]:
    """The few figures at the top of the page."""
    sizes = evaluation["sizes"]
    return [
        ("Papers", f"{evaluation['papers']:,}"),
        ("Topics", f"{evaluation['k']}"),
        ("Mean silhouette (cosine)", f"{evaluation['silhouette']:.3f}"),
        ("Papers nearer to another topic", f"{evaluation['negative_silhouette_share']:.0%}"),
        ("Smallest to largest topic", f"{sizes['smallest']:,} – {sizes['largest']:,}"),
        ("Topic diversity", f"{evaluation['topic_diversity']:.2f}"),
        ("Neighbors kept on the map", f"{evaluation['map_neighbors_kept']:.0%}"),
    ]


def topic_rows(topics: pd.DataFrame, representatives: pd.DataFrame, link: str | None) -> list[dict]:
    """The rows of topics.parquet, each with its most central papers, with their `url`, as `papers`."""
    central = representatives[representatives["rank"] <= PAPERS_PER_TOPIC]
    central = central.assign(url=[paper_url(link, identifier) for identifier in central["id"]])
    papers = {topic: group.to_dict("records") for topic, group in central.groupby("topic")}
    return [row | {"papers": papers.get(row["topic"], [])} for row in topics.to_dict("records")]


def agreement_rows(evaluation: Evaluation) -> list[tuple[str, Agreement]]:
    """The classifications that some papers have. Only those of arXiv have archives."""
    primary, archive = evaluation["primary_category"], evaluation["archive"]
    rows = [("Primary category", primary)] if primary["papers"] else []
    return [*rows, ("Archive", archive)] if 0 < archive["classes"] < primary["classes"] else rows


def contents(ledger: Ledger, corpus: CorpusSummary) -> list[tuple[str, str]]:
    """What went in: languages, scripts, markup and dates, each as (name, value)."""
    of_verdicts = {bucket for bucket, _ in VERDICTS}  # those of records with id, title and abstract
    complete = sum(bucket["count"] for name, bucket in ledger["buckets"].items() if name in of_verdicts)

    def share(count: int) -> str:
        return f"{count:,} records ({count / max(complete, 1):.1%})"

    rows = [
        (f"Languages of {corpus['sample']:,} papers", most(corpus["languages"])),
        ("Their scripts", most(corpus["scripts"])),
    ]
    if corpus["without_words"]:
        rows.append(
            ("Without keywords", f"{corpus['without_words']:.1%}: the script puts no spaces between words")
        )
    normalised = ledger["normalised"]
    rows += [
        ("Markup or entities removed", share(normalised["markup"])),
        ("TeX letters converted", share(normalised["tex_letters"])),
        ("Unicode normalised", share(normalised["unicode"])),
    ]
    for name, bucket in ledger["not_understood"].items():
        if bucket["count"]:
            reason = bucket["first"][0]["reason"]
            rows.append((f"Not understood: {name}", f"{share(bucket['count'])}, such as {reason}"))
    return rows


def most(shares: dict[str, float]) -> str:
    """Shares of at least one in two hundred as text."""
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share >= 0.005)


def embed_file(path: Path) -> str:
    """The bytes of a file in base64."""
    return base64.b64encode(path.read_bytes()).decode()


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        ledger="ledger.json",
        embeddings="embeddings.json",
        selection="k.json",
        scans="k_selection.csv",
        curves="k_selection.png",
        evaluation="evaluation.json",
        topics="topics.parquet",
        representatives="representatives.parquet",
        map="map.png",
        template="report.html",
    )
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.outputs(report="report.html")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    evaluation = read_json(args.evaluation, Evaluation)
    topics = read_table(args.topics, TOPICS).to_pandas()
    representatives = read_table(args.representatives, REPRESENTATIVES).to_pandas()
    scans = read_csv(args.scans)
    ledger = read_json(args.ledger, Ledger)
    page = render(
        args.template,
        title=f"{evaluation['papers']:,} papers in {evaluation['k']} topics",
        facts=headline(evaluation),
        selection=read_json(args.selection, KSelection),
        ledger=ledger,
        contents=contents(ledger, evaluation["corpus"]),
        embeddings=read_json(args.embeddings, EmbeddingsSummary),
        topics=topic_rows(topics, representatives, args.link),
        largest=int(topics["size"].max()),
        agreement=agreement_rows(evaluation),
        scan_columns=list(scans),
        scans=scans.to_numpy().tolist(),
        map=embed_file(args.map),
        curves=embed_file(args.curves),
    )
    with atomic_outputs(args.report) as (report_file,):
        report_file.write_text(page, encoding="utf-8")
    say(f"{len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
