"""The shares of a paper in topics: how often clusterings of other papers would put it in each of them.

Two things make a topic uncertain: the paper lies between topics, or the topic does not come again when other papers are
clustered. The first is a softmax of the scores by which topics are assigned, with one temperature (Guo et al. 2017, On
calibration of modern neural networks). The second is counted: where do clusterings of halves put the papers at the core
of a topic? Without it the error is four to six times as large (docs/measurements/living-map.md).
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lib.clusters.halves import Half, votes_of
from lib.clusters.schema import Calibration
from lib.clusters.smoothing import Sample
from lib.parallel import for_chunks, map_chunks
from lib.rows import rows_by_label
from lib.vectors import unit_rows

BEST = 5  # topics per paper
FITTED = 10_000  # papers that the temperature is fitted and the error is measured on; more change neither
COLDEST, HOTTEST = (
    1e-3,
    1.0,
)  # temperatures; a score is half a squared distance, and scores differ by hundredths
BINS = 10  # of the calibration error, by share
STEP = 1000  # shares are rounded down to thousandths, which are a third of the size in the file


@dataclass
class Shares:
    """How the smoothed vector of a paper becomes its shares in topics.

    Attributes
    ----------
    search : float32 (k, dim), the means of smoothed vectors that topics were assigned by
    temperature : of the softmax of the scores x·c - |c|²/2
    moves : float32 (k, k), of the papers at the core of each topic (row) the share that goes to each topic (column)
    """

    search: np.ndarray
    temperature: float
    moves: np.ndarray

    def of(self, rows: np.ndarray) -> np.ndarray:
        """The shares of float32 unit rows (m, dim) in all topics: float32 (m, k), with the sum 1."""
        return softmax(scores(rows, self.search), self.temperature) @ self.moves

    def best(self, vectors: np.ndarray, threads: int = 1) -> tuple[np.ndarray, np.ndarray]:
        """The best topics of each row, int32 (n, b), largest share first, and the shares, float32 (n, b).

        b is BEST, or k if that is smaller. Shares are rounded down to thousandths.

        Parameters
        ----------
        vectors : (n, dim), smoothed unit rows, float16 (may be memory-mapped) or float32
        """
        n, k = len(vectors), len(self.search)
        topics, shares = np.empty((n, min(BEST, k)), np.int32), np.empty((n, min(BEST, k)), np.float32)

        def work(a: int, b: int) -> None:
            of_all = self.of(unit_rows(vectors, a, b))
            topics[a:b], largest = largest_columns(of_all, topics.shape[1])
            shares[a:b] = np.floor(largest * STEP) / STEP

        for_chunks(n, threads, work)
        return topics, shares


def scores(rows: np.ndarray, search: np.ndarray) -> np.ndarray:
    """x·c - |c|²/2, larger for a nearer topic: float32 (m, k), of rows (m, dim) and centroids (k, dim)."""
    return rows @ search.T - np.einsum("ij,ij->i", search, search) / 2


def softmax(values: np.ndarray, temperature: float) -> np.ndarray:
    """Rows in proportion to exp(values / temperature), with the sum 1: float32 (m, k)."""
    weights = np.exp((values - values.max(1, keepdims=True)) / np.float32(temperature))
    return weights / weights.sum(1, keepdims=True)


def largest_columns(values: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """The columns of the largest values of each row, largest first, and these values: (m, count) each."""
    columns = np.argpartition(-values, count - 1, axis=1)[:, :count]
    found = np.take_along_axis(values, columns, 1)
    order = np.lexsort((columns, -found), axis=1)
    return np.take_along_axis(columns, order, 1), np.take_along_axis(found, order, 1)


def calibrate(
    vectors: np.ndarray, labels: np.ndarray, votes: np.ndarray, search: np.ndarray, threads: int = 1
) -> Shares:
    """Shares that say how often a paper got each topic in clusterings of other papers.

    Parameters
    ----------
    vectors : (m, dim), a sample of the smoothed rows in random order, float16 (may be memory-mapped) or float32
    labels : int (m,), its topics, 0 to k - 1; -1 for unassigned papers
    votes : int32 (h, m), the topic by each clustering; -1: none
    search : float32 (k, dim), as in `Shares`
    """
    moves = core_moves(margins(vectors, labels, search, threads), labels, votes, len(search))
    fitted = min(FITTED, len(vectors))
    parts = map_chunks(fitted, threads, lambda a, b: scores(unit_rows(vectors, a, b), search))
    temperature = fit_temperature(np.concatenate(list(parts)), votes[:, :fitted], moves, threads)
    return Shares(search, temperature, moves)


def margins(vectors: np.ndarray, labels: np.ndarray, search: np.ndarray, threads: int = 1) -> np.ndarray:
    """The score of each paper for its own topic minus its largest other score: float32 (m,); the score if there is no other.

    The parameters are those of `calibrate`. The value of an unassigned paper has no meaning.
    """

    def work(a: int, b: int) -> np.ndarray:
        of_all, line = scores(unit_rows(vectors, a, b), search), np.arange(b - a)
        own = of_all[line, labels[a:b]]
        of_all[line, labels[a:b]] = -np.inf
        return own - np.maximum(of_all.max(1), -1.0)  # no score is below -1

    return np.concatenate(list(map_chunks(len(vectors), threads, work)))


def core_moves(margin: np.ndarray, labels: np.ndarray, votes: np.ndarray, k: int) -> np.ndarray:
    """The topics that the papers at the core of each topic got, as shares: float32 (k, k), rows with the sum 1.

    The core are those half of the papers that are farthest from another topic. Two votes are added, one for the own
    topic and one divided among all: a topic without votes stays what it is, and nothing is impossible.

    Parameters
    ----------
    margin : float32 (m,), as `margins` returns them
    labels, votes : as in `calibrate`
    """
    counts = np.eye(k) + 1.0 / k
    for topic, rows in enumerate(rows_by_label(labels, k)):
        if len(rows):
            core = rows[margin[rows] >= np.median(margin[rows])]
            given = votes[:, core]
            counts[topic] += np.bincount(given[given >= 0], minlength=k)
    return (counts / counts.sum(1, keepdims=True)).astype(np.float32)


def fit_temperature(values: np.ndarray, votes: np.ndarray, moves: np.ndarray, threads: int = 1) -> float:
    """The temperature between COLDEST and HOTTEST that makes the votes most likely.

    Parameters
    ----------
    values : float32 (m, k), scores of the papers
    votes : int32 (h, m), -1: none
    moves : as in `Shares`
    """
    from scipy.optimize import minimize_scalar

    def surprise(log_temperature: float) -> float:
        def work(a: int, b: int) -> float:
            shares = softmax(values[a:b], float(np.exp(log_temperature))) @ moves
            half, paper = np.nonzero(votes[:, a:b] >= 0)
            return -float(np.log(shares[paper, votes[half, a + paper]].astype(np.float64)).sum())

        return sum(map_chunks(len(values), threads, work))

    bounds = float(np.log(COLDEST)), float(np.log(HOTTEST))
    return float(np.exp(minimize_scalar(surprise, bounds=bounds, method="bounded").x))


def calibration_error(said: np.ndarray, happened: np.ndarray) -> float:
    """The expected calibration error: the mean of |mean share - observed frequency| over BINS, weighted by their size.

    Parameters
    ----------
    said : float (n,), shares from 0 to 1
    happened : bool (n,)
    """
    bins = np.minimum((said * BINS).astype(int), BINS - 1)
    gaps = np.bincount(bins, said.astype(np.float64) - happened, minlength=BINS)
    return float(np.abs(gaps).sum() / len(said))


def error_on(shares: Shares, vectors: np.ndarray, votes: np.ndarray, threads: int = 1) -> float:
    """The calibration error of the largest share of each paper, on votes that the shares were not fitted to.

    The parameters are those of `calibrate`; the first FITTED rows count.
    """
    fitted = min(FITTED, len(vectors))

    def work(a: int, b: int) -> tuple[np.ndarray, np.ndarray]:
        of_all = shares.of(unit_rows(vectors, a, b))
        best = of_all.argmax(1)
        half, paper = np.nonzero(votes[:, a:b] >= 0)
        return of_all[paper, best[paper]], votes[half, a + paper] == best[paper]

    said, happened = zip(*map_chunks(fitted, threads, work), strict=True)
    return calibration_error(np.concatenate(said), np.concatenate(happened))


def measured(
    vectors: np.ndarray, labels: np.ndarray, votes: np.ndarray, search: np.ndarray, threads: int = 1
) -> tuple[Shares, Calibration]:
    """The shares by all votes, and how good shares by half of the clusterings are on the others.

    The parameters are those of `calibrate`.
    """
    shares = calibrate(vectors, labels, votes, search, threads)
    half = len(votes) // 2
    by_half = calibrate(vectors, labels, votes[:half], search, threads)
    counted = (votes >= 0) & (labels >= 0)
    return shares, Calibration(
        agreement=float((votes == labels)[counted].mean()),
        temperature=shares.temperature,
        calibration_error=error_on(by_half, vectors, votes[half:], threads),
    )


def membership_table(topics: np.ndarray, shares: np.ndarray) -> pa.Table:
    """The columns of memberships.parquet.

    Parameters
    ----------
    topics : int32 (n, b), lasting numbers
    shares : float32 (n, b); topics with a share of 0 are left out
    """
    shown = shares > 0
    ends = pa.array(np.concatenate([[0], np.cumsum(shown.sum(1))]).astype(np.int32))
    lists = [pa.ListArray.from_arrays(ends, pa.array(values[shown])) for values in (topics, shares)]
    return pa.table(lists, ["topics", "shares"])


def share_topics(
    rows: np.ndarray,
    sample: Sample,
    halves: list[Half],
    labels: np.ndarray,
    search: np.ndarray,
    numbers: np.ndarray,
    threads: int = 1,
) -> tuple[pa.Table, Calibration]:
    """The columns of memberships.parquet, and how sure topics are.

    Parameters
    ----------
    rows : (n, dim), the smoothed vectors
    labels : int32 (n,), topics; -1 for unassigned papers, which get no shares
    search : float32 (k, dim), means of smoothed vectors
    numbers : int32 (k,), lasting numbers of the topics
    """
    if not halves:
        none = np.empty((len(labels), 0))
        unknown = Calibration(agreement=None, temperature=None, calibration_error=None)
        return membership_table(none.astype(np.int32), none.astype(np.float32)), unknown
    of_sample = labels[sample.rows]
    votes = votes_of(halves, sample.vectors, of_sample, len(search), threads)
    shares, calibration = measured(sample.vectors, of_sample, votes, search, threads)
    best, largest = shares.best(rows, threads)
    largest[labels < 0] = 0
    return membership_table(numbers[best], largest), calibration
