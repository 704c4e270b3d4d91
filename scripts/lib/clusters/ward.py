"""Ward's method on clusters of different sizes."""

import numpy as np


def ward_merge(means: np.ndarray, counts: np.ndarray, k: int) -> np.ndarray:
    """Merge clusters until k are left, each time the two whose merger adds least to the inertia.

    The merger of clusters 1 and 2 adds |m1 - m2|² n1 n2 / (n1 + n2). Ward (1963), Hierarchical
    grouping to optimize an objective function. Time about O(m² dim), memory O(m²).

    Parameters
    ----------
    means : (m, dim)
    counts : int (m,), positive

    Returns
    -------
    float32 (min(k, m), dim)
    """
    means, counts = means.astype(np.float64), counts.astype(np.float64)
    squares = np.einsum("ij,ij->i", means, means)
    cost = squares[:, None] + squares - 2.0 * means @ means.T
    cost *= counts[:, None] * counts / (counts[:, None] + counts)
    np.fill_diagonal(cost, np.inf)
    nearest, least = cost.argmin(1), cost.min(1)  # of each row, so that no merger searches the square
    for _ in range(len(means) - k):
        i = int(least.argmin())
        j = int(nearest[i])
        both = counts[i] + counts[j]
        means[i] = (means[i] * counts[i] + means[j] * counts[j]) / both
        counts[i], counts[j] = both, 0.0
        cost[j] = cost[:, j] = least[j] = np.inf
        distance = np.sum((means - means[i]) ** 2, axis=1) * counts * both / (counts + both)
        distance[counts == 0] = np.inf
        distance[i] = np.inf
        cost[i] = cost[:, i] = distance
        stale = (nearest == i) | (nearest == j)
        stale[i] = True
        stale &= counts > 0
        nearest[stale], least[stale] = cost[stale].argmin(1), cost[stale].min(1)
        closer = distance < least
        nearest[closer], least[closer] = i, distance[closer]
    return means[counts > 0].astype(np.float32)
