"""explore: the map on paper, in a real browser."""

import re

import numpy as np

from browser import needs_chromium, opened
from explorer import lit, settled
from page_inputs import TOPIC, ids_where, write_page

pytestmark = needs_chromium

# The middle of the pixels of the printed picture that are strongly and weakly tinted, in each quarter of it.
MIDDLES = """() => {
  const canvas = document.getElementById("print-map"), {width, height} = canvas;
  const {data} = canvas.getContext("2d").getImageData(0, 0, width, height), sums = {};
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) {
    const [red, green, blue] = data.slice(4 * (y * width + x), 4 * (y * width + x) + 3), tint = Math.max(red, green, blue) - Math.min(red, green, blue);
    const kind = tint > 60 ? "points" : tint > 3 && green > 200 ? "cloud" : null;
    if (!kind) continue;
    const sum = (sums[`${kind} ${+(x > width / 2)}${+(y > height / 2)}`] ??= [0, 0, 0]);
    sum[0] += x; sum[1] += y; sum[2]++;
  }
  return Object.fromEntries(Object.entries(sums).map(([key, [x, y, n]]) => [key, [x / n, y / n]]).concat([["size", [width, height]]]));
}"""
PRINT = "() => { dispatchEvent(new Event('beforeprint')); }"
AFTER = "() => { dispatchEvent(new Event('afterprint')); }"


def test_points_and_clouds_lie_at_their_places_on_paper(browser, tmp_path):
    rng = np.random.default_rng(1)
    corners = np.array([[0, 0], [14, 0], [0, 10], [14, 10]])
    angle, radius = rng.uniform(0, 2 * np.pi, 150), np.sqrt(rng.uniform(0, 1, 150))
    # discs, so that the middle of a cloud is that of its papers
    points = corners[TOPIC] + 1.2 * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], 1)
    # in a window and with a view that have nothing to do with the page
    file = write_page(tmp_path, points=points, names=["a", "b", "c", "d"])
    with opened(browser, file, viewport={"width": 900, "height": 500}) as page:
        page.evaluate(PRINT)
        found = page.evaluate(MIDDLES)
        width, height = found.pop("size")
        assert len(found) == 8
    low, high = points.min(0), points.max(0)
    scale = 0.88 * min(
        width / (high - low)[0], height / (high - low)[1]
    )  # as wide or as high as the page, with a rim
    for t, quarter in enumerate(("01", "11", "00", "10")):  # y goes down on the page
        x, y = (points[t == TOPIC].mean(0) - (low + high) / 2) * scale
        at = np.array([width / 2 + x, height / 2 - y])
        for kind in ("points", "cloud"):
            assert np.abs(np.array(found[f"{kind} {quarter}"]) - at).max() < 0.02 * width, (kind, quarter)


def test_a_printed_page_has_title_map_and_legend_and_no_controls(browser, map_file):
    with opened(browser, map_file, color_scheme="dark") as page:
        page.locator(".node.topic", has_text="prime").click()
        page.locator(".node.topic", has_text="qubit").click(modifiers=["Control"])
        page.wait_for_timeout(600)
        before, address = page.evaluate("({...explorer.view})"), settled(page)
        page.evaluate(PRINT)
        page.emulate_media(media="print")
        sheet = page.locator("#print")
        assert sheet.locator("h1").is_visible() and "150 papers in 4 topics" in sheet.inner_text()
        assert "60 of 150 papers: topics: prime; qubit" in sheet.inner_text()
        assert sheet.locator("li").all_text_contents() == ["prime 40", "qubit 20"]
        assert f"map.html{address}" in sheet.inner_text()
        for name in ("#panel", "#tools", "main", "#card", "#skip"):
            assert page.locator(name).is_hidden(), name
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert ground == "rgb(255, 255, 255)" and page.locator("html").get_attribute("data-theme") == "light"
        page.emulate_media(media="screen", color_scheme="dark")
        page.evaluate(AFTER)
        page.wait_for_timeout(100)
        assert page.evaluate("({...explorer.view})") == before and settled(page) == address
        assert (
            page.locator("html").get_attribute("data-theme") == "dark" and page.locator("#print").is_hidden()
        )
        assert lit(page) == ids_where((TOPIC == 1) | (TOPIC == 3))


def test_the_legend_on_paper_is_that_of_the_colors(page):
    def entries(color: str) -> list[str]:
        page.locator("#color").select_option(color)
        page.evaluate(PRINT)
        found = page.locator("#print-entries li").all_text_contents()
        page.evaluate(AFTER)
        return found

    assert [text.rsplit(" ", 1)[1] for text in entries("topic")] == ["60", "40", "30", "20"]
    assert entries("group") == ["group 0 100", "group 1 50"]
    assert entries("category") == [
        *("astro-ph Astrophysics 60", "math.NT Number Theory 40", "q-bio Quantitative Biology 30"),
        "others or unknown 20",
    ]
    page.locator(".node.topic", has_text="prime").click()  # papers that pass are counted
    assert entries("category") == ["math.NT Number Theory 40"] and entries("topic") == ["prime 40"]
    page.locator("#color").select_option("category")
    assert [text.split("\n")[1] for text in page.locator("#classes li").all_inner_texts()] == ["0", "40", "0"]
    page.click("#clear")
    page.wait_for_selector("#size-field:visible")
    page.locator("#size").select_option("citations")
    assert len(entries("category")) == 4  # and sizes beside them, not colors once more
    assert page.locator("#print-scale").text_content().split() == "Size: citations, 0 to 149".split()
    page.locator("#size").select_option("")
    assert entries("year") == []
    page.evaluate(PRINT)
    assert "2001" in page.locator("#print-scale").text_content()
    assert page.evaluate("new Set([...document.querySelectorAll('[id]')].map(e => e.id)).size === document.querySelectorAll('[id]').length")  # fmt: skip


def test_chromium_prints_one_sheet(page):
    before = page.evaluate("({...explorer.view})")
    for landscape in (False, True):
        sheet = page.pdf(format="A4", landscape=landscape)
        assert len(re.findall(rb"/Type\s*/Page\b", sheet)) == 1
        assert re.search(rb"/Subtype\s*/Image", sheet)
    page.wait_for_timeout(300)
    assert page.evaluate("({...explorer.view})") == before and page.locator("#map").is_visible()
