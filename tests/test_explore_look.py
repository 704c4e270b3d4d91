"""explore: how the map looks in a real browser: papers, names, colors, cards, links, small and odd maps."""

import re
from datetime import date
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from browser import chromium, needs_chromium, opened
from explore import main
from explorer import overlapping, place_of, row_of, settled
from lib.figures.page import paper_url
from lib.map.page_data import one_line
from lib.naming.schema import HIERARCHY
from lib.naming.titles import latex_to_text
from measure import command_line
from page_inputs import IDS, ODD, TOPIC, few, random_points, write_inputs, write_page

pytestmark = needs_chromium


def test_page_shows_papers_by_webgl_and_topics_with_trends(page):
    assert page.locator("#status").inner_text() == "150 papers"
    assert page.locator(".node.topic").count() == 4 and page.locator(".node.topic polyline").count() == 4
    assert "rising 25 % per year" in page.locator(".node.topic", has_text="prime").inner_text()
    page.locator("#order").select_option("rising")
    assert page.locator(".node.topic b").first.inner_text() == "prime"


def test_papers_are_drawn_by_webgl(browser, map_file):
    with opened(browser, map_file, first="WebGLRenderingContext.prototype.getExtension = () => null") as page:
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


def test_names_of_groups_give_way_to_those_of_subtopics(page):
    def kinds(zoom: float) -> set[str]:
        return set(page.evaluate("zoom => explorer.labelsAt(zoom).map(label => label.kind)", zoom))

    assert kinds(1) == {"group", "topic"} and kinds(60) == {"topic", "subtopic"}


def test_names_on_the_map_hold_whole_fields(browser, tmp_path):
    inputs = write_inputs(tmp_path)
    nodes = pq.read_table(inputs["hierarchy"]).to_pandas()
    long = "Astrophysics · High Energy Physics - Phenomenology · High Energy Physics - Theory"
    nodes.loc[0, "name"] = long
    pq.write_table(pa.Table.from_pandas(nodes, HIERARCHY, preserve_index=False), inputs["hierarchy"])
    main(command_line("explore", **inputs, map=tmp_path / "map.html"))
    with opened(browser, tmp_path / "map.html") as page:
        labels = page.evaluate(
            "[1, 1.3, 1.7, 2.1].flatMap(zoom => explorer.labelsAt(zoom)).map(label => label.lines)"
        )
    shown = next(lines for lines in labels if lines[0] == "ASTROPHYSICS")
    assert shown == ["ASTROPHYSICS", "HIGH ENERGY PHYSICS -", "PHENOMENOLOGY"]


def test_dark_mode_follows_the_system_and_the_button(browser, map_file):
    def ground(page) -> int:
        color = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(map(int, re.findall(r"\d+", color)[:3]))

    with opened(browser, map_file, color_scheme="dark") as page:
        assert ground(page) < 150
        page.click("#theme")
        assert ground(page) > 600 and "theme=light" in settled(page)


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
        assert "central in its topic" in page.locator("#card").inner_text()  # no paper is nearer
        assert page.locator("#card .fit").get_attribute("title").endswith("cosine to the center 0.50")
        assert page.evaluate("explorer.visibleLabels()[0].label.name") == "only"
        assert not overlapping(page.evaluate("explorer.visibleLabels()"))


def test_topics_are_named_by_their_first_keyword_and_by_more_where_there_is_room(browser, tmp_path):
    names = [f"topic{i} · second keyword · third" for i in range(4)]
    with opened(browser, write_page(tmp_path, names=names)) as page:

        def lines_at(zoom: float) -> dict:
            found = page.evaluate("zoom => explorer.labelsAt(zoom).filter(l => l.kind === 'topic')", zoom)
            assert len(found) == len({label["index"] for label in found})
            return {label["index"]: label["lines"] for label in found}

        assert lines_at(0.5) == {i: [f"topic{i}"] for i in range(4)}
        assert all("second keyword" in " ".join(lines) for lines in lines_at(60).values())


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


def test_half_of_the_papers_have_the_darker_half_of_the_colors(page):
    page.locator("#color").select_option("year")
    assert page.locator("#shade").is_hidden()
    years = 2001 + np.arange(150) % 20
    assert page.locator("#low").inner_text() == "2001" and page.locator("#high").inner_text() == "2020"
    assert page.locator("#middle").inner_text() == f"median {int(np.sort(years)[75])}"
    page.locator("#color").select_option("topic")
    assert page.locator("#shade").is_visible() and page.locator("#legend").is_hidden()


def test_titles_are_text_and_no_script_in_them_runs(browser, map_file):
    with opened(browser, map_file) as page:
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


def test_without_webgl_a_canvas_shows_the_papers(playwright, map_file):
    with (
        chromium(playwright, "--disable-gpu", "--disable-software-rasterizer") as plain,
        opened(plain, map_file) as page,
    ):
        assert page.locator("#map").get_attribute("data-drawn-by") == "canvas"
        count = """() => { explorer.draw(); const canvas = document.getElementById("points");
          const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          const seen = new Set(); let shown = 0;
          for (let k = 0; k < data.length; k += 4) if (data[k + 3] > 150) { shown++; seen.add(data.slice(k, k + 3).join()); }
          return [shown, seen.size]; }"""
        shown, colors = page.evaluate(count)
        assert shown > 150 * 10 and colors >= 4
        page.locator(".node.topic", has_text="prime").click()
        page.click("#whole")
        fewer, _ = page.evaluate(count)
        assert 0 < fewer < shown
        page.mouse.move(*place_of(page, row_of(page, "2301.00070")))
        assert "prime study 70" in page.locator("#card").inner_text()


def test_on_a_phone_a_tap_shows_a_card_below_the_map_that_leads_to_the_paper(browser, map_file):
    phone = {
        "viewport": {"width": 390, "height": 780},
        "has_touch": True,
        "is_mobile": True,
        "device_scale_factor": 2,
    }
    with opened(browser, map_file, **phone) as page:
        assert page.evaluate("document.documentElement.scrollWidth <= 390")
        page.touchscreen.tap(*place_of(page, row_of(page, "2301.00140")))
        link = page.locator("#card .open")
        assert link.is_visible() and link.get_attribute("href").startswith("https://arxiv.org/abs/2301.")
        box, shown = page.locator("#card").bounding_box(), page.locator("#map").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 780
        assert box["y"] >= shown["y"] + shown["height"]
        size = "element => parseFloat(getComputedStyle(element).fontSize)"
        assert all(
            page.locator(f"#card .{name}").first.evaluate(size) > 12 for name in ("title", "facts", "topic")
        )
        for target in (page.locator("#card .open"), page.locator("#card .close")):
            assert target.bounding_box()["height"] >= 36  # a finger's width
        page.evaluate(
            "() => addEventListener('click', e => { window.asked = e.target.href; e.preventDefault(); })"
        )
        page.locator("#card .open").tap()
        assert page.evaluate("window.asked") == link.get_attribute("href")
        page.locator("#card .close").tap()
        assert page.locator("#card").is_hidden() and page.locator("#color").is_visible()


@pytest.mark.parametrize(
    "link", ["https://x.org/{id}?again={id}", "https://arxiv.org/abs/{id}", "{id}", None]
)
def test_links_are_those_of_the_report(browser, tmp_path, link):
    odd = [
        "https://a.org/b?c=1",
        "javascript:alert(1)",
        "10.1000/a b#?&",
        "hep-th/9901001",
        "ü%",
        "10.1016/j.x.2020.01.001",
        "smith2020",
    ]
    columns = few(7) | {"ids": odd}
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

    return unquote(url) if url else url
