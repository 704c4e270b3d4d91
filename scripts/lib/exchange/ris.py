"""RIS, for Zotero, EndNote and Mendeley."""

import rispy

from lib.exchange.references import Name, Reference


class Writer(rispy.RisWriter):
    """RIS without the number before each reference, which rispy writes and the format does not have."""

    def set_header(self, count: int) -> str:
        return ""


def inverted(name: Name) -> str:
    """ "Family, Given", as RIS has names: "van der Berg, Ana, Jr."."""
    family = f"{name.particle} {name.family}".strip()
    return ", ".join(part for part in (family, name.given, name.suffix) if part)


def entry_of(paper: Reference) -> dict:
    """The fields of a paper by their names in rispy."""
    day = paper.published
    fields = {
        "type_of_reference": "UNPB" if paper.preprint else "JOUR",
        "id": paper.id,
        # `clean` takes the id from here, since ID is for one file only; it makes ids of records without one
        "accession_number": None if paper.id.startswith("hash:") else paper.id,
        "title": paper.title,
        "authors": [inverted(name) for name in paper.authors],
        "year": f"{day.year:04d}" if day else None,
        "date": f"{day.year:04d}/{day.month:02d}/{day.day:02d}" if day else None,
        "secondary_title": paper.journal,
        "doi": paper.doi,
        "urls": [paper.url] if paper.url else [],
        "keywords": paper.keywords,
        "abstract": paper.abstract,
    }
    return {name: value for name, value in fields.items() if value}


def as_ris(papers: list[Reference]) -> str:
    """The papers as the text of a RIS file."""
    return rispy.dumps([entry_of(paper) for paper in papers], implementation=Writer)
