"""trends: sums, the contract and corpora without dates."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import all_counted, assert_refused, pq_write, script


@pytest.fixture
def corpus(tmp_path) -> dict:
    rng = np.random.default_rng(0)
    topics = rng.integers(4, size=900).astype(np.int32)
    days = [date(2010 + int(year), 1 + int(rng.integers(12)), 5) for year in rng.integers(10, size=900)]
    published = [None if i % 50 == 0 else day for i, day in enumerate(days)]
    return {
        "papers": pq_write(tmp_path / "p.parquet", published=published),
        "assignments": pq_write(tmp_path / "a.parquet", topic=topics),
        "works": all_counted(tmp_path / "w.parquet", 900),
        "topics": pq_write(
            tmp_path / "n.parquet",
            topic=np.arange(4, dtype=np.int32),
            name=["a", "b <i>", "$c$", "量子"],
            size=np.bincount(topics, minlength=4),
        ),
        # topic 0 has two subtopics, of its even and odd rows
        "subtopics": pq_write(
            tmp_path / "s.parquet", subtopic=pa.array(np.arange(900, dtype=np.int32) % 2, mask=topics > 0)
        ),
        "hierarchy": pq_write(
            tmp_path / "h.parquet",
            level=["topic", "subtopic", "subtopic"],
            node=[0, 0, 1],
            parent=[0, 0, 0],
            name=["a", "even", "odd"],
        ),
    }


def run_trends(corpus, out, **changes):
    outputs = {
        "trends": out / "t.parquet",
        "csv": out / "t.csv",
        "periods": out / "p.parquet",
        "subtopic_trends": out / "st.parquet",
        "subtopic_csv": out / "st.csv",
        "subtopic_periods": out / "sp.parquet",
        "figure": out / "t.png",
    }
    return script("trends", **corpus | outputs | changes)


def test_sums_over_topics_are_the_dated_papers(corpus, out):
    result = run_trends(corpus, out)
    assert result.returncode == 0, result.stderr
    assert "18 of 900 papers have no date" in result.stderr
    table = pq.read_table(out / "p.parquet").to_pandas()
    for unit in ("year", "month"):
        some = table[table["unit"] == unit]
        assert some["papers"].sum() == 882
        assert some.groupby("period")["share"].sum().round(9).isin([0, 1]).all()
    trends = pq.read_table(out / "t.parquet").to_pandas()
    assert trends["dated_papers"].sum() == 882 and trends["topic"].tolist() == [0, 1, 2, 3]
    assert (trends["first_year"] == 2010).all() and trends["q_value"].notna().all()
    below = pq.read_table(out / "st.parquet").to_pandas()
    assert below["name"].tolist() == ["even", "odd"] and below["topic"].tolist() == [0, 0]
    assert below["dated_papers"].sum() == trends["dated_papers"][0]
    counts = (
        pq.read_table(out / "sp.parquet").to_pandas().groupby(["unit", "period"])[["papers", "share"]].sum()
    )
    of_topic = table[table["topic"] == 0].set_index(["unit", "period"])[["papers", "share"]]
    assert np.allclose(counts.loc[of_topic.index], of_topic)
    first = (out / "t.png").read_bytes()
    assert run_trends(corpus, out).returncode == 0 and (out / "t.png").read_bytes() == first


@pytest.mark.parametrize("dates", ["none", "one month"])
def test_corpora_without_trends(corpus, tmp_path, out, dates):
    published = [None if dates == "none" else date(2020, 5, 1)] * 900
    table = pq.read_table(corpus["papers"]).schema
    papers = tmp_path / "d.parquet"
    pq.write_table(
        pq.read_table(corpus["papers"]).from_pydict({"published": published}, schema=table), papers
    )
    result = run_trends(corpus, out, papers=papers)
    assert result.returncode == 0, result.stderr
    trends = pq.read_table(out / "t.parquet").to_pandas()
    assert trends["q_value"].isna().all() and (trends["trend"] == "").all()
    assert trends["dated_papers"].sum() == (0 if dates == "none" else 900)


def test_inputs_of_different_length_are_refused(corpus, tmp_path, out):
    short = pq_write(tmp_path / "short.parquet", topic=np.zeros(5, np.int32))
    assert_refused(run_trends(corpus, out, assignments=short), out, "900", "5")


def test_copies_do_not_count(corpus, tmp_path, out):
    """Each odd row is a copy of the row before it: all counts are those of the even rows."""
    works = pq_write(tmp_path / "copies.parquet", counted=np.arange(900) % 2 == 0)
    assert run_trends(corpus, out, works=works).returncode == 0
    dated = [day is not None for day in pq.read_table(corpus["papers"])["published"].to_pylist()]
    topics = pq.read_table(corpus["assignments"])["topic"].to_numpy()
    expected = np.bincount(topics[::2][dated[::2]], minlength=4)
    trends = pq.read_table(out / "t.parquet").to_pandas()
    assert trends["dated_papers"].tolist() == expected.tolist()
    yearly = pq.read_table(out / "p.parquet").to_pandas().query("unit == 'year'")
    assert yearly.groupby("topic")["papers"].sum().tolist() == expected.tolist()
    assert yearly.groupby("period")["share"].sum().round(9).eq(1).all()
