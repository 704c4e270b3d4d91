"""Made-up inputs of the page of the map and of the atlas: four topics in the corners of a square."""

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

import search
from conftest import EVIL, pq_write
from explore import main
from lib.clusters.schema import MEMBERSHIPS
from lib.records.schema import FACET_ROWS
from lib.trends.schema import SUBTOPIC_PERIODS, SUBTOPIC_TRENDS
from measure import TERMS, command_line, page_files

# of `explore`, beside those that `files_of` makes
FLAGS = ("max_papers", "link", "edits", "paper_space", "term_space", "search_terms")
KEYWORD = "<img src=x onerror=alert(2)>"
BIDI = "\u202egnp.exe\u202c \u2066left\u2069"
ODD = [
    EVIL,
    "\u2028 </SCRIPT ><!-- <script>",
    "👩‍🔬 emoji",
    "很长的题目 中文",
    "long " * 400,
    BIDI,
    "Café Müller",
]
SIZES = (60, 40, 30, 20)
IDS = [f"2301.{i:05d}" for i in range(149)] + ["hep-th/9901001"]
TOPIC = np.repeat(np.arange(4), SIZES)


def ids_where(mask) -> set[str]:
    return {IDS[i] for i in np.flatnonzero(mask)}


def write_inputs(folder: Path, **changes) -> dict:
    """Four topics in the corners of a square, with papers of 2001 to 2020; the first titles are odd."""
    rng = np.random.default_rng(1)
    topic = np.repeat(np.arange(4), SIZES)
    n = len(topic)
    corners = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    points = corners[topic] + rng.normal(size=(n, 2))
    subjects = ["galaxy", "prime", "neuron", "qubit"]
    titles = ODD + [f"{subjects[t]} study {i}" for i, t in enumerate(topic)][len(ODD) :]
    ids = [f"2301.{i:05d}" for i in range(n - 1)] + ["hep-th/9901001"]
    columns = {
        "ids": ids,
        "titles": titles,
        "points": points,
        "topic": topic,
        "categories": [("astro-ph", "math.NT", "q-bio", None)[t] for t in topic],
        "published": [date(2001 + i % 20, 3, 1) for i in range(n)],
        "similarity": np.where(np.arange(n) % 10 == 3, 0.1, 0.3 + 0.6 * rng.random(n)).astype(np.float32),
        "names": [KEYWORD, *subjects[1:]],
    } | changes
    return files_of(folder, **columns)


def filled(path: Path, schema: pa.Schema, columns: dict) -> Path:
    """A table with all columns of a schema; those that are not given are null."""
    rows = len(next(iter(columns.values())))
    return pq_write(path, **{f.name: pa.array(columns.get(f.name, [None] * rows), f.type) for f in schema})


def authors_of(i: int) -> list[str]:
    """The authors that the i-th paper has, unless it has none."""
    return [f"Ada M. Müller{i % 5}", ("ATLAS Collaboration", "Jan van der Berg", "李明")[i % 3]]


def keys_of(k: int) -> list[str]:
    """Keys of topics: t0a00, t0a01 and so on."""
    return [f"t{0xA00 + topic:04x}" for topic in range(k)]


