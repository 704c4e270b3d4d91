"""Edits of words and groups."""

import numpy as np
import pyarrow as pa
import pytest

from lib.edits.schema import APPLIED, CONFLICT, ORPHANED, REPLACED
from lib.edits.state import State, seed_key
from lib.edits.words import dropped_words, edit_summary, groups_of, in_short, regrouped, words_of


def state() -> State:
    ids = pa.chunked_array([[f"p{i}" for i in range(8)]])
    labels = np.repeat(np.arange(4, dtype=np.int32), 2)
    return State(
        ids, labels, ["taaaa", "tbbbb", "tcccc", seed_key("Fusion")], [], {"tgone": "is hidden by an edit"}
    )


def edit(kind, value, topic=None, **more):
    return {"kind": kind, "value": value} | ({"topic": topic} if topic else {}) | more


def test_the_last_name_of_a_topic_counts():
    edits = [
        edit("rename", "A", "taaaa"),
        edit("merge", ["tbbbb"], "taaaa"),  # `edit` replays it
        edit("rename", "B", "taaaa"),
        edit("describe", "about b", "tbbbb"),
        edit("rename", "b", "tbbbb"),
        edit("rename", "C", papers=["p4", "p5"]),
        edit("rename", "D", "tgone"),
        edit("rename", "E", "t0000"),
        edit("seed", {"name": "Fusion", "words": ["x"]}),
    ]
    words = words_of(state(), edits)
    assert words.names == {0: "B", 2: "C", 3: "Fusion"} and words.descriptions == {1: "about b"}
    statuses = [outcome["status"] for outcome in words.outcomes]
    assert statuses == [REPLACED, APPLIED, APPLIED, CONFLICT, APPLIED, CONFLICT, ORPHANED]
    assert (
        "another name" in words.outcomes[0]["reason"]
        and "another topic has the name" in words.outcomes[3]["reason"]
    )


def test_a_seed_can_be_renamed():
    words = words_of(
        state(), [edit("seed", {"name": "Fusion"}), edit("rename", "Plasma", seed_key("Fusion"))]
    )
    assert words.names == {3: "Plasma"}


def test_groups_have_the_topics_asked_for():
    edits = [
        edit("group", {"name": "One", "topics": ["taaaa", "tbbbb"]}),
        edit("group", {"name": "Two", "topics": ["tbbbb", "t0000"]}),
        edit("group", {"name": "Three", "topics": ["t0000"]}),
    ]
    assert groups_of(state(), edits) == [("One", [0]), ("Two", [1])]
    outcomes = words_of(state(), edits).outcomes
    assert [outcome["status"] for outcome in outcomes] == [APPLIED, APPLIED, ORPHANED]
    assert "t0000" in outcomes[1]["reason"]
    again = [edits[0], edit("group", {"name": "Two", "topics": ["taaaa", "tbbbb"]})]
    assert groups_of(state(), again) == [("Two", [0, 1])]
    assert [outcome["status"] for outcome in words_of(state(), again).outcomes] == [REPLACED, APPLIED]
    groups = regrouped(np.array([0, 0, 0, 1]), [("One", [0, 3])], np.array([5, 1, 1, 9]))
    assert groups.tolist() == [0, 1, 1, 0]
    found = np.array([0, 1, 1, 0])
    assert regrouped(found, [], np.ones(4)) is found


def test_words_are_dropped_everywhere_or_of_a_topic():
    edits = [
        edit("drop_words", ["Study", "neural  network"]),
        edit("drop_words", ["x"], "tbbbb"),
        edit("drop_words", ["y"], papers=["p2"]),
        edit("drop_words", ["z"], "t0000"),
    ]
    assert dropped_words(state(), edits) == (
        frozenset({"study", "neural network"}),
        {1: frozenset({"x", "y"})},
    )


def test_the_summary_has_all_edits_in_the_order_of_the_file():
    edits = [
        edit("rename", "A", "taaaa", by="ms", note="n"),
        edit("hide", True, "tbbbb"),
        edit("note", "later", "taaaa"),
    ]
    replayed = [{"status": APPLIED, "topic": "tbbbb", "reason": None}]
    rows = edit_summary(edits, [3, 5, 9], replayed, words_of(state(), edits).outcomes, {"taaaa": "A"})
    assert [(row["line"], row["kind"], row["topic"]) for row in rows] == [
        (3, "rename", "taaaa"),
        (5, "hide", "tbbbb"),
        (9, "note", "taaaa"),
    ]
    assert (rows[0]["name"], rows[0]["by"], rows[0]["note"]) == ("A", "ms", "n")
    assert rows[2]["note"] == "later" and rows[1]["name"] is None


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (edit("move", {"papers": list("abcdefgh")}, "taaaa"), "move a, b, c, d, e and 3 more to taaaa"),
        (edit("split", {"subtopics": True}, "taaaa"), "split taaaa into its subtopics"),
        (edit("drop_words", ["x"]), "drop the word x"),
        (edit("hide", True, papers=["p1", "p2"]), "hide the topic of p1, p2"),
    ],
)
def test_edits_in_short(given, text):
    assert in_short(given) == text
