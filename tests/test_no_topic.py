"""A clustering that leaves papers out, topic -1, through all steps that read topics."""

import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from matplotlib.image import imread
from sklearn.metrics import silhouette_samples

from below_cluster import run_below_cluster
from conftest import sample_files, script
from explore import NONE
from lib.clusters.assignment import ClusterMethod
from lib.clusters.halves import cluster_halves, topic_stability
from lib.clusters.hierarchy import subtopics
from lib.clusters.history import number_topics
from lib.clusters.measures import measure, on_original
from lib.clusters.schema import ASSIGNMENTS, MEMBERSHIPS
from lib.clusters.shares import share_topics
from lib.clusters.smoothing import read_sample
from lib.explain.papers import nearest_rows
from lib.figures.map_figure import NO_TOPIC, Texts, draw_map
from lib.figures.style import save
from lib.files import write_json
from lib.tables import write_table
from scan_k import scan
from summaries import CLUSTER


def near_leaders(vectors, graph, k, *, seed, threads=1) -> np.ndarray:
    """Rows near to one of k distant rows, four if k is None; the others are in no topic."""
    rows = np.asarray(vectors, np.float32)
    leaders = rows[[seed % len(rows)]]
    while len(leaders) < (k or 4):
        leaders = np.vstack([leaders, rows[(rows @ leaders.T).max(1).argmin()]])
    cosines = rows @ leaders.T
    return np.where(cosines.max(1) > 0.4, cosines.argmax(1), -1)


METHOD: ClusterMethod = near_leaders


@pytest.fixture(scope="module")
def results(planted, tmp_path_factory):
    """The files of all steps up to map.html, from the labels of `near_leaders`."""
    at = tmp_path_factory.mktemp("no-topic")
    sample = read_sample(*(sample_files(planted.folder)[f] for f in FILES), len(planted.ids))
    labels = METHOD(planted.vectors, None, None, seed=0)
    k = int(labels.max()) + 1
    numbered = number_topics(labels.astype(np.int32), np.full(k, -1), pa.chunked_array([planted.ids]), None)
    topics = on_original(planted.vectors, numbered.labels, k)
    halves = cluster_halves(sample, k, METHOD)
    stability = topic_stability(halves, topics.labels[sample.rows], k)
    rows = planted.vectors
    shares, calibration = share_topics(
        rows, sample, halves, topics.labels, topics.centroids, numbered.numbers
    )
    columns, fit = measure(planted.vectors, topics, numbered.numbers, stability)
    age = pa.nulls(len(labels), pa.int32())
    write_table(at / "assignments.parquet", pa.table({"id": planted.ids, **columns, "age": age}), ASSIGNMENTS)
    write_table(at / "memberships.parquet", shares, MEMBERSHIPS)
    summary = CLUSTER | fit | calibration | {"k": k, "numbers": numbered.numbers.tolist()}
    summary |= {"keys": numbered.keys, "given": numbered.given}
    np.save(at / "centroids.npy", topics.centroids)
    write_json(at / "cluster.json", summary)
    run_below_cluster(planted, at)
    return at


FILES = ("rows", "vectors", "half_rows", "half_vectors")


def labels_of(results) -> np.ndarray:
    labels = pq.read_table(results / "assignments.parquet")["topic"].to_numpy()
    assert 4 < (labels < 0).sum() < 70  # so that the tests mean something
    return labels


def table(results, name: str) -> list[dict]:
    return pq.read_table(results / f"{name}.parquet").to_pylist()


def test_measures_are_those_of_the_papers_in_topics(planted, results):
    labels = labels_of(results)
    known = labels >= 0
    rows = planted.vectors.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    written = pq.read_table(results / "assignments.parquet").to_pandas()
    expected = silhouette_samples(rows[known], labels[known], metric="cosine")
    np.testing.assert_allclose(written["silhouette"][known], expected, atol=1e-5)
    assert written.loc[~known, ["similarity", "margin", "silhouette"]].isna().all(axis=None)
    assert written.loc[~known, "outlier"].all() and written["second_topic"].between(0, 3).all()
    centroids = np.load(results / "centroids.npy")
    for topic in range(4):
        np.testing.assert_allclose(centroids[topic], rows[labels == topic].mean(0), atol=1e-6)
    summary = json.loads((results / "cluster.json").read_text())
    assert summary["sizes"] == sorted(np.bincount(labels[known]).tolist(), reverse=True)
    assert summary["silhouette"] == pytest.approx(expected.mean(), abs=1e-5)


def test_papers_in_no_topic_have_no_shares(results):
    known = labels_of(results) >= 0
    shares = pq.read_table(results / "memberships.parquet")["shares"].to_pylist()
    assert [bool(of_paper) for of_paper in shares] == known.tolist()


