"""explore: edits made on the page, in a real browser, and the file of edits that it gives."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from browser import faults_by_axe, needs_chromium, opened
from conftest import ROOT
from explore import main
from explorer import place_of, row_of
from lib.workflow import edits_file
from measure import command_line
from page_inputs import IDS, few, keys_of, write_inputs, write_page

pytestmark = needs_chromium
GALAXY, PRIME, NEURON, QUBIT = keys_of(4)
TODAY = {"date": "2026-03-01"}  # the page's clock stands still, since a test may run at midnight
NAMES = ["galaxy · dust", "prime", "neuron", "qubit"]
EXISTING = """\
# of the librarian
- topic: t0a02   # neurons
  rename: 'it''s a cortex'
"""
ODD = """a "b" 'c' \\n \\ # : - {x} [y] %z @ ` ! & * | > ~ é 😀 \u2028\u0085\u00a0\ufeff \u202eb </script>"""


@pytest.fixture(scope="module")
def editable(tmp_path_factory) -> Path:
    return write_page(tmp_path_factory.mktemp("edit"), names=NAMES, edits={"text": EXISTING})


@pytest.fixture
def page(browser, editable):
    with opened(browser, editable) as shown:
        shown.clock.set_fixed_time(f"{TODAY['date']}T12:00:00")
        shown.click("#edit")
        yield shown


def downloaded(page, folder: Path) -> Path:
    with page.expect_download() as download:
        page.click("#edit-download")
    assert download.value.suggested_filename == "edits.yaml"
    download.value.save_as(folder / "edits.yaml")
    return folder / "edits.yaml"


def read(file: Path) -> list[dict]:
    edits_file._read.cache_clear()
    return edits_file.without_lines(edits_file.read_edits({"edits": str(file)}, ROOT))


def choose(page, name: str) -> None:
    page.locator("#edit-topic").select_option(label=name)


def rename(page, before: str, name: str) -> None:
    choose(page, before)
    page.fill("#edit-name", name)
    page.click("text=Save")


def on_map(page) -> set[str]:
    return set(page.evaluate("explorer.labelsAt(60).map(label => label.name)"))


def in_list(page, name: str) -> str:
    return page.locator(".node.topic", has_text=name).inner_text()


def said(page) -> str:
    return page.locator("#edit-said").inner_text()


def test_the_file_has_each_operation_and_the_text_that_was_there(page, tmp_path):
    page.fill("#edit-by", "ms")
    choose(page, "prime")
    page.fill("#edit-name", "Prime numbers")
    page.fill("#edit-description", "How primes\nare spread")
    page.fill("#edit-note", "the keyword is too short")
    page.click("text=Save")
    page.fill("#edit-note", "look again in spring")
    page.click("text=Save")
    choose(page, "neuron")
    page.locator("#edit-merge").select_option(label="qubit")
    page.click("#edit-join")
    page.click("#papers-tab")
    for identifier in ("2301.00070", "2301.00080"):
        page.fill("#search", identifier)
        page.wait_for_timeout(300)
        page.locator(".gather").click()
    assert page.locator("#edit-papers").inner_text() == "2 papers gathered"
    page.locator("#edit-target").select_option(label="neuron")
    page.click("#edit-move")
    choose(page, NAMES[0])
    page.click("#edit-hide")
    file = downloaded(page, tmp_path)
    assert file.read_text("utf-8").startswith(EXISTING)
    about = {"by": "ms", **TODAY}
    because = {"note": "the keyword is too short", **about}
    assert read(file) == [
        {"kind": "rename", "value": "it's a cortex", "topic": NEURON},
        {"kind": "rename", "value": "Prime numbers", "topic": PRIME, **because},
        {"kind": "describe", "value": "How primes\nare spread", "topic": PRIME, **because},
        {"kind": "note", "value": "look again in spring", "topic": PRIME, "note": "look again in spring", **about},
        {"kind": "merge", "value": [QUBIT], "topic": NEURON, **about},
        {"kind": "move", "value": {"papers": ["2301.00070", "2301.00080"]}, "topic": NEURON, **about},
        {"kind": "hide", "value": True, "topic": GALAXY, **about},
    ]  # fmt: skip
    assert page.locator("#edit-list li").count() == 5
    assert "galaxy · dust – hidden" in page.locator("#edit-list li").last.inner_text()


