"""explore: what is new since an earlier map, in a real browser."""

import numpy as np
import pyarrow as pa
import pytest

from browser import needs_chromium, opened
from conftest import pq_write
from explore import main
from explorer import lit, row_of, settled
from lib.map.page_entries import former_topics
from measure import command_line
from page_inputs import IDS, TOPIC, ids_where, write_inputs

pytestmark = needs_chromium
# On the earlier map there were no papers 5, 15 and so on, and no topic 3. Of its papers the earlier run had half in
# topic 9, which is gone, and half in topic 0; paper 66 was in topic 2, and paper 70 in none.
ADDED = np.arange(150) % 10 == 5
ENDED, MOVED = (TOPIC == 3) & (np.arange(150) % 2 == 0), (TOPIC == 3) & (np.arange(150) % 2 == 1)
FORMER = np.where(ENDED, 9, np.where(MOVED, 0, TOPIC))
FORMER[66], FORMER[70] = 2, -1


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("followed")
    rows = np.flatnonzero(~ADDED)[::-1]  # in any order
    earlier = {
        "previous_assignments": pq_write(
            folder / "pa.parquet",
            id=[*(IDS[i] for i in rows), "of a paper that left"],
            topic=np.append(FORMER[rows], 2).astype(np.int32),
        ),
        "previous_topics": pq_write(
            folder / "pt.parquet",
            topic=np.array([0, 1, 2, 9], np.int32),
            name=["a former name", "prime", "neuron", "<b>ended"],
        ),
    }
    main(command_line("explore", **write_inputs(folder / "in"), **earlier, map=folder / "map.html"))
    return folder / "map.html"


@pytest.fixture
def shown(browser, followed):
    with opened(browser, followed) as page:
        yield page


def card(page, identifier: str) -> str:
    page.fill("#search", identifier)
    page.wait_for_timeout(300)
    page.click("#papers-tab")
    page.locator("#papers .paper button").first.click()
    assert settled(page)
    return page.locator("#card").inner_text()


def test_the_switch_shows_new_papers_only(shown, browser, followed):
    assert shown.locator("#added-field").inner_text().strip() == f"New since the earlier map ({ADDED.sum()})"
    shown.locator("#added").check()
    shown.wait_for_timeout(100)
    assert lit(shown) == ids_where(ADDED)
    assert shown.locator("#status").inner_text() == f"{ADDED.sum()} of 150 papers"
    address = settled(shown)
    assert address == "#added=1"
    with opened(browser, followed, address) as again:
        assert again.locator("#added").is_checked() and lit(again) == ids_where(ADDED)
    shown.click("#clear")
    assert len(lit(shown)) == 150 and not shown.locator("#added").is_checked()


def test_new_topics_are_marked(shown):
    marked = shown.locator(".node.topic", has=shown.locator(".born"))
    assert [name.strip() for name in marked.locator("b").all_inner_texts()] == ["qubit"]


@pytest.mark.parametrize(
    ("row", "former"),
    [
        (140, "was in <b>ended on the earlier map"),
        (139, "was in <img src=x onerror=alert(2)> on the earlier map"),  # its name of today
        (66, "was in neuron on the earlier map"),
        (70, None),  # it was in no topic
        (20, None),  # it stayed
        (145, None),  # it is new
    ],
)
def test_the_card_says_where_a_paper_was(shown, row, former):
    text = card(shown, IDS[row])
    assert ("was in" in text) == (former is not None) and (former or "") in text
    assert ("· new" in text) == ADDED[row]


def test_a_map_without_history_has_no_switch(page):
    assert page.locator("#added-field").is_hidden()
    assert page.locator(".born").count() == 0
    assert "· new" not in card(page, IDS[145])
    assert row_of(page, IDS[145]) >= 0


def test_an_address_with_the_switch_shows_all_papers_without_history(browser, map_file):
    with opened(browser, map_file, "#added=1") as page:
        assert len(lit(page)) == 150


def test_columns_are_those_of_a_loop():
    rng = np.random.default_rng(4)
    ids, topic = [f"p{i}" for i in range(60)], rng.integers(-1, 6, 60)
    earlier = {f"p{i}": int(rng.integers(-1, 9)) for i in rng.permutation(80)[:50]}
    former = {number: f"old {number}" for number in range(9)}
    names = {number: f"name {number}" for number in range(6)}
    table = pa.table({"id": list(earlier), "topic": pa.array(earlier.values(), pa.int32())})
    texts, columns = former_topics(pa.chunked_array([ids]), topic, names, table, former)
    for i, paper in enumerate(ids):
        assert columns["added"][i] == (paper not in earlier)
        old = earlier.get(paper, -1)
        expected = None if old in (-1, topic[i]) else names.get(old, former[old])
        assert (texts[columns["was"][i] - 1] if columns["was"][i] else None) == expected
