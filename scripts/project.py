"""Lay the papers out on a plane, similar ones close together, and measure how faithful that is."""

import json
import time
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from threadpoolctl import threadpool_limits

from lib.cli import UserError, parser, progress, run, say, written
from lib.draw import draw, hash_ids
from lib.files import read_table
from lib.neighbours import Cells, nearest_rows
from lib.vectors import CHUNK, open_embeddings, take


def principal_plane(sample: np.ndarray) -> np.ndarray:
    """Each row's first two principal components: float32 (n, 2), the first of spread 1.

    The start of the layout: it makes the map's large-scale order that of the data, and the map the
    same from run to run. Kobak & Linderman (2021), Initialization is critical.
    """
    centred = sample - sample.mean(0, dtype=np.float64).astype(np.float32)
    with threadpool_limits(1, "blas"):  # on any number of cores the same bits
        _, axes = np.linalg.eigh((centred.T @ centred).astype(np.float64))
    axes = axes[:, [-1, -2]]
    axes *= np.sign(axes[np.abs(axes).argmax(0), [0, 1]])  # eigenvectors come with either sign
    plane = centred @ axes.astype(np.float32)
    return plane / plane[:, 0].std()


def lay_out(
    sample: np.ndarray, rows: np.ndarray, cosines: np.ndarray, *, method: str, seed: int, **options
) -> np.ndarray:
    """UMAP or t-SNE of unit rows from a PCA start: float32 (n, 2).

    Parameters
    ----------
    sample : float32 (n, dim), unit rows
    rows, cosines : (n, neighbours), the exact nearest neighbours of each, itself excluded
    options : `neighbours` and `min_dist` for UMAP, `perplexity` for t-SNE, `threads` for t-SNE
        (UMAP with a seed uses one)
    """
    start = principal_plane(sample)
    if method == "tsne":
        from sklearn.manifold import TSNE

        perplexity = min(options["perplexity"], (len(sample) - 1) / 3)
        model = TSNE(perplexity=perplexity, init=start * 1e-4, random_state=seed, n_jobs=options["threads"])
        with threadpool_limits(options["threads"]):  # its gradient takes every core otherwise
            return model.fit_transform(sample).astype(np.float32)

    import umap

    # UMAP counts a row as its own first neighbour
    n = len(sample)
    near = np.concatenate([np.arange(n, dtype=np.int32)[:, None], rows], 1)
    far = np.concatenate([np.zeros((n, 1), np.float32), np.maximum(1.0 - cosines, 0.0)], 1)
    with warnings.catch_warnings():
        # it warns that neighbours without a search index cannot place new rows; `place` does that
        warnings.filterwarnings("ignore", message="precomputed_knn")
        warnings.filterwarnings("ignore", message="n_jobs value")
        model = umap.UMAP(
            n_neighbors=near.shape[1],
            min_dist=options["min_dist"],
            metric="cosine",
            precomputed_knn=(near, far),
            init=10.0 * start,
            random_state=seed,
            n_jobs=1,
        )
        return model.fit_transform(sample).astype(np.float32)


def place(rows: np.ndarray, cosines: np.ndarray, plane: np.ndarray) -> np.ndarray:
    """Place papers among their nearest fitted ones: float32 (n, 2).

    The mean of the neighbours' places, weighted by similarity over that of the farthest of them.
    Each paper is placed by itself, wherever the others are.
    """
    weight = cosines - cosines[:, -1:] + 1e-3
    weight /= weight.sum(1, keepdims=True)
    return np.einsum("ij,ijk->ik", weight, plane[rows]).astype(np.float32)


def neighbours_kept(rows: np.ndarray, plane: np.ndarray, checked: np.ndarray) -> float:
    """The mean share of a row's nearest neighbours that are its nearest on the map too.

    Parameters
    ----------
    rows : int (n, neighbours), of all rows
    checked : int (m,), the rows to look at
    """
    from scipy.spatial import KDTree

    n = rows.shape[1]
    _, near = KDTree(plane).query(plane[checked], n + 1)
    kept = [
        len(np.intersect1d(a[a != i][:n], b)) for i, a, b in zip(checked, near, rows[checked], strict=True)
    ]
    return float(np.mean(kept)) / n


def arguments():
    cli = parser(__doc__)
    cli.add_argument("--papers", type=Path, required=True, help="input: papers.parquet")
    cli.add_argument("--embeddings", type=Path, required=True, help="input: embeddings.npy")
    cli.add_argument("--method", choices=["umap", "tsne"], default="umap")
    cli.add_argument(
        "--fit-papers", type=int, default=50_000, help="papers to fit on, drawn by hash of the id"
    )
    cli.add_argument("--neighbours", type=int, default=15)
    cli.add_argument("--min-dist", type=float, default=0.1)
    cli.add_argument("--perplexity", type=float, default=30.0)
    cli.add_argument("--seed", type=int, default=0)
    cli.add_argument("--threads", type=int, default=1)
    cli.add_argument("--coordinates", type=Path, required=True, help="output: coordinates.parquet")
    cli.add_argument("--about", type=Path, required=True, help="output: project.json")
    return cli.parse_args()


def main() -> None:
    args = arguments()
    begun = time.perf_counter()
    ids = read_table(args.papers, columns=["id"])["id"].combine_chunks()
    vectors = open_embeddings(args.embeddings, len(ids))
    if len(ids) < 10:
        raise UserError(f"project: a map needs ten papers or more, there are {len(ids)}")
    fitted = draw(hash_ids(ids.to_pylist()), args.fit_papers)
    neighbours = min(args.neighbours, len(fitted) // 2)
    sample = take(vectors, fitted)
    rows, cosines = nearest_rows(sample, sample, neighbours, args.threads, skip_self=True)
    plane = lay_out(
        sample,
        rows,
        cosines,
        method=args.method,
        seed=args.seed,
        min_dist=args.min_dist,
        perplexity=args.perplexity,
        threads=args.threads,
    )
    coordinates = np.empty((len(ids), 2), np.float32)
    coordinates[fitted] = plane
    others = np.setdiff1d(np.arange(len(ids)), fitted)
    if len(others):
        cells = Cells.sort(sample, args.threads)
        for start in progress(range(0, len(others), 16 * CHUNK), desc="place", unit="block"):
            some = others[start : start + 16 * CHUNK]
            near = cells.nearest(take(vectors, some), neighbours, args.threads)
            coordinates[some] = place(*near, plane)
    checked = draw(hash_ids(map(str, range(len(fitted)))), 5000)
    about = {
        "method": args.method,
        "papers": len(ids),
        "fitted": len(fitted),
        "neighbours": neighbours,
        "neighbours_kept": neighbours_kept(rows, plane, checked),
        "neighbours_kept_at_random": neighbours / (len(fitted) - 1),
        "seconds": round(time.perf_counter() - begun, 1),
    }
    with written(args.coordinates, args.about) as (coordinates_file, about_file):
        table = pa.table({"id": ids, "x": coordinates[:, 0], "y": coordinates[:, 1]})
        pq.write_table(table, coordinates_file, compression="zstd")
        about_file.write_text(json.dumps(about, indent=1) + "\n")
    say(
        f"{len(ids):,} papers by {args.method}, {len(fitted):,} of them fitted; {about['neighbours_kept']:.0%} of "
        f"the {neighbours} nearest neighbours are nearest on the map"
    )


if __name__ == "__main__":
    run(main)
