"""explore: what is known of papers beyond their titles: words for fit, categories in a list, colors and sizes by facets."""

from pathlib import Path

import numpy as np
import pytest

import explore
from browser import chromium, faults_by_axe, needs_chromium, opened
from explorer import lit, open_categories, place_of, row_of, settled
from lib.records.schema import FACET_ROWS
from measure import command_line
from page_inputs import IDS, TOPIC, authors_of, filled, ids_where, keys_of, write_inputs, write_page

pytestmark = needs_chromium

USE_GL = "WebGLRenderingContext.prototype.getExtension = () => null"
# How many pixels of the papers are opaque on a line through a pixel of the map.
ACROSS = """([x, y]) => { explorer.draw();
  const canvas = document.getElementById("points"), width = canvas.width, gl = canvas.getContext("webgl");
  const pixels = new Uint8Array(4 * width);
  if (gl) gl.readPixels(0, canvas.height - 1 - Math.round(y), width, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixels);
  else pixels.set(canvas.getContext("2d").getImageData(0, Math.round(y), width, 1).data);
  let [left, right] = [Math.round(x), Math.round(x)];
  while (pixels[4 * left + 3] > 100) left--;
  while (pixels[4 * right + 3] > 100) right++;
  return right - left - 1; }"""
COLOR = """([x, y]) => { explorer.draw();
  return [...document.getElementById("points").getContext("2d").getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)]; }"""


