"""works: records that are one work, and those that only look like one."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

import work_pairs
from conftest import assert_refused, pq_write, script

TEXT = (
    "The spread of salt in the soil of river deltas is measured by probes and compared with a model of the ground "
    "water. Where the tide is strong the model fails, because the pores of the clay close after some weeks."
)


def files_of(records: list[dict], folder: Path, k: int = 20) -> dict[str, Path]:
    """The inputs of the step: records have id, title, abstract, published, dois, authors and journal."""
    records = sorted(records, key=lambda record: record["id"])
    texts = [f"{each['title']}. {each['abstract']}".lower() for each in records]
    hashes = [np.random.default_rng(list(text.encode())).bytes(16) for text in texts]
    facets: dict[str, list] = {"id": [], "facet": [], "position": [], "value": [], "key": []}
    for record in records:
        for facet, name in (("authors", "authors"), ("doi", "dois"), ("journal", "journal")):
            for position, value in enumerate(record.get(name, ())):
                for column, each in zip(facets, (record["id"], facet, position, value, None), strict=True):
                    facets[column].append(each)
    vectors = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 1)).fit_transform(texts)
    k = min(k, len(records) - 1)
    distances, rows = NearestNeighbors(n_neighbors=k + 1, metric="cosine").fit(vectors).kneighbors(vectors)
    others = [[j for j in of if j != i][:k] for i, of in enumerate(rows.tolist())]
    similar = [
        [1 - distance for j, distance in zip(of, far, strict=True) if j != i][:k]
        for i, (of, far) in enumerate(zip(rows.tolist(), distances.tolist(), strict=True))
    ]
    folder.mkdir(exist_ok=True)
    np.save(folder / "n.npy", np.array(others, np.int32))
    np.save(folder / "s.npy", np.array(similar, np.float16))
    text = {"facet": pa.string(), "value": pa.string(), "id": pa.string(), "key": pa.string()}
    table = pa.table({name: pa.array(values, text.get(name, pa.int32())) for name, values in facets.items()})
    pq.write_table(table, folder / "f.parquet")
    papers = pq_write(
        folder / "p.parquet",
        id=[each["id"] for each in records],
        title=[each["title"] for each in records],
        abstract=[each["abstract"] for each in records],
        published=pa.array([each.get("published") for each in records], pa.date32()),
        text_hash=pa.array(hashes, pa.binary(16)),
    )
    inputs = {"papers": papers, "facets": folder / "f.parquet"}
    return inputs | {"neighbors": folder / "n.npy", "similarities": folder / "s.npy"}


def run_works(inputs: dict[str, Path], out: Path, **changes):
    return script("works", **inputs | {"works": out / "w.parquet", "summary": out / "w.json"} | changes)


def works_of(records: list[dict], out: Path, **changes) -> tuple[dict[str, str], dict[str, str]]:
    """For each id its work, and its role."""
    result = run_works(files_of(records, out / "in"), out, **changes)
    assert result.returncode == 0, result.stderr
    table = pq.read_table(out / "w.parquet").to_pydict()
    return dict(zip(table["id"], table["work"], strict=True)), dict(
        zip(table["id"], table["role"], strict=True)
    )


def record(key: str, title: str = "Salt in the soil of river deltas", **changes) -> dict:
    return {"id": key, "title": title, "abstract": TEXT, "published": date(2015, 3, 1)} | changes


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_works_are_found_and_no_others(out, seed):
    records = work_pairs.corpus(seed, rounds=20)
    works, _ = works_of(records, out)
    assert list(works) == [each["id"] for each in records]
    found = work_pairs.pairs(list(works.values()))
    planted = work_pairs.pairs([each["work"] for each in records])
    assert len(planted) > 300 and len(records) > 1000
    wrong, missed = found - planted, planted - found
    assert len(wrong) <= 0.01 * len(found), [(records[a], records[b]) for a, b in wrong][:3]
    assert len(missed) <= 0.05 * len(planted), [(records[a], records[b]) for a, b in missed][:3]


def test_a_preprint_and_copies_in_capitals_are_one_work(out):
    """As in the case same-work-two-ids: one text under the id of a paper, a DOI of bioRxiv and those of a review."""
    titles = [" ".join(np.random.default_rng(i).permutation(TEXT.lower().split())[:6]) for i in range(8)]
    subjects = ["galaxies", "primes", "neurons", "qubits", "seabirds", "glaciers", "enzymes", "verbs"]
    records = []
    for title, subject in zip(titles, subjects, strict=True):
        text = {"title": f"{title} of {subject}", "abstract": f"{subject} {TEXT} {' '.join([subject] * 9)}"}
        records += [record(f"p-{subject}", **text), record(f"10.1101/p-{subject}", **text)]
        records += [record(f"rev/{subject}-{i}", **text | {"title": text["title"].upper()}) for i in range(3)]
    works, roles = works_of(records, out)
    assert works == {
        each["id"]: f"p-{each['id'].split('-')[-1] if each['id'][0] != 'r' else each['id'][4:-2]}"
        for each in records
    }
    assert set(roles.values()) == {"article", "preprint", "version"}
    assert all((roles[key] == "preprint") == key.startswith("10.1101/") for key in roles)
    summary = json.loads((out / "w.json").read_text())
    assert (summary["records"], summary["works"], summary["joined"], summary["by_text"]) == (40, 8, 32, 32)
    assert [len(of) for of in summary["examples"]] == [5] * 8 and summary["examples"][0][0][
        "role"
    ] == "article"


def test_who_stands_for_a_work(out):
    preprint, article = record("1503.00001"), record("W2", dois=["10.1016/j.x.1"], published=date(2014, 1, 1))
    journal = record(
        "W3", journal=["Journal of Salt"], title="Salt, measured in the soil", abstract=TEXT[::-1]
    )
    newer = journal | {"id": "W4", "published": date(2016, 1, 1)}
    bare = journal | {"id": "W0", "journal": [], "published": date(2020, 1, 1)}
    smaller = newer | {"id": "W35"}
    works, roles = works_of([preprint, article, journal, newer, bare, smaller], out)
    assert works == {"1503.00001": "W2", "W2": "W2"} | dict.fromkeys(("W3", "W4", "W0", "W35"), "W35")
    assert (roles["1503.00001"], roles["W2"], roles["W4"], roles["W0"]) == (
        "preprint",
        "article",
        "version",
        "version",
    )


def test_what_contradicts_each_other_is_not_joined_by_what_lies_between(out):
    """Two preprints of one server and two articles are near to each other; each article belongs to its preprint."""
    first = "Salt in the soil of river deltas: models of tides"
    records = [
        record("1503.00001", title=first, authors=["Ana Novak"]),
        record("1503.00002", title="Salt in the soil of river deltas: probes of clay", authors=["Ana Novak"]),
        record("W1", dois=["10.1016/j.x.1"], title=first.upper(), authors=["A. Novak"]),
        record("W2", dois=["10.1016/j.x.2"], authors=["Novak, A."], published=date(2016, 1, 1)),
        record("W3", title="Salt in the soil of river deltas, II", authors=["Ana Novak"]),
    ]
    works, roles = works_of(records, out)
    assert works["1503.00001"] == works["W1"] == "W1"
    assert works["W2"] != "W1" and works["1503.00002"] != "W1"
    assert works["W3"] == "W3" and roles["W3"] == "part"


def test_authors_years_and_numbers_keep_records_apart(out):
    one, other = (
        record("a1", authors=["Ana Novak"]),
        record("b1", authors=["Bo Silva"], abstract=TEXT + " Twice."),
    )
    late = record("c1", authors=["Ana Novak"], abstract=TEXT + " Again.", published=date(2040, 1, 1))
    formula = record("d1", title="Salt in the soil of 3 river deltas", authors=["Ana Novak"])
    works, _ = works_of([one, other, late, formula], out)
    assert works == {key: key for key in ("a1", "b1", "c1", "d1")}
    undated = late | {"id": "e1", "published": None}
    assert works_of([one, undated], out)[0] == {"a1": "a1", "e1": "a1"}


def test_dois_of_volumes_and_of_corrections_join_nothing(out):
    volume = [
        record(f"v{i}", title=f"{word} of the {word}s", abstract=f"{word} {i} " * 12, dois=["10.1007/v"])
        for i, word in enumerate(["galaxy", "prime", "neuron", "qubit"])
    ]
    paper = record("w1", dois=["10.1016/j.x.1"])
    note = record(
        "x1", title="Correction to: Salt in the soil", abstract="Wrong figure " * 9, dois=["10.1016/j.x.1"]
    )
    parts = [
        record(f"y{i}", title=f"Tides, Part {i}", abstract=f"tide {i} " * 20, dois=["10.1016/y"])
        for i in "12"
    ]
    arxiv = [
        record(f"1105.0000{i}", title=title, abstract=f"{title} " * 9, dois=["10.1063/1.3571005"])
        for i, title in enumerate(("A planet of a star", "Stars in the fields of a satellite"))
    ]
    works, _ = works_of([*volume, paper, note, *parts, *arxiv], out)
    assert all(key == work for key, work in works.items())


def test_ids_that_stand_for_a_doi(out):
    """The DOI of a record may be the id of another, or the DOI that arXiv gives to an id."""
    far = [
        record("q", title="Verbs", abstract="verb " * 20),
        record("r", title="Enzymes", abstract="enzyme " * 20),
    ]
    records = [
        record("1503.00001"),
        far[0] | {"dois": ["https://doi.org/10.48550/arXiv.1503.00001"]},
        record("10.21203/rs.3.rs-7/v1", title="Glaciers", abstract="glacier " * 20),
        far[1] | {"dois": ["10.21203/RS.3.RS-7/v2"]},
    ]
    works, roles = works_of(records, out)
    assert works["q"] == works["1503.00001"] and works["r"] == works["10.21203/rs.3.rs-7/v1"]
    assert {roles[key] for key in works} == {"preprint", "version"}


def test_sources_without_dois_and_authors(out):
    records = [
        record("a1"),
        record("b1", title="SALT IN THE SOIL OF RIVER DELTAS", abstract=TEXT + " Indeed."),
    ]
    inputs = files_of([*records, record("c1", title="Verbs", abstract="verb " * 20)], out / "in")
    result = run_works(inputs, out)
    assert result.returncode == 0, result.stderr
    table = pq.read_table(out / "w.parquet").to_pydict()
    assert table["work"] == ["a1", "a1", "c1"] and table["counted"] == [True, False, True]


def test_a_title_in_capitals_stands_for_no_work_that_has_another(out):
    """Not even the newest record does."""
    works, _ = works_of([record("a1", title=record("x")["title"].upper()), record("b1")], out)
    assert works == {"a1": "b1", "b1": "b1"}


def test_all_records_count_if_the_user_wants(out):
    works, _ = works_of([record("a1"), record("b1")], out, count="records")
    assert works == {"a1": "a1", "b1": "a1"}
    assert pq.read_table(out / "w.parquet")["counted"].to_pylist() == [True, True]


def test_damaged_inputs_are_refused(out):
    records = work_pairs.corpus(3, rounds=1)
    inputs = files_of(records, out / "in")
    np.save(out / "in" / "n.npy", np.load(inputs["neighbors"])[:5])
    fresh = out / "fresh"
    fresh.mkdir()
    assert_refused(run_works(inputs, fresh), fresh, "run `neighbors` again")
    (out / "in" / "f.parquet").write_bytes(b"PAR1")
    assert_refused(
        run_works(files_of(records, out / "other") | {"facets": out / "in" / "f.parquet"}, fresh),
        fresh,
        "f.parquet",
    )
