"""Run all steps below `cluster` on made-up papers, from given assignments, centroids and cluster.json."""

from pathlib import Path

import pyarrow.parquet as pq

from conftest import Planted, graph_files, script, term_files
from lib.explain.schema import EXPLAINED, EXPLANATIONS
from lib.files import write_json
from measure import page_files
from page_inputs import filled
from report_inputs import EXPLAIN, report_inputs

TABLES = (
    *("nodes", "subtopics", "keywords", "representatives", "topics", "hierarchy"),
    *("trends", "periods", "subtopic_trends", "subtopic_periods", "coordinates"),
)
CSVS = ("keywords", "topics", "hierarchy", "trends", "subtopic_trends")
PICTURES = ("map", "tree", "trends", "explanations")


def run_below_cluster(corpus: Planted, at: Path) -> dict[str, str]:
    """Run the steps into a folder that holds the outputs of `cluster`; what each of them printed.

    `explain` is not run: it needs an encoder.
    """
    tables = {name: at / f"{name}.parquet" for name in TABLES}
    csv = {name: at / f"{name}.csv" for name in CSVS}
    pictures = {name: at / f"{name}.png" for name in PICTURES}

    def of(*names: str) -> dict[str, Path]:
        return {name: tables[name] for name in names}

    inputs = {"papers": corpus.papers, "embeddings": corpus.embeddings}
    assigned = {"assignments": at / "assignments.parquet"}
    clustered = assigned | {"centroids": at / "centroids.npy"}
    terms, graph, works = term_files(corpus.folder), graph_files(corpus.folder), {"works": corpus.works}
    levels, tree = of("nodes", "subtopics"), {"linkage": at / "linkage.npy"}
    keywords = of("keywords") | {"coherence": at / "coherence.json"}
    measured = {"cluster": at / "cluster.json", "project": at / "project.json"}
    named, times = of("topics", "hierarchy"), of("trends", "periods", "subtopic_trends", "subtopic_periods")
    shown = {"papers": corpus.papers, "link": None} | of("coordinates", "subtopics") | assigned | named
    explained = write_explanations(corpus, at)
    (at / "made-up").mkdir()
    made_up = report_inputs(at / "made-up")
    steps = {
        "hierarchy": {"embeddings": corpus.embeddings, "min_papers": 10, "groups": 2} | clustered | levels | tree,
        "keywords": terms | {"embeddings": corpus.embeddings} | assigned | levels | works | keywords
        | {"csv": csv["keywords"]},
        "label": inputs | clustered | {"cluster": at / "cluster.json"} | keywords | levels | works | named
        | of("representatives") | {"csv": csv["topics"], "hierarchy_csv": csv["hierarchy"]}
        | {"edits_file": at / "edits.json"},
        "project": inputs | graph | {"summary": at / "project.json", "n_neighbors": 8} | of("coordinates"),
        "trends": {"papers": corpus.papers} | assigned | works | named | of("subtopics") | times
        | {"csv": csv["trends"], "subtopic_csv": csv["subtopic_trends"], "figure": pictures["trends"]},
        "plot": assigned | named | of("coordinates") | tree | measured
        | {"maps": pictures["map"], "tree": pictures["tree"]},
        "atlas": shown | graph | {"atlas": at / "atlas.parquet", "labels": at / "labels.parquet"},
        "explore": shown | {"memberships": at / "memberships.parquet", "neighbors": graph["neighbors"], "facets": corpus.facets} | times | page_files() | {"map": at / "map.html"},
        "evaluate": {"papers": corpus.papers} | terms | measured | assigned | works | keywords
        | of("coordinates") | {"explanations": explained["explanations"]}
        | {"evaluation": at / "evaluation.json"},
        "report": made_up | of("representatives", "trends", "periods", "subtopic_trends") | named | explained
        | {"evaluation": at / "evaluation.json", "tree": pictures["tree"], "map": pictures["map"]}
        | {"trend_figure": pictures["trends"], "report": at / "report.html", "link": None}
        | {"explanation_figure": pictures["explanations"]},
    }  # fmt: skip
    printed = {}
    for step, flags in steps.items():
        result = script(step, **flags)
        assert result.returncode == 0, (step, result.stderr)
        printed[step] = result.stdout
    return printed


def write_explanations(corpus: Planted, at: Path) -> dict[str, Path]:
    """Made-up outputs of `explain` for the nearest paper of each topic: the longer a word, the more influential."""
    assigned = pq.read_table(at / "assignments.parquet").to_pandas()
    in_topic = assigned[assigned["topic"] >= 0]
    nearest = (
        in_topic.sort_values("similarity", ascending=False).groupby("topic").head(1).sort_values("topic")
    )
    words = [corpus.texts[row].split() for row in nearest.index]
    rows = [
        (topic, name, place, word, len(word) / 100)
        for topic, name, of_paper in zip(nearest["topic"], nearest["id"], words, strict=True)
        for place, word in enumerate(of_paper)
    ]
    columns = dict(
        zip(("topic", "id", "position", "word", "influence"), zip(*rows, strict=True), strict=True)
    )
    columns |= {
        "before": [" "] * len(rows),
        "margin_influence": [0.1] * len(rows),
        "measured": [True] * len(rows),
    }
    of_papers = {
        name: nearest[name].tolist() for name in ("topic", "id", "second_topic", "similarity", "margin")
    }
    of_papers |= {"words": list(map(len, words)), "cut_words": [0] * len(words)}
    influential = [[f"word {place}"] for place in range(len(nearest))]
    write_json(at / "explain.json", EXPLAIN | {"influential_words": influential})
    return {
        "explanations": filled(at / "explanations.parquet", EXPLANATIONS, columns),
        "explained": filled(at / "explained.parquet", EXPLAINED, of_papers),
        "explain": at / "explain.json",
    }
