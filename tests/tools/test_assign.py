"""assign and ask: new papers against a finished run, compared with a plain program."""

import gzip
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ask
import assign
import embed
import gather
import neighbors
from cleaned import run_clean
from conftest import ENVIRONMENT, ROOT, as_lines, paper, pq_write
from encode_as_run import encode_one
from encoders import SAMPLE, tiny_bert
from lib.cli import UserError
from lib.clusters.kmeans import kmeans
from lib.files import write_json
from measure import command_line
from summaries import CLUSTER, PROJECT

N, SMOOTH, MAP_NEIGHBORS = 240, 2, 6
NUMBERS = np.array([2, 5, 7, 11], np.int32)  # lasting numbers have gaps
NOTICE = "© {} Elsevier B.V. All rights reserved."
GERMAN = (
    "wir untersuchen die struktur der sterne und ihre entwicklung in den kugelsternhaufen der milchstrasse."
)


def records(start: int, stop: int) -> list[dict]:
    """Records of the bundled sample."""
    with gzip.open(SAMPLE, "rt") as file:
        return [json.loads(line) for _, line in zip(range(stop), file, strict=False)][start:]


def units(rows: np.ndarray) -> np.ndarray:
    rows = rows.astype(float)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@dataclass
class Finished:
    """A results folder of N papers, and what a plain program needs of it."""

    at: Path
    model: Path
    rows: pd.DataFrame
    vectors: np.ndarray
    means: np.ndarray

    def vectors_of(self, papers: list[dict], folder: Path) -> np.ndarray:
        """Vectors float16 by `clean` and `embed`, in order of id."""
        run_clean(as_lines(*papers), folder, min_abstract_chars=0)
        encode(folder / "papers.parquet", self.model, folder)
        return np.load(folder / "part.npy")


def encode(papers: Path, model: Path, folder: Path) -> None:
    files = {"vectors": folder / "part.npy", "summary": folder / "part.json"}
    flags = {"parts": 1, "model": str(model), "max_tokens": 64, "prefix": "topic: ", "cache": None}
    embed.main(command_line("embed", papers=papers, **files, **flags))


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Finished:
    at = tmp_path_factory.mktemp("assign") / "results"
    for stage in ("corpus", "embeddings", "clusters", "topics", "map"):
        (at / stage).mkdir(parents=True)
    model = tiny_bert(at / "model")
    papers = records(0, N)
    for i in range(20):
        papers[i]["abstract"] += f" {NOTICE.format(2000 + i)}"
    rows, _, _ = run_clean(as_lines(*papers), at / "corpus", since="1990-01-01")
    encode(at / "corpus/papers.parquet", model, at / "embeddings")
    of_papers = {"papers": at / "corpus/papers.parquet", "embeddings": at / "embeddings/embeddings.npy"}
    parts = {"vectors": [at / "embeddings/part.npy"], "summaries": [at / "embeddings/part.json"]}
    gather.main(command_line("gather", **of_papers, **parts, summary=at / "embeddings/embeddings.json"))
    graph = {name: at / f"embeddings/{name}.npy" for name in ("neighbors", "similarities")}
    neighbors.main(command_line("neighbors", **of_papers, **graph, summary=at / "embeddings/neighbors.json"))
    vectors = np.load(of_papers["embeddings"])
    near = np.load(graph["neighbors"])[:, :SMOOTH]
    smoothed = units(units(vectors) + units(vectors)[near].sum(1)).astype(np.float16).astype(np.float32)
    means = kmeans(smoothed, len(NUMBERS), seeds=[0]).centroids
    labels = (smoothed @ means.T - (means**2).sum(1) / 2).argmax(1)
    centroids = np.stack([units(vectors)[labels == code].mean(0) for code in range(len(NUMBERS))])
    cosines = units(vectors) @ units(centroids).T
    own = cosines[np.arange(N), labels].copy()
    cosines[np.arange(N), labels] = -1
    np.save(at / "clusters/search.npy", means)
    np.save(at / "clusters/centroids.npy", centroids.astype(np.float32))
    pq_write(
        at / "clusters/assignments.parquet",
        id=[row["id"] for row in rows],
        topic=NUMBERS[labels],
        similarity=own.astype(np.float32),
        margin=(own - cosines.max(1)).astype(np.float32),
        second_topic=NUMBERS[cosines.argmax(1)],
        silhouette=own.astype(np.float32),
        outlier=own < 0,
    )
    write_json(at / "clusters/cluster.json", CLUSTER | {"smooth": SMOOTH})
    names = ["stars", "spins · glass", "algebra", "networks"]
    pq_write(at / "topics/topics.parquet", topic=NUMBERS, key=[f"t{n:04x}" for n in NUMBERS], name=names)
    places = np.random.default_rng(0).normal(size=(N, 2)).astype(np.float32)
    ids = [row["id"] for row in rows]
    pq_write(at / "map/coordinates.parquet", id=ids, x=places[:, 0], y=places[:, 1])
    write_json(at / "map/project.json", PROJECT | {"n_neighbors": MAP_NEIGHBORS})
    table = pd.DataFrame(rows).assign(topic=NUMBERS[labels], similarity=own, x=places[:, 0], y=places[:, 1])
    return Finished(at, model, table, vectors, means)


