"""What map.html shows in a browser: the tests of it read the page through these."""

from pathlib import Path


def row_of(page, identifier: str) -> int:
    return page.evaluate("id => explorer.texts.ids.indexOf(id)", identifier)


def place_of(page, row: int) -> tuple[float, float]:
    x, y = page.evaluate("i => explorer.screenOf(i)", row)
    box = page.locator("#map").bounding_box()
    return box["x"] + x, box["y"] + y


def lit(page) -> set[str]:
    return set(
        page.evaluate(
            "explorer.lit().reduce((ids, on, i) => on ? [...ids, explorer.texts.ids.get(i)] : ids, [])"
        )
    )


def open_categories(page) -> None:
    """Open the list of categories. It gets the focus, and its search is emptied, soon after the click."""
    page.locator("#category-field summary").click()
    page.wait_for_selector("#category-search:focus")


def choose_category(page, code: str) -> None:
    """Choose a category in its list, which opens by a click."""
    open_categories(page)
    page.locator("#categories button", has=page.locator("b", has_text=code)).click()


def settled(page) -> str:
    """The hash once the page has written it."""
    page.wait_for_timeout(350)
    return page.evaluate("location.hash")


def overlapping(labels: list) -> list:
    """Pairs of names whose boxes overlap."""
    boxes = [(b["x"], b["y"], b["label"]["width"], b["label"]["height"], b["label"]["name"]) for b in labels]
    return [
        (a[4], b[4]) for i, a in enumerate(boxes) for b in boxes[:i]
        if abs(a[0] - b[0]) < (a[2] + b[2]) / 2 - 0.01 and abs(a[1] - b[1]) < (a[3] + b[3]) / 2 - 0.01
    ]  # fmt: skip


def download(page, format_: str, folder: Path) -> Path:
    """The file of the selection in a format, as the button saves it."""
    page.click("#selection-tab")
    with page.expect_download() as waiting:
        page.get_by_role("button", name=format_, exact=True).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path
