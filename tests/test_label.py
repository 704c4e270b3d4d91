"""label: planted subjects, the contract and bad input."""

import csv
import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import SUBJECTS, assert_refused, pq_write, script


def test_planted_subjects_are_labelled(planted):
    topics = pq.read_table(planted.folder / "topics.parquet").to_pylist()
    assignments = pq.read_table(planted.folder / "assignments.parquet").to_pylist()
    vocabularies = [set(subject.split()) for subject in SUBJECTS.values()]
    categories = ["astro-ph.GA", "math.NT", "q-bio.NC", "quant-ph"]
    rows = planted.vectors.astype(np.float32)
    summary = json.loads((planted.folder / "cluster.json").read_text())
    for topic, row in enumerate(topics):
        own = [i for i, a in enumerate(assignments) if a["topic"] == topic]
        (subject,) = set(planted.truth[own])
        keyword, title = row["label"].split(" | ")
        assert row["topic"] == topic and row["size"] == len(own) == planted.sizes[subject]
        assert keyword == row["primary_keyword"] and set(keyword.split()) <= vocabularies[subject]
        distance = np.linalg.norm(rows[own] - rows[own].mean(0), axis=1)
        central = own[int(distance.argmin())]
        assert row["representative_id"] == planted.ids[central]
        assert title == row["representative_title"] == planted.titles[central]
        assert row["main_category"] == categories[subject] and row["main_category_share"] == 1
        assert row["repeats"] == summary["repeats_by_topic"][topic] > 0.9
        assert row["silhouette"] == pytest.approx(np.mean([assignments[i]["silhouette"] for i in own]))
    assert len({row["primary_keyword"] for row in topics}) == 4
    assert sum(row["share"] for row in topics) == pytest.approx(1)
    with (planted.folder / "topics.csv").open(encoding="utf-8") as file:
        assert [row["label"] for row in csv.DictReader(file)] == [row["label"] for row in topics]


def test_representatives_are_ranked_by_distance(planted):
    table = pq.read_table(planted.folder / "representatives.parquet").to_pylist()
    assert len(table) == 20
    for topic in range(4):
        rows = [row for row in table if row["topic"] == topic]
        assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
        assert [row["distance"] for row in rows] == sorted(row["distance"] for row in rows)


def run_label(planted, out, **changes):
    at = planted.folder
    inputs = {
        "papers": planted.papers,
        "embeddings": planted.embeddings,
        "assignments": at / "assignments.parquet",
        "centroids": at / "centroids.npy",
        "cluster": at / "cluster.json",
        "keywords": at / "keywords.parquet",
    }
    outputs = {"representatives": out / "r.parquet", "topics": out / "t.parquet", "csv": out / "t.csv"}
    return script("label", **inputs | outputs | changes)


def test_labels_differ_where_titles_are_the_same(planted, tmp_path, out):
    table = pq.read_table(planted.papers).to_pydict() | {"title": ["One title"] * 140}
    assert run_label(planted, out, papers=pq_write(tmp_path / "p.parquet", **table)).returncode == 0
    assert len(set(pq.read_table(out / "t.parquet")["label"].to_pylist())) == 4


def test_bad_inputs_are_refused(planted, tmp_path, out):
    np.save(tmp_path / "e.npy", planted.vectors[:-1])
    result = run_label(planted, out, embeddings=tmp_path / "e.npy")
    assert_refused(result, out, "e.npy", "139 vectors for 140")
    (tmp_path / "c.npy").write_bytes((planted.folder / "centroids.npy").read_bytes()[:150])
    assert_refused(run_label(planted, out, centroids=tmp_path / "c.npy"), out, "c.npy")
