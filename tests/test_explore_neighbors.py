"""explore: the nearest papers on the card, and the color that says where the map tore them away, in a real browser."""

import numpy as np
import pytest

from browser import faults_by_axe, needs_chromium, opened
from conftest import assert_refused, script
from explorer import place_of, row_of, settled
from page_inputs import IDS, few, write_inputs, write_page

pytestmark = needs_chromium


def select(page, identifier: str) -> list[str]:
    """Select a paper; the titles of its nearest ones."""
    page.evaluate("id => { location.hash = `#paper=${id}`; }", identifier)
    settled(page)
    return page.locator("#card .neighbors button span").all_inner_texts()


def inked(page) -> int:
    """Pixels of the names, the rings and the lines."""
    return page.evaluate(
        """() => { explorer.draw(); const canvas = document.getElementById("names");
        return canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((v, k) => k % 4 === 3 && v > 100).length; }"""
    )


def test_the_card_lists_the_nearest_papers_in_order(page):
    assert select(page, IDS[70]) == [f"prime study {i}" for i in range(71, 81)]
    page.mouse.move(*place_of(page, row_of(page, IDS[75])))
    assert page.locator("#card .neighbors").count() == 0  # of a paper that is only pointed at


def test_papers_that_the_map_tore_away_are_marked_and_lines_lead_to_them(page):
    before = inked(page)
    titles = select(page, IDS[96])  # the last three of its topic are near, the others in another corner
    far = page.locator("#card .neighbors li", has=page.locator("small"))
    assert titles[:3] == [f"prime study {i}" for i in (97, 98, 99)] and titles[3].startswith("neuron")
    torn = far.locator("span").all_inner_texts()
    assert {title for title in titles if title.startswith("neuron")} <= set(torn)
    assert f"the map tore {len(torn)} of 10 away" in page.locator("#card").inner_text()
    lines = inked(page) - before
    select(page, IDS[70])
    assert lines > inked(page) - before + 500  # pixels of lines across the map


def test_a_click_on_a_neighbor_selects_it(page):
    select(page, IDS[70])
    page.locator("#card .neighbors button").nth(2).focus()
    page.keyboard.press("Enter")
    assert f"paper={IDS[73]}" in settled(page)
    assert "prime study 73" in page.locator("#card .title").inner_text()
    assert page.evaluate("document.activeElement.closest('#card') !== null")


def test_a_color_shows_how_many_neighbors_the_map_kept(page):
    page.locator("#color").select_option("kept")
    assert "color=kept" in settled(page)
    shares = page.evaluate("[...explorer.points.kept]")
    assert (
        page.locator("#low").inner_text()
        == f"{round(min(shares) / 10)} of 10 nearest papers are near on the map"
    )
    assert page.locator("#middle").inner_text() == f"median {round(sorted(shares)[75] / 10)}"
    assert page.locator("#high").inner_text() == f"{round(max(shares) / 10)}"


def test_papers_outside_the_sample_are_not_listed(browser, tmp_path):
    with opened(browser, write_page(tmp_path, max_papers=100)) as page:
        shown = page.evaluate("Array.from({length: 100}, (_, i) => explorer.texts.ids.get(i))")
        for i in (5, 60, 120):
            if IDS[i] in shown:
                titles = select(page, IDS[i])
                assert len(titles) < 10 and len(set(titles)) == len(titles)


@pytest.mark.parametrize("n", [1, 2, 12])
def test_few_papers_have_few_neighbors(browser, tmp_path, n):
    with opened(browser, write_page(tmp_path, **few(n))) as page:
        assert len(select(page, "id0")) == min(n - 1, 10)
        assert page.locator("#color option[value=kept]").count() == (n > 1)


def test_the_card_has_no_fault_and_fits_a_phone(browser, map_file, axe):
    with opened(
        browser, map_file, viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True
    ) as page:
        select(page, IDS[96])
        assert faults_by_axe(page, axe) == []
        box = page.locator("#card").bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 780


def test_a_graph_of_other_papers_is_refused(tmp_path, out):
    inputs = write_inputs(tmp_path)
    np.save(inputs["neighbors"], np.zeros((7, 5), np.int32))
    assert_refused(script("explore", **inputs, map=out / "map.html"), out, "neighbors 7")
