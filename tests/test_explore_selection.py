"""explore: papers that the reader draws around, what is said of them, and the files that leave the page, in a real browser."""

import csv
import json
import logging
import re
import warnings

import bibtexparser
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rispy

from browser import faults_by_axe, needs_chromium, opened
from conftest import script
from explore import abstracts
from explorer import download, lit, place_of, row_of, settled
from lib.figures.page import paper_url
from lib.map.page_data import one_line
from lib.naming.titles import latex_to_text
from measure import cleaned_files
from page_inputs import (
    IDS,
    ODD,
    TOPIC,
    authors_of,
    few,
    ids_where,
    planted_columns,
    space_files,
    write_inputs,
    write_page,
)

pytestmark = needs_chromium


def drag(page, *places, keys: str = "", touch: bool = False) -> None:
    """Press at the first place, move through the others, and let go."""
    if keys:
        page.keyboard.down(keys)
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=6)
    page.mouse.up()
    if keys:
        page.keyboard.up(keys)
    page.wait_for_timeout(100)


def corner(page, topic: int) -> tuple[np.ndarray, np.ndarray]:
    """The upper left and the lower right corner of a box around the papers of a topic on the screen."""
    places = np.array([place_of(page, row_of(page, IDS[i])) for i in np.flatnonzero(topic == TOPIC)])
    return places.min(0) - 4, places.max(0) + 4


def title_of(i: int) -> str:
    subjects = ["galaxy", "prime", "neuron", "qubit"]
    return one_line(latex_to_text(ODD[i])) if i < len(ODD) else f"{subjects[TOPIC[i]]} study {i}"


def test_shift_and_drag_selects_the_papers_in_a_rectangle(page):
    (left, top), (right, bottom) = corner(page, 3)
    view = page.evaluate("({...explorer.view})")
    drag(page, (right, top), (left, bottom), keys="Shift")
    assert lit(page) == ids_where(TOPIC == 3) and page.evaluate("({...explorer.view})") == view
    assert page.locator("#selection").is_visible()
    assert "20 papers of 150 are selected." in page.locator("#selection").inner_text()
    page.fill("#search", '"14"')
    page.wait_for_timeout(300)
    assert lit(page) == {IDS[i] for i in range(140, 150)}  # both must hold
    page.fill("#search", "")
    page.wait_for_timeout(300)
    page.click("#clear-area")
    assert len(lit(page)) == 150 and "All 150 papers" in page.locator("#selection").inner_text()


def test_the_pen_selects_what_lies_inside_a_shape(page):
    (left, top), (right, bottom) = corner(page, 0)
    rows = {i: row_of(page, IDS[i]) for i in range(150)}
    places = np.array([place_of(page, rows[i]) for i in range(150)])
    page.click("#lasso")
    assert page.locator("#lasso").get_attribute("aria-pressed") == "true"
    drag(page, (left, top), (right, bottom), (left, bottom), (left, top + 3))  # the lower left half
    assert page.locator("#lasso").get_attribute("aria-pressed") == "false"
    height = (places[:, 0] - left) / (right - left) * (bottom - top) + top  # of the diagonal there
    inside = (places[:, 1] > height) & (places[:, 0] > left) & (places[:, 1] < bottom)
    close = np.abs(places[:, 1] - height) < 4
    found = np.array([i in lit(page) for i in IDS])
    assert found.sum() > 10 and (found == inside)[~close].all()
    before = page.evaluate("({...explorer.view})")
    drag(page, (left, top), (left + 60, top + 60))  # the pen is put away: the map moves
    assert page.evaluate("explorer.view.x") != before["x"]
    page.locator("#map").focus()
    page.keyboard.press("Escape")
    assert len(lit(page)) == 150


def test_the_address_and_the_copied_link_bring_back_a_selection(browser, map_file):
    with opened(browser, map_file) as page:
        (left, top), (right, bottom) = corner(page, 1)
        drag(page, (left, top), (right, bottom), keys="Shift")
        address = settled(page)
        page.click("#copy-link")
        assert page.input_value("#link") == "map.html" + address
    with opened(browser, map_file, address) as again:
        assert lit(again) == ids_where(TOPIC == 1) and settled(again) == address
        again.click("#clear")
        assert len(lit(again)) == 150 and "area" not in settled(again)


@pytest.mark.parametrize(
    "hash_",
    ["#area=1,2,x,4,5,6", "#area=0,0,1,1", "#area=0,0,1,1,1", "#area=" + "9e9," * 6, "#area=" + "1," * 900],
)
def test_nonsense_for_an_area_selects_nothing_away(browser, map_file, hash_):
    with opened(browser, map_file, hash_) as page:
        assert len(lit(page)) == 150 and "area" not in settled(page)


