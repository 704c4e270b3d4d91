"""Lay vectors out on a plane in one of several ways: `layouts.py WAY VECTORS THREADS PLANE`. For bench_project.py."""

import sys

import numpy as np


def laid_out(way: str, vectors: np.ndarray, threads: int) -> np.ndarray:
    """The plane (n, 2) of float32 unit rows (n, dim)."""
    if way == "umap":
        from umap import UMAP

        return UMAP(metric="cosine", random_state=0).fit_transform(vectors)
    if way == "umap-unseeded":
        from umap import UMAP

        return UMAP(metric="cosine", n_jobs=threads).fit_transform(vectors)
    if way == "opentsne":
        from openTSNE import TSNE

        from lib.map.layout import principal_plane

        initial = principal_plane(vectors, vectors) * 1e-4
        return np.asarray(
            TSNE(metric="cosine", n_jobs=threads, random_state=0, initialization=initial).fit(vectors)
        )
    from pacmap import PaCMAP

    return PaCMAP(distance="angular", random_state=0).fit_transform(vectors, init="pca")


if __name__ == "__main__":
    way, source, cores, target = sys.argv[1:]
    np.save(target, laid_out(way, np.load(source), int(cores)).astype(np.float32))
