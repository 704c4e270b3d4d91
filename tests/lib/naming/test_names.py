"""The names of topics and subtopics."""

import numpy as np
import pandas as pd

from lib.keywords.schema import KEYWORDS
from lib.naming.hierarchy_table import hierarchy_table, words_in_names
from lib.naming.names import distinct, keyword_pairs, names_of


def keywords(*rows: tuple[str, int, str, float]) -> pd.DataFrame:
    """Keywords of nodes with this level, number, keyword and share."""
    filled = [
        (level, node, 1, word, 1.0, 9, share, 1.0, word.split()[0]) for level, node, word, share in rows
    ]
    return pd.DataFrame(filled, columns=KEYWORDS.names)


def test_names_are_the_first_keywords_and_differ_by_more_than_a_plural_ending():
    words = [["network", "graph", "node", "edge"], ["networks"], ["network"], []]
    assert names_of(words, [""] * 3 + ["A title"]) == [
        "network · graph · node",
        "networks",
        "network (2)",
        "A title",
    ]
    assert distinct(["galaxy", "量子", "galaxies", "量子"]) == ["galaxy", "量子", "galaxies (2)", "量子 (2)"]


def test_pairs_are_those_of_the_topics():
    table = keywords(("group", 0, "stars", 1.0), ("topic", 0, "solar wind", 1.0), ("topic", 2, "dust", 1.0))
    assert keyword_pairs(table, 3) == [[("solar wind", 1.0)], [], [("dust", 1.0)]]
    assert keyword_pairs(table, 3, "term")[0] == [("solar", 1.0)]


def test_names_leave_out_the_words_of_the_parent_also_if_its_name_is_a_phrase():
    """The keyword is in half of the papers of each of two siblings, and tells them apart no more than that."""
    one = keywords(("subtopic", 0, "spiking", 0.5), ("subtopic", 0, "energy", 0.9))
    two = keywords(("subtopic", 1, "spiking", 0.5), ("subtopic", 1, "memory", 0.9))
    sizes = np.array([100, 100])
    assert words_in_names([one, two], "spiking neural networks · hardware", sizes) == [["energy"], ["memory"]]
    assert words_in_names([one, two], "hardware", sizes)[0][0] == "spiking"
    alone = keywords(("subtopic", 0, "spiking", 0.5))
    assert words_in_names([alone, two], "spiking", sizes)[0] == ["spiking"]  # better than none


def test_groups_are_named_by_their_largest_topics_and_subtopics_without_words_have_a_number():
    nodes = pd.DataFrame(
        {
            "level": ["group"] * 2 + ["topic"] * 3 + ["subtopic"] * 2,
            "node": [0, 1, 0, 1, 2, 0, 1],
            "parent": [None, None, 0, 0, 1, 1, 1],
            "size": [50, 10, 20, 30, 10, 15, 15],
            "stability": [None] * 5 + [0.9, 0.7],
        }
    )
    topics = pd.DataFrame(
        {
            "name": ["a · b", "c · d", "e · f"],
            "primary_keyword": ["a", "c", "e"],
            "mixed": [False, False, True],
            "size": [20, 30, 10],
        }
    )
    words = keywords(("subtopic", 1, "comet", 0.9), ("topic", 0, "a", 1.0), ("topic", 1, "c", 1.0))
    fields = {
        "group": ([["Algebra", "Logic"], []], np.array([0.3, 0.0])),
        "broad": ([["Mathematics"], []], np.array([0.35, 0.0])),
        "topic": ([["Algebra"], ["Logic"], []], np.array([0.5, 0.5, 0.0])),
        "subtopic": ([[], ["Sets"]], np.array([0.0, 0.4])),
    }
    table = hierarchy_table(nodes, words, topics, fields, [], 100)
    below = ["e · f", "a · b", "c · d", "e · f", "c · d (1)", "comet"]
    assert table["name"].tolist() == ["c · a", *below]  # 18 of its 50 papers have one of these keywords
    assert table["fields"].tolist()[1:] == [[], ["Algebra"], ["Logic"], [], [], ["Sets"]]
    assert table["mixed"].tolist() == [
        True,
        True,
        False,
        False,
        True,
        False,
        False,
    ]  # a group of one topic is as it is
    assert table["tentative"].tolist() == [False] * 6 + [True]
    for cover, of_broad, name, mixed in [
        (0.4, 0.35, "Algebra · Logic", True),
        (0.4, 0.7, "Mathematics", True),
        (0.5, 0.7, "Algebra · Logic", False),  # half of the papers is enough for the narrower name
    ]:
        fields |= {
            level: (fields[level][0], np.array([of, 0.0]))
            for level, of in (("group", cover), ("broad", of_broad))
        }
        named = hierarchy_table(nodes, words, topics, fields, [], 100)
        assert named["name"].tolist() == [name, *below] and named["mixed"][0] == mixed
    given = hierarchy_table(nodes, words, topics, fields, [("Mine", [1])], 100)
    assert given["name"][0] == "Mine" and not given["mixed"][0]
    # nothing is known of the subjects of a group without fields
    without = {level: ([[] for _ in of_level[0]], 0 * of_level[1]) for level, of_level in fields.items()}
    table = hierarchy_table(nodes, words, topics, without, [], 100)
    assert table["name"][0] == "c · a" and table["mixed"].tolist()[:2] == [False, True]
    assert table["share"].tolist() == [0.5, 0.1, 0.2, 0.3, 0.1, 0.15, 0.15]
    assert table["keywords"].tolist()[-1] == ["comet"]
