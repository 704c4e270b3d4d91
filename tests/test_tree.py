"""tree: names of planted groups and subtopics, the contract and the figure."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from conftest import all_counted, assert_refused, pq_write, script, term_files
from lib.keywords.keywords import Keyword
from lib.naming.hierarchy_table import sibling_names

SUBJECTS = ["galaxy", "prime"]  # of the groups; each has two topics, each topic two parts
TOPICS = ["redshift", "halo", "lattice", "zeta"]
PARTS = ["dust", "quasar lamp desk", "spiral", "comet", "sieve", "cusp", "ideal", "root"]  # one is a phrase


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    """Eight kinds of papers whose words say group, topic and part, with the files of terms and hierarchy."""
    folder = tmp_path_factory.mktemp("tree")
    rng = np.random.default_rng(0)
    part = rng.permutation(np.repeat(np.arange(8), [40, 30, 36, 28, 32, 26, 24, 20]))
    topic = (part // 2).astype(np.int32)
    # as in real papers, most words say nothing of the topic
    general = "lamp desk chair shelf window carpet curtain cupboard".split()
    texts = [
        f"{SUBJECTS[p // 4]} of the {TOPICS[p // 2]} and the {PARTS[p]} with the "
        f"{' of the '.join(rng.choice(general, 6, replace=False))}."
        for p in part
    ]
    papers = pq_write(folder / "p.parquet", title=[""] * len(texts), text=texts)
    assert script("terms", papers=papers, min_count=2, **term_files(folder)).returncode == 0
    # the last topic is not divided
    subtopic = pa.array(part.astype(np.int32), mask=part > 5)
    sizes = np.bincount(part)
    nodes = {
        "level": ["group"] * 2 + ["topic"] * 4 + ["subtopic"] * 6,
        "node": pa.array([0, 1, *range(4), *range(6)], pa.int32()),
        "parent": pa.array([None, None, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2], pa.int32()),
        "size": [sizes[:4].sum(), sizes[4:].sum(), *(sizes[::2] + sizes[1::2]), *sizes[:6]],
        "stability": pa.array([None] * 6 + [0.9] * 6, pa.float64()),
    }
    np.save(folder / "l.npy", np.array([[0, 1, 1.0, 2], [2, 3, 1.1, 2], [4, 5, 3.0, 4]]))
    vectors = np.eye(4)[topic] + 0.5 * np.eye(4)[part % 2] + 0.1 * rng.normal(size=(len(part), 4))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.save(folder / "e.npy", vectors.astype(np.float32))
    return term_files(folder) | {
        "embeddings": folder / "e.npy",
        "assignments": pq_write(folder / "a.parquet", topic=topic),
        "nodes": pq_write(folder / "n.parquet", **nodes),
        "subtopics": pq_write(folder / "s.parquet", subtopic=subtopic),
        "linkage": folder / "l.npy",
        "works": all_counted(folder / "w.parquet", len(topic)),
        "topics": pq_write(
            folder / "t.parquet",
            name=TOPICS,
            primary_keyword=TOPICS,
            keywords=[[t, "lamp"] for t in TOPICS],
            color=["#2f5d9b"] * 4,
        ),
    }


def run_tree(inputs, out, **changes):
    outputs = {"hierarchy": out / "h.parquet", "csv": out / "h.csv", "figure": out / "h.png"}
    return script("tree", **inputs | outputs | changes)


def test_names_say_how_a_node_differs_from_its_siblings(named, out):
    result = run_tree(named, out)
    assert result.returncode == 0, result.stderr
    table = pq.read_table(out / "h.parquet").to_pandas()
    first = [name.split(" · ")[0] for name in table["name"]]
    assert table["name"][:2].tolist() == ["redshift · halo", "lattice · zeta"]
    assert "galaxy" in table["keywords"][0] and "prime" in table["keywords"][1]
    assert first[2:6] == TOPICS
    assert [set(words) & set(PARTS) for words in table["keywords"][6:]] == [{word} for word in PARTS[:6]]
    assert first[6:] == PARTS[:6]
    assert table.loc[table["level"] == "group", "share"].sum() == pytest.approx(1)
    written = pyarrow.csv.read_csv(out / "h.csv")
    assert written["name"].to_pylist() == table["name"].tolist()
    image = (out / "h.png").read_bytes()
    assert run_tree(named, out).returncode == 0 and (out / "h.png").read_bytes() == image


def test_names_leave_out_the_words_of_the_parent_also_if_its_name_is_a_phrase():
    """The keyword is in half of the papers of each of two siblings, and tells them apart no more than that."""
    own = [Keyword("spiking", 2.0, 50, 0.5, 1.0, "spiking"), Keyword("energy", 1.0, 40, 0.9, 1.0, "energy")]
    other = [own[0], Keyword("memory", 1.0, 40, 0.9, 1.0, "memory")]
    names = sibling_names([own, other], "spiking neural networks · hardware", np.array([100, 100]))
    assert names == ["energy", "memory"]
    assert sibling_names([own, other], "hardware", np.array([100, 100]))[0].startswith("spiking")


def test_subtopics_without_words_of_their_own_have_a_number(named, tmp_path, out):
    table = pq.read_table(named["vocabulary"])
    empty = table.slice(0, 1)
    pq.write_table(empty, tmp_path / "v.parquet")
    np.save(tmp_path / "x.npy", np.zeros(0, np.int32))
    np.save(tmp_path / "o.npy", np.zeros(237, np.int64))
    changes = {"vocabulary": "v.parquet", "terms": "x.npy", "term_offsets": "o.npy"}
    result = run_tree(named, out, **{flag: tmp_path / name for flag, name in changes.items()})
    assert result.returncode == 0, result.stderr
    names = pq.read_table(out / "h.parquet")["name"].to_pylist()
    assert names == [
        "redshift · halo",
        "lattice · zeta",
        *TOPICS,
        *(f"{t} ({i})" for t in TOPICS[:3] for i in (1, 2)),
    ]


def test_inputs_of_different_length_are_refused(named, tmp_path, out):
    short = pq_write(tmp_path / "s.parquet", subtopic=pa.array([0, 1], pa.int32()))
    assert_refused(run_tree(named, out, subtopics=short), out, "subtopics 2", "assignments 236")
