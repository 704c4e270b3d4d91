"""search: the files against the planted subjects, samples of large corpora, corpora without words, and bad input."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

import search
from conftest import assert_broken_embeddings_are_refused, assert_refused, script, term_files
from lib.map.search_space import COMPONENTS
from lib.words.schema import VOCABULARY
from measure import command_line

FILES = {"paper_space": "papers.npy", "term_space": "terms.npy", "search_terms": "terms.parquet"}
READ = ("vocabulary", "terms", "term_offsets")


def flags(planted, out, **changes) -> dict:
    read = {name: term_files(planted.folder)[name] for name in READ}
    return {
        "embeddings": planted.embeddings,
        **read,
        **{name: out / file for name, file in FILES.items()},
    } | changes


def run_search(planted, out, **changes):
    return script("search", **flags(planted, out, **changes))


def read(out) -> tuple[np.ndarray, np.ndarray, pa.Table]:
    return np.load(out / "papers.npy"), np.load(out / "terms.npy"), pq.read_table(out / "terms.parquet")


def test_terms_find_the_papers_of_their_subject(planted, out):
    assert run_search(planted, out).returncode == 0
    papers, terms, table = read(out)
    assert papers.dtype == terms.dtype == np.int8
    assert papers.shape == (140, COMPONENTS) and terms.shape == (len(table), COMPONENTS)
    counts = table["papers"].to_pylist()
    assert counts == sorted(counts, reverse=True)
    for subject, words in enumerate(("quasar", "lattice", "axon", "photon")):
        term = terms[table["term"].to_pylist().index(words)].astype(float)
        nearest = np.argsort(-(papers @ term))[:20]
        assert (planted.truth[nearest] == subject).all()


def test_rounded_papers_keep_the_cosines(planted, out):
    assert run_search(planted, out).returncode == 0
    papers = read(out)[0].astype(float)
    rows = planted.vectors.astype(float) - planted.vectors.astype(float).mean(0)
    exact = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    found = papers / np.linalg.norm(papers, axis=1, keepdims=True)
    assert np.abs(exact @ exact.T - found @ found.T).max() < 0.06


def test_a_large_corpus_is_sampled(planted, out, monkeypatch):
    monkeypatch.setattr(search, "SAMPLE", 50)  # every third of 140
    search.main(command_line("search", **flags(planted, out)))
    papers, terms, table = read(out)
    assert len(papers) == 140
    offsets, listed = (np.load(term_files(planted.folder)[name]) for name in ("term_offsets", "terms"))
    seen = np.unique(np.concatenate([listed[offsets[i] : offsets[i + 1]] for i in range(0, 140, 3)]))
    words = pq.read_table(term_files(planted.folder)["vocabulary"])["term"].to_pylist()
    assert set(table["term"].to_pylist()) == {words[i] for i in seen}
    term = terms[table["term"].to_pylist().index("quasar")].astype(float)
    assert (planted.truth[np.argsort(-(papers @ term))[:15]] == 0).all()


def test_results_are_the_same_bits_on_any_number_of_threads(planted, tmp_path, monkeypatch):
    bits = []
    for threads in ("1", "2"):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
        folder = tmp_path / threads
        assert run_search(planted, folder).returncode == 0
        bits.append([(folder / file).read_bytes() for file in FILES.values()])
    assert bits[0] == bits[1]


def test_a_corpus_without_words_has_papers_alone(planted, out, tmp_path):
    row = {field.name: None for field in VOCABULARY} | {"term": "", "papers": 0, "titles": 0}
    files = {name: tmp_path / f"{name}.npy" for name in ("terms", "term_offsets")}
    pq.write_table(pa.Table.from_pylist([row], VOCABULARY), tmp_path / "v.parquet")
    np.save(files["terms"], np.zeros(0, np.int32))
    np.save(files["term_offsets"], np.zeros(141, np.int64))
    result = run_search(planted, out, vocabulary=tmp_path / "v.parquet", **files)
    assert result.returncode == 0, result.stderr
    papers, terms, table = read(out)
    assert papers.any() and terms.shape == (0, COMPONENTS) and len(table) == 0


def test_broken_inputs_are_refused(planted, out, tmp_path):
    assert_broken_embeddings_are_refused(run_search, planted, out)
    (tmp_path / "t.npy").write_bytes(b"\x93NUMPY")
    assert_refused(run_search(planted, out, terms=tmp_path / "t.npy"), out, "t.npy", "truncated")
