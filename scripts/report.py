"""Put the map, the choice of K, the topics, the measures and the ledger on one HTML page."""

import argparse
import base64
from pathlib import Path

import numpy as np

from lib.cli import Parser, optional, run, say
from lib.clusters.repeats import REPEATS
from lib.corpus.ledger import VERDICTS
from lib.embeddings.origins import describe_origins
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
    three_digits,
)
from lib.tables import (
    HIERARCHY,
    PERIODS,
    REPRESENTATIVES,
    SUBTOPIC_TRENDS,
    TOPICS,
    TRENDS,
    read_csv,
    read_table,
)
from lib.topics.periods import FALSE_DISCOVERIES, shares_by_year

PAPERS_PER_TOPIC = 3
TIMED = 1000  # papers; the speed of fewer is that of starting the device


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def headline(evaluation: Evaluation) -> list[tuple[str, str]]:
    """The few figures at the top of the page."""
    sizes = evaluation["sizes"]
    return [
        ("Papers", f"{evaluation['papers']:,}"),
        ("Topics", f"{evaluation['k']}"),
        ("Papers in topics that repeat", f"{evaluation['repeating_share']:.0%}"),
        ("Mean silhouette (cosine)", f"{evaluation['silhouette']:.3f}"),
        ("Papers nearer to another topic", f"{evaluation['negative_silhouette_share']:.0%}"),
        ("Smallest to largest topic", f"{sizes['smallest']:,} – {sizes['largest']:,}"),
        ("Coherence of keywords (NPMI)", three_digits(evaluation["words"]["npmi"])),
        ("Neighbors kept on the map", f"{evaluation['map_neighbors_kept']:.0%}"),
    ]


def sparkline(shares: list[float]) -> str:
    """The points of an SVG line, 80 by 18, through the yearly shares of a topic."""
    highest = max([*shares, 1e-12])
    step = 80 / max(len(shares) - 1, 1)
    return " ".join(f"{i * step:.1f},{17 - 16 * share / highest:.1f}" for i, share in enumerate(shares))


def per_year(change: float | None) -> str | None:
    """A change of share as text."""
    return None if change is None else f"{change:+.0%} per year"


def trend_cells(trends: list[dict], years: np.ndarray, shares: np.ndarray) -> dict[int, dict]:
    """For each topic its sparkline, change per year and trend; none with fewer than two years."""
    if len(years) < 2:
        return {}
    return {
        row["topic"]: {
            "line": sparkline(share.tolist()),
            "trend": row["trend"],
            "change": per_year(row["change_per_year"]),
        }
        for row, share in zip(trends, shares, strict=True)
    }


def topic_rows(
    topics: list[dict], representatives: list[dict], cells: dict[int, dict], link: str | None
) -> list[dict]:
    """The rows of topics.parquet, each with its most central papers, its trend and whether it is loose."""
    papers: dict[int, list[dict]] = {row["topic"]: [] for row in topics}
    for row in representatives:
        if row["role"] == "nearest" and row["rank"] <= PAPERS_PER_TOPIC:
            papers[row["topic"]].append(row | {"url": paper_url(link, row["id"])})
    return [
        row
        | {
            "papers": papers[row["topic"]],
            "trend": cells.get(row["topic"]),
            "loose": row["repeats"] is not None and row["repeats"] < REPEATS,
        }
        for row in topics
    ]


def level_rows(nodes: list[dict], trends: list[dict]) -> list[dict]:
    """The groups of hierarchy.parquet, each with its `topics`, and each of these with its `subtopics`.

    Subtopics have their `trend` and its `change`, from subtopic_trends.parquet.
    """
    levels: dict[str, list[dict]] = {"group": [], "topic": [], "subtopic": []}
    for node in nodes:
        levels[node["level"]].append(node)
    for node, trend in zip(levels["subtopic"], trends, strict=True):
        node |= {"trend": trend["trend"], "change": per_year(trend["change_per_year"])}
    for topic in levels["topic"]:
        topic["subtopics"] = [node for node in levels["subtopic"] if node["parent"] == topic["node"]]
    for group in levels["group"]:
        group["topics"] = [node for node in levels["topic"] if node["parent"] == group["node"]]
    return levels["group"]


def agreement_rows(evaluation: Evaluation) -> list[tuple[str, Agreement]]:
    """The classifications with several classes. Only categories of arXiv have archives."""
    primary, archive = evaluation["primary_category"], evaluation["archive"]
    rows = [("Primary category", primary)] if primary["classes"] > 1 else []
    if 1 < archive["classes"] < primary["classes"]:
        rows.append(("Archive", archive))
    if rows:
        by_words = evaluation["primary_category_by_words"]
        rows.append(("Primary category, topics by words alone", by_words))
    return rows


