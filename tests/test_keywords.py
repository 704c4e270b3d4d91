"""keywords: planted subjects, the contract and bad input."""

from collections import Counter

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq

from conftest import SUBJECTS, WORD_LISTS, assert_refused, pq_write, script
from keywords import keyword_table
from lib.sampling import hash_ids, sample_rows


def test_texts_without_words_give_an_empty_table():
    empty = keyword_table(["the", "42"], np.array([0, 1]), 2, lists=WORD_LISTS, top=3, min_count=1)
    assert len(empty) == 0 and list(empty)[:3] == ["topic", "rank", "keyword"]


def test_planted_subjects_give_their_words(planted):
    table = pq.read_table(planted.folder / "keywords.parquet")
    assert table.column_names == ["topic", "rank", "keyword", "weight", "count", "share"]
    vocabularies = [set(subject.split()) for subject in SUBJECTS.values()]
    owner = pq.read_table(planted.folder / "assignments.parquet")["topic"].to_numpy()
    for topic in range(4):
        rows = [row for row in table.to_pylist() if row["topic"] == topic]
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1)) and len(rows) > 3
        (subject,) = set(planted.truth[owner == topic])
        assert {word for row in rows for word in row["keyword"].split()} <= vocabularies[subject]
        text = " | ".join(planted.texts[i] for i in np.flatnonzero(owner == topic))
        for row in rows:
            if " " not in row["keyword"]:
                assert row["count"] == text.replace(".", " ").split().count(row["keyword"])
            assert row["share"] == 1.0
    written = pyarrow.csv.read_csv(planted.folder / "keywords.csv")
    assert written["keyword"].to_pylist() == table["keyword"].to_pylist()


def run_keywords(planted, out, **changes):
    inputs = {"papers": planted.papers, "assignments": planted.folder / "assignments.parquet"}
    outputs = {"keywords": out / "k.parquet", "csv": out / "k.csv"}
    return script("keywords", **inputs | outputs | changes)


def test_max_papers_counts_a_sample_by_hash(planted, out):
    assert run_keywords(planted, out, min_count=1, max_papers=100).returncode == 0
    few = pq.read_table(out / "k.parquet")
    topics = pq.read_table(planted.folder / "assignments.parquet")["topic"].to_numpy()
    counted = [Counter() for _ in range(4)]
    for row in sample_rows(hash_ids(planted.ids), 100):
        counted[topics[row]].update(planted.texts[row].replace(".", " ").split())
    single = [row for row in few.to_pylist() if " " not in row["keyword"]]
    assert single and all(row["count"] == counted[row["topic"]][row["keyword"]] for row in single)
    assert run_keywords(planted, out, min_count=1).returncode == 0
    assert max(pq.read_table(out / "k.parquet")["count"].to_pylist()) > max(few["count"].to_pylist())


def test_topic_without_frequent_words_is_refused(planted, out):
    assert_refused(run_keywords(planted, out, min_count=10_000), out, "keywords.min_count", "topic 0")


def test_papers_and_assignments_of_different_length_are_refused(planted, tmp_path, out):
    papers = pq_write(tmp_path / "p.parquet", id=planted.ids[:-1], text=planted.texts[:-1])
    assert_refused(run_keywords(planted, out, papers=papers, min_count=1), out, "139", "140")
