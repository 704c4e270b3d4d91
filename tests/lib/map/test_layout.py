"""The layout of the map: the PCA start, t-SNE and interpolation. UMAP: test_forces.py."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from threadpoolctl import threadpool_limits

from conftest import assert_subjects_lie_apart, random_rows
from lib.embeddings.nearest import exact_neighbors
from lib.map.layout import fit_tsne, interpolate, places_of_all, principal_plane


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    return random_rows(500, 8)


def test_plane_is_that_of_pca(rows):
    mine, theirs = principal_plane(rows, rows), PCA(2).fit_transform(rows)
    theirs *= np.sign((mine * theirs).sum(0)) / theirs[:, 0].std()
    np.testing.assert_allclose(mine, theirs, atol=1e-3)
    assert mine[:, 0].std() == pytest.approx(1, abs=1e-5)
    np.testing.assert_array_equal(mine, principal_plane(rows, rows, threads=3))


def test_plane_of_all_rows_has_the_components_of_the_sample(rows, tmp_path):
    sample = rows[:200]
    model = PCA(2).fit(sample)
    theirs = model.transform(rows)
    np.save(tmp_path / "rows.npy", rows.astype(np.float16))
    mine = principal_plane(np.load(tmp_path / "rows.npy", mmap_mode="r"), sample)
    theirs *= np.sign((mine * theirs).sum(0)) / model.transform(sample)[:, 0].std()
    np.testing.assert_allclose(mine, theirs, atol=0.01)


def test_a_paper_is_interpolated_between_its_neighbors_whatever_the_other_queries(rows):
    plane = np.random.default_rng(1).normal(size=(400, 2)).astype(np.float32)
    together = interpolate(*exact_neighbors(rows[400:], rows[:400], 5), plane)
    for i in (0, 41, 99):
        near, cosines = exact_neighbors(rows[400 + i : 401 + i], rows[:400], 5)
        np.testing.assert_allclose(interpolate(near, cosines, plane)[0], together[i], atol=1e-5)
        corners = plane[near[0]]
        assert (corners.min(0) <= together[i]).all() and (together[i] <= corners.max(0)).all()
    near, cosines = np.array([[3, 4]]), np.array([[1.0, 0.5]], np.float32)
    np.testing.assert_allclose(interpolate(near, cosines, plane)[0], plane[3], atol=0.02)


def test_tsne_of_planted_subjects(planted):
    some = planted.vectors[:120].astype(np.float32)
    some /= np.linalg.norm(some, axis=1, keepdims=True)
    # scikit-learn's gradient uses every core whatever n_jobs says, and is very slow on shared cores
    with threadpool_limits(1, "openmp"):
        plane = fit_tsne(some, perplexity=30, seed=0, threads=1)
    assert plane.dtype == np.float32 and plane.shape == (120, 2)
    assert_subjects_lie_apart(planted, plane)


def test_new_papers_are_placed_round_by_round():
    """Row 2 is near placed papers, row 3 near row 2 only, and rows 4 and 5 only near each other."""
    nan = [np.nan, np.nan]
    known = np.array([[0, 0], [4, 2], nan, nan, nan, nan], np.float32)
    rows = np.array([[1, 2], [0, 2], [0, 1], [2, 4], [5, 4], [4, 5]])
    cosines = np.array([[0.9, 0.8], [0.9, 0.8], [0.9, 0.8], [0.9, 0.3], [0.9, 0.3], [0.9, 0.3]])
    places = places_of_all(known, rows, cosines)
    np.testing.assert_array_equal(places[:2], known[:2])
    weights = np.array([0.1 + 1e-3, 1e-3])
    np.testing.assert_allclose(places[2], weights @ known[:2] / weights.sum(), rtol=1e-4)
    np.testing.assert_allclose(places[3], places[2], rtol=1e-5)
    np.testing.assert_allclose(places[4:], np.tile(places[:4].mean(0), (2, 1)), rtol=1e-5)
