"""report.html in a real browser: sorting, searching, printing, links and accessibility."""

import pytest

from browser import faults_by_axe, needs_chromium, opened
from conftest import script
from report_inputs import report_inputs

pytestmark = needs_chromium


@pytest.fixture
def page(tmp_path, out, browser):
    file = out / "report.html"
    assert (
        script(
            "report", **report_inputs(tmp_path), report=file, explanation_figure=out / "explanations.png"
        ).returncode
        == 0
    )
    with opened(browser, file, ready="html[data-ready]") as tab:
        yield tab


def column(page, number: int) -> list[str]:
    cells = page.locator(f"#topics-table tbody tr:not([hidden]) td:nth-child({number})")
    return [text.split("\n")[0] for text in cells.all_inner_texts()]


def test_tables_are_sorted_by_their_heads(page):
    assert column(page, 1) == ["1", "2"]
    size = page.get_by_role("button", name="Papers")
    size.press("Enter")
    assert column(page, 2) == ["1,000", "234"]
    size.click()
    assert column(page, 2) == ["234", "1,000"]
    assert page.locator("th[aria-sort=ascending]").inner_text() == "Papers"
    page.get_by_role("button", name="Step").click()
    steps = page.locator("#steps-table tbody td:first-child")
    assert steps.all_inner_texts() == ["embed", "clean"]


def test_topics_are_searched(page):
    page.get_by_role("searchbox").fill("SPIN fifth")
    assert column(page, 1) == ["2"]
    assert page.locator("#found").inner_text() == "1 of 2 topics"
    page.get_by_role("searchbox").fill("nothing of the kind")
    assert column(page, 1) == []
    page.get_by_role("searchbox").fill("")
    assert column(page, 1) == ["1", "2"] and page.locator("#found").inner_text() == ""


def test_contents_lead_to_their_sections(page):
    for link in page.get_by_role("navigation").get_by_role("link").all():
        target = link.get_attribute("href")
        assert page.locator(f"h2{target}").count() == 1
        link.click()
        assert page.url.endswith(target)


def test_folded_parts_are_printed(page):
    assert page.locator("details:not([open])").count() > 1
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 400])
def test_axe_finds_no_serious_fault(page, axe, scheme, width):
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert faults_by_axe(page, axe) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
