"""works: records that are one work, and those that only look like one."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

import work_pairs
from conftest import pq_write, script

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
