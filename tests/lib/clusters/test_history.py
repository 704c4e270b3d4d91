"""The numbers and keys of topics over a chain of runs, and what an earlier run says of the papers of this one."""

import json

import numpy as np
import pyarrow as pa
import pytest

from lib.cli import UserError
from lib.clusters import history
from lib.clusters.births import YOUNG, Group
from lib.clusters.following import Earlier, Followed
from lib.clusters.history import ages, announced, digest_of, number_topics, read_earlier
from lib.clusters.schema import ASSIGNMENTS
from lib.clusters.topic_numbers import birth_key
from lib.tables import write_table
from summaries import CLUSTER

IDS = pa.chunked_array([[f"p{i:02}" for i in range(12)]])
LABELS = np.array([2, 2, 2, 2, 0, 0, 0, 1, 1, 3, 3, -1], np.int32)


def test_a_first_run_numbers_topics_by_size():
    done = number_topics(LABELS, np.full(4, -1), IDS, None)
    assert done.numbers.tolist() == [0, 1, 2, 3] and done.ended == [] and done.since == [0] * 4
    assert done.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, -1]
    assert done.order.tolist() == [2, 0, 1, 3]
    assert done.keys[0] == birth_key(["p00", "p01", "p02", "p03"]) and len(set(done.keys)) == 4


def test_numbers_and_keys_last_and_are_never_given_twice():
    earlier = CLUSTER | {
        "numbers": [1, 4, 6],
        "keys": list("beg"),
        "given": list("abcdefg"),
        "since": [3, 0, 1],
    }
    origin = np.array([2, -1, 0, -1])  # topics 6 and 1 go on, 4 has ended
    done = number_topics(LABELS, origin, IDS, earlier)
    assert done.numbers.tolist() == [1, 6, 7, 8] and done.ended == [4]
    assert done.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, -1]
    assert done.since == [4, 2, 0, 0]
    assert done.given[:7] == list("abcdefg") and done.given[7] == birth_key(["p07", "p08"])
    assert done.keys == ["b", "g", *done.given[7:]] and len(done.given) == 9


def write_run(folder, ids, topics, age, **summary):
    table = {name: np.zeros(len(ids)) for name in ("similarity", "margin", "silhouette")}
    table |= {"id": ids, "topic": topics, "second_topic": topics, "outlier": np.zeros(len(ids), bool)}
    table["age"] = pa.array(age, pa.int32())
    write_table(folder / "a.parquet", pa.table(table), ASSIGNMENTS)
    (folder / "c.json").write_text(json.dumps(CLUSTER | {"papers": len(ids)} | summary))
    return folder / "a.parquet", folder / "c.json"


def test_papers_are_found_by_their_ids(tmp_path):
    files = write_run(
        tmp_path, ["b", "d", "e", "f"], [7, 3, 3, -1], [None, 0, 4, None], numbers=[3, 7], gain=0.5
    )
    earlier, before = read_earlier(*files, pa.chunked_array([["a", "b", "c", "e", "f"]]))
    assert earlier.topic.tolist() == [-1, 1, -1, 0, -1]
    assert earlier.age.tolist() == [0, -1, 0, 5, -1]  # -1: since the first run
    assert earlier.sizes.tolist() == [2, 1] and earlier.gain == 0.5 and before["numbers"] == [3, 7]
    assert ages(earlier, 5).to_pylist() == [0, None, 0, 5, None]


def test_without_an_earlier_run_no_paper_has_an_age():
    assert read_earlier(None, None, IDS) == (None, None)
    assert ages(None, 3).null_count == 3


def test_few_shared_papers_are_told(tmp_path, capsys):
    files = write_run(tmp_path, ["b", "d", "e", "f"], [0, 1, 1, 1], [None] * 4, numbers=[0, 1])
    read_earlier(*files, pa.chunked_array([["e", "x"]]))
    assert "1 of the 4 papers of the previous run" in capsys.readouterr().err