def files_of(folder: Path, *, ids, titles, points, topic, categories, published, similarity, names) -> dict:
    k, n = len(names), len(ids)
    abstracts = [
        f'An abstract on paper {i}, "quoted", 50 % true, which is long enough to be kept by clean.'
        for i in range(n)
    ]
    sizes = np.bincount(topic, minlength=k)
    text = pa.nulls(k, pa.string())
    years = sorted({day.year for day in published if day})
    counts = [
        [sum(1 for t, d in zip(topic, published, strict=True) if t == i and d and d.year == y) for y in years]
        for i in range(k)
    ]
    folder.mkdir(exist_ok=True)
    topics = {
        "topic": np.arange(k, dtype=np.int32), "key": keys_of(k), "since": np.zeros(k, np.int32), "label": names, "size": sizes, "share": sizes / n, "name": names, "was": pa.nulls(k, pa.string()),
        "by_hand": [False] * k, "description": pa.nulls(k, pa.string()),
        "primary_keyword": names, "keywords": [[name, "'\"`${alert(3)}"] for name in names], "representative_id": text,
        "fields": [["Field of " + name] for name in names], "npmi": [0.2] * k, "c_v": [0.5] * k, "mixed": [False] * k,
        "representative_title": text, "silhouette": np.zeros(k), "stability": np.zeros(k), "main_category": text,
        "main_category_share": np.zeros(k), "color": [f"#{40 * (i % 6):02x}80{3 * (i % 80):02x}" for i in range(k)],
    }  # fmt: skip
    trends = {
        "topic": np.arange(k, dtype=np.int32), "name": names, "dated_papers": sizes, "first_year": pa.nulls(k, pa.int32()),
        "median_year": pa.nulls(k, pa.int32()), "peak_year": pa.nulls(k, pa.int32()),
        "change_per_year": [0.01, 0.25] + [0.02] * (k - 2) if years else pa.nulls(k, pa.float64()),
        "low": np.full(k, 0.01), "high": np.full(k, 0.52), "q_value": np.zeros(k),
        "trend": ["", "rising"] + [""] * (k - 2) if years else [""] * k,
    }  # fmt: skip
    periods = {
        "topic": np.repeat(np.arange(k), len(years)).astype(np.int32), "unit": ["year"] * (k * len(years)),
        "period": pa.array([date(y, 1, 1) for _ in range(k) for y in years], pa.date32()),
        "papers": np.array([30 * c for row in counts for c in row], np.int64),
        "share": np.array([c / n for row in counts for c in row]), "partial": np.zeros(k * len(years), bool),
    }  # fmt: skip
    # the second subtopic fades
    below_trends = {
        "subtopic": [0, 1], "topic": [0, 0], "name": ["even", "odd"], "change_per_year": [0.0, -0.12], "low": [-0.1, -0.2],
        "high": [0.1, -0.05], "trend": ["", "fading"] if years else ["", ""],
    }  # fmt: skip
    below_periods = {
        "subtopic": np.repeat([0, 1], len(years)).astype(np.int32), "unit": ["year"] * (2 * len(years)),
        "period": pa.array([date(y, 1, 1) for _ in range(2) for y in years], pa.date32()),
        "share": np.linspace(0.1, 0.2, 2 * len(years)), "partial": np.zeros(2 * len(years), bool),
    }  # fmt: skip
    # topics 0 and 1 are a group, the others another; topic 0 has two subtopics
    parent = [int(t > 1) for t in range(k)]
    half = (np.arange(n) % 2).astype(np.int32)
    groups = sorted(set(parent))
    hierarchy = {
        "level": ["group"] * len(groups) + ["topic"] * k + ["subtopic"] * 2, "node": pa.array([*groups, *range(k), 0, 1], pa.int32()),
        "parent": pa.array([None] * len(groups) + parent + [0, 0], pa.int32()),
        "size": [int(sizes[np.array(parent) == g].sum()) for g in groups] + [*sizes.tolist(), *np.bincount(half[topic == 0], minlength=2).tolist()],
        "stability": np.zeros(len(groups) + k + 2), "share": np.zeros(len(groups) + k + 2),
        "name": [f"group {g}" for g in groups] + [*names, "even", "odd"], "keywords": [["word"]] * (len(groups) + k + 2),
        "fields": [[]] * (len(groups) + k + 2), "mixed": [True, *[False] * (len(groups) + k + 1)],
        "tentative": [*[False] * (len(groups) + k + 1), True],
    }  # fmt: skip
    subtopic = pa.array(np.where(topic == 0, half, -1).astype(np.int32), mask=topic != 0)
    # a third of the papers is sure of its topic, a third half of it, and the others lean to the next topic but one
    best = [
        [[t], [t, (t + 1) % k], [(t + 2) % k, t, (t + 1) % k]][i % 3] for i, t in enumerate(topic.tolist())
    ]
    shares = [[[0.987], [0.589, 0.4], [0.5, 0.45, 0.049]][i % 3] for i in range(n)]
    # the nearest papers of a paper are those that follow it, by topic
    order = np.argsort(topic, kind="stable")
    near = np.empty((n, min(20, n - 1)), np.int32)
    for i, paper in enumerate(order):
        near[paper] = np.roll(order, -i)[1 : near.shape[1] + 1]
    np.save(folder / "near.npy", near)
    # papers have two authors, but each tenth has none; a third has a journal and a DOI,
    # and a fourth is cited
    facets = [
        (paper, "authors", k, name)
        for i, paper in enumerate(ids)
        if i % 10
        for k, name in enumerate(authors_of(i))
    ]
    facets += [
        (paper, *entry)
        for i, paper in enumerate(ids)
        if i % 3 == 1
        for entry in (("doi", 0, f"10.1000/x_{i}"), ("journal", 0, f"J. Odd & Even {i}"))
    ]
    facets += [(paper, "cited_by", 0, str(i)) for i, paper in enumerate(ids) if i % 4 == 1]
    columns = (
        dict(
            zip(
                ("id", "facet", "position", "value"),
                map(list, zip(*sorted(facets), strict=True)),
                strict=True,
            )
        )
        if facets
        else {"id": []}
    )
    return {
        "facets": filled(folder / "f.parquet", FACET_ROWS, columns),
        "neighbors": folder / "near.npy",
        "memberships": filled(folder / "m.parquet", MEMBERSHIPS, {"topics": best, "shares": shares}),
        "hierarchy": pq_write(folder / "h.parquet", **hierarchy),
        "subtopics": pq_write(folder / "s.parquet", id=ids, subtopic=subtopic),
        "papers": pq_write(folder / "p.parquet", id=ids, title=titles, abstract=pa.array(abstracts), primary_category=pa.array(categories, pa.string()),
                           published=pa.array(published, pa.date32())),
        "coordinates": pq_write(folder / "c.parquet", id=ids, x=points[:, 0].astype(np.float32), y=points[:, 1].astype(np.float32)),
        "assignments": pq_write(folder / "a.parquet", topic=topic.astype(np.int32), similarity=similarity, outlier=similarity < 0.2,
                                second_topic=((topic + 1) % k).astype(np.int32), silhouette=np.where(np.arange(n) % 7 == 5, -0.1, 0.1)),
        "topics": pq_write(folder / "t.parquet", **topics),
        "trends": pq_write(folder / "tr.parquet", **trends),
        "periods": pq_write(folder / "pe.parquet", **periods),
        "subtopic_trends": filled(folder / "st.parquet", SUBTOPIC_TRENDS, below_trends),
        "subtopic_periods": filled(folder / "sp.parquet", SUBTOPIC_PERIODS, below_periods),
        **page_files(),
    }  # fmt: skip


