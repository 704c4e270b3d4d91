"""The names of topics."""

from lib.naming.names import primary_keywords, topic_names


def test_contested_keyword_goes_to_the_topic_where_it_weighs_most():
    given = primary_keywords(
        [
            [("network", 0.9), ("graph", 0.8)],
            [("networks", 0.2), ("neuron", 0.15)],  # relative to the heaviest keyword, both weigh the same
            [("spin", 0.5), ("graph", 0.4)],
        ],
        [""] * 3,
    )
    assert given == ["network", "neuron", "spin"]


def test_a_topic_without_a_keyword_of_its_own_gets_a_number():
    topics = [[("galaxy", 1.0)], [("galaxies", 0.5)], [("galaxy", 0.4), ("galaxies", 0.1)]]
    assert primary_keywords(topics, [""] * 3) == ["galaxy", "galaxies (2)", "galaxy (3)"]


def test_a_topic_without_keywords_is_named_by_a_title():
    given = primary_keywords([[("galaxy", 1.0)], [], [], []], ["", "量子", "galaxy", "量子"])
    assert given == ["galaxy", "量子", "galaxy (2)", "量子 (2)"]
    assert topic_names([["galaxy"], [], [], []], given) == given


def test_names_begin_with_the_primary_keyword():
    names = topic_names([["network", "graph", "node", "edge"], ["network", "neuron"]], ["network", "neuron"])
    assert names == ["network · graph · node", "neuron · network"]