def test_an_earlier_run_of_other_papers_is_refused(tmp_path):
    files = write_run(tmp_path, ["b", "d"], [0, 1], [None] * 2, numbers=[0, 1])
    with pytest.raises(UserError, match="previous: none of the 12 papers"):
        read_earlier(*files, IDS)


def test_files_of_two_runs_are_refused(tmp_path):
    files = write_run(tmp_path, ["b", "d"], [0, 1], [None] * 2, numbers=[0, 1], papers=3)
    with pytest.raises(UserError, match="not of one run"):
        read_earlier(*files, IDS)


def test_a_digest_is_of_ids_and_topics_however_they_lie_in_memory(monkeypatch):
    topics = np.arange(12, dtype=np.int32)
    digest = digest_of(IDS, topics)
    parts = pa.chunked_array([IDS.slice(0, 5).combine_chunks(), IDS.slice(5).combine_chunks()])
    assert len(digest) == 16 and digest_of(parts, topics.astype(np.int64)) == digest
    monkeypatch.setattr(history, "BLOCK", 5)
    assert digest_of(IDS, topics) == digest
    assert digest_of(IDS, topics[::-1]) != digest and digest_of(IDS.slice(1), topics[1:]) != digest
    assert digest_of(pa.chunked_array([["ab", "c"]]), topics[:2]) != digest_of(
        pa.chunked_array([["a", "bc"]]), topics[:2]
    )


def found(*groups: list[int], opened: int | None = None) -> Followed:
    made = [Group(np.array(rows), np.zeros(2, np.float32)) for rows in groups]
    centroids = np.zeros((4, 2), np.float32)
    return Followed(LABELS, centroids, np.full(4, -1), made, None if opened is None else made[opened])


def test_groups_are_announced_with_the_run_that_found_them_first():
    age = np.zeros(12, np.int32)
    age[[0, 1]] = 1
    earlier = Earlier(np.full(12, -1), age, np.ones(4), 0.1)
    group = {"size": 9, "new": 1, "topic": 1, "opened": False}
    before = CLUSTER | {"run": 2, "since": [2, 2, 2, 2], "given": list("abcd")}
    before["announced"] = [
        group | {"run": 1, "papers": ["p00", "p03", "gone"]},  # two of three
        group | {"run": 2, "papers": ["p04", "p01", "p02"]},
    ]
    origin = np.arange(4)
    numbered = number_topics(LABELS, origin, IDS, before)
    told = announced(found([0, 1, 2, 3], [5, 4], opened=1), numbered, IDS, earlier, before)
    assert told[0] == {
        **{"size": 4, "new": 2, "run": 1, "topic": 2, "opened": False},
        "papers": ["p00", "p01", "p02", "p03"],
    }
    assert (told[1]["new"], told[1]["run"], told[1]["topic"], told[1]["opened"]) == (2, 3, 0, True)
    assert announced(found([0]), numbered, IDS, None, None) == []


def test_a_group_that_became_a_topic_is_not_announced_again():
    earlier = Earlier(np.full(12, -1), np.zeros(12, np.int32), np.ones(4), 0.1)
    run = YOUNG + 3
    since = [run, 0, YOUNG - 1, run]  # topic 1 opened in the run before, topic 2 is not young any more
    before = CLUSTER | {"run": run, "since": since, "given": list("abcd")}
    numbered = number_topics(LABELS, np.arange(4), IDS, before)
    told = announced(found([0, 1], [4, 5], [7, 8], [9, 10]), numbered, IDS, earlier, before)
    assert [group["topic"] for group in told] == [2, 0, 3]  # of labels 2, 0, 1, 3
    # in a young chain, topics of its first run are no new subjects
    before |= {"run": 1, "since": [1, 0, 1, 1]}
    numbered = number_topics(LABELS, np.arange(4), IDS, before)
    told = announced(found([0, 1], [4, 5], [7, 8], [9, 10]), numbered, IDS, earlier, before)
    assert [group["topic"] for group in told] == [2, 0, 3]
