"""label: the nearest papers against a full product, keywords and titles in labels, planted subjects."""

import csv

import numpy as np
import pyarrow.parquet as pq
import pytest

from conftest import SUBJECTS, assert_refused, pq_write, script
from lib.topics.labels import nearest_papers, primary_keywords
from lib.topics.titles import latex_to_text, short_title


def test_nearest_against_all_distances():
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(5000, 12)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    topics = rng.integers(6, size=5000)
    topics[topics == 4] = 3
    topics[[7, 9]] = 4
    centroids = np.stack([rows[topics == t].mean(0) for t in range(6)])
    distance = np.linalg.norm(rows - centroids[topics], axis=1)
    for topic, (picked, away) in enumerate(nearest_papers(rows, topics, centroids, 3, threads=2)):
        own = np.flatnonzero(topics == topic)
        assert picked.tolist() == own[np.argsort(distance[own])][:3].tolist()
        np.testing.assert_allclose(away, distance[picked], atol=1e-5)
    assert len(nearest_papers(rows, topics, centroids, 3)[4][0]) == 2


def test_contested_keyword_goes_where_it_weighs_most():
    given = primary_keywords(
        [
            [("network", 0.9), ("graph", 0.8)],
            [("networks", 0.2), ("neuron", 0.15)],  # relative to its own heaviest just as heavy
            [("spin", 0.5), ("graph", 0.4)],
        ]
    )
    assert given == ["network", "neuron", "spin"]


def test_a_topic_without_a_keyword_of_its_own_has_a_number():
    topics = [[("galaxy", 1.0)], [("galaxies", 0.5)], [("galaxy", 0.4), ("galaxies", 0.1)]]
    assert primary_keywords(topics) == ["galaxy", "galaxies (2)", "galaxy (3)"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (r"Schr\"odinger operators on $\mathbb{Z}^d$", "Schrödinger operators on ℤ^d"),
        (r"The work of Wo\'zniakowski", "The work of Woźniakowski"),
        ("100% of the ~3 papers", "100% of the ∼3 papers"),
        ("Unbalanced $x", "Unbalanced x"),
        ("No TeX <b>at all</b> & so on", "No TeX <b>at all</b> & so on"),
        (r"\emph{Emphasised} words", "Emphasised words"),
    ],
)
def test_latex_to_text(title, expected):
    assert latex_to_text(title) == expected


@pytest.mark.parametrize(
    "title", ["$", "\\", "{", "}", "$$", "\\frac", "^", "\\begin{x}", "{" * 3000, "\\'", "$\\alpha"]
)
def test_latex_to_text_never_fails_nor_empties_a_title(title):
    assert latex_to_text(title).strip()


@pytest.mark.parametrize(
    ("title", "width", "expected"),
    [
        ("Deep learning of proteins: a survey", 60, "Deep learning of proteins"),
        ("BERT: pre-training of transformers", 60, "BERT: pre-training of transformers"),
        ("Quantum gravity - an introduction", 60, "Quantum gravity"),
        ("Is it so? A study", 60, "Is it so"),
        ("A short title.", 60, "A short title"),
        ("The quick brown fox jumps over the lazy dog", 20, "The quick brown fox…"),
        ("Supercalifragilisticexpialidocious", 20, "Supercalifragilisti…"),
    ],
)
def test_short_title(title, width, expected):
    assert short_title(title, width) == expected
    assert len(short_title(title, width)) <= width


@pytest.mark.parametrize("width", range(20, 45))
def test_short_title_cuts_between_words(width):
    title = "Some words, of which each is whole - and others"
    cut = short_title(title, width)
    assert len(cut) <= width
    if cut.endswith("…"):
        words = title.replace(",", "").split()
        assert [word.strip(",") for word in cut[:-1].split()] == words[: len(cut.split())]


def test_planted_subjects_are_labelled(planted):
    topics = pq.read_table(planted.folder / "topics.parquet").to_pylist()
    assignments = pq.read_table(planted.folder / "assignments.parquet").to_pylist()
    vocabularies = [set(subject.split()) for subject in SUBJECTS.values()]
    categories = ["astro-ph.GA", "math.NT", "q-bio.NC", "quant-ph"]
    rows = planted.vectors.astype(np.float32)
    for topic, row in enumerate(topics):
        own = [i for i, a in enumerate(assignments) if a["topic"] == topic]
        (subject,) = set(planted.truth[own])
        keyword, title = row["label"].split(" | ")
        assert row["topic"] == topic and row["size"] == len(own) == planted.sizes[subject]
        assert keyword == row["primary_keyword"] and set(keyword.split()) <= vocabularies[subject]
        distance = np.linalg.norm(rows[own] - rows[own].mean(0), axis=1)
        central = own[int(distance.argmin())]
        assert row["representative_id"] == planted.ids[central]
        assert title == row["representative_title"] == planted.titles[central]
        assert row["main_category"] == categories[subject] and row["main_category_share"] == 1
        assert row["silhouette"] == pytest.approx(np.mean([assignments[i]["silhouette"] for i in own]))
    assert len({row["primary_keyword"] for row in topics}) == 4
    assert sum(row["share"] for row in topics) == pytest.approx(1)
    with (planted.folder / "topics.csv").open(encoding="utf-8") as file:
        assert [row["label"] for row in csv.DictReader(file)] == [row["label"] for row in topics]


def test_representatives_are_ranked_by_distance(planted):
    table = pq.read_table(planted.folder / "representatives.parquet").to_pylist()
    assert len(table) == 20
    for topic in range(4):
        rows = [row for row in table if row["topic"] == topic]
        assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
        assert [row["distance"] for row in rows] == sorted(row["distance"] for row in rows)


def run_label(planted, out, **changes):
    at = planted.folder
    inputs = {
        "papers": planted.papers,
        "embeddings": planted.embeddings,
        "assignments": at / "assignments.parquet",
        "centroids": at / "centroids.npy",
        "keywords": at / "keywords.parquet",
    }
    outputs = {"representatives": out / "r.parquet", "topics": out / "t.parquet", "csv": out / "t.csv"}
    return script("label", **inputs | outputs | changes)


def test_labels_differ_where_titles_are_the_same(planted, tmp_path, out):
    table = pq.read_table(planted.papers).to_pydict() | {"title": ["One title"] * 140}
    assert run_label(planted, out, papers=pq_write(tmp_path / "p.parquet", **table)).returncode == 0
    assert len(set(pq.read_table(out / "t.parquet")["label"].to_pylist())) == 4


def test_bad_inputs_are_refused(planted, tmp_path, out):
    np.save(tmp_path / "e.npy", planted.vectors[:-1])
    result = run_label(planted, out, embeddings=tmp_path / "e.npy")
    assert_refused(result, out, "e.npy", "139 vectors for 140")
    (tmp_path / "c.npy").write_bytes((planted.folder / "centroids.npy").read_bytes()[:150])
    assert_refused(run_label(planted, out, centroids=tmp_path / "c.npy"), out, "c.npy")
