"""keywords: class-based TF-IDF against plain loops, the words of papers, planted subjects."""

import math
from collections import Counter

import numpy as np
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from conftest import ROOT, SUBJECTS, assert_refused, pq_write, script
from keywords import keyword_table
from lib.cli import UserError
from lib.topics.ctfidf import count_terms, ctfidf, top_terms
from lib.topics.words import BREAK, WordLists, stem, words

LISTS = WordLists.read(ROOT / "data/words/stop_words.txt", ROOT / "data/words/head_words.txt")
RNG = np.random.default_rng(11)
VOCABULARY = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "matter",
    "energy",
    "the",
    "of",
    "graph",
    "network",
]
TEXTS = [" ".join(RNG.choice(VOCABULARY, RNG.integers(1, 30))) + "." * (i % 2) for i in range(300)]
TOPICS = RNG.integers(5, size=300)


def brute_force(texts, topics, k, min_count) -> tuple[dict, dict]:
    """Counts and weights by (topic, term), in plain loops over the same words."""
    total, by_word = Counter(), Counter()
    lists = [words(text, LISTS) for text in texts]
    for found in lists:
        by_word.update(word for word in found if word != BREAK)
    frequent = {word for word, n in by_word.items() if n >= min_count}
    by_topic = [Counter() for _ in range(k)]
    for found, topic in zip(lists, topics, strict=True):
        for i, word in enumerate(found):
            if word == BREAK or word not in frequent or word in LISTS.head_words:
                continue
            by_topic[topic][word] += 1
            following = found[i + 1] if i + 1 < len(found) else BREAK
            if following != BREAK and following in frequent:
                by_topic[topic][f"{word} {following}"] += 1
    for counter in by_topic:
        total.update(counter)
    rare = {term for term, n in total.items() if n < min_count}
    for counter in [*by_topic, total]:
        for term in rare:
            counter.pop(term, None)
    mean = sum(total.values()) / k
    weights = {}
    for topic, counter in enumerate(by_topic):
        for term, n in counter.items():
            weights[topic, term] = n / sum(counter.values()) * math.log(1 + mean / total[term])
    return {(t, term): n for t, c in enumerate(by_topic) for term, n in c.items()}, weights


@pytest.mark.parametrize("min_count", [1, 4, 25])
@pytest.mark.parametrize("threads", [1, 2])
def test_weights_are_those_of_plain_loops(monkeypatch, min_count, threads):
    monkeypatch.setattr("lib.topics.ctfidf.BATCH", 60)
    counted = count_terms(TEXTS, TOPICS, 5, lists=LISTS, min_count=min_count, threads=threads)
    counts, weights = brute_force(TEXTS, TOPICS, 5, min_count)
    assert counted.terms == sorted({term for _, term in counts})
    mine = counted.counts.tocoo()
    found = zip(mine.row.tolist(), mine.col.tolist(), mine.data.tolist(), strict=True)
    assert {(row, counted.terms[column]): n for row, column, n in found if n} == counts
    mine = ctfidf(counted.counts).tocoo()
    for row, column, weight in zip(mine.row.tolist(), mine.col.tolist(), mine.data.tolist(), strict=True):
        if weight:
            assert weight == pytest.approx(weights.pop((row, counted.terms[column])), rel=1e-12)
    assert not weights


def test_a_topic_without_words_and_no_words_at_all():
    counted = count_terms(["graph graph", "the of"], np.array([0, 1]), 3, lists=LISTS, min_count=1)
    assert counted.counts.toarray().sum(1).tolist() == [3, 0, 0]
    assert np.isfinite(ctfidf(counted.counts).toarray()).all()
    empty = keyword_table(["the", "42"], np.array([0, 1]), 2, lists=LISTS, top=3, min_count=1)
    assert len(empty) == 0 and list(empty)[:3] == ["topic", "rank", "keyword"]


def test_a_bigram_takes_the_place_of_its_words_and_plurals_are_not_repeated():
    texts = ["dark matter halo", "dark matter galaxy", "dark matter galaxies galaxies", "lattice prime"] * 3
    topics = np.array([0, 0, 0, 1] * 3)
    counted = count_terms(texts, topics, 2, lists=LISTS, min_count=1)
    terms = [counted.terms[i] for i in top_terms(counted, ctfidf(counted.counts), 10)[0]]
    assert "dark matter" in terms and not {"dark", "matter"} & set(terms)
    stems = [frozenset(map(stem, term.split())) for term in terms]
    assert len(set(stems)) == len(stems)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the galaxies of the deep field", ["", "galaxies", "", "", "deep", "field"]),
        (r"a $\frac{x}{yield}$ bound, quantum", ["", "", "bound", "", "quantum"]),
        ("costs $5 and rises", ["costs", "", "", "", "rises"]),  # an odd dollar loses no words
        ('schr\\"odinger operators', ["schrodinger", "operators"]),
        ("see https://github.com/some/code or mail me@home.org", ["", "", "", "mail", ""]),
        ("b-tree x 42 3.14 co2", ["b-tree", "", "", "", "", "", "co2"]),
        ("łódź überraschung naïve graphs", ["łódź", "überraschung", "naïve", "graphs"]),
    ],
)
def test_words(text, expected):
    assert words(text, LISTS) == expected


def test_word_lists_are_text_files_with_comments(tmp_path):
    (tmp_path / "stop.txt").write_text("# a comment\nAlpha\n\n beta \ntheory\n")
    (tmp_path / "head.txt").write_text("theory\n")
    lists = WordLists.read(tmp_path / "stop.txt", tmp_path / "head.txt")
    assert lists == WordLists(frozenset({"alpha", "beta"}), frozenset({"theory"}))
    assert words("alpha gauge theory", lists) == ["", "gauge", "theory"]
    (tmp_path / "stop.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(UserError, match=r"stop\.txt: not a text file in UTF-8"):
        WordLists.read(tmp_path / "stop.txt", tmp_path / "head.txt")


def test_no_words_of_formulae_links_and_papers_are_left():
    text = (
        r"in this paper we propose a novel method: $\alpha_{galaxy} \mathbb{r}$ and \textbf{neurons} cite "
        r"\cite{smith} https://arxiv.org/abs/1 results show 100 others in 2023; schr\"odinger "
    )
    assert [word for word in words(text, LISTS) if word] == ["neurons", "cite", "smith", "schrodinger"]


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


def test_max_papers_counts_a_hash_draw(planted, out):
    assert run_keywords(planted, out, min_count=1, max_papers=100).returncode == 0
    few = pq.read_table(out / "k.parquet")
    assert sum(few["count"].to_pylist()) > 0
    assert run_keywords(planted, out, min_count=1).returncode == 0
    assert max(pq.read_table(out / "k.parquet")["count"].to_pylist()) > max(few["count"].to_pylist())


def test_topic_without_frequent_words_is_refused(planted, out):
    assert_refused(run_keywords(planted, out, min_count=10_000), out, "keywords.min_count", "topic 0")


def test_papers_and_assignments_of_different_length_are_refused(planted, tmp_path, out):
    papers = pq_write(tmp_path / "p.parquet", id=planted.ids[:-1], text=planted.texts[:-1])
    assert_refused(run_keywords(planted, out, papers=papers, min_count=1), out, "139", "140")
