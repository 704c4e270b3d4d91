"""How coherent the keywords of topics are, and how different from each other.

Coherence asks how much more often keywords of a topic stand together than chance would have it: in
papers (NPMI), or in windows of WINDOW words (NPMI, C_v). Röder, Both & Hinneburg (2015), Exploring the
space of topic coherence measures; Bouma (2009) for NPMI.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import sparse

from lib.arrays import release_pages
from lib.rows import ranges
from lib.words.counting import chunks, find_codes, neighbors, papers_of

WINDOW = 110  # words, as C_v is defined
NEAR = 10  # words that stand near each other
EPSILON = 1e-12
# of a chunk of papers: their numbers of words, and paper, position and term of each occurrence
Occurrences = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
DEPTH = 0.9  # of rank-biased overlap: the first ten ranks have 86 % of the weight


@dataclass
class Together:
    """In how many contexts (papers or windows) each term stands, and each pair of terms.

    Attributes
    ----------
    contexts : their number
    pairs : float64 (n_terms, n_terms); the diagonal is that of the terms themselves
    """

    contexts: int
    pairs: np.ndarray


def in_papers(terms: np.ndarray, offsets: np.ndarray, wanted: np.ndarray) -> Together:
    """Count the papers in which the wanted terms stand together.

    Parameters
    ----------
    terms, offsets : the terms of each paper, as the step `terms` writes them
    wanted : int (m,), distinct rows of the vocabulary
    """
    column = np.full(int(wanted.max(initial=0)) + 1, -1)
    column[wanted] = np.arange(len(wanted))
    pairs = sparse.csr_matrix((len(wanted), len(wanted)))
    for start, stop in chunks(offsets):
        part = terms[offsets[start] : offsets[stop]]
        inside = np.flatnonzero(part < len(column))
        inside = inside[column[part[inside]] >= 0]
        papers = papers_of(offsets, start, stop)[inside]
        pairs = pairs + _pairs(papers, column[part[inside]], stop - start, len(wanted))
        release_pages(terms, int(offsets[start]), int(offsets[stop]))
    return Together(len(offsets) - 1, pairs.toarray())


def in_windows(
    tokens: np.ndarray,
    offsets: np.ndarray,
    rows: np.ndarray,
    words: list[tuple[int, ...]],
    sizes: Sequence[int] = (WINDOW, NEAR),
) -> list[Together]:
    """Count the windows of papers in which terms stand together, for each size of windows.

    A window slides over the words that count. A paper with fewer words than a window has one.

    Parameters
    ----------
    tokens, offsets : the words of each paper, as the step `terms` writes them
    rows : int (m,), papers to read, ascending
    words : for each term the rows of its words in the vocabulary
    """
    counted = [Together(0, np.zeros((len(words), len(words)))) for _ in sizes]
    for chunk in _occurrences(tokens, offsets, rows, words):
        for together, size in zip(counted, sizes, strict=True):
            in_chunk = count_windows([chunk], len(words), size)
            together.contexts += in_chunk.contexts
            together.pairs += in_chunk.pairs
    return counted


def count_windows(occurrences: Iterable[Occurrences], n_terms: int, window: int = WINDOW) -> Together:
    """Count the windows in which terms stand together, from where they stand. Windows are those of `in_windows`."""
    contexts, pairs = 0, sparse.csr_matrix((n_terms, n_terms))
    for lengths, paper, position, term in occurrences:
        windows = np.maximum(lengths - window + 1, 1)
        first = np.maximum(position - window + 1, 0)
        last = np.minimum(position, windows[paper] - 1)
        size = last - first + 1
        # an occurrence is in the windows from first to last
        begin = np.r_[0, np.cumsum(windows)][paper] + first
        which = np.repeat(term, size)
        pairs = pairs + _pairs(ranges(begin, size), which, int(windows.sum()), n_terms)
        contexts += int(windows.sum())
    return Together(contexts, pairs.toarray())


def _occurrences(
    tokens: np.ndarray, offsets: np.ndarray, rows: np.ndarray, words: list[tuple[int, ...]]
) -> Iterator[Occurrences]:
    size = max((max(of_term) for of_term in words), default=0) + 1
    single = np.full(size, -1)
    for term, of_term in enumerate(words):
        if len(of_term) == 1:
            single[of_term[0]] = term
    bigrams = {
        of_term[0] * size + of_term[1]: term for term, of_term in enumerate(words) if len(of_term) == 2
    }
    codes = np.array(sorted(bigrams), np.int64)
    of_code = np.array([bigrams[code] for code in codes.tolist()], np.int64)
    for at in range(0, len(rows), 4096):
        part_rows = rows[at : at + 4096]
        parts = [np.asarray(tokens[offsets[row] : offsets[row + 1]], np.int64) for row in part_rows]
        word = np.concatenate(parts)
        paper = np.repeat(np.arange(len(part_rows)), [len(part) for part in parts])
        lengths = np.bincount(paper[word > 0], minlength=len(part_rows))
        position = np.cumsum(word > 0) - 1 - np.r_[0, np.cumsum(lengths)][paper]
        known = np.where(word < size, word, 0)
        alone = np.flatnonzero((known > 0) & (single[known] >= 0))
        pair = neighbors(known)
        hit, index = find_codes(known[pair] * size + known[pair + 1], codes)
        release_pages(tokens, int(offsets[part_rows[0]]), int(offsets[part_rows[-1] + 1]))
        where = np.r_[alone, pair[hit]]
        term = np.r_[single[known[alone]], of_code[index]]
        yield lengths, paper[where], position[where], term


def _pairs(contexts: np.ndarray, terms: np.ndarray, n: int, n_terms: int) -> sparse.csr_matrix:
    """The contexts of each pair of terms: csr (n_terms, n_terms)."""
    ones = np.ones(len(terms), np.float64)
    incidence = sparse.csr_matrix((ones, (contexts, terms)), shape=(n, n_terms))
    incidence.data[:] = 1  # a term counts once per context
    return (incidence.T @ incidence).tocsr()


def npmi(counts: Together) -> np.ndarray:
    """Normalised pointwise mutual information of each pair of terms: float64 (n_terms, n_terms), -1 to 1.

    It is nan for a term that is in no context.
    """
    share = counts.pairs / counts.contexts
    alone = np.diag(share)
    expected = np.maximum(np.outer(alone, alone), EPSILON**2)
    values = np.log((share + EPSILON) / expected) / -np.log(np.minimum(share + EPSILON, 1 - EPSILON))
    values[alone == 0], values[:, alone == 0] = np.nan, np.nan
    return values


def mean_npmi(matrix: np.ndarray, topics: list[np.ndarray]) -> list[float | None]:
    """For each topic the mean NPMI over the pairs of its keywords; None with fewer than two.

    Parameters
    ----------
    matrix : as `npmi` returns it
    topics : for each topic the columns of its keywords
    """
    means: list[float | None] = []
    for keywords in topics:
        columns = _in_contexts(matrix, keywords)
        values = matrix[np.ix_(columns, columns)][np.triu_indices(len(columns), 1)]
        means.append(float(values.mean()) if len(values) else None)
    return means


def _in_contexts(matrix: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The distinct columns whose terms are in some context."""
    return np.array([column for column in dict.fromkeys(columns.tolist()) if matrix[column, column] > 0], int)