def word_rows(evaluation: Evaluation) -> list[tuple[str, str, str, str]]:
    """The measures of the keywords: name, value, its floor, and what it says."""
    words = evaluation["words"]
    return [
        (
            "NPMI",
            three_digits(words["npmi"]),
            three_digits(words["npmi_floor"]),
            "keywords of a topic are in the same papers: 0 for chance, 1 for always",
        ),
        (
            "C_v",
            three_digits(words["c_v"]),
            three_digits(words["c_v_floor"]),
            "the same in windows of 110 words, 0 to 1 (Röder et al. 2015)",
        ),
        (
            "Diversity",
            f"{words['diversity']:.2f}",
            "",
            "distinct keywords as a share of all, with ten per topic",
        ),
        ("Inverted rank-biased overlap", f"{words['inverted_rbo']:.2f}", "", "1 if topics share no keywords"),
        (
            "Papers placed by keywords alone",
            f"{words['keyword_hits']:.0%}",
            f"{1 / evaluation['k']:.0%}",
            "papers whose topic has the heaviest keywords in them",
        ),
        (
            "Title to topic",
            f"{words['title_mrr']:.2f}",
            "",
            "mean reciprocal rank of the topic by its title, which was chosen for this",
        ),
        ("Label to topic", f"{words['label_mrr']:.2f}", "", "mean reciprocal rank of the topic by its label"),
    ]


def encoding(embeddings: EmbeddingsSummary) -> str:
    """How the papers became vectors, in sentences."""
    hits, misses, cut = embeddings["cache_hits"], embeddings["cache_misses"], embeddings["truncated_papers"]
    sentences = []
    if hits:
        sentences.append(f"{hits:,} came from the cache.")
    if misses:
        sentences.append(f"{count(misses, 'was encoded', 'were encoded')} in this run.")
    sentences.append(f"Attention: {describe_origins(embeddings['origins'])}.")
    if misses >= TIMED and embeddings["tokens_per_second"]:
        share = embeddings["share_of_matmul_rate"]
        of_rate = f" ({share:.1%} of the device's measured matrix-product rate)" if share else ""
        sentences.append(
            f"Speed: {embeddings['tokens_per_second']:,.0f} tokens per second{of_rate}; "
            f"{embeddings['padding_share']:.1%} of the computed tokens were padding."
        )
    if cut:
        tokens = count(embeddings["truncated_tokens"] or 0, "token", "tokens")
        sentences.append(f"{count(cut, 'paper was', 'papers were')} cut, by {tokens} in all.")
    return " ".join(sentences)


def truncation(embeddings: EmbeddingsSummary) -> tuple[str, str]:
    """How many papers were cut, as a row of what went in."""
    cut = embeddings["truncated_papers"]
    value = "not known of vectors from the cache"
    if cut is not None:
        value = f"{count(cut, 'paper', 'papers')} ({cut / embeddings['papers']:.1%})"
    return f"Cut at {embeddings['max_tokens']:,} tokens", value


def contents(ledger: Ledger, corpus: CorpusSummary) -> list[tuple[str, str]]:
    """What went in: languages, scripts, markup and optional fields, each as (name, value)."""
    of_verdicts = {bucket for bucket, _ in VERDICTS}  # those of records with id, title and abstract
    complete = sum(bucket["count"] for name, bucket in ledger["buckets"].items() if name in of_verdicts)

    def share(number: int) -> str:
        return f"{count(number, 'record', 'records')} ({number / max(complete, 1):.1%})"

    rows = [
        (f"Languages of {count(corpus['sample'], 'paper', 'papers')}", most(corpus["languages"])),
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
    rows += [(f"With a value for {name}", share(filled)) for name, filled in ledger["filled"].items()]
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
        hierarchy="hierarchy.parquet",
        tree="hierarchy.png",
        trends="trends.parquet",
        periods="periods.parquet",
        subtopic_trends="subtopic_trends.parquet",
        trend_figure="trends.png",
        map="map.png",
        template="report.html",
    )
    cli.flag("--link", optional(str), "address of a paper, with {id}; None: no links")
    cli.outputs(report="report.html")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    evaluation = read_json(args.evaluation, Evaluation)
    agreement = agreement_rows(evaluation)
    topics = read_table(args.topics, TOPICS).to_pylist()
    representatives = read_table(args.representatives, REPRESENTATIVES).to_pylist()
    yearly = shares_by_year(read_table(args.periods, PERIODS).to_pandas())
    cells = trend_cells(read_table(args.trends, TRENDS).to_pylist(), *yearly)
    scans = read_csv(args.scans)
    if not agreement:
        scans = scans.drop(columns="ami_primary", errors="ignore")
    ledger = read_json(args.ledger, Ledger)
    embeddings = read_json(args.embeddings, EmbeddingsSummary)
    page = render(
        args.template,
        title=f"{evaluation['papers']:,} papers in {evaluation['k']} topics",
        facts=headline(evaluation),
        selection=read_json(args.selection, KSelection),
        ledger=ledger,
        contents=[*contents(ledger, evaluation["corpus"]), truncation(embeddings)],
        embeddings=embeddings,
        encoding=encoding(embeddings),
        topics=topic_rows(topics, representatives, cells, args.link),
        tree=embed_file(args.tree),
        levels=level_rows(
            read_table(args.hierarchy, HIERARCHY).to_pylist(),
            read_table(args.subtopic_trends, SUBTOPIC_TRENDS).to_pylist(),
        ),
        has_trends=bool(cells),
        false_discoveries=FALSE_DISCOVERIES,
        trends=embed_file(args.trend_figure),
        repeats_at_least=REPEATS,
        largest=max(topic["size"] for topic in topics),
        agreement=agreement,
        words=word_rows(evaluation),
        scan_columns=list(scans),
        scans=scans.to_numpy().tolist(),
        map=embed_file(args.map),
        curves=embed_file(args.curves),
        count=count,
        three_digits=three_digits,
    )
    with atomic_outputs(args.report) as (report_file,):
        report_file.write_text(page, encoding="utf-8")
    say(f"{len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    run(main)
