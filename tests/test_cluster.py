"""cluster: planted subjects against scikit-learn, the contract and bad input."""

import json
from hashlib import blake2b

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from sklearn.metrics import adjusted_rand_score, silhouette_samples

import cluster
from conftest import assert_refused, pq_write, sample_files, script, write_sample
from lib.cli import UserError
from lib.clusters import lloyd_cuda
from lib.embeddings import device
from measure import command_line


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
    summary = json.loads((planted.folder / "cluster.json").read_text())
    assert summary["silhouette"] == pytest.approx(silhouette.mean(), abs=1e-5)
    assert summary["sizes"] == np.bincount(topics).tolist()
    np.testing.assert_allclose(
        summary["silhouette_by_topic"], [silhouette[topics == t].mean() for t in range(4)], atol=1e-5
    )
    assert summary["numbers"] == [0, 1, 2, 3] and summary["since"] == [0] * 4
    of_topics = [
        [i for i, of_paper in zip(planted.ids, topics, strict=True) if of_paper == t] for t in range(4)
    ]
    hashes = [blake2b("\0".join(sorted(of_topic)).encode()).hexdigest() for of_topic in of_topics]
    assert summary["keys"] == [f"t{digest[:4]}" for digest in hashes]


def cluster_flags(planted, out, **changes) -> dict:
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings, "chosen": planted.chosen}
    inputs |= sample_files(planted.folder)
    outputs = {
        "centroids": out / "c.npy",
        "search": out / "s.npy",
        "assignments": out / "a.parquet",
        "memberships": out / "m.parquet",
        "summary": out / "c.json",
    }
    return inputs | outputs | changes


def run_cluster(planted, out, **changes):
    return script("cluster", **cluster_flags(planted, out, **changes))


def test_more_topics_than_papers_are_refused(planted, tmp_path, out):
    chosen = tmp_path / "k.txt"
    chosen.write_text("141\n")
    assert_refused(run_cluster(planted, out, chosen=chosen), out, "cluster.k", "141", "140 papers")


