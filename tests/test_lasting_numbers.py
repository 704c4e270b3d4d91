"""Lasting numbers of topics through all steps below `cluster`: with gaps, and in another order than by size."""

import json
import re
from datetime import date

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import explain
from below_cluster import CSVS, PICTURES, TABLES, run_below_cluster
from conftest import Planted, pq_write, sample_files, script, term_files, write_sample
from explained import finished_run, inputs_of
from lib.clusters.schema import MEMBERSHIPS
from lib.tables import write_table
from measure import command_line

GAPS = {0: 3, 1: 7, 2: 12, 3: 20}
SHUFFLED = {0: 12, 1: 3, 2: 20, 3: 7}  # the largest topic, 0, is the third by number
# of a topic in the report, before that of its size with a bar
NUMBER_CELL = re.compile(
    r'<td class="n" data-value="(\d+)">\1</td>(?=\s*<td class="n" data-value="\d+">\d+<svg)'
)
NUMBERED = ("topic", "second_topic")  # columns


class Parted(Planted):
    """Four subjects, two of them in two parts each, over the years, with copies."""

    def __init__(self, folder):
        super().__init__(folder)
        rng, n = np.random.default_rng(5), len(self.truth)
        part = np.arange(n) % 2 * (self.truth % 2 == 0)
        centers = rng.normal(size=(4, 24))[self.truth] + 0.7 * rng.normal(size=(8, 24))[2 * self.truth + part]
        rows = centers + 0.5 * rng.normal(size=(n, 24))
        self.vectors = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
        np.save(self.embeddings, self.vectors)
        columns = pq.read_table(self.papers).to_pydict()
        columns["published"] = [date(2019 + i % 4, 1 + i % 12, 5) for i in range(n)]
        pq_write(self.papers, **columns)
        pq_write(self.works, counted=np.arange(n) % 7 != 6)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Parted:
    """The papers, and the outputs of `cluster` and `terms` of a first run."""
    made = Parted(tmp_path_factory.mktemp("parted"))
    write_sample(made.folder, made.papers, made.embeddings, smooth=0)
    outputs = {
        "centroids": "centroids.npy",
        "search": "search.npy",
        "assignments": "assignments.parquet",
        "memberships": "memberships.parquet",
        "summary": "cluster.json",
    }
    steps = [
        script(
            "cluster", papers=made.papers, embeddings=made.embeddings, **sample_files(made.folder), smooth=0,
            chosen=made.chosen, **{flag: made.folder / name for flag, name in outputs.items()},
        ),
        script("terms", papers=made.papers, min_count=2, **term_files(made.folder)),
    ]  # fmt: skip
    assert not any(step.returncode for step in steps), [step.stderr for step in steps]
    return made


def renumber(corpus: Parted, at, number_of: dict[int, int]):
    """Write the outputs of `cluster` with other numbers of topics; rows and lists per topic follow the numbers."""
    table = pq.read_table(corpus.folder / "assignments.parquet")
    for name in NUMBERED:
        numbers = pa.array([number_of[topic] for topic in table[name].to_pylist()], pa.int32())
        table = table.set_column(table.column_names.index(name), name, numbers)
    pq.write_table(table, at / "assignments.parquet")
    best = pq.read_table(corpus.folder / "memberships.parquet").to_pydict()
    best["topics"] = [[number_of[topic] for topic in topics] for topics in best["topics"]]
    write_table(at / "memberships.parquet", pa.table(best), MEMBERSHIPS)
    order = sorted(number_of, key=number_of.__getitem__)
    np.save(at / "centroids.npy", np.load(corpus.folder / "centroids.npy")[order])
    summary = json.loads((corpus.folder / "cluster.json").read_text())
    given = [f"t{number:04x}" for number in range(max(number_of.values()) + 1)]
    for topic, number in number_of.items():
        given[number] = summary["keys"][topic]
    for name in ("silhouette_by_topic", "stability_by_topic", "sizes", "since", "keys"):
        summary[name] = [summary[name][topic] for topic in order]
    numbers = [number_of[topic] for topic in order]
    (at / "cluster.json").write_text(json.dumps(summary | {"numbers": numbers, "given": given}))


