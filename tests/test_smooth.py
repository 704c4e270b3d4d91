"""smooth: the files against the graph, halves without neighbors outside them, and bad input."""

import numpy as np

from conftest import assert_broken_embeddings_are_refused, assert_refused, sample_files, script, write_sample
from lib.rows import hash_ids


def run_smooth(planted, out, **changes):
    names = ("rows", "vectors", "half_rows", "half_vectors")
    outputs = {name: out / f"{name}.npy" for name in names}
    graph = {name: sample_files(planted.folder)[name] for name in ("neighbors", "similarities")}
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings}
    return script("smooth", **inputs | graph | outputs | changes)


def test_sample_and_halves_of_planted_subjects(planted, out):
    result = run_smooth(planted, out, sample=101)
    assert result.returncode == 0, result.stderr
    rows, vectors, half_rows, halves = (
        np.load(out / f"{name}.npy") for name in ("rows", "vectors", "half_rows", "half_vectors")
    )
    assert (vectors.shape, half_rows.shape, halves.shape) == ((101, 24), (12, 50), (12, 50, 24))
    hashes = hash_ids(planted.ids)
    assert (np.diff(hashes[rows].astype(float)) > 0).all() and hashes[rows].max() < np.delete(
        hashes, rows
    ).min()
    near = np.load(planted.folder / "neighbors.npy")
    unit = planted.vectors.astype(float)

    def mean(*papers) -> np.ndarray:
        total = unit[list(papers)].sum(0)
        return total / np.linalg.norm(total)

    # 140 papers are averaged with one neighbor each
    np.testing.assert_allclose(vectors, [mean(row, near[row, 0]) for row in rows], atol=2e-3)
    for one, other in half_rows.reshape(6, 2, 50):
        assert not set(one) & set(other)
    for half, found in zip(half_rows, halves, strict=True):
        assert len(set(half)) == 50
        members = set(rows[half])
        outside = set(rows) - members
        for row, vector in zip(rows[half], found, strict=True):
            # the first neighbor that is not in the other half of the sample
            allowed = [j for j in near[row] if j not in outside]
            options = [mean(row), *(mean(row, j) for j in allowed)]
            assert min(np.abs(vector - option).max() for option in options) < 2e-3


def test_without_smoothing_they_are_the_vectors(planted, tmp_path):
    write_sample(tmp_path, planted.papers, planted.embeddings, smooth=0)
    files = sample_files(tmp_path)
    rows, vectors = np.load(files["rows"]), np.load(files["vectors"])
    np.testing.assert_allclose(vectors, planted.vectors[rows], atol=1e-3)
    halves = np.load(files["half_vectors"])
    np.testing.assert_allclose(halves, planted.vectors[rows[np.load(files["half_rows"])]], atol=1e-3)


def test_threads_change_no_bit(planted, out):
    for threads in (1, 3):
        assert run_smooth(planted, out / str(threads), threads=threads).returncode == 0
    for name in ("vectors.npy", "half_vectors.npy"):
        assert (out / "1" / name).read_bytes() == (out / "3" / name).read_bytes()


def test_bad_input_is_refused(planted, out):
    assert_broken_embeddings_are_refused(run_smooth, planted, out)
    assert_refused(run_smooth(planted, out, smooth=21), out, "cluster.smooth: 21", "20 nearest papers")