def spread_out(n: int) -> dict:
    """Columns of n papers far from one another, on a grid."""
    side = int(np.ceil(n**0.5))
    return {
        "ids": [f"id{i}" for i in range(n)], "titles": [f"The title {i}" for i in range(n)], "topic": np.zeros(n, int), "names": ["only"],
        "points": np.stack([np.arange(n) % side, np.arange(n) // side], 1) * 10.0, "categories": ["math.NT"] * n,
        "published": [None] * n, "similarity": np.linspace(0.3, 0.8, n, dtype=np.float32),
    }  # fmt: skip


def with_facets(folder: Path, columns: dict, facet: str, values: list) -> Path:
    """A page whose papers have a facet with these values; None for none."""
    folder.mkdir(exist_ok=True)
    inputs = write_inputs(folder, **columns)
    rows = sorted((i, value) for i, value in zip(columns["ids"], values, strict=True) if value is not None)
    inputs["facets"] = filled(
        folder / "facets.parquet",
        FACET_ROWS,
        {"id": [i for i, _ in rows], "facet": [facet] * len(rows), "position": [0] * len(rows), "value": [v for _, v in rows]},
    )  # fmt: skip
    explore.main(command_line("explore", **inputs, map=folder / "map.html"))
    return folder / "map.html"


def test_the_words_for_fit_are_quarters_of_the_topic(browser, tmp_path):
    rng = np.random.default_rng(4)
    similarity = rng.uniform(0.3, 0.9, 150).astype(np.float32)
    similarity[[3, 99]] = 0.1  # which the inputs mark as outliers
    with opened(browser, write_page(tmp_path, similarity=similarity)) as page:
        page.click("#papers-tab")
        for _ in range(2):
            page.locator("#more").click()
        said = {
            page.evaluate("i => explorer.texts.ids.get(i)", int(row)): word
            for row, word in page.locator("#papers .paper").evaluate_all(
                "all => all.map(item => [item.dataset.row, item.querySelector('.fit').textContent])"
            )
        }
    for t in range(4):
        low, high = np.quantile(similarity[t == TOPIC], [0.25, 0.75])
        for i in np.flatnonzero(t == TOPIC):
            word = "central" if similarity[i] >= high else "typical" if similarity[i] >= low else "marginal"
            assert said[IDS[i]] == ("unusual for its topic" if similarity[i] < 0.2 else word), i


def test_the_list_shows_a_paper_on_the_map_and_opens_it_at_its_source(page):
    page.click("#papers-tab")
    item = page.locator("#papers .paper").first
    row = int(item.get_attribute("data-row"))
    identifier = page.evaluate("i => explorer.texts.ids.get(i)", row)
    item.locator("button.title").click()
    assert f"paper={identifier}" in settled(page) and page.locator("#card.selected").is_visible()
    link = item.locator("a")
    assert link.get_attribute("href") == f"https://arxiv.org/abs/{identifier}"
    assert link.inner_text() == "↗" and "Open at its source" in link.get_attribute("aria-label")


def test_an_author_on_the_card_is_searched_for(page):
    page.mouse.click(*place_of(page, row_of(page, IDS[64])))
    assert page.locator("#card .author").all_inner_texts() == authors_of(64)
    page.locator("#card .author").first.click()
    assert page.input_value("#search") == '"Ada M. Müller4"' and page.locator("#papers").is_visible()
    assert lit(page) == {IDS[i] for i in range(150) if i % 10 and i % 5 == 4}


def test_the_abstract_opens_on_the_card_and_stays_open(page):
    page.mouse.click(*place_of(page, row_of(page, IDS[64])))
    abstract = page.locator("#card .abstract p")
    assert abstract.is_hidden()
    page.locator("#card summary").click()
    assert abstract.inner_text().startswith("An abstract on paper 64,")
    page.locator("#card .neighbors button").first.click()
    assert abstract.is_visible() and "An abstract on paper 65," in abstract.inner_text()


def test_categories_are_found_by_code_and_by_name(browser, tmp_path, axe):
    codes = ["astro-ph.CO", "math.NT", "q-bio.NC", None, "my own <b>"]
    with opened(browser, write_page(tmp_path, categories=[codes[i % 5] for i in range(150)])) as page:

        def shown() -> list[str]:
            return page.locator("#categories li:visible").all_inner_texts()

        page.locator("#categories-open").focus()
        page.keyboard.press("Enter")
        page.wait_for_selector("#category-search:focus")
        assert {line.split("\n")[0] for line in shown()} == {
            "astro-ph.CO Cosmology and Nongalactic Astrophysics",
            "math.NT Number Theory",
            "q-bio.NC Neurons and Cognition",
            "my own <b>",
        }
        assert all(line.endswith("\n30") for line in shown())
        assert faults_by_axe(page, axe) == []
        for asked, code in (("number th", "math.NT"), ("MATH.N", "math.NT"), ("nt", "math.NT"), ("cogn neur", "q-bio.NC"), ("<b>", "my own")):  # fmt: skip
            page.fill("#category-search", asked)
            assert len(shown()) == 1 and shown()[0].startswith(code), asked
        page.fill("#category-search", "umber")  # no beginning of a word
        assert shown() == [] and page.locator("#no-category").is_visible()
        page.fill("#category-search", "cosmology")
        page.keyboard.press("Enter")
        page.wait_for_selector("#clear:visible")
        assert "category=astro-ph.CO" in settled(page)
        assert lit(page) == ids_where(np.arange(150) % 5 == 0)
        assert page.locator("#categories-open").inner_text() == "Category astro-ph.CO"
        assert page.evaluate("document.activeElement.id") == "categories-open"
        page.keyboard.press("Enter")
        chosen = page.locator("#categories button[aria-pressed=true]")
        assert chosen.count() == 1
        chosen.click()  # again ends it
        page.wait_for_timeout(100)
        assert len(lit(page)) == 150 and page.locator("#category-search").is_hidden()
        open_categories(page)
        page.keyboard.press("Escape")
        assert page.locator("#category-search").is_hidden()


def test_categories_in_japanese_are_found_by_any_of_their_signs(browser, tmp_path):
    codes = ["人工知能", "機械学習", "学習理論"]
    with opened(browser, write_page(tmp_path, categories=[codes[i % 3] for i in range(150)])) as page:
        open_categories(page)
        page.fill("#category-search", "学習")
        shown = page.locator("#categories li:visible b").all_inner_texts()
        assert sorted(shown) == sorted(codes[1:])


def test_names_of_categories_are_those_of_the_file(tmp_path):
    file = tmp_path / "names.csv"
    file.write_text("category,name\nmath.NT,Zahlentheorie\nq-bio,q-bio\n", encoding="utf-8")
    inputs = write_inputs(tmp_path) | {"category_names": file}
    explore.main(command_line("explore", **inputs, map=tmp_path / "map.html"))
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert '"categoryNames": ["", "Zahlentheorie", ""]' in page


def test_the_most_frequent_values_have_colors_and_the_others_are_gray(browser, tmp_path):
    n = 100
    rng = np.random.default_rng(2)
    of = rng.choice(14, n, p=np.geomspace(20, 1, 14) / np.geomspace(20, 1, 14).sum())
    journals = [None if i % 9 == 4 else f"Journal {of[i]}" for i in range(n)]
    file = with_facets(tmp_path, spread_out(n), "journal", journals)
    counts = sorted(((journals.count(j), j) for j in set(journals) - {None}), key=lambda e: (-e[0], e[1]))[:9]
    with opened(browser, file) as page:
        page.wait_for_selector("#color option[value=journal]", state="attached")
        page.locator("#color").select_option("journal")
        entries = page.locator("#classes li")
        listed = [text.split("\n") for text in entries.all_inner_texts()]
        rest = n - sum(count for count, _ in counts)
        assert listed == [*([name, str(count)] for count, name in counts), ["others or unknown", str(rest)]]
        shades = [
            tuple(map(int, text[4:-1].split(", ")))
            for text in entries.locator("i").evaluate_all("all => all.map(i => getComputedStyle(i).backgroundColor)")
        ]  # fmt: skip
        assert len(set(shades)) == 10 and page.locator("#shade").is_hidden()
        place = {name: k for k, (_, name) in enumerate(counts)}
        for i in range(n):
            at = page.evaluate("i => explorer.screenOf(i)", row_of(page, f"id{i}"))
            seen = page.evaluate(COLOR, at)
            assert np.abs(np.array(seen) - shades[place.get(journals[i], 9)]).max() <= 2, i
        address = settled(page)
    with opened(browser, file, address) as again:
        assert again.locator("#classes li").count() == 10
        again.wait_for_selector("#color option[value=journal]", state="attached")
        assert again.locator("#color").input_value() == "journal"


@pytest.mark.parametrize("gl", [True, False])
def test_papers_that_are_cited_more_are_larger(playwright, tmp_path, gl):
    """Radii grow with the logarithm of the citations, from 0.6 to 3 times that of a map without sizes."""
    cited = [0, 3, 40, 999, None, 9, 1, 200, 25]
    file = with_facets(tmp_path, spread_out(9), "cited_by", [str(c) if c is not None else None for c in cited])  # fmt: skip
    with chromium(playwright) as fresh, opened(fresh, file, first=USE_GL if gl else "") as page:
        assert page.locator("#map").get_attribute("data-drawn-by") == ("webgl" if gl else "canvas")
        page.wait_for_selector("#size-field:visible")
        page.evaluate("() => { explorer.view.zoom = 0.6; }")
        places = [page.evaluate("i => explorer.screenOf(i)", row_of(page, f"id{i}")) for i in range(9)]
        plain = [page.evaluate(ACROSS, at) for at in places]
        page.locator("#size").select_option("citations")
        widths = np.array([page.evaluate(ACROSS, at) for at in places])
        share = np.log1p([c or 0 for c in cited]) / np.log1p(999)
        expected = np.mean(plain) * (0.6 + 2.4 * np.round(5 * share) / 5)
        assert np.ptp(plain) <= 1 and np.abs(widths - expected).max() <= 2
        assert page.locator("#size-said").inner_text() == "Size: citations, 0 to 999"
        assert "size=citations" in settled(page)
        page.locator("#size").select_option("")
        assert [page.evaluate(ACROSS, at) for at in places] == plain
        assert page.locator("#legend").is_hidden() and "size" not in settled(page)


def test_a_link_brings_sizes_back_and_a_map_without_citations_has_none(browser, tmp_path, axe):
    cited = with_facets(tmp_path / "a", spread_out(9), "cited_by", [str(10 * i) for i in range(9)])
    with opened(browser, cited, "#size=citations") as page:
        assert page.locator("#size-said").is_visible() and page.locator("#size").input_value() == "citations"
        assert faults_by_axe(page, axe) == []
    none = with_facets(tmp_path / "b", spread_out(9), "journal", [f"J{i}" for i in range(9)])
    with opened(browser, none, "#size=citations&color=journal") as page:
        page.wait_for_timeout(300)
        assert page.locator("#size-field").is_hidden() and page.locator("#size-said").is_hidden()
        assert page.locator("#color option[value=journal]").count() == 0  # each has a journal of its own
        assert page.locator("#color").input_value() == "topic" and page.locator("#legend").is_hidden()
        page.evaluate("location.hash = 'color=journal'")  # another link, once the page is here
        page.wait_for_timeout(300)
        assert page.locator("#color").input_value() == "topic" and page.locator("#legend").is_hidden()
    zero = with_facets(tmp_path / "c", spread_out(9), "cited_by", ["0"] * 9)
    with opened(browser, zero, "#size=citations") as page:
        page.wait_for_timeout(300)
        assert page.locator("#size-field").is_hidden() and page.locator("#size-said").is_hidden()


def test_a_click_replaces_what_is_chosen_and_with_a_key_adds(page):
    def chosen() -> list[str]:
        return page.locator(".node[aria-pressed=true] b").all_inner_texts()

    topic = {name: page.locator(".node.topic", has_text=name) for name in ("prime", "neuron", "qubit")}
    topic["prime"].click()
    topic["qubit"].click()
    assert chosen() == ["qubit"] and lit(page) == ids_where(TOPIC == 3)
    for key in ("Shift", "Meta", "Control"):
        topic["prime"].click(modifiers=[key])
        assert lit(page) == ids_where((TOPIC == 3) | (TOPIC == 1)), key
        topic["prime"].click(modifiers=[key])
        assert lit(page) == ids_where(TOPIC == 3), key
    topic["neuron"].focus()
    page.keyboard.press("Control+Enter")
    assert lit(page) == ids_where(TOPIC >= 2)
    press = (
        "b => b.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', ctrlKey: true, cancelable: true}))"
    )
    assert [topic["neuron"].evaluate(press) for _ in range(2)] == [
        False,
        False,
    ]  # Firefox clicks unless it is told not to
    assert lit(page) == ids_where(TOPIC >= 2)
    topic["neuron"].click()  # of several it becomes the only one
    assert lit(page) == ids_where(TOPIC == 2)
    topic["neuron"].click()
    assert chosen() == [] and len(lit(page)) == 150
    page.locator(".node.topic").first.click()
    subtopic = {name: page.locator(".node.subtopic", has=page.locator("b", has_text=name)) for name in ("odd", "even")}  # fmt: skip
    for name, half in (("odd", 1), ("even", 0)):
        subtopic[name].click()
        assert lit(page) == ids_where((TOPIC == 0) & (np.arange(150) % 2 == half))
    subtopic["even"].click()  # ends it: the topic stays
    assert lit(page) == ids_where(TOPIC == 0)
    page.locator(".node.group", has_text="group 1").click()
    assert lit(page) == ids_where(TOPIC >= 2)


def test_a_click_on_a_name_with_a_key_adds_it(page):
    def press(name: str, *keys: str) -> None:
        page.click("#whole")
        label = page.evaluate("name => explorer.visibleLabels().find(l => l.label.name === name)", name)
        box = page.locator("#map").bounding_box()
        for key in keys:
            page.keyboard.down(key)
        page.mouse.click(box["x"] + label["x"], box["y"] + label["y"])
        for key in keys:
            page.keyboard.up(key)

    press("qubit")
    press("neuron", "Shift")
    assert lit(page) == ids_where(TOPIC >= 2)
    press("prime", "Control")
    assert lit(page) == ids_where(TOPIC >= 1)
    press("neuron")
    assert lit(page) == ids_where(TOPIC == 2) and f"topic={keys_of(4)[2]}" in settled(page)


def test_clear_filters_shows_the_whole_map(page):
    page.locator(".node.topic", has_text="qubit").click()
    page.wait_for_timeout(600)
    assert page.evaluate("explorer.view.zoom") > 1.5
    page.click("#clear")
    page.wait_for_timeout(600)
    view = page.evaluate("explorer.view")
    assert (view["x"], view["y"], view["zoom"]) == (0.5, 0.5, 1) and settled(page) == ""


def test_the_help_lists_keys_and_signs(page, axe):
    page.click("#help")
    assert page.locator("#keys dt").count() == page.locator("#keys dd").count() >= 20
    said = dict(
        zip(page.locator("#keys dt").all_inner_texts(), page.locator("#keys dd").all_inner_texts(), strict=True)
    )  # fmt: skip
    assert said["0"] == "shows the whole map" and "selects a rectangle" in said["Shift and drag"]
    described = page.locator("#map").get_attribute("aria-describedby")
    assert page.locator(f"#{described} dt").count() == 6  # what the keys do, and nothing else
    box, shown = page.locator("#keys").bounding_box(), page.locator("#map").bounding_box()
    assert box["y"] + box["height"] <= shown["y"] + shown["height"]
    assert faults_by_axe(page, axe) == []


def test_facets_have_no_fault_on_a_phone(browser, tmp_path, axe):
    file = with_facets(tmp_path, spread_out(9), "cited_by", [str(10 * i) for i in range(9)])
    with opened(browser, file, "#size=citations&color=similarity", viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True) as page:  # fmt: skip
        page.wait_for_selector("#size-field:visible")
        assert page.evaluate("document.documentElement.scrollWidth <= 390")
        tools = page.locator("#tools").bounding_box()
        assert tools["x"] >= 0 and tools["x"] + tools["width"] <= 390
        page.evaluate("() => { location.hash = '#paper=id4'; }")
        settled(page)
        assert page.locator("#card .open").is_hidden()  # id4 has no address
        page.click("#help")
        assert faults_by_axe(page, axe) == []
