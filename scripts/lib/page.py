"""Fill the template of an HTML page."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader


def render(template: Path, **values) -> str:
    """The page; what comes from papers reaches it escaped, or through the template's `tojson`."""
    templates = Environment(loader=FileSystemLoader(template.parent), autoescape=True)
    return templates.get_template(template.name).render(**values)
