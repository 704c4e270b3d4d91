"""Class-based TF-IDF over words and bigrams: what a topic says that the others do not.

All papers of a topic are read as one document. The weight of term t in topic c is

    w(t, c) = count(t, c) / terms(c) * log(1 + A / count(t))

with count(t) over all topics and A the mean number of terms of a topic. Grootendorst (2022),
BERTopic: neural topic modeling with a class-based TF-IDF procedure.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from lib.text import BREAK, HEAD_WORDS, stem, words

BATCH = 2048  # texts handed to a process at once


@dataclass
class Counts:
    """How often each term stands in each topic.

    Attributes
    ----------
    terms : the words and bigrams, in alphabetical order
    counts : int64 csr (k, n_terms)
    """

    terms: list[str]
    counts: sparse.csr_matrix


def count_terms(
    texts: list[str], topics: np.ndarray, k: int, *, min_count: int = 5, threads: int = 1
) -> Counts:
    """Count words and bigrams by topic; those with fewer than `min_count` in all are left out.

    Parameters
    ----------
    texts : lower-case
    topics : int (n,), 0 to k - 1
    """
    # Each word gets a number when it is first met, BREAK 0: four bytes a word are held, not a string.
    number = {BREAK: 0}
    batches, lengths = [], []
    for found, lengths_found in _tokenize(texts, threads):
        batches.append(np.fromiter((number.setdefault(w, len(number)) for w in found), np.int32, len(found)))
        lengths += lengths_found
    tokens = np.concatenate(batches) if batches else np.empty(0, np.int32)
    owner = np.repeat(topics, lengths)

    # Those that are frequent enough are numbered again, in alphabetical order; the others become -1.
    total = np.bincount(tokens, minlength=len(number))
    vocabulary = sorted(word for word, i in number.items() if i and total[i] >= min_count)
    column = np.full(len(number), -1, np.int64)
    column[[number[word] for word in vocabulary]] = np.arange(len(vocabulary))
    ids = column[tokens]
    size = max(len(vocabulary), 1)
    head = np.array([word in HEAD_WORDS for word in vocabulary] + [True])  # the last for -1
    alone = ~head[ids]
    ones = np.ones(int(alone.sum()), np.int64)
    word_counts = sparse.csr_matrix((ones, (owner[alone], ids[alone])), shape=(k, len(vocabulary)))

    # a bigram of words a and b is the number a * size + b
    pair = alone[:-1] & (ids[1:] >= 0)
    code = ids[:-1][pair] * size + ids[1:][pair]
    owner = owner[1:][pair]
    distinct, place, n = np.unique(code, return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(n >= min_count)
    column = np.full(len(distinct), -1)
    column[frequent] = np.arange(len(frequent))
    kept = column[place] >= 0
    pairs = (owner[kept], column[place[kept]])
    bigram_counts = sparse.csr_matrix((np.ones(int(kept.sum()), np.int64), pairs), shape=(k, len(frequent)))
    bigrams = [f"{vocabulary[c // size]} {vocabulary[c % size]}" for c in distinct[frequent]]
    terms = vocabulary + bigrams
    order = sorted((i for i in range(len(terms)) if i >= size or not head[i]), key=terms.__getitem__)
    counts = sparse.hstack([word_counts, bigram_counts], format="csc")[:, order].tocsr()
    return Counts([terms[i] for i in order], counts)


def _tokenize(texts: list[str], threads: int) -> Iterator[tuple[list[str], list[int]]]:
    """The words of BATCH texts end to end, a BREAK after each text, and how many each text has."""
    batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
    if threads == 1 or len(batches) < 4:
        yield from map(_words_of, batches)
        return
    with ProcessPoolExecutor(threads) as pool:
        yield from pool.map(_words_of, batches)


def _words_of(batch: list[str]) -> tuple[list[str], list[int]]:
    found, lengths = [], []
    for text in batch:
        some = words(text)
        found += some
        found.append(BREAK)
        lengths.append(len(some) + 1)
    return found, lengths


def weigh(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """The class-based TF-IDF of counts (k, n_terms): float64 csr of the same shape."""
    in_topic = np.asarray(counts.sum(1)).ravel()
    in_all = np.asarray(counts.sum(0)).ravel()
    share = sparse.diags_array(1.0 / np.maximum(in_topic, 1)) @ counts
    rarity = np.log1p(in_topic.mean() / np.maximum(in_all, 1))
    return (share @ sparse.diags_array(rarity)).tocsr()


def top_terms(counted: Counts, weights: sparse.csr_matrix, n: int) -> list[list[int]]:
    """For each topic the columns of its n heaviest terms that each say something more.

    A term whose words all stand in a heavier one, give or take a plural, is passed over. A bigram
    takes the place of its words where it makes up half of their occurrences in the topic: `dark`
    in `dark matter`, `reinforcement` in `reinforcement learning`.
    """
    terms, chosen = counted.terms, []
    for topic in range(weights.shape[0]):
        row = weights[[topic]]
        counts = counted.counts[[topic]].toarray().ravel()
        order = row.indices[np.lexsort((row.indices, -row.data))][: 20 * n]
        picked: dict[int, frozenset[str]] = {}
        for column in map(int, order):
            stems = frozenset(stem(word) for word in terms[column].split())
            if any(stems <= said for said in picked.values()):
                continue
            parts = [c for c, said in picked.items() if said < stems and counts[column] >= 0.5 * counts[c]]
            if parts:
                # the bigram stands where its first word stood
                picked = {
                    (column if c == parts[0] else c): (stems if c == parts[0] else said)
                    for c, said in picked.items()
                    if c == parts[0] or c not in parts
                }
            elif len(picked) < n and not any(said & stems for said in picked.values() if len(stems) > 1):
                picked[column] = stems
        chosen.append(list(picked))
    return chosen