def test_a_selection_has_its_own_keywords_years_and_fields(browser, tmp_path, planted):
    with opened(
        browser, write_page(tmp_path, **planted_columns(planted), **space_files(tmp_path, planted))
    ) as page:
        page.locator(".node.topic", has_text="neurons").click()
        page.click("#selection-tab")
        said = dict(
            zip(
                page.locator("#selection dt").all_inner_texts(),
                page.locator("#selection dd").all_inner_texts(),
                strict=True,
            )
        )
        words = "neuron cortex synapse spike axon dendrite brain plasticity".split()
        keywords = said["Keywords"].split(" · ")
        assert len(keywords) == 8 and set(keywords) <= set(words)
        rows = np.flatnonzero(planted.truth == 2)
        years = np.sort(2001 + rows % 20)
        assert said["Years"] == f"{years[0]}–{years[-1]}, median {years[len(years) // 2]}"
        assert said["Categories"] == "math.NT (30)" and said["Topics"] == "neurons (30)"
        page.fill("#search", "zzzz")
        page.wait_for_timeout(300)
        assert page.locator("#selection .downloads button").first.is_disabled()


def test_pandas_reads_the_csv(page, tmp_path):
    path = download(page, "CSV", tmp_path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = pd.read_csv(path, dtype=str, keep_default_na=False).set_index("id")
    assert len(table) == 150 and path.name == "papers.csv"
    table.index = table.index.str.removeprefix("'")
    with path.open(encoding="utf-8", newline="") as file:
        assert all(len(row) == 10 for row in csv.reader(file))
    for i, identifier in enumerate(IDS):
        row = table.loc[identifier]
        assert row["title"] == title_of(i) and row["year"] == str(2001 + i % 20)
        assert row["authors"] == ("; ".join(authors_of(i)) if i % 10 else "")
        assert row["doi"] == (f"10.1000/x_{i}" if i % 3 == 1 else "") and row["url"] == paper_url(
            "https://arxiv.org/abs/{id}", identifier
        )
    assert table["topic"].iloc[0] in table["topic"].unique() and set(table["subtopic"]) == {"", "even", "odd"}


def test_rispy_reads_the_ris_without_a_warning(page, tmp_path, caplog):
    with caplog.at_level(logging.WARNING), warnings.catch_warnings():
        warnings.simplefilter("error")
        records = {r["id"]: r for r in rispy.loads(download(page, "RIS", tmp_path).read_text("utf-8"))}
    assert not caplog.records and len(records) == 150
    assert not any("unknown_tag" in record for record in records.values())
    for i, identifier in enumerate(IDS):
        record = records[identifier]
        assert record["title"] == title_of(i) and record["year"] == str(2001 + i % 20)
        second = ["ATLAS Collaboration", "van der Berg, Jan", "李明"][i % 3]
        assert record.get("authors", []) == ([f"Müller{i % 5}, Ada M.", second] if i % 10 else [])
        assert record.get("doi") == (f"10.1000/x_{i}" if i % 3 == 1 else None)
        assert record["type_of_reference"] == ("JOUR" if i % 3 == 1 else "UNPB")
        assert record["abstract"].startswith(f'An abstract on paper {i}, "quoted"')


def test_bibtexparser_reads_the_bibtex_without_a_warning(page, tmp_path, caplog):
    from bibtexparser import middlewares

    path = download(page, "BibTeX", tmp_path)
    with caplog.at_level(logging.WARNING), warnings.catch_warnings():
        warnings.simplefilter("error")
        library = bibtexparser.parse_file(
            str(path),
            append_middleware=[middlewares.SeparateCoAuthors(), middlewares.LatexDecodingMiddleware()],
        )
    assert not caplog.records and not library.failed_blocks and len(library.entries) == 150
    assert len({entry.key.lower() for entry in library.entries}) == 150
    by_url = {entry["url"]: entry for entry in library.entries}
    for i, identifier in enumerate(IDS):
        entry = by_url[paper_url("https://arxiv.org/abs/{id}", identifier)]
        assert re.sub(r"[{}\s]", "", entry["title"]) == re.sub(r"[{}\s]", "", title_of(i))
        assert ("author" in entry.fields_dict) == bool(i % 10)
        if i % 10:
            assert entry["author"][0] == f"Müller{i % 5}, Ada M."


def test_ids_are_one_per_line_in_the_files(page, tmp_path):
    page.locator(".node.topic", has_text="prime").click()
    assert set(download(page, "ids", tmp_path).read_text().split("\n")) == ids_where(TOPIC == 1) | {""}
    assert page.get_by_text("40 papers in papers.txt").is_visible()


def test_clean_reads_the_json_lines(page, tmp_path):
    page.locator(".node.topic", has_text="prime").click()
    snapshot = download(page, "JSON lines", tmp_path)
    files = cleaned_files(tmp_path / "cleaned")
    result = script("clean", snapshot=snapshot, **files)
    assert result.returncode == 0, result.stderr
    papers = pq.read_table(files["papers"]).to_pylist()
    assert {paper["id"] for paper in papers} == ids_where(TOPIC == 1)
    for paper in papers:
        i = IDS.index(paper["id"])
        assert paper["title"] == title_of(i) and paper["primary_category"] == "math.NT"
        assert paper["published"].isoformat() == f"{2001 + i % 20}-03-01"
        assert paper["abstract"].startswith(f"An abstract on paper {i},")
    facets = pq.read_table(files["facets_table"]).to_pylist()
    authors = {(row["id"], row["value"]) for row in facets if row["facet"] == "authors"}
    assert authors == {(IDS[i], name) for i in np.flatnonzero(TOPIC == 1) if i % 10 for name in authors_of(i)}


def test_titles_of_other_scripts_leave_the_page_whole(browser, tmp_path):
    titles = [
        "שלום עולם",
        "日本語の題名",
        "emoji 👩‍🔬 \\ {x} ~ ^ 100% $5 #1 a_b",
        '"quoted", and more',
        "=1+1",
        "a  b",
    ]
    with opened(browser, write_page(tmp_path, **few(6) | {"titles": titles})) as page:
        lines = download(page, "JSON lines", tmp_path).read_text("utf-8").splitlines()
        expected = {one_line(latex_to_text(title)) for title in titles}
        assert {json.loads(line)["title"] for line in lines} == expected
        table = pd.read_csv(download(page, "CSV", tmp_path), dtype=str)
        assert set(table["title"]) == expected - {"=1+1"} | {"'=1+1"}
        library = bibtexparser.parse_file(str(download(page, "BibTeX", tmp_path)))
        assert len(library.entries) == 6 and not library.failed_blocks
        assert len(rispy.loads(download(page, "RIS", tmp_path).read_text("utf-8"))) == 6


def test_authors_are_found_and_stand_on_the_card(page):
    page.fill("#search", "muller3 atlas")
    page.wait_for_timeout(300)
    assert lit(page) == {IDS[i] for i in range(150) if i % 10 and i % 5 == 3 and i % 3 == 0}
    page.mouse.move(*place_of(page, row_of(page, IDS[33])))
    assert "Ada M. Müller3, ATLAS Collaboration" in page.locator("#card").inner_text()


def test_a_page_of_many_papers_has_no_abstracts(tmp_path, monkeypatch):
    papers = write_inputs(tmp_path)["papers"]
    assert len(abstracts(papers, np.arange(150))) == 150
    monkeypatch.setattr("lib.map.page_records.ABSTRACTS", 149)
    assert abstracts(papers, np.arange(150)) == [] and len(abstracts(papers, np.array([4, 2]))) == 2


@pytest.mark.parametrize(("copies", "said"), [(True, "Copied; "), (False, "Press Ctrl+C to copy it; ")])
def test_the_page_says_whether_the_link_was_copied(page, copies, said):
    page.evaluate("answer => { document.execCommand = () => answer; }", copies)
    page.click("#selection-tab")
    page.click("#copy-link")
    text = page.locator("#selection [role=status]").first.inner_text()
    assert text.startswith(said) and ("Copied" in text) == copies
    assert page.evaluate("document.activeElement.id") == "link"


def test_without_abstracts_there_are_no_json_lines(browser, tmp_path, monkeypatch):
    monkeypatch.setattr("lib.map.page_records.ABSTRACTS", 5)
    with opened(browser, write_page(tmp_path)) as page:
        page.click("#selection-tab")
        assert page.get_by_role("button", name="JSON lines").count() == 0
        assert "no abstracts" in page.locator("#selection").inner_text()


def test_the_tab_has_no_fault_and_is_reached_by_keys(page, axe):
    page.locator("#topics-tab").focus()
    page.keyboard.press("ArrowLeft")
    assert (
        page.evaluate("document.activeElement.id") == "selection-tab"
        and page.locator("#selection").is_visible()
    )
    assert page.locator("#order").is_hidden()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") in ("CSV", "RIS")
    page.click("#copy-link")
    assert faults_by_axe(page, axe) == []
    page.locator("#selection-tab").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#topics").is_visible() and page.locator("#order").is_visible()
