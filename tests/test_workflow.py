"""The whole workflow on 300 real papers with the real small model, run twice, and what it re-runs."""

import gzip
import json
import random
import re
import shutil
import subprocess
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import silhouette_samples

from conftest import ENVIRONMENT, ROOT
from lib import tables

CONFIG = """\
input: data/papers.jsonl
scan_k: {sample: 200, seeds: 2}
select_k: {candidates: [3, 5]}
cluster: {k: 5, starts: 8, smooth: 0}
terms: {min_count: 3}
embed: {max_tokens: 64, parts: 2}
plot: {dpi: 60}
"""
BELOW_CLEAN = {
    "terms",
    "embed",
    "gather",
    "neighbors",
    "smooth",
    "scan_k",
    "select_k",
    "cluster",
    "keywords",
    "hierarchy",
    "label",
    "tree",
    "trends",
    "explain",
    "project",
}
BELOW_CLEAN |= {"plot", "explore", "evaluate", "report"}
FILES = [
    "corpus/ledger.json",
    "corpus/papers.parquet",
    "corpus/papers.digest",
    *(
        f"corpus/{name}"
        for name in ("vocabulary.parquet", "tokens.npy", "offsets.npy", "terms.npy", "term_offsets.npy")
    ),
    "embeddings/embeddings.npy",
    "embeddings/embeddings.json",
    "embeddings/neighbors.npy",
    "embeddings/similarities.npy",
    "embeddings/neighbors.json",
    *(f"clusters/sample/{name}.npy" for name in ("rows", "vectors", "half_rows", "half_vectors")),
    "clusters/k.json",
    "clusters/k.txt",
    "clusters/k_selection.csv",
    "clusters/k_selection.png",
    "clusters/centroids.npy",
    "clusters/assignments.parquet",
    "clusters/cluster.json",
    "clusters/nodes.parquet",
    "clusters/subtopics.parquet",
    "clusters/linkage.npy",
    "clusters/scan_k/3.json",
    "clusters/scan_k/5.json",
    "topics/keywords.parquet",
    "topics/keywords.csv",
    "topics/representatives.parquet",
    *(f"topics/hierarchy.{kind}" for kind in ("parquet", "csv", "png")),
    *(f"topics/trends.{kind}" for kind in ("parquet", "csv", "png")),
    "topics/periods.parquet",
    *(f"topics/subtopic_{name}" for name in ("trends.parquet", "trends.csv", "periods.parquet")),
    *(
        f"topics/{name}"
        for name in ("explanations.parquet", "explained.parquet", "explain.json", "explanations.png")
    ),
    "topics/topics.parquet",
    "topics.csv",
    "map/coordinates.parquet",
    "map/project.json",
    "map.png",
    "map.html",
    "evaluation/evaluation.json",
    "report.html",
]


def snakemake(folder: Path, *flags: str) -> str:
    """Run snakemake in a copy of the project: all that it printed. It must succeed."""
    command = ["snakemake", "--cores", "2", "--configfile", "mine.yaml", *flags]
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=900
    )
    said = result.stdout + result.stderr
    assert result.returncode == 0, said[-6000:]
    return said


def jobs(said: str) -> dict[str, int]:
    """The jobs per rule in the job tables that snakemake printed, without `all`; the last table counts."""
    found = {}
    for table in re.findall(r"^job +count\n-.*\n((?:\w+ +\d+\n)+)", said, flags=re.M):
        found |= {name: int(n) for name, n in (line.split() for line in table.splitlines())}
    return {name: n for name, n in found.items() if name not in ("all", "total")}


def ran(said: str) -> list[str]:
    """The rule of each job that was started."""
    return re.findall(r"^(?:local)?(?:rule|checkpoint) (\w+):$", said, flags=re.M)


def sample_lines() -> list[bytes]:
    """Every fifteenth of the bundled papers: of all years and subjects."""
    with gzip.open(ROOT / "data" / "sample.jsonl.gz") as file:
        return list(file)[::15][:300]