def test_edits_show_at_once_and_are_undone_last_first(page, tmp_path):
    rename(page, "prime", "Prime numbers")
    choose(page, "neuron")
    page.locator("#edit-merge").select_option(label="qubit")
    page.click("#edit-join")
    choose(page, NAMES[0])
    page.click("#edit-hide")
    assert "named by a person" in in_list(page, "Prime numbers")
    assert "Prime numbers" in on_map(page) and "prime" not in on_map(page)
    assert "part of neuron by an edit" in in_list(page, "qubit")
    assert "hidden by an edit" in in_list(page, NAMES[0])
    options = page.locator("#edit-topic option").all_inner_texts()
    assert options == ["neuron", "Prime numbers"]
    page.mouse.move(*place_of(page, row_of(page, IDS[75])))
    assert {"Prime numbers", "named by a person"} <= set(page.locator("#card").inner_text().split("\n"))
    page.fill("#search", "numbers")
    page.wait_for_timeout(300)
    assert "found" in page.locator(".node.topic", has_text="Prime numbers").get_attribute("class")
    page.fill("#search", "")
    page.wait_for_timeout(300)
    page.click("#edit-undo")
    assert "hidden" not in in_list(page, NAMES[0]) and "Undone: galaxy" in said(page)
    page.click("#edit-undo")
    assert "part of" not in in_list(page, "qubit")
    assert read(downloaded(page, tmp_path))[1:] == [
        {"kind": "rename", "value": "Prime numbers", "topic": PRIME, **TODAY}
    ]
    page.click("#edit-undo")
    assert "prime" in on_map(page) and "named by a person" not in in_list(page, "prime")
    assert page.locator("#edit-undo").is_disabled() and page.locator("#edit-download").is_disabled()


def test_odd_names_and_ids_come_back_unchanged(browser, tmp_path):
    ids = ["0704.0001", "null", "a: b", "- x #y", "yes", "10.1000/é\"'\\", "1e3"]
    columns = few(7) | {"ids": ids}
    with opened(browser, write_page(tmp_path, **columns)) as page:
        page.click("#edit")
        rename(page, "only", ODD)
        page.click("#papers-tab")
        for button in page.locator(".gather").all():
            button.click()
        page.locator("#edit-target").select_option(index=1)
        page.click("#edit-move")
        renamed, moved = read(downloaded(page, tmp_path))
    assert renamed["value"] == ODD
    assert sorted(moved["value"]["papers"]) == sorted(ids)


def test_a_paper_on_its_card_and_all_that_pass_can_be_moved(page, tmp_path):
    page.click("text=Gather all that pass")
    assert "all papers pass" in said(page)
    page.evaluate("() => { window.open = () => { window.asked = true; }; }")
    page.locator(".node.topic", has_text="prime").click()
    assert page.locator("#edit-topic option:checked").inner_text() == "prime"  # the form follows the list
    page.locator(".node.topic", has_text="prime").click()
    page.click("#whole")
    page.mouse.click(*place_of(page, row_of(page, IDS[70])))
    assert page.evaluate("window.asked") is None  # while one edits, a click opens no paper
    page.locator("#card .move").click()
    assert page.evaluate("document.activeElement.id") == "edit-target"
    page.keyboard.press("q")  # chooses by the first letter
    page.click("#edit-move")
    page.locator(".node.topic", has_text="qubit").click()
    page.click("text=Gather all that pass")
    assert said(page) == "20 papers gathered."
    page.click("#edit-scatter")
    page.click("text=Gather all that pass")
    page.locator("#edit-target").select_option(label="neuron")
    page.click("#edit-move")
    one, many = read(downloaded(page, tmp_path))[1:]
    assert (one["topic"], one["value"]) == (QUBIT, {"papers": [IDS[70]]})
    assert (many["topic"], set(many["value"]["papers"])) == (NEURON, set(IDS[130:]))


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda page: rename(page, "prime", " QUBIT "), "Another topic has the name qubit"),
        (lambda page: rename(page, "prime", "  "), "A topic needs a name"),
        (lambda page: page.click("text=Save"), "Nothing has changed"),
        (lambda page: page.click("#edit-join"), "Choose the topic that becomes part"),
    ],
)
def test_what_is_no_edit_is_refused_in_words(page, act, message):
    act(page)
    assert message in said(page) and page.locator("#edit-list li").count() == 0


