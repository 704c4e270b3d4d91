"""A map that keeps its places, beside a cold map: how far papers move, and what it keeps of the neighbors.

On MiniLM vectors of the bundled papers. Moves are medians, as a share of the larger side of the map; a cold map is
moved, turned and scaled onto the earlier one before they are measured. Fidelity is that of the last map.
"""

from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq

from bench_space import corpora, folder_of
from measure import table
from months import grown, monthly

NEAR, STORED, THREADS, MIN_DIST, SEED = 15, 20, 2, 0.1, 0


class Layout:
    """The graph of some rows of a corpus, float32 (n, dim), and their maps."""

    def __init__(self, vectors: np.ndarray, rows: np.ndarray):
        from lib.embeddings.nearest import exact_neighbors

        self.rows, self.own = rows, vectors[rows]
        self.graph = exact_neighbors(self.own, self.own, STORED, THREADS, exclude_self=True)

    def cold(self) -> np.ndarray:
        """A first map."""
        from lib.map.layout import fit_umap, principal_plane
        from lib.map.refine import ITERATIONS, refine

        start = principal_plane(self.own, self.own, THREADS)
        near = tuple(array[:, :NEAR] for array in self.graph)
        first = fit_umap(start, *near, min_dist=MIN_DIST, seed=SEED, threads=THREADS)
        return refine(first, *self.graph, iterations=ITERATIONS, threads=THREADS)

    def kept(self, before: "Layout", places: np.ndarray) -> np.ndarray:
        """The map that starts from the places of an earlier one."""
        from lib.map.layout import places_of_all
        from lib.map.refine import KEPT_ITERATIONS, refine

        known = np.full((len(self.rows), 2), np.nan, np.float32)
        here, there = self.shared(before)
        known[here] = places[there]
        start = places_of_all(known, *self.graph)
        return refine(start, *self.graph, iterations=KEPT_ITERATIONS, threads=THREADS)

    def shared(self, before: "Layout") -> tuple[np.ndarray, np.ndarray]:
        """Where the papers of both stand here and in the earlier one."""
        return np.intersect1d(self.rows, before.rows, return_indices=True)[1:]

    def fidelity(self, places: np.ndarray) -> tuple[float, float]:
        """Neighbors kept, and trustworthiness."""
        from lib.map.fidelity import fidelity

        every = np.arange(len(self.rows))
        measured = fidelity(self.own, places, every, NEAR, np.full(len(every), -1))
        return measured.neighbors_kept, measured.trustworthiness


def moved(before: np.ndarray, after: np.ndarray, align: bool = False) -> float:
    """The median move of the same papers, float (n, 2) each."""
    from lib.map.layout import median_move

    if align:
        middle, center = before.mean(0), after.mean(0)
        left, scales, right = np.linalg.svd((after - center).T @ (before - middle))
        after = (after - center) @ (left @ right) * (scales.sum() / ((after - center) ** 2).sum()) + middle
    return median_move(before, after)


def growth(vectors: np.ndarray, published: np.ndarray) -> list[list]:
    """Rows of the table: one update."""
    whole = Layout(vectors, np.arange(len(vectors)))
    cold = whole.cold()
    kept_cold, trust_cold = whole.fidelity(cold)
    rows = []
    for share in (0.01, 0.1, 0.3):
        for draw in (None, 0):
            before = Layout(vectors, grown(published, share, draw)[0])
            first = before.cold()
            places = whole.kept(before, first)
            here, there = whole.shared(before)
            kept, trust = whole.fidelity(places)
            way = "by date" if draw is None else "at random"
            moves = moved(first[there], cold[here], align=True), moved(first[there], places[here])
            rows.append([f"+{share:.0%}, {way}", *moves, kept_cold, kept, trust_cold, trust])
    return rows


def chain(vectors: np.ndarray, published: np.ndarray) -> list:
    """A row of the table: thirteen monthly updates."""
    layouts = [Layout(vectors, rows) for rows in monthly(published)]
    first = places = before = layouts[0].cold()
    cold_moves, moves = [], []
    for earlier, layout in pairwise(layouts):
        here, there = layout.shared(earlier)
        later, cold = layout.kept(earlier, places), layout.cold()
        moves.append(moved(places[there], later[here]))
        cold_moves.append(moved(before[there], cold[here], align=True))
        places, before = later, cold
    here, there = layouts[-1].shared(layouts[0])
    since = moved(first[there], before[here], align=True), moved(first[there], places[here])
    cold_kept, kept = (layouts[-1].fidelity(plane) for plane in (before, places))
    size = f"{len(layouts[0].rows):,} to {len(layouts[-1].rows):,} papers"
    worst = f"{min(cold_moves):.3f} to {max(cold_moves):.3f}", f"{min(moves):.3f} to {max(moves):.3f}"
    return [size, *worst, *since, cold_kept[0], kept[0], cold_kept[1], kept[1]]


def main() -> None:
    name, vectors, _ = next(corpora(0))
    published = pq.read_table(folder_of(name, None) / "papers.parquet", columns=["published"])["published"]
    days = published.to_numpy().astype("datetime64[D]")
    fidelity = ["cold: neighbors kept", "neighbors kept", "cold: trustworthiness", "trustworthiness"]
    table("One update", ["papers", "cold: move", "move", *fidelity], growth(vectors, days))
    header = ["chain", "cold: moves per month", "moves per month", "cold: since the first", "since the first"]
    table("Thirteen monthly updates", [*header, *fidelity], [chain(vectors, days)])
