"""explore: what the page holds, and what a reader can do with it in a real browser."""

import base64
import html
import json
import re
import zlib
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from browser import chromium, needs_chromium, opened
from conftest import EVIL, ROOT, assert_refused, pq_write, script
from explore import NONE, main, paper_blocks, trend_entries
from lib.figures.page import content_policy, join_modules, paper_url
from lib.map.page_data import STEPS, cell_order, codes_of, grid_side, one_line, pack, quantize
from lib.naming.titles import latex_to_text
from lib.trends.schema import SUBTOPIC_PERIODS, SUBTOPIC_TRENDS
from measure import command_line, page_files

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


# ---- the data


def test_quantized_positions_are_within_half_a_step():
    points = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32) * (3, 1)
    codes, frame, aspect = quantize(points)
    assert codes.dtype == np.uint16 and codes.min() == 0 and codes.max() == STEPS
    step = (frame[1] - frame[0]) / STEPS
    assert (np.abs(frame[0] + codes * step - points) <= 0.51 * step + 1e-6).all()
    assert aspect == pytest.approx(np.ptp(points[:, 0]) / np.ptp(points[:, 1]))


def test_points_on_a_line_or_on_one_point_lie_in_the_middle():
    line = np.stack([np.arange(9.0), np.full(9, 5.0)], 1)
    codes, _, aspect = quantize(line)
    assert (codes[:, 1] == round(STEPS / 2)).all() and codes[-1, 0] == STEPS and aspect == 4
    same, frame, aspect = quantize(np.ones((3, 2), np.float32))
    assert (same == round(STEPS / 2)).all() and aspect == 1 and np.isfinite(frame).all()


