"""explore: pointer, keys, cards and the address, in a real browser."""

import numpy as np
import pytest

from browser import needs_chromium, opened
from explorer import choose_category, lit, place_of, row_of, settled
from page_inputs import IDS, TOPIC, ids_where, keys_of, planted_columns, space_files, write_page

pytestmark = needs_chromium


def test_card_says_what_a_paper_is_and_stays_after_a_click(page):
    row = row_of(page, "2301.00061")
    page.mouse.move(*place_of(page, row))
    card = page.locator("#card")
    expected = [
        "prime study 61",
        "2301.00061",
        "2002",
        "math.NT Number Theory",
        "J. Odd & Even 61 · 10.1000/x_61",
        "cited 61 times",
        "in its topic",
    ]
    text = card.inner_text()
    assert all(word in text for word in expected), text
    page.evaluate("() => { window.open = (...how) => { window.asked = how; }; }")
    page.mouse.click(*place_of(page, row))
    page.mouse.move(5, 5)
    assert card.is_visible() and page.evaluate("window.asked") is None
    link = card.get_by_role("link", name="Open the paper ↗")
    assert link.get_attribute("href") == "https://arxiv.org/abs/2301.00061"
    assert link.get_attribute("target") == "_blank" and "noopener" in link.get_attribute("rel")
    assert card.locator(".doi").get_attribute("href") == "https://doi.org/10.1000/x_61"
    assert "paper=2301.00061" in settled(page)
    page.keyboard.press("Escape")
    assert card.is_hidden()


def test_the_card_says_the_shares_of_a_paper_in_topics(page):
    def lines(row: int) -> list[str]:
        page.mouse.move(*place_of(page, row_of(page, IDS[row])))
        return page.locator("#card").inner_text().replace("\xa0", " ").split("\n")

    said = lines(64)  # of topic 1, "prime"
    assert {"58 %", "40 %", "prime", "neuron"} <= set(said)
    assert not any("second nearest" in line for line in said)
    said = lines(65)  # another topic is ahead, and a third one below 5 %
    assert said.index("45 %") < said.index("qubit") < said.index("50 %") and "4 %" not in said
    said = lines(75)  # no other topic has a share
    assert "98 %" in said and "second nearest topic: neuron" in said


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


def test_address_brings_back_what_one_sees(browser, map_file):
    with opened(browser, map_file) as page:
        page.fill("#search", "study")
        page.locator(".node.topic", has_text="prime").click()
        choose_category(page, "math.NT")
        page.locator("#from").fill("2005")
        page.locator("#color").select_option("year")
        page.click("#theme")
        page.click("#closer")
        page.click("#papers-tab")
        page.wait_for_timeout(100)
        page.locator(".paper button").first.click()
        page.wait_for_timeout(700)
        address, papers, view = settled(page), lit(page), page.evaluate("explorer.view")
    assert papers == ids_where((TOPIC == 1) & (2001 + np.arange(150) % 20 >= 2005))
    with opened(browser, map_file, address) as again:
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


def test_the_address_names_topics_by_their_keys(browser, map_file):
    """A link that was printed shows the same topic in a later map, where it may have another place."""
    keys = keys_of(4)
    with opened(browser, map_file, f"#topic={keys[2]},t7f3a") as page:
        assert lit(page) == ids_where(TOPIC == 2)
        assert page.locator("#unknown").inner_text() == "This map has no topic t7f3a."
        assert f"topic={keys[2]},t7f3a" in settled(page)
        page.locator(".node.topic", has_text="prime").click(modifiers=["Control"])
        assert page.locator("#unknown").is_hidden() and f"topic={keys[2]},{keys[1]}" in settled(page)
    with opened(browser, map_file, "#topic=t7f3a") as page:
        assert page.locator("#unknown").is_visible() and len(lit(page)) == 150
        page.click("#clear")
        assert page.locator("#unknown").is_hidden() and "topic" not in settled(page)


@pytest.mark.parametrize(
    "hash_", ["#at=a,b,c&topic=99,-1,x&years=9-&category=none&paper=%00&color=__proto__", "#%", "#at=0,0,-5"]
)
def test_nonsense_in_the_address_shows_the_whole_map(browser, map_file, hash_):
    with opened(browser, map_file, hash_) as page:
        assert page.evaluate("explorer.view.zoom") == 1 and len(lit(page)) == 150


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
        "categories-open",
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


# The page reads each block when the test lets it, in the order in which it asks for them.
SLOW = """const read = ReadableStreamDefaultReader.prototype.read, waiting = []; window.open_ = false;
window.letAll = () => { window.open_ = true; waiting.splice(0).forEach(go => go()); };
ReadableStreamDefaultReader.prototype.read = async function () {
  const data = await read.call(this);
  if (window.held?.() && !window.open_) await new Promise(go => waiting.push(go));
  return data;
};
window.held = () => !document.getElementById("data-%s");"""


@pytest.mark.parametrize("block", ["titles", "space"])
def test_what_a_reader_types_while_the_page_loads_stays(browser, tmp_path, planted, block):
    """`block`: the first of the texts, or of the search space, which the page waits for."""
    file = write_page(tmp_path, **planted_columns(planted), **space_files(tmp_path, planted))
    address = "#paper=" + planted.ids[3] + "&mine=" + planted.ids[4] + "&show=mine"
    with opened(browser, file, address, ready="#map", first=SLOW % block) as page:
        page.wait_for_selector(f"#data-{block}", state="detached")
        page.wait_for_timeout(400)  # the page writes the address
        page.locator("#search").press_sequentially("neuron")
        page.evaluate("letAll()")
        page.wait_for_selector("#map[data-ready]")
        assert page.input_value("#search") == "neuron" and page.evaluate("explorer.state.query") == "neuron"
        assert page.evaluate("explorer.state.mine.map(i => explorer.texts.ids.get(i))") == [planted.ids[4]]
        assert page.evaluate("explorer.state.showMine") == "mine"
        page.click("#clear")
        assert lit(page) == set(planted.ids)
