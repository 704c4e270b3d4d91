"""Fill the template of an HTML page."""

import base64
import re
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader

DOI = re.compile(r"10\.\d{4,9}/\S+")
ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Za-z-]+)?/\d{7}")
IMPORT = re.compile(r"^import .* from \"\./\w+\.js\";\n", flags=re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function|const|let|class)", flags=re.MULTILINE)


def render(template: Path, **values: Any) -> str:
    """The page. Text from papers is escaped, or reaches scripts through the filter `tojson`."""
    templates = Environment(loader=FileSystemLoader(template.parent), autoescape=True)
    return templates.get_template(template.name).render(**values)


def join_modules(sources: list[str]) -> str:
    """One script from JavaScript modules that import each other's names, each after what it imports.

    The page is one file, so that nothing can be imported. Names at the top of modules must differ.
    """
    return "\n".join(EXPORT.sub("", IMPORT.sub("", source)).strip() for source in sources) + "\n"


def content_policy(script: str, style: str, *, images: bool = False) -> str:
    """A content security policy by which this script and this style run, and nothing is loaded.

    Parameters
    ----------
    images : the page holds images as data
    """

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"

    return (
        f"default-src 'none'; script-src {source(script)}; style-src {source(style)}; "
        f"{'img-src data:; ' if images else ''}"
        "base-uri 'none'; form-action 'none'"
    )


def embed_file(path: Path) -> str:
    """The bytes of a file in base64."""
    return base64.b64encode(path.read_bytes()).decode()


def paper_url(link: str | None, identifier: str) -> str | None:
    """The address of a paper by the config key `link`, or None.

    Parameters
    ----------
    link : an address with `{id}` in it, or `{id}` alone if ids are addresses; null for none

    An address at arxiv.org is only for ids of arXiv, since the default is of no use to others. In its place, and in that
    of `{id}` alone, a DOI leads to doi.org. The id is escaped, unless it is the whole address. Only http and https are addresses, since ids come from the corpus.
    """
    if link is None:
        return None
    if identifier.startswith("hash:"):  # made by `clean`
        return None
    if DOI.fullmatch(identifier) and ("arxiv.org/" in link or link == "{id}"):
        link = "https://doi.org/{id}"
    elif "arxiv.org/" in link and not ARXIV_ID.fullmatch(identifier):
        link = "{id}"
    url = identifier if link == "{id}" else link.replace("{id}", quote(identifier, safe="/"))
    return url if url.startswith(("http://", "https://")) else None
