"""label: planted subjects, the contract and bad input."""

import csv
import json
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from conftest import ENVIRONMENT, SUBJECTS, assert_refused, pq_write, script, term_files
from lib.naming.representatives import ROLES
from summaries import PROJECT

NAMES = ("Astrophysics of Galaxies", "Number Theory", "Neurons and Cognition", "Quantum Physics")


def test_planted_subjects_are_labeled(planted):
    topics = pq.read_table(planted.folder / "topics.parquet").to_pylist()
    assignments = pq.read_table(planted.folder / "assignments.parquet").to_pylist()
    vocabularies = [set(subject.split()) for subject in SUBJECTS.values()]
    categories = ["astro-ph.GA", "math.NT", "q-bio.NC", "quant-ph"]
    summary = json.loads((planted.folder / "cluster.json").read_text())
    coherence = json.loads((planted.folder / "coherence.json").read_text())
    for topic, row in enumerate(topics):
        own = [i for i, a in enumerate(assignments) if a["topic"] == topic]
        (subject,) = set(planted.truth[own])
        keyword, title = row["label"].split(" | ")
        assert row["key"] == summary["keys"][topic] and row["since"] == 0
        assert row["topic"] == topic and row["size"] == len(own) == planted.sizes[subject]
        assert keyword == row["primary_keyword"] and set(keyword.split()) <= vocabularies[subject]
        central = planted.ids.index(row["representative_id"])
        near = sorted(own, key=lambda i: -assignments[i]["similarity"])[:20]
        assert central in near and title == row["representative_title"] == planted.titles[central]
        said = [len(set(planted.titles[i].split()) & set(row["keywords"])) for i in near]
        assert said[near.index(central)] == max(said)
        assert row["name"].split(" · ")[0] == row["primary_keyword"] and len(row["name"].split(" · ")) == 3
        assert row["main_category"] == categories[subject] and row["main_category_share"] == 1
        assert row["fields"] == [NAMES[subject]] and not row["mixed"]
        assert (row["npmi"], row["c_v"]) == (
            coherence["npmi_by_topic"][topic],
            coherence["c_v_by_topic"][topic],
        )
        assert row["stability"] == summary["stability_by_topic"][topic] > 0.9
        assert row["silhouette"] == pytest.approx(np.mean([assignments[i]["silhouette"] for i in own]))
    assert len({row["primary_keyword"] for row in topics}) == 4
    colors = [row["color"] for row in topics]
    assert len(set(colors)) == 4 and all(re.fullmatch("#[0-9a-f]{6}", color) for color in colors)
    assert sum(row["share"] for row in topics) == pytest.approx(1)
    with (planted.folder / "topics.csv").open(encoding="utf-8") as file:
        assert [row["label"] for row in csv.DictReader(file)] == [row["label"] for row in topics]


def test_representatives_have_roles(planted):
    table = pq.read_table(planted.folder / "representatives.parquet").to_pylist()
    assignments = pq.read_table(planted.folder / "assignments.parquet").to_pylist()
    topics = {row["id"]: row for row in assignments}
    assert len(table) == 4 * 5 * len(ROLES)
    for topic in range(4):
        own = [row for row in assignments if row["topic"] == topic]
        rows = {
            role: [row for row in table if (row["topic"], row["role"]) == (topic, role)] for role in ROLES
        }
        for some in rows.values():
            assert [row["rank"] for row in some] == [1, 2, 3, 4, 5]
            assert {topics[row["id"]]["topic"] for row in some} == {topic}
        nearest = sorted((row["similarity"] for row in own), reverse=True)[:5]
        assert [row["score"] for row in rows["nearest"]] == nearest
        assert [row["score"] for row in rows["borderline"]] == sorted(row["margin"] for row in own)[:5]
        scores = [row["score"] for row in rows["descriptive"]]
        assert scores == sorted(scores, reverse=True)


def run_label(planted, out, **changes):
    at = planted.folder
    inputs = {
        "papers": planted.papers,
        "embeddings": planted.embeddings,
        "assignments": at / "assignments.parquet",
        "centroids": at / "centroids.npy",
        "cluster": at / "cluster.json",
        "nodes": at / "nodes.parquet",
        "subtopics": at / "subtopics.parquet",
        "keywords": at / "keywords.parquet",
        "coherence": at / "coherence.json",
        "works": planted.works,
    }
    outputs = {"representatives": out / "r.parquet", "topics": out / "t.parquet", "csv": out / "t.csv"}
    outputs |= {"hierarchy": out / "h.parquet", "hierarchy_csv": out / "h.csv", "edits_file": out / "e.json"}
    return script("label", **inputs | outputs | changes)


def test_labels_differ_where_titles_are_the_same(planted, tmp_path, out):
    table = pq.read_table(planted.papers).to_pydict() | {"title": ["One title"] * 140}
    assert run_label(planted, out, papers=pq_write(tmp_path / "p.parquet", **table)).returncode == 0
    assert len(set(pq.read_table(out / "t.parquet")["label"].to_pylist())) == 4


