"""terms and keywords: planted subjects, the contract and bad input."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from conftest import SUBJECTS, assert_refused, pq_write, script, term_files
from lib.records.fields import add_text
from lib.records.schema import PAPERS


def test_planted_subjects_give_their_words(planted):
    table = pq.read_table(planted.folder / "keywords.parquet")
    names = ["level", "node", "rank", "keyword", "weight", "papers", "share", "title_rate", "term"]
    assert table.column_names == names
    vocabularies = [set(subject.split()) for subject in SUBJECTS.values()]
    owner = pq.read_table(planted.folder / "assignments.parquet")["topic"].to_numpy()
    for topic in range(4):
        rows = [row for row in table.to_pylist() if (row["level"], row["node"]) == ("topic", topic)]
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1)) and len(rows) > 3
        weights = [row["weight"] for row in rows]
        assert weights == sorted(weights, reverse=True)
        (subject,) = set(planted.truth[owner == topic])
        assert {word for row in rows for word in row["keyword"].split()} <= vocabularies[subject]
        texts = [planted.texts[i].replace(".", " ").split() for i in np.flatnonzero(owner == topic)]
        for row in rows:
            assert row["papers"] == sum(row["keyword"] in text for text in texts)
            assert row["share"] == 1.0
    written = pyarrow.csv.read_csv(planted.folder / "keywords.csv")
    assert written["keyword"].to_pylist() == table["keyword"].to_pylist()


def test_vocabulary_is_that_of_the_texts(planted):
    vocabulary = pq.read_table(planted.folder / "vocabulary.parquet").to_pylist()
    texts = [set(text.replace(".", " ").split()) for text in planted.texts]
    assert vocabulary[0] == {
        "term": "",
        "papers": 0,
        "titles": 0,
        "first": None,
        "second": None,
        "followed_share": 0,
        "stands_for": None,
    }
    words = [row for row in vocabulary[1:] if row["first"] is None]
    assert {word for subject in SUBJECTS.values() for word in subject.split()} <= {
        row["term"] for row in words
    }
    for row in words:
        assert row["papers"] == sum(row["term"] in text for text in texts)
        assert row["titles"] == sum(row["term"] in title.lower().split() for title in planted.titles)
    assert all(row["followed_share"] is None for row in vocabulary if row["first"] is not None)
    offsets = np.load(planted.folder / "offsets.npy")
    tokens = np.load(planted.folder / "tokens.npy")
    for at in range(1, len(words) + 1):
        behind = tokens[np.flatnonzero(tokens == at) + 1]
        assert vocabulary[at]["followed_share"] == pytest.approx(np.mean(behind > 0))
    first = [vocabulary[i]["term"] for i in tokens[: offsets[1]] if i]
    assert first == [w for w in planted.texts[0].replace(".", " ").split() if w in {r["term"] for r in words}]


def run_keywords(planted, out, **changes):
    inputs = term_files(planted.folder) | {"embeddings": planted.embeddings}
    inputs["assignments"] = planted.folder / "assignments.parquet"
    inputs |= {name: planted.folder / f"{name}.parquet" for name in ("nodes", "subtopics")}
    inputs["works"] = planted.works
    outputs = {"keywords": out / "k.parquet", "csv": out / "k.csv", "coherence": out / "c.json"}
    return script("keywords", **inputs | outputs | changes)


def run_terms(papers, out, **changes):
    return script("terms", papers=papers, **term_files(out) | changes)


def test_files_do_not_depend_on_the_number_of_threads(planted, tmp_path, out):
    assert run_terms(planted.papers, out, min_count=2, threads=2).returncode == 0
    for name in ("vocabulary.parquet", "tokens.npy", "offsets.npy", "terms.npy", "term_offsets.npy"):
        assert (out / name).read_bytes() == (planted.folder / name).read_bytes()


@pytest.mark.parametrize("title", ["İSTANBUL FAYI", "ΝΟΜΟΣ ΕΛΛΑΔΑΣ", "Istanbul Fault"])
def test_words_of_titles_in_capitals_count_as_in_titles(tmp_path, out, title):
    """`clean` makes the text, and lower case of `İ` and of a final `Σ` is not the same everywhere."""
    batch = pa.RecordBatch.from_pylist(
        [{"id": str(i), "title": title, "abstract": f"New {title}."} for i in range(5)], schema=PAPERS
    )
    text = add_text(batch)["text"].to_pylist()
    papers = pq_write(tmp_path / "p.parquet", title=[title] * 5, text=text)
    result = run_terms(papers, out, min_count=1)
    assert result.returncode == 0, result.stderr
    rows = pq.read_table(out / "vocabulary.parquet").to_pylist()
    words = [row for row in rows if row["term"] in text[0].partition(".")[0].split()]
    assert len(words) == 2 and all(row["titles"] == 5 for row in words)


def test_a_topic_without_words_is_named_in_a_warning(planted, tmp_path, out):
    table = pq.read_table(planted.folder / "assignments.parquet")
    lone = np.array([4 if i == 0 else 0 for i in range(140)], np.int32)
    changed = table.set_column(table.column_names.index("topic"), "topic", [lone])
    pq.write_table(changed, tmp_path / "a.parquet")
    levels = ["group", *["topic"] * 5]
    node, parent = [0, 0, 1, 2, 3, 4], [None, 0, 0, 0, 0, 0]
    nodes = pq_write(
        tmp_path / "n.parquet",
        level=levels,
        node=pa.array(node, pa.int32()),
        parent=pa.array(parent, pa.int32()),
        size=[140, 139, 0, 0, 0, 1],
        stability=pa.nulls(6, pa.float64()),
    )
    result = run_keywords(planted, out, assignments=tmp_path / "a.parquet", nodes=nodes)
    assert result.returncode == 0 and "warning: topics without keywords" in result.stderr
    assert "1, 2, 3. Their papers" in result.stderr and "terms.min_count" in result.stderr
    rows = pq.read_table(out / "k.parquet").to_pylist()
    assert {row["node"] for row in rows if row["level"] == "topic"} == {0, 4}


def test_a_corpus_without_frequent_words_is_refused(planted, tmp_path, out):
    assert_refused(
        run_terms(planted.papers, out, min_count=10_000), out, "terms.min_count: no word is in 10000 papers"
    )
    stop = tmp_path / "stop.txt"
    stop.write_text("\n".join(" ".join(planted.texts).replace(".", " ").split()))
    assert_refused(run_terms(planted.papers, out, stop_words=stop), out, "terms.stop_words")


def test_a_corpus_of_which_most_words_are_not_known_has_no_vocabulary(tmp_path, out):
    """The few papers in English share no word that is frequent enough: the config has no mistake."""
    texts = ["本研究では量子もつれを調べた。"] * 20 + ["quantum entanglement"] * 4
    papers = pq_write(tmp_path / "p.parquet", title=[""] * 24, text=texts)
    result = run_terms(papers, out, min_count=5)
    assert result.returncode == 0 and "20 of 24 papers have no keywords" in result.stderr
    assert np.load(out / "terms.npy").size == 0


def test_papers_and_assignments_of_different_length_are_refused(planted, tmp_path, out):
    papers = pq_write(tmp_path / "p.parquet", title=planted.titles[:-1], text=planted.texts[:-1])
    assert run_terms(papers, tmp_path, min_count=1).returncode == 0
    assert_refused(run_keywords(planted, out, **term_files(tmp_path)), out, "139", "140")
