"""changes: what is told of two runs on the planted papers, the files, and bad input."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

from conftest import assert_refused, script
from lib.trends.schema import CHANGES, HISTORY


def run_changes(planted, out, **changes):
    at = planted.folder
    inputs = {
        "papers": planted.papers,
        "assignments": at / "assignments.parquet",
        "cluster": at / "cluster.json",
    }
    outputs = {
        "changes": out / "c.json",
        "csv": out / "c.csv",
        "history": out / "h.parquet",
        "figure": out / "f.png",
    }
    return script("changes", **inputs, topics=at / "topics.parquet", **outputs, **changes)


def earlier_run(planted, folder, *, papers: slice, topics: dict[int, int]) -> dict:
    """Files of an earlier run with some of the papers, whose topics had other numbers."""
    table = pq.read_table(planted.folder / "assignments.parquet").slice(
        papers.start, papers.stop - papers.start
    )
    old = [topics[topic] for topic in table["topic"].to_pylist()]
    pq.write_table(table.set_column(1, "topic", pa.array(old, pa.int32())), folder / "a.parquet")
    rows = pq.read_table(planted.folder / "topics.parquet").to_pylist()
    rows = [row | {"topic": topics[row["topic"]], "name": f"old {row['name']}"} for row in rows]
    kept = {row["topic"]: row for row in rows}
    schema = pq.read_schema(planted.folder / "topics.parquet")
    pq.write_table(
        pa.Table.from_pylist(sorted(kept.values(), key=lambda r: r["topic"]), schema), folder / "t.parquet"
    )
    return {"previous_assignments": [folder / "a.parquet"], "previous_topics": [folder / "t.parquet"]}


def test_a_run_that_follows_tells_its_changes(planted, tmp_path, out):
    """Topic 3 was part of topic 1, which was number 1; 20 papers are new."""
    earlier = earlier_run(planted, tmp_path, papers=slice(0, 120), topics={0: 0, 1: 1, 2: 2, 3: 1})
    result = run_changes(planted, out, **earlier)
    assert result.returncode == 0, result.stderr
    news = json.loads((out / "c.json").read_text())
    assert (news["papers"], news["new"], news["removed"], news["topics_before"], news["topics"]) == (
        140,
        20,
        0,
        3,
        4,
    )
    topics = pq.read_table(planted.folder / "assignments.parquet")["topic"].to_pylist()
    moved = topics[:120].count(3)
    assert news["kept"] == 1 - moved / 120 and [move[2] for move in news["moves"]] == [moved]
    born = [change for change in news["changes"] if change["topic"] == 3]
    assert [change["kind"] for change in born] == ["split"] and born[0]["other"] == 1
    assert born[0]["after"] == topics.count(3) and len(born[0]["titles"]) == len(born[0]["papers"]) > 0
    table = pq.read_table(out / "h.parquet")
    assert table.schema.names == HISTORY.names
    assert [row["run"] for row in table.to_pylist()] == [0] * 3 + [
        0
    ] * 4  # the summary is that of a first run
    assert (out / "c.csv").read_text().splitlines()[0].split(",") == CHANGES.names
    assert (out / "f.png").stat().st_size > 5000
    assert "140 papers, 20 of them new" in result.stdout and "split off" in result.stdout


def test_the_same_run_has_no_news(planted, tmp_path, out):
    earlier = earlier_run(planted, tmp_path, papers=slice(0, 140), topics={n: n for n in range(4)})
    assert run_changes(planted, out, **earlier).returncode == 0
    news = json.loads((out / "c.json").read_text())
    assert news["kept"] == 1 and news["new"] == 0 and not news["changes"] and not news["moves"]
    first = (out / "h.parquet").read_bytes()
    more = run_changes(planted, out, **earlier, previous_history=[out / "h.parquet"])
    assert more.returncode == 0 and pq.read_table(out / "h.parquet").num_rows == 12 and first


def test_without_an_earlier_run_there_is_nothing_to_tell(planted, out):
    assert_refused(run_changes(planted, out), out, "previous", "no earlier run")