def test_bad_inputs_are_refused(planted, tmp_path, out):
    np.save(tmp_path / "e.npy", planted.vectors[:-1])
    result = run_label(planted, out, embeddings=tmp_path / "e.npy")
    assert_refused(result, out, "e.npy", "139 vectors for 140")
    np.save(tmp_path / "c.npy", np.zeros((5, 24), np.float32))
    result = run_label(planted, out, centroids=tmp_path / "c.npy")
    assert_refused(result, out, "cluster 4, centroids 5")
    (tmp_path / "k.parquet").write_bytes(b"PAR1")
    assert_refused(run_label(planted, out, keywords=tmp_path / "k.parquet"), out, "k.parquet")


@pytest.mark.parametrize("lacking", [(2,), (0, 1, 2, 3)])
def test_topics_without_words_are_named_by_titles_and_measured(planted, tmp_path, lacking):
    """Words of Japanese are not known. Here one subject is in Japanese, and then all are."""
    of_subject = [
        f"{start}銀河のせいちょう" for start in ("わたしたちの", "あたらしい", "おおきな", "ふるい")
    ]
    wordless = np.isin(planted.truth, lacking)
    titles = [
        of_subject[subject] if lost else title
        for subject, lost, title in zip(planted.truth, wordless, planted.titles, strict=True)
    ]
    texts = [
        f"{title}をけんきゅうする" if lost else text
        for lost, title, text in zip(wordless, titles, planted.texts, strict=True)
    ]
    columns = pq.read_table(planted.papers).to_pydict() | {"title": titles, "text": texts}
    papers, at = pq_write(tmp_path / "p.parquet", **columns), planted.folder
    keywords = {"keywords": tmp_path / "keywords.parquet", "coherence": tmp_path / "coherence.json"}
    counted = script("terms", papers=papers, min_count=2, **term_files(tmp_path))
    assigned, vectors = {"assignments": at / "assignments.parquet"}, {"embeddings": planted.embeddings}
    weighed = script(
        "keywords",
        nodes=at / "nodes.parquet",
        subtopics=at / "subtopics.parquet",
        works=planted.works,
        **term_files(tmp_path),
        **assigned,
        **vectors,
        **keywords,
        csv=tmp_path / "k.csv",
    )
    labeled = run_label(planted, tmp_path, papers=papers, **keywords)
    (tmp_path / "project.json").write_text(json.dumps(PROJECT))
    points = np.random.default_rng(0).normal(size=(2, len(planted.ids))).astype(np.float32)
    measured = script(
        "evaluate",
        papers=papers,
        cluster=at / "cluster.json",
        project=tmp_path / "project.json",
        coordinates=pq_write(tmp_path / "xy.parquet", x=points[0], y=points[1]),
        works=planted.works,
        explanations=pq_write(tmp_path / "x.parquet", topic=[0], id=["a"], word=["b"], influence=[0.1]),
        evaluation=tmp_path / "e.json",
        **term_files(tmp_path),
        **assigned,
        **keywords,
    )
    for step in (counted, weighed, labeled, measured):
        assert step.returncode == 0, step.stderr
    assert "warning: " in counted.stderr and "have no keywords" in counted.stderr
    assert "warning: topics without keywords, which are named by a title" in weighed.stderr
    words = json.loads((tmp_path / "e.json").read_text())["words"]
    assert [npmi is None for npmi in words["npmi_by_topic"]].count(True) == len(lacking)
    topics = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assignments = pq.read_table(at / "assignments.parquet")["topic"].to_numpy()
    for row in topics:
        (subject,) = set(planted.truth[assignments == row["topic"]])
        if subject in lacking:
            assert row["name"] == row["label"] == row["primary_keyword"] == of_subject[subject]
            assert row["keywords"] == []
        else:
            assert row["keywords"] and row["label"].startswith(f"{row['primary_keyword']} | ")