def mean_known(values: list[float | None]) -> float | None:
    """The mean of the values that are not None; None if there are none."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def c_v(matrix: np.ndarray, topics: list[np.ndarray]) -> list[float | None]:
    """For each topic C_v: the mean cosine between the NPMI of a keyword and of all keywords together.

    None with fewer than two keywords.
    """
    means: list[float | None] = []
    for keywords in topics:
        columns = _in_contexts(matrix, keywords)
        if len(columns) < 2:
            means.append(None)
            continue
        vectors = matrix[np.ix_(columns, columns)]
        total = vectors.sum(0)
        norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(total)
        means.append(float(np.mean(vectors @ total / np.maximum(norms, EPSILON))))
    return means


def diversity(keywords: list[list[str]], top: int = 10) -> float:
    """The share of distinct keywords among the top ones of all topics. Dieng, Ruiz & Blei (2020)."""
    words = [word for topic in keywords for word in topic[:top]]
    return len(set(words)) / max(len(words), 1)


def inverted_rbo(keywords: list[list[str]]) -> float:
    """1 minus the mean rank-biased overlap of two topics: 1 if no topics share keywords.

    Webber, Moffat & Zobel (2010), equation 32, with p = DEPTH, for lists of any lengths; Bianchi et al. (2021).
    """
    ranks: dict[str, list[tuple[int, int]]] = {}
    for topic, of_topic in enumerate(keywords):
        for rank, word in enumerate(of_topic, 1):
            ranks.setdefault(word, []).append((topic, rank))
    k = len(keywords)
    if k < 2:
        return 1.0
    overlap = 0.0
    for places in ranks.values():
        for i, (topic, rank) in enumerate(places):
            for other, second in places[i + 1 :]:
                if topic != other:
                    shorter, longer = sorted((len(keywords[topic]), len(keywords[other])))
                    overlap += _rbo_of_word(max(rank, second), shorter, longer)
    return float(1 - overlap / (k * (k - 1) / 2))


@cache
def _rbo_of_word(depth: int, shorter: int, longer: int) -> float:
    """What a word adds to the extrapolated overlap of two lists that share it from `depth` on.

    The equation is linear in the numbers of shared words, so that it can be summed over the words.
    """
    depths = np.arange(1, longer + 1)
    agreement = np.where(depths >= depth, 1 / depths, 0.0)
    at_end = 1 / longer
    if depth <= shorter:  # it is expected to go on as in the ranks that both lists have
        agreement += np.where(depths > shorter, (depths - shorter) / (shorter * depths), 0.0)
        at_end = 1 / shorter
    return float((1 - DEPTH) / DEPTH * np.sum(agreement * DEPTH**depths) + at_end * DEPTH**longer)