def space_files(folder: Path, planted) -> dict[str, Path]:
    """What the step `search` writes of planted papers, by flag."""
    files = {"paper_space": "space.npy", "term_space": "term_space.npy", "search_terms": "terms.parquet"}
    made = {name: folder / file for name, file in files.items()}
    listed = {name: planted.folder / TERMS[name] for name in ("vocabulary", "terms", "term_offsets")}
    folder.mkdir(exist_ok=True)
    search.main(command_line("search", embeddings=planted.embeddings, **listed, **made))
    return made


def planted_columns(planted) -> dict:
    """Columns of planted papers, each subject in a corner of the map."""
    n = len(planted.ids)
    corners = np.array([[0, 0], [10, 0], [0, 10], [10, 10]])
    return {
        "ids": planted.ids, "titles": planted.titles, "topic": planted.truth, "categories": ["math.NT"] * n,
        "points": corners[planted.truth] + np.random.default_rng(1).normal(size=(n, 2)),
        "published": [date(2001 + i % 20, 3, 1) for i in range(n)], "similarity": np.full(n, 0.5, np.float32),
        "names": ["galaxies", "primes", "neurons", "qubits"],
    }  # fmt: skip


def write_page(folder: Path, **changes) -> Path:
    flags = {key: changes.pop(key) for key in FLAGS if key in changes}
    main(command_line("explore", **write_inputs(folder, **changes), map=folder / "map.html", **flags))
    return folder / "map.html"


def random_points(n: int) -> dict:
    """Columns of n papers at random places in 300 topics."""
    rng = np.random.default_rng(5)
    return {
        "ids": [f"id{i}" for i in range(n)], "titles": [f"title {i}" for i in range(n)], "points": rng.normal(size=(n, 2)),
        "topic": np.sort(rng.integers(0, 300, n)), "categories": [None] * n, "published": [None] * n,
        "similarity": np.full(n, 0.5, np.float32), "names": [f"name number {i}, of the topic" for i in range(300)],
    }  # fmt: skip


def few(n: int) -> dict:
    return {key: value[:n] for key, value in random_points(900).items()} | {
        "topic": np.zeros(n, int), "names": ["only"],
    }  # fmt: skip