def test_names_by_a_language_model_fall_back_with_a_warning(planted, tmp_path, monkeypatch):
    """No server listens at this address. The key is in no file and in no message."""
    key = "sk-very-secret"
    monkeypatch.setitem(ENVIRONMENT, "SOME_KEY", key)
    server = {"llm_url": "http://127.0.0.1:9/v1", "llm_model": "some-model", "llm_key_variable": "SOME_KEY"}
    result = run_label(planted, tmp_path, **server, llm_cache=tmp_path / "names")
    assert result.returncode == 0, result.stderr
    assert "warning: 4 of 4 topics keep their default names" in result.stderr
    names = pq.read_table(tmp_path / "t.parquet")["name"].to_pylist()
    assert names == pq.read_table(planted.folder / "topics.parquet")["name"].to_pylist()
    assert key not in result.stderr + result.stdout
    assert all(key.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    monkeypatch.delitem(ENVIRONMENT, "SOME_KEY")
    out = tmp_path / "out"
    assert_refused(run_label(planted, out, **server), out, "environment variable SOME_KEY is not set")


def test_a_mixed_topic_is_named_by_its_fields_or_its_parts(planted, tmp_path):
    """Its keywords seldom stand in the same papers, as the measured coherence says."""
    coherence = json.loads((planted.folder / "coherence.json").read_text())
    coherence["npmi_by_topic"] = [0.0, None, 0.05, 0.2]
    (tmp_path / "c.json").write_text(json.dumps(coherence))
    table = pq.read_table(planted.papers).to_pydict()
    topics = pq.read_table(planted.folder / "assignments.parquet")["topic"].to_pylist()
    of_topic = [["math.NT"], ["x"], ["cs.LG"], ["y"]]
    table["categories"] = [
        ["math.AG", "math.NT"][i % 2 :][:1] if topic == 0 else of_topic[topic]
        for i, topic in enumerate(topics)
    ]
    papers = pq_write(tmp_path / "p.parquet", **table)
    assert run_label(planted, tmp_path, papers=papers, coherence=tmp_path / "c.json").returncode == 0
    rows = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert [row["mixed"] for row in rows] == [True, False, True, False]
    assert (
        set(rows[0]["name"].split(" · ")) == {"Number Theory", "Algebraic Geometry"} == set(rows[0]["fields"])
    )
    assert rows[0]["label"].startswith(f"{rows[0]['primary_keyword']} | ")
    for row in rows[1:]:  # one field does not say what is mixed
        assert row["name"].split(" · ") == row["keywords"][:3]


def test_sizes_and_representatives_are_those_of_works(planted, tmp_path, out):
    """Of each topic all but four papers are copies: these four are its size, and alone can represent it."""
    topics = pq.read_table(planted.folder / "assignments.parquet")["topic"].to_numpy()
    counted = np.zeros(len(topics), bool)
    for topic in range(4):
        counted[np.flatnonzero(topics == topic)[-4:]] = True
    result = run_label(planted, out, works=pq_write(tmp_path / "copies.parquet", counted=counted))
    assert result.returncode == 0, result.stderr
    table = pq.read_table(out / "t.parquet").to_pandas()
    assert table["size"].tolist() == [4] * 4 and table["share"].tolist() == [0.25] * 4
    standing = {key for key, counts in zip(planted.ids, counted, strict=True) if counts}
    assert set(pq.read_table(out / "r.parquet")["id"].to_pylist()) <= standing


def label_again(planted, out, earlier: list[dict] | None):
    """label on the planted papers, with topics.parquet of an earlier run."""
    at = planted.folder
    names = ("assignments", "nodes", "subtopics", "keywords")
    files = {name: at / f"{name}.parquet" for name in names} | {"centroids": at / "centroids.npy"}
    files |= {"cluster": at / "cluster.json", "coherence": at / "coherence.json", "works": planted.works}
    outputs = {name: out / f"{name}.parquet" for name in ("representatives", "topics", "hierarchy")}
    outputs |= {"csv": out / "t.csv", "hierarchy_csv": out / "h.csv", "edits_file": out / "e.json"}
    if earlier is not None:
        table = pa.Table.from_pylist(earlier, pq.read_schema(at / "topics.parquet"))
        pq.write_table(table, out.parent / "before.parquet")
        files["previous_topics"] = [out.parent / "before.parquet"]
    inputs = {"papers": planted.papers, "embeddings": planted.embeddings}
    result = script("label", **inputs, **files, **outputs)
    assert result.returncode == 0, result.stderr
    return pq.read_table(out / "topics.parquet").to_pylist()


def test_names_and_colors_are_those_of_the_earlier_run(planted, out):
    first = pq.read_table(planted.folder / "topics.parquet").to_pylist()
    assert [row["was"] for row in first] == [None] * 4
    words = [row["keywords"] for row in first]
    turned = f"{words[0][1]} · {words[0][0]}"  # its words are still keywords
    earlier = [
        first[0] | {"name": turned, "color": "#123456"},
        first[1] | {"name": "foreign · words"},
        first[3] | {"name": first[3]["name"]},
    ]  # topic 2 is new
    again = label_again(planted, out, earlier)
    assert [row["name"] for row in again] == [turned, first[1]["name"], first[2]["name"], first[3]["name"]]
    assert [row["was"] for row in again] == [None, "foreign · words", None, None]
    colors = [row["color"] for row in again]
    assert colors[0] == "#123456" and colors[1] == first[1]["color"] and colors[3] == first[3]["color"]
    assert len(set(colors)) == 4
    for row, old in zip(again, first, strict=True):  # these are always those of today
        assert all(row[column] == old[column] for column in ("keywords", "label", "representative_id", "key"))


def test_the_same_run_keeps_everything(planted, out):
    first = pq.read_table(planted.folder / "topics.parquet").to_pylist()
    assert label_again(planted, out, first) == first
