"""Ward's method on clusters of different sizes.

The merger of clusters 1 and 2 adds |m1 - m2|² n1 n2 / (n1 + n2) to the inertia. Each step merges the
two clusters whose merger adds least. Ward (1963), Hierarchical grouping to optimize an objective function.
"""

from collections.abc import Iterator

import numpy as np


def ward_merge(means: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """Merge clusters until k remain.

    Parameters
    ----------
    means : (m, dim)
    counts : int (m,), positive

    Returns
    -------
    float32 (min(k, m), dim)
    """
    means, counts = means.astype(np.float64), counts.astype(np.float64)
    for _ in _mergers(means, counts, len(means) - k):
        pass
    return means[counts > 0].astype(np.float32)


def ward_linkage(means: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The whole tree of mergers, in the form of `scipy.cluster.hierarchy.linkage`.

    Parameters
    ----------
    means : (m, dim)
    counts : int (m,), positive

    Returns
    -------
    float64 (m - 1, 4)
        The two merged nodes, the height, and the number of original clusters in the new node. Node m + i is the i-th
        merger. The height is the square root of twice the inertia that the merger adds: the distance of
        the means, if both clusters have one row.
    """
    means, counts = means.astype(np.float64), counts.astype(np.float64)
    m = len(means)
    tree = np.zeros((max(m - 1, 0), 4))
    node, leaves = np.arange(m), np.ones(m)
    for step, (i, j, added) in enumerate(_mergers(means, counts, m - 1)):
        leaves[i] += leaves[j]
        tree[step] = *sorted((node[i], node[j])), np.sqrt(2.0 * max(added, 0.0)), leaves[i]
        node[i] = m + step
    return tree


def _mergers(means: np.ndarray, counts: np.ndarray, steps: int) -> Iterator[tuple[int, int, float]]:
    """Merge j into i, and yield i, j and the inertia that this adds, for the given number of steps.

    Both arrays, float64, are changed in place: j has the count 0 afterwards. The cost of a merger follows from the
    costs of mergers with its parts: Lance & Williams (1967). Time O(m² (dim + steps)), memory O(m²).
    """
    squares = np.einsum("ij,ij->i", means, means)
    cost = squares[:, None] + squares - 2.0 * means @ means.T
    cost *= counts[:, None] * counts / (counts[:, None] + counts)
    np.fill_diagonal(cost, np.inf)
    nearest, least = cost.argmin(1), cost.min(1)  # of each row, so that no merger searches the square
    for _ in range(steps):
        i = int(least.argmin())
        j = int(nearest[i])
        added = float(least[i])
        both = counts[i] + counts[j]
        merged = (counts[i] + counts) * cost[i] + (counts[j] + counts) * cost[j] - added * counts
        merged /= both + counts
        means[i] = (means[i] * counts[i] + means[j] * counts[j]) / both
        counts[i], counts[j] = both, 0.0
        cost[j] = cost[:, j] = least[j] = np.inf
        cost[i] = cost[:, i] = merged
        stale = np.flatnonzero((nearest == i) | (nearest == j) | (merged < least))
        nearest[stale], least[stale] = cost[stale].argmin(1), cost[stale].min(1)
        nearest[i], least[i] = merged.argmin(), merged.min()
        yield i, j, added
