"""cluster: K-means and silhouettes against scikit-learn, planted subjects, the contract, bad input."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score, silhouette_samples

import cluster as step
from conftest import assert_refused, pq_write, script
from lib.cli import UserError
from lib.clusters import lloyd_cuda
from lib.clusters.assignment import find_outliers, measure_fit, number_by_size
from lib.clusters.kmeans import kmeans
from lib.clusters.seeding import initial_centroids, kmeans_plus_plus
from lib.clusters.silhouette import cosine_silhouette
from lib.clusters.ward import ward_merge
from lib.embeddings import device
from lib.lloyd import Clustering, cluster_sums, lloyd
from lib.vectors import unit
from measure import command_line


def blobs(n: int, k: int, dim: int = 16, noise: float = 0.9, seed: int = 0) -> np.ndarray:
    """Unit rows float32 (n, dim) around k directions, so noisy that the clusters overlap."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(k, dim))[rng.integers(k, size=n)] + noise * rng.normal(size=(n, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize(("n", "k", "noise"), [(700, 6, 0.9), (5000, 12, 1.5), (4097, 3, 2.0)])
def test_lloyd_takes_the_steps_of_scikit_learn(n, k, noise):
    rows = blobs(n, k, noise=noise)
    first = rows[np.random.default_rng(1).choice(n, k, replace=False)]
    mine = lloyd(rows, first, threads=2)
    theirs = KMeans(k, init=first, n_init=1, algorithm="lloyd", tol=1e-4, max_iter=300).fit(rows)
    np.testing.assert_array_equal(mine.labels, theirs.labels_)
    assert mine.inertia == pytest.approx(theirs.inertia_, rel=1e-5)
    # scikit-learn's centroids may be those before the last step; these are the means of the members
    for cluster in range(k):
        mean = rows[mine.labels == cluster].mean(0, dtype=np.float64)
        np.testing.assert_allclose(mine.centroids[cluster], mean, atol=1e-6)


def test_lloyd_fills_an_empty_cluster_as_scikit_learn_does():
    rows = blobs(300, 4)
    first = np.concatenate([rows[:3], -10 * np.ones((2, rows.shape[1]), np.float32)])
    mine = lloyd(rows, first)
    theirs = KMeans(5, init=first, n_init=1, algorithm="lloyd").fit(rows)
    assert set(mine.labels) == set(range(5))
    np.testing.assert_array_equal(mine.labels, theirs.labels_)


def test_lloyd_gives_the_same_bits_on_any_number_of_threads():
    rows = blobs(6000, 8).astype(np.float16)
    first = initial_centroids(rows.astype(np.float32), 8, seed=3)
    one, three = lloyd(rows, first, threads=1), lloyd(rows, first, threads=3)
    np.testing.assert_array_equal(one.labels, three.labels)
    np.testing.assert_array_equal(one.centroids, three.centroids)
    assert one.inertia == three.inertia


