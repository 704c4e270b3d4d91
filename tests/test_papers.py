"""papers: one row per paper against the tables that it joins, and the CSV file in the hands of a spreadsheet."""

import csv
from datetime import date
from itertools import pairwise

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import papers
from conftest import assert_refused, script
from exchange_inputs import exchange_inputs, facet_table, outputs, with_columns, write_papers
from lib.exchange.facet_rows import FacetBlocks, first_values, in_blocks, value_lists
from lib.exchange.schema import PAPER_ROWS
from measure import command_line
from page_inputs import few

OF_TOPICS = [
    *("topic", "topic_key", "topic_name", "topic_group", "subtopic", "similarity", "fit", "topic_share"),
    *("second_topic_key", "second_topic_name", "margin"),
]


def test_each_row_says_what_the_other_tables_say(tmp_path):
    inputs, table = write_papers(tmp_path)
    assert table.schema.equals(PAPER_ROWS)
    frame = table.to_pandas()
    read = {
        name: pq.read_table(inputs[name]).to_pandas() for name in inputs if inputs[name].suffix == ".parquet"
    }
    assigned, topics = read["assignments"], read["topics"].set_index("topic")
    assert frame["id"].tolist() == read["papers"]["id"].tolist()
    assert frame["year"].tolist() == [day.year for day in read["papers"]["published"]]
    assert frame["topic"].tolist() == assigned["topic"].tolist()
    for column, name in (("topic_key", "key"), ("topic_name", "name")):
        assert frame[column].tolist() == topics[name][assigned["topic"]].tolist()
    assert frame["second_topic_key"].tolist() == topics["key"][assigned["second_topic"]].tolist()
    assert frame["topic_group"].tolist() == [f"group {int(topic > 1)}" for topic in assigned["topic"]]
    below = read["subtopics"]["subtopic"]
    assert frame["subtopic"].fillna("").tolist() == [
        "" if np.isnan(of) else ("even", "odd")[int(of)] for of in below
    ]
    for name in ("similarity", "margin"):
        np.testing.assert_array_equal(frame[name], assigned[name])
    best = read["memberships"]
    for topic, share, topics_of, shares in zip(
        frame["topic"], frame["topic_share"], best["topics"], best["shares"], strict=True
    ):
        assert share == pytest.approx(dict(zip(topics_of, shares, strict=True)).get(topic, 0))
    np.testing.assert_array_equal(frame[["x", "y"]], read["coordinates"][["x", "y"]])
    assert frame["work"].tolist() == read["works"]["work"].tolist()
    ids, near = frame["id"].to_numpy(), np.load(inputs["neighbors"])
    assert [list(of) for of in frame["near_ids"]] == ids[near[:, :5]].tolist()
    assert (frame["doi"][0], frame["doi"][7], frame["doi"].isna().sum()) == (
        "10.1000/first",
        "10.1000/seven",
        148,
    )
    assert frame["journal"][0] == "Journal of Salt"
    assert list(frame["fields"][0]) == ["Astrophysics", "Machine Learning"]  # astro-ph, cs.LG


def test_fit_ranks_the_papers_of_each_topic(tmp_path):
    inputs, table = write_papers(tmp_path)
    frame, outlier = table.to_pandas(), pq.read_table(inputs["assignments"])["outlier"].to_numpy()
    assert ((frame["fit"] == "unusual") == outlier).all() and outlier.sum() == 15
    for _, of_topic in frame.groupby("topic"):
        lowest, highest = (of_topic.groupby("fit")["similarity"].agg(how) for how in ("min", "max"))
        assert lowest["central"] >= highest["typical"] and lowest["typical"] > highest["marginal"]
        shares = of_topic["fit"].value_counts(normalize=True)
        assert abs(shares["central"] - 0.25) < 0.05 and abs(shares["typical"] - 0.5) < 0.05


def test_counted_papers_add_up_to_the_sizes_of_the_topics(tmp_path, planted):
    """`label` counts works; its sizes are those that a reader gets from the table."""
    at = planted.folder
    n = len(planted.ids)
    inputs = exchange_inputs(tmp_path / "in", **few(n) | {"ids": planted.ids, "published": [None] * n})
    near = {name: at / f"{name}.npy" for name in ("neighbors", "similarities")}
    names = ("assignments", "memberships", "subtopics", "topics", "hierarchy", "works")
    inputs |= {name: at / f"{name}.parquet" for name in names} | near
    with_columns(inputs["works"], id=planted.ids, work=planted.ids)
    papers.main(command_line("papers", **inputs, **outputs(tmp_path)))
    frame = pd.read_parquet(tmp_path / "papers.parquet")
    sizes = pd.read_parquet(inputs["topics"]).set_index("key")["size"]
    assert frame[frame["counted"]].groupby("topic_key").size().to_dict() == sizes.to_dict()


