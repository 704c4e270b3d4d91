"""A finishing pass that keeps more neighbors: t-SNE from the places of a finished layout, with a little exaggeration.

UMAP gives the islands and their order, and t-SNE the neighbors within them. Böhm, Berens & Kobak (2022), Attraction-
repulsion spectrum in neighbor embeddings: exaggeration moves t-SNE towards UMAP, and without it the islands dissolve.

The repulsion of all papers is interpolated on a grid, where it is a convolution (Linderman et al., 2019, Fast
interpolation-based t-SNE). All papers move together, so that the result has the same bits on any number of threads.
"""

from functools import partial

import numpy as np
from numba import njit
from scipy import fft, sparse

from lib.cli import progress
from lib.map.forces import bisected, one_way_graph
from lib.map.locality import reordered, z_order
from lib.parallel import for_chunks

EXAGGERATION = 2.0  # with 3, a fifth fewer neighbors are kept; with 1, islands dissolve
ITERATIONS = 200  # more keep hardly more neighbors
KEPT_ITERATIONS = (
    40  # of a map that keeps its places; with 100, papers move three times as far for .002 more neighbors
)
SHARE = 0.5  # of the nearest papers: the perplexity. With a third, topics break into crumbs
FEWEST_PAPERS = 500  # of fewer, UMAP keeps as many neighbors, and more of a dozen
MOMENTUM = 0.8
RATE = 12.0  # a twelfth of the papers: Belkina et al. (2019)
LEAST_GAIN = 0.01
CHUNK = 4096  # papers per task
HALVINGS = 50  # of the interval of the precision of a paper

NODES = 3  # of the grid per box and direction
# Boxes per direction. Between these numbers a box has the side 1, the reach of the forces, and a force is wrong by 4 % (root mean
# square) at most, as in the paper.
FEWEST, MOST = 20, 600


def affinities(cosines: np.ndarray, perplexity: float) -> np.ndarray:
    """The probability that each neighbor is the neighbor of its paper: float32 (n, k), rows sum to 1.

    They are Gaussian in the distance of unit vectors. The precision, which gives them the perplexity, is found by bisection.
    van der Maaten & Hinton (2008), Visualizing data using t-SNE.

    Parameters
    ----------
    cosines : (n, k), to the nearest neighbors of each paper
    """
    square = np.maximum(2.0 - 2.0 * cosines.astype(np.float64), 0.0)
    square -= square.min(1, keepdims=True)  # changes no probability

    def too_peaked(precision: np.ndarray) -> np.ndarray:
        weights = np.exp(-square * precision[:, None])
        total = weights.sum(1)
        entropy = np.log(total) + precision * (square * weights).sum(1) / total
        return ~(entropy > np.log(perplexity))

    weights = np.exp(-square * bisected(too_peaked, len(square), HALVINGS)[:, None])
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def joint_affinities(rows: np.ndarray, cosines: np.ndarray, threads: int) -> sparse.csr_matrix:
    """The affinities of both directions: symmetric, float32 (n, n), sum 1.

    Parameters
    ----------
    rows, cosines : (n, k), the nearest neighbors of each row, itself excluded; may be memory-mapped
    """
    n, k = rows.shape
    one_way = one_way_graph(rows, cosines, partial(affinities, perplexity=max(SHARE * k, 1.0)), threads)
    joint = sparse.csr_matrix(one_way + one_way.T)
    joint.data /= np.float32(2 * n)
    joint.sort_indices()
    return joint


@njit(nogil=True)
def _lagrange(at, weights):  # pragma: no cover
    """The weights of the three nodes of a box, at 1/6, 1/2 and 5/6, for a place `at` in it, 0 to 1."""
    a, b, c = at - 1.0 / 6.0, at - 0.5, at - 5.0 / 6.0
    weights[0] = 4.5 * b * c
    weights[1] = -9.0 * a * c
    weights[2] = 4.5 * a * b


@njit(nogil=True)
def _spread(place, low, width, grids):  # pragma: no cover
    """Put 1, x and y of each paper on the nodes of its box: adds to grids, float32 (3, nodes, nodes)."""
    across, up = np.empty(NODES), np.empty(NODES)
    for i in range(len(place)):
        x, y = (place[i, 0] - low[0]) / width, (place[i, 1] - low[1]) / width
        column, row = int(x), int(y)
        _lagrange(x - column, across)
        _lagrange(y - row, up)
        for a in range(NODES):
            for b in range(NODES):
                weight = across[a] * up[b]
                p, q = NODES * column + a, NODES * row + b
                grids[0, p, q] += weight
                grids[1, p, q] += weight * place[i, 0]
                grids[2, p, q] += weight * place[i, 1]


@njit(nogil=True)
def _gather(place, low, width, fields, found, start, stop):  # pragma: no cover
    """The fields (3, nodes, nodes) at the papers from `start` to `stop`: changes found, float64 (n, 3)."""
    across, up = np.empty(NODES), np.empty(NODES)
    for i in range(start, stop):
        x, y = (place[i, 0] - low[0]) / width, (place[i, 1] - low[1]) / width
        column, row = int(x), int(y)
        _lagrange(x - column, across)
        _lagrange(y - row, up)
        for f in range(3):
            value = 0.0
            for a in range(NODES):
                for b in range(NODES):
                    value += across[a] * up[b] * fields[f, NODES * column + a, NODES * row + b]
            found[i, f] = value


