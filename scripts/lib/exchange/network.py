"""Networks of papers, and of the topics or subtopics that hold them: who is near to whom, and who cites whom."""

from dataclasses import dataclass

import numpy as np

from lib.rows import rows_by_label
from lib.vectors import unit

NEAREST = 5  # edges of a paper to its nearest papers: with all of them Gephi and VOSviewer show no structure
BLOCK = 16384  # edges, or papers, at a time


@dataclass
class PaperEdges:
    """Pairs of papers, each once, in ascending order.

    Attributes
    ----------
    pairs : int64 (m, 2), rows of papers, the lower one first
    cosine : float32 (m,), of their vectors
    shared : int64 (m,), papers that are among the nearest papers of both
    citing : int8 (m,), 0: neither is known to cite the other, 1: the first cites the second, 2: the second the first, 3: both
    """

    pairs: np.ndarray
    cosine: np.ndarray
    shared: np.ndarray
    citing: np.ndarray


@dataclass
class NodeEdges:
    """Pairs of topics or subtopics, each once, in ascending order.

    Attributes
    ----------
    pairs : int64 (m, 2), codes of nodes, the lower one first
    cosine : float32 (m,), of the mean vectors of their papers
    near : int64 (m,), pairs of a paper and one of its NEAREST papers in the other node
    citations : int64 (m,), citations between papers of the two, in both directions
    """

    pairs: np.ndarray
    cosine: np.ndarray
    near: np.ndarray
    citations: np.ndarray


def keys_of(a: np.ndarray, b: np.ndarray, n: int) -> np.ndarray:
    """One number per unordered pair of rows below n: int64 (m,)."""
    return np.minimum(a, b).astype(np.int64) * n + np.maximum(a, b)


def nearest_links(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each paper and its NEAREST papers, as two columns: int64 (n * min(NEAREST, k),) each.

    Parameters
    ----------
    near : int32 (n, k), rows of nearest papers, nearest first
    """
    taken = np.asarray(near[:, :NEAREST], np.int64)
    return np.repeat(np.arange(len(taken)), taken.shape[1]), taken.ravel()


def shared_neighbors(near: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """How many papers are among the nearest papers of both of a pair: int64 (m,).

    Parameters
    ----------
    near : int32 (n, k); a row has no paper twice
    pairs : int64 (m, 2)
    """
    counts = np.empty(len(pairs), np.int64)
    for start in range(0, len(pairs), BLOCK):
        part = slice(start, start + BLOCK)
        both = np.sort(np.concatenate([near[pairs[part, 0]], near[pairs[part, 1]]], 1), 1)
        counts[part] = (both[:, 1:] == both[:, :-1]).sum(1)
    return counts


def cosines(vectors: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The cosine of each pair of rows: float32 (m,), with the same bits on any number of cores.

    Parameters
    ----------
    vectors : float (n, dim), unit rows
    """
    found = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), BLOCK):
        part = slice(start, start + BLOCK)
        one, other = (unit(vectors[pairs[part, side]]) for side in (0, 1))
        found[part] = np.clip((one * other).sum(1), -1, 1)
    return found


def paper_edges(near: np.ndarray, citations: np.ndarray, vectors: np.ndarray) -> PaperEdges:
    """The edges of all papers: to their NEAREST papers, and to those that they cite.

    Parameters
    ----------
    near : int32 (n, k), rows of nearest papers, nearest first
    citations : int64 (c, 2), rows of a paper and of one that it cites
    vectors : float (n, dim), unit rows
    """
    n = len(near)
    a, b = nearest_links(near)
    forward = citations[:, 0] < citations[:, 1]
    cited = keys_of(citations[:, 0], citations[:, 1], n)
    keys = np.unique(np.concatenate([keys_of(a, b, n), cited]))
    keys = keys[keys // n != keys % n]
    pairs = np.stack([keys // n, keys % n], 1)
    citing = np.isin(keys, cited[forward]) + 2 * np.isin(keys, cited[~forward])
    return PaperEdges(pairs, cosines(vectors, pairs), shared_neighbors(near, pairs), citing.astype(np.int8))


def node_edges(
    node_of: np.ndarray, k: int, near: np.ndarray, citations: np.ndarray, vectors: np.ndarray
) -> NodeEdges:
    """The edges of k nodes: those between whose papers there is an edge, and that of each node to the most similar one.

    Parameters
    ----------
    node_of : int (n,), the node of each paper, 0 to k - 1; -1 for none
    near, citations, vectors : as in `paper_edges`
    """
    counts = []
    for a, b in (nearest_links(near), citations.T):
        one, other = node_of[a], node_of[b]
        across = (one != other) & (one >= 0) & (other >= 0)
        counts.append(np.unique(keys_of(one[across], other[across], k), return_counts=True))
    middles = directions(node_of, k, vectors)
    keys = np.unique(np.concatenate([most_similar(middles), *(found for found, _ in counts)]))
    near_pairs, cited = (
        np.bincount(np.searchsorted(keys, found), number, len(keys)).astype(np.int64)
        for found, number in counts
    )
    pairs = np.stack([keys // k, keys % k], 1)
    return NodeEdges(pairs, cosines(middles, pairs), near_pairs, cited)


def directions(node_of: np.ndarray, k: int, vectors: np.ndarray) -> np.ndarray:
    """The mean vector of the papers of each node, at unit length: float32 (k, dim); 0 for a node without papers."""
    found = np.zeros((k, vectors.shape[1]))
    for node, rows in enumerate(rows_by_label(node_of, k)):
        for start in range(0, len(rows), BLOCK):
            found[node] += unit(vectors[rows[start : start + BLOCK]]).sum(0, dtype=np.float64)
    lengths = np.sqrt((found * found).sum(1, keepdims=True))
    return (found / np.where(lengths > 0, lengths, 1)).astype(np.float32)


def most_similar(middles: np.ndarray) -> np.ndarray:
    """Each node and the one with the largest cosine to it, as `keys_of` such pairs: int64 (k,); none for a single node.

    Parameters
    ----------
    middles : float32 (k, dim), unit rows
    """
    k = len(middles)
    if k < 2:
        return np.empty(0, np.int64)
    other = np.empty(k, np.int64)
    for node in range(k):
        cosine = (middles * middles[node]).sum(1)
        cosine[node] = -np.inf
        other[node] = cosine.argmax()
    return keys_of(np.arange(k), other, k)


def citations_of(references: dict[int, list[str]], names: dict[str, int]) -> np.ndarray:
    """The citations among the papers: int64 (c, 2), rows of a paper and of one that it cites, each once.

    Parameters
    ----------
    references : by row of a paper the ids and DOIs of its references
    names : the row of each paper by its id and its DOI
    """
    found = {
        (row, names[name])
        for row, values in references.items()
        for name in values
        if name in names and names[name] != row
    }
    return np.array(sorted(found), np.int64).reshape(-1, 2)
