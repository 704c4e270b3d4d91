"""edit: the files of the edited topics, and that they do not depend on the cores."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import assert_refused, graph_files, script, term_files
from lib.clusters.schema import ASSIGNMENTS
from lib.edits.numbers import FIRST_MADE
from lib.edits.schema import APPLIED

OUTPUTS = {
    "centroids": "c.npy",
    "search_edited": "s.npy",
    "assignments_edited": "a.parquet",
    "memberships_edited": "m.parquet",
    "made": "d.parquet",
    "summary_edited": "c.json",
    "replayed": "e.json",
}


def run_edit(planted, out, *edits, **changes):
    at = planted.folder
    inputs = {name: path for name, path in term_files(at).items() if name not in ("tokens", "offsets")}
    inputs |= graph_files(at) | {"embeddings": planted.embeddings, "assignments": at / "assignments.parquet"}
    inputs |= {"memberships": at / "memberships.parquet"}
    inputs |= {"search": at / "search.npy", "summary": at / "cluster.json"}
    outputs = {flag: out / name for flag, name in OUTPUTS.items()}
    settings = {"edits": {"replay": list(edits)}, "smooth": 0, "min_papers": 20, "max_subtopics": 5}
    settings |= {"stay": 0.3, "history": "follow"}
    return script("edit", **inputs | outputs | settings | changes)


def read(planted, out):
    before = pq.read_table(planted.folder / "assignments.parquet").to_pandas()
    summary = json.loads((planted.folder / "cluster.json").read_text())
    after = pq.read_table(out / "a.parquet").to_pandas()
    return (
        before,
        summary,
        after,
        json.loads((out / "c.json").read_text()),
        json.loads((out / "e.json").read_text()),
    )


def test_topics_that_no_edit_touches_stay_to_the_bit(planted, out):
    keys = json.loads((planted.folder / "cluster.json").read_text())["keys"]
    result = run_edit(planted, out, {"kind": "merge", "topic": keys[0], "value": [keys[2]]})
    assert result.returncode == 0, result.stderr
    before, summary, after, edited, replayed = read(planted, out)
    assert after["topic"].tolist() == before["topic"].replace(2, 0).tolist()
    assert edited["numbers"] == [0, 1, 3] and edited["keys"] == [keys[0], keys[1], keys[3]]
    untouched = before["topic"].isin([1, 3])
    assert (after["similarity"] == before["similarity"])[untouched].all()
    old, new = np.load(planted.folder / "centroids.npy"), np.load(out / "c.npy")
    np.testing.assert_array_equal(new[1:], old[[1, 3]])
    sizes = np.array(summary["sizes"])
    np.testing.assert_allclose(
        new[0], (sizes[0] * old[0] + sizes[2] * old[2]) / (sizes[0] + sizes[2]), atol=1e-5
    )
    search = np.load(planted.folder / "search.npy")
    np.testing.assert_array_equal(np.load(out / "s.npy")[1:], search[[1, 3]])
    stability = summary["stability_by_topic"]
    assert edited["stability_by_topic"] == [None, stability[1], stability[3]]
    assert edited["sizes"] == [sizes[0] + sizes[2], sizes[1], sizes[3]] and replayed["made"] == []
    shares = pq.read_table(planted.folder / "memberships.parquet").to_pylist()
    for old, new in zip(shares, pq.read_table(out / "m.parquet").to_pylist(), strict=True):
        summed: dict[int, float] = {}
        for topic, share in zip(old["topics"], old["shares"], strict=True):
            summed[{2: 0}.get(topic, topic)] = summed.get({2: 0}.get(topic, topic), 0) + share
        assert dict(zip(new["topics"], new["shares"], strict=True)) == pytest.approx(summed, abs=1e-6)
        assert new["shares"] == sorted(new["shares"], reverse=True)
    assert pq.read_schema(out / "a.parquet").names == ASSIGNMENTS.names and "3 topics" in result.stdout


def test_a_seed_a_part_and_a_hidden_topic(planted, out):
    keys = json.loads((planted.folder / "cluster.json").read_text())["keys"]
    words = " ".join(planted.titles[0].split()[:3])
    edits = [
        {"kind": "hide", "topic": keys[3], "value": True},
        {"kind": "split", "topic": keys[0], "value": {"into": 2}},
        {"kind": "seed", "value": {"name": "New", "text": words}},
        {"kind": "move", "topic": keys[1], "value": {"papers": [planted.ids[5]]}},
    ]
    files = {}
    for threads in (1, 2):
        result = run_edit(planted, out, *edits, threads=threads)
        assert result.returncode == 0, result.stderr
        files[threads] = [(out / name).read_bytes() for name in OUTPUTS.values()]
    assert files[1] == files[2]
    before, _, after, edited, replayed = read(planted, out)
    assert [outcome["status"] for outcome in replayed["outcomes"]] == [APPLIED] * 4
    assert replayed["made"][0] == f"{keys[0]}-2" and set(edited["keys"]) <= {*keys[:3], *replayed["made"]}
    assert {FIRST_MADE, FIRST_MADE + 1} <= set(edited["numbers"]) and after["topic"][5] == 1
    unassigned = after["topic"] == -1
    assert (before["topic"][unassigned] == 3).all() and after["similarity"][unassigned].isna().all()
    assert after["outlier"][unassigned].all()
    assert len(np.load(out / "s.npy")) == len(np.load(out / "c.npy")) == edited["k"]


def test_made_topics_keep_their_numbers_in_the_next_run(planted, out, tmp_path):
    keys = json.loads((planted.folder / "cluster.json").read_text())["keys"]
    parts = [{"kind": "split", "topic": key, "value": {"into": 2}} for key in keys[:2]]
    assert run_edit(planted, tmp_path, *parts).returncode == 0
    earlier = {
        "previous_assignments": [tmp_path / "a.parquet"],
        "previous_summary": [tmp_path / "c.json"],
        "previous_replayed": [tmp_path / "e.json"],
        "previous_made": [tmp_path / "d.parquet"],
    }
    assert run_edit(planted, out, *parts[::-1], **earlier).returncode == 0
    first, again = (pq.read_table(folder / "a.parquet").to_pandas() for folder in (tmp_path, out))
    assert (first["topic"] == again["topic"]).all()
    before, after = (json.loads((folder / "c.json").read_text()) for folder in (tmp_path, out))
    assert after["keys"] == before["keys"] and after["ended"] == []
    made = [since for key, since in zip(after["keys"], after["since"], strict=True) if "-" in key]
    assert made == [1, 1]
    # without the second edit its part ends, and its number is not given again
    more = {"kind": "seed", "value": {"name": "x", "ids": [planted.ids[0]]}}
    assert run_edit(planted, out, parts[0], more, **earlier).returncode == 0
    after = json.loads((out / "c.json").read_text())
    assert FIRST_MADE + 1 in after["ended"] and FIRST_MADE + 2 in after["numbers"]


@pytest.mark.parametrize(
    ("changed", "said"), [("assignments", "a.parquet"), ("term_offsets", "140"), ("summary", "older files")]
)
def test_files_of_other_runs_are_refused(planted, out, tmp_path, changed, said):
    table = pq.read_table(planted.folder / "assignments.parquet")
    summary = json.loads((planted.folder / "cluster.json").read_text())
    pq.write_table(table.select(["id"]), tmp_path / "a.parquet")
    np.save(tmp_path / "o.npy", np.zeros(5, np.int64))
    (tmp_path / "c.json").write_text(json.dumps(summary | {"numbers": [0, 1, 2, 9]}))
    files = {
        "assignments": tmp_path / "a.parquet",
        "term_offsets": tmp_path / "o.npy",
        "summary": tmp_path / "c.json",
    }
    assert_refused(run_edit(planted, out, **{changed: files[changed]}), out, said)


def test_edits_that_leave_one_topic_are_refused(planted, out):
    keys = json.loads((planted.folder / "cluster.json").read_text())["keys"]
    result = run_edit(planted, out, {"kind": "merge", "topic": keys[0], "value": keys[1:]})
    assert_refused(result, out, "1 topics are left", "a map needs two")


def test_what_is_left_of_a_topic_has_its_own_mean(planted, out):
    keys = json.loads((planted.folder / "cluster.json").read_text())["keys"]
    assert run_edit(planted, out, {"kind": "split", "topic": keys[0], "value": {"into": 2}}).returncode == 0
    topics = pq.read_table(out / "a.parquet")["topic"].to_numpy()
    vectors = planted.vectors.astype(np.float64)
    for code, number in enumerate(json.loads((out / "c.json").read_text())["numbers"]):
        wanted = vectors[topics == number].mean(0)
        np.testing.assert_allclose(np.load(out / "s.npy")[code], wanted, atol=2e-3)
