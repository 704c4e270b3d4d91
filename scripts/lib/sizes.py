"""How evenly the papers are spread over the topics."""

import numpy as np


def effective_topics(sizes: np.ndarray) -> float:
    """How many topics of equal size would be as evenly filled: the exponential of the entropy."""
    share = sizes[sizes > 0] / sizes.sum()
    return float(np.exp(-(share * np.log(share)).sum()))
