"""Lay the papers out on a plane, with similar papers close together, and measure the fidelity."""

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from lib.arrays import CHUNK
from lib.cli import Parser, UserError, boolean, progress, run, say
from lib.embeddings.nearest import InvertedFile
from lib.embeddings.neighbor_graph import read_neighbors
from lib.files import atomic_outputs, read_json, write_json
from lib.map.fidelity import fidelity
from lib.map.layout import (
    fit_tsne,
    fit_umap,
    fit_umap_learn,
    interpolate,
    median_move,
    places_of_all,
    principal_plane,
    settle_umap,
)
from lib.map.refine import FEWEST_PAPERS, ITERATIONS, KEPT_ITERATIONS, refine
from lib.map.schema import COORDINATES, ProjectSummary, read_points
from lib.records.schema import LEAST_PAPERS, PAPERS
from lib.rows import hash_ids, positions, sample_rows
from lib.tables import read_table, write_table
from lib.vectors import open_embeddings, take

INTERPOLATED = 16 * CHUNK  # papers at a time
COMPARED = 50_000  # papers among which neighbors are compared, and in which principal components are found
CHECKED = 2000  # of them, whose neighbors on the map are compared with their exact nearest neighbors


def lay_out_by_tsne(
    vectors: np.ndarray,
    sample: np.ndarray,
    fitted: np.ndarray,
    places: np.ndarray | None,
    args: argparse.Namespace,
) -> np.ndarray:
    """The positions of all papers. t-SNE places the fitted ones; the others are placed among their neighbors.

    Parameters
    ----------
    vectors : (n_papers, dim), float16 (may be memory-mapped) or float32 unit rows
    sample : float32 (m, dim), the rows that are fitted
    fitted : int (m,), their numbers
    places : float32 (n_papers, 2), where the layout starts; None: in the principal plane

    Returns
    -------
    float32 (n_papers, 2)
    """
    start = None if places is None else places[fitted]
    plane = fit_tsne(sample, perplexity=args.perplexity, seed=args.seed, threads=args.threads, places=start)
    coordinates = np.empty((len(vectors), 2), np.float32)
    coordinates[fitted] = plane
    others = np.setdiff1d(np.arange(len(vectors)), fitted)
    if len(others):
        n = min(args.n_neighbors, len(fitted) // 2)
        index = InvertedFile.build(sample, args.threads)
        for start in progress(range(0, len(others), INTERPOLATED), desc="interpolate", unit="block"):
            rows = others[start : start + INTERPOLATED]
            coordinates[rows] = interpolate(*index.search(take(vectors, rows), n, args.threads), plane)
    return coordinates


def lay_out_by_umap(
    vectors: np.ndarray,
    sample: np.ndarray,
    graph: tuple[np.ndarray, np.ndarray],
    places: np.ndarray | None,
    refined: bool,
    args: argparse.Namespace,
) -> np.ndarray:
    """The positions of all papers: float32 (n_papers, 2).

    Parameters
    ----------
    vectors : (n_papers, dim), float16 (may be memory-mapped) or float32 unit rows
    sample : float32 (m, dim), rows in which principal components are found
    graph : rows and cosines of the nearest papers, both (n_papers, k)
    places : float32 (n_papers, 2), where the layout starts; None: in the principal plane
    refined : whether steps of t-SNE finish the map, and continue one that they finished
    """
    rows, cosines = graph
    n = min(args.n_neighbors, len(vectors) // 2)
    if rows.shape[1] < n:
        raise UserError(
            f"config key project.n_neighbors: {n} is more than the {rows.shape[1]} nearest papers that "
            f"{args.neighbors} holds; set neighbors.k to {n} or more"
        )
    near = rows[:, :n], cosines[:, :n]
    how = {"min_dist": args.min_dist, "seed": args.seed}
    if places is not None and refined:
        return refine(places, *graph, iterations=KEPT_ITERATIONS, threads=args.threads)
    if places is not None:
        return settle_umap(places, *near, **how, threads=args.threads)
    start = principal_plane(vectors, sample, args.threads)
    if args.method == "umap-learn":
        return fit_umap_learn(take(vectors, np.arange(len(vectors))), start, *near, **how)
    first = fit_umap(start, *near, **how, threads=args.threads)
    return refine(first, *graph, iterations=ITERATIONS, threads=args.threads) if refined else first


def is_refined(papers: int, earlier: ProjectSummary | None, args: argparse.Namespace) -> bool:
    """Whether t-SNE finishes the map; one that follows another is continued in the way in which that was made.

    Parameters
    ----------
    earlier : the summary of the earlier map
    """
    if args.method == "tsne":
        return False
    if earlier is not None:
        return earlier["refined"]
    return args.refine and args.method == "umap" and papers >= FEWEST_PAPERS


def lay_out(
    vectors: np.ndarray,
    sample: np.ndarray,
    compared: np.ndarray,
    graph: tuple[np.ndarray, np.ndarray],
    known: np.ndarray | None,
    refined: bool,
    args: argparse.Namespace,
) -> np.ndarray:
    """The positions of all papers, float32 (n_papers, 2); without a new paper none moves.

    Parameters
    ----------
    vectors : (n_papers, dim), float16 (may be memory-mapped) or float32 unit rows
    sample : float32 (m, dim), some of the rows
    compared : int (m,), their numbers
    graph : rows and cosines of the nearest papers, both (n_papers, k)
    known : float32 (n_papers, 2), places of an earlier run, nan for new papers; None: there is none
    refined : see `lay_out_by_umap`
    """
    if known is not None and not np.isnan(known).any():
        return known
    places = None if known is None else places_of_all(known, *graph)
    if args.method == "tsne":
        return lay_out_by_tsne(vectors, sample, compared, places, args)
    return lay_out_by_umap(vectors, sample, graph, places, refined, args)


def movement(known: np.ndarray, coordinates: np.ndarray) -> tuple[int, float]:
    """How many papers are new, and how far the others moved, see `median_move`."""
    old = ~np.isnan(known[:, 0])
    return int((~old).sum()), median_move(known[old], coordinates[old])


def read_places(coordinates: Path, ids: pa.ChunkedArray) -> np.ndarray:
    """The places that the papers had in an earlier run: float32 (n, 2), nan for new papers.

    Raises
    ------
    UserError
        No paper was there.
    """
    at = positions(read_table(coordinates, COORDINATES, ["id"])["id"], ids)
    if (at < 0).all():
        raise UserError(
            f"config key previous: no paper of this run is in {coordinates}; set it to another run"
        )
    return np.where((at >= 0)[:, None], read_points(coordinates)[at], np.float32(np.nan))


def arguments(argv: list[str] | None) -> argparse.Namespace:
    cli = Parser(__doc__)
    cli.inputs(
        papers="papers.parquet",
        embeddings="embeddings.npy",
        neighbors="neighbors.npy",
        similarities="similarities.npy",
    )
    cli.optional_inputs(
        previous_coordinates="coordinates.parquet of the earlier run", previous_project="its project.json"
    )
    cli.flag("--method", str, "how papers are laid out", choices=["umap", "tsne", "umap-learn"])
    cli.flag("--refine", boolean, "UMAP: finish with steps of t-SNE, which keep more neighbors")
    cli.flag("--fit-papers", int, "t-SNE: papers to fit, sampled by hash of the id")
    cli.flag("--n-neighbors", int, "nearest neighbors that the layout keeps together")
    cli.flag("--min-dist", float, "UMAP: minimum distance between points")
    cli.flag("--perplexity", float, "t-SNE: effective number of neighbors")
    cli.flag("--seed", int, "of the layout")
    cli.threads()
    cli.outputs(coordinates="coordinates.parquet", summary="project.json")
    return cli.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = arguments(argv)
    begun = time.perf_counter()
    papers = read_table(args.papers, PAPERS, ["id", "primary_category"])
    ids = papers["id"]
    vectors = open_embeddings(args.embeddings, len(ids))
    if len(ids) < LEAST_PAPERS:
        raise UserError(f"a map needs {LEAST_PAPERS} papers or more, there are {len(ids)}")
    graph = read_neighbors(args.neighbors, args.similarities, len(ids))
    hashes = hash_ids(ids.to_pylist())
    known = read_places(args.previous_coordinates, ids) if args.previous_coordinates else None
    compared = sample_rows(hashes, args.fit_papers if args.method == "tsne" else COMPARED)
    fitted, sample = len(compared) if args.method == "tsne" else len(ids), take(vectors, compared)
    earlier = read_json(args.previous_project, ProjectSummary) if args.previous_project else None
    refined = is_refined(len(ids), earlier, args)
    coordinates = lay_out(vectors, sample, compared, graph, known, refined, args)
    placed, moved = (None, None) if known is None else movement(known, coordinates)
    n = min(args.n_neighbors, len(compared) // 2)
    checked = sample_rows(hash_ids(map(str, range(len(compared)))), CHECKED)
    categories = papers["primary_category"].combine_chunks().dictionary_encode().indices.fill_null(-1)
    codes = categories.to_numpy(zero_copy_only=False)[compared]
    kept = fidelity(sample, coordinates[compared], checked, n, codes)
    summary = ProjectSummary(
        method=args.method,
        refined=refined,
        papers=len(ids),
        fitted=fitted,
        compared=len(compared),
        checked=len(checked),
        n_neighbors=n,
        neighbors_kept=kept.neighbors_kept,
        neighbors_kept_at_random=n / (len(compared) - 1),
        trustworthiness=kept.trustworthiness,
        category_accuracy=kept.category_accuracy,
        category_accuracy_on_map=kept.category_accuracy_on_map,
        placed=placed,
        moved=moved,
        seconds=round(time.perf_counter() - begun, 1),
    )
    with atomic_outputs(args.coordinates, args.summary) as (coordinates_file, summary_file):
        table = pa.table({"id": ids, "x": coordinates[:, 0], "y": coordinates[:, 1]})
        write_table(coordinates_file, table, COORDINATES)
        write_json(summary_file, summary)
    say(
        f"{len(ids):,} papers by {args.method}, {fitted:,} of them fitted; {summary['neighbors_kept']:.0%} of "
        f"the {n} nearest neighbors are nearest on the map, trustworthiness {kept.trustworthiness:.3f}"
    )
    if summary["moved"] is not None:
        say(
            f"{summary['placed']:,} new papers; the others moved by {summary['moved']:.1%} of the map (median)"
        )


if __name__ == "__main__":
    run(main)
