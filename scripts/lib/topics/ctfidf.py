"""Class-based TF-IDF of words and bigrams: what a topic says that the others do not.

All papers of a topic are read as one document. The weight of term t in topic c is

    w(t, c) = count(t, c) / terms(c) * log(1 + A / count(t))

with count(t) over all topics and A the mean number of terms per topic. Grootendorst (2022),
BERTopic: Neural topic modeling with a class-based TF-IDF procedure.
"""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse

from lib.topics.words import BREAK, WordLists, stem, words

BATCH = 2048  # texts per task of a process


@dataclass
class TermCounts:
    """How often each term occurs in each topic.

    Attributes
    ----------
    terms : the words and bigrams, in alphabetical order
    counts : int64 csr (k, n_terms)
    """

    terms: list[str]
    counts: sparse.csr_matrix


def count_terms(
    texts: list[str],
    topics: np.ndarray,
    k: int,
    *,
    lists: WordLists,
    min_count: int = 5,
    threads: int = 1,
) -> TermCounts:
    """Count words and bigrams per topic, without those that occur fewer than `min_count` times.

    Parameters
    ----------
    texts : lower-case
    topics : int (n,), 0 to k - 1
    """
    number, tokens, lengths = _number_words(texts, lists, threads)
    owner = np.repeat(topics, lengths)

    # Frequent words get new numbers in alphabetical order; the others become -1.
    total = np.bincount(tokens, minlength=len(number))
    vocabulary = sorted(word for word, i in number.items() if i and total[i] >= min_count)
    column = np.full(len(number), -1, np.int64)
    column[[number[word] for word in vocabulary]] = np.arange(len(vocabulary))
    ids = column[tokens]
    head = np.array([word in lists.head_words for word in vocabulary] + [True])  # the last one for -1
    alone = ~head[ids]
    ones = np.ones(int(alone.sum()), np.int64)
    word_counts = sparse.csr_matrix((ones, (owner[alone], ids[alone])), shape=(k, len(vocabulary)))
    bigrams, bigram_counts = _count_bigrams(ids, alone, owner, k, vocabulary, min_count)

    terms = vocabulary + bigrams
    counted = [i for i in range(len(terms)) if i >= len(vocabulary) or not head[i]]
    order = sorted(counted, key=terms.__getitem__)
    counts = sparse.hstack([word_counts, bigram_counts], format="csc")[:, order].tocsr()
    return TermCounts([terms[i] for i in order], counts)


def _number_words(
    texts: list[str], lists: WordLists, threads: int
) -> tuple[dict[str, int], np.ndarray, list[int]]:
    """All words as numbers, so that a word takes four bytes instead of a string.

    Returns
    -------
    number : of each distinct word, in order of appearance; BREAK is 0
    tokens : int32, the words of all texts end to end, a BREAK after each text
    lengths : tokens per text
    """
    number = {BREAK: 0}
    batches, lengths = [np.empty(0, np.int32)], []
    for found, lengths_found in _tokenize(texts, lists, threads):
        batches.append(np.fromiter((number.setdefault(w, len(number)) for w in found), np.int32, len(found)))
        lengths += lengths_found
    return number, np.concatenate(batches), lengths


def _count_bigrams(
    ids: np.ndarray, alone: np.ndarray, owner: np.ndarray, k: int, vocabulary: list[str], min_count: int
) -> tuple[list[str], sparse.csr_matrix]:
    """The frequent bigrams, whose first word is not a head word, and their counts (k, n)."""
    size = max(len(vocabulary), 1)
    pair = alone[:-1] & (ids[1:] >= 0)
    code = ids[:-1][pair] * size + ids[1:][pair]  # words a and b as one number
    distinct, at, n = np.unique(code, return_inverse=True, return_counts=True)
    frequent = np.flatnonzero(n >= min_count)
    column = np.full(len(distinct), -1)
    column[frequent] = np.arange(len(frequent))
    kept = column[at] >= 0
    where = (owner[1:][pair][kept], column[at[kept]])
    counts = sparse.csr_matrix((np.ones(int(kept.sum()), np.int64), where), shape=(k, len(frequent)))
    return [f"{vocabulary[c // size]} {vocabulary[c % size]}" for c in distinct[frequent]], counts


def _tokenize(texts: list[str], lists: WordLists, threads: int) -> Iterator[tuple[list[str], list[int]]]:
    """The words of BATCH texts end to end, with a BREAK after each text, and the words per text."""
    batches = [texts[i : i + BATCH] for i in range(0, len(texts), BATCH)]
    tokenize = partial(_words_of_batch, lists=lists)
    if threads == 1 or len(batches) < 4:
        yield from map(tokenize, batches)
        return
    with ProcessPoolExecutor(threads) as pool:
        yield from pool.map(tokenize, batches)


def _words_of_batch(batch: list[str], lists: WordLists) -> tuple[list[str], list[int]]:
    found, lengths = [], []
    for text in batch:
        some = words(text, lists)
        found += some
        found.append(BREAK)
        lengths.append(len(some) + 1)
    return found, lengths


def ctfidf(counts: sparse.csr_matrix) -> sparse.csr_matrix:
    """The class-based TF-IDF of counts (k, n_terms): float64 csr of the same shape."""
    in_topic = np.asarray(counts.sum(1)).ravel()
    in_all = np.asarray(counts.sum(0)).ravel()
    share = sparse.diags_array(1.0 / np.maximum(in_topic, 1)) @ counts
    rarity = np.log1p(in_topic.mean() / np.maximum(in_all, 1))
    return (share @ sparse.diags_array(rarity)).tocsr()


def top_terms(counted: TermCounts, weights: sparse.csr_matrix, n: int) -> list[list[int]]:
    """For each topic the columns of its n heaviest terms that do not repeat each other.

    A term is skipped if a heavier one contains all its words, apart from plural endings. A bigram
    replaces a word if it makes up half of the word's occurrences in the topic: `dark` in `dark
    matter`, `reinforcement` in `reinforcement learning`.
    """
    return [_top_terms_of(counted, weights, n, topic) for topic in range(weights.shape[0])]


def _top_terms_of(counted: TermCounts, weights: sparse.csr_matrix, n: int, topic: int) -> list[int]:
    row = weights[[topic]]
    counts = counted.counts[[topic]].toarray().ravel()
    order = row.indices[np.lexsort((row.indices, -row.data))][: 20 * n]
    picked: dict[int, frozenset[str]] = {}
    for column in map(int, order):
        stems = frozenset(stem(word) for word in counted.terms[column].split())
        if any(stems <= said for said in picked.values()):
            continue
        parts = [c for c, said in picked.items() if said < stems and counts[column] >= 0.5 * counts[c]]
        if parts:
            # the bigram takes the rank of its first word
            picked = {
                (column if c == parts[0] else c): (stems if c == parts[0] else said)
                for c, said in picked.items()
                if c == parts[0] or c not in parts
            }
        elif len(picked) < n and not any(said & stems for said in picked.values() if len(stems) > 1):
            picked[column] = stems
    return list(picked)
