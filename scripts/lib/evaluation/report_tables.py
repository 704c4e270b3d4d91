"""The tables of the report: topics, the hierarchy, the lines of the snapshot and the steps of the run."""

import csv
from pathlib import Path

import numpy as np

from lib.clusters.stability import STABLE
from lib.figures.page import paper_url
from lib.records.schema import Ledger

PAPERS_PER_TOPIC = 3


def sparkline(years: np.ndarray, shares: np.ndarray) -> str:
    """The points of an SVG line, 80 by 18, through the shares of a topic in these years, two at least."""
    x = 80 * (years - years[0]) / (years[-1] - years[0])
    y = 17 - 16 * shares / max(shares.max(), 1e-12)
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))


def per_year(change: float | None) -> str | None:
    """A change of share as text."""
    return None if change is None else f"{change:+.0%} per year"


def trend_cells(trends: list[dict], years: np.ndarray, shares: np.ndarray) -> dict[int, dict]:
    """For each topic its sparkline, trend, change per year and `order` among the others.

    No topic has any with fewer than two years.
    """
    if len(years) < 2:
        return {}
    return {
        row["topic"]: {
            "line": sparkline(years, share),
            "span": f"{years[0]} to {years[-1]}",
            "trend": row["trend"],
            "order": row["change_per_year"] or 0.0,
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
            "loose": row["stability"] is not None and row["stability"] < STABLE,
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


def ledger_bars(ledger: Ledger) -> list[dict]:
    """The buckets that have lines: `name`, `count`, `percent` of all lines, and their first `lines`."""
    return [
        {
            "name": name.replace("_", " "),
            "count": bucket["count"],
            "percent": 100 * bucket["count"] / max(ledger["lines"], 1),
            "lines": [] if name == "kept" else bucket["first"],
        }
        for name, bucket in ledger["buckets"].items()
        if bucket["count"]
    ]


def step_rows(folder: Path) -> list[dict]:
    """The steps of the last run: `name`, `jobs`, `seconds` in all, and the `peak` of a job in MB.

    Parameters
    ----------
    folder : holds a file `STEP.tsv`, or a folder `STEP` of such files, as Snakemake writes them
    """
    steps: dict[str, dict] = {}
    for path in sorted(folder.rglob("*.tsv")):
        with path.open(newline="") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                name = path.relative_to(folder).parts[0].removesuffix(".tsv")
                step = steps.setdefault(name, {"name": name, "jobs": 0, "seconds": 0.0, "peak": None})
                step["jobs"] += 1
                step["seconds"] += float(row["s"])
                if row["max_rss"] not in ("-", "NA"):  # a job of less than a second is not measured
                    step["peak"] = max(step["peak"] or 0.0, float(row["max_rss"]))
    return sorted(steps.values(), key=lambda step: -step["seconds"])
