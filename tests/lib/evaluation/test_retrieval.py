"""Topics told by their words, against simple loops."""

import numpy as np
import pytest
from scipy import sparse

from lib.evaluation.agreement import keyword_topic_accuracy
from lib.words.counting import chunks


@pytest.mark.parametrize("chunk", [1, 1 << 20])
def test_keyword_topic_accuracy_against_simple_loops(monkeypatch, chunk):
    monkeypatch.setattr(chunks, "__defaults__", (chunk,))
    rng = np.random.default_rng(2)
    papers = [np.flatnonzero(rng.random(20) < 0.2) for _ in range(300)]
    topics = rng.integers(4, size=300)
    weights = rng.random((4, 20)) * (rng.random((4, 20)) < 0.3)
    right = np.zeros(4)
    for terms, topic in zip(papers, topics, strict=True):
        scores = weights[:, terms].sum(1)
        right[topic] += scores.max() > 0 and scores.argmax() == topic
    offsets = np.cumsum([0, *map(len, papers)])
    found = keyword_topic_accuracy(np.concatenate(papers), offsets, topics, sparse.csr_matrix(weights))
    assert found == pytest.approx(right / np.bincount(topics))
