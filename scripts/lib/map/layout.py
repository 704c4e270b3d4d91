"""The layout of the map: UMAP or t-SNE from a PCA start."""

import numpy as np
from threadpoolctl import threadpool_limits

from lib.cli import UserError
from lib.map.forces import fuzzy_graph, move_papers
from lib.parallel import map_chunks, one_blas_thread
from lib.vectors import unit_rows

SPREAD = 4.0  # of the start; that of the finished map is about as large
# A map that keeps its places moves for fewer epochs with shorter steps: all epochs from old places move the papers
# more than a new start does.
KEPT_EPOCHS, KEPT_STEP = 100, 0.1
KEPT_ITERATIONS = 250  # the fewest that scikit-learn's t-SNE takes


def principal_plane(vectors: np.ndarray, sample: np.ndarray, threads: int = 1) -> np.ndarray:
    """The first two principal components of each row, scaled so that the first has spread 1 in the sample.

    As the start of a layout they preserve the large-scale order of the data, and make the layout the
    same in every run. Kobak & Linderman (2021), Initialization is critical for preserving
    global data structure in both t-SNE and UMAP.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    sample : float32 (m, dim), rows in which the components are found

    Returns
    -------
    float32 (n, 2)
    """
    middle = sample.mean(0, dtype=np.float64).astype(np.float32)
    centred = sample - middle
    with one_blas_thread():
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, [-1, -2]]
    axes *= np.sign(axes[np.abs(axes).argmax(0), [0, 1]])  # the sign of an eigenvector is arbitrary
    axes = axes.astype(np.float32)
    axes /= (centred @ axes[:, 0]).std() or 1.0  # 0 if all rows are equal
    parts = map_chunks(len(vectors), threads, lambda a, b: (unit_rows(vectors, a, b) - middle) @ axes)
    return np.concatenate(list(parts))


def fit_tsne(
    sample: np.ndarray, *, perplexity: float, seed: int, threads: int, places: np.ndarray | None = None
) -> np.ndarray:
    """t-SNE of float32 unit rows (n, dim): float32 (n, 2).

    Parameters
    ----------
    places : float32 (n, 2), to start from without exaggeration; None: the principal plane, with exaggeration
    """
    from sklearn.manifold import TSNE

    perplexity = min(perplexity, (len(sample) - 1) / 3)
    initial = principal_plane(sample, sample) * 1e-4 if places is None else places
    first = {} if places is None else {"early_exaggeration": 1.0, "max_iter": KEPT_ITERATIONS}
    model = TSNE(perplexity=perplexity, init=initial, random_state=seed, n_jobs=threads, **first)
    with threadpool_limits(threads):  # otherwise its gradient uses every core
        return model.fit_transform(sample).astype(np.float32)


def fit_umap(
    start: np.ndarray, rows: np.ndarray, cosines: np.ndarray, *, min_dist: float, seed: int, threads: int
) -> np.ndarray:
    """UMAP by forces on all papers at once: float32 (n, 2).

    Parameters
    ----------
    start : float32 (n, 2), principal components with a spread of 1
    rows, cosines : (n, n_neighbors), the nearest neighbors of each row, itself excluded
    """
    # no name for the graph, so that it is released where it is sorted
    return move_papers(
        fuzzy_graph(rows, cosines, threads), SPREAD * start, min_dist=min_dist, seed=seed, threads=threads
    )


def fit_umap_learn(
    vectors: np.ndarray,
    start: np.ndarray,
    rows: np.ndarray,
    cosines: np.ndarray,
    *,
    min_dist: float,
    seed: int,
) -> np.ndarray:
    """UMAP by the package umap-learn on the same graph, from the same start: float32 (n, 2).

    Parameters
    ----------
    vectors : float32 (n, dim), unit rows, which the package asks for besides the graph
    start : float32 (n, 2), principal components with a spread of 1
    rows, cosines : (n, n_neighbors), the nearest neighbors of each row, itself excluded

    Raises
    ------
    UserError
        The package is not installed.
    """
    try:
        from umap import UMAP
    except ImportError:
        raise UserError(
            "config key project.method: the package umap-learn is not installed; run `pip install umap-learn` in this "
            "environment, or set the key to umap"
        ) from None
    n = len(rows)
    itself = np.arange(n, dtype=np.int64)[:, None]  # the package counts a paper among its neighbors
    near = (
        np.hstack([itself, rows]),
        np.hstack([np.zeros((n, 1), np.float32), 1.0 - cosines.astype(np.float32)]),
    )
    model = UMAP(
        n_neighbors=near[0].shape[1],
        min_dist=min_dist,
        metric="cosine",
        init=10.0 * start,  # it scales starts to this size
        random_state=seed,
        n_jobs=1,
        precomputed_knn=(*near, None),
        force_approximation_algorithm=True,
    )
    return np.asarray(model.fit_transform(vectors), np.float32)


def settle_umap(
    places: np.ndarray, rows: np.ndarray, cosines: np.ndarray, *, min_dist: float, seed: int, threads: int
) -> np.ndarray:
    """A short, gentle UMAP from known places: float32 (n, 2).

    Parameters
    ----------
    places : float32 (n, 2), see `places_of_all`
    rows, cosines : (n, n_neighbors), the nearest neighbors of each row, itself excluded
    """
    return move_papers(
        fuzzy_graph(rows, cosines, threads),
        places,
        min_dist=min_dist,
        seed=seed,
        threads=threads,
        epochs=KEPT_EPOCHS,
        step=KEPT_STEP,
    )


def places_of_all(known: np.ndarray, rows: np.ndarray, cosines: np.ndarray) -> np.ndarray:
    """Place new papers among their nearest papers that have a place: float32 (n, 2).

    In each round, those with such neighbors are placed; a paper that has none is put into the middle.

    Parameters
    ----------
    known : float32 (n, 2), nan for papers without a place
    rows, cosines : (n, n_neighbors), the nearest neighbors of each row; may be memory-mapped
    """
    places = known.copy()
    while len(new := np.flatnonzero(np.isnan(places[:, 0]))):
        near, cosine = rows[new], cosines[new].astype(np.float32)
        placed = ~np.isnan(places[near, 0])
        reached = placed.any(1)
        if not reached.any():
            places[new] = np.nanmean(places, 0)
            break
        weight = np.where(placed, cosine - cosine.min(1, keepdims=True) + 1e-3, 0.0)[reached]
        weight /= weight.sum(1, keepdims=True)
        around = np.nan_to_num(places[near[reached]])
        places[new[reached]] = np.einsum("ij,ijk->ik", weight, around)
    return places


def median_move(before: np.ndarray, after: np.ndarray) -> float:
    """The median distance that papers moved, as a share of the larger side of the map.

    Parameters
    ----------
    before, after : float32 (n, 2), places of the same papers
    """
    side = float(np.ptp(before, axis=0).max()) or 1.0
    return float(np.median(np.linalg.norm(after - before, axis=1))) / side


def interpolate(rows: np.ndarray, cosines: np.ndarray, fitted: np.ndarray) -> np.ndarray:
    """Position papers among their nearest fitted papers: float32 (m, 2).

    The position is the mean of the neighbors' positions, weighted by how much more similar each is
    than the farthest of them. It does not depend on the other papers that are positioned.

    Parameters
    ----------
    rows, cosines : (m, n_neighbors), the nearest fitted papers of each paper, nearest first
    fitted : float32 (n, 2), the positions of the fitted papers
    """
    weight = cosines - cosines[:, -1:] + 1e-3
    weight /= weight.sum(1, keepdims=True)
    return np.einsum("ij,ijk->ik", weight, fitted[rows]).astype(np.float32)
