"""The whole workflow on 160 real papers with the real small model, run twice. What it re-runs: test_reruns.py."""

import random
import subprocess
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import silhouette_samples

from conftest import ENVIRONMENT, ROOT
from lib.clusters.schema import ASSIGNMENTS
from lib.map.schema import COORDINATES
from lib.records.schema import PAPERS as PAPERS_TABLE
from rules import RUN_STEPS
from workflow import FILES, copy_project, ran, read, sample_lines, snakemake

PAPERS = 160
# There are too few papers for 70 topics, so that K is 5 on any processor.
CONFIG = """\
input: data/papers.jsonl
scan_k: {sample: 120}
select_k: {candidates: [5, 70]}
cluster: {n_init: 8, smooth: 0}
terms: {min_count: 3}
embed: {max_tokens: 32, parts: 2}
plot: {dpi: 60}
"""


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """The workflow, run once as a user runs it."""
    folder = copy_project(tmp_path_factory.mktemp("project"), sample_lines(PAPERS), CONFIG)
    (folder / "first-run.txt").write_text(snakemake(folder, environment=ENVIRONMENT))
    return folder


@pytest.fixture(scope="session")
def permuted(tmp_path_factory) -> Path:
    """The workflow in another folder, without the first one's cache, on the same lines in another order."""
    lines = sample_lines(PAPERS)
    random.Random(1).shuffle(lines)
    folder = copy_project(tmp_path_factory.mktemp("permuted"), lines, CONFIG)
    snakemake(folder)
    return folder


def test_first_run_makes_every_file_and_no_other(project):
    results = project / "results"
    made = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}
    made = {name for name in made if not name.startswith(("logs/", "benchmarks/"))}
    assert made == set(FILES)  # no parts, no leftovers
    assert all((results / name).stat().st_size for name in FILES)
    assert sorted(ran((project / "first-run.txt").read_text())) == sorted(
        [*RUN_STEPS, "embed", "scan_k", "all"]  # two parts, two candidates
    )


TABLES = {
    "corpus/papers.parquet": PAPERS_TABLE,
    "clusters/assignments.parquet": ASSIGNMENTS,
    "map/coordinates.parquet": COORDINATES,
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_the_columns_of_the_contract_and_the_rows_of_papers(project, name):
    table = read(project, name)
    assert [(field.name, field.type) for field in table.schema] == [(f.name, f.type) for f in TABLES[name]]
    ids = read(project, "corpus/papers.parquet")["id"].to_pylist()
    assert table["id"].to_pylist() == ids == sorted(ids)
    assert PAPERS - 10 < len(ids) <= PAPERS


def test_embeddings_are_unit_rows_of_their_papers(project):
    vectors, about = read(project, "embeddings/embeddings.npy"), read(project, "embeddings/embeddings.json")
    assert vectors.dtype == np.float16 and vectors.flags.c_contiguous
    assert vectors.shape == (len(read(project, "corpus/papers.parquet")), about["dim"])
    np.testing.assert_allclose(np.linalg.norm(vectors.astype(np.float64), axis=1), 1, atol=2e-3)
    assert about["cache_misses"] == len(vectors) and about["parts"] == 2
    assert 0 < about["truncated_papers"] <= len(vectors)


def test_topics_follow_from_the_assignments(project):
    topics, assignments = (
        read(project, "topics/topics.parquet"),
        read(project, "clusters/assignments.parquet"),
    )
    first = ["topic", "key", "label", "size", "share"]
    assert topics.column_names[:5] == first
    assert {"keywords", "representative_id", "representative_title", "silhouette"} <= set(topics.column_names)
    assert topics["keywords"].type == pa.list_(pa.string())
    owner = assignments["topic"].to_numpy()
    sizes = np.bincount(owner)
    assert topics["topic"].to_pylist() == list(range(5))
    assert topics["size"].to_pylist() == sizes.tolist() == sorted(sizes, reverse=True)
    np.testing.assert_allclose(topics["share"].to_numpy(), sizes / len(owner))
    of = dict(zip(assignments["id"].to_pylist(), owner, strict=True))
    assert [of[key] for key in topics["representative_id"].to_pylist()] == list(range(5))
    labels = topics["label"].to_pylist()
    assert len({label.split(" | ")[0] for label in labels}) == len(set(labels)) == 5
    assert len(set(topics["name"].to_pylist())) == 5


def test_clustering_agrees_with_scikit_learn_on_the_files(project):
    rows = read(project, "embeddings/embeddings.npy").astype(np.float64)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assignments, centroids = (
        read(project, "clusters/assignments.parquet"),
        read(project, "clusters/centroids.npy"),
    )
    owner = assignments["topic"].to_numpy()
    assert centroids.dtype == np.float32
    for topic in range(5):
        np.testing.assert_allclose(centroids[topic], rows[owner == topic].mean(0), atol=1e-5)
    nearest = ((rows[:, None] - centroids) ** 2).sum(2).argmin(1)
    assert np.mean(nearest == owner) > 0.99
    theirs = silhouette_samples(rows, owner, metric="cosine")
    np.testing.assert_allclose(assignments["silhouette"].to_numpy(), theirs, atol=1e-5)
    assert read(project, "evaluation/evaluation.json")["silhouette"] == pytest.approx(theirs.mean(), abs=1e-5)


def test_ledger_sums_to_the_lines(project):
    ledger = read(project, "corpus/ledger.json")
    assert sum(bucket["count"] for bucket in ledger["buckets"].values()) == ledger["lines"]
    assert ledger["lines"] == len(sample_lines(PAPERS))
    assert ledger["buckets"]["kept"]["count"] == len(read(project, "corpus/papers.parquet"))


def test_permuted_lines_in_another_folder_give_the_same_bytes(project, permuted):
    def digests(folder: Path) -> dict[str, str]:
        files = [name for name in FILES if name.endswith((".parquet", ".npy", ".csv", ".digest", ".html"))]
        assert len(files) == 49
        return {name: sha256((folder / "results" / name).read_bytes()).hexdigest() for name in files}

    one, two = digests(project), digests(permuted)
    # report.html shows speeds of this run
    assert one.pop("report.html") and two.pop("report.html")
    assert one == two


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.loaded = []

    def handle_starttag(self, tag, attrs):
        self.loaded += [value for name, value in attrs if name in ("src", "data", "srcset") or tag == "link"]


@pytest.mark.parametrize("page", ["map.html", "report.html"])
def test_pages_load_nothing_from_elsewhere(project, page):
    links = Links()
    links.feed((project / "results" / page).read_text(encoding="utf-8"))
    assert all(value.startswith("data:") for value in links.loaded)


def test_second_run_has_nothing_to_do(project):
    assert "Nothing to be done" in snakemake(project)


def test_lint_passes():
    result = subprocess.run(
        ["snakemake", "--lint"], cwd=ROOT, capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_report_of_snakemake_works_offline(project, tmp_path):
    # a proxy where nothing listens: whatever asks the network fails at once
    offline = dict.fromkeys(("http_proxy", "https_proxy", "HTTPS_PROXY"), "http://127.0.0.1:9")
    command = ["snakemake", "--configfile", "mine.yaml", "--report", str(tmp_path / "report.html")]
    result = subprocess.run(
        command, cwd=project, capture_output=True, text=True, env=ENVIRONMENT | offline, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    page = (tmp_path / "report.html").read_text()
    for name in ("map.png", "k_selection.csv", "topics.csv", "report.html"):
        assert name in page