def test_copies_are_not_counted_unless_a_topic_has_no_other_papers(tmp_path):
    inputs, table = write_papers(tmp_path)
    assert table["counted"].to_pylist() == [i >= 5 for i in range(150)]
    n = 150
    with_columns(inputs["works"], counted=[i < 130 for i in range(n)])
    papers.main(command_line("papers", **inputs, **outputs(tmp_path)))
    assert pq.read_table(tmp_path / "papers.parquet")["counted"].to_pylist() == [True] * n


def test_papers_without_topic_year_category_and_facets_have_empty_cells(tmp_path):
    inputs = exchange_inputs(tmp_path / "in", facets={}, published=[None] * 150, categories=[None] * 150)
    topic = pq.read_table(inputs["assignments"])["topic"].to_numpy()
    hidden = topic == 2
    hole = np.where(hidden, np.nan, 0.5).astype(np.float32)
    with_columns(
        inputs["assignments"],
        topic=np.where(hidden, -1, topic).astype(np.int32),
        similarity=hole,
        margin=hole,
    )
    papers.main(command_line("papers", **inputs, **outputs(tmp_path)))
    table = pq.read_table(tmp_path / "papers.parquet")
    for name in OF_TOPICS:
        cells = table[name].to_pylist()
        assert all(cells[i] is None for i in np.flatnonzero(hidden))
        assert name == "subtopic" or not any(cells[i] is None for i in np.flatnonzero(~hidden))
    for name in ("year", "journal", "doi"):
        assert table[name].null_count == 150
    assert table["fields"].to_pylist() == [[]] * 150
    with (tmp_path / "papers.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    row = rows[int(np.flatnonzero(hidden)[0])]
    assert {name for name, cell in row.items() if not cell} == {
        *OF_TOPICS,
        "year",
        "journal",
        "doi",
        "fields",
    }
    assert "nan" not in (tmp_path / "papers.csv").read_text().lower().replace("nano", "")


def test_the_csv_file_has_the_same_cells_and_runs_nothing_in_a_spreadsheet(tmp_path):
    inputs = exchange_inputs(tmp_path / "in")
    titles = pq.read_table(inputs["papers"])["title"].to_pylist()
    titles[8:12] = ["=1+1", "+cmd", "-omics of salt", "@home"]
    with_columns(inputs["papers"], title=titles)
    numbers = [7, 10_001, 2_000_000, 30]  # also of a topic that an edit made
    for name, columns in (("assignments", ("topic", "second_topic")), ("topics", ("topic",))):
        table = pq.read_table(inputs[name]).to_pydict()
        changed = {column: pa.array([numbers[t] for t in table[column]], pa.int32()) for column in columns}
        with_columns(inputs[name], **changed)
    levels = pq.read_table(inputs["hierarchy"]).to_pydict()
    node = [
        numbers[i] if level == "topic" else i
        for level, i in zip(levels["level"], levels["node"], strict=True)
    ]
    parent = [
        numbers[i] if level == "subtopic" else i
        for level, i in zip(levels["level"], levels["parent"], strict=True)
    ]
    with_columns(inputs["hierarchy"], node=pa.array(node, pa.int32()), parent=pa.array(parent, pa.int32()))
    best = [[numbers[t] for t in of] for of in pq.read_table(inputs["memberships"])["topics"].to_pylist()]
    with_columns(inputs["memberships"], topics=pa.array(best, pa.list_(pa.int32())))
    papers.main(command_line("papers", **inputs, **outputs(tmp_path)))
    rows = pq.read_table(tmp_path / "papers.parquet").to_pylist()
    with (tmp_path / "papers.csv").open(newline="", encoding="utf-8") as file:
        cells = list(csv.DictReader(file))
    assert list(cells[0]) == PAPER_ROWS.names and len(cells) == len(rows) == 150
    for row, of in zip(rows, cells, strict=True):
        assert not any(cell[:1] in ("=", "+", "@") for cell in of.values())
        assert of["id"].removeprefix("'") == row["id"] and of["title"].removeprefix("'") == row["title"]
        assert of["topic"] == str(row["topic"]) and of["year"] == str(row["year"])
        assert of["fields"] == "; ".join(row["fields"]) and of["counted"] == str(row["counted"]).upper()
        assert of["near_ids"] == "; ".join(row["near_ids"])
        assert float(of["x"]) == pytest.approx(row["x"], rel=1e-5)
    assert cells[5]["journal"].startswith("'=cmd")
    assert pd.read_csv(tmp_path / "papers.csv")["topic"].tolist() == [row["topic"] for row in rows]


def test_blocks_change_nothing(tmp_path, monkeypatch):
    inputs, _ = write_papers(tmp_path)
    before = {path: path.read_bytes() for path in outputs(tmp_path).values()}
    monkeypatch.setattr(papers, "BATCH", 7)
    papers.main(command_line("papers", **inputs, **outputs(tmp_path)))
    assert pq.read_table(tmp_path / "papers.parquet").equals(
        pq.read_table(pa.BufferReader(before[tmp_path / "papers.parquet"]))
    )
    assert (tmp_path / "papers.csv").read_bytes() == before[tmp_path / "papers.csv"]


def test_facets_are_read_in_step_with_the_papers(tmp_path):
    ids = [f"p{i:03d}" for i in range(200)]
    values = {
        "doi": {i: [f"10.1/{i}", f"10.2/{i}"] for i in range(0, 200, 3)},
        "authors": {5: ["A", "B"], 199: ["C"]},
    }
    file = facet_table(tmp_path / "f.parquet", [*ids, "q"], values | {"journal": {200: ["of no paper"]}})
    for size in (1, 13, 300):
        blocks, found, authors = FacetBlocks(file, ["doi", "authors"]), [], []
        for start in range(0, 200, size):
            part = pa.array(ids[start : start + size])
            rows = blocks.of(part)
            found += first_values(rows, "doi", len(part)).to_pylist()
            authors += value_lists(rows, "authors", len(part))
        assert found == [f"10.1/{i}" if i % 3 == 0 else None for i in range(200)]
        assert {i: of for i, of in enumerate(authors) if of} == {5: ["A", "B"], 199: ["C"]}


@pytest.mark.parametrize("sizes", [[5, 5], [1, 2, 3, 4, 5], [30], [0, 7, 0], []])
def test_batches_of_any_length_become_blocks(sizes):
    ends = np.cumsum([0, *sizes])
    batches = [pa.record_batch({"i": np.arange(a, b)}) for a, b in pairwise(ends)]
    blocks = list(in_blocks(batches, 4))
    assert [i for block in blocks for i in block["i"].to_pylist()] == list(range(ends[-1]))
    assert all(len(block) == 4 for block in blocks[:-1])


def test_twelve_papers_and_few_neighbors(tmp_path):
    _, table = write_papers(tmp_path, near=3, facets={}, **few(12))
    assert len(table) == 12 and {len(of) for of in table["near_ids"].to_pylist()} == {3}


def test_views_open_in_duckdb_from_the_results_folder(tmp_path, monkeypatch):
    """Those that need the tables of `papers`, and the path of edited topics."""
    inputs = exchange_inputs(tmp_path / "in", published=[date(2001, 1, 1)] * 150)
    edited = tmp_path / "clusters" / "edited" / "memberships.parquet"
    edited.parent.mkdir(parents=True)
    edited.write_bytes(inputs["memberships"].read_bytes())
    papers.main(command_line("papers", **inputs | {"memberships": edited}, **outputs(tmp_path)))
    monkeypatch.chdir(tmp_path)
    text = (tmp_path / "topics.sql").read_text()
    assert "'clusters/edited/memberships.parquet'" in text
    (memberships,) = [part for part in text.split(";") if "VIEW memberships" in part]
    with duckdb.connect() as base:
        base.execute(memberships)
        rows = base.sql(
            "SELECT id, list(topic) AS topics FROM memberships GROUP BY id ORDER BY id"
        ).fetchall()
    best = pq.read_table(edited)["topics"].to_pylist()
    ids = pq.read_table(inputs["papers"])["id"].to_pylist()
    assert {key: sorted(of) for key, of in rows} == {
        key: sorted(of) for key, of in zip(ids, best, strict=True)
    }


def test_tables_of_different_papers_are_refused(tmp_path, out):
    inputs = exchange_inputs(tmp_path)
    with_columns(inputs["works"])
    table = pq.read_table(inputs["works"])
    pq.write_table(table.slice(3), inputs["works"])
    result = script("papers", **inputs, **outputs(out))
    assert_refused(result, out, "different numbers of rows", "works 147")
