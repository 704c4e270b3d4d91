"""Put the map, the choice of K, the topics, the measures and the ledger on one HTML page."""

import base64
import csv
from pathlib import Path

from lib.cli import parser, run, say, written
from lib.files import read_json, read_table
from lib.page import render


def headline(evaluation: dict) -> list[tuple[str, str]]:
    """The few figures at the top of the page."""
    sizes = evaluation["sizes"]
    return [
        ("Papers", f"{evaluation['papers']:,}"),
        ("Topics", f"{evaluation['k']}"),
        ("Mean silhouette (cosine)", f"{evaluation['silhouette']:.3f}"),
        ("Papers nearer another topic", f"{evaluation['negative_silhouette_share']:.0%}"),
        ("Smallest to largest topic", f"{sizes['smallest']:,} – {sizes['largest']:,}"),
        ("Topic diversity", f"{evaluation['topic_diversity']:.2f}"),
        ("Neighbours kept on the map", f"{evaluation['map_neighbours_kept']:.0%}"),
    ]


def arguments():
    cli = parser(__doc__)
    inputs = (
        "ledger",
        "embeddings",
        "k",
        "evaluation",
        "topics",
        "representatives",
        "scans",
        "curves",
        "map",
    )
    for name in (*inputs, "template"):
        cli.add_argument(f"--{name}", type=Path, required=True, help="input")
    cli.add_argument("--report", type=Path, required=True, help="output: report.html")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    ledger, embeddings, k, evaluation = (
        read_json(path) for path in (args.ledger, args.embeddings, args.k, args.evaluation)
    )
    topics = read_table(args.topics).to_pylist()
    for topic in topics:
        topic["papers"] = []
    for paper in read_table(args.representatives).to_pylist():
        if paper["rank"] <= 3:
            topics[paper["topic"]]["papers"].append(paper)
    with args.scans.open(newline="") as file:
        columns, *scans = csv.reader(file)
    page = render(
        args.template,
        title=f"{evaluation['papers']:,} papers in {evaluation['k']} topics",
        facts=headline(evaluation),
        k=k,
        ledger=ledger,
        embeddings=embeddings,
        topics=topics,
        largest=max(topic["size"] for topic in topics),
        agreement=[
            ("Primary category", evaluation["primary_category"]),
            ("Archive", evaluation["archive"]),
        ],
        scan_columns=columns,
        scans=scans,
        map=base64.b64encode(args.map.read_bytes()).decode(),
        curves=base64.b64encode(args.curves.read_bytes()).decode(),
    )
    with written(args.report) as (report_file,):
        report_file.write_text(page, encoding="utf-8")
    say(f"{len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
