"""Edits of papers on a few made-up topics: what each does, and why one is not applied."""

import numpy as np
import pyarrow as pa

from lib.edits.replay import Before, Replay
from lib.edits.schema import APPLIED, CONFLICT, ORPHANED, REPLACED
from lib.edits.splitting import divide, followed
from lib.edits.state import State, seed_key

IDS = [f"p{i:02}" for i in range(20)]
LABELS = np.repeat(np.arange(4, dtype=np.int32), 5)
KEYS = ["taaaa", "tbbbb", "tcccc", "tdddd"]


class Line:
    """Papers on a line: a topic is divided by the order of its rows, and grows by the rows around its first."""

    def rows(self, rows):
        return np.c_[np.cos(rows / 10), np.sin(rows / 10)].astype(np.float32)

    def parts(self, rows, into):
        return divide(self.rows(rows), into, 0)

    def followed(self, rows, before):
        return followed(self.rows(rows), before, 0.3)

    def grown(self, labels, k, start, home):
        start = start if home is None else np.flatnonzero(home > 0)
        return np.arange(min(start), min(min(start) + 4, 20))


def replay(*edits, before=None, find=lambda seed: np.array([7]), labels=LABELS):
    state = State(pa.chunked_array([IDS]), labels.copy(), list(KEYS), [*KEYS, "tdead"])
    done = Replay(state, before, Line(), find).run(list(edits))
    topics = {
        key: [IDS[i] for i in np.flatnonzero(state.labels == code)] for code, key in enumerate(state.keys)
    }
    return done, topics, state


def edit(kind, value, topic=None, papers=None):
    return (
        {"kind": kind, "value": value}
        | ({"topic": topic} if topic else {})
        | ({"papers": papers} if papers else {})
    )


def test_without_edits_nothing_happens():
    done, _, state = replay()
    assert done == [] and (state.labels == LABELS).all() and not state.gone


def test_a_merger_moves_all_papers_and_later_edits_say_where_the_topic_is():
    done, topics, _ = replay(edit("merge", ["tbbbb", "tcccc"], "taaaa"), edit("hide", True, "tbbbb"))
    assert topics["taaaa"] == IDS[:15] and not topics["tbbbb"]
    assert done[0] == {"status": APPLIED, "topic": "taaaa", "reason": None}
    assert done[1]["status"] == CONFLICT and "tbbbb is part of taaaa" in done[1]["reason"]


def test_a_circle_of_mergers_is_a_conflict():
    done, topics, _ = replay(edit("merge", ["tbbbb"], "taaaa"), edit("merge", ["taaaa"], "tbbbb"))
    assert [outcome["status"] for outcome in done] == [APPLIED, CONFLICT] and len(topics["taaaa"]) == 10
    done, _, _ = replay(edit("merge", ["tbbbb"], "taaaa"), edit("merge", ["tbbbb"], "tcccc"))
    assert done[1]["status"] == CONFLICT and "part of taaaa" in done[1]["reason"]


def test_what_can_be_merged_is_merged():
    done, topics, _ = replay(edit("merge", ["tdead", "tbbbb", "t0000"], "taaaa"))
    assert done[0]["status"] == APPLIED and len(topics["taaaa"]) == 10
    assert "tdead has ended" in done[0]["reason"] and "no topic has the key t0000" in done[0]["reason"]
    assert replay(edit("merge", ["tdead"], "taaaa"))[0][0]["status"] == ORPHANED


def test_unknown_keys_name_the_nearest():
    assert "did you mean taaaa?" in replay(edit("hide", True, "taaab"))[0][0]["reason"]


def test_a_hidden_topic_leaves_its_papers_without_one():
    done, _, state = replay(edit("hide", True, "tbbbb"))
    assert (state.labels == -1).sum() == 5 and "hidden" in state.gone["tbbbb"]
    assert (done[0]["status"], done[0]["reason"]) == (APPLIED, "5 papers are in no topic")


def test_papers_are_moved_and_the_last_edit_counts():
    done, topics, _ = replay(
        edit("move", {"papers": ["p00", "p19", "nope"]}, "tbbbb"),
        edit("move", {"papers": ["p19"]}, "tcccc"),
        edit("move", {"papers": ["p01"]}, "tbbbb"),
        edit("move", {"papers": ["p01"]}, "tcccc"),
    )
    assert "p00" in topics["tbbbb"] and {"p19", "p01"} <= set(topics["tcccc"])
    assert "1 of its 3 papers are not in the corpus" in done[0]["reason"]
    assert "a later edit moves 1 of its 2 papers" in done[0]["reason"]
    assert done[2]["status"] == REPLACED and [done[i]["status"] for i in (0, 1, 3)] == [APPLIED] * 3
    assert replay(edit("move", {"papers": ["x"]}, "tbbbb"))[0][0]["status"] == ORPHANED


def test_a_topic_whose_papers_were_all_moved_is_gone():
    done, _, state = replay(edit("move", {"papers": IDS[:5]}, "tbbbb"), edit("hide", True, "taaaa"))
    assert "no papers left" in state.gone["taaaa"] and done[1]["status"] == CONFLICT


