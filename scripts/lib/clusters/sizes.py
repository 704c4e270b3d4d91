"""How evenly papers are distributed over topics."""

import numpy as np


def effective_topics(sizes: np.ndarray) -> float:
    """The number of equal topics that would be as evenly filled: the exponential of the entropy.

    Hill (1973), Diversity and evenness: a unifying notation and its consequences (order 1).

    Parameters
    ----------
    sizes : int (k,), papers per topic
    """
    share = sizes[sizes > 0] / sizes.sum()
    return float(np.exp(-(share * np.log(share)).sum()))
