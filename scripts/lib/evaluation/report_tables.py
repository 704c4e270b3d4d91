"""The tables of the report: topics, the hierarchy, explanations, the lines of the snapshot and the steps of the run."""

import csv
from math import ceil
from pathlib import Path

import numpy as np
import pandas as pd

from lib.clusters.stability import STABLE
from lib.figures.page import paper_url
from lib.naming.titles import piece_to_text
from lib.records.schema import Ledger
from lib.trends.periods import IN_SAMPLE, uneven

PAPERS_PER_TOPIC = 3

STRONG = 5  # words of a paper that are underlined
LEVELS = 4  # colors for words that speak for the topic
FAINTEST = 0.125  # of the largest influence; words below have no color
# Influences are compared with the largest one, and with this where no word has so much: a paper that
# says its subject in many ways has pale colors.
FULL = 0.02


def sparkline(years: np.ndarray, shares: np.ndarray) -> list[str]:
    """The points of SVG lines, 80 by 18, through the shares of a topic in these years, two at least.

    If the years are uneven, each has a bar, since a line would show what is not known.
    """
    x = 1 + 78 * (years - years[0]) / (years[-1] - years[0])
    y = 17 - 16 * shares / max(shares.max(), 1e-12)
    if uneven(years):
        return [f"{a:.1f},17.0 {a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True)]
    return [" ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))]


def per_year(change: float) -> str:
    """A change of share as text."""
    return f"{change:+.0%} per year"


def said_of(trend: str, change: float | None, where: str) -> str:
    """A trend in words: `rising in this sample, +8% per year`; a change that chance explains is not said."""
    if change is None or trend not in ("rising", "fading"):
        return trend
    return f"{trend}{where}, {per_year(change)}"


def trend_cells(trends: list[dict], years: np.ndarray, shares: np.ndarray) -> dict[int, dict]:
    """For each topic its sparkline, trend, change per year, what is said of it, and `order` among the others.

    No topic has any with fewer than two years.
    """
    if len(years) < 2:
        return {}
    where = IN_SAMPLE if uneven(years) else ""
    return {
        row["topic"]: {
            "line": sparkline(years, share),
            "span": f"{years[0]} to {years[-1]}",
            "trend": row["trend"],
            "uneven": bool(where),
            "order": row["change_per_year"] or 0.0,
            "text": said_of(row["trend"], row["change_per_year"], where),
        }
        for row, share in zip(trends, shares, strict=True)
    }


def topic_rows(
    topics: list[dict], representatives: list[dict], cells: dict[int, dict], link: str | None
) -> list[dict]:
    """The rows of topics.parquet by descending size, each with its most central papers, its trend and whether it is loose."""
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
        for row in sorted(topics, key=lambda row: -row["size"])
    ]


def level_rows(nodes: list[dict], trends: list[dict], where: str) -> list[dict]:
    """The groups of hierarchy.parquet, each with its `topics`, and each of these with its `subtopics`.

    Topics are in descending order of size. Subtopics have their `trend` in words, from subtopic_trends.parquet.

    Parameters
    ----------
    where : IN_SAMPLE, or nothing if the years are even
    """
    levels: dict[str, list[dict]] = {"group": [], "topic": [], "subtopic": []}
    for node in nodes:
        levels[node["level"]].append(node)
    for node, trend in zip(levels["subtopic"], trends, strict=True):
        node |= {"trend": said_of(trend["trend"], trend["change_per_year"], where)}
    levels["topic"].sort(key=lambda node: -node["size"])
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


def level(influence: float, largest: float) -> str:
    """The color class of a word: p1 to p4 for its topic, `against` it, or empty for neither."""
    share = influence / max(largest, FULL)  # nan for a stop word
    if share <= -FAINTEST:
        return "against"
    return f"p{min(ceil(LEVELS * share), LEVELS)}" if share >= FAINTEST else ""


def pieces(words: pd.DataFrame) -> list[dict]:
    """The words of one paper in order, without TeX: `before`, `word`, `level`, `strong`, `hover`.

    Parameters
    ----------
    words : rows of EXPLANATIONS
    """
    largest = words["influence"].max()
    # a word has the same influence at all its places
    strong = set(words["influence"].drop_duplicates().nlargest(STRONG))
    shown = []
    for row in words.sort_values("position").itertuples():
        how = "" if row.measured in (True, None) else " (estimated)"
        attention = "" if pd.isna(row.attention) else f", attention {row.attention:.1%}"
        shown.append(
            {
                "before": piece_to_text(row.before),
                "word": piece_to_text(row.word),
                "level": level(row.influence, largest),
                "strong": row.influence in strong and row.influence > 0,
                "hover": f"similarity {-row.influence:+.3f}, margin {-row.margin_influence:+.3f} without it{how}{attention}",
            }
        )
    return shown


def explanation_rows(
    words: pd.DataFrame,
    papers: pd.DataFrame,
    influential: list[list[str]],
    correlations: list[float | None],
    topics: list[dict],
    link: str | None,
) -> list[dict]:
    """The first explained paper of each topic, with its words as `pieces`.

    Parameters
    ----------
    words, papers : the columns of EXPLANATIONS and EXPLAINED
    influential : the most influential words of each topic
    correlations : of influence and keyword weight, of each topic
    topics : rows of TOPICS, in the order of the two
    link : see `paper_url`
    """
    of_paper = dict(list(words.groupby("id")))
    place = {topic["topic"]: i for i, topic in enumerate(topics)}
    rows = []
    for paper in papers.drop_duplicates("topic").to_dict("records"):
        topic = place[paper["topic"]]
        if paper["id"] not in of_paper:
            continue  # a text without words
        rows.append(
            paper
            | {
                "name": topics[topic]["name"],
                "second": topics[place[paper["second_topic"]]]["name"],
                "keywords": topics[topic]["keywords"],
                "influential": list(map(piece_to_text, influential[topic])),
                "keyword_correlation": correlations[topic],
                "url": paper_url(link, paper["id"]),
                "pieces": pieces(of_paper[paper["id"]]),
            }
        )
    return rows
