"""Terms that say the same: abbreviations, and forms of one word."""

import numpy as np
from made_up import vocabulary
from scipy import sparse

from lib.keywords.repetition import Repetition
from lib.keywords.term_vectors import TermVectors
from lib.keywords.word_forms import same_stem

TERMS = (
    "stars stellar statistics galaxies galactic llms llm-based language models cot chain-of-thought".split()
)
TERMS += ["language models", "robot", "robotic"]
LONG = {"llms": "large language models", "cot": "chain of thought"}


def compared(**vectors: list[float]) -> Repetition:
    """Each term is in one paper with this vector, or with one of its own."""
    known = vocabulary(TERMS, stands_for=LONG)
    n = len(known.terms)
    rows = np.eye(n, n + 2)
    for term, (x, y) in vectors.items():
        rows[known.terms.index(term)] = np.r_[np.zeros(n), x, y]
    table = sparse.csr_matrix(np.eye(n, dtype=np.float32))
    of_papers = TermVectors(
        table, rows.astype(np.float32), np.ones(n, np.float32), np.zeros(n, int), np.arange(n)
    )
    return Repetition(known, of_papers)


def repeats(one: str, two: str, **vectors: list[float]) -> bool:
    comparison = compared(**vectors)
    rows = [comparison.vocabulary.terms.index(term) for term in (one, two)]
    return comparison.repeats(*rows)


def test_an_abbreviation_repeats_its_long_form_and_not_the_reverse():
    assert repeats("llms", "language models") and not repeats("language models", "llms")
    assert repeats("cot", "chain-of-thought")
    assert not repeats("cot", "language models")


def test_forms_are_told_by_letters_parts_or_vectors():
    assert (
        repeats("robotic", "robot")
        and repeats("llm-based", "llms")
        and repeats("language", "language models")
    )
    alike = {"stars": [1.0, 0.1], "stellar": [1.0, 0.0], "galaxies": [1.0, 0.05], "galactic": [1.0, 0.1]}
    assert repeats("stellar", "stars", **alike) and repeats("galaxies", "galactic", **alike)
    assert not repeats("stellar", "galaxies", **alike)  # other letters
    assert not repeats("stellar", "stars", stars=[1.0, 0.5], stellar=[1.0, 0.0])  # other papers
    assert not repeats("stellar", "stars")


def test_words_that_begin_alike():
    assert same_stem("magnetic", "magnetism") and same_stem("robot", "robotic") and same_stem("spin", "spin")
    assert (
        same_stem("algebras", "subalgebra")
        and same_stem("graph", "subgraphs")
        and not same_stem("sub", "subset")
    )
    different = [
        ("polymer", "polynomial"),
        ("spin", "spins"),
        ("quantum", "quantization"),
        ("state", "statistics"),
    ]
    different += [("gene", "generative"), ("star", "start"), ("radio", "radial"), ("plan", "planet")]
    assert not any(same_stem(*pair) for pair in different)
