"""Counting works: labels of copies, and sizes in the hierarchy."""

import numpy as np
import pandas as pd

from lib.clusters.nodes import node_sizes
from lib.works.counted import without_copies


def test_copies_have_no_label_but_no_label_gets_lost():
    labels = np.array([0, 0, 1, 1, 2, -1, 2])
    counted = np.array([True, False, True, True, False, True, False])
    # label 2 has only copies of works of other labels
    assert without_copies(labels, counted).tolist() == [0, -1, 1, 1, 2, -1, 2]
    assert without_copies(labels, np.ones(7, bool)).tolist() == labels.tolist()


def test_sizes_of_nodes_are_those_of_their_works():
    nodes = pd.DataFrame(
        {
            "level": ["group", "topic", "topic", "subtopic", "subtopic"],
            "parent": [None, 0, 0, 1, 1],
            "size": [7, 3, 4, 2, 2],
        }
    )
    topics, subtopics = np.array([0, 0, 1, 1, 1, -1]), np.array([-1, -1, 0, 1, 1, -1])
    assert node_sizes(nodes, topics, subtopics).tolist() == [5, 2, 3, 1, 2]
