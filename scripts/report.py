"""Put the map, the choice of K, the topics, the measures and the ledger on one HTML page."""

import argparse
import base64
from pathlib import Path

import pandas as pd

from lib.cli import Parser, run, say
from lib.files import atomic_outputs
from lib.map.page import render
from lib.tables import (
    REPRESENTATIVES,
    TOPICS,
    EmbeddingsSummary,
    Evaluation,
    KSelection,
    Ledger,
    read_csv,
    read_json,
    read_table,
)

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


def topic_rows(topics: pd.DataFrame, representatives: pd.DataFrame) -> list[dict]:
    """The rows of topics.parquet, each with its most central papers as `papers`."""
    central = representatives[representatives["rank"] <= PAPERS_PER_TOPIC]
    papers = {topic: group.to_dict("records") for topic, group in central.groupby("topic")}
    return [row | {"papers": papers.get(row["topic"], [])} for row in topics.to_dict("records")]


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
    cli.outputs(report="report.html")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    evaluation = read_json(args.evaluation, Evaluation)
    topics = read_table(args.topics, TOPICS).to_pandas()
    scans = read_csv(args.scans)
    page = render(
        args.template,
        title=f"{evaluation['papers']:,} papers in {evaluation['k']} topics",
        facts=headline(evaluation),
        selection=read_json(args.selection, KSelection),
        ledger=read_json(args.ledger, Ledger),
        embeddings=read_json(args.embeddings, EmbeddingsSummary),
        topics=topic_rows(topics, read_table(args.representatives, REPRESENTATIVES).to_pandas()),
        largest=int(topics["size"].max()),
        agreement=[
            ("Primary category", evaluation["primary_category"]),
            ("Archive", evaluation["archive"]),
        ],
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
