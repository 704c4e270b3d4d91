"""Fill the template of an HTML page."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader


def render(template: Path, **values: Any) -> str:
    """The page. Text from papers is escaped, or reaches scripts through the filter `tojson`."""
    templates = Environment(loader=FileSystemLoader(template.parent), autoescape=True)
    return templates.get_template(template.name).render(**values)
