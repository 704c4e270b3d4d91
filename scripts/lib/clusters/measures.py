"""How papers fit their topics, on the original vectors."""

from dataclasses import dataclass

import numpy as np

from lib.clusters.assignment import find_outliers, measure_membership
from lib.clusters.partitions import renumbered
from lib.clusters.schema import Fit
from lib.clusters.silhouette import cosine_silhouette, mean_silhouette
from lib.lloyd import cluster_sums, inertia_of
from lib.rows import label_sizes


@dataclass
class Topics:
    """The topics in the order of their numbers.

    Attributes
    ----------
    labels : int32 (n,), 0 to k - 1; -1 for unassigned papers
    centroids : float32 (k, dim), means of the original vectors
    inertia : sum of the squared distances of the papers to the centroids of their topics
    """

    labels: np.ndarray
    centroids: np.ndarray
    inertia: float


def on_original(vectors: np.ndarray, labels: np.ndarray, k: int, threads: int = 1) -> Topics:
    """The topics with the centroids and inertia of the original vectors.

    Parameters
    ----------
    vectors : (n, dim), float16 (may be memory-mapped) or float32 unit rows
    labels : int (n,), 0 to k - 1; -1 for unassigned papers
    """
    sums, counts = cluster_sums(vectors, labels, k, threads)
    means = sums / counts[:, None]
    return Topics(labels, means.astype(np.float32), inertia_of(means, counts))


def measure(
    vectors: np.ndarray, topics: Topics, numbers: np.ndarray, stability: np.ndarray, threads: int = 1
) -> tuple[dict[str, np.ndarray], Fit]:
    """The columns of assignments.parquet from `topic` to `outlier`, and how the papers fit their topics.

    Parameters
    ----------
    vectors : (n, dim), the original vectors
    numbers : int32 (k,), lasting numbers of the topics
    stability : float64 (k,), of each topic
    """
    labels, k = topics.labels, len(topics.centroids)
    membership = measure_membership(vectors, labels, topics.centroids, threads)
    columns = {
        "topic": renumbered(labels, numbers),
        "similarity": membership.similarity,
        "margin": membership.margin,
        "second_topic": renumbered(membership.second_topic, numbers),
        "silhouette": cosine_silhouette(vectors, labels, k, threads),
        "outlier": find_outliers(membership.similarity, labels, k),
    }
    sizes, in_topic = label_sizes(labels, k), labels >= 0
    of_papers = columns["silhouette"][in_topic].astype(np.float64)
    silhouettes = np.bincount(labels[in_topic], of_papers, minlength=k) / sizes
    return columns, Fit(
        silhouette=mean_silhouette(columns["silhouette"]),
        silhouette_by_topic=silhouettes.tolist(),
        stability_by_topic=[None if np.isnan(value) else value for value in stability.tolist()],
        inertia=topics.inertia,
        sizes=sizes.tolist(),
        outliers=int(columns["outlier"].sum()),
    )