def finish(corpus, at, number_of: dict[int, int]):
    renumber(corpus, at, number_of)
    return at, run_below_cluster(corpus, at)


@pytest.fixture(scope="module")
def first(corpus, tmp_path_factory):
    """The files and messages of all steps in a run without history."""
    return finish(corpus, tmp_path_factory.mktemp("first"), {topic: topic for topic in range(4)})


@pytest.fixture(scope="module")
def gaps(corpus, tmp_path_factory):
    return finish(corpus, tmp_path_factory.mktemp("gaps"), GAPS)


@pytest.fixture(scope="module")
def shuffled(corpus, tmp_path_factory):
    return finish(corpus, tmp_path_factory.mktemp("shuffled"), SHUFFLED)


def mapped(frame: pd.DataFrame, number_of: dict[int, int]) -> pd.DataFrame:
    """A table with other numbers of topics."""
    frame = frame.copy()
    for name in set(NUMBERED) & set(frame):
        frame[name] = frame[name].map(number_of)
    for name, level in (("node", "topic"), ("parent", "subtopic")):
        if {name, "level"} <= set(frame):
            rows = frame["level"] == level
            frame[name] = frame[name].where(~rows, frame[name].map(number_of))
    return frame


def same(a: pd.DataFrame, b: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(a, b, check_exact=True, check_dtype=False)


def test_the_corpus_tells_numbers_apart(first):
    """Both divided topics and trends are there, and sizes that differ from those with copies."""
    at, _ = first
    nodes = pd.read_parquet(at / "nodes.parquet")
    assert sorted(set(nodes.loc[nodes["level"] == "subtopic", "parent"])) == [0, 2]
    sizes = pd.read_parquet(at / "topics.parquet")["size"]
    assert sizes.is_unique and sizes.sum() == 120
    assert pd.read_parquet(at / "trends.parquet")["change_per_year"].notna().all()


@pytest.mark.parametrize("name", TABLES)
def test_tables_differ_in_the_numbers_alone(first, gaps, name):
    before, after = (pd.read_parquet(at / f"{name}.parquet") for at, _ in (first, gaps))
    same(mapped(before, GAPS), after)


@pytest.mark.parametrize("name", CSVS)
def test_csv_files_differ_in_the_numbers_alone(first, gaps, name):
    before, after = (pd.read_csv(at / f"{name}.csv") for at, _ in (first, gaps))
    same(mapped(before, GAPS), after)


@pytest.mark.parametrize(
    "name",
    ["linkage.npy", "coherence.json", "evaluation.json", "map.html", "atlas.parquet", "labels.parquet"]
    + [f"{name}.png" for name in PICTURES],
)
def test_files_without_numbers_are_the_same(first, gaps, name):
    assert (first[0] / name).read_bytes() == (gaps[0] / name).read_bytes()


def test_the_report_counts_from_one_whatever_the_lasting_numbers(first, gaps):
    before, after = ((at / "report.html").read_text() for at, _ in (first, gaps))
    assert NUMBER_CELL.findall(before) == ["1", "2", "3", "4"] and before == after
    keys = pd.read_parquet(first[0] / "topics.parquet")["key"]
    assert all(f'<span class="faint">{key}</span>' in before for key in keys)


def test_messages_name_the_lasting_numbers(first, gaps):
    before, after = first[1], gaps[1]
    topics = re.compile(r"(?<=topic )\d+(?=:)")
    assert topics.findall(after["keywords"]) == ["3", "7", "12", "20"]
    for step in before:
        assert topics.sub("", before[step]) == topics.sub("", after[step])


def test_explanations_differ_in_the_numbers_alone(tmp_path):
    run = finished_run(tmp_path / "run")
    files = {"explanations": "w.parquet", "explained": "p.parquet", "summary": "s.json"}
    made = {}
    for name in ("first", "gaps"):
        if name == "gaps":
            path = run / "clusters/assignments.parquet"
            pq_write(path, **mapped(pd.read_parquet(path), GAPS))
        outputs = {flag: tmp_path / name / file for flag, file in files.items()}
        explain.main(command_line("explain", **inputs_of(run), **outputs, papers_per_topic=2))
        made[name] = outputs
    for flag in ("explanations", "explained"):
        before, after = (pd.read_parquet(made[name][flag]) for name in ("first", "gaps"))
        assert set(after["topic"]) == set(GAPS.values())
        same(mapped(before, GAPS), after)
    before, after = (json.loads(made[name]["summary"].read_text()) for name in ("first", "gaps"))
    assert before | {"seconds": 0} == after | {"seconds": 0}


def test_topics_are_listed_by_size_in_any_order_of_their_numbers(first, shuffled):
    at, printed = shuffled
    topics = pd.read_parquet(at / "topics.parquet").set_index("topic")
    assert topics.index.tolist() == [3, 7, 12, 20]
    by_size = topics.sort_values("size", ascending=False).index.tolist()
    assert by_size == [SHUFFLED[topic] for topic in range(4)]
    tables = {name: pd.read_csv(at / f"{name}.csv") for name in CSVS}
    for name in ("topics", "trends"):
        assert tables[name]["topic"].tolist() == by_size
    for name in ("keywords", "hierarchy"):
        of_topics = tables[name].query("level == 'topic'")
        assert of_topics["node"].drop_duplicates().tolist() == by_size
    divided = [SHUFFLED[0], SHUFFLED[2]]
    below = tables["hierarchy"].query("level == 'subtopic'")
    assert below["parent"].drop_duplicates().tolist() == divided
    assert tables["subtopic_trends"]["topic"].drop_duplicates().tolist() == divided
    subtopics = tables["keywords"].query("level == 'subtopic'")["node"].drop_duplicates()
    assert subtopics.tolist() == below["node"].tolist()
    assert re.findall(r"(?<=topic )\d+(?=:)", printed["keywords"]) == list(map(str, by_size))
    html = (at / "report.html").read_text()
    assert NUMBER_CELL.findall(html) == ["1", "2", "3", "4"]
    places = [topics.index.get_loc(topic) for topic in by_size]
    assert re.findall(r"word (\d)", html) == list(map(str, places))  # of the lists in explain.json
    for name in ("trends.png", "explanations.png"):
        assert (at / name).read_bytes() == (first[0] / name).read_bytes()
    groups = [
        [int(size) for size in re.findall(r'<li>[^<]* <span class="faint">(\d+)</span>', part)]
        for part in html.split("<h3>")
        if '<ul class="tree">' in part
    ]
    assert [sorted(sizes, reverse=True) for sizes in groups] == groups
    assert sorted(size for sizes in groups for size in sizes) == sorted(topics["size"]) and len(groups) == 2


def test_what_is_said_of_a_topic_does_not_depend_on_its_number(first, shuffled):
    """By key; the color depends on the order of the centroids."""
    before, after = (pd.read_parquet(at / "topics.parquet").set_index("key") for at, _ in (first, shuffled))
    same(before.drop(columns=["topic", "color"]), after.loc[before.index].drop(columns=["topic", "color"]))
    assert after.loc[before.index, "topic"].tolist() == list(SHUFFLED.values())
    keys = {
        "representatives": ["topic", "role", "rank"],
        "trends": ["topic"],
        "periods": ["topic", "unit", "period"],
    }
    keys |= {"keywords": ["node", "rank"]}
    for name, order in keys.items():
        before, after = (pd.read_parquet(at / f"{name}.parquet") for at, _ in (first, shuffled))
        if name == "keywords":
            before, after = (table[table["level"] == "topic"] for table in (before, after))
        same(*(table.sort_values(order, ignore_index=True) for table in (mapped(before, SHUFFLED), after)))
