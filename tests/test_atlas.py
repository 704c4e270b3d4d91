"""atlas: the tables for Embedding Atlas against what went in, and the real program where `make atlas` has set it up."""

import json
import subprocess
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from atlas import main
from conftest import ENVIRONMENT, EVIL, ROOT, assert_refused, script
from lib.map.atlas import label_rows, names_by_level
from lib.map.schema import ATLAS
from measure import command_line
from page_inputs import BIDI, write_inputs

PROGRAM = ROOT / ".venv-atlas" / "bin" / "embedding-atlas"


def atlas_inputs(folder: Path, near: int = 20, **changes) -> dict:
    """The inputs of the page, and a graph of neighbors."""
    inputs = write_inputs(folder, **changes)
    n = pq.read_metadata(inputs["papers"]).num_rows
    rng = np.random.default_rng(3)
    np.save(folder / "n.npy", rng.integers(n, size=(n, near)).astype(np.int32))
    np.save(folder / "s.npy", np.sort(rng.random((n, near)).astype(np.float16))[:, ::-1])
    kept = {
        key: inputs[key]
        for key in ("papers", "coordinates", "assignments", "topics", "hierarchy", "subtopics")
    }
    return kept | {"neighbors": folder / "n.npy", "similarities": folder / "s.npy"}


def write_atlas(folder: Path, near: int = 20, **changes) -> tuple[dict, pa.Table, pa.Table]:
    """The inputs, atlas.parquet and labels.parquet."""
    flags = {"link": changes.pop("link", "https://example.org/{id}")}
    inputs = atlas_inputs(folder, near, **changes)
    main(
        command_line(
            "atlas", **inputs, **flags, atlas=folder / "atlas.parquet", labels=folder / "labels.parquet"
        )
    )
    return inputs, pq.read_table(folder / "atlas.parquet"), pq.read_table(folder / "labels.parquet")


def test_rows_say_of_each_paper_what_the_inputs_say(tmp_path):
    inputs, table, _ = write_atlas(tmp_path)
    assert table.schema.names == ATLAS.names
    papers = pq.read_table(inputs["papers"]).to_pylist()
    assigned = pq.read_table(inputs["assignments"]).to_pylist()
    subtopics = pq.read_table(inputs["subtopics"])["subtopic"].to_pylist()
    topics = pq.read_table(inputs["topics"]).to_pylist()
    near, cosines = np.load(inputs["neighbors"]), np.load(inputs["similarities"])
    for i, row in enumerate(table.to_pylist()):
        topic = assigned[i]["topic"]
        assert row["id"] == papers[i]["id"] and row["category"] == papers[i]["primary_category"]
        assert row["topic"] == topics[topic]["name"] and row["group"] == f"group {int(topic > 1)}"
        below = subtopics[i]
        first = topics[topic]["primary_keyword"]
        assert row["subtopic"] == (None if below is None else f"{first}: {('even', 'odd')[below]}")
        assert row["year"] == papers[i]["published"].year and row["similarity"] == assigned[i]["similarity"]
        assert row["link"] == f"https://example.org/{row['id']}"
        assert row["neighbors"]["ids"] == near[i, :10].tolist()
        np.testing.assert_allclose(
            row["neighbors"]["distances"], 1 - cosines[i, :10].astype(float), atol=1e-6
        )
    titles = table["title"].to_pylist()
    assert "<script>" in titles[0] and "\n" not in "".join(titles)  # text, which the viewer escapes
    assert not set(BIDI) & set("\u202e\u202c\u2066\u2069") & set("".join(titles))


def test_names_of_three_levels_lie_where_their_papers_do(tmp_path):
    _, table, labels = write_atlas(tmp_path)
    points = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], 1)
    rows = labels.to_pylist()
    assert [row["level"] for row in rows] == [0] * 2 + [1] * 4 + [2] * 5  # two subtopics, three whole topics
    assert all(row["text"] == row["content"] for row in rows)
    for row in rows[2:]:
        column = table["topic"] if row["text"] not in ("even", "odd") else table["subtopic"]
        own = np.array([(name or "").endswith(row["text"]) for name in column.to_pylist()])
        assert own.sum() == row["priority"]
        middle = np.median(points[own], 0)
        assert np.linalg.norm(middle - (row["x"], row["y"])) < 2  # topics are 10 apart, with a spread of 1
    sizes = {row["text"]: row["priority"] for row in rows}
    assert sizes["group 0"] + sizes["group 1"] == len(table)


def node(level, number, parent=None, size=10, name=None) -> dict:
    return {
        "level": level,
        "node": number,
        "parent": parent,
        "size": size,
        "name": name or f"{level} {number}",
    }


def test_levels_that_say_nothing_are_left_out():
    """No subtopics; and a group per topic."""
    points = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    topic = np.repeat([0, 1], 20)
    hierarchy = [node("group", 0), node("group", 1), node("topic", 0, 0), node("topic", 1, 1)]
    rows = label_rows(hierarchy, points, topic, np.full(40, -1)).to_pylist()
    assert [(row["text"], row["level"]) for row in rows] == [("topic 0", 0), ("topic 1", 0)]


def test_equal_names_of_subtopics_of_two_topics_stay_apart():
    hierarchy = [node("group", 0), node("topic", 0, 0), node("topic", 1, 0)]
    hierarchy += [node("subtopic", i, i, name="theory") for i in range(2)]
    topics = [{"name": name, "primary_keyword": name} for name in ("stars", "primes")]
    assert names_by_level(hierarchy, topics)[2] == ["stars: theory", "primes: theory"]


def test_corpora_without_dates_categories_links_and_many_neighbors(tmp_path):
    n = 150
    _, table, _ = write_atlas(tmp_path, near=3, published=[None] * n, categories=[None] * n, link=None)
    assert table["year"].null_count == table["category"].null_count == table["link"].null_count == n
    assert all(len(row["ids"]) == 3 for row in table["neighbors"].to_pylist())


def test_tables_of_different_papers_are_refused(tmp_path, out):
    inputs = atlas_inputs(tmp_path)
    np.save(tmp_path / "short.npy", np.zeros((5, 20), np.int32))
    result = script(
        "atlas",
        **inputs | {"neighbors": tmp_path / "short.npy"},
        atlas=out / "a.parquet",
        labels=out / "l.parquet",
    )
    assert_refused(result, out, "short.npy", "150 papers")


@pytest.mark.skipif(not PROGRAM.exists(), reason="`make atlas` has not set up .venv-atlas")
def test_embedding_atlas_writes_a_site_with_the_papers_and_names(tmp_path):
    published = [None, *[date(2001 + i % 20, 3, 1) for i in range(1, 150)]]
    _, table, labels = write_atlas(tmp_path / "map", published=published)
    command = ["tools/open_atlas.sh", ".venv-atlas", str(tmp_path), str(tmp_path / "site")]
    result = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    data = tmp_path / "site" / "data"
    copied = pq.read_table(data / "dataset.parquet")
    assert (
        copied["title"].to_pylist() == table["title"].to_pylist() and EVIL[:8] in copied["title"][0].as_py()
    )
    assert copied["neighbors"][0].as_py() == table["neighbors"][0].as_py()
    props = json.loads((data / "metadata.json").read_text())["props"]
    assert props["embeddingViewLabels"] == labels.to_pylist()
    assert props["initialState"]["charts"]["1"]["data"]["category"] == "topic"
    # a folder of something else is not written into
    (tmp_path / "notes").mkdir()
    command[-1] = str(tmp_path / "notes")
    result = subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert result.returncode == 1 and "EXPORT" in result.stderr and not list((tmp_path / "notes").iterdir())