def test_two_topics_are_left_and_one_that_is_gone_cannot_be_edited(page):
    for name in NAMES[:2]:
        choose(page, name)
        page.click("#edit-hide")
    page.click("#edit-hide")
    assert "needs two topics" in said(page) and page.locator("#edit-list li").count() == 2
    page.locator("#edit-merge").select_option(index=1)
    page.click("#edit-join")
    assert "needs two topics" in said(page) and page.locator("#edit-list li").count() == 2
    page.locator(".node.topic", has_text="prime").click()
    assert "prime is hidden by an edit; undo that edit first" in said(page)
    assert page.locator("#edit-topic option:checked").inner_text() == "neuron"


def test_one_can_edit_with_the_keyboard_alone(browser, editable, tmp_path):
    with opened(browser, editable) as page:
        page.locator("#edit").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.press("p")
        page.keyboard.press("Tab")
        page.keyboard.press("Control+a")
        page.keyboard.type("Primes")
        page.keyboard.press("Enter")
        assert "Primes" in on_map(page)
        page.locator("#edit-undo").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "edit-download"
        assert read(downloaded(page, tmp_path))[-1]["value"] == "Primes"


def test_without_the_mode_the_page_has_no_controls_of_it(browser, editable):
    with opened(browser, editable) as page:
        page.click("#papers-tab")
        assert page.locator("#editor").is_hidden() and page.locator(".gather").count() == 0
        for _ in range(2):
            page.click("#edit")
        assert page.locator("#editor").is_hidden() and page.locator(".gather").count() == 0
        assert page.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 800, 390])
def test_axe_finds_no_serious_fault_in_edit_mode(browser, editable, axe, scheme, width):
    with opened(browser, editable, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        page.click("#edit")
        rename(page, "prime", "Prime numbers")
        page.click("#papers-tab")
        page.locator(".gather").first.click()
        page.locator(".paper button").first.click()
        assert faults_by_axe(page, axe) == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for control in page.locator("#editor button, #editor input, #editor select, #editor textarea").all():
            control.scroll_into_view_if_needed()
            box = control.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= width


def test_what_a_person_wrote_is_shown(browser, tmp_path):
    inputs = write_inputs(tmp_path, names=NAMES)
    topics = pq.read_table(inputs["topics"])
    for name, values in {
        "by_hand": pa.array([False, True, False, False]),
        "description": pa.array([None, "About <b>primes</b>", None, None]),
    }.items():
        topics = topics.set_column(topics.schema.get_field_index(name), name, values)
    pq.write_table(topics, inputs["topics"])
    main(command_line("explore", **inputs, map=tmp_path / "map.html"))
    with opened(browser, tmp_path / "map.html") as page:
        text = in_list(page, "prime")
        assert "named by a person" in text and "About <b>primes</b>" in text
        assert "named by a person" not in in_list(page, "neuron")
        page.mouse.move(*place_of(page, row_of(page, IDS[75])))
        assert {"named by a person", "About <b>primes</b>"} <= set(
            page.locator("#card").inner_text().split("\n")
        )
