"""Made-up inputs of the report: two topics, with titles and names that could be taken for markup."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from conftest import EVIL, ROOT, pq_write
from summaries import EMBEDDINGS

PNG = b"\x89PNG\r\n\x1a\n"
EVALUATION = {
    "corpus": {
        "sample": 1000,
        "languages": {"en": 0.9, "zh": 0.099, "fr": 0.001},
        "scripts": {"Latin": 0.95, "Chinese characters": 0.05},
        "without_words": 0.02,
    },
    "papers": 1234,
    "papers_in_topics": 1234,
    "k": 2,
    "stable_share": 0.66,
    "silhouette": 0.1234,
    "silhouette_by_topic": [0.2, -0.1],
    "negative_silhouette_share": 0.21,
    "inertia_per_paper": 0.5,
    "sizes": {"smallest": 234, "median": 617.0, "largest": 1000, "effective_topics": 1.6},
    "primary_category": {
        "papers": 1200,
        "classes": 9,
        "ami": 0.345,
        "ari": 0.2,
        "v_measure": 0.3,
        "purity": 0.456,
    },
    "archive": {"papers": 0, "classes": 0, "ami": None, "ari": None, "v_measure": None, "purity": None},
    "primary_category_by_words": {
        "papers": 1200,
        "classes": 9,
        "ami": 0.2,
        "ari": 0.1,
        "v_measure": 0.2,
        "purity": 0.3,
    },
    "words": {
        "npmi": 0.234,
        "npmi_floor": -0.1,
        "npmi_near": 0.2,
        "c_v": 0.678,
        "c_v_floor": 0.3,
        "diversity": 0.87,
        "inverted_rbo": 0.98,
        "keyword_topic_accuracy": 0.71,
        "npmi_by_topic": [0.2, 0.3],
        "c_v_by_topic": [0.6, 0.7],
        "before_edits": None,
        "keyword_topic_accuracy_by_topic": [0.7, 0.8],
    },
    "keyword_correlation": [0.44, None],
    "map": {
        "neighbors_kept": 0.31,
        "neighbors_kept_at_random": 0.012,
        "trustworthiness": 0.94,
        "category_accuracy": 0.66,
        "category_accuracy_on_map": None,
        "placed": None,
        "moved": None,
        "largest_piece": 0.8,
        "largest_piece_by_topic": [0.9, 0.7],
    },
    "before_edits": None,
}
ORIGIN = {"device": "<i>cpu</i>", "attention": "sdpa", "kernels": ["k1", "k2"]}
EMBEDDED = EMBEDDINGS | {
    "parts": 1,
    "flops_per_second": 1.0,
    "papers": 1234,
    "dim": 384,
    "model": "<b>model</b>",
    "max_tokens": 256,
    "precision": "bfloat16",
    "device": "cpu",
    "cache_hits": 0,
    "cache_misses": 1234,
    "tokens_per_second": 4321.0,
    "share_of_matmul_rate": 0.123,
    "origins": [{"origin": ORIGIN, "papers": 1234, "share": 1.0}],
    "padding_share": 0.02,
    "truncated_papers": 77,
    "truncated_tokens": 7777,
    "tokens": 40000,
    "unknown_tokens": 20800,
}

SELECTION = {
    "k": 2,
    "rule": "finest that stability",
    "proposed": 2,
    "plateau": [2],
    "sentence": f"Two & {EVIL}",
    "sample": 1000,
    "papers": 1234,
    "seconds": {"2": 1.0},
    "skipped": [],
}


EXPLAIN = {
    "papers": 2,
    "cut_papers": 1,
    "layers": 2,
    "loss_influential": 0.2345,
    "loss_random": 0.0123,
    "loss_attention": 0.0456,
    "attention_correlation": 0.31,
    "influential_words": [["influence", EVIL], []],
    "largest_difference": 1e-6,
    "seconds": 1.0,
}


def report_inputs(folder: Path) -> dict:
    """The flags of `report`: files of two topics in a folder, in which most texts could be taken for markup."""
    bucket = {"count": 1, "first": [{"line": 17, "reason": EVIL}]}
    files = {
        "ledger": {
            "input": "<i>x</i>.json",
            "unit": "line",
            "settings": {},
            "lines": 1240,
            "buckets": {"kept": bucket, "duplicate": bucket},
            "normalised": {"markup": 1, "tex_letters": 0, "unicode": 0},
            "filled": {"categories": 2, "published": 2, "updated": 2},
            "not_understood": {"published": {"count": 0, "first": []}, "updated": bucket},
            "boilerplate": [{"papers": 310, "example": EVIL}] * 7,
            "languages": {"en": 0.9, "de": 0.1},
        },
        "embeddings": EMBEDDED,
        "selection": SELECTION,
        "evaluation": EVALUATION,
        "edits": {"edits": []},
        "explain": EXPLAIN,
        "works": {
            "records": 1241,
            "works": 1239,
            "joined": 2,
            "by_doi": 0,
            "by_text": 1,
            "by_neighbors": 1,
            "roles": {"article": 1239, "preprint": 1, "version": 1, "part": 0, "correction": 0},
            "count": "works",
            "examples": [
                [
                    {"id": "10.1000/1", "role": "article", "title": EVIL},
                    {"id": "2301.00001", "role": "preprint", "title": "First"},
                ]
            ],
            "seconds": 1.0,
        },
    }
    templates = ROOT / "scripts" / "templates"
    paths = {
        "template": templates / "report.html",
        "style": templates / "report" / "report.css",
        "behavior": templates / "report" / "report.js",
        "digest": folder / "papers.digest",
        "benchmarks": folder / "benchmarks",
        "about": {
            "versions": {"Snakemake": "9.1"},
            "changed": {"cluster.k": 2, "clean.since": EVIL},
            "cite": "A & B (2026).",
        },
    }
    paths["digest"].write_text("0123abcd\n")
    benchmark = "s\th:m:s\tmax_rss\n{}\t0:00:01\t{}\n"
    for name, seconds, peak in (
        ("clean", 1.5, "200.5"),
        ("embed/0", 30, "900"),
        ("embed/1", 40, "-"),
        ("report", 9, "99"),
    ):
        file = paths["benchmarks"] / f"{name}.tsv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(benchmark.format(seconds, peak))
    for name, content in files.items():
        paths[name] = folder / f"{name}.json"
        paths[name].write_text(json.dumps(content))
    for name in ("curves", "map", "tree", "trend_figure"):
        paths[name] = folder / f"{name}.png"
        paths[name].write_bytes(PNG)
    paths["scans"] = folder / "scans.csv"
    paths["scans"].write_text("k,silhouette\n2,0.1\n3,0.05\n")
    paths["topics"] = pq_write(
        folder / "topics.parquet",
        topic=[0, 1],
        key=["t0a00", "t0a01"],
        was=pa.nulls(2, pa.string()),
        by_hand=[True, False],
        description=["About <b>stars</b>", None],
        since=[0, 0],
        name=["word · other", "spin"],
        label=[f"word | {EVIL}", "spin | Second"],
        size=[1000, 234],
        keywords=[["word", EVIL], ["spin"]],
        fields=[[f"Field {EVIL}"], []],
        npmi=[0.3, 0.02],
        c_v=[0.7, 0.4],
        mixed=[False, True],
        share=[0.81, 0.19],
        primary_keyword=["word", "spin"],
        representative_id=["1", "5"],
        representative_title=["First", "Fifth"],
        main_category=["math.AG", None],
        main_category_share=[0.5, 0.0],
        color=["#1b6ca8", "#c2410c"],
        silhouette=[0.2, -0.1],
        stability=[0.9, 0.55],
    )
    paths["representatives"] = pq_write(
        folder / "representatives.parquet",
        topic=[0, 0, 0, 0, 1],
        rank=[1, 2, 3, 4, 1],
        id=["hep-th/9901001", "2", "3", "4", '"><script>alert(4)</script>'],
        role=["nearest"] * 5,
        similarity=[0.9, 0.8, 0.7, 0.6, 0.9],
        score=[0.9, 0.8, 0.7, 0.6, 0.9],
        title=[EVIL, "Second", "Third", "Fourth is left out", "Fifth"],
    )
    years = [date(2020 + year, 1, 1) for year in range(3)]
    paths["periods"] = pq_write(
        folder / "periods.parquet",
        topic=np.repeat(np.int32([0, 1]), 3),
        unit=["year"] * 6,
        period=years * 2,
        papers=[50, 60, 70, 5, 40, 1],
        share=[0.9, 0.6, 0.98, 0.1, 0.4, 0.02],
        partial=[False, False, True] * 2,
    )
    paths["hierarchy"] = pq_write(
        folder / "hierarchy.parquet",
        level=["group", "topic", "topic", "subtopic", "subtopic"],
        node=[0, 0, 1, 0, 1],
        parent=pa.array([None, 0, 0, 0, 0], pa.int32()),
        size=[226, 180, 46, 100, 80],
        stability=pa.array([None, None, None, 0.9, 0.7], pa.float64()),
        share=[1.0, 0.8, 0.2, 0.44, 0.35],
        name=["all", "word", "spin", EVIL, "part"],
        mixed=[True, False, True, False, False],
        tentative=[False, False, False, False, True],
        keywords=[["a"], ["b"], ["c"], ["inner word"], ["e"]],
        fields=[["A field"], [], [], ["An inner field"], []],
    )
    paths["subtopic_trends"] = pq_write(
        folder / "subtopic_trends.parquet",
        subtopic=[0, 1],
        topic=[0, 0],
        name=[EVIL, "part"],
        dated_papers=[100, 80],
        first_year=[2020, 2020],
        median_year=[2021, 2021],
        peak_year=[2020, 2021],
        change_per_year=[0.31, None],
        low=[0.2, None],
        high=[0.4, None],
        q_value=[0.01, None],
        trend=["rising", ""],
    )
    paths["trends"] = pq_write(
        folder / "trends.parquet",
        topic=[0, 1],
        name=["word", "spin"],
        dated_papers=[180, 46],
        first_year=[2020, 2020],
        median_year=[2021, 2021],
        peak_year=[2020, 2021],
        change_per_year=[-0.2, None],
        low=[-0.3, None],
        high=[-0.1, None],
        q_value=[0.01, None],
        trend=["fading", ""],
    )
    paths["explanations"] = pq_write(
        folder / "explanations.parquet",
        topic=[0] * 5,
        id=["hep-th/9901001"] * 5,
        position=range(5),
        before=["", " ", " ", ", ", " <u> "],
        word=["the", "galaxy", "near", EVIL, "galaxy"],
        influence=[None, 0.2, 0.01, -0.1, 0.2],
        margin_influence=[None, 0.1, 0.0, -0.3, 0.1],
        measured=[None, True, False, False, True],
        attention=[0.1, 0.25, 0.1, 0.05, 0.2],
        attention_by_layer=[[0.1, 0.1]] * 5,
    )
    numbers = ("similarity", "margin", "attention_correlation", "special_attention")
    paths["explained"] = pq_write(
        folder / "explained.parquet",
        topic=[0],
        id=["hep-th/9901001"],
        second_topic=[1],
        words=[5],
        cut_words=[3],
        **{name: [0.5] for name in numbers},
        special_attention_by_layer=[[0.4, 0.6]],
        **{name: [0.1] for name in ("loss_influential", "loss_random", "loss_attention")},
    )
    return paths