def copy_project(folder: Path, lines: list[bytes]) -> Path:
    for name in ("rules", "scripts", "envs", "profiles", "presets", "docs", "data/words"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "data" / "papers.jsonl").write_bytes(b"".join(lines))
    # config.yaml names the bundled sample; mine.yaml names another
    (folder / "mine.yaml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Path:
    """The workflow, run once."""
    folder = copy_project(tmp_path_factory.mktemp("project"), sample_lines())
    (folder / "first-run.txt").write_text(snakemake(folder))
    return folder


@pytest.fixture(scope="session")
def permuted(tmp_path_factory) -> Path:
    """The workflow in another folder, without the first one's cache, on the same lines in another order."""
    lines = sample_lines()
    random.Random(1).shuffle(lines)
    folder = copy_project(tmp_path_factory.mktemp("permuted"), lines)
    snakemake(folder)
    return folder


def read(folder: Path, name: str):
    path = folder / "results" / name
    if path.suffix == ".json":
        return json.loads(path.read_text())
    return np.load(path) if path.suffix == ".npy" else pq.read_table(path)


def test_first_run_makes_every_file_and_no_other(project):
    results = project / "results"
    made = {str(path.relative_to(results)) for path in results.rglob("*") if path.is_file()}
    made = {name for name in made if not name.startswith(("logs/", "benchmarks/"))}
    assert made == set(FILES)  # no parts, no leftovers
    assert all((results / name).stat().st_size for name in FILES)
    assert sorted(ran((project / "first-run.txt").read_text())) == sorted(
        [*BELOW_CLEAN, "clean", "embed", "scan_k", "all"]
    )


TABLES = {
    "corpus/papers.parquet": tables.PAPERS,
    "clusters/assignments.parquet": tables.ASSIGNMENTS,
    "map/coordinates.parquet": tables.COORDINATES,
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_have_the_columns_of_the_contract_and_the_rows_of_papers(project, name):
    table = read(project, name)
    assert [(field.name, field.type) for field in table.schema] == [(f.name, f.type) for f in TABLES[name]]
    ids = read(project, "corpus/papers.parquet")["id"].to_pylist()
    assert table["id"].to_pylist() == ids == sorted(ids)
    assert 290 < len(ids) <= 300


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
    first = ["topic", "label", "size", "share"]
    assert topics.column_names[:4] == first
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
    assert ledger["lines"] == len(sample_lines())
    assert ledger["buckets"]["kept"]["count"] == len(read(project, "corpus/papers.parquet"))


def test_permuted_lines_in_another_folder_give_the_same_bytes(project, permuted):
    def digests(folder: Path) -> dict[str, str]:
        files = [name for name in FILES if name.endswith((".parquet", ".npy", ".csv", ".digest", ".html"))]
        assert len(files) == 38
        return {name: sha256((folder / "results" / name).read_bytes()).hexdigest() for name in files}

    one, two = digests(project), digests(permuted)
    # report.html shows speeds of this run
    assert one.pop("report.html") and two.pop("report.html")
    assert one == two


def test_two_corpora_side_by_side(permuted):
    """A run in a folder of its own leaves the files of the other corpus as they are."""
    results = permuted / "results"
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()}
    (permuted / "data" / "astro.jsonl").write_bytes(b"".join(sample_lines()[:150]))
    setting = ["--config", "pathvars={results: runs/astro}", "input=data/astro.jsonl"]
    said = snakemake(permuted, *setting)
    assert "holds the map of" not in said
    assert read(permuted, "../runs/astro/corpus/ledger.json")["lines"] == 150
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*") if path.is_file()} == before
    assert (permuted / "runs" / "astro" / "logs" / "cluster.log").exists()
    # switching between the two re-runs nothing
    assert "Nothing to be done" in snakemake(permuted)
    assert "Nothing to be done" in snakemake(permuted, *setting)
    # the same folder for another corpus is announced
    said = snakemake(permuted, "-n", "--config", "input=data/astro.jsonl")
    assert "results holds the map of papers.jsonl, made with another input" in said
    # more parts: gather runs again, from the cache
    said = snakemake(permuted, *setting, "embed={max_tokens: 64, parts: 3}", "--until", "gather")
    assert sorted(set(ran(said)) - {"all"}) == ["embed", "gather"]
    assert read(permuted, "../runs/astro/embeddings/embeddings.json")["cache_misses"] == 0


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


# The re-run matrix. Tests below leave the folder as they found it.


def dry(folder: Path, *flags: str) -> dict[str, int]:
    return jobs(snakemake(folder, "-n", *flags))


def test_second_run_has_nothing_to_do(project):
    assert "Nothing to be done" in snakemake(project)


def test_touched_and_permuted_input_run_clean_alone(project):
    """Files under 1 MB are compared by content, larger ones by their time."""
    source = project / "data" / "papers.jsonl"
    lines = source.read_bytes()
    kept = {
        name: (project / "results" / name).read_bytes()
        for name in ("embeddings/embeddings.npy", "topics.csv")
    }
    assert len(lines) < 1_000_000
    source.touch()
    assert "Nothing to be done" in snakemake(project)

    blank = b" " * 1_100_000 + b"\n"
    source.write_bytes(b"".join(reversed(lines.splitlines(keepends=True))) + blank)
    # the ledger, and with it the report, is another; no step between is run
    assert set(ran(snakemake(project))) - {"all"} == {"clean", "report"}
    source.touch()
    assert set(ran(snakemake(project))) - {"all"} == {"clean"}

    source.write_bytes(lines)
    assert set(ran(snakemake(project))) - {"all"} == {"clean", "report"}
    for name, data in kept.items():
        assert (project / "results" / name).read_bytes() == data
    assert "Nothing to be done" in snakemake(project)


def below(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, 1)


TEXT = ("keywords", "label", "tree", "trends", "explain", "evaluate", "plot", "explore", "report")
CLUSTER = ("cluster", "hierarchy", *TEXT)
EDITS = {
    "scripts/plot.py": below("plot", "report"),
    "scripts/explore.py": below("explore"),
    "scripts/templates/explore/labels.js": below("explore"),
    "scripts/report.py": below("report"),
    "scripts/templates/report.html": below("report"),
    "scripts/templates/report/report.css": below("report"),
    "scripts/evaluate.py": below("evaluate", "report"),
    "scripts/trends.py": below("trends", "explore", "report"),
    "scripts/tree.py": below("tree", "trends", "plot", "explore", "report"),
    "scripts/hierarchy.py": below("hierarchy", "tree", "trends", "plot", "explore", "report"),
    "scripts/label.py": below("label", "tree", "trends", "evaluate", "plot", "explore", "report"),
    "scripts/explain.py": below("explain", "report"),
    "scripts/lib/topics/explanation.py": below("explain", "report"),
    "scripts/templates/report/explanations.html": below("report"),
    "scripts/lib/corpus/terms.py": below("terms", *TEXT),
    "data/words/stop_words.txt": below("terms", *TEXT),
    "data/words/head_words.txt": below(*TEXT),
    "scripts/lib/topics/ctfidf.py": below(*TEXT),
    "scripts/project.py": below("project", "evaluate", "plot", "explore", "report"),
    "scripts/lib/lloyd.py": below("neighbors", "smooth", "select_k", "project", *CLUSTER) | {"scan_k": 2},
    "scripts/lib/clusters/kmeans.py": below("select_k", *CLUSTER) | {"scan_k": 2},
    "envs/map.yaml": below("project", "evaluate", "plot", "explore", "report"),
    "scripts/embed.py": dict.fromkeys(BELOW_CLEAN - {"terms"}, 1) | {"embed": 2, "scan_k": 2},
    "README.md": {},
}


@pytest.mark.parametrize("file", EDITS)
def test_edited_file_runs_its_steps_and_those_below(project, file):
    path = project / file
    before = path.read_bytes() if path.exists() else b""
    mark = {".html": "<!-- a comment -->", ".md": "a line", ".js": "// a comment"}.get(
        path.suffix, "# a comment"
    )
    path.write_bytes(before + f"\n{mark}\n".encode())
    try:
        assert dry(project) == EDITS[file]
    finally:
        path.write_bytes(before)


SETTINGS = {
    "plot={dpi: 80}": below("plot", "report"),
    "explore={max_papers: 100}": below("explore"),
    "label={title_chars: 40}": below("label", "tree", "trends", "evaluate", "plot", "explore", "report"),
    "explain={papers_per_topic: 2}": below("explain", "report"),
    "terms={min_count: 4}": below("terms", *TEXT),
    "keywords={top: 8}": below(*TEXT),
    "project={seed: 3}": below("project", "evaluate", "plot", "explore", "report"),
    "neighbors={k: 10}": below("neighbors", "smooth", "select_k", "project", *CLUSTER) | {"scan_k": 2},
    "cluster={smooth: 5}": below("smooth", "select_k", *CLUSTER) | {"scan_k": 2},
    "cluster={seed: 3}": below(*CLUSTER),
    "hierarchy={max_subtopics: 4}": below("hierarchy", "tree", "trends", "plot", "explore", "report"),
    "select_k={candidates: [5, 7, 3]}": below("scan_k", "select_k", *CLUSTER),
    "select_k={candidates: [5, 3]}": {},
    "embed={max_tokens: 32}": dict.fromkeys(BELOW_CLEAN - {"terms"}, 1) | {"embed": 2, "scan_k": 2},
    # keys that decide only how a step runs
    "embed={device: cpu, batch_tokens: 2048, cache: elsewhere, gpus: 1, require_flash: true}": {},
    "embed={image: embed-2.sif}": {},
    "cluster={gpus: 1}": {},
    "neighbors={gpus: 1}": {},
    # a default that is written out, and keys in another order
    "keywords={top: 10, head_words: data/words/head_words.txt}": {},
    "project={perplexity: 30.0, min_dist: 0.10}": {},
    "clean={fields: {updated: update_date, title: title, id: id, abstract: abstract, categories: categories, "
    "published: versions[].created}}": {},
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_changed_setting_runs_its_steps_and_those_below(project, setting):
    said = snakemake(project, "-n", "--config", setting)
    assert jobs(said) == SETTINGS[setting]
    if "7" in setting:
        assert "clusters/scan_k/7.json" in said and "output: results/clusters/scan_k/3.json" not in said


DELETED = {
    "embeddings/embeddings.npy": dict.fromkeys(BELOW_CLEAN - {"terms"}, 1) | {"embed": 2, "scan_k": 2},
    "clusters/assignments.parquet": below(*CLUSTER),
    "topics/trends.png": below("trends", "report"),
    "evaluation/evaluation.json": below("evaluate", "report"),
    "map.html": below("explore"),
}


@pytest.mark.parametrize("file", DELETED)
def test_a_deleted_result_comes_back(project, file):
    path = project / "results" / file
    away = path.rename(project / "away")
    try:
        assert dry(project) == DELETED[file]
    finally:
        away.rename(path)


def test_all_asks_for_what_the_readme_lists():
    """So that a deleted file comes back."""
    table = (ROOT / "README.md").read_text().partition("| file in `results/`")[2].partition("\n\n")[0]
    listed = {
        name for row in table.splitlines()[2:] for name in re.findall(r"`([\w/]+\.\w+)`", row.split("|")[1])
    }
    asked = set(re.findall(r'"<results>/(.+)"', (ROOT / "Snakefile").read_text().partition("rule all:")[2]))
    assert len(listed) > 12 and listed <= asked


def test_papers_of_other_settings_are_found(project):
    """A cluster job may write papers after Snakemake was killed, whose records are then those of an earlier run."""
    path = project / "results" / "corpus" / "ledger.json"
    before = path.read_bytes()
    ledger = json.loads(before)
    ledger["settings"]["limit"] = 200
    path.write_text(json.dumps(ledger))
    command = ["snakemake", "-n", "--cores", "1", "--configfile", "mine.yaml"]
    try:
        result = subprocess.run(
            command, cwd=project, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=100
        )
        assert result.returncode != 0
        assert "papers.parquet was made with another clean.limit" in result.stdout + result.stderr
        assert dry(project, "--forcerun", "clean")["clean"] == 1
        assert dry(project, "--config", "clean={limit: 200}")["clean"] == 1  # its records are of no limit
    finally:
        path.write_bytes(before)
    assert "Nothing to be done" in snakemake(project, "-n")


def test_new_paper_runs_all_below_and_encodes_only_it(permuted):
    """In the other folder: this changes the corpus."""
    source = permuted / "data" / "papers.jsonl"
    record = json.loads(source.read_bytes().splitlines()[0])
    record |= {"id": "9912.99999", "title": "A paper that was not there before"}
    with source.open("ab") as file:
        file.write(json.dumps(record).encode() + b"\n")
    said = snakemake(permuted, "--until", "gather")
    assert set(ran(said)) - {"all"} == {"clean", "embed", "gather"}
    about = read(permuted, "embeddings/embeddings.json")
    assert about["cache_misses"] == 1
    assert about["cache_hits"] == about["papers"] - 1


def test_failed_step_leaves_its_message_and_no_output(permuted):
    flags = ["snakemake", "--cores", "1", "--configfile", "mine.yaml", "--until", "clean"]
    flags += ["--config", "clean={categories: ['nonsense.*']}"]
    result = subprocess.run(
        flags, cwd=permuted, capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=100
    )
    said = result.stdout + result.stderr
    assert result.returncode != 0 and "Traceback" not in said
    assert "clean.categories" in said and "nonsense.*" in said
    assert not (permuted / "results" / "corpus" / "papers.parquet").exists()
    assert not list((permuted / "results").rglob(".*"))


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


def test_one_more_candidate_clusters_nothing_again(project):
    """Unlike the dry run above says: what comes of a checkpoint is known only when it has run."""
    made = [
        project / "results" / name
        for name in ("clusters/assignments.parquet", "topics/keywords.parquet", "map.png")
    ]
    before = [path.stat().st_mtime_ns for path in made]
    k = (project / "results" / "clusters" / "k.txt").read_text()
    snakemake(project, "--config", "select_k={candidates: [3, 5, 4]}")
    assert (project / "results" / "clusters" / "scan_k" / "4.json").exists()
    assert (project / "results" / "clusters" / "k.txt").read_text() == k
    assert [path.stat().st_mtime_ns for path in made] == before
    snakemake(project)