def test_inertia_is_the_sum_of_squared_distances():
    rows = blobs(500, 5)
    run = lloyd(rows, rows[:5])
    assert run.inertia == pytest.approx(((rows - run.centroids[run.labels]) ** 2).sum(), rel=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
@pytest.mark.parametrize(("n", "k"), [(400, 5), (2500, 9)])
def test_silhouette_is_that_of_scikit_learn(n, k, dtype):
    rows = blobs(n, k, noise=1.3).astype(dtype)
    labels = np.random.default_rng(2).integers(k, size=n)
    labels[labels == 1] = 0
    labels[17] = 1  # alone in its cluster
    mine = cosine_silhouette(rows, labels, k, threads=2)
    theirs = silhouette_samples(rows.astype(np.float64), labels, metric="cosine")
    np.testing.assert_allclose(mine, theirs, atol=1e-5)
    assert mine[17] == 0
    np.testing.assert_array_equal(mine, cosine_silhouette(rows, labels, k, threads=1))


def test_silhouette_passes_over_an_empty_cluster_and_equal_rows():
    rows = np.eye(4, dtype=np.float32)[[0, 0, 1, 1, 2, 2]]
    labels = np.array([0, 0, 1, 1, 3, 3])
    np.testing.assert_allclose(cosine_silhouette(rows, labels, 5), 1.0, atol=1e-6)
    with pytest.raises(ValueError, match="two clusters"):
        cosine_silhouette(rows, np.zeros(6, int), 2)


def test_cluster_sums():
    rows, labels = blobs(3000, 4), np.random.default_rng(0).integers(6, size=3000)
    sums, counts = cluster_sums(rows, labels, 7)
    for cluster in range(7):
        member = labels == cluster
        assert counts[cluster] == member.sum()
        np.testing.assert_allclose(sums[cluster], rows[member].sum(0, dtype=np.float64), atol=1e-4)


def test_starts_are_distinct_rows_and_several_are_no_worse_than_one():
    rows = blobs(800, 10, noise=0.5)
    drawn = kmeans_plus_plus(rows, 10, seed=0)
    assert len(np.unique(drawn, axis=0)) == 10
    assert all((rows == row).all(1).any() for row in drawn)
    runs = [kmeans(rows, 10, seeds=[seed]).inertia for seed in range(4)]
    assert kmeans(rows, 10, seeds=[0, 1, 2, 3]).inertia == min(runs)
    theirs = min(KMeans(10, n_init=1, random_state=seed).fit(rows).inertia_ for seed in range(4))
    assert min(runs) <= 1.02 * theirs


@pytest.mark.parametrize("seed", range(8))
def test_bounds_never_cost_a_row_its_nearest_centroid(seed):
    """Starts of every quality, with rows that stand many times over."""
    rows = blobs(400, 7, dim=6, noise=1.5, seed=seed)
    rows = rows[np.random.default_rng(seed).integers(400, size=900)]
    first = np.unique(rows, axis=0)[:11]
    mine = lloyd(rows, first, tol=0)
    theirs = KMeans(11, init=first, n_init=1, algorithm="lloyd", tol=0).fit(rows)
    np.testing.assert_array_equal(mine.labels, theirs.labels_)
    assert mine.inertia == pytest.approx(theirs.inertia_, rel=1e-5)


def test_merge_is_ward():
    """Points that stand several times over weigh as much as their count."""
    rng = np.random.default_rng(5)
    points, counts = rng.normal(size=(40, 5)), rng.integers(1, 6, size=40)
    labels = fcluster(linkage(np.repeat(points, counts, axis=0), "ward"), 9, "maxclust")
    theirs = [np.repeat(points, counts, axis=0)[labels == label].mean(0) for label in np.unique(labels)]
    mine = ward_merge(points, counts, 9)
    np.testing.assert_allclose(sorted(mine.tolist()), sorted(map(list, theirs)), atol=1e-6)


def test_topics_are_numbered_by_falling_size_then_by_first_row():
    labels = np.array([2, 0, 0, 1, 1, 3, 3, 3], np.int32)
    numbered = number_by_size(Clustering(np.arange(4.0)[:, None], labels, 1.0, 1))
    assert numbered.labels.tolist() == [3, 1, 1, 2, 2, 0, 0, 0]
    assert numbered.centroids.ravel().tolist() == [3.0, 0.0, 1.0, 2.0]


def test_fit_against_a_full_product():
    rows = blobs(300, 5)
    run = lloyd(rows, rows[:5])
    cosine = rows @ (run.centroids / np.linalg.norm(run.centroids, axis=1, keepdims=True)).T
    placed = measure_fit(rows, run)
    own = cosine[np.arange(300), run.labels]
    cosine[np.arange(300), run.labels] = -2
    np.testing.assert_allclose(placed.similarity, own, atol=1e-6)
    np.testing.assert_array_equal(placed.second_topic, cosine.argmax(1))
    np.testing.assert_allclose(placed.margin, own - cosine.max(1), atol=1e-6)


def test_planted_subjects_are_found(planted):
    table = pq.read_table(planted.folder / "assignments.parquet")
    assert table["id"].to_pylist() == planted.ids
    topics = table["topic"].to_numpy()
    assert adjusted_rand_score(planted.truth, topics) == 1
    assert np.bincount(topics).tolist() == sorted(planted.sizes, reverse=True)
    centroids = np.load(planted.folder / "centroids.npy")
    assert centroids.dtype == np.float32 and centroids.shape == (4, 24)
    rows = planted.vectors.astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for topic in range(4):
        np.testing.assert_allclose(centroids[topic], rows[topics == topic].mean(0), atol=1e-6)
    silhouette = silhouette_samples(rows, topics, metric="cosine")
    np.testing.assert_allclose(table["silhouette"].to_numpy(), silhouette, atol=1e-5)
    about = json.loads((planted.folder / "cluster.json").read_text())
    assert about["silhouette"] == pytest.approx(silhouette.mean(), abs=1e-5)
    assert about["sizes"] == np.bincount(topics).tolist()
    np.testing.assert_allclose(
        about["silhouette_by_topic"], [silhouette[topics == t].mean() for t in range(4)], atol=1e-5
    )


def flags(planted, out, **changes) -> dict:
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings, "chosen": planted.chosen}
    outputs = {"centroids": out / "c.npy", "assignments": out / "a.parquet", "summary": out / "c.json"}
    return inputs | outputs | changes


