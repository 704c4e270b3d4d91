"""Names that topics keep from an earlier run: the rule, case by case."""

import pandas as pd
import pytest

from lib.naming.inheritance import former_names, holds, kept_names, shares_half, with_kept


def topic(number, name="a · b · c", keywords=("a", "b", "c"), mixed=False, fields=(), paper="p"):
    return {
        "topic": number,
        "name": name,
        "keywords": list(keywords),
        "fields": list(fields),
        "mixed": mixed,
        "by_hand": False,
        "representative_id": paper,
    }


def kept(old: dict, new: dict, parts=(), home=None, by_model=False):
    return kept_names(pd.DataFrame([new]), pd.DataFrame([old]), [list(parts)], home or {}, by_model)[0]


@pytest.mark.parametrize(
    ("name", "words", "stays"),
    [
        ("a · b · c", ["c", "x", "a"], True),
        ("a · b · c", ["a", "x", "y"], False),  # the first word alone
        ("a · b · c", ["b", "c"], False),  # without the first word
        ("a", ["x", "a"], True),
        ("a · b (2)", ["b", "a"], True),
        ("a · b · c", [*"klmnopqrst", "a", "b"], False),  # beyond the tenth
        ("a · b · c", [], False),
    ],
)
def test_the_first_word_and_one_more_hold_a_name(name, words, stays):
    assert holds(name, words) is stays


def test_a_topic_keeps_its_name_by_its_number():
    assert kept(topic(7), topic(7, "b · a · d", ["b", "a", "d"])) == "a · b · c"
    assert kept(topic(7), topic(8, "b · a · d", ["b", "a", "d"])) is None
    assert kept(topic(7), topic(7, "d · e", ["d", "e", "a"])) is None


def test_a_mixed_topic_keeps_the_name_of_its_parts_while_it_has_these():
    old = topic(1, "Algebra · Probability", ["a", "b"], True, ["Algebra", "Probability"])
    same = topic(1, "x", ["u", "v"], True, ["Probability", "Algebra"])
    assert kept(old, same) == "Algebra · Probability"
    assert (
        kept(old, same | {"mixed": False}) == "Algebra · Probability"
    )  # a measure near its limit changes no name
    assert kept(topic(1), topic(1)) == "a · b · c"
    assert kept(topic(1), topic(1, fields=["A", "B"]) | {"mixed": True}) is None  # its keywords mislead now
    parts = topic(1, "x", ["u", "v"], True, [])
    assert kept(old, parts, parts=["Algebra", "Probability"]) == "Algebra · Probability"
    assert kept(old, parts, parts=["Algebra", "Logic"]) is None


def test_a_title_stays_while_its_paper_is_in_the_topic():
    old, new = topic(3, "A title", [], paper="p"), topic(3, "Another", [])
    assert kept(old, new, home={"p": 3}) == "A title"
    assert kept(old, new, home={"p": 4}) is None
    assert kept(old, new) is None


def test_the_name_of_a_model_stays_while_half_of_the_keywords_do():
    old = topic(3, "Learning to reason", ["a", "b", "c", "d"])
    assert kept(old, topic(3, "x", ["d", "a"]), by_model=True) == "Learning to reason"
    assert kept(old, topic(3, "x", ["d", "e"]), by_model=True) is None
    assert kept(old | {"by_hand": True}, topic(3, "x", ["d", "a"]), by_model=True) is None  # its edit is gone
    # the model gave no name then; it is asked again
    assert kept(topic(3, "a · b", ["a", "b"]), topic(3, "a · b", ["a", "b"]), by_model=True) is None
    assert not shares_half([], [])


def test_a_new_name_that_equals_a_kept_one_gets_a_number():
    assert with_kept(["a · b", "a · b", "c"], [None, "a · b", None]) == ["a · b (2)", "a · b", "c"]
    assert with_kept(["a", "a (2)"], [None, None]) == ["a", "a (2)"]
    assert with_kept(["x", "y"], ["a (2)", None]) == ["a (2)", "y"]
    assert with_kept(["q", "a · b"], ["a · b (2)", None]) == ["a · b (2)", "a · b"]
    assert with_kept(["a", "a", "b"], [None, None, "a"]) == ["a (2)", "a (3)", "a"]
    assert with_kept(["Report of the group (2013)"], [None]) == ["Report of the group (2013)"]


def test_the_former_name_is_told_where_it_changed():
    topics = pd.DataFrame({"topic": [2, 5, 9], "name": ["same", "now", "new"]})
    earlier = pd.DataFrame({"topic": [2, 5], "name": ["same", "before"]})
    assert former_names(topics, earlier) == [None, "before", None]
