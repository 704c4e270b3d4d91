"""The shares of papers in edited topics."""

import numpy as np


def edited_codes(shared: np.ndarray, sizes: np.ndarray, keys: list[str], edited: list[str]) -> np.ndarray:
    """The edited topic that each topic is: int32 (k_old,); -1: it is hidden.

    It is the topic of the same key, or else the one that has most of its papers, if fewer are without a topic.

    Parameters
    ----------
    shared : int64 (k, k_old), papers of each edited topic by their topic before the edits
    sizes : int (k_old,), papers of each topic before the edits
    keys, edited : of the topics before and after
    """
    hidden = sizes - shared.sum(0)
    now = np.vstack([hidden, shared]).argmax(0).astype(np.int32) - 1
    for code, key in enumerate(keys):
        if key in edited:
            now[code] = edited.index(key)
    return now


def edited_shares(
    best: np.ndarray, shares: np.ndarray, old: np.ndarray, new: np.ndarray, now: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The best edited topics of each paper, int32 (n, b), largest share first, and the shares, float32 (n, b).

    The share of a merged topic is the sum of the shares of its parts. An edit that takes a paper out of its topic takes the
    share along.

    Parameters
    ----------
    best, shares : the same before the edits; -1 and 0 where there is none
    old, new : int32 (n,), codes of the topics before and after the edits; -1: none
    now : int32 (k_old,), the edited topic that each topic is; -1: none
    """
    topics = np.where(best >= 0, np.append(now, np.int32(-1))[best], np.int32(-1))
    own = (best >= 0) & (best == old[:, None])
    topics = np.where(own, new[:, None], topics).astype(np.int32)
    values = np.where(topics >= 0, shares, np.float32(0))
    for column in range(1, best.shape[1]):
        for earlier in range(column):
            same = (topics[:, column] == topics[:, earlier]) & (topics[:, column] >= 0)
            values[same, earlier] += values[same, column]
            values[same, column], topics[same, column] = 0, -1
    values[new < 0], topics[new < 0] = 0, -1
    order = np.argsort(-values, axis=1, kind="stable")
    return np.take_along_axis(topics, order, 1), np.take_along_axis(values, order, 1)
