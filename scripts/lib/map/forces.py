"""Move all papers of a map at once by UMAP's forces: neighbors attract each other, random papers repel.

UMAP moves one paper after another, so that its result depends on their order, and with a seed it uses one core. Here
the forces on all papers are computed from the same positions, and all move together, as in the batch mode of uwot
(Melville). The result has the same bits on any number of cores. The random papers are a run of one shuffled order,
which changes only where papers are sorted; where the run begins is random.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numba import njit
from scipy import sparse
from scipy.optimize import curve_fit

from lib.cli import progress
from lib.map.locality import reordered, z_order
from lib.parallel import for_chunks, map_chunks

EPOCHS = 300
NEGATIVES = 15  # random papers that repel a paper in an epoch
REPULSION = 5  # times the attraction: UMAP draws five random papers for each neighbor
STEP = 1.0  # of the first epoch; it falls to 0
LIMIT = 4.0  # of the repulsion of two papers
BETA1, BETA2 = 0.5, 0.9  # Adam: Kingma & Ba (2015); shorter memories than theirs, since there are few epochs
CHUNK = 4096  # papers per task
SORTED = (0, 16, 64)  # epochs before which papers are sorted by their places
FARTHEST = np.float32(1e30)  # squared distance that is told from larger ones
TABLE = 1 << 15  # squared distances are looked up by the upper 16 bits of a float32, whose sign is 0

HALVINGS = 40  # of the interval of the scale of a paper
LEAST_SCALE = 1e-3  # of the mean distance; copies of a paper would have a scale of 0


def curve(min_dist: float) -> tuple[float, float]:
    """The a and b for which 1 / (1 + a d^2b) is nearest to 1 up to min_dist and exp(min_dist - d) beyond."""
    distance = np.linspace(0, 3, 300)
    wanted = np.where(distance < min_dist, 1.0, np.exp(min_dist - distance))
    (a, b), _ = curve_fit(lambda d, a, b: 1 / (1 + a * d ** (2 * b)), distance, wanted)
    return float(a), float(b)


def force_tables(a: float, b: float) -> tuple[np.ndarray, np.ndarray]:
    """Attraction of two neighbors of weight 1, and repulsion of two papers, per distance: float32 (TABLE,) each.

    They are the derivatives of UMAP's cross-entropy by the position of one of them, divided by their distance. Entry i
    is for squared distances whose float32 has the upper bits i. Its error is below 0.4 % of the distance.
    """
    codes = np.minimum(np.arange(TABLE), FARTHEST.view(np.int32) >> 16).astype(np.int32)
    square = (codes * 65536 + 32768).view(np.float32).astype(np.float64)
    attraction = 2 * a * b * square ** (b - 1) / (1 + a * square**b)
    repulsion = 2 * b / ((0.001 + square) * (1 + a * square**b))
    repulsion = np.minimum(repulsion, LIMIT / np.sqrt(square))
    attraction[square < 1e-12] = 0  # a pair at one place
    # UMAP samples each pair from both ends, and moves both papers each time
    return (2 * attraction).astype(np.float32), (REPULSION * repulsion).astype(np.float32)


@njit(nogil=True)
def _mix(state):  # pragma: no cover
    """The finalizer of splitmix64: Steele, Lea & Flood (2014)."""
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))


@njit(nogil=True)
def _move(place, crowd, moved, velocity, energy, graph, tables, step, seed, start, stop):  # pragma: no cover
    """Move the papers from `start` to `stop` by one step of Adam; without fastmath, for the same bits everywhere.

    Parameters
    ----------
    place, moved : float32 (n, 2), positions before and after
    crowd : float32 (n + NEGATIVES - 1, 2), positions before in random order; a run of them repels a paper
    velocity, energy : float32 (n, 2) and (n,), the two moments of the force; changed in place
    graph : indptr int64, indices int32 and weights float32 of the neighbors
    tables : see `force_tables`
    step : float32, divided by the correction of the first moment; and the correction of the second
    seed : uint64, of the epoch
    """
    first, other, weight = graph
    attraction, repulsion = tables
    n = np.uint64(len(place))
    for i in range(start, stop):
        x, y = place[i, 0], place[i, 1]
        fx = fy = rx = ry = total = np.float32(0)
        for e in range(first[i], first[i + 1]):
            dx, dy = place[other[e], 0] - x, place[other[e], 1] - y
            pull = weight[e] * attraction[np.float32(dx * dx + dy * dy).view(np.int32) >> 16]
            fx += pull * dx
            fy += pull * dy
            total += weight[e]
        first_of_run = np.int64(((_mix(seed + np.uint64(i)) >> np.uint64(32)) * n) >> np.uint64(32))
        for j in range(first_of_run, first_of_run + NEGATIVES):
            dx, dy = x - crowd[j, 0], y - crowd[j, 1]
            push = repulsion[np.float32(dx * dx + dy * dy).view(np.int32) >> 16]
            rx += push * dx
            ry += push * dy
        fx += total / np.float32(NEGATIVES) * rx
        fy += total / np.float32(NEGATIVES) * ry
        velocity[i, 0] += np.float32(1 - BETA1) * (fx - velocity[i, 0])
        velocity[i, 1] += np.float32(1 - BETA1) * (fy - velocity[i, 1])
        energy[i] += np.float32(1 - BETA2) * (np.float32(0.5) * (fx * fx + fy * fy) - energy[i])
        scale = step[0] / (np.sqrt(energy[i] * step[1]) + np.float32(1e-7))
        moved[i, 0] = x + scale * velocity[i, 0]
        moved[i, 1] = y + scale * velocity[i, 1]


def move_papers(
    graph: sparse.csr_matrix,
    start: np.ndarray,
    *,
    min_dist: float,
    seed: int,
    threads: int,
    epochs: int = EPOCHS,
    step: float = STEP,
) -> np.ndarray:
    """The positions after all epochs: float32 (n, 2), with the same bits on any number of threads.

    Parameters
    ----------
    graph : symmetric, float32 (n, n); see `fuzzy_graph`
    start : float32 (n, 2)
    min_dist : below this distance neighbors hardly attract each other
    step : of the first epoch, in units of the map
    """
    n = len(start)
    order, place, moved = np.arange(n), start.astype(np.float32), np.empty((n, 2), np.float32)
    velocity, energy = np.zeros((n, 2), np.float32), np.zeros(n, np.float32)
    shuffled = np.resize(np.random.default_rng(seed).permutation(n), n + NEGATIVES - 1)
    tables = force_tables(*curve(min_dist))
    for epoch in progress(range(epochs), desc="layout", unit="epoch"):
        if epoch in SORTED:
            along = z_order(place)
            graph = reordered(graph, along)
            edges = graph.indptr.astype(np.int64), graph.indices, graph.data
            order, place, velocity, energy = (values[along] for values in (order, place, velocity, energy))
        crowd = place.take(shuffled, axis=0)
        length = step * (1 - epoch / epochs) ** 2 / (1 - BETA1 ** (epoch + 1))
        lengths = (np.float32(length), np.float32(1 / (1 - BETA2 ** (epoch + 1))))
        of_epoch = np.uint64((seed * 0x10001 + epoch + 1) * 0x9E3779B97F4A7C15 % 2**64)
        work = partial(_move, place, crowd, moved, velocity, energy, edges, tables, lengths, of_epoch)
        for_chunks(n, threads, work, CHUNK)
        place, moved = moved, place
    moved[order] = place
    return moved


def bisected(too_large: Callable[[np.ndarray], np.ndarray], n: int, halvings: int) -> np.ndarray:
    """The largest positive values that are not too large, by bisection from 1: float64 (n,).

    Parameters
    ----------
    too_large : of values (n,), whether each is: bool (n,)
    """
    low, high, value = np.zeros(n), np.full(n, np.inf), np.ones(n)
    for _ in range(halvings):
        large = too_large(value)
        high, low = np.where(large, value, high), np.where(large, low, value)
        value = np.where(np.isinf(high), 2 * value, (low + high) / 2)
    return value


def memberships(cosines: np.ndarray) -> np.ndarray:
    """How much each neighbor belongs to its paper: 1 for the nearest, and log2(k + 1) in all: float32 (n, k).

    The scale of each paper is found by bisection.

    Parameters
    ----------
    cosines : (n, k), to the nearest neighbors of each paper
    """
    distances = np.maximum(1.0 - cosines.astype(np.float64), 0.0)
    nearest = np.where(distances > 0, distances, np.inf).min(1)
    beyond = np.maximum(distances - np.where(np.isfinite(nearest), nearest, 0.0)[:, None], 0.0)
    total = np.log2(cosines.shape[1] + 1)
    scale = bisected(lambda scale: np.exp(-beyond / scale[:, None]).sum(1) > total, len(beyond), HALVINGS)
    scale = np.maximum(scale, LEAST_SCALE * np.maximum(distances.mean(1), 1e-12))
    return np.exp(-beyond / scale[:, None]).astype(np.float32)


def one_way_graph(
    rows: np.ndarray, cosines: np.ndarray, weigh: Callable[[np.ndarray], np.ndarray], threads: int
) -> sparse.csr_matrix:
    """The weight of each neighbor for its paper: float32 (n, n).

    Parameters
    ----------
    rows, cosines : (n, k), the nearest neighbors of each row, itself excluded; may be memory-mapped
    weigh : of the cosines of some papers (m, k), the weights float32 (m, k)
    """
    n, k = rows.shape
    parts = map_chunks(n, threads, lambda start, stop: weigh(cosines[start:stop]))
    entries = np.concatenate(list(parts)).ravel(), np.asarray(rows).ravel(), np.arange(n + 1) * k
    return sparse.csr_matrix(entries, shape=(n, n))


def fuzzy_graph(rows: np.ndarray, cosines: np.ndarray, threads: int) -> sparse.csr_matrix:
    """The probability that one of two papers is a neighbor of the other: symmetric, float32 (n, n).

    McInnes, Healy & Melville (2018), UMAP: Uniform manifold approximation and projection, section 3.1.

    Parameters
    ----------
    rows, cosines : (n, k), the nearest neighbors of each row, itself excluded; may be memory-mapped
    """
    one_way = one_way_graph(rows, cosines, memberships, threads)
    other_way = one_way.T.tocsr()
    graph = sparse.csr_matrix(one_way + other_way - one_way.multiply(other_way))
    graph.sort_indices()
    return graph
