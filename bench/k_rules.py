"""Rules for the number of topics from the literature. Each takes what clusterings of each candidate gave."""

import numpy as np

PREDICTED = 0.8  # Tibshirani & Walther: "0.8 to 0.9"
TERMS = 20  # of a topic


def prediction_strength(found: np.ndarray, predicted: np.ndarray) -> float:
    """The least share of pairs of a cluster that the other half keeps together, over the clusters.

    Tibshirani & Walther (2005), Cluster validation by prediction strength.

    Parameters
    ----------
    found : int (m,), clusters of the test half
    predicted : int (m,), the nearest centroids of the other half
    """
    from lib.clusters.partitions import count_pairs

    shared = count_pairs(found, predicted, int(found.max()) + 1, int(predicted.max()) + 1)
    sizes = shared.sum(1)
    pairs = sizes * (sizes - 1)
    kept = (shared * (shared - 1)).sum(1)
    return float((kept[pairs > 0] / pairs[pairs > 0]).min())


def largest_predicted(k: np.ndarray, strength: np.ndarray) -> int:
    """The largest candidate whose prediction strength is at least PREDICTED, within a standard error.

    Parameters
    ----------
    k : int (c,), ascending
    strength : float (c, draws)
    """
    error = strength.std(1, ddof=1) / np.sqrt(strength.shape[1])
    enough = np.flatnonzero(strength.mean(1) + error >= PREDICTED)
    return int(k[enough[-1]] if len(enough) else k[0])


def pca_null(rows: np.ndarray, seed: int) -> np.ndarray:
    """Uniform rows in the box of the principal components of rows, as many and in the same axes."""
    rng = np.random.default_rng(seed)
    return rng.uniform(rows.min(0), rows.max(0), rows.shape).astype(np.float32)


def principal_components(rows: np.ndarray, count: int) -> np.ndarray:
    """The largest centred principal components of rows: float32 (n, min(count, dim))."""
    centred = rows - rows.mean(0)
    _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    return (centred @ axes[:, : -count - 1 : -1]).astype(np.float32)


def log_inertia(rows: np.ndarray, k: int, seed: int, starts: int) -> float:
    """The logarithm of the inertia of the best of some starts of scikit-learn's K-means."""
    from sklearn.cluster import KMeans

    return float(np.log(KMeans(k, n_init=starts, random_state=seed).fit(rows).inertia_))


def first_gap(k: np.ndarray, own: np.ndarray, null: np.ndarray) -> int:
    """The smallest candidate whose gap is at least that of the next one less its standard error.

    Tibshirani, Walther & Hastie (2001), Estimating the number of clusters via the gap statistic.

    Parameters
    ----------
    own : float (c,), log inertia of the rows
    null : float (c, draws), of rows of the null
    """
    gap = null.mean(1) - own
    error = null.std(1) * np.sqrt(1 + 1 / null.shape[1])
    for i in range(len(k) - 1):
        if gap[i] >= gap[i + 1] - error[i + 1]:
            return int(k[i])
    return int(k[-1])


def term_agreement(ours: list[list[int]], others: list[list[int]]) -> float:
    """The mean over topics of the average Jaccard index of ranked terms, under the best matching.

    Greene, O'Callaghan & Cunningham (2014), How many topics? Stability analysis for topic models.

    Parameters
    ----------
    ours, others : for each topic its TERMS best terms, best first
    """
    from scipy.optimize import linear_sum_assignment

    similar = np.zeros((len(ours), len(others)))
    for depth in range(1, TERMS + 1):
        a, b = ([set(terms[:depth]) for terms in topics] for topics in (ours, others))
        similar += [[len(x & y) / len(x | y) for y in b] for x in a]
    return float(similar[linear_sum_assignment(-similar)].mean() / TERMS)


def best_terms(has_term, labels: np.ndarray, k: int) -> list[list[int]]:
    """The TERMS terms of each topic with the largest class-based TF-IDF, best first.

    Parameters
    ----------
    has_term : csr (n, terms), 1 where a paper has a term
    labels : int (n,)
    """
    from scipy import sparse

    from lib.keywords.ctfidf import ctfidf

    member = sparse.csr_matrix(
        (np.ones(len(labels), np.int64), (labels, np.arange(len(labels)))), (k, len(labels))
    )
    weights = ctfidf((member @ has_term).tocsr()).toarray()
    return np.argsort(-weights, axis=1, kind="stable")[:, :TERMS].tolist()
