"""Fill the template of an HTML page."""

from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader


def render(template: Path, **values: Any) -> str:
    """The page. Text from papers is escaped, or reaches scripts through the filter `tojson`."""
    templates = Environment(loader=FileSystemLoader(template.parent), autoescape=True)
    return templates.get_template(template.name).render(**values)


def paper_url(link: str | None, identifier: str) -> str | None:
    """The address of a paper by the config key `link`, or None.

    Parameters
    ----------
    link : an address with `{id}` in it, or `{id}` alone if ids are addresses; null for none

    The id is escaped, unless it is the whole address. Only http and https are addresses, since ids
    come from the corpus.
    """
    if link is None:
        return None
    url = identifier if link == "{id}" else link.replace("{id}", quote(identifier, safe="/"))
    return url if url.startswith(("http://", "https://")) else None
