"""How well topics agree with a classification of the papers, and with what their words alone would tell."""

import numpy as np
from scipy import sparse

from lib.clusters.partitions import Contingency
from lib.evaluation.schema import Agreement
from lib.records.arxiv import CATEGORY
from lib.rows import label_sizes
from lib.words.counting import chunks, papers_of

COMPONENTS = 100  # of the SVD: enough for latent semantic analysis (scikit-learn's documentation)


def agreement(topics: np.ndarray, names: list[str | None]) -> Agreement:
    """How well topics agree with a classification, over the papers that have a class.

    Parameters
    ----------
    topics : int (n,); unassigned papers, with -1, are a class of their own, as in scikit-learn
    names : the class of each paper

    Returns
    -------
    ami : adjusted mutual information, 0 for chance, 1 for the same partition (Vinh et al., 2010)
    ari : adjusted Rand index (Hubert & Arabie, 1985)
    v_measure : harmonic mean of homogeneity and completeness (Rosenberg & Hirschberg, 2007)
    purity : share of the papers whose class is the most frequent one of their topic
    """
    known = np.array([name is not None for name in names])
    if not known.any():
        return Agreement(papers=0, classes=0, ami=None, ari=None, v_measure=None, purity=None)
    both = Contingency.of(np.array([name for name in names if name is not None]), topics[known])
    return Agreement(
        papers=int(known.sum()),
        classes=len(both.table),
        ami=both.adjusted_mutual_information,
        ari=both.rand,
        v_measure=both.v_measure,
        purity=float(both.table.max(0).sum() / known.sum()),
    )


def archive(category: str | None) -> str | None:
    """The archive of a category of arXiv: `astro-ph` of `astro-ph.GA`, `math` of `math.AG`."""
    return category.split(".")[0] if category and CATEGORY.fullmatch(category) else None


def clusters_of_words(
    terms: np.ndarray, offsets: np.ndarray, rows: np.ndarray, n_terms: int, k: int
) -> np.ndarray:
    """Topics of papers by words alone, as a floor: TF-IDF, truncated SVD, K-means. int (m,).

    Parameters
    ----------
    terms, offsets : the terms of each paper
    rows : int (m,), the papers, ascending
    """
    # scikit-learn takes a second to import
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfTransformer
    from sklearn.preprocessing import normalize

    parts = [terms[offsets[row] : offsets[row + 1]] for row in rows]
    bounds = np.cumsum([0, *map(len, parts)])
    ones = np.ones(bounds[-1])
    counts = sparse.csr_matrix(
        (ones, np.concatenate(parts), bounds), shape=(len(rows), max(n_terms, 2))
    )  # SVD wants two
    components = max(min(COMPONENTS, min(counts.shape) - 1), 1)
    reduced = TruncatedSVD(components, random_state=0).fit_transform(TfidfTransformer().fit_transform(counts))
    return KMeans(min(k, len(rows)), n_init=3, random_state=0).fit_predict(normalize(reduced))


def keyword_topic_accuracy(
    terms: np.ndarray, offsets: np.ndarray, topics: np.ndarray, weights: sparse.csr_matrix
) -> np.ndarray:
    """For each topic the share of its papers whose topic follows from its keywords alone: float64 (k,).

    A paper is given to the topic whose keywords in it have the largest sum of weights.

    Parameters
    ----------
    terms, offsets : the terms of each paper
    topics : int (n,); unassigned papers, with -1, are left out
    weights : (k, n_terms), zero for all that are not keywords
    """
    right = np.zeros(weights.shape[0])
    by_term = weights.T.tocsr()
    is_keyword = np.diff(by_term.indptr) > 0
    for start, stop in chunks(offsets):
        part = terms[offsets[start] : offsets[stop]]
        known = is_keyword[part]
        papers = papers_of(offsets, start, stop)[known]
        shape = (stop - start, weights.shape[1])
        has = sparse.csr_matrix((np.ones(len(papers)), (papers, part[known])), shape=shape)
        # in pieces, since scores are dense
        for a in range(0, stop - start, 8192):
            scores = (has[a : a + 8192] @ by_term).toarray()
            given = topics[start + a : start + a + len(scores)]
            hit = (scores.argmax(1) == given) & (scores.max(1) > 0)
            right += np.bincount(given[hit], minlength=len(right))
    return right / np.maximum(label_sizes(topics, len(right)), 1)