def test_edits_follow_the_topic_of_their_papers():
    done, topics, _ = replay(edit("merge", ["tcccc"], papers=["p00", "p01", "p06"]))
    assert done[0]["topic"] == "taaaa" and len(topics["taaaa"]) == 10
    done, _, _ = replay(edit("hide", True, papers=["p00", "p06"]))
    assert done[0]["status"] == CONFLICT and "2 topics" in done[0]["reason"]
    done, _, _ = replay(edit("hide", True, papers=["x"]))
    assert done[0]["status"] == ORPHANED


def test_the_largest_part_keeps_the_key():
    done, topics, _ = replay(edit("split", {"into": 2}, "taaaa"), edit("merge", ["taaaa-2"], "tbbbb"))
    assert [outcome["status"] for outcome in done] == [APPLIED] * 2
    assert 3 <= len(topics["taaaa"]) < 5 and sorted(topics["taaaa"] + topics["tbbbb"]) == IDS[:10]


def test_parts_keep_their_keys_in_the_next_run():
    _, first, _ = replay(edit("split", {"into": 3}, "taaaa"))
    # the parts had other numbers then
    names = {"taaaa": "taaaa-3", "taaaa-2": "taaaa", "taaaa-3": "taaaa-2"}
    made = {names[key]: np.array([IDS.index(i) for i in first[key]]) for key in names}
    _, again, _ = replay(edit("split", {"into": 3}, "taaaa"), before=Before(np.full(20, None, object), made))
    assert {names[key]: first[key] for key in names} == {key: again[key] for key in names}


def test_what_cannot_be_divided_is_a_conflict():
    done, topics, _ = replay(edit("split", {"into": 6}, "taaaa"))
    assert (
        done[0]["status"] == CONFLICT
        and "cannot be divided" in done[0]["reason"]
        and len(topics["taaaa"]) == 5
    )


def test_a_pinned_topic_comes_back():
    topic = np.full(20, None, object)
    topic[[2, 3]] = "tdead"
    done, topics, _ = replay(edit("pin", True, "tdead"), edit("pin", True, "tbbbb"), before=Before(topic, {}))
    assert topics["tdead"] == IDS[2:6] and [outcome["status"] for outcome in done] == [APPLIED] * 2
    assert replay(edit("pin", True, "tdead"))[0][0]["status"] == ORPHANED
    assert (
        replay(edit("pin", True, "tdead"), before=Before(np.full(20, None, object), {}))[0][0]["status"]
        == ORPHANED
    )


def test_a_seed_makes_a_topic():
    seed = {"name": "Fusion", "words": ["plasma"]}
    key = seed_key("fusion ")
    done, topics, _ = replay(edit("seed", seed), edit("merge", ["tbbbb"], key))
    assert done[0]["topic"] == key and topics[key] == [*IDS[5:10], "p10"]
    assert replay(edit("seed", seed), edit("seed", seed))[0][1]["status"] == CONFLICT
    assert replay(edit("seed", seed), find=lambda _: np.array([], int))[0][0]["status"] == ORPHANED
    done, topics, _ = replay(edit("seed", {"name": "F", "ids": ["p11", "gone"]}))
    assert topics[seed_key("F")] == IDS[11:15] and "1 of its 2 papers" in done[0]["reason"]


def test_a_seed_goes_on_from_the_papers_that_it_had():
    topic = np.full(20, None, object)
    topic[[15, 16]] = seed_key("Fusion")
    _, topics, _ = replay(edit("seed", {"name": "Fusion", "words": ["plasma"]}), before=Before(topic, {}))
    assert topics[seed_key("Fusion")] == IDS[15:19]


def test_later_edits_of_what_an_edit_made_are_repeated():
    """A part is merged away, and a seeded topic takes another in: the next run divides and grows as before."""
    edits = [
        edit("split", {"into": 2}, "taaaa"),
        edit("merge", ["taaaa-2"], "tbbbb"),
        edit("seed", {"name": "F", "ids": ["p11"]}),
        edit("merge", ["tdddd"], seed_key("F")),
    ]
    state = State(pa.chunked_array([IDS]), LABELS.copy(), list(KEYS), KEYS)
    first = Replay(state, None, Line(), lambda seed: np.array([7]))
    assert [outcome["status"] for outcome in first.run(edits)] == [APPLIED] * 4
    topic = np.array([*KEYS, "taaaa-2", seed_key("F")], object)[state.labels]
    done, topics, _ = replay(*edits, before=Before(topic, first.made))
    assert [outcome["status"] for outcome in done] == [APPLIED] * 4
    assert {key: ids for key, ids in topics.items() if ids} == {
        key: [IDS[i] for i in np.flatnonzero(topic == key)] for key in set(topic)
    }


def test_pins_come_first_and_moved_papers_stay():
    topic = np.full(20, None, object)
    topic[[2, 3]] = "tdead"
    edits = [edit("move", {"papers": ["p12"]}, "tdead"), edit("pin", True, "tdead")]
    done, topics, _ = replay(*edits, before=Before(topic, {}))
    assert [outcome["status"] for outcome in done] == [APPLIED] * 2 and "p12" in topics["tdead"]
    seed = edit("seed", {"name": "F", "ids": ["p11"]})
    _, topics, _ = replay(edit("move", {"papers": ["p12"]}, "taaaa"), seed)
    assert "p12" in topics["taaaa"] and topics[seed_key("F")] == ["p11", "p13", "p14"]
