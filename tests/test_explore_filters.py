"""explore: search, filters and the order of the lists, in a real browser."""

import re

import numpy as np
import pytest

from browser import needs_chromium, opened
from explore import main
from explorer import choose_category, lit, place_of, row_of, settled
from lib.trends.schema import SUBTOPIC_TRENDS
from measure import command_line
from page_inputs import IDS, KEYWORD, TOPIC, filled, ids_where, keys_of, write_inputs, write_page

pytestmark = needs_chromium


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


def test_each_filter_leaves_the_papers_it_names(page):
    page.locator(".node.topic", has_text="prime").click()
    assert lit(page) == ids_where(TOPIC == 1)
    page.locator(".node.topic", has_text="qubit").click(modifiers=["Control"])
    assert lit(page) == ids_where((TOPIC == 1) | (TOPIC == 3))
    page.click("#clear")
    assert len(lit(page)) == 150
    choose_category(page, "q-bio")
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


def test_doubtful_groups_and_subtopics_say_so(page):
    (first, second), (even, odd) = (
        page.locator(f".node.{kind}").all_text_contents() for kind in ("group", "subtopic")
    )
    assert "mixed subjects" in first and "tentative" in odd
    assert "mixed" not in second and "tentative" not in even
    assert "half of its papers" in page.locator(".node.group .warn").get_attribute("title")


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
    assert f"topic={keys_of(4)[0]}&subtopic=1" in settled(page)
    page.locator(".node.topic", has_text="qubit").click(modifiers=["Control"])
    assert lit(page) == ids_where(((TOPIC == 0) & (np.arange(150) % 2 == 1)) | (TOPIC == 3))
    page.locator(".node.topic").first.click(modifiers=["Control"])
    assert lit(page) == ids_where(TOPIC == 3)


def test_a_topic_of_a_chosen_group_narrows_it(page):
    page.locator(".node.group", has_text="group 1").click()
    page.locator(".node.topic", has_text="qubit").click()
    assert lit(page) == ids_where(TOPIC == 3)
    page.locator(".node.topic", has_text="qubit").click()
    assert len(lit(page)) == 150


def test_papers_nearer_to_another_topic_can_be_found(page):
    page.locator("#nearer").check()
    page.wait_for_timeout(100)
    assert lit(page) == ids_where(np.arange(150) % 7 == 5)
    assert "nearer=1" in settled(page)
    page.mouse.move(*place_of(page, row_of(page, IDS[75])))
    text = page.locator("#card").inner_text()
    assert "nearer to another topic" in text and "second nearest topic: neuron" in text


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


def test_a_search_without_papers_says_so(page):
    page.click("#papers-tab")
    page.fill("#search", "wordofnopaper")
    page.get_by_text("No paper passes the filters").wait_for()
    page.fill("#search", "")
    page.locator("#papers .paper").first.wait_for()


def test_card_of_a_paper_that_no_longer_passes_closes(page):
    page.evaluate("() => { window.open = () => null; }")
    page.mouse.click(*place_of(page, row_of(page, "2301.00063")))
    page.locator(".node.topic", has_text="prime").click()
    assert page.locator("#card.selected").is_visible()
    page.locator(".node.topic", has_text="prime").click()
    page.locator(".node.topic", has_text="qubit").click()
    assert page.locator("#card").is_hidden() and "paper=" not in settled(page)


def test_a_topic_that_is_too_young_says_so_below_its_name(browser, tmp_path):
    inputs = write_inputs(tmp_path)
    young = {
        "trend": ["too young to test"] * 2,
        "change_per_year": [None] * 2,
        "low": [None] * 2,
        "high": [None] * 2,
    }
    named = {"subtopic": [0, 1], "topic": [0, 0], "name": ["even", "odd"]}
    filled(inputs["subtopic_trends"], SUBTOPIC_TRENDS, young | named)
    main(command_line("explore", **inputs, map=tmp_path / "map.html"))
    with opened(browser, tmp_path / "map.html") as page:
        page.locator(".node.topic").first.click()
        node = page.locator(".node.subtopic").last
        said, name = node.locator(".untested").bounding_box(), node.locator("b").bounding_box()
        assert said["x"] == pytest.approx(name["x"], abs=1) and said["y"] > name["y"] and said["height"] < 30


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


def test_topics_are_listed_by_size_in_any_order_of_their_numbers(browser, tmp_path):
    sizes = (20, 60, 30, 40)  # in two groups of two topics
    with opened(browser, write_page(tmp_path, topic=np.repeat(np.arange(4), sizes))) as page:
        names = page.locator("#topics .node.group b, #topics .node.topic b")
        assert names.all_text_contents() == ["group 0", "prime", KEYWORD, "group 1", "qubit", "neuron"]
        page.locator("#order").select_option("size")
        assert names.all_text_contents() == ["prime", "qubit", "neuron", KEYWORD]
        page.locator(".node.topic", has_text="prime").click()
        assert f"topic={keys_of(4)[1]}" in settled(page)


def test_papers_are_listed_in_the_chosen_order(page):
    page.click("#papers-tab")
    page.locator("#order").select_option("dissimilar")
    titles = page.locator("#papers .fit").evaluate_all("all => all.map(word => word.title)")
    fits = [float(re.search(r"cosine to the center ([\d.]+)", title)[1]) for title in titles]
    assert len(fits) == 50 and fits == sorted(fits) and fits[14] == 0.10 < fits[15]
    page.locator("#order").select_option("newest")
    years = [int(y) for y in re.findall(r" · (20\d\d)", page.locator("#papers").inner_text())]
    assert years == sorted(years, reverse=True) and years[0] == 2020
