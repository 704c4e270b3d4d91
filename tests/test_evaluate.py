"""evaluate: agreement and sizes against numbers worked out by hand."""

import json

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from conftest import assert_refused, pq_write, script, term_files
from lib.evaluation.agreement import agreement, archive, clusters_of_words
from lib.evaluation.summaries import summarize_corpus, summarize_sizes
from summaries import PROJECT


def test_agreement_by_hand():
    topics = np.array([0, 0, 0, 1, 1, 1, 2, 2])
    names = ["a", "a", "b", "b", "b", None, "c", "c"]
    found = agreement(topics, names)
    assert (found["papers"], found["classes"]) == (7, 3)
    assert found["purity"] == pytest.approx(6 / 7)
    # of 21 pairs: 3 + 1 + 1 share a topic, 1 + 3 + 1 a class, 1 + 1 + 1 both
    expected = 5 * 5 / 21
    assert found["ari"] == pytest.approx((3 - expected) / (5 - expected))
    assert 0 < found["ami"] < 1


def test_agreement_of_equal_of_unrelated_and_of_unknown_classes():
    topics = np.repeat(np.arange(4), 25)
    same = agreement(topics, [f"class {9 - t}" for t in topics])
    assert same["ami"] == pytest.approx(1) and same["ari"] == same["purity"] == 1
    unrelated = agreement(topics, [str(n) for n in np.random.default_rng(0).integers(4, size=100)])
    assert abs(unrelated["ami"]) < 0.1 and abs(unrelated["ari"]) < 0.1
    assert agreement(topics, [None] * 100)["ami"] is None


def test_languages_and_scripts_of_the_corpus():
    english = "we study the growth of galaxies in the early universe"
    texts = (
        [english] * 7 + ["我们研究早期宇宙中星系的增长"] * 2 + ["私たちは銀河のせいちょうをけんきゅうする"]
    )
    assert summarize_corpus(texts) == {
        "sample": 10,
        "languages": {"en": 0.7, "zh": 0.2, "ja": 0.1},
        "scripts": {"Latin": 0.7, "Chinese characters": 0.2, "Japanese kana": 0.1},
        "without_words": 0.1,
    }


def test_archive():
    names = ["astro-ph.GA", "hep-th", "math.AG", "acc-phys", None]
    assert list(map(archive, names)) == ["astro-ph", "hep-th", "math", "acc-phys", None]


def test_only_categories_of_arxiv_have_an_archive():
    journals = ["J. Biol. Chem.", "Nat. Med.", "Phys.Rev.Lett", "Nature", "D000818:Animals", "math.AG x"]
    assert list(map(archive, journals)) == [None] * len(journals)


def test_sizes():
    assert summarize_sizes(np.array([5, 5, 5, 5]))["effective_topics"] == pytest.approx(4)
    uneven = summarize_sizes(np.array([97, 1, 1, 1, 0]))
    assert (uneven["smallest"], uneven["median"], uneven["largest"]) == (0, 1, 97)
    assert 1 < uneven["effective_topics"] < 1.3


def run_evaluate(planted, out, **changes):
    at = planted.folder
    (at / "project.json").write_text(json.dumps(PROJECT))
    inputs = {"papers": planted.papers, "cluster": at / "cluster.json", "project": at / "project.json"}
    points = np.random.default_rng(0).normal(size=(2, 140)) + 20 * np.stack(
        [planted.truth, planted.truth % 2]
    )
    inputs["coordinates"] = pq_write(out.parent / "xy.parquet", x=points[0], y=points[1])
    words = planted.texts[0].rstrip(".").split()
    inputs["explanations"] = pq_write(
        out.parent / "words.parquet",
        topic=[0] * len(words),
        id=["a"] * len(words),
        word=words,
        influence=np.linspace(0.3, 0, len(words)),
    )
    inputs |= {name: at / f"{name}.parquet" for name in ("assignments", "keywords", "works")}
    inputs["coherence"] = at / "coherence.json"
    return script("evaluate", **inputs | term_files(at) | {"evaluation": out / "e.json"} | changes)


def test_planted_subjects_agree_with_their_categories(planted, out):
    result = run_evaluate(planted, out)
    assert result.returncode == 0, result.stderr
    found = json.loads((out / "e.json").read_text())
    assert (found["papers"], found["k"]) == (140, 4)
    assert found["primary_category"]["ami"] == pytest.approx(1)
    assert found["archive"]["purity"] == found["words"]["diversity"] == 1
    assert found["archive"]["v_measure"] == pytest.approx(1)
    assert found["primary_category_by_words"]["ami"] > 0.9
    words = found["words"]
    assert words["npmi"] > 0.2 > 0 > words["npmi_floor"] and words["c_v"] > words["c_v_floor"]
    assert words["keyword_topic_accuracy"] > 0.9
    assert len(words["npmi_by_topic"]) == 4 and np.mean(words["npmi_by_topic"]) == pytest.approx(
        words["npmi"]
    )
    assert found["negative_silhouette_share"] == 0
    first, *others = found["keyword_correlation"]
    assert (first is None or -1 <= first <= 1) and others == [None] * 3
    assert np.average(found["silhouette_by_topic"], weights=planted.sizes) == pytest.approx(
        found["silhouette"]
    )
    assert found["map"]["trustworthiness"] == PROJECT["trustworthiness"]
    assert found["map"]["largest_piece"] > 0.9 and len(found["map"]["largest_piece_by_topic"]) == 4


def test_words_alone_find_planted_groups():
    rng = np.random.default_rng(0)
    truth = rng.integers(3, size=120)
    parts = [np.sort(rng.choice(10, 5, replace=False) + 10 * group).astype(np.int32) for group in truth]
    offsets = np.arange(0, 601, 5)
    rows = np.arange(0, 120, 2)
    found = clusters_of_words(np.concatenate(parts), offsets, rows, 30, 3)
    assert adjusted_rand_score(truth[rows], found) == 1


def test_papers_of_another_run_are_refused(planted, tmp_path, out):
    papers = pq_write(tmp_path / "p.parquet", id=["a"] * 139, primary_category=["math.AG"] * 139)
    assert_refused(run_evaluate(planted, out, papers=papers), out, "139", "140")
