"""The numbers and keys of topics over a chain of runs, and what an earlier run says of the papers of this one."""

import json

import numpy as np
import pyarrow as pa
import pytest

from lib.cli import UserError
from lib.clusters.history import ages, number_topics, read_earlier
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
    earlier = CLUSTER | {"numbers": [1, 4, 6], "keys": list("abcdefg"), "since": [3, 0, 1]}
    origin = np.array([2, -1, 0, -1])  # topics 6 and 1 go on, 4 has ended
    done = number_topics(LABELS, origin, IDS, earlier)
    assert done.numbers.tolist() == [1, 6, 7, 8] and done.ended == [4]
    assert done.labels.tolist() == [0, 0, 0, 0, 1, 1, 1, 2, 2, 3, 3, -1]
    assert done.since == [4, 2, 0, 0]
    assert done.keys[:7] == list("abcdefg") and done.keys[7] == birth_key(["p07", "p08"])


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
    other = write_run(tmp_path, ["b", "d", "e", "f"], [3, 3, 3, -1], [None] * 4, numbers=[3, 7])
    assert read_earlier(*other, pa.chunked_array([["b"]]))[0].digest != earlier.digest


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