@njit(nogil=True)
def _move(place, moved, velocity, gain, graph, found, total, rate, start, stop):  # pragma: no cover
    """Move the papers from `start` to `stop` by one step of gradient descent with momentum and gains (Jacobs, 1988).

    Parameters
    ----------
    place, moved : float64 (n, 2), positions before and after
    velocity, gain : float64 (n, 2), changed in place
    graph : indptr int64, indices int32 and weights float32 of the affinities
    found : float64 (n, 3), sums over all papers of w², w² x and w² y, where w = 1 / (1 + d²)
    total : sum of w over all pairs
    """
    first, other, weight = graph
    for i in range(start, stop):
        x, y = place[i, 0], place[i, 1]
        pull_x = pull_y = 0.0
        for e in range(first[i], first[i + 1]):
            dx, dy = x - place[other[e], 0], y - place[other[e], 1]
            pull = weight[e] / (1.0 + dx * dx + dy * dy)
            pull_x += pull * dx
            pull_y += pull * dy
        push_x = (x * found[i, 0] - found[i, 1]) / total
        push_y = (y * found[i, 0] - found[i, 2]) / total
        slope = (4.0 * (EXAGGERATION * pull_x - push_x), 4.0 * (EXAGGERATION * pull_y - push_y))
        for d in range(2):
            if slope[d] * velocity[i, d] < 0:
                gain[i, d] += 0.2
            else:
                gain[i, d] = max(0.8 * gain[i, d], LEAST_GAIN)
            velocity[i, d] = MOMENTUM * velocity[i, d] - rate * gain[i, d] * slope[d]
            moved[i, d] = place[i, d] + velocity[i, d]


class Repulsion:
    """What pushes papers apart; the Fourier transforms of the two kernels serve until the map has another size."""

    def __init__(self, threads: int):
        self.threads = threads
        self.shape: tuple[int, float] = (0, 0.0)
        self.w = self.w_squared = np.empty((0, 0), np.complex64)

    def __call__(self, place: np.ndarray) -> tuple[np.ndarray, float]:
        """The sums of `_move`, float64 (n, 3), and the sum of w over all pairs.

        Parameters
        ----------
        place : float64 (n, 2), around 0
        """
        # numpy reduces rows of two numbers slowly
        low, high = np.array([(axis.min(), axis.max()) for axis in place.T]).T
        extent = float((high - low).max()) + 1e-9
        boxes = min(max(FEWEST, int(extent) + 1), MOST)
        size = fft.next_fast_len(2 * NODES * boxes, real=True)
        width, nodes = max(extent / boxes * (1 + 1e-9), 1.0 if boxes > FEWEST else 0.0), NODES * boxes
        self._transform_kernels(size, width)
        grids = np.zeros((3, nodes, nodes), np.float32)
        _spread(place, low, width, grids)
        charges = fft.rfft2(grids, s=(size, size), workers=self.threads)
        fields = fft.irfft2(charges * self.w_squared, s=(size, size), workers=self.threads)
        found = np.empty((len(place), 3))
        work = partial(_gather, place, low, width, np.ascontiguousarray(fields[:, :nodes, :nodes]), found)
        for_chunks(len(place), self.threads, work, CHUNK)
        # By Parseval's theorem. The columns between the first and the last of a real transform stand for two each.
        power = (np.abs(charges[0]) ** 2 * self.w.real).sum(0, np.float64)
        both = 2.0 * power.sum() - power[0] - (power[-1] if size % 2 == 0 else 0.0)
        return found, float(both) / size**2 - len(place)  # w of a paper and itself is 1

    def _transform_kernels(self, size: int, width: float) -> None:
        if self.shape == (size, width):
            return
        steps = np.arange(size)
        square = (np.minimum(steps, size - steps) * (width / NODES)) ** 2
        w = 1.0 / (1.0 + square[:, None] + square)
        self.w, self.w_squared = (
            fft.rfft2(kernel.astype(np.float32), workers=self.threads) for kernel in (w, w**2)
        )
        self.shape = size, width


def refine(
    start: np.ndarray, rows: np.ndarray, cosines: np.ndarray, *, iterations: int, threads: int
) -> np.ndarray:
    """The places after the pass: float32 (n, 2).

    Parameters
    ----------
    start : float32 (n, 2), places of a finished layout
    rows, cosines : (n, k), the nearest neighbors of each row, itself excluded; may be memory-mapped
    """
    order = z_order(start)
    joint = reordered(joint_affinities(rows, cosines, threads), order)
    graph = joint.indptr.astype(np.int64), joint.indices, joint.data
    center = start.mean(0, dtype=np.float64)
    place = start[order] - center
    moved, velocity, gain = np.empty_like(place), np.zeros_like(place), np.ones_like(place)
    repulsion = Repulsion(threads)
    for _ in progress(range(iterations), desc="refine", unit="step"):
        found, total = repulsion(place)
        work = partial(_move, place, moved, velocity, gain, graph, found, total, len(place) / RATE)
        for_chunks(len(place), threads, work, CHUNK)
        place, moved = moved, place
    moved[order] = place
    return (moved + center).astype(np.float32)
