"""The pages of the workflow in headless Chromium: Debian's, by Playwright."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
AXE = "axe-core@4.14.1"
needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no chromium on PATH")


@contextmanager
def chromium(playwright, *flags: str) -> Iterator:
    """A browser of its own, which asks no server for updates."""
    quiet = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", *flags]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=quiet, chromium_sandbox=False)
    yield browser
    browser.close()


@contextmanager
def opened(
    browser, file: Path, hash_: str = "", ready: str = "#map[data-ready]", first: str = "", **context
) -> Iterator:
    """A page of the file. It must report no error, and ask for nothing but itself.

    Parameters
    ----------
    first : a script that is run before those of the page
    context : options of a Playwright context
    """
    tab = browser.new_context(
        **{"viewport": {"width": 1280, "height": 800}, "color_scheme": "light", "reduced_motion": "reduce"}
        | context
    )
    page = tab.new_page()
    faults: list[str] = []
    # SwiftShader warns that reading its pixels is slow
    page.on("console", lambda m: m.type == "error" and faults.append(m.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda r: r.url.split("#")[0] != file.as_uri() and faults.append(f"asked for {r.url}"))
    if first:
        page.add_init_script(first)
    page.goto(file.as_uri() + hash_)
    page.wait_for_selector(ready)
    yield page
    assert not faults
    tab.close()


def faults_by_axe(page, axe: str) -> list[tuple[str, str]]:
    """The serious faults of accessibility that axe-core finds: the rule, and an element."""
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    return [
        (fault["id"], fault["nodes"][0]["html"])
        for fault in found
        if fault["impact"] in ("serious", "critical")
    ]
