"""hierarchy: the contract and odd corpora."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import assert_refused, pq_write, script


def corpus(folder, topics: np.ndarray, vectors: np.ndarray) -> dict:
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    k = int(topics.max()) + 1
    np.save(folder / "e.npy", vectors.astype(np.float16))
    np.save(folder / "c.npy", np.array([vectors[topics == t].mean(0) for t in range(k)], np.float32))
    ids = [f"2301.{i:05d}" for i in range(len(topics))]
    return {
        "embeddings": folder / "e.npy",
        "centroids": folder / "c.npy",
        "assignments": pq_write(folder / "a.parquet", id=ids, topic=topics.astype(np.int32)),
    }


def run_hierarchy(inputs, out, **changes):
    outputs = {
        "nodes": out / "n.parquet",
        "subtopics": out / "s.parquet",
        "linkage": out / "l.npy",
    }
    return script("hierarchy", **inputs | outputs | changes)


@pytest.fixture
def planted_corpus(tmp_path) -> dict:
    """Six topics; those with even numbers have two subtopics, the last one has few papers."""
    rng = np.random.default_rng(1)
    sizes = [160, 150, 140, 130, 120, 20]
    topics = np.repeat(np.arange(6), sizes)
    part = rng.integers(2, size=len(topics)) * (topics % 2 == 0)
    centers = rng.normal(size=(6, 32))[topics] + 0.7 * rng.normal(size=(12, 32))[2 * topics + part]
    order = rng.permutation(len(topics))
    return corpus(tmp_path, topics[order], (centers + 0.5 * rng.normal(size=centers.shape))[order])


def test_children_add_up_and_files_do_not_depend_on_the_cores(planted_corpus, out):
    result = run_hierarchy(planted_corpus, out, threads=1)
    assert result.returncode == 0, result.stderr
    nodes = pq.read_table(out / "n.parquet").to_pandas()
    topics = pq.read_table(planted_corpus["assignments"])["topic"].to_numpy()
    subtopic = pq.read_table(out / "s.parquet")["subtopic"].to_pandas()
    levels = {level: some.set_index("node") for level, some in nodes.groupby("level")}
    assert levels["topic"]["size"].tolist() == np.bincount(topics).tolist()
    assert (levels["topic"].groupby("parent")["size"].sum() == levels["group"]["size"]).all()
    divided = levels["subtopic"].groupby("parent")["size"].sum()
    assert divided.index.tolist() == [0, 2, 4]
    assert (divided == levels["topic"].loc[divided.index, "size"]).all()
    for node, row in levels["subtopic"].iterrows():
        assert (subtopic == node).sum() == row["size"] and set(topics[subtopic == node]) == {row["parent"]}
    assert subtopic.isna().sum() == np.isin(topics, [1, 3, 5]).sum()
    assert np.load(out / "l.npy").shape == (5, 4)
    first = [(out / name).read_bytes() for name in ("n.parquet", "s.parquet", "l.npy")]
    assert run_hierarchy(planted_corpus, out, threads=2).returncode == 0
    assert [(out / name).read_bytes() for name in ("n.parquet", "s.parquet", "l.npy")] == first


@pytest.mark.parametrize("sizes", [(3, 3), (300, 3), (150, 150)])
def test_two_topics_small_ones_and_equal_papers(tmp_path, out, sizes):
    topics = np.repeat([0, 1], sizes)
    rows = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])[topics]  # all papers of a topic are equal
    result = run_hierarchy(corpus(tmp_path, topics, rows), out)
    assert result.returncode == 0, result.stderr
    nodes = pq.read_table(out / "n.parquet").to_pandas()
    assert nodes["level"].tolist() == ["group", "group", "topic", "topic"]
    assert nodes["parent"].tolist()[2:] == [0, 1]


def test_more_groups_than_topics_give_a_warning(planted_corpus, out):
    result = run_hierarchy(planted_corpus, out, groups=30)
    assert result.returncode == 0 and "hierarchy.groups: 30 groups for 6 topics" in result.stderr
    assert (pq.read_table(out / "n.parquet").to_pandas()["level"] == "group").sum() == 6


def test_files_of_another_run_are_refused(planted_corpus, tmp_path, out):
    np.save(tmp_path / "c.npy", np.ones((3, 32), np.float32))
    assert_refused(run_hierarchy(planted_corpus, out), out, "topics 6, centroids 3")
    np.save(tmp_path / "e.npy", np.ones((5, 32), np.float16))
    assert_refused(run_hierarchy(planted_corpus, out), out, "5 vectors for 720 papers")
