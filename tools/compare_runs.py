"""Put two finished runs side by side on one page: two encoders, two corpora, two months.

`make compare A=runs/x B=runs/y` calls this.
"""

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts"))

from lib.cli import UserError, run, say, three_digits
from lib.clusters.schema import ASSIGNMENTS
from lib.clusters.topic_numbers import to_codes
from lib.embeddings.schema import EmbeddingsSummary
from lib.evaluation.compare import Comparison, compare, topic_pairs
from lib.evaluation.report_texts import count
from lib.evaluation.schema import Evaluation
from lib.figures.flow_figure import plot_flows
from lib.figures.fonts import drawable
from lib.figures.page import content_policy, embed_file, render
from lib.figures.style import save
from lib.files import atomic_outputs, read_json
from lib.naming.schema import TOPICS
from lib.rows import positions
from lib.tables import read_table
from lib.workflow.chains import clustered

OTHER = 1_000_000  # added to the codes of the second run in the figure, which has one color per number
TEMPLATES = ROOT / "scripts" / "templates"


@dataclass
class Run:
    """What is compared of a run.

    Attributes
    ----------
    name : of its folder
    ids : of the papers
    labels : int32 (n,), code of the topic of each paper, -1 for none
    topics : columns `topic`, `key`, `name`, `size` and `color`
    map : map.png in base64
    """

    name: str
    ids: pa.ChunkedArray
    labels: np.ndarray
    topics: pd.DataFrame
    evaluation: Evaluation
    encoder: str
    map: str

    @classmethod
    def read(cls, variable: str, at: Path) -> "Run":
        """Read a results folder; raises UserError if it is not that of a finished run."""
        if not (at / "evaluation/evaluation.json").is_file():
            raise UserError(f"{variable}: {at} is not the results folder of a finished run")
        topics = read_table(
            at / "topics/topics.parquet", TOPICS, ["topic", "key", "name", "size", "color"]
        ).to_pandas()
        table = read_table(Path(clustered(at)) / "assignments.parquet", ASSIGNMENTS, ["id", "topic"])
        return cls(
            at.resolve().name,
            table["id"],
            to_codes(table["topic"].to_numpy(), topics["topic"].to_numpy()),
            topics,
            read_json(at / "evaluation/evaluation.json", Evaluation),
            read_json(at / "embeddings/embeddings.json", EmbeddingsSummary)["model"],
            embed_file(at / "map.png"),
        )


def figures_of(evaluation: Evaluation, encoder: str) -> dict[str, str]:
    """The figures of a run as text."""
    words, agreement = evaluation["words"], evaluation["primary_category"]["ami"]
    return {
        "Encoder": encoder,
        "Papers": f"{evaluation['papers']:,}",
        "Topics": str(evaluation["k"]),
        "Papers in stable topics": f"{evaluation['stable_share']:.0%}",
        "Mean silhouette": three_digits(evaluation["silhouette"]),
        "Agreement with categories (AMI)": three_digits(agreement, "–"),
        "Coherence of keywords (NPMI)": three_digits(words["npmi"], "–"),
        "Coherence of keywords (C_v)": three_digits(words["c_v"], "–"),
        "Diversity of keywords": f"{words['diversity']:.2f}",
        "Nearest neighbors kept on the map": f"{evaluation['map']['neighbors_kept']:.0%}",
    }


def in_words(found: Comparison, papers: int, same: int, runs: tuple[Run, Run]) -> list[str]:
    """The comparison in a few sentences.

    Parameters
    ----------
    papers : that both runs have
    same : topics that are the same
    """
    a, b = runs
    total = int(found.shared.sum())
    lines = [
        f"{count(papers, 'paper is', 'papers are')} in both runs; {count(len(a.ids) - papers, 'is', 'are')} in {a.name} alone, "
        f"and {count(len(b.ids) - papers, 'is', 'are')} in {b.name} alone.",
        f"{same} of the {len(a.topics)} topics of {a.name} are among the {len(b.topics)} of {b.name}.",
    ]
    if total:
        lines.append(
            f"{count(found.moved, 'paper', 'papers')} ({found.moved / total:.0%}) of those in topics of both are in another topic; "
            f"AMI {three_digits(found.ami, 'unknown')}, ARI {three_digits(found.ari, 'unknown')}, 1 if all topics were the same."
        )
    return lines


def flows(found: Comparison, runs: tuple[Run, Run]) -> str:
    """The figure of the papers between the topics, in base64; matched topics have the color of the first run."""
    a, b = runs
    sources, targets = np.nonzero(found.shared)
    families, names = drawable([*a.topics["name"], *b.topics["name"]])
    order = [
        np.argsort(-topics["size"].to_numpy(), kind="stable").tolist() for topics in (a.topics, b.topics)
    ]
    colors = dict(enumerate(a.topics["color"])) | {
        OTHER + i: color for i, color in enumerate(b.topics["color"])
    }
    colors |= {
        OTHER + int(other): a.topics["color"][code] for code, other in enumerate(found.match) if other >= 0
    }
    figure = plot_flows(
        sources.tolist(),
        (OTHER + targets).tolist(),
        found.shared[sources, targets].tolist(),
        ({i: names[i] for i in order[0]}, {OTHER + i: names[len(a.topics) + i] for i in order[1]}),
        colors,
        tuple(families),
        heads=(a.name, b.name),
    )
    with tempfile.TemporaryDirectory() as folder:
        save(figure, Path(folder, "flows.png"), 150)
        return embed_file(Path(folder, "flows.png"))


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--a", type=Path, required=True, help="results folder")
    parser.add_argument("--b", type=Path, required=True, help="the other one")
    parser.add_argument("--page", type=Path, default=Path("compare.html"), help="where the page is written")
    args = parser.parse_args(argv)
    runs = Run.read("A", args.a), Run.read("B", args.b)
    a, b = runs
    if a.name == b.name:
        a.name, b.name = str(args.a), str(args.b)
    at = positions(b.ids, a.ids)
    if not (at >= 0).any():
        raise UserError(f"{args.a} and {args.b} share no paper, so that their topics cannot be compared")
    both = np.flatnonzero(at >= 0)
    found = compare(a.labels[both], b.labels[at[both]], len(a.topics), len(b.topics))
    pairs = topic_pairs(found, a.topics, b.topics)
    sentences = in_words(found, len(both), sum(row["same"] for row in pairs), runs)
    style = (TEMPLATES / "report" / "report.css").read_text("utf-8")
    of_a, of_b = (figures_of(each.evaluation, each.encoder) for each in runs)
    page = render(
        TEMPLATES / "compare.html",
        policy=content_policy("", style, images=True),
        style=style,
        names=(a.name, b.name),
        sentences=sentences,
        figures=[(name, value, of_b[name]) for name, value in of_a.items()],
        pairs=pairs,
        flows=flows(found, runs),
        maps=[(each.name, each.map) for each in runs],
    )
    with atomic_outputs(args.page) as (file,):
        file.write_text(page, "utf-8")
    for sentence in sentences:
        say(sentence)
    say(f"Open {args.page}")


if __name__ == "__main__":
    run(main)
