"""Two runs side by side, against scikit-learn and pairs of sets."""

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from lib.evaluation.compare import compare, topic_pairs

A = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2, -1, 2])
B = np.array([1, 1, 1, 0, 0, 0, 2, 2, 3, 3, -1])  # topic 3 has one paper of topic 2
BOTH = (A >= 0) & (B >= 0)
TOPICS = [
    pd.DataFrame({"name": list("xyz"), "key": list("xyz"), "size": [4, 3, 3]}),
    pd.DataFrame({"name": list("abcd"), "key": list("abcd"), "size": [3, 3, 2, 2]}),
]


def test_agreement_and_overlap_are_those_of_scikit_learn_and_of_sets():
    found = compare(A, B, 3, 4)
    assert abs(found.ami - adjusted_mutual_info_score(A[BOTH], B[BOTH])) < 1e-9
    assert abs(found.ari - adjusted_rand_score(A[BOTH], B[BOTH])) < 1e-9
    for a in range(3):
        for b in range(4):
            one, two = (set(np.flatnonzero(BOTH & (labels == topic))) for labels, topic in ((A, a), (B, b)))
            assert found.shared[a, b] == len(one & two)
            assert found.jaccard[a, b] == len(one & two) / len(one | two)


def test_as_many_papers_as_possible_stay():
    found = compare(A, B, 3, 4)
    assert found.match.tolist() in ([1, 0, 2], [1, 0, 3])
    assert found.moved == 9 - 3 - 2 - 1
    same = compare(A, A, 3, 3)
    assert same.match.tolist() == [0, 1, 2] and same.moved == 0 and same.ami == same.ari == 1


def test_every_topic_of_both_runs_has_a_row():
    rows = topic_pairs(compare(A, B, 3, 4), *TOPICS)
    assert [row["a"] for row in rows] == ["x", "y", "z", None]
    assert {row["b"] for row in rows} == set("abcd")
    assert rows[0] | {"also": None} == {
        "a": "x",
        "a_size": 4,
        "b": "b",
        "b_size": 3,
        "shared": 3,
        "jaccard": 0.75,
        "same": True,
        "also": None,
    }
    assert rows[0]["also"] == [("a", 1)] and rows[-1]["also"] == [("z", 1)]


def test_runs_without_topics_for_the_shared_papers():
    found = compare(np.array([-1, 0]), np.array([0, -1]), 1, 1)
    assert found.ami is None and found.moved == 0 and found.match.tolist() == [-1]
    rows = topic_pairs(found, TOPICS[0][:1], TOPICS[1][:1])
    assert [(row["a"], row["b"], row["same"]) for row in rows] == [("x", None, False), (None, "a", False)]
