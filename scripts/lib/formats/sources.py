"""The records of web services: by which keys they are known, and where they hold the values of a paper.

The presets in presets/ hold the same paths, for files of one record per line.
"""

from typing import Any, NamedTuple


class Source(NamedTuple):
    """A web service.

    Attributes
    ----------
    name : as messages write it
    signs : keys that only its records have together; one of the sets is enough
    fields : the paths of the values of a paper
    """

    name: str
    signs: tuple[frozenset[str], ...]
    fields: dict[str, tuple[str, ...]]


def _signs(*sets: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(keys.split()) for keys in sets)


# By the names of their presets
SOURCES = {
    "openalex": Source(
        "OpenAlex",
        _signs("id abstract_inverted_index", "id display_name publication_date"),
        {
            "id": ("id",),
            "title": ("title", "display_name"),
            "abstract": ("abstract_inverted_index",),
            "categories": ("topics[].field.display_name", "concepts[].display_name"),
            "published": ("publication_date", "publication_year"),
            "updated": ("updated_date",),
        },
    ),
    "crossref": Source(
        "Crossref",
        _signs("DOI container-title", "DOI issued", "DOI prefix"),
        {
            "id": ("DOI",),
            "title": ("title",),
            "abstract": ("abstract",),
            "categories": ("subject", "container-title"),
            "published": ("issued.date-parts", "published.date-parts"),
            "updated": ("indexed.date-time",),
        },
    ),
    "europe_pmc": Source(
        "Europe PMC",
        _signs("id abstractText"),
        {
            "id": ("id",),
            "title": ("title",),
            "abstract": ("abstractText",),
            "categories": ("journalInfo.journal.title", "journalTitle"),
            "published": ("firstPublicationDate", "pubYear"),
            "updated": ("dateOfRevision",),
        },
    ),
    "semantic_scholar": Source(
        "Semantic Scholar",
        _signs("paperId", "corpusid", "paper_id mag_field_of_study"),
        {
            "id": ("paperId", "corpusId", "corpusid", "paper_id"),
            "title": ("title",),
            "abstract": ("abstract",),
            "categories": (
                *("fieldsOfStudy", "s2FieldsOfStudy[].category", "s2fieldsofstudy[].category"),
                "mag_field_of_study",
            ),
            "published": ("publicationDate", "publicationdate", "year"),
            "updated": ("updated",),
        },
    ),
    "pubmed": Source(
        "PubMed",
        _signs("pmid medline_ta", "pmid pubdate", "pmid full_title"),
        {
            "id": ("pmid",),
            "title": ("title", "full_title"),
            "abstract": ("abstract",),
            "categories": ("medline_ta", "journal"),
            "published": ("pubdate", "publication_year"),
            "deleted": ("delete",),
        },
    ),
}


def source_of(record: dict[str, Any]) -> str | None:
    """The key of SOURCES that a record is of; None if its keys are those of none."""
    keys = {key for key, value in record.items() if value is not None}
    return next((key for key, source in SOURCES.items() if any(sign <= keys for sign in source.signs)), None)


def all_fields() -> dict[str, tuple[str, ...]]:
    """The paths of all services, for pages of their APIs, whose papers have the keys of one."""
    fields: dict[str, tuple[str, ...]] = {}
    for source in SOURCES.values():
        for name, paths in source.fields.items():
            fields[name] = tuple(dict.fromkeys((*fields.get(name, ()), *paths)))
    fields["published"] += ("issued.raw", "issued.literal")  # of CSL-JSON: "Spring 2020"
    return fields | {"deleted": ()}
