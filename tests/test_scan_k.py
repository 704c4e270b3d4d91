"""scan_k: the measures of one candidate against scikit-learn, and bad input."""

import json
from itertools import combinations

import numpy as np
import pytest
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, silhouette_score

from conftest import assert_refused, random_rows, sample_files, script, write_sample
from lib.clusters.kmeans import KMeans
from scan_k import cluster_repeatedly, scan

SEEDS = 3


@pytest.fixture(scope="module")
def rows(planted) -> np.ndarray:
    rows = planted.vectors.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def half_rows(rows) -> np.ndarray:
    """Two splits of the rows."""
    rng = np.random.default_rng(0)
    return np.array([half for _ in range(2) for half in np.split(rng.permutation(len(rows)), 2)])


def test_measures_are_those_of_scikit_learn(rows, half_rows):
    original = random_rows(*rows.shape)  # measured on these, clustered by the others
    measures, labels = scan(
        original, rows, half_rows, rows[half_rows], 6, KMeans.of_sample(rows), seeds=SEEDS
    )
    whole, half_labels = cluster_repeatedly(rows, rows[half_rows], 6, KMeans.of_sample(rows), seeds=SEEDS)

    def inertia(found: np.ndarray) -> float:
        means = np.array([original[found == topic].mean(0) for topic in range(6)])
        return float(np.sum((original - means[found]) ** 2) / len(rows))

    np.testing.assert_allclose(measures["inertia"], [inertia(found) for found in whole], rtol=1e-5)
    np.testing.assert_allclose(
        measures["silhouette"],
        [silhouette_score(original, found, metric="cosine") for found in whole],
        atol=1e-5,
    )
    np.testing.assert_allclose(
        measures["stability_seeds"], [adjusted_rand_score(a, b) for a, b in combinations(whole, 2)]
    )
    np.testing.assert_array_equal(labels, min(whole, key=inertia))
    assert measures["sizes"] == sorted(np.bincount(labels), reverse=True)

    of_halves = [
        dict(zip(half.tolist(), found.tolist(), strict=True))
        for half, found in zip(half_rows, half_labels, strict=True)
    ]
    between = []
    for a, b in combinations(of_halves, 2):
        if not (shared := sorted(set(a) & set(b))):
            continue  # the halves of one split
        between.append(adjusted_rand_score([a[i] for i in shared], [b[i] for i in shared]))
    np.testing.assert_allclose(measures["stability_halves"], between)


def test_the_planted_topics_repeat_and_more_do_not(rows, half_rows):
    def measures(k: int) -> dict:
        return scan(rows, rows, half_rows, rows[half_rows], k, KMeans.of_sample(rows), seeds=SEEDS)[0]

    planted, more = measures(4), measures(10)
    assert np.mean(planted["stability_halves"]) > 0.95 > np.mean(more["stability_halves"])
    assert planted["stable_share"] == [1.0] * SEEDS and max(more["stable_share"]) < 0.8


def run_scan(planted, out, folder=None, **changes):
    flags = {"papers": planted.papers, "embeddings": planted.embeddings, "scan": out / "4.json"}
    names = ("rows", "vectors", "half_rows", "half_vectors")
    files = {name: sample_files(folder or planted.folder)[name] for name in names}
    return script("scan_k", **flags | files | {"k": 4} | changes)


def test_cli(planted, rows, out):
    result = run_scan(planted, out)
    assert result.returncode == 0, result.stderr
    found = json.loads((out / "4.json").read_text())
    assert (found["k"], found["papers"], found["sample"]) == (4, len(rows), len(rows))
    assert len(found["inertia"]) == len(found["silhouette"]) == 3
    assert found["sizes"] == list(planted.sizes)
    # the primary categories are the planted subjects themselves
    assert found["ami_primary"] == pytest.approx(adjusted_mutual_info_score(planted.truth, planted.truth))


def test_sample_has_the_size_of_the_config(planted, tmp_path, out):
    write_sample(tmp_path, planted.papers, planted.embeddings, sample=100)
    assert run_scan(planted, out, tmp_path).returncode == 0
    assert json.loads((out / "4.json").read_text())["sample"] == 100


def test_too_few_papers_for_k_are_skipped_with_the_reason(planted, out):
    assert run_scan(planted, out, k=60).returncode == 0
    found = json.loads((out / "4.json").read_text())
    assert "140 papers" in found["skipped"] and "60" in found["skipped"]
    assert found["silhouette"] == [] and found["ami_primary"] is None


def test_more_topics_than_distinct_texts_are_skipped_with_the_reason(planted, tmp_path, out):
    # 140 papers, enough for K = 10, but 8 texts
    np.save(tmp_path / "e.npy", np.tile(planted.vectors[:8], (18, 1))[:140])
    write_sample(tmp_path, planted.papers, tmp_path / "e.npy", smooth=0)
    result = run_scan(planted, out, tmp_path, k=10, embeddings=tmp_path / "e.npy")
    assert result.returncode == 0, result.stderr
    found = json.loads((out / "4.json").read_text())
    assert "K = 10 is too large: only 8 of 140 papers have distinct vectors" in found["skipped"]
    assert found["skipped"] in result.stdout
    assert found["silhouette"] == found["sizes"] == [] and found["ami_primary"] is None
    assert run_scan(planted, out, tmp_path, k=8, embeddings=tmp_path / "e.npy").returncode == 0
    found = json.loads((out / "4.json").read_text())
    assert found["skipped"] is None and sum(found["sizes"]) == 140


def test_half_of_the_papers_with_too_few_distinct_texts_is_skipped_too(planted, tmp_path, out):
    rows = np.repeat(planted.vectors[:1], 140, axis=0)
    rows[:9] = planted.vectors[1:10]  # ten texts, nine of which one paper each has
    np.save(tmp_path / "e.npy", rows)
    write_sample(tmp_path, planted.papers, tmp_path / "e.npy", smooth=0)
    assert run_scan(planted, out, tmp_path, k=10, embeddings=tmp_path / "e.npy").returncode == 0
    assert "of 70 papers have distinct vectors" in json.loads((out / "4.json").read_text())["skipped"]


def test_bad_embeddings_are_refused(planted, tmp_path, out):
    file = tmp_path / "e.npy"
    np.save(file, planted.vectors[:-2])
    assert_refused(run_scan(planted, out, embeddings=file), out, "e.npy", "138 vectors for 140")
    broken = planted.vectors.copy()
    broken[3] = np.nan
    np.save(file, broken)
    assert_refused(run_scan(planted, out, embeddings=file), out, "row 3")
    file.write_bytes(planted.embeddings.read_bytes()[:200])
    assert_refused(run_scan(planted, out, embeddings=file), out, "e.npy")


def test_a_sample_of_another_corpus_is_refused(planted, tmp_path, out):
    write_sample(tmp_path, planted.papers, planted.embeddings, sample=100)
    other = sample_files(tmp_path)["vectors"]
    assert_refused(run_scan(planted, out, vectors=other), out, "not a sample of 140 papers", "(100, 24)")