def assigned(finished: Finished, source: Path) -> pd.DataFrame:
    """The table that `assign` writes for a file."""
    flags = [f"--input={source}", f"--results={finished.at}", f"--cache={finished.at / 'cache'}"]
    assign.main([*flags, "--threads=2"])
    return pd.read_parquet(finished.at / f"assign/{source.name.partition('.')[0]}.parquet")


def test_new_papers_get_what_a_plain_program_finds(finished, tmp_path):
    new = records(N, N + 30)
    (tmp_path / "new.jsonl").write_bytes(as_lines(*new))
    table = assigned(finished, tmp_path / "new.jsonl").set_index("id")
    assert not table["known"].any() and len(table) == 30 and table.index.is_monotonic_increasing
    own, rows = units(finished.vectors_of(new, tmp_path)), units(finished.vectors)
    cosines = own @ rows.T
    order = np.argsort(-cosines, axis=1)
    smoothed = units(own + rows[order[:, :SMOOTH]].sum(1))
    distances = ((smoothed[:, None] - finished.means[None]) ** 2).sum(2)
    assert (table["topic"].to_numpy() == NUMBERS[distances.argmin(1)]).mean() > 0.95  # in float16
    centroids = units(np.load(finished.at / "clusters/centroids.npy"))
    to_own = np.einsum("ij,ij->i", own, centroids[np.searchsorted(NUMBERS, table["topic"])])
    np.testing.assert_allclose(table["similarity"], to_own, atol=1e-6)
    best = np.sort(own @ centroids.T, axis=1)
    positive = table["margin"] >= 0
    np.testing.assert_allclose(table["margin"][positive], (best[:, -1] - best[:, -2])[positive], atol=2e-6)
    assert positive.any() and set(table["second_topic"]) <= set(NUMBERS)
    ids = finished.rows["id"].to_numpy()
    assert np.stack(table["near_ids"]).tolist() == ids[order[:, :5]].tolist()
    titles = finished.rows.set_index("id")["title"]
    assert all(titles[row["near_ids"][0]] == row["near_titles"][0] for _, row in table.iterrows())
    # the place is inside of the nearest papers on the map
    places = finished.rows[["x", "y"]].to_numpy()[order[:, :MAP_NEIGHBORS]]
    assert (
        ((table[["x", "y"]] >= places.min(1) - 1e-6) & (table[["x", "y"]] <= places.max(1) + 1e-6))
        .all()
        .all()
    )
    by_key = dict(zip(NUMBERS, ["stars", "spins · glass", "algebra", "networks"], strict=True))
    assert table["name"].tolist() == [by_key[topic] for topic in table["topic"]]
    assert table["key"].tolist() == [f"t{topic:04x}" for topic in table["topic"]]
    # alone, a paper gets the same
    (tmp_path / "one.jsonl").write_bytes(as_lines(new[3]))
    one = assigned(finished, tmp_path / "one.jsonl").set_index("id")
    together = table.loc[one.index]
    same = ["topic", "second_topic", "name", "outlier"]
    assert (
        one[same].equals(together[same])
        and one["near_ids"].iloc[0].tolist() == together["near_ids"].iloc[0].tolist()
    )
    np.testing.assert_allclose(one["similarity"], together["similarity"], atol=1e-6)


def test_a_text_of_the_run_is_known_whatever_its_id(finished, tmp_path):
    again = [record | {"id": f"again/{i:04}"} for i, record in enumerate(records(0, 30))]
    again[3]["abstract"] += f" {NOTICE.format(2011)}"  # removed, although one paper has it
    changed = records(31, 32)[0] | {
        "abstract": "A new abstract of this paper, which has more than fifty characters."
    }
    (tmp_path / "mixed.jsonl").write_bytes(as_lines(*again, changed))
    table = assigned(finished, tmp_path / "mixed.jsonl").set_index("id")
    known = table[table["known"]]
    assert len(known) == 30 and changed["id"] not in known.index
    rows = finished.rows.drop_duplicates("title").set_index("title").loc[known["title"]]
    assert known["topic"].tolist() == rows["topic"].tolist()
    np.testing.assert_array_equal(known["similarity"], rows["similarity"].astype(np.float32))
    np.testing.assert_array_equal(known[["x", "y"]], rows[["x", "y"]])
    near = np.load(finished.at / "embeddings/neighbors.npy")[:, :5]
    at = [finished.rows.index[finished.rows["id"] == name][0] for name in rows["id"]]
    assert np.stack(known["near_ids"]).tolist() == finished.rows["id"].to_numpy()[near[at]].tolist()


