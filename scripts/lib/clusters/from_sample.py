"""K-means of all papers, from the clustering of a sample."""

from dataclasses import dataclass, field

import numpy as np

from lib.clusters.assignment import Graph
from lib.clusters.kmeans import given, kmeans
from lib.lloyd import lloyd


@dataclass
class KMeansFromSample:
    """K-means of all rows from the clustering of a sample, as a `ClusterMethod`.

    Attributes
    ----------
    sample : float32 (m, dim), some of the rows that are clustered, in random order
    axes : of the projections
    n_init : initializations on the sample, one seed each
    gpu : compute most iterations on CUDA, the last ones on the CPU
    iterations : of the last call, on all rows
    centroids : float32 (k, dim), that the labels of the last call are nearest to
    """

    sample: np.ndarray
    axes: np.ndarray
    n_init: int
    gpu: bool = False
    iterations: int = 0
    centroids: np.ndarray = field(default_factory=lambda: np.empty((0, 0), np.float32))

    def __call__(
        self,
        vectors: np.ndarray,
        graph: Graph | None,
        k: int | None,
        *,
        seed: int,
        threads: int = 1,
    ) -> np.ndarray:
        """The labels of all rows, int32 (n,); the graph is not used."""
        k, seeds = given(k), list(range(seed, seed + self.n_init))
        initial, steps = kmeans(self.sample, k, seeds=seeds, axes=self.axes, threads=threads).centroids, 0
        if self.gpu:
            initial, steps = steps_on_gpu(vectors, initial)
        clustering = lloyd(vectors, initial, threads=threads)
        self.iterations = steps + clustering.iterations
        self.centroids = clustering.assigned_by
        return clustering.labels


def steps_on_gpu(vectors: np.ndarray, initial: np.ndarray) -> tuple[np.ndarray, int]:
    """Lloyd's algorithm on CUDA: centroids float32 (k, dim) and the number of steps."""
    # PyTorch is not in every environment of this step
    from lib.clusters.lloyd_cuda import lloyd_cuda
    from lib.embeddings.device import gpu_for

    with gpu_for("cluster.gpus") as device:
        return lloyd_cuda(vectors, initial, device=device)
