"""scan_k: the measures of one candidate against scikit-learn, and bad input."""

import json
from itertools import combinations

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score, silhouette_score

from conftest import assert_refused, script
from lib.clusters.seeding import initial_centroids
from lib.lloyd import lloyd
from lib.sampling import hash_ids, sample_rows
from scan_k import scan

SEEDS = 3


@pytest.fixture(scope="module")
def rows(planted) -> np.ndarray:
    rows = planted.vectors.astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_measures_are_those_of_scikit_learn(rows):
    rng = np.random.default_rng(0)
    halves = [np.sort(rng.choice(len(rows), len(rows) // 2, replace=False)) for _ in range(SEEDS)]
    measures, labels = scan(rows, halves, 6)

    runs = [
        KMeans(6, init=initial_centroids(rows, 6, seed), n_init=1, algorithm="lloyd").fit(rows)
        for seed in range(SEEDS)
    ]
    np.testing.assert_allclose(measures["inertia"], [r.inertia_ / len(rows) for r in runs], rtol=1e-5)
    np.testing.assert_allclose(
        measures["silhouette"], [silhouette_score(rows, r.labels_, metric="cosine") for r in runs], atol=1e-5
    )
    np.testing.assert_allclose(
        measures["stability_seeds"],
        [adjusted_rand_score(a.labels_, b.labels_) for a, b in combinations(runs, 2)],
    )
    best = min(runs, key=lambda run: run.inertia_)
    np.testing.assert_array_equal(labels, best.labels_)
    assert measures["sizes"] == sorted(np.bincount(best.labels_), reverse=True)

    labels_of_halves = []
    for seed, half in enumerate(halves):
        run = lloyd(rows[half], initial_centroids(rows[half], 6, SEEDS + seed))
        labels_of_halves.append(dict(zip(half.tolist(), run.labels.tolist(), strict=True)))
    between = []
    for a, b in combinations(labels_of_halves, 2):
        shared = sorted(set(a) & set(b))
        between.append(adjusted_rand_score([a[i] for i in shared], [b[i] for i in shared]))
    np.testing.assert_allclose(measures["stability_halves"], between)


def test_the_planted_number_of_topics_is_the_stablest(rows):
    halves = [
        sample_rows(hash_ids(map(str, range(len(rows))), seed), len(rows) // 2) for seed in range(SEEDS)
    ]
    stability = {k: np.mean(scan(rows, halves, k)[0]["stability_halves"]) for k in (4, 7, 10)}
    assert stability[4] > 0.95 > max(stability[7], stability[10])


def run_scan(planted, out, **changes):
    flags = {"papers": planted.papers, "embeddings": planted.embeddings, "scan": out / "4.json", "seeds": 2}
    return script("scan_k", **flags | {"k": 4} | changes)


def test_cli(planted, rows, out):
    result = run_scan(planted, out)
    assert result.returncode == 0, result.stderr
    found = json.loads((out / "4.json").read_text())
    assert (found["k"], found["papers"], found["sample"]) == (4, len(rows), len(rows))
    assert len(found["inertia"]) == len(found["silhouette"]) == 2
    assert found["sizes"] == list(planted.sizes)
    # the primary categories are the planted subjects themselves
    assert found["ami_primary"] == pytest.approx(adjusted_mutual_info_score(planted.truth, planted.truth))


def test_sample_has_the_size_of_the_config(planted, out):
    assert run_scan(planted, out, sample=100).returncode == 0
    assert json.loads((out / "4.json").read_text())["sample"] == 100


def test_too_few_papers_for_k_are_skipped_with_the_reason(planted, out):
    assert run_scan(planted, out, k=60).returncode == 0
    found = json.loads((out / "4.json").read_text())
    assert "140 papers" in found["skipped"] and "60" in found["skipped"]
    assert found["silhouette"] == [] and found["ami_primary"] is None


def test_more_topics_than_distinct_texts_are_skipped_with_the_reason(planted, tmp_path, out):
    # 140 papers, enough for K = 10, but 8 texts
    np.save(tmp_path / "e.npy", np.tile(planted.vectors[:8], (18, 1))[:140])
    result = run_scan(planted, out, k=10, embeddings=tmp_path / "e.npy")
    assert result.returncode == 0, result.stderr
    found = json.loads((out / "4.json").read_text())
    assert "K = 10 is too large: only 8 of 140 papers have distinct texts" in found["skipped"]
    assert found["skipped"] in result.stdout
    assert found["silhouette"] == found["sizes"] == [] and found["ami_primary"] is None
    assert run_scan(planted, out, k=8, embeddings=tmp_path / "e.npy").returncode == 0
    found = json.loads((out / "4.json").read_text())
    assert found["skipped"] is None and sum(found["sizes"]) == 140


def test_half_of_the_papers_with_too_few_distinct_texts_is_skipped_too(planted, tmp_path, out):
    rows = np.repeat(planted.vectors[:1], 140, axis=0)
    rows[:9] = planted.vectors[1:10]  # ten texts, nine of which one paper each has
    np.save(tmp_path / "e.npy", rows)
    assert run_scan(planted, out, k=10, embeddings=tmp_path / "e.npy").returncode == 0
    assert "of 70 papers have distinct texts" in json.loads((out / "4.json").read_text())["skipped"]


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