@pytest.mark.parametrize("n", [1, 10, 3000, 200_000])
def test_papers_of_a_cell_are_a_range(n):
    codes = np.random.default_rng(1).integers(0, 65536, (n, 2)).astype(np.uint16)
    side = grid_side(n)
    order = cell_order(codes, side)
    cells = [(int(y) * side // 65536, int(x) * side // 65536) for x, y in codes[order].tolist()]
    assert cells == sorted(cells) and sorted(order.tolist()) == list(range(n))


def test_blocks_unpack_to_what_was_packed():
    array = np.random.default_rng(2).integers(0, 65536, 100).astype(">u2")
    unpacked = np.frombuffer(zlib.decompress(base64.b64decode(pack(array))), "<u2")
    assert (unpacked == array).all()
    assert zlib.decompress(base64.b64decode(pack(["é", "中"]))).decode() == "é\n中"
    assert codes_of(["b", None, "a", "rare"], ["a", "b"]).tolist() == [2, 0, 1, 0]


def test_titles_are_single_lines_without_marks_of_direction():
    assert one_line(BIDI) == "gnp.exe left"
    assert one_line("a\n b\u2028c\x07\x85d") == "a b cd"
    assert one_line("עברית عربى") == "עברית عربى"


def test_papers_without_date_category_or_similarity_are_kept():
    papers = pa.table(
        {
            "id": ["a", "b", "c"],
            "title": ["x", "y", "z"],
            "primary_category": pa.array(["cs.LG", None, "cs.LG"]),
            "published": pa.array([date(1969, 7, 1), None, date(2021, 1, 1)], pa.date32()),
        }
    )
    assigned = pa.table(
        {
            "topic": [0, 0, 1],
            "similarity": [-0.5, None, 0.4],
            "second_topic": pa.array([1, None, 0], pa.int32()),
            "silhouette": [-0.1, None, 0.2],
            "outlier": [False, True, False],
        }
    )
    about, blocks = paper_blocks(papers, assigned)
    assert about == {"categories": ["cs.LG"], "years": [1969, 2021]}
    assert blocks["year"].tolist() == [1969, 0, 2021] and blocks["category"].tolist() == [1, 0, 1]
    assert blocks["fit"].tolist() == [0, 0, 102] and blocks["outlier"].tolist() == [0, 1, 0]
    assert blocks["second"].tolist() == [1, NONE, 0] and blocks["nearer"].tolist() == [1, 0, 0]


def test_modules_become_one_script():
    first, second = (
        "export const a = 1;\n",
        'import { a } from "./first.js";\nexport function b() { return a; }\n',
    )
    assert join_modules([first, second]) == "const a = 1;\nfunction b() { return a; }\n"
    policy = content_policy("let x;", "p {}")
    assert "unsafe-" not in policy and "default-src 'none'" in policy


def test_rule_lists_every_module_after_those_it_imports():
    files = page_files()["scripts"]
    assert {file.name for file in files} == {
        f.name for f in (ROOT / "scripts/templates/explore").glob("*.js")
    }
    seen: set[str] = set()
    for file in files:
        assert set(re.findall(r'from "\./(\w+)\.js"', file.read_text())) <= seen, file.name
        seen.add(file.stem)


# ---- the file


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


def files_of(folder: Path, *, ids, titles, points, topic, categories, published, similarity, names) -> dict:
    k, n = len(names), len(ids)
    sizes = np.bincount(topic, minlength=k)
    text = pa.nulls(k, pa.string())
    years = sorted({day.year for day in published if day})
    counts = [
        [sum(1 for t, d in zip(topic, published, strict=True) if t == i and d and d.year == y) for y in years]
        for i in range(k)
    ]
    folder.mkdir(exist_ok=True)
    topics = {
        "topic": np.arange(k, dtype=np.int32), "label": names, "size": sizes, "share": sizes / n, "name": names,
        "primary_keyword": names, "keywords": [[name, "'\"`${alert(3)}"] for name in names], "representative_id": text,
        "representative_title": text, "silhouette": np.zeros(k), "stability": np.zeros(k), "main_category": text,
        "main_category_share": np.zeros(k), "colour": [f"#{40 * (i % 6):02x}80{3 * (i % 80):02x}" for i in range(k)],
    }  # fmt: skip
    trends = {
        "topic": np.arange(k, dtype=np.int32), "name": names, "dated_papers": sizes, "first_year": pa.nulls(k, pa.int32()),
        "half_by": pa.nulls(k, pa.int32()), "peak_year": pa.nulls(k, pa.int32()),
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
    }  # fmt: skip
    subtopic = pa.array(np.where(topic == 0, half, -1).astype(np.int32), mask=topic != 0)
    return {
        "hierarchy": pq_write(folder / "h.parquet", **hierarchy),
        "subtopics": pq_write(folder / "s.parquet", id=ids, subtopic=subtopic),
        "papers": pq_write(folder / "p.parquet", id=ids, title=titles, primary_category=pa.array(categories, pa.string()),
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


def write_page(folder: Path, **changes) -> Path:
    flags = {key: changes.pop(key) for key in ("max_papers", "link") if key in changes}
    main(command_line("explore", **write_inputs(folder, **changes), map=folder / "map.html", **flags))
    return folder / "map.html"


def test_tables_of_different_papers_are_refused(tmp_path, out):
    inputs = write_inputs(tmp_path)
    short = pq_write(tmp_path / "short.parquet", id=["a"], subtopic=pa.array([0], pa.int32()))
    assert_refused(
        script("explore", **inputs | {"subtopics": short}, map=out / "map.html"), out, "subtopics 1"
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    return write_page(tmp_path_factory.mktemp("map"))


class Tags(HTMLParser):
    """The tags of a page, and the text of its elements by id."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.text, self.inside = [], {}, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.inside = dict(attrs).get("id", "")
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data):
        self.text[self.inside] = self.text.get(self.inside, "") + data

    def unpacked(self, name: str) -> bytes:
        return zlib.decompress(base64.b64decode(self.text[f"data-{name}"]))


def test_titles_reach_the_page_as_data_only(file):
    page = file.read_text(encoding="utf-8")
    parsed = Tags(page)
    assert "img" not in parsed.tags and parsed.tags.count("style") == 1
    titles = parsed.unpacked("titles").decode().split("\n")
    expected = {one_line(latex_to_text(title)) for title in ODD}
    assert expected <= set(titles) and len(titles) == sum(SIZES)
    meta = json.loads(parsed.text["meta"])
    assert [topic["name"] for topic in meta["topics"]] == [KEYWORD, "prime", "neuron", "qubit"]
    owners = np.frombuffer(parsed.unpacked("topic"), "<u2")
    assert np.bincount(owners).tolist() == list(SIZES)


def test_page_is_one_file_that_loads_nothing(file):
    page = file.read_text(encoding="utf-8")
    assert not re.search(
        r"(?:src|href)\s*=\s*[\"']|@import|url\(|fetch\(|XMLHttpRequest|^import ", page, flags=re.M
    )
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.startswith("default-src 'none'; script-src 'sha256-") and "unsafe" not in policy


def test_a_sample_is_shown_if_there_are_more_papers(tmp_path):
    page = write_page(tmp_path, max_papers=100).read_text(encoding="utf-8")
    ids = Tags(page).unpacked("ids").decode().split("\n")
    assert len(ids) == len(set(ids)) == 100
    assert "100 of them shown" in page and "150 papers" in page


def test_that_all_papers_are_shown_goes_without_saying(file):
    assert "of them shown" not in file.read_text(encoding="utf-8")


def test_trends_without_years_say_nothing():
    trends = [{"trend": "", "change_per_year": None, "low": None, "high": None}]
    for shares in (np.empty((0, 0)), np.ones((1, 1))):
        assert trend_entries(trends, shares) == [
            {"trend": "", "change": None, "low": None, "high": None, "shares": []}
        ]


# ---- the browser


@pytest.fixture
def page(browser, file):
    with opened(browser, file) as shown:
        yield shown


def row_of(page, identifier: str) -> int:
    return page.evaluate("id => explorer.texts.ids.indexOf(id)", identifier)


def place_of(page, row: int) -> tuple[float, float]:
    x, y = page.evaluate("i => explorer.screenOf(i)", row)
    box = page.locator("#map").bounding_box()
    return box["x"] + x, box["y"] + y


def lit(page) -> set[str]:
    return set(
        page.evaluate(
            "explorer.lit().reduce((ids, on, i) => on ? [...ids, explorer.texts.ids.get(i)] : ids, [])"
        )
    )


def settled(page) -> str:
    """The hash once the page has written it."""
    page.wait_for_timeout(350)
    return page.evaluate("location.hash")


IDS = [f"2301.{i:05d}" for i in range(149)] + ["hep-th/9901001"]
TOPIC = np.repeat(np.arange(4), SIZES)


def ids_where(mask) -> set[str]:
    return {IDS[i] for i in np.flatnonzero(mask)}


@needs_chromium
def test_page_shows_papers_by_webgl_and_topics_with_trends(page):
    assert page.locator("#status").inner_text() == "150 papers"
    assert page.locator(".node.topic").count() == 4 and page.locator(".node.topic polyline").count() == 4
    assert "rising 25 % per year" in page.locator(".node.topic", has_text="prime").inner_text()
    page.locator("#order").select_option("rising")
    assert page.locator(".node.topic b").first.inner_text() == "prime"


@needs_chromium
def test_papers_are_drawn_by_webgl(browser, file):
    with opened(browser, file, first="WebGLRenderingContext.prototype.getExtension = () => null") as page:
        assert page.locator("#map").get_attribute("data-drawn-by") == "webgl"
        count = """() => { explorer.draw();
      const gl = document.getElementById("points").getContext("webgl"), pixels = new Uint8Array(4 * gl.drawingBufferWidth * gl.drawingBufferHeight);
      gl.readPixels(0, 0, gl.drawingBufferWidth, gl.drawingBufferHeight, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
      return pixels.filter((value, k) => k % 4 === 3 && value > 150).length; }"""
        drawn = page.evaluate(count)
        assert drawn > 150 * 10
        page.locator(".node.topic", has_text="prime").click()
        page.click("#whole")
        assert 40 * 10 < page.evaluate(count) < drawn


@needs_chromium
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("NEURON", ids_where(TOPIC == 2)),
        ("qubit 149", {IDS[149]}),
        ("hep-th/99", {"hep-th/9901001"}),
        ("muller cafe", {IDS[6]}),
        ("中文", {IDS[3]}),
        ('"study 45"', {IDS[45]}),
        ("45 neuron", set()),
        ("euron", set()),
        ("gal study 9", {IDS[9]}),
        ("neurons", ids_where(TOPIC == 2)),
        ("study-45", {IDS[45]}),
        ("longs", {IDS[4]}),
    ],
)
def test_search_finds_words_in_titles_and_ids(page, query, expected):
    page.fill("#search", query)
    page.wait_for_timeout(300)
    assert lit(page) == expected
    assert page.locator("#status").inner_text() == f"{len(expected)} of 150 papers"


@needs_chromium
def test_each_filter_leaves_the_papers_it_names(page):
    page.locator(".node.topic", has_text="prime").click()
    assert lit(page) == ids_where(TOPIC == 1)
    page.locator(".node.topic", has_text="qubit").click()
    assert lit(page) == ids_where((TOPIC == 1) | (TOPIC == 3))
    page.click("#clear")
    assert len(lit(page)) == 150
    page.locator("#category").select_option(label="q-bio (30)")
    page.wait_for_timeout(100)
    assert lit(page) == ids_where(TOPIC == 2)
    page.click("#clear")
    page.locator("#outliers").check()
    page.wait_for_timeout(100)
    assert lit(page) == ids_where(np.arange(150) % 10 == 3)
    page.click("#clear")
    page.locator("#from").fill("2010")
    page.locator("#to").fill("2012")
    page.wait_for_timeout(100)
    years = 2001 + np.arange(150) % 20
    assert lit(page) == ids_where((years >= 2010) & (years <= 2012))
    assert page.locator("#years-text").inner_text() == "2010–2012"


@needs_chromium
def test_groups_and_subtopics_are_filters_too(page):
    page.locator(".node.group", has_text="group 1").click()
    assert lit(page) == ids_where(TOPIC > 1)
    assert page.locator(".node.topic[aria-pressed=true]").count() == 2
    page.locator(".node.group", has_text="group 1").click()
    assert len(lit(page)) == 150
    assert page.locator(".node.subtopic", has_text="odd").is_hidden()
    page.locator(".node.topic").first.click()
    page.locator(".node.subtopic", has_text="odd").click()
    assert lit(page) == ids_where((TOPIC == 0) & (np.arange(150) % 2 == 1))
    assert "topic=0&subtopic=1" in settled(page)
    page.locator(".node.topic", has_text="qubit").click()
    assert lit(page) == ids_where(((TOPIC == 0) & (np.arange(150) % 2 == 1)) | (TOPIC == 3))
    page.locator(".node.topic").first.click()
    assert lit(page) == ids_where(TOPIC == 3)


@needs_chromium
def test_a_topic_of_a_chosen_group_narrows_it(page):
    page.locator(".node.group", has_text="group 1").click()
    page.locator(".node.topic", has_text="qubit").click()
    assert lit(page) == ids_where(TOPIC == 3)
    page.locator(".node.topic", has_text="qubit").click()
    assert len(lit(page)) == 150


@needs_chromium
def test_papers_nearer_to_another_topic_can_be_found(page):
    page.locator("#nearer").check()
    page.wait_for_timeout(100)
    assert lit(page) == ids_where(np.arange(150) % 7 == 5)
    assert "nearer=1" in settled(page)
    page.mouse.move(*place_of(page, row_of(page, IDS[68])))
    text = page.locator("#card").inner_text()
    assert "nearer to another topic" in text and "second nearest topic: neuron" in text


@needs_chromium
def test_a_search_leaves_topics_with_hits_or_in_whose_description_the_words_are(page):
    def shown(kind: str) -> list[str]:
        return page.locator(f".node.{kind}:visible b").all_inner_texts()

    page.fill("#search", "neurons")
    page.wait_for_timeout(300)
    assert shown("topic") == ["neuron"] and len(shown("group")) == 1
    page.fill("#search", "img")  # a word of the name, and of no title but one of the same topic
    page.wait_for_timeout(300)
    assert shown("topic") == [KEYWORD] and page.locator(".node.topic.found").count() == 1
    page.fill("#search", "even")  # the name of a subtopic
    page.wait_for_timeout(300)
    assert shown("topic") == [KEYWORD] and shown("subtopic") == ["even", "odd"] and not lit(page)


@needs_chromium
def test_card_of_a_paper_that_no_longer_passes_closes(page):
    page.evaluate("() => { window.open = () => null; }")
    page.mouse.click(*place_of(page, row_of(page, "2301.00063")))
    page.locator(".node.topic", has_text="prime").click()
    assert page.locator("#card.selected").is_visible()
    page.locator(".node.topic", has_text="prime").click()
    page.locator(".node.topic", has_text="qubit").click()
    assert page.locator("#card").is_hidden() and "paper=" not in settled(page)


@needs_chromium
def test_trends_say_what_they_measure(browser, tmp_path):
    """Years without papers leave a gap in the line."""
    days = [date((2001, 2002, 2010)[i % 3], 3, 1) for i in range(150)]
    with opened(browser, write_page(tmp_path, published=days)) as page:
        node = page.locator(".node.topic", has_text="prime")
        line = [
            float(point.split(",")[0]) for point in node.locator("polyline").get_attribute("points").split()
        ]
        assert line == pytest.approx([0, 72 / 9, 72], abs=0.1)
        share = (TOPIC == 1)[::3].sum() / 150
        title = node.locator("svg title").text_content()
        assert f"{share:.1%} in 2001".replace("%", " %") in title and "2010" in title
        words = node.locator(".up").get_attribute("title")
        assert "95 % interval 1 to 52 %" in words and "trend of the sample" in words
        assert "trend of the sample" in page.locator("#topics .note").inner_text()


@needs_chromium
def test_subtopics_have_trends_and_rising_ones_are_shown_first(browser, tmp_path):
    inputs = write_inputs(tmp_path)
    with opened(browser, write_page(tmp_path)) as page:
        page.locator(".node.topic").first.click()
        odd = page.locator(".node.subtopic", has_text="odd")
        assert "fading 12 % per year" in odd.inner_text() and odd.locator("polyline").count() == 1
        assert "95 % interval -20 to -5 %" in odd.locator(".down").get_attribute("title")
        assert page.locator(".node.subtopic").first.locator(".up, .down").count() == 0
        page.locator(".node.topic").first.click()
        page.locator("#order").select_option("rising")
        assert odd.is_hidden()  # it fades
    rises = {"trend": ["", "rising"], "change_per_year": [0.0, 0.3], "low": [0.0, 0.2], "high": [0.1, 0.4]}
    filled(
        inputs["subtopic_trends"],
        SUBTOPIC_TRENDS,
        rises | {"subtopic": [0, 1], "topic": [0, 0], "name": ["even", "odd"]},
    )
    main(command_line("explore", **inputs, map=tmp_path / "map.html"))
    with opened(browser, tmp_path / "map.html") as page:
        assert page.locator(".node.subtopic", has_text="odd").is_hidden()
        page.locator("#order").select_option("rising")
        assert "rising 30 % per year" in page.locator(".node.subtopic:visible", has_text="odd").inner_text()
        topic = page.locator("li:has(> ul .subtopic) > .node.topic b").inner_text()
        page.locator("#order").select_option("subtopics")
        nodes = page.locator("#topics .node")
        assert nodes.locator("b").all_inner_texts() == ["odd", "even"]  # the rising one first, no topics
        assert f"in {topic}" in nodes.first.inner_text()
        nodes.first.click()
        assert lit(page) == ids_where((TOPIC == 0) & (np.arange(150) % 2 == 1))
        page.locator("#search").fill("qubit")  # no paper of topic 0 has it
        settled(page)
        assert nodes.locator("b:visible").all_inner_texts() == ["odd"]  # which is chosen


@needs_chromium
def test_names_of_groups_give_way_to_those_of_subtopics(page):
    def kinds(zoom: float) -> set[str]:
        return set(page.evaluate("zoom => explorer.labelsAt(zoom).map(label => label.kind)", zoom))

    assert kinds(1) == {"group", "topic"} and kinds(60) == {"topic", "subtopic"}


@needs_chromium
def test_card_says_what_a_paper_is_and_click_opens_it(page):
    row = row_of(page, "2301.00063")
    page.mouse.move(*place_of(page, row))
    card = page.locator("#card")
    expected = [
        "prime study 63",
        "2301.00063",
        "2004",
        "math.NT",
        "similarity to its topic 0.10 (cosine",
        "unusual for its topic",
    ]
    text = card.inner_text().replace("\xa0", " ")
    assert all(word in text for word in expected), text
    page.evaluate("() => { window.open = (...how) => { window.asked = how; }; }")
    page.mouse.click(*place_of(page, row))
    assert page.evaluate("window.asked") == ["https://arxiv.org/abs/2301.00063", "_blank", "noopener"]
    assert "paper=2301.00063" in settled(page)
    page.keyboard.press("Escape")
    assert card.is_hidden()


@needs_chromium
def test_hover_finds_the_nearest_paper(page):
    rng = np.random.default_rng(3)
    box = page.locator("#map").bounding_box()
    for x, y in rng.uniform((50, 50), (box["width"] - 50, box["height"] - 50), (40, 2)):
        places = np.array(
            page.evaluate("Array.from({length: explorer.points.n}, (_, i) => explorer.screenOf(i))")
        )
        distance = np.hypot(*(places - (x, y)).T)
        page.mouse.move(box["x"] + x, box["y"] + y)
        shown = page.locator("#card").is_visible()
        on_name = page.evaluate("([x, y]) => Boolean(explorer.labelAt(x, y))", [x, y])
        assert shown == (distance.min() <= 10 and not on_name)
        if shown:
            ids = page.evaluate("i => explorer.texts.ids.get(i)", int(distance.argmin()))
            assert ids in page.locator("#card").inner_text()


@needs_chromium
def test_titles_are_text_and_no_script_in_them_runs(browser, file):
    with opened(browser, file) as page:
        page.evaluate("() => { window.alert = what => { document.documentElement.dataset.hit = what; }; }")
        page.click("#papers-tab")
        page.locator("#more").click()
        page.locator("#more").click()
        text = page.locator("#papers").inner_text()
        for title in ODD[:4]:
            assert one_line(latex_to_text(title)) in text
        assert page.locator("#papers .paper").count() == 150
        assert page.locator("#papers img, #papers script, #topics img").count() == 0
        for i in range(len(ODD)):
            page.locator(f'.paper[data-row="{row_of(page, IDS[i])}"]').hover()
            box = page.locator("#card").bounding_box()
            assert box["height"] < 400 and box["y"] >= 0 and box["x"] + box["width"] <= 1280
        assert page.evaluate("document.documentElement.dataset.hit") is None


@needs_chromium
def test_address_brings_back_what_one_sees(browser, file):
    with opened(browser, file) as page:
        page.fill("#search", "study")
        page.locator(".node.topic", has_text="prime").click()
        page.locator("#category").select_option(label="math.NT (40)")
        page.locator("#from").fill("2005")
        page.locator("#colour").select_option("year")
        page.click("#theme")
        page.click("#closer")
        page.click("#papers-tab")
        page.wait_for_timeout(100)
        page.locator(".paper button").first.click()
        page.wait_for_timeout(700)
        address, papers, view = settled(page), lit(page), page.evaluate("explorer.view")
    assert papers == ids_where((TOPIC == 1) & (2001 + np.arange(150) % 20 >= 2005))
    with opened(browser, file, address) as again:
        assert lit(again) == papers and settled(again) == address
        assert (
            again.input_value("#search") == "study"
            and again.locator("html").get_attribute("data-theme") == "dark"
        )
        assert again.locator("#legend").is_visible() and again.locator("#card.selected").is_visible()
        restored = again.evaluate("explorer.view")
        assert restored["zoom"] == pytest.approx(view["zoom"], rel=1e-3) and restored["x"] == pytest.approx(
            view["x"], abs=1e-3
        )


@needs_chromium
@pytest.mark.parametrize(
    "hash_", ["#at=a,b,c&topic=99,-1,x&years=9-&category=none&paper=%00&colour=__proto__", "#%", "#at=0,0,-5"]
)
def test_nonsense_in_the_address_shows_the_whole_map(browser, file, hash_):
    with opened(browser, file, hash_) as page:
        assert page.evaluate("explorer.view.zoom") == 1 and len(lit(page)) == 150


@needs_chromium
def test_dark_mode_follows_the_system_and_the_button(browser, file):
    def ground(page) -> int:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", colour)[:3]))

    with opened(browser, file, color_scheme="dark") as page:
        assert ground(page) < 150
        page.click("#theme")
        assert ground(page) > 600 and "theme=light" in settled(page)


@needs_chromium
def test_everything_can_be_reached_by_keys(page):
    page.locator("#map").focus()
    before = page.evaluate("({...explorer.view})")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("+")
    after = page.evaluate("({...explorer.view})")
    assert after["x"] > before["x"] and after["zoom"] == pytest.approx(1.5)
    page.keyboard.press("Enter")
    assert page.locator("#card.selected").is_visible()
    assert page.evaluate("document.activeElement.closest('#card') !== null")
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden() and page.evaluate("document.activeElement.id") == "map"
    page.keyboard.press("0")
    assert page.evaluate("explorer.view.zoom") == 1
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "search"
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert {
        "category",
        "outliers",
        "nearer",
        "from",
        "to",
        "topics-tab",
        "order",
        "map",
        "theme",
        "closer",
    } <= reached
    page.locator("#topics-tab").focus()
    page.keyboard.press("ArrowRight")
    assert (
        page.locator("#papers").is_visible()
        and page.locator("#papers-tab").get_attribute("aria-selected") == "true"
    )


@needs_chromium
def test_papers_are_listed_in_the_chosen_order(page):
    page.click("#papers-tab")
    page.locator("#order").select_option("misfit")
    fits = [float(f) for f in re.findall(r"similarity\s([\d.]+)", page.locator("#papers").inner_text())]
    assert len(fits) == 50 and fits == sorted(fits) and fits[14] == 0.10 < fits[15]
    page.locator("#order").select_option("newest")
    years = [int(y) for y in re.findall(r" · (20\d\d)", page.locator("#papers").inner_text())]
    assert years == sorted(years, reverse=True) and years[0] == 2020


@needs_chromium
def test_wheel_zooms_about_the_pointer_and_a_drag_moves(page):
    row = row_of(page, "2301.00100")
    x, y = place_of(page, row)
    page.mouse.move(x, y)
    page.mouse.wheel(0, -600)
    page.wait_for_timeout(100)
    assert place_of(page, row) == pytest.approx((x, y), abs=0.5)
    assert page.evaluate("explorer.view.zoom") > 1.5
    page.mouse.down()
    page.mouse.move(x - 120, y + 40, steps=5)
    page.mouse.up()
    assert place_of(page, row) == pytest.approx((x - 120, y + 40), abs=5)
    page.click("#whole")
    assert page.evaluate("explorer.view.zoom") == 1


def overlapping(labels: list) -> list:
    """Pairs of names whose boxes overlap."""
    boxes = [(b["x"], b["y"], b["label"]["width"], b["label"]["height"], b["label"]["name"]) for b in labels]
    return [
        (a[4], b[4]) for i, a in enumerate(boxes) for b in boxes[:i]
        if abs(a[0] - b[0]) < (a[2] + b[2]) / 2 - 0.01 and abs(a[1] - b[1]) < (a[3] + b[3]) / 2 - 0.01
    ]  # fmt: skip


def random_points(n: int) -> dict:
    """Columns of n papers at random places in 300 topics."""
    rng = np.random.default_rng(5)
    return {
        "ids": [f"id{i}" for i in range(n)], "titles": [f"title {i}" for i in range(n)], "points": rng.normal(size=(n, 2)),
        "topic": np.sort(rng.integers(0, 300, n)), "categories": [None] * n, "published": [None] * n,
        "similarity": np.full(n, 0.5, np.float32), "names": [f"name number {i}, of the topic" for i in range(300)],
    }  # fmt: skip


@needs_chromium
def test_names_never_overlap_and_more_appear_as_one_zooms_in(browser, tmp_path):
    page_file = write_page(tmp_path, **random_points(900))
    with opened(browser, page_file) as page:
        seen: list[set] = []
        for zoom in (1, 1.7, 3, 6, 14, 40):
            labels = page.evaluate(
                "zoom => { explorer.view.zoom = zoom; return explorer.visibleLabels(); }", zoom
            )
            assert not overlapping(labels)
            seen.append({label["label"]["name"] for label in labels})
        assert 5 < len(seen[0]) < 150
        # all over the map, more and more of them show
        counts = [page.evaluate("zoom => explorer.labelsAt(zoom).length", zoom) for zoom in (1, 4, 16, 64)]
        assert counts == sorted(counts) and counts[0] == len(seen[0]) and counts[-1] > 250
        assert page.locator("#years").is_hidden() and page.locator("#category-field").is_hidden()
        assert page.locator("#order option").count() == 3


def few(n: int) -> dict:
    return {key: value[:n] for key, value in random_points(900).items()} | {
        "topic": np.zeros(n, int), "names": ["only"],
    }  # fmt: skip


@needs_chromium
@pytest.mark.parametrize(
    "columns",
    [
        pytest.param(few(10), id="ten papers"),
        pytest.param(few(1), id="one paper"),
        pytest.param(few(200) | {"points": np.full((200, 2), 3.0)}, id="all points equal"),
        pytest.param(
            few(200)
            | {"points": np.r_[np.random.default_rng(0).normal(size=(190, 2)), np.full((10, 2), 500.0)]},
            id="an island",
        ),
    ],
)
def test_odd_maps_open_and_can_be_used(browser, tmp_path, columns):
    n = len(columns["ids"])
    with opened(browser, write_page(tmp_path, **columns)) as page:
        assert page.evaluate("explorer.points.n") == n
        page.click("#papers-tab")
        page.locator(".paper").first.hover()
        assert "similarity to its topic\xa00.50" in page.locator("#card").inner_text()
        assert page.evaluate("explorer.visibleLabels()[0].label.name") == "only"
        assert not overlapping(page.evaluate("explorer.visibleLabels()"))


@needs_chromium
def test_topics_are_named_by_their_first_keyword_and_by_more_where_there_is_room(browser, tmp_path):
    names = [f"topic{i} · second keyword · third" for i in range(4)]
    with opened(browser, write_page(tmp_path, names=names)) as page:

        def lines_at(zoom: float) -> dict:
            found = page.evaluate("zoom => explorer.labelsAt(zoom).filter(l => l.kind === 'topic')", zoom)
            assert len(found) == len({label["index"] for label in found})
            return {label["index"]: label["lines"] for label in found}

        assert lines_at(0.5) == {i: [f"topic{i}"] for i in range(4)}
        assert all("second keyword" in " ".join(lines) for lines in lines_at(60).values())


@needs_chromium
def test_names_stay_inside_the_view_and_clear_of_the_buttons(page):
    box = page.locator("#map").bounding_box()
    tools = page.locator("#tools").bounding_box()
    left, bottom = tools["x"] - box["x"], tools["y"] + tools["height"] - box["y"]
    for x, y, zoom in np.random.default_rng(7).uniform((0, 0, 0.7), (1, 1, 12), (40, 3)):
        labels = page.evaluate("v => { Object.assign(explorer.view, v); return explorer.visibleLabels(); }", {"x": x, "y": y, "zoom": zoom})  # fmt: skip
        assert not overlapping(labels)
        for label in labels:
            across, up = label["label"]["width"] / 2, label["label"]["height"] / 2
            assert across <= label["x"] + 0.01 <= box["width"] - across + 0.02
            assert up <= label["y"] + 0.01 <= box["height"] - up + 0.02
            assert label["x"] + across <= left + 0.01 or label["y"] - up >= bottom - 0.01


@needs_chromium
def test_a_click_on_a_name_chooses_it_and_the_view_fits_it(page):
    before = page.evaluate("({...explorer.view})")
    label = page.evaluate("explorer.visibleLabels().find(l => l.label.name === 'qubit')")
    box = page.locator("#map").bounding_box()
    page.mouse.click(box["x"] + label["x"], box["y"] + label["y"])
    assert lit(page) == ids_where(TOPIC == 3)
    assert page.evaluate("explorer.view.zoom") > 1.5 * before["zoom"]
    places = np.array([page.evaluate("i => explorer.screenOf(i)", row_of(page, i)) for i in lit(page)])
    inside = ((places > 0) & (places < (box["width"], box["height"]))).all(1)
    assert inside.mean() >= 0.8
    assert "qubit" in page.evaluate("explorer.visibleLabels().map(l => l.label.name)")


@needs_chromium
def test_half_of_the_papers_have_the_darker_half_of_the_colours(page):
    page.locator("#colour").select_option("year")
    assert page.locator("#shade").is_hidden()
    years = 2001 + np.arange(150) % 20
    assert page.locator("#low").inner_text() == "2001" and page.locator("#high").inner_text() == "2020"
    assert page.locator("#middle").inner_text() == f"median {int(np.sort(years)[75])}"
    page.locator("#colour").select_option("topic")
    assert page.locator("#shade").is_visible() and page.locator("#legend").is_hidden()


@needs_chromium
def test_help_and_the_map_are_one_key_away(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "map"
    page.click("#help")
    assert "plus and minus zoom" in page.locator("#keys").inner_text()
    page.click("#help")
    assert page.locator("#keys").is_hidden()
    page.click("#help")
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()
    assert page.locator("#help").get_attribute("aria-expanded") == "false"


@needs_chromium
def test_a_search_without_papers_says_so(page):
    page.click("#papers-tab")
    page.fill("#search", "wordofnopaper")
    page.get_by_text("No paper passes the filters").wait_for()
    page.fill("#search", "")
    page.locator("#papers .paper").first.wait_for()


@needs_chromium
def test_without_webgl_a_canvas_shows_the_papers(playwright, file):
    with (
        chromium(playwright, "--disable-gpu", "--disable-software-rasterizer") as plain,
        opened(plain, file) as page,
    ):
        assert page.locator("#map").get_attribute("data-drawn-by") == "canvas"
        count = """() => { explorer.draw(); const canvas = document.getElementById("points");
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const seen = new Set(); let shown = 0;
          for (let k = 0; k < data.length; k += 4) if (data[k + 3] > 150) { shown++; seen.add(data.slice(k, k + 3).join()); }
          return [shown, seen.size]; }"""
        shown, colours = page.evaluate(count)
        assert shown > 150 * 10 and colours >= 4
        page.locator(".node.topic", has_text="prime").click()
        page.click("#whole")
        fewer, _ = page.evaluate(count)
        assert 0 < fewer < shown
        page.mouse.move(*place_of(page, row_of(page, "2301.00070")))
        assert "prime study 70" in page.locator("#card").inner_text()


@needs_chromium
def test_on_a_phone_a_tap_shows_a_card_below_the_map_that_leads_to_the_paper(browser, file):
    phone = {
        "viewport": {"width": 390, "height": 780},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    }
    with opened(browser, file, **phone) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= 390")
        page.touchscreen.tap(*place_of(page, row_of(page, "2301.00140")))
        link = page.locator("#card a.title")
        assert link.is_visible() and link.get_attribute("href").startswith("https://arxiv.org/abs/2301.")
        box, shown = page.locator("#card").bounding_box(), page.locator("#map").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 780
        assert box["y"] >= shown["y"] + shown["height"]
        size = "element => parseFloat(getComputedStyle(element).fontSize)"
        assert all(
            page.locator(f"#card .{name}").first.evaluate(size) > 12 for name in ("title", "facts", "topic")
        )
        for target in (page.locator("#card .open"), page.locator("#card button")):
            assert target.bounding_box()["height"] >= 36  # a finger's width
        page.evaluate(
            "() => addEventListener('click', e => { window.asked = e.target.href; e.preventDefault(); })"
        )
        page.locator("#card .open").tap()
        assert page.evaluate("window.asked") == link.get_attribute("href")
        page.locator("#card button").tap()
        assert page.locator("#card").is_hidden() and page.locator("#colour").is_visible()


@needs_chromium
@pytest.mark.parametrize("link", ["https://x.org/{id}?again={id}", "{id}", None])
def test_links_are_those_of_the_report(browser, tmp_path, link):
    odd = ["https://a.org/b?c=1", "javascript:alert(1)", "10.1000/a b#?&", "hep-th/9901001", "ü%"]
    columns = few(5) | {"ids": odd}
    with opened(browser, write_page(tmp_path, link=link, **columns)) as page:
        page.click("#papers-tab")
        for identifier in odd:
            item = page.locator(".paper", has=page.locator(".facts", has_text=identifier)).first
            found = item.locator("a").get_attribute("href") if item.locator("a").count() else None
            assert found == paper_url(link, identifier) or unquoted(found) == unquoted(
                paper_url(link, identifier)
            )


def unquoted(url: str | None) -> str | None:
    """Python's quote escapes a few signs that encodeURIComponent does not."""
    from urllib.parse import unquote

    return unquote(url) if url else url