def test_broken_lines_stand_in_the_ledger_and_hinder_no_other(finished, tmp_path, capsys):
    good = as_lines(*records(N, N + 2))
    (tmp_path / "broken.jsonl").write_bytes(good + b"{broken\n" + as_lines(paper(title="")) + b"\n")
    assert len(assigned(finished, tmp_path / "broken.jsonl")) == 2
    ledger = json.loads((finished.at / "assign/broken.json").read_text())
    assert ledger["lines"] == 5 and ledger["buckets"]["malformed_json"]["count"] == 1
    assert ledger["buckets"]["no_title"]["first"][0]["line"] == 4
    said = capsys.readouterr().out
    assert "3 lines are not among them" in said and "broken.json says why" in said
    cells = pd.read_csv(finished.at / "assign/broken.csv")
    assert cells["near_ids"].str.count("; ").tolist() == [4, 4]
    (tmp_path / "worse.jsonl").write_bytes(b"{broken\n")
    with pytest.raises(UserError, match="no line of the first block is a paper"):
        assigned(finished, tmp_path / "worse.jsonl")
    assert not list((finished.at / "assign").glob("worse*")) and not list((finished.at / "assign").glob(".*"))


def test_other_formats_are_read(finished, tmp_path):
    (record,) = records(N, N + 1)
    pd.DataFrame({name: [record[name]] for name in ("id", "title", "abstract")}).to_csv(tmp_path / "c.csv")
    (tmp_path / "j.jsonl").write_bytes(as_lines(record))
    one, other = (assigned(finished, tmp_path / name) for name in ("c.csv", "j.jsonl"))
    assert (
        one["title"].tolist() == other["title"].tolist() and one["topic"].tolist() == other["topic"].tolist()
    )


def test_names_of_outputs():
    names = {
        "new.jsonl.gz": "new",
        "/a/b/2026.09.zip": "2026.09",
        "x": "x",
        "papers/": "papers",
        "*.csv": "*",
    }
    assert {source: assign.name_of(source) for source in names} == names


def test_a_text_is_asked_with_one_command(finished):
    record = records(0, 1)[0]
    text = f"{record['title']}. {record['abstract']} With $\\alpha$ and 'quotes'; $(date)."
    make = ["make", "--no-print-directory", "--old-file=.venv/.run", "ask"]
    command = [*make, f"TEXT={text}", f"RESULTS={finished.at}"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:5]] == ["Topic", "Similarity", "Second", "Place", "Nearest"]
    assert len(lines) == 10 and " ".join(record["title"].split()) in lines[5] and not result.stderr
    empty = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False)
    assert empty.returncode != 0 and 'make ask TEXT="title. abstract"' in empty.stderr


def asked(finished: Finished, text: str) -> None:
    ask.main([f"--text={text}", f"--results={finished.at}", "--threads=1"])


def test_one_text_gets_the_vector_of_the_run(finished):
    encoder = json.loads((finished.at / "embeddings/embeddings.json").read_text())
    vector = encode_one(finished.rows["text"][5], encoder, 1)
    assert vector.shape == (1, 64) and vector.dtype == np.float16
    np.testing.assert_allclose(vector[0].astype(float), finished.vectors[5].astype(float), atol=1e-3)


def test_a_known_text_is_told_and_another_language_warned_of(finished, capsys):
    row = finished.rows.iloc[7]
    asked(finished, f"{row['title']}. {row['abstract']}")
    said = capsys.readouterr()
    name = dict(zip(NUMBERS, ["stars", "spins · glass", "algebra", "networks"], strict=True))[row["topic"]]
    assert said.out.startswith(f"Topic       {name}  (t{row['topic']:04x}, number {row['topic']})")
    assert "The run has this text." in said.out and not said.err
    asked(finished, GERMAN)
    assert "German" in capsys.readouterr().err
    with pytest.raises(UserError, match="TEXT: no words"):
        asked(finished, " ... ")


def test_another_encoder_or_folder_is_refused(finished, tmp_path):
    other = tmp_path / "results"
    shutil.copytree(finished.at, other)
    about = json.loads((other / "embeddings/embeddings.json").read_text())
    shutil.copytree(about["model"], tmp_path / "model")
    tokenizer = tmp_path / "model/tokenizer_config.json"
    tokenizer.write_text(tokenizer.read_text() + " ")
    write_json(other / "embeddings/embeddings.json", about | {"model": str(tmp_path / "model")})
    with pytest.raises(UserError, match=rf"{tmp_path}/model is no longer .* \(tokenizer_config.json differ"):
        asked(Finished(other, *[None] * 4), "a text of another encoder")
    np.save(other / "clusters/search.npy", finished.means[:, :10])
    with pytest.raises(UserError, match=r"search\.npy \(4, 10\)"):
        asked(Finished(other, *[None] * 4), "a text")
    (other / "clusters/search.npy").unlink()
    with pytest.raises((UserError, FileNotFoundError), match=r"search\.npy"):
        asked(Finished(other, *[None] * 4), "a text")
    with pytest.raises(UserError, match="no such folder"):
        asked(Finished(tmp_path / "none", *[None] * 4), "a text")