def test_a_scan_measures_any_method(planted, results):
    rows = planted.vectors.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    halves = np.array(np.split(np.random.default_rng(0).permutation(140), 2))
    measures, labels = scan(rows, rows, halves, rows[halves], 4, METHOD, seeds=2)
    assert sum(measures["sizes"]) == (labels >= 0).sum() < 140
    assert all(0 < share <= (labels >= 0).mean() + 0.2 for share in measures["stable_share"])
    assert np.isfinite(measures["silhouette"] + measures["inertia"] + measures["stability_seeds"]).all()


def test_subtopics_by_any_method(planted):
    rows = planted.vectors[planted.truth < 2].astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    labels, stability = subtopics(rows, 2, 0, METHOD)
    assert set(labels) <= {-1, 0, 1} and len(stability) in (0, 2)


def test_tables_count_each_paper_in_its_topic_only(planted, results):
    labels = labels_of(results)
    sizes = np.bincount(labels[labels >= 0]).tolist()
    topics, nodes = table(results, "topics"), table(results, "hierarchy")
    assert [topic["size"] for topic in topics] == sizes
    assert [topic["share"] for topic in topics] == [size / 140 for size in sizes]
    assert [node["size"] for node in nodes if node["level"] == "topic"] == sizes
    assert sum(node["share"] for node in nodes if node["level"] == "group") == pytest.approx(sum(sizes) / 140)
    subtopic = pq.read_table(results / "subtopics.parquet")["subtopic"].to_pandas()
    assert subtopic[labels < 0].isna().all()
    for keyword in filter(lambda row: row["level"] == "topic", table(results, "keywords")):
        texts = [
            planted.texts[i].replace(".", " ").split() for i in np.flatnonzero(labels == keyword["node"])
        ]
        assert keyword["papers"] == sum(keyword["term"] in text for text in texts)
    ids = {paper["id"] for paper in table(results, "representatives")}
    assert not ids & {planted.ids[i] for i in np.flatnonzero(labels < 0)}
    years = [row for row in table(results, "periods") if row["unit"] == "year"]
    assert [row["papers"] for row in years] == sizes  # all papers are of one year
    assert [row["share"] for row in years] == [size / 140 for size in sizes]


def test_map_files_show_papers_without_a_topic(planted, results):
    labels = labels_of(results)
    rows = table(results, "atlas")
    assert [row["topic"] is None for row in rows] == [row["group"] is None for row in rows]
    assert [row["topic"] is None for row in rows] == (labels < 0).tolist()
    html = (results / "map.html").read_text()
    assert "4 topics" in html and not re.search(r"\bNaN\b", html.split("<script")[1][:500])


def test_papers_without_a_topic_are_gray(tmp_path):
    points = np.stack([np.tile(np.arange(10.0), 10), np.repeat(np.arange(10.0), 10)], 1).astype(np.float32)
    figures = {}
    for name, topics in {"none": np.full(100, -1), "all": np.zeros(100, int)}.items():
        topics[0] = 0
        save(draw_map(points, topics, ["#c2410c"], Texts(["a"], "t", "", "")), tmp_path / "m.png", 50)
        figures[name] = imread(tmp_path / "m.png")[:, :, :3]
    gray = np.array([int(NO_TOPIC[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    near_gray = {name: (np.abs(image - gray).max(2) < 0.1).sum() for name, image in figures.items()}
    assert near_gray["none"] > 3 * near_gray["all"]


def test_evaluation_and_explanations_leave_them_out(planted, results):
    labels = labels_of(results)
    evaluation = json.loads((results / "evaluation.json").read_text())
    silhouette = pq.read_table(results / "assignments.parquet")["silhouette"].to_numpy()[labels >= 0]
    assert evaluation["negative_silhouette_share"] == pytest.approx((silhouette < 0).mean())
    assert 0 < evaluation["stable_share"] <= (labels >= 0).mean()
    assert evaluation["primary_category"]["papers"] == 140  # where they are a class of their own
    assignments = pq.read_table(results / "assignments.parquet").to_pandas()
    assert (labels[nearest_rows(assignments, 4, 5)] == np.repeat(np.arange(4), 5)).all()


def test_assignments_of_other_centroids_are_refused(planted, results, tmp_path):
    assert NONE == 65535
    np.save(tmp_path / "c.npy", np.load(results / "centroids.npy")[:2])
    result = script(
        "hierarchy",
        embeddings=planted.embeddings,
        centroids=tmp_path / "c.npy",
        assignments=results / "assignments.parquet",
        **{name: tmp_path / f"{name}.parquet" for name in ("nodes", "subtopics")},
        linkage=tmp_path / "l.npy",
    )
    assert result.returncode == 1 and "topics 4, centroids 2" in result.stderr
