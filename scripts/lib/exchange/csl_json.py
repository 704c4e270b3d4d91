"""CSL-JSON, for Zotero, pandoc and citation processors: https://github.com/citation-style-language/schema"""

import json

from lib.exchange.references import Name, Reference

PARTS = {"family": "family", "given": "given", "particle": "non-dropping-particle", "suffix": "suffix"}


def person(name: Name) -> dict[str, str]:
    """An author; a name without given names is `literal`, with all its words."""
    if not name.given:
        return {"literal": " ".join(filter(None, (name.particle, name.family, name.suffix)))}
    return {key: value for part, key in PARTS.items() if (value := getattr(name, part))}


def item_of(paper: Reference) -> dict:
    """A paper as an item of CSL; what is unknown is left out."""
    day = paper.published
    item = {
        "id": paper.id,
        "type": "article" if paper.preprint else "article-journal",
        "title": paper.title,
        "author": [person(name) for name in paper.authors],
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "container-title": paper.journal,
        "DOI": paper.doi,
        "URL": paper.url,
        "abstract": paper.abstract,
        "keyword": ", ".join(paper.keywords),
    }
    return {name: value for name, value in item.items() if value}


def as_items(papers: list[Reference]) -> str:
    """The papers as items of a list, without its brackets: CSL-JSON is a list."""
    return ",\n".join(json.dumps(item_of(paper), ensure_ascii=False) for paper in papers)