def run_cluster(planted, out, **changes):
    return script("cluster", **flags(planted, out, **changes))


def test_more_topics_than_papers_are_refused(planted, tmp_path, out):
    chosen = tmp_path / "k.txt"
    chosen.write_text("141\n")
    assert_refused(run_cluster(planted, out, chosen=chosen), out, "cluster.k", "141", "140 papers")


def test_more_topics_than_distinct_vectors_are_refused(planted, tmp_path, out):
    np.save(tmp_path / "e.npy", np.repeat(planted.vectors[:2], 70, axis=0))
    assert_refused(
        run_cluster(planted, out, embeddings=tmp_path / "e.npy"), out, "140", "distinct", "smaller K"
    )


def damaged(vectors: np.ndarray, fault: str) -> bytes | np.ndarray:
    vectors = vectors.copy()
    if fault == "zero row":
        vectors[33] = 0
    elif fault == "one value is NaN":
        vectors[33, 5] = np.nan
    elif fault == "infinite":
        vectors[33] = np.inf
    elif fault == "short":
        return vectors[:-1]
    elif fault == "float64":
        return vectors.astype(np.float64)
    elif fault == "one dimension":
        return vectors.ravel()
    return vectors


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("fault", ["zero row", "one value is NaN", "infinite"])
@pytest.mark.parametrize("sample", [100, 1000])
def test_unsound_rows_are_refused_inside_and_outside_the_sample(planted, tmp_path, out, dtype, fault, sample):
    np.save(tmp_path / "e.npy", damaged(planted.vectors, fault).astype(dtype))
    result = run_cluster(planted, out, embeddings=tmp_path / "e.npy", sample=sample)
    assert_refused(result, out, "row 33")


@pytest.mark.parametrize(
    ("fault", "said"),
    [("short", "139 vectors for 140"), ("float64", "float64"), ("one dimension", "(3360,)")],
)
def test_embeddings_of_another_shape_are_refused(planted, tmp_path, out, fault, said):
    np.save(tmp_path / "e.npy", damaged(planted.vectors, fault))
    assert_refused(run_cluster(planted, out, embeddings=tmp_path / "e.npy"), out, "e.npy", said)


@pytest.mark.parametrize("size", [0, 40, 1000])
def test_truncated_embeddings_are_refused(planted, tmp_path, out, size):
    (tmp_path / "e.npy").write_bytes(planted.embeddings.read_bytes()[:size])
    assert_refused(run_cluster(planted, out, embeddings=tmp_path / "e.npy"), out, "e.npy")


def test_damaged_tables_are_refused(planted, tmp_path, out):
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(planted.papers.read_bytes()[:-9])
    assert_refused(run_cluster(planted, out, papers=bad), out, "bad.parquet")
    chosen = tmp_path / "bad.txt"
    chosen.write_text("four")
    assert_refused(run_cluster(planted, out, chosen=chosen), out, "bad.txt")


def test_one_topic_alone_has_no_silhouette(planted, tmp_path, out):
    chosen = tmp_path / "k.txt"
    chosen.write_text("1\n")
    assert_refused(run_cluster(planted, out, chosen=chosen), out, "K")