def test_more_topics_than_distinct_vectors_are_refused(planted, tmp_path, out):
    np.save(tmp_path / "e.npy", np.repeat(planted.vectors[:2], 70, axis=0))
    write_sample(tmp_path, planted.papers, tmp_path / "e.npy", smooth=0)
    assert_refused(
        run_cluster(planted, out, embeddings=tmp_path / "e.npy", **sample_files(tmp_path)),
        out,
        "140",
        "distinct",
        "smaller `cluster.k`",
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
@pytest.mark.parametrize("smooth", [0, 1])
def test_unsound_rows_are_refused(planted, tmp_path, out, dtype, fault, smooth):
    np.save(tmp_path / "e.npy", damaged(planted.vectors, fault).astype(dtype))
    result = run_cluster(planted, out, embeddings=tmp_path / "e.npy", smooth=smooth)
    assert_refused(result, out, "row 33")


def test_more_neighbors_than_the_graph_holds_are_refused(planted, out):
    assert_refused(run_cluster(planted, out, smooth=21), out, "cluster.smooth: 21", "neighbors.k to 21")


def test_fit_is_measured_on_the_original_vectors(planted, tmp_path, out):
    write_sample(tmp_path, planted.papers, planted.embeddings, smooth=1)
    assert run_cluster(planted, out, smooth=1, **sample_files(tmp_path)).returncode == 0
    table = pq.read_table(out / "a.parquet")
    topics = table["topic"].to_numpy()
    assert adjusted_rand_score(planted.truth, topics) > 0.95
    rows = planted.vectors.astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    means = np.array([rows[topics == topic].mean(0) for topic in range(4)])
    np.testing.assert_allclose(np.load(out / "c.npy"), means, atol=1e-6)
    cosine = rows @ (means / np.linalg.norm(means, axis=1, keepdims=True)).T
    np.testing.assert_allclose(table["similarity"].to_numpy(), cosine[np.arange(140), topics], atol=1e-6)
    silhouette = silhouette_samples(rows, topics, metric="cosine")
    np.testing.assert_allclose(table["silhouette"].to_numpy(), silhouette, atol=1e-5)
    summary = json.loads((out / "c.json").read_text())
    assert summary["inertia"] == pytest.approx(np.sum((rows - means[topics]) ** 2), rel=1e-5)
    assert summary["smooth"] == 1 and min(summary["stability_by_topic"]) > 0.9


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


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_refused(planted, out):
    result = run_cluster(planted, out, gpus=1)
    assert_refused(result, out, "cluster.gpus", "CUDA")


def test_a_full_gpu_is_reported(planted, out, monkeypatch):
    def full(*_, **__):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(device, "pick_device", lambda *_, **__: torch.device("cpu"))
    monkeypatch.setattr(lloyd_cuda, "lloyd_cuda", full)
    with pytest.raises(UserError, match=r"cluster\.gpus: .*too little free memory.*set it to 0"):
        cluster.main(command_line("cluster", **cluster_flags(planted, out, gpus=1)))
    assert not list(out.iterdir())


def read_shares(file) -> list[dict[int, float]]:
    """The shares of each paper by topic."""
    columns = pq.read_table(file).to_pydict().values()
    return [dict(zip(topics, shares, strict=True)) for topics, shares in zip(*columns, strict=True)]


def test_planted_papers_are_sure_of_their_topics(planted):
    topics = pq.read_table(planted.folder / "assignments.parquet")["topic"].to_pylist()
    shares = read_shares(planted.folder / "memberships.parquet")
    assert len(shares) == 140
    sure = [of_paper[topic] for topic, of_paper in zip(topics, shares, strict=True)]
    assert min(sure) > 0.5 and np.mean(sure) > 0.95
    assert all(0 < len(of_paper) <= 4 and sum(of_paper.values()) <= 1 + 1e-6 for of_paper in shares)
    summary = json.loads((planted.folder / "cluster.json").read_text())
    assert summary["agreement"] > 0.95 and summary["calibration_error"] < 0.05


def test_shares_have_the_same_bits_on_any_number_of_cores(planted, tmp_path):
    made = []
    for threads in (1, 3):
        (tmp_path / str(threads)).mkdir()
        assert run_cluster(planted, tmp_path / str(threads), threads=threads).returncode == 0
        made.append((tmp_path / str(threads) / "m.parquet").read_bytes())
    assert made[0] == made[1]


def test_halves_with_fewer_distinct_texts_than_topics_give_no_shares(planted, tmp_path, out):
    """140 papers of seven texts, which halves of the sample may lack."""
    np.save(tmp_path / "e.npy", planted.vectors[np.minimum(np.arange(140), 6)])
    write_sample(tmp_path, planted.papers, tmp_path / "e.npy", smooth=0)
    chosen = tmp_path / "k.txt"
    chosen.write_text("7\n")
    files = sample_files(tmp_path) | {"embeddings": tmp_path / "e.npy", "chosen": chosen}
    result = run_cluster(planted, out, smooth=0, **files)
    assert result.returncode == 0, result.stderr
    assert read_shares(out / "m.parquet") == [{}] * 140
    summary = json.loads((out / "c.json").read_text())
    assert summary["agreement"] is summary["temperature"] is summary["calibration_error"] is None
    assert "clusterings of other papers" not in result.stdout


def read_run(out):
    table = pq.read_table(out / "a.parquet").to_pandas()
    return table, json.loads((out / "c.json").read_text())


def next_run(planted, before, out, **changes):
    files = {"previous_assignments": [before / "a.parquet"], "previous_summary": [before / "c.json"]}
    return run_cluster(planted, out, **files, **changes)


def runs(planted, tmp_path, *changes: dict):
    """A first run and those that follow, each from the one before."""
    folders = [tmp_path / f"run{i}" for i in range(len(changes) + 1)]
    for folder in folders:
        folder.mkdir()
    assert run_cluster(planted, folders[0]).returncode == 0
    for before, folder, change in zip(folders, folders[1:], changes, strict=False):
        result = next_run(planted, before, folder, **change)
        assert result.returncode == 0, result.stderr
    return [read_run(folder) for folder in folders]


@pytest.mark.parametrize("history", ["follow", "freeze", "fresh"])
def test_the_same_papers_keep_all_numbers_and_keys(planted, tmp_path, history):
    (first, before), *later = runs(planted, tmp_path, *[{"history": history}] * 2)
    for number, (table, summary) in enumerate(later, 1):
        for column in ("id", "topic", "second_topic"):
            assert (table[column] == first[column]).all()
        assert summary["numbers"] == before["numbers"] and summary["keys"] == before["keys"]
        assert summary["run"] == number and summary["since"] == [number] * 4
        assert summary["gain"] == before["gain"] and not summary["announced"] and not summary["ended"]
        assert table["age"].isna().all()
    assert [len(summary["lineage"]) for _, summary in later] == [2, 3]
    assert len({*before["lineage"], *later[1][1]["lineage"]}) == 1  # the assignments are the same


def test_a_number_that_ended_is_not_given_again(planted, tmp_path):
    """Three topics of four, and four again."""
    _, (three, fewer), (four, more) = runs(planted, tmp_path, {"k": 3}, {"k": 4})
    assert len(fewer["ended"]) == 1 and fewer["k"] == 3 == three["topic"].nunique()
    assert set(fewer["numbers"]) == {0, 1, 2, 3} - set(fewer["ended"])
    assert sorted(more["numbers"]) == sorted([*fewer["numbers"], 4]) and len(more["given"]) == 5
    assert (
        set(four["topic"]) == set(more["numbers"])
        and adjusted_rand_score(planted.truth, four["topic"]) > 0.95
    )
    assert dict(zip(more["numbers"], more["since"], strict=True))[4] == 0
    sizes = four["topic"].value_counts()
    assert [sizes[number] for number in more["numbers"]] == more["sizes"]
    shares = read_shares(tmp_path / "run2" / "m.parquet")
    assert {number for of_paper in shares for number in of_paper} <= set(more["numbers"])
    assert np.mean([of_paper.get(t, 0) for t, of_paper in zip(four["topic"], shares, strict=True)]) > 0.8


def test_an_earlier_run_of_an_older_version_is_refused(planted, tmp_path, out):
    runs(planted, tmp_path)
    before = tmp_path / "run0"
    summary = json.loads((before / "c.json").read_text())
    del summary["given"]
    (before / "c.json").write_text(json.dumps(summary))
    assert_refused(next_run(planted, before, out), out, "c.json", "given", "this version")


def test_search_centroids_give_the_topics(planted, out):
    assert run_cluster(planted, out, smooth=0).returncode == 0
    rows, search = planted.vectors.astype(np.float64), np.load(out / "s.npy").astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    squares = ((rows[:, None] - search) ** 2).sum(2)
    np.testing.assert_array_equal(pq.read_table(out / "a.parquet")["topic"].to_numpy(), squares.argmin(1))
