"""explore: what readers and corpora do to the page that nobody planned, in a real browser."""

from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import explore
from browser import faults_by_axe, needs_chromium, opened
from explorer import choose_category, lit, settled
from lib.map.page_data import one_line
from lib.naming.titles import latex_to_text
from lib.records.schema import FACET_ROWS
from measure import command_line
from page_inputs import (
    BIDI,
    IDS,
    few,
    filled,
    keys_of,
    planted_columns,
    space_files,
    write_inputs,
    write_page,
)

pytestmark = needs_chromium

ODD = [
    '</script><img src=x onerror="document.documentElement.dataset.hit=1">',
    "אבגדה וזחטי",
    "👩‍🔬👨‍👩‍👧 emoji",
    BIDI,
    "<b>&amp; \u2028 ${x} `",
]


def test_a_dropped_file_of_ids_that_are_not_there_changes_nothing(page):
    seconds = page.evaluate(
        """() => { const data = new DataTransfer(), ids = Array.from({length: 100000}, (_, i) => `9912.${String(i).padStart(5, "0")}`);
        data.items.add(new File([ids.join("\\n")], "mine.txt")); window.started = performance.now();
        document.getElementById("map").dispatchEvent(new DragEvent("drop", {dataTransfer: data, bubbles: true, cancelable: true})); }"""
    )
    page.get_by_text("None of the 100,000 records or lines of the file is on this map.").wait_for()
    seconds = page.evaluate("(performance.now() - window.started) / 1000")
    assert seconds < 10 and len(lit(page)) == 150 and "mine" not in settled(page)


def test_a_link_of_an_older_map_shows_what_is_left_and_says_what_is_gone(browser, map_file):
    keys = keys_of(4)
    old = f"#topic={keys[1]},t7f3a&subtopic=99&category=hep-xx&years=1950-2030&paper=9901.00001&mine=9901.00001+{IDS[65]}&show=mine"
    with opened(browser, map_file, old + "&color=number&size=h-index&order=x&at=0.4,0.4,2") as page:
        said = page.locator("#unknown").inner_text()
        assert said == "This map has no topic t7f3a, no category hep-xx, no paper 9901.00001."
        assert lit(page) == {IDS[65]}  # which is in the topic that is left
        assert page.locator("#card").is_hidden() and page.locator("#size-said").is_hidden()
        assert page.evaluate("explorer.state.mine.length") == 1
        choose_category(page, "math.NT")
        page.wait_for_timeout(100)
        assert page.locator("#unknown").inner_text() == "This map has no topic t7f3a."
        page.click("#clear")
        assert page.locator("#unknown").is_hidden() and len(lit(page)) == 150
        address = settled(page)
        assert not any(word in address for word in ("topic", "category", "paper", "years", "size"))


def test_twelve_papers_can_be_used_whole(browser, tmp_path, planted, axe):
    columns = {
        name: values[:12] if name != "names" else values for name, values in planted_columns(planted).items()
    }
    columns |= {"categories": ["math.NT", None, "cs.LG"] * 4}
    files = space_files(tmp_path, planted)
    np.save(files["paper_space"], np.load(files["paper_space"])[:12])
    with opened(browser, write_page(tmp_path, **columns, **files)) as page:
        page.wait_for_selector("#size-field:visible")
        for option in page.locator("#color option").evaluate_all("all => all.map(option => option.value)"):
            page.locator("#color").select_option(option)
        page.locator("#size").select_option("citations")
        choose_category(page, "cs.LG")
        page.wait_for_timeout(100)
        assert lit(page) == {planted.ids[i] for i in range(12) if i % 3 == 2}
        page.fill("#search", "galaxy telescope")
        page.keyboard.press("Enter")
        settled(page)
        page.click("#selection-tab")
        page.click("#clear")
        page.locator("#map").focus()
        page.keyboard.press("Enter")
        assert page.locator("#card .neighbors li").count() == 10 and faults_by_axe(page, axe) == []
        page.evaluate(
            "() => { dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint')); }"
        )
        assert len(lit(page)) == 12


def test_a_corpus_in_japanese_has_no_terms_and_a_whole_page(browser, tmp_path, planted):
    titles = [f"{('銀河', '素数', '神経', '量子')[t]}の研究{i}" for i, t in enumerate(planted.truth)]
    files = space_files(tmp_path, planted)
    np.save(files["term_space"], np.zeros((0, 64), np.int8))
    none = {"term": pa.array([], pa.string()), "papers": pa.array([], pa.int64())}
    pq.write_table(pa.table(none | {"titles": none["papers"]}), files["search_terms"])
    changes = {"titles": titles, "names": ["銀河", "素数", "神経", "量子"]}
    with opened(browser, write_page(tmp_path, **planted_columns(planted) | changes, **files)) as page:
        page.locator(".node.topic", has_text="素数").click()
        page.click("#selection-tab")
        text = page.locator("#selection").inner_text()
        assert f"{(planted.truth == 1).sum()} papers of 140 are selected." in text and "Keywords" not in text
        page.fill("#search", "素数の研究")
        page.keyboard.press("Enter")
        settled(page)
        assert page.locator("#papers .paper").count() == min(50, len(lit(page))) > 0
        page.fill("#search", "存在しない言葉")
        page.keyboard.press("Enter")
        settled(page)
        assert "Nothing was found" in page.locator("#said").inner_text() and lit(page) == set()


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_stay_texts_wherever_they_stand(browser, tmp_path, text):
    n, shown = 12, one_line(text)
    columns = few(n) | {"titles": [text] * n, "names": [text], "categories": [text, "b"] * 6}
    columns["published"] = [date(2001, 1, 1)] * 6 + [date(2003, 1, 1)] * 6
    columns |= {"names": [text, "other"], "topic": np.arange(n) // 6}
    inputs = write_inputs(tmp_path, **columns)
    facets = [(i, f, text) for i in columns["ids"] for f in ("authors", "doi", "journal")]
    inputs["facets"] = filled(
        tmp_path / "facets.parquet",
        FACET_ROWS,
        dict(zip(("id", "facet", "value"), map(list, zip(*sorted(facets), strict=True)), strict=True))
        | {"position": [0] * len(facets)},
    )
    names = tmp_path / "names.csv"
    names.write_text('category,name\nb,"{}"\n'.format(one_line(text).replace('"', '""')), encoding="utf-8")
    explore.main(command_line("explore", **inputs | {"category_names": names}, map=tmp_path / "map.html"))
    with opened(browser, tmp_path / "map.html", "#paper=id3") as page:
        card = page.locator("#card")
        title = one_line(latex_to_text(text))
        assert card.locator(".title").inner_text() == title
        assert card.locator(".author").inner_text() == shown.replace(";", ",")  # which parts authors
        assert (
            shown in card.locator(".facts").inner_text() and page.locator("#card img, #card b").count() == 0
        )
        page.wait_for_selector("#color option[value=journal]", state="attached")
        page.locator("#color").select_option("journal")
        assert page.locator("#classes span").first.inner_text() == shown
        page.locator("#color").select_option("category")
        page.locator("#categories-open").click()
        page.wait_for_selector("#categories button")
        assert sorted(page.locator("#categories button > span:first-child").all_inner_texts()) == sorted([shown, f"b {shown}"])  # fmt: skip
        page.evaluate(
            "() => { dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint')); }"
        )
        assert page.locator("#print-entries img").count() == page.locator("#categories img").count() == 0
        card.locator(".author").click()
        settled(page)
        assert page.evaluate("document.documentElement.dataset.hit") is None
        assert set(page.evaluate("[...explorer.texts.titles.text.split('\\n')]")) == {title}