def test_no_paper_is_refused(tmp_path, planted, out):
    papers = pq_write(tmp_path / "p.parquet", id=np.array([], str))
    np.save(tmp_path / "e.npy", planted.vectors[:0])
    assert_refused(run_cluster(planted, out, papers=papers, embeddings=tmp_path / "e.npy"), out, "0 papers")


def test_papers_below_tukeys_fence_of_their_own_topic_fit_nowhere():
    # a topic of similarities about 0.9, one about 0.5: 0.6 is far out in the first only
    similarity = np.concatenate([np.linspace(0.88, 0.92, 50), [0.6], np.linspace(0.4, 0.6, 50)]).astype(
        np.float32
    )
    labels = np.repeat([0, 1], [51, 50]).astype(np.int32)
    assert np.flatnonzero(find_outliers(similarity, labels, 3)).tolist() == [50]


@pytest.mark.parametrize("keep", [True, False])
def test_steps_on_a_device_lead_where_those_of_scikit_learn_do(keep, monkeypatch):
    monkeypatch.setattr(lloyd_cuda, "BLOCK", 16 * 1000)  # several blocks, the last one short
    rows = blobs(5500, 12, noise=1.5)
    first = rows[np.random.default_rng(1).choice(len(rows), 12, replace=False)]
    near, steps = lloyd_cuda.lloyd_cuda(rows, first, device=torch.device("cpu"), tol=0, keep=keep)
    theirs = KMeans(12, init=first, n_init=1, algorithm="lloyd", tol=0).fit(rows)
    np.testing.assert_allclose(near, theirs.cluster_centers_, atol=1e-5)
    last = lloyd(rows, near)
    assert last.iterations <= 2
    assert steps == pytest.approx(theirs.n_iter_, abs=1)
    np.testing.assert_array_equal(last.labels, theirs.labels_)


def test_steps_on_a_device_read_float16_as_the_cpu_does():
    rows = blobs(3000, 6).astype(np.float16)
    first = initial_centroids(unit(rows), 6, seed=0)
    near, _ = lloyd_cuda.lloyd_cuda(rows, first, device=torch.device("cpu"))
    np.testing.assert_allclose(near, lloyd(rows, first).centroids, atol=1e-3)


def test_what_the_device_leaves_is_settled_on_the_cpu():
    rows = blobs(300, 4)
    first = np.concatenate([rows[:3], -10 * np.ones((2, rows.shape[1]), np.float32)])
    assert set(lloyd(rows, lloyd_cuda.lloyd_cuda(rows, first, device=torch.device("cpu"))[0]).labels) == set(
        range(5)
    )
    rows[77] = np.nan
    with pytest.raises(UserError, match="row 77"):
        lloyd(rows, lloyd_cuda.lloyd_cuda(rows, first, device=torch.device("cpu"))[0])


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_asked_for_must_be_there(planted, out):
    said = run_cluster(planted, out, gpus=1)
    assert_refused(said, out, "cluster.gpus", "CUDA")


def test_a_gpu_that_is_full_is_said(planted, out, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(device, "pick_device", lambda *_, **__: torch.device("cpu"))
    monkeypatch.setattr(lloyd_cuda, "lloyd_cuda", full)
    with pytest.raises(UserError, match=r"cluster\.gpus: .*too little free memory.*set it to 0"):
        step.main(command_line("cluster", **flags(planted, out, gpus=1)))
    assert not list(out.iterdir())


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_topics_are_those_of_the_cpu():
    rows = blobs(200_000, 20, dim=256, noise=1.2).astype(np.float16)
    first = initial_centroids(unit(rows[:20_000]), 20, seed=0)
    here = lloyd(rows, first)
    near, _ = lloyd_cuda.lloyd_cuda(rows, first, device=torch.device("cuda"))
    there = lloyd(rows, near)
    assert adjusted_rand_score(here.labels, there.labels) > 0.98
    np.testing.assert_array_equal(near, lloyd_cuda.lloyd_cuda(rows, first, device=torch.device("cuda"))[0])
