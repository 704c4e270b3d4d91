"""explore: what the page holds. How it looks and what a reader can do with it: test_explore_*.py."""

import base64
import html
import json
import re
import zlib
from datetime import date
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa

from conftest import ROOT, assert_refused, pq_write, script
from lib.map.page_data import one_line
from lib.map.page_entries import NONE, paper_blocks, share_blocks, trend_entries
from lib.naming.titles import latex_to_text
from measure import page_files
from page_inputs import (
    KEYWORD,
    ODD,
    SIZES,
    write_inputs,
    write_page,
)


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
    assert blocks["similarity"].tolist() == [0, 0, 102] and blocks["outlier"].tolist() == [0, 1, 0]
    assert blocks["second"].tolist() == [1, NONE, 0] and blocks["nearer"].tolist() == [1, 0, 0]


def test_shares_are_those_of_the_own_topic_and_the_largest_others():
    best = np.array([[0, 1, 2], [2, 1, 0], [1, 2, -1], [1, -1, -1], [-1, -1, -1], [0, 1, 2]], np.int32)
    shares = np.array(
        [[0.7, 0.2, 0.05], [0.5, 0.45, 0.049], [0.6, 0.3, 0], [0.999, 0, 0], [0, 0, 0], [0.4, 0.31, 0.29]],
        np.float32,
    )
    blocks = share_blocks(np.array([0, 1, 0, 1, -1, -1]), best, shares)
    assert blocks["share"].tolist() == [70, 45, 0, 99, 0, 0]
    n = NONE
    assert blocks["others"].tolist() == [[1, 2], [2, n], [1, 2], [n, n], [n, n], [0, 1]]
    assert blocks["otherShares"].tolist() == [[20, 5], [50, 0], [60, 30], [0, 0], [0, 0], [40, 31]]
    none = share_blocks(np.array([0, 1]), np.empty((2, 0), np.int32), np.empty((2, 0), np.float32))
    assert none["share"].tolist() == [0, 0] and none["others"].tolist() == [[n, n]] * 2


def test_rule_lists_every_module_after_those_it_imports():
    files = page_files()["scripts"]
    assert {file.name for file in files} == {
        f.name for f in (ROOT / "scripts/templates/explore").glob("*.js")
    }
    seen: set[str] = set()
    for file in files:
        assert set(re.findall(r'from "\./(\w+)\.js"', file.read_text())) <= seen, file.name
        seen.add(file.stem)


def test_names_at_the_top_of_modules_differ():
    """The modules share one scope in the page: a name that two of them declare stops its script."""
    declared: dict[str, list[str]] = {}
    for file in page_files()["scripts"]:
        source = file.read_text()
        names = re.findall(r"^(?:export )?(?:async )?(?:function\*?|class) (\w+)", source, flags=re.M)
        for declaration in re.findall(r"^(?:export )?(?:const|let|var) (.*?);$", source, flags=re.M | re.S):
            # without what stands in brackets, a comma parts names
            bare = without_brackets(declaration)
            names += re.findall(r"(?:^|,)\s*([A-Za-z_$]\w*)\s*(?==|,|$)", bare)
            names += (
                re.findall(r"\w+", declaration[1 : declaration.index("]")]) if declaration[0] == "[" else []
            )
        for name in names:
            declared.setdefault(name, []).append(file.stem)
    twice = {name: files for name, files in declared.items() if len(files) > 1}
    assert not twice and {"state", "firstYear", "hovered", "drawn", "Search", "matches"} <= set(declared)


def without_brackets(text: str) -> str:
    """A text without what stands in brackets and in quotes."""
    text, depth, out = re.sub(r'"[^"]*"|`[^`]*`|\'[^\']*\'', "", text), 0, ""
    for sign in text:
        depth -= sign in ")]}"
        out += sign if depth == 0 and sign not in ")]}" else ""
        depth += sign in "([{"
    return out


def test_tables_of_different_papers_are_refused(tmp_path, out):
    inputs = write_inputs(tmp_path)
    short = pq_write(tmp_path / "short.parquet", id=["a"], subtopic=pa.array([0], pa.int32()))
    assert_refused(
        script("explore", **inputs | {"subtopics": short}, map=out / "map.html"), out, "subtopics 1"
    )


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


def test_titles_reach_the_page_as_data_only(map_file):
    page = map_file.read_text(encoding="utf-8")
    parsed = Tags(page)
    assert "img" not in parsed.tags and parsed.tags.count("style") == 1
    titles = parsed.unpacked("titles").decode().split("\n")
    expected = {one_line(latex_to_text(title)) for title in ODD}
    assert expected <= set(titles) and len(titles) == sum(SIZES)
    meta = json.loads(parsed.text["meta"])
    assert [topic["name"] for topic in meta["topics"]] == [KEYWORD, "prime", "neuron", "qubit"]
    owners = np.frombuffer(parsed.unpacked("topic"), "<u2")
    assert np.bincount(owners).tolist() == list(SIZES)


def test_page_is_one_file_that_loads_nothing(map_file):
    page = map_file.read_text(encoding="utf-8")
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


def test_that_all_papers_are_shown_goes_without_saying(map_file):
    assert "of them shown" not in map_file.read_text(encoding="utf-8")


def test_trends_without_years_say_nothing():
    trends = [{"trend": "", "change_per_year": None, "low": None, "high": None}]
    for shares in (np.empty((0, 0)), np.ones((1, 1))):
        assert trend_entries(trends, shares) == [
            {"trend": "", "change": None, "low": None, "high": None, "shares": []}
        ]
