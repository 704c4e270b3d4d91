"""Terms with made-up counts, and what the rules make of them."""

import re

import numpy as np
from scipy import sparse

from conftest import without_papers
from lib.keywords.bigram_preference import whole_terms
from lib.keywords.choice import top_terms
from lib.keywords.ctfidf import TermCounts, ctfidf


def counted(
    counts: dict[str, list[int]],
    title_rate: dict[str, float] | None = None,
    followed_share: dict[str, float] | None = None,
) -> TermCounts:
    names = ["", *counts]
    number = {name: i for i, name in enumerate(names)}
    parts = [re.split("[ -](?=[^ -]*$)", name) for name in names]
    words = [
        tuple(number[word] for word in some) if all(word in number for word in some) else (row,)
        for row, some in enumerate(parts)
    ]
    table = np.array([[0] * len(next(iter(counts.values()))), *counts.values()]).T
    rates = np.array([(title_rate or {}).get(name, 1.0) for name in names])
    leading = np.array([(followed_share or {}).get(name, 0.0) for name in names])
    return TermCounts(names, words, rates, leading, sparse.csr_matrix(table))


def heaviest(some: TermCounts, n: int = 10) -> list[str]:
    """The top terms of the first topic, where all terms may be keywords that are not parts of others."""
    weights = ctfidf(some.counts)
    weights = weights.multiply(whole_terms(some, weights > 0)).tocsr()
    return [some.terms[i] for i in top_terms(some, weights, n, without_papers(len(some.terms)))[0]]
