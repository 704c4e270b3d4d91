"""Terms that say the same: abbreviations, and forms of one word."""

import numpy as np
from made_up import counted, heaviest
from scipy import sparse

from conftest import without_papers
from lib.keywords.bigram_preference import whole_terms
from lib.keywords.choice import top_terms
from lib.keywords.ctfidf import ctfidf
from lib.keywords.redundancy import abbreviates, are_forms
from lib.keywords.term_vectors import TermVectors
from lib.keywords.word_forms import same_stem


def of_papers(terms: list[str], papers: list[set[str]], vectors: list[list[float]]) -> TermVectors:
    """Terms in papers with these vectors, less their mean."""
    table = sparse.csc_matrix(np.array([[term in some for term in terms] for some in papers], np.float32))
    rows = np.array(vectors, np.float32)
    ones, zeros = np.ones(len(rows), np.float32), np.zeros(len(rows), int)
    return TermVectors(table, rows - rows.mean(0), ones, zeros, np.arange(len(rows)))


def is_abbreviated(short: str, term: str, both: int, alone: int, alike: bool = True) -> bool:
    """Whether a term stands for another, by papers with both, with the abbreviation alone, and with neither."""
    terms = [short, term]
    papers = [{short, term}] * both + [{short}] * alone + [set()] * 9
    if not alike:
        papers += [{term}] * 90
    vectors = [[1.0, 0.0]] * (both + alone) + [[0.0, 1.0]] * 9 + [[0.5, -1.0]] * (90 * (not alike))
    found = of_papers(terms, papers, vectors)
    assert not abbreviates(terms, 1, 0, found)
    return abbreviates(terms, 0, 1, found)


def test_abbreviations():
    # initials of three letters are enough
    assert is_abbreviated("cot", "chain-of-thought", 0, 9) and not is_abbreviated(
        "rl", "reinforcement learning", 0, 9
    )
    for short, term in [
        ("llms", "language models"),
        ("llm", "large language"),
        ("rag", "retrieval augmented"),
        ("3dgs", "gaussian splatting"),
        ("snns", "spiking"),
        ("mlips", "interatomic potentials"),
        ("rl", "reinforcement learning"),
    ]:
        assert is_abbreviated(short, term, 8, 2), short
        assert not is_abbreviated(short, term, 6, 4), short  # the papers would spell it out
        assert not is_abbreviated(short, term, 8, 2, alike=False), short
    # letters elsewhere, and words that are too long
    assert not is_abbreviated("co2", "correlated oxides of metals", 9, 0)
    assert not is_abbreviated("mllms", "language", 9, 0)
    assert not is_abbreviated("gas", "dark matter", 9, 0)
    assert not is_abbreviated("spin", "superconductor", 9, 0)


def test_a_spelled_out_term_wins_over_its_abbreviation():
    """The abbreviation weighs more here, and is left out all the same."""
    papers = {"llms": [60, 0], "language": [50, 20], "models": [60, 60], "language models": [50, 0]}
    some = counted(papers | {"agents": [10, 0]})
    both = [{"llms", "language models"}] * 8 + [{"agents"}] * 9
    vectors = of_papers(some.terms, both, [[1, 0]] * 8 + [[0, 1]] * 9)
    weights = ctfidf(some.counts)
    (found, _) = top_terms(some, weights.multiply(whole_terms(some, weights > 0)).tocsr(), 10, vectors)
    assert [some.terms[i] for i in found][:2] == ["language models", "agents"]
    assert heaviest(some)[0] == "llms"


def test_words_that_begin_alike_for_half_of_them_are_forms_of_one_if_their_papers_are_alike():
    terms = ["math", "mathematics", "matter", "theorem", "matchings"]
    papers = [
        {"math", "theorem"},
        {"mathematics"},
        {"mathematics", "math", "theorem", "matchings"},
        {"matter"},
        {"matter"},
    ]
    vectors = of_papers(terms, papers, [[1, 0], [0.9, 0.1], [1, 0.1], [0, 1], [0.1, 0.9]])
    assert are_forms(terms, 0, 1, vectors) and are_forms(terms, 1, 0, vectors)
    assert not are_forms(terms, 0, 2, vectors)  # other papers
    assert vectors.similarity(0, 3) > 0.9 and not are_forms(terms, 0, 3, vectors)  # other letters
    assert vectors.similarity(1, 4) > 0.9 and not are_forms(terms, 1, 4, vectors)  # three letters of nine
    assert not are_forms(terms, 0, 1, without_papers(5))


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
